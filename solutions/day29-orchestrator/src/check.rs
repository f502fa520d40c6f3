//! Whether what a client sends is an object of the kind that its path says.

use crate::{
    fault::Fault,
    resource::{Key, Resource},
    views::{ConfigMap, Deployment, Meta, Object, Pod, PodSpec, view},
};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Takes members that are null for members that are not there, as generated files have them.
fn without_nulls(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let kept = members.into_iter().filter(|(_, value)| !value.is_null());
            Value::Object(kept.map(|(name, value)| (name, without_nulls(value))).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(without_nulls).collect()),
        other => other,
    }
}

/// An object that a client has sent to `namespace`: of the right kind and shape, with its namespace filled in.
pub fn object(resource: Resource, namespace: &str, body: Value) -> Result<Object, Fault> {
    let mut object = without_nulls(body);
    let Value::Object(members) = &mut object else { return Err(Fault::bad_request("the body is no JSON object")) };
    for (field, wanted) in [("kind", resource.kind()), ("apiVersion", resource.api_version())] {
        match members.get(field).and_then(Value::as_str) {
            Some(found) if found != wanted => {
                return Err(Fault::bad_request(format!("{field} is {found:?}, and this path is for {wanted}")));
            }
            _ => members.insert(field.to_owned(), wanted.into()),
        };
    }
    let Some(metadata) = members.get_mut("metadata").and_then(Value::as_object_mut) else {
        return Err(Fault::invalid("metadata", "it has to be there"));
    };
    match metadata.get("namespace").and_then(Value::as_str) {
        Some(found) if found != namespace => {
            return Err(Fault::bad_request(format!("the object is of namespace {found:?}, the path of {namespace:?}")));
        }
        _ => metadata.insert("namespace".to_owned(), namespace.into()),
    };
    name("metadata.namespace", namespace)?;
    let _: Meta = view(&Value::Object(metadata.clone())).map_err(|error| Fault::invalid("metadata", error))?;
    match resource {
        Resource::ConfigMaps => drop(shape::<ConfigMap>(&object)?),
        Resource::Pods => pod_spec("spec", &shape::<Pod>(&object)?.spec)?,
        Resource::Deployments => {
            let spec = shape::<Deployment>(&object)?.spec;
            if spec.selector.match_labels.is_empty() {
                return Err(Fault::invalid("spec.selector.matchLabels", "without it, every pod would match"));
            }
            if !spec.selector.matches(&spec.template.metadata.labels) {
                return Err(Fault::invalid("spec.template.metadata.labels", "the selector does not match them"));
            }
            pod_spec("spec.template.spec", &spec.template.spec)?;
            object["spec"]["replicas"] = spec.replicas.into();
        }
    }
    Ok(object)
}

fn shape<T: DeserializeOwned>(object: &Object) -> Result<T, Fault> {
    view(object).map_err(|error| Fault::invalid("object", error))
}

fn pod_spec(field: &str, spec: &PodSpec) -> Result<(), Fault> {
    let [container] = spec.containers.as_slice() else {
        return Err(Fault::invalid(&format!("{field}.containers"), "there has to be one"));
    };
    name(&format!("{field}.containers[0].name"), &container.name)?;
    if container.command.first().is_none_or(String::is_empty) {
        return Err(Fault::invalid(&format!("{field}.containers[0].command"), "it has to name a program"));
    }
    let texts = container.command.iter().chain(&container.args);
    let variables = container.env.iter().flat_map(|variable| [&variable.name, &variable.value]);
    if texts.chain(variables).any(|text| text.contains('\0')) {
        return Err(Fault::invalid(field, "no text of a program can hold a zero byte"));
    }
    if container.env.iter().any(|variable| variable.name.is_empty() || variable.name.contains('=')) {
        return Err(Fault::invalid(&format!("{field}.containers[0].env"), "a name is not empty and has no = in it"));
    }
    Ok(())
}

/// Whether a text can be the name of something.
pub fn name(field: &str, name: &str) -> Result<(), Fault> {
    let is_outer = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = [name.bytes().next(), name.bytes().last()];
    let is_name = (1..=63).contains(&name.len())
        && name.bytes().all(|byte| is_outer(byte) || byte == b'-')
        && ends.into_iter().flatten().all(is_outer);
    if is_name {
        return Ok(());
    }
    Err(Fault::invalid(field, format!("{name:?} is not 1 to 63 of a-z, 0-9 and -, with no - at its ends")))
}

/// The name in the object has to be that in its path.
pub fn same_name(key: &Key, object: &Object) -> Result<(), Fault> {
    match object.pointer("/metadata/name").and_then(Value::as_str) {
        Some(name) if name == key.name => Ok(()),
        other => Err(Fault::bad_request(format!("the object's name is {other:?}, that in the path {:?}", key.name))),
    }
}
