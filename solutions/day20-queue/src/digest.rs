//! The MD5 sums by which clients notice what a network did to their messages.

use crate::wire::{Attribute, Attributes};
use data_encoding::HEXLOWER;
use md5::{Digest, Md5};

/// Of a text, in hex.
pub fn of_text(text: &str) -> String {
    HEXLOWER.encode(&Md5::digest(text))
}

/// Of message attributes, by name: for each its name, its type, a byte for the kind of value, and the value, with lengths
/// of four bytes. None without attributes.
pub fn of_attributes(attributes: &Attributes) -> Option<String> {
    if attributes.is_empty() {
        return None;
    }
    let mut sum = Md5::new();
    // The map is sorted, and so are the names that are digested.
    for (name, attribute) in attributes {
        add(&mut sum, name.as_bytes());
        add(&mut sum, attribute.data_type.as_bytes());
        match attribute {
            Attribute { binary_value: Some(bytes), .. } => {
                sum.update([2]);
                add(&mut sum, &bytes.0);
            }
            Attribute { string_value, .. } => {
                sum.update([1]);
                add(&mut sum, string_value.as_deref().unwrap_or_default().as_bytes());
            }
        }
    }
    Some(HEXLOWER.encode(&sum.finalize()))
}

fn add(sum: &mut Md5, bytes: &[u8]) {
    // A message has a mebibyte at most.
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    sum.update(length.to_be_bytes());
    sum.update(bytes);
}
