//! What may be sent.

use crate::{
    fault::{Fault, Kind},
    queues::Queue,
    wire::{Attribute, Item, within},
};
use std::collections::HashSet;

/// Body and attributes of a message, and of all messages of a batch, have so many bytes at most: a mebibyte.
const LARGEST: usize = 1024 * 1024;

/// A message for this queue.
pub fn message(queue: &Queue, item: &Item) -> Result<(), Fault> {
    if item.message_body.is_empty() {
        return Err(Fault::new(Kind::MissingParameter, "MessageBody is missing"));
    }
    if !item.message_body.chars().all(is_allowed) {
        return Err(Fault::new(Kind::InvalidMessageContents, "MessageBody has characters that XML 1.0 has not"));
    }
    if size(item) > LARGEST {
        return Err(invalid(format!("body and attributes of a message have {LARGEST} bytes at most")));
    }
    for (name, attribute) in &item.message_attributes {
        if !is_fit(attribute) {
            return Err(invalid(format!("the attribute {name} has no value that fits its DataType")));
        }
    }
    within("DelaySeconds", item.delay_seconds.unwrap_or(0), 0..=900)?;
    if queue.settings.fifo {
        let is_id = |id: &String| (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
        if !item.message_group_id.as_ref().is_some_and(is_id) {
            return Err(invalid("a FIFO queue needs a MessageGroupId of 1 to 128 characters"));
        }
        if !item.message_deduplication_id.as_ref().map_or(queue.settings.content_based, is_id) {
            return Err(invalid("a FIFO queue needs a MessageDeduplicationId of 1 to 128 characters"));
        }
        if item.delay_seconds.is_some() {
            return Err(invalid("DelaySeconds is for a whole FIFO queue, and not for a message"));
        }
    }
    Ok(())
}

/// A batch as a whole. What is wrong with one entry is not looked for here.
pub fn batch(entries: &[Item]) -> Result<(), Fault> {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    let is_id = |id: &str| (1..=80).contains(&id.len()) && id.bytes().all(is_letter);
    let ids: HashSet<_> = entries.iter().map(|entry| &entry.id).collect();
    let kind = if entries.is_empty() {
        Kind::EmptyBatchRequest
    } else if entries.len() > 10 {
        Kind::TooManyEntriesInBatchRequest
    } else if !entries.iter().all(|entry| is_id(&entry.id)) {
        Kind::InvalidBatchEntryId
    } else if ids.len() < entries.len() {
        Kind::BatchEntryIdsNotDistinct
    } else if entries.iter().map(size).sum::<usize>() > LARGEST {
        Kind::BatchRequestTooLong
    } else {
        return Ok(());
    };
    let message = format!(
        "a batch has 1 to 10 entries of {LARGEST} bytes at most in all; their Ids are different, and have 1 to 80 \
         letters, digits, - and _"
    );
    Err(Fault::new(kind, message))
}

fn size(item: &Item) -> usize {
    let attributes = item.message_attributes.iter().map(|(name, attribute)| {
        let text = attribute.string_value.as_ref().map_or(0, String::len);
        let bytes = attribute.binary_value.as_ref().map_or(0, |bytes| bytes.0.len());
        name.len() + attribute.data_type.len() + text + bytes
    });
    item.message_body.len() + attributes.sum::<usize>()
}

fn is_fit(attribute: &Attribute) -> bool {
    // A type may have a label of one's own: `Number.int`.
    let kind = attribute.data_type.split('.').next().unwrap_or_default();
    match (kind, &attribute.string_value, &attribute.binary_value) {
        ("String" | "Number", Some(text), None) => !text.is_empty() && text.chars().all(is_allowed),
        ("Binary", None, Some(bytes)) => !bytes.0.is_empty(),
        _ => false,
    }
}

/// The characters of XML 1.0: there are clients that read messages as XML.
fn is_allowed(letter: char) -> bool {
    matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::new(Kind::InvalidParameterValue, message)
}
