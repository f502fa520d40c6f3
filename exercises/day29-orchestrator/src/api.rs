//! The HTTP side: reading, and what each request may change.

use crate::{
    check, discovery,
    fault::Fault,
    merge::merge,
    resource::{Key, Resource},
    selector::Filter,
    store::{Change, Store, is_current},
    views::{Object, Pod, meta, new_uid, now, random_letters, version, view},
    watch::Watch,
};
use axum::{
    Extension, Json, Router,
    body::{Body, Bytes},
    extract::{
        Path, Query, State,
        rejection::{BytesRejection, QueryRejection},
    },
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{path::PathBuf, time::Duration};

/// A watch that names no limit ends after this long, and clients begin another.
const WATCH: Duration = Duration::from_secs(1800);

const JSON: &str = "application/json";
const MERGE_PATCH: &str = "application/merge-patch+json";

/// What all requests share.
#[derive(Debug, Clone)]
pub struct Api {
    pub store: Store,
    /// The folder with what pods have printed, by uid.
    pub logs: PathBuf,
}

/// A body, or why it could not be read.
type Sent = Result<Bytes, BytesRejection>;

pub fn app(api: Api) -> Router {
    let mut app = discovery::routes();
    for resource in Resource::ALL {
        let (root, plural) = (resource.root(), resource.plural());
        let one = format!("{root}/namespaces/{{namespace}}/{plural}/{{name}}");
        let mut routes = Router::new()
            .route(&format!("{root}/{plural}"), get(list_all))
            .route(&format!("{root}/namespaces/{{namespace}}/{plural}"), get(list).post(create))
            .route(&one, get(read).put(replace).patch(patch).delete(delete));
        routes = match resource {
            Resource::Deployments => {
                routes.route(&format!("{one}/scale"), get(read_scale).put(replace_scale).patch(patch_scale))
            }
            Resource::Pods => routes.route(&format!("{one}/log"), get(log)),
            Resource::ConfigMaps => routes,
        };
        app = app.merge(routes.layer(Extension(resource)));
    }
    let not_allowed =
        async || Fault::new(StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed", "this path does not take this method");
    let not_there = async |uri: Uri| Fault::new(StatusCode::NOT_FOUND, "NotFound", format!("nothing is at {uri}"));
    app.fallback(not_there).method_not_allowed_fallback(not_allowed).with_state(api)
}

/// What can be asked of a list. Limits are not kept: a client that wants a part gets all of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Question {
    label_selector: Option<String>,
    field_selector: Option<String>,
    watch: Option<String>,
    resource_version: Option<String>,
    timeout_seconds: Option<String>,
}

type Asked = Result<Query<Question>, QueryRejection>;

async fn list_all(
    State(api): State<Api>,
    Extension(resource): Extension<Resource>,
    asked: Asked,
) -> Result<Response, Fault> {
    answer_list(api.store, resource, None, asked).await
}

async fn list(
    State(api): State<Api>,
    Extension(resource): Extension<Resource>,
    Path(namespace): Path<String>,
    asked: Asked,
) -> Result<Response, Fault> {
    answer_list(api.store, resource, Some(namespace), asked).await
}

async fn answer_list(
    store: Store,
    resource: Resource,
    namespace: Option<String>,
    asked: Asked,
) -> Result<Response, Fault> {
    let Query(question) = asked.map_err(|rejection| Fault::bad_request(rejection.body_text()))?;
    let filter = Filter::parse(question.label_selector.as_deref(), question.field_selector.as_deref())?;
    if question.watch.is_some_and(|watch| watch == "true" || watch == "1") {
        let limit =
            question.timeout_seconds.and_then(|seconds| seconds.parse().ok()).map_or(WATCH, Duration::from_secs);
        let version = known_version(question.resource_version.as_deref())?;
        let watch = Watch::begin(store, resource, namespace, filter, version, limit.min(WATCH)).await?;
        return Ok(([(header::CONTENT_TYPE, JSON)], Body::from_stream(watch.into_stream())).into_response());
    }
    let (version, mut objects) = store.list(resource, namespace.as_deref()).await?;
    objects.retain(|object| filter.matches(object));
    Ok(Json(json!({
        "kind": format!("{}List", resource.kind()), "apiVersion": resource.api_version(),
        "metadata": { "resourceVersion": version.to_string() }, "items": objects,
    }))
    .into_response())
}

/// Where a watch is to begin. Nothing and 0 mean that the client knows nothing yet.
fn known_version(text: Option<&str>) -> Result<Option<i64>, Fault> {
    match text {
        None | Some("" | "0") => Ok(None),
        Some(text) => {
            let number = text.parse().ok().filter(|number| *number > 0);
            number.map(Some).ok_or_else(|| Fault::bad_request(format!("{text:?} is no resource version")))
        }
    }
}

async fn read(
    State(api): State<Api>,
    Extension(resource): Extension<Resource>,
    Path((namespace, name)): Path<(String, String)>,
) -> Result<Json<Object>, Fault> {
    Ok(Json(api.store.get(&Key { resource, namespace, name }).await?))
}

async fn create(
    State(api): State<Api>,
    Extension(resource): Extension<Resource>,
    Path(namespace): Path<String>,
    headers: HeaderMap,
    body: Sent,
) -> Result<(StatusCode, Json<Object>), Fault> {
    let object = check::object(resource, &namespace, json_body(&headers, JSON, body)?)?;
    Ok((StatusCode::CREATED, Json(make(&api.store, resource, object).await?)))
}

/// Stores a new object, for a client or for a control loop. What only we can know is filled in.
pub async fn make(store: &Store, resource: Resource, mut object: Object) -> Result<Object, Fault> {
    let metadata = meta(&object);
    let name = match object.pointer("/metadata/generateName").and_then(Value::as_str) {
        Some(prefix) if metadata.name.is_empty() => format!("{prefix}{}", random_letters(5)),
        _ => metadata.name,
    };
    check::name("metadata.name", &name)?;
    let ours = &mut object["metadata"];
    ours["name"] = name.as_str().into();
    ours["uid"] = new_uid().map_err(Fault::internal)?.into();
    ours["creationTimestamp"] = now().into();
    ours["generation"] = 1.into();
    remove(ours, "deletionTimestamp");
    remove(ours, "deletionGracePeriodSeconds");
    remove(&mut object, "status");
    let key = Key { resource, namespace: metadata.namespace, name };
    store.create(&key, object).await
}

async fn replace(
    State(api): State<Api>,
    Extension(resource): Extension<Resource>,
    Path((namespace, name)): Path<(String, String)>,
    headers: HeaderMap,
    body: Sent,
) -> Result<Json<Object>, Fault> {
    let key = Key { resource, namespace, name };
    let object = check::object(resource, &key.namespace, json_body(&headers, JSON, body)?)?;
    check::same_name(&key, &object)?;
    let decide = |before| replaced(&key, before, object);
    Ok(Json(api.store.change(&key, decide).await?))
}

async fn patch(
    State(api): State<Api>,
    Extension(resource): Extension<Resource>,
    Path((namespace, name)): Path<(String, String)>,
    headers: HeaderMap,
    body: Sent,
) -> Result<Json<Object>, Fault> {
    let key = Key { resource, namespace, name };
    let patch = json_body(&headers, MERGE_PATCH, body)?;
    let decide = |before: Object| {
        let object = check::object(resource, &key.namespace, merge(before.clone(), patch))?;
        check::same_name(&key, &object)?;
        replaced(&key, before, object)
    };
    Ok(Json(api.store.change(&key, decide).await?))
}

/// What becomes of an object when a client wants it to be `wanted`. What clients cannot change stays as it was.
fn replaced(key: &Key, before: Object, wanted: Object) -> Result<Change, Fault> {
    if !is_current(version(&wanted), &before) {
        return Err(Fault::conflict(key, "the object has been changed"));
    }
    todo!("make {wanted} of {before}, but for what clients cannot change, and remove what has no finalizer any more")
}

/// Makes a member of `to` as it is in `from`, also not there.
fn copy(from: &Value, to: &mut Value, member: &str) {
    match from.get(member) {
        Some(value) => to[member] = value.clone(),
        None => remove(to, member),
    }
}

fn remove(object: &mut Value, member: &str) {
    if let Some(members) = object.as_object_mut() {
        members.remove(member);
    }
}

/// What a client may say about a deletion, in the body or, the first of them, in the query.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Deletion {
    grace_period_seconds: Option<u32>,
    preconditions: Preconditions,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Preconditions {
    uid: Option<String>,
    resource_version: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Grace {
    grace_period_seconds: Option<u32>,
}

async fn delete(
    State(api): State<Api>,
    Extension(resource): Extension<Resource>,
    Path((namespace, name)): Path<(String, String)>,
    query: Result<Query<Grace>, QueryRejection>,
    body: Sent,
) -> Result<Json<Value>, Fault> {
    let key = Key { resource, namespace, name };
    let Query(grace) = query.map_err(|rejection| Fault::bad_request(rejection.body_text()))?;
    let body = read_body(body)?;
    let deletion = if body.is_empty() { Ok(Deletion::default()) } else { serde_json::from_slice(&body) };
    let mut deletion: Deletion = deletion.map_err(|error| Fault::bad_request(error.to_string()))?;
    deletion.grace_period_seconds = deletion.grace_period_seconds.or(grace.grace_period_seconds);
    let last = mark(&api.store, &key, deletion).await?;
    if meta(&last).is_leaving() {
        return Ok(Json(last));
    }
    Ok(Json(json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
        "details": { "name": key.name, "kind": resource.plural(), "uid": meta(&last).uid },
    })))
}

