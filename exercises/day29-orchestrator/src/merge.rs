//! JSON merge patches (RFC 7396).

use serde_json::Value;

/// `target` with the changes that `patch` describes: null takes a member away, objects are merged, and everything else
/// replaces what was there.
pub fn merge(target: Value, patch: Value) -> Value {
    todo!("merge {patch} into {target}")
}
