//! What can be set about a queue. On the wire every value is a text.

use crate::fault::{Fault, Kind};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What stands before the name of a queue in its ARN: region and account are always the same.
const ARN: &str = "arn:aws:sqs:us-east-1:000000000000:";

/// Durations are in seconds of the protocol.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    pub visibility: i64,
    pub delay: i64,
    pub wait: i64,
    pub fifo: bool,
    /// The deduplication id is made of the body, where a message brings none.
    pub content_based: bool,
    pub redrive: Option<Redrive>,
}

/// Where a message goes that was received too often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Redrive {
    /// The name of a queue.
    pub target: String,
    pub max_receives: i64,
}

/// `Redrive`, as it is written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Policy {
    dead_letter_target_arn: String,
    /// A number, or a text with one: clients write both.
    max_receive_count: Value,
}

impl Settings {
    /// Those of a queue about which nothing was said.
    pub fn new(fifo: bool) -> Settings {
        Settings { visibility: 30, delay: 0, wait: 0, fifo, content_based: false, redrive: None }
    }

    /// These, with some changes.
    pub fn with(&self, attributes: &BTreeMap<String, String>) -> Result<Settings, Fault> {
        let mut settings = self.clone();
        for (name, value) in attributes {
            settings.set(name, value)?;
        }
        Ok(settings)
    }

    fn set(&mut self, name: &str, value: &str) -> Result<(), Fault> {
        let wrong = || Fault::new(Kind::InvalidAttributeValue, format!("{value:?} is no value for {name}"));
        let seconds = |longest: i64| value.parse().ok().filter(|s| (0..=longest).contains(s)).ok_or_else(wrong);
        match name {
            "VisibilityTimeout" => self.visibility = seconds(43_200)?,
            "DelaySeconds" => self.delay = seconds(900)?,
            "ReceiveMessageWaitTimeSeconds" => self.wait = seconds(20)?,
            // A queue is one or the other for ever.
            "FifoQueue" if value.parse() == Ok(self.fifo) => {}
            "FifoQueue" => return Err(wrong()),
            "ContentBasedDeduplication" if self.fifo => self.content_based = value.parse().map_err(|_| wrong())?,
            "RedrivePolicy" if value.is_empty() => self.redrive = None,
            "RedrivePolicy" => self.redrive = Some(redrive(value).ok_or_else(wrong)?),
            _ => return Err(Fault::new(Kind::InvalidAttributeName, format!("{name} cannot be set"))),
        }
        Ok(())
    }

    /// All of them, as they are written.
    pub fn shown(&self) -> BTreeMap<&'static str, String> {
        let mut shown = BTreeMap::from([
            ("VisibilityTimeout", self.visibility.to_string()),
            ("DelaySeconds", self.delay.to_string()),
            ("ReceiveMessageWaitTimeSeconds", self.wait.to_string()),
        ]);
        if self.fifo {
            shown.insert("FifoQueue", "true".to_owned());
            shown.insert("ContentBasedDeduplication", self.content_based.to_string());
        }
        if let Some(Redrive { target, max_receives }) = &self.redrive {
            let policy = json!({"deadLetterTargetArn": arn(target), "maxReceiveCount": max_receives});
            shown.insert("RedrivePolicy", policy.to_string());
        }
        shown
    }
}

/// The name of a queue that other services of a cloud use.
pub fn arn(queue: &str) -> String {
    format!("{ARN}{queue}")
}

fn redrive(policy: &str) -> Option<Redrive> {
    let policy: Policy = serde_json::from_str(policy).ok()?;
    let count = match &policy.max_receive_count {
        Value::String(text) => text.parse().ok()?,
        other => other.as_i64()?,
    };
    let target = policy.dead_letter_target_arn.strip_prefix(ARN)?.to_owned();
    (1..=1000).contains(&count).then_some(Redrive { target, max_receives: count })
}