/// Deletes an object of this uid, for a control loop.
pub async fn let_go(store: &Store, key: &Key, uid: &str) -> Result<(), Fault> {
    let preconditions = Preconditions { uid: Some(uid.to_owned()), resource_version: None };
    mark(store, key, Deletion { grace_period_seconds: None, preconditions }).await.map(drop)
}

/// Removes an object, or marks it when somebody still has something to do about it: whoever has a finalizer on it, or
/// the agent of a pod.
async fn mark(store: &Store, key: &Key, deletion: Deletion) -> Result<Object, Fault> {
    let decide = |object: Object| {
        let metadata = meta(&object);
        let Preconditions { uid, resource_version } = deletion.preconditions;
        if uid.is_some_and(|uid| uid != metadata.uid) || !is_current(resource_version.as_deref(), &object) {
            return Err(Fault::conflict(key, "it is not the object that was to be deleted"));
        }
        // Only pods have a grace period.
        let usual = view::<Pod>(&object).ok().map(|pod| pod.spec.termination_grace_period_seconds);
        todo!(
            "remove {object}, or mark it, when it is a pod or has {:?}; a pod gets the grace period {usual:?}, or {:?}",
            metadata.finalizers,
            deletion.grace_period_seconds
        )
    };
    store.change(key, decide).await
}

