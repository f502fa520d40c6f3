//! The MD5 sums by which clients notice what a network did to their messages.

use crate::wire::Attributes;

/// Of a text, in hex.
pub fn of_text(text: &str) -> String {
    todo!("MD5 of {text}, in hex")
}

/// Of message attributes, by name: for each its name, its type, a byte for the kind of value, and the value, with lengths
/// of four bytes. None without attributes.
pub fn of_attributes(attributes: &Attributes) -> Option<String> {
    todo!("MD5 of {attributes:?}, in hex")
}
