//! Requests and answers, as they are written. Durations are in seconds of the protocol.

use crate::fault::{Fault, Kind};
use data_encoding::BASE64;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::{collections::BTreeMap, ops::RangeInclusive};

/// The parameters of all operations. A name means the same in each, so one type will do; an operation looks at its own.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Request {
    pub queue_url: Option<String>,
    pub queue_name: Option<String>,
    pub queue_name_prefix: String,
    /// Of a queue, by name.
    pub attributes: BTreeMap<String, String>,
    /// Of a queue, or those that the system knows of a message.
    pub attribute_names: Vec<String>,
    pub message_system_attribute_names: Vec<String>,
    pub message_attribute_names: Vec<String>,
    pub max_number_of_messages: Option<i64>,
    pub wait_time_seconds: Option<i64>,
    pub entries: Vec<Item>,
    #[serde(flatten)]
    pub item: Item,
}

/// A message to send, or a message that was received: what stands in the request itself, or in each entry of a batch.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Item {
    /// The client's name for an entry, within one batch.
    pub id: String,
    pub message_body: String,
    pub message_attributes: Attributes,
    pub delay_seconds: Option<i64>,
    pub message_group_id: Option<String>,
    pub message_deduplication_id: Option<String>,
    pub receipt_handle: String,
    pub visibility_timeout: Option<i64>,
}

/// Message attributes by name.
pub type Attributes = BTreeMap<String, Attribute>;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Attribute {
    pub data_type: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub string_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binary_value: Option<Bytes>,
}

/// Bytes, in base64 on the wire.
#[derive(Debug, Clone)]
pub struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&BASE64.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        BASE64.decode(text.as_bytes()).map(Bytes).map_err(de::Error::custom)
    }
}

/// What became of an item. Where there is nothing to say, nothing is written.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Outcome {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    #[serde(rename = "MD5OfMessageBody", skip_serializing_if = "Option::is_none")]
    pub body_md5: Option<String>,
    #[serde(rename = "MD5OfMessageAttributes", skip_serializing_if = "Option::is_none")]
    pub attributes_md5: Option<String>,
    /// For FIFO queues.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence_number: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Message {
    pub message_id: String,
    pub receipt_handle: String,
    pub body: String,
    #[serde(rename = "MD5OfBody")]
    pub body_md5: String,
    pub attributes: BTreeMap<&'static str, String>,
    pub message_attributes: Attributes,
    #[serde(rename = "MD5OfMessageAttributes", skip_serializing_if = "Option::is_none")]
    pub attributes_md5: Option<String>,
}

/// A parameter that has to be there.
pub fn needed<'a>(name: &str, value: &'a Option<String>) -> Result<&'a str, Fault> {
    value.as_deref().ok_or_else(|| Fault::new(Kind::MissingParameter, format!("{name} is missing")))
}

/// A number that has to be within a range.
pub fn within(name: &str, value: i64, range: RangeInclusive<i64>) -> Result<i64, Fault> {
    if range.contains(&value) {
        return Ok(value);
    }
    let message = format!("{name} is {value}, and has to be from {} to {}", range.start(), range.end());
    Err(Fault::new(Kind::InvalidParameterValue, message))
}
