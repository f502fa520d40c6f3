//! Versions of a note as entity tags, and the conditions that clients build from them (RFC 9110, section 13).

use axum::http::{HeaderMap, HeaderName, header};

/// The `ETag` of a version.
pub fn of(version: u64) -> String {
    format!("\"{version}\"")
}

/// `If-Match`: change the note only if it is still in one of these versions.
#[derive(Debug)]
pub struct IfMatch(Condition);

/// `If-None-Match`: send the note only if it is in none of these versions.
#[derive(Debug)]
pub struct IfNoneMatch(Condition);

#[derive(Debug)]
enum Condition {
    Absent,
    /// `*`: any version.
    Any,
    Tags(Vec<String>),
}

impl IfMatch {
    pub fn from(headers: &HeaderMap) -> IfMatch {
        IfMatch(Condition::from(headers, header::IF_MATCH))
    }

    /// Strong comparison: a weak tag (`W/"1"`) never matches.
    pub fn allows(&self, version: u64) -> bool {
        match &self.0 {
            Condition::Absent | Condition::Any => true,
            Condition::Tags(tags) => tags.contains(&of(version)),
        }
    }
}

impl IfNoneMatch {
    pub fn from(headers: &HeaderMap) -> IfNoneMatch {
        IfNoneMatch(Condition::from(headers, header::IF_NONE_MATCH))
    }

    /// Weak comparison: `W/` makes no difference.
    pub fn allows(&self, version: u64) -> bool {
        match &self.0 {
            Condition::Absent => true,
            Condition::Any => false,
            Condition::Tags(tags) => !tags.iter().any(|tag| tag.trim_start_matches("W/") == of(version)),
        }
    }
}

impl Condition {
    fn from(headers: &HeaderMap, name: HeaderName) -> Condition {
        let mut tags = Vec::new();
        // The header may come several times; that means the same as one with commas.
        for value in headers.get_all(&name) {
            // A value that is not text cannot be one of our tags, but it is still a condition.
            let text = value.to_str().unwrap_or_default();
            tags.extend(text.split(',').map(|tag| tag.trim().to_owned()));
        }
        if tags.is_empty() {
            Condition::Absent
        } else if tags == ["*"] {
            Condition::Any
        } else {
            Condition::Tags(tags)
        }
    }
}
