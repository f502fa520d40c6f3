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
    In(String, Vec<String>),
    /// Holds as well where the label is missing.
    NotIn(String, Vec<String>),
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
            Requirement::In(name, values) => labels.get(name).is_some_and(|value| values.contains(value)),
            Requirement::NotIn(name, values) => labels.get(name).is_none_or(|value| !values.contains(value)),
            Requirement::Exists(name) => labels.contains_key(name),
            Requirement::Missing(name) => !labels.contains_key(name),
        })
    }
}

/// Splits at commas, but not at those inside parentheses.
fn split(text: &str) -> Vec<&str> {
    let mut depth = 0_u32;
    text.split(|character| {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        character == ',' && depth == 0
    })
    .collect()
}

fn requirement(part: &str) -> Option<Requirement> {
    if let Some(name) = part.strip_prefix('!') {
        return Some(Requirement::Missing(word(name)?));
    }
    if let Some((head, list)) = part.split_once('(') {
        let values = list.strip_suffix(')')?.split(',').map(value).collect::<Option<Vec<_>>>()?;
        let (name, operator) = head.trim().rsplit_once(char::is_whitespace)?;
        return match operator {
            "in" => Some(Requirement::In(word(name)?, values)),
            "notin" => Some(Requirement::NotIn(word(name)?, values)),
            _ => None,
        };
    }
    if let Some((name, excluded)) = part.split_once("!=") {
        return Some(Requirement::NotIn(word(name)?, vec![value(excluded)?]));
    }
    match part.split_once("==").or_else(|| part.split_once('=')) {
        Some((name, wanted)) => Some(Requirement::In(word(name)?, vec![value(wanted)?])),
        None => Some(Requirement::Exists(word(part)?)),
    }
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
