//! A note, and what a client sends to make one.

use crate::problem::Problem;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A note as clients see it. `Timestamp::now()` is the time, and serde writes it as RFC 3339 asks.
#[derive(Debug, Clone, Serialize)]
pub struct Note {
    pub id: u64,
    pub title: String,
    pub body: String,
    pub tags: Vec<String>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
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
        todo!("check the title {:?}, the body {:?} and the tags {:?}", self.title, self.body, self.tags)
    }
}
