//! One request: its checks, what it may cost, and what goes to a provider.

use crate::{
    config::{Model, Price, Target},
    fault::Fault,
    ledger::MOST,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::{ops::RangeInclusive, sync::Arc};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Chat,
    Embeddings,
}

impl Kind {
    /// The path, from the base URL on.
    pub fn path(self) -> &'static str {
        match self {
            Kind::Chat => "/chat/completions",
            Kind::Embeddings => "/embeddings",
        }
    }
}

/// A request that was checked.
#[derive(Debug)]
pub struct Call {
    pub kind: Kind,
    pub model: Arc<Model>,
    /// As the client has sent it.
    pub request: Map<String, Value>,
    /// How long it was.
    bytes: usize,
    pub is_stream: bool,
    /// Whether the client wants the usage at the end of a stream.
    pub wants_usage: bool,
    /// How many answers it wants.
    choices: i64,
    /// The most tokens of each, as far as the client has set a limit.
    limit: Option<i64>,
}

impl Call {
    pub fn new(kind: Kind, model: Arc<Model>, request: Map<String, Value>, bytes: usize) -> Result<Call, Fault> {
        let field = |name| request.get(name).filter(|value| !value.is_null());
        match kind {
            Kind::Chat if field("messages").and_then(Value::as_array).is_none_or(Vec::is_empty) => {
                return Err(Fault::field("messages", "messages has to be a list with at least one message"));
            }
            Kind::Embeddings if field("input").is_none() => return Err(Fault::field("input", "input is missing")),
            _ => {}
        }
        let is_stream = match field("stream") {
            None => false,
            Some(Value::Bool(is_stream)) => *is_stream && kind == Kind::Chat,
            Some(_) => return Err(Fault::field("stream", "stream is true or false")),
        };
        let number = |name, range: RangeInclusive<i64>| match field(name).map(Value::as_i64) {
            None => Ok(None),
            Some(Some(number)) if range.contains(&number) => Ok(Some(number)),
            Some(_) => Err(Fault::field(name, format!("{name} is from {} to {}", range.start(), range.end()))),
        };
        let limit =
            number("max_completion_tokens", 1..=model.max_output)?.max(number("max_tokens", 1..=model.max_output)?);
        let choices = number("n", 1..=128)?.unwrap_or(1);
        let wants_usage = field("stream_options").is_some_and(|options| options["include_usage"] == json!(true));
        Ok(Call { kind, model, request, bytes, is_stream, wants_usage, choices, limit })
    }

    /// The most that the call can cost.
    pub fn most(&self) -> i64 {
        let Price { input, output } = self.model.price;
        // No token is shorter than a byte.
        let prompt = i64::try_from(self.bytes).unwrap_or(MOST).saturating_mul(input);
        let answer = match self.kind {
            Kind::Chat => (self.choices * self.limit.unwrap_or(self.model.max_output)).saturating_mul(output),
            Kind::Embeddings => 0,
        };
        prompt.saturating_add(answer)
    }

    /// What the call costs by this usage.
    pub fn price_of(&self, usage: Usage) -> i64 {
        let Price { input, output } = self.model.price;
        (i64::from(usage.prompt_tokens) * input).saturating_add(i64::from(usage.completion_tokens) * output).min(MOST)
    }

    /// What is sent to a provider.
    pub fn for_target(&self, target: &Target) -> Map<String, Value> {
        let mut request = self.request.clone();
        request.insert("model".to_owned(), json!(target.model));
        if self.kind == Kind::Chat && self.limit.is_none() {
            // What was reserved is the most that there can be only if the provider knows of it.
            request.insert("max_completion_tokens".to_owned(), json!(self.model.max_output));
        }
        if self.is_stream {
            let options = request.entry("stream_options").or_insert(Value::Null);
            if !options.is_object() {
                *options = json!({});
            }
            options["include_usage"] = json!(true);
        }
        request
    }
}

/// What a provider says that it has counted.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Usage {
    prompt_tokens: u32,
    /// Embeddings have none.
    #[serde(default)]
    completion_tokens: u32,
}

/// An answer, or an event of one, as far as the gateway reads it.
#[derive(Debug, Deserialize)]
pub struct Counted {
    pub usage: Option<Usage>,
    /// Of an event. Without any, it brings nothing but the usage.
    #[serde(default)]
    pub choices: Vec<serde::de::IgnoredAny>,
}

impl Counted {
    /// None when it is not what it should be.
    pub fn read(json: &[u8]) -> Option<Counted> {
        serde_json::from_slice(json).ok()
    }
}
