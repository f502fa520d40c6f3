//! Which objects somebody wants: `app=web,tier!=db,env in (a,b),!old`.

use crate::{
    fault::Fault,
    views::{Labels, Object, meta},
};

/// All of its requirements have to hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selector {
    requirements: Vec<Requirement>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Requirement {
    // `=`, `==`, `!=`, `in` and `notin` are still missing.
    Exists(String),
    Missing(String),
}

/// Labels and fields together.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    labels: Selector,
    name: Option<String>,
    namespace: Option<String>,
}

impl Selector {
    pub fn parse(text: &str) -> Result<Selector, Fault> {
        let parts = split(text).into_iter().map(str::trim).filter(|part| !part.is_empty());
        let requirements = parts.map(|part| {
            requirement(part)
                .ok_or_else(|| Fault::bad_request(format!("{part:?} is no requirement of a label selector")))
        });
        Ok(Selector { requirements: requirements.collect::<Result<_, _>>()? })
    }

    pub fn matches(&self, labels: &Labels) -> bool {
        self.requirements.iter().all(|requirement| match requirement {
            Requirement::Exists(name) => labels.contains_key(name),
            Requirement::Missing(name) => !labels.contains_key(name),
        })
    }
}

/// Splits at commas, but not at those inside parentheses.
fn split(text: &str) -> Vec<&str> {
    todo!("split {text:?} at commas, but not at those inside parentheses")
}

fn requirement(part: &str) -> Option<Requirement> {
    if let Some(name) = part.strip_prefix('!') {
        return Some(Requirement::Missing(word(name)?));
    }
    if part.contains(['=', '(']) {
        todo!("read the requirement {part:?}, or return None when it is none")
    }
    Some(Requirement::Exists(word(part)?))
}

/// A label's name.
fn word(text: &str) -> Option<String> {
    value(text).filter(|name| !name.is_empty())
}

/// A label's value, which may be empty.
fn value(text: &str) -> Option<String> {
    let text = text.trim();
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte);
    text.bytes().all(is_part).then(|| text.to_owned())
}

impl Filter {
    pub fn parse(labels: Option<&str>, fields: Option<&str>) -> Result<Filter, Fault> {
        let mut filter = Filter { labels: Selector::parse(labels.unwrap_or_default())?, ..Filter::default() };
        for part in fields.unwrap_or_default().split(',').filter(|part| !part.is_empty()) {
            match part.split_once("==").or_else(|| part.split_once('=')) {
                Some(("metadata.name", name)) => filter.name = Some(name.to_owned()),
                Some(("metadata.namespace", namespace)) => filter.namespace = Some(namespace.to_owned()),
                _ => return Err(Fault::bad_request(format!("{part:?} is no field that can be selected by"))),
            }
        }
        Ok(filter)
    }

    pub fn matches(&self, object: &Object) -> bool {
        let meta = meta(object);
        self.labels.matches(&meta.labels)
            && self.name.as_ref().is_none_or(|name| *name == meta.name)
            && self.namespace.as_ref().is_none_or(|namespace| *namespace == meta.namespace)
    }
}
