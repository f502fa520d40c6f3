//! JSON merge patches (RFC 7396).

use serde_json::{Map, Value};

/// `target` with the changes that `patch` describes: null takes a member away, objects are merged, and everything else
/// replaces what was there.
pub fn merge(target: Value, patch: Value) -> Value {
    let Value::Object(patch) = patch else { return patch };
    let mut members = match target {
        Value::Object(members) => members,
        _ => Map::new(),
    };
    for (name, value) in patch {
        if value.is_null() {
            members.remove(&name);
        } else {
            let old = members.remove(&name).unwrap_or_default();
            members.insert(name, merge(old, value));
        }
    }
    Value::Object(members)
}
