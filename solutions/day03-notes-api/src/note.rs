//! A note, and what a client sends to make one.

use crate::problem::Problem;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

const TITLE_CHARS: usize = 120;
const BODY_CHARS: usize = 10_000;
const TAGS: usize = 10;
const TAG_CHARS: usize = 30;

/// A note as clients see it.
#[derive(Debug, Clone, Serialize)]
pub struct Note {
    pub id: u64,
    pub title: String,
    pub body: String,
    pub tags: Vec<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// Changes whenever the note does; clients see it as the `ETag` header.
    #[serde(skip)]
    pub version: u64,
}

/// The part of a note that a client writes.
#[derive(Debug, Clone, Deserialize)]
pub struct Draft {
    pub title: String,
    #[serde(default)]
    pub body: String,
    #[serde(default)]
    pub tags: Vec<String>,
}

impl Draft {
    /// The draft, if every field keeps its rules.
    ///
    /// # Errors
    /// 422 that names the first field that does not.
    pub fn checked(self) -> Result<Draft, Problem> {
        if self.title.trim().is_empty() {
            return Err(Problem::invalid("title", "must not be blank"));
        }
        // Characters, not bytes: `len()` would punish every language but English.
        if self.title.chars().count() > TITLE_CHARS {
            return Err(Problem::invalid("title", &format!("must have at most {TITLE_CHARS} characters")));
        }
        if self.body.chars().count() > BODY_CHARS {
            return Err(Problem::invalid("body", &format!("must have at most {BODY_CHARS} characters")));
        }
        if self.tags.len() > TAGS {
            return Err(Problem::invalid("tags", &format!("must be at most {TAGS}")));
        }
        if !self.tags.iter().all(|tag| is_tag(tag)) {
            return Err(Problem::invalid("tags", &format!("must each be 1 to {TAG_CHARS} of a-z, 0-9 and -")));
        }
        Ok(self)
    }
}

fn is_tag(text: &str) -> bool {
    (1..=TAG_CHARS).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}
