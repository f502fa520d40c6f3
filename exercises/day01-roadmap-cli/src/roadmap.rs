//! The roadmap itself: a graph of skills, without any files.

use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    error::Error,
    fmt,
};

/// All skills by id. What is needed is always there, and no skill needs itself, directly or through others.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Roadmap {
    skills: BTreeMap<String, Skill>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Skill {
    needs: BTreeSet<String>,
    /// Where it can be seen that the skill is learnt; none while it is not.
    evidence: Option<String>,
}

/// A skill as `list --json` shows it.
#[derive(Debug, Serialize)]
pub struct Listed<'a> {
    pub id: &'a str,
    pub needs: &'a BTreeSet<String>,
    pub done: bool,
    pub evidence: Option<&'a str>,
}

/// Why a change is refused: one sentence. You may want an enum with a variant for each reason.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused(String);

impl Roadmap {
    /// Adds a skill, or further needs to one that is there.
    pub fn add(&mut self, id: &str, needs: &[String]) -> Result<(), Refused> {
        todo!("add {id} with {needs:?}, unless a need is unknown or would close a cycle")
    }

    /// Notes that a skill is learnt. Later evidence takes the place of earlier.
    pub fn done(&mut self, id: &str, evidence: &str) -> Result<(), Refused> {
        todo!("note {evidence} for {id}, unless it is unknown or one of its needs is open")
    }

    /// The skills that are not done and need nothing that is not done, in order of id.
    pub fn next(&self) -> Vec<&str> {
        todo!("which of {} skills can be learnt now", self.skills.len())
    }

    /// All skills that are not done, each after everything that it needs. Among those that could come next, the first in
    /// the alphabet does.
    pub fn order(&self) -> Vec<&str> {
        todo!("an order of {} skills", self.skills.len())
    }

    /// All skills in order of id.
    pub fn list(&self) -> Vec<Listed<'_>> {
        todo!("all of {:?}", self.skills)
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Error for Refused {}