async fn read_scale(
    State(api): State<Api>,
    Extension(resource): Extension<Resource>,
    Path((namespace, name)): Path<(String, String)>,
) -> Result<Json<Value>, Fault> {
    Ok(Json(scale(&api.store.get(&Key { resource, namespace, name }).await?)))
}

async fn replace_scale(
    State(api): State<Api>,
    Extension(resource): Extension<Resource>,
    Path((namespace, name)): Path<(String, String)>,
    headers: HeaderMap,
    body: Sent,
) -> Result<Json<Value>, Fault> {
    let key = Key { resource, namespace, name };
    let wanted = json_body(&headers, JSON, body)?;
    let decide = |before| rescaled(&key, before, &wanted);
    Ok(Json(scale(&api.store.change(&key, decide).await?)))
}

async fn patch_scale(
    State(api): State<Api>,
    Extension(resource): Extension<Resource>,
    Path((namespace, name)): Path<(String, String)>,
    headers: HeaderMap,
    body: Sent,
) -> Result<Json<Value>, Fault> {
    let key = Key { resource, namespace, name };
    let patch = json_body(&headers, MERGE_PATCH, body)?;
    let decide = |before: Object| {
        let wanted = merge(scale(&before), patch);
        rescaled(&key, before, &wanted)
    };
    Ok(Json(scale(&api.store.change(&key, decide).await?)))
}

/// A deployment as a `Scale`.
fn scale(deployment: &Object) -> Value {
    let metadata = |field: &str| deployment["metadata"][field].clone();
    let labels = deployment.pointer("/spec/selector/matchLabels").and_then(Value::as_object);
    let labels =
        labels.into_iter().flatten().map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default()));
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {
            "name": metadata("name"), "namespace": metadata("namespace"), "uid": metadata("uid"),
            "resourceVersion": metadata("resourceVersion"), "creationTimestamp": metadata("creationTimestamp"),
        },
        "spec": { "replicas": deployment["spec"]["replicas"] },
        "status": {
            "replicas": deployment.pointer("/status/replicas").cloned().unwrap_or_else(|| 0.into()),
            "selector": labels.collect::<Vec<_>>().join(","),
        },
    })
}

/// A deployment with the number of replicas that a `Scale` has.
fn rescaled(key: &Key, before: Object, scale: &Value) -> Result<Change, Fault> {
    // A client that asks for none may leave the number out.
    let replicas = scale.pointer("/spec/replicas").cloned().unwrap_or_else(|| 0.into());
    let mut wanted = before.clone();
    wanted["spec"]["replicas"] = replicas;
    let mut wanted = check::object(key.resource, &key.namespace, wanted)?;
    copy(&scale["metadata"], &mut wanted["metadata"], "resourceVersion");
    replaced(key, before, wanted)
}

/// What a pod has printed.
async fn log(
    State(api): State<Api>,
    Extension(resource): Extension<Resource>,
    Path((namespace, name)): Path<(String, String)>,
) -> Result<Response, Fault> {
    let pod = api.store.get(&Key { resource, namespace, name }).await?;
    let path = api.logs.join(meta(&pod).uid);
    // Before its first start there is no file.
    let text = tokio::fs::read(path).await.unwrap_or_default();
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response())
}

fn json_body(headers: &HeaderMap, wanted: &str, body: Sent) -> Result<Value, Fault> {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = sent.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case(wanted) {
        return Err(Fault::media_type(wanted));
    }
    serde_json::from_slice(&read_body(body)?)
        .map_err(|error| Fault::bad_request(format!("the body is no JSON: {error}")))
}

fn read_body(body: Sent) -> Result<Bytes, Fault> {
    body.map_err(|rejection| Fault::new(rejection.status(), "RequestEntityTooLarge", rejection.body_text()))
}
