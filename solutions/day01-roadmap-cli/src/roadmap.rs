//! The roadmap itself: a graph of skills, without any files.
//!
//! Maps and sets are the sorted ones. A `HashMap` has another order in every run, and so would everything we print.

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

/// Why a change is refused.
#[derive(Debug, PartialEq, Eq)]
pub enum Refused {
    Unknown(String),
    /// The skills from one to itself, each needing the next.
    Cycle(Vec<String>),
    /// A skill, and those of its needs that are not done.
    TooEarly(String, Vec<String>),
}

impl Roadmap {
    /// Adds a skill, or further needs to one that is there.
    pub fn add(&mut self, id: &str, needs: &[String]) -> Result<(), Refused> {
        for need in needs {
            if need == id {
                return Err(Refused::Cycle(vec![id.to_owned(), id.to_owned()]));
            }
            if !self.skills.contains_key(need) {
                return Err(Refused::Unknown(need.clone()));
            }
            // The new need closes a cycle if it leads back to the skill already.
            if let Some(mut path) = self.path(need, id) {
                path.insert(0, id.to_owned());
                return Err(Refused::Cycle(path));
            }
        }
        self.skills.entry(id.to_owned()).or_default().needs.extend(needs.iter().cloned());
        Ok(())
    }

    /// Notes that a skill is learnt. Later evidence takes the place of earlier.
    pub fn done(&mut self, id: &str, evidence: &str) -> Result<(), Refused> {
        let skill = self.skills.get(id).ok_or_else(|| Refused::Unknown(id.to_owned()))?;
        let open: Vec<_> = skill.needs.iter().filter(|need| !self.is_done(need)).cloned().collect();
        if !open.is_empty() {
            return Err(Refused::TooEarly(id.to_owned(), open));
        }
        if let Some(skill) = self.skills.get_mut(id) {
            skill.evidence = Some(evidence.to_owned());
        }
        Ok(())
    }

    /// The skills that are not done and need nothing that is not done, in order of id.
    pub fn next(&self) -> Vec<&str> {
        let ready = |skill: &Skill| skill.needs.iter().all(|need| self.is_done(need));
        self.open().filter(|(_, skill)| ready(skill)).map(|(id, _)| id).collect()
    }

    /// All skills that are not done, each after everything that it needs. Among those that could come next, the first in
    /// the alphabet does.
    pub fn order(&self) -> Vec<&str> {
        // For each skill, how many of its needs are open, and which skills wait for it.
        let mut missing: BTreeMap<&str, usize> = BTreeMap::new();
        let mut waiting: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (id, skill) in self.open() {
            let needs = skill.needs.iter().filter(|need| !self.is_done(need));
            missing.insert(id, needs.clone().count());
            needs.for_each(|need| waiting.entry(need).or_default().push(id));
        }
        let mut ready: BTreeSet<&str> = missing.iter().filter(|(_, count)| **count == 0).map(|(id, _)| *id).collect();
        let mut order = Vec::new();
        while let Some(id) = ready.pop_first() {
            order.push(id);
            for other in waiting.remove(id).unwrap_or_default() {
                if let Some(count) = missing.get_mut(other) {
                    *count -= 1;
                    if *count == 0 {
                        ready.insert(other);
                    }
                }
            }
        }
        order
    }

    /// All skills in order of id.
    pub fn list(&self) -> Vec<Listed<'_>> {
        self.skills
            .iter()
            .map(|(id, skill)| Listed {
                id,
                needs: &skill.needs,
                done: skill.evidence.is_some(),
                evidence: skill.evidence.as_deref(),
            })
            .collect()
    }

    /// Whether an order exists at all. `add` sees to that; a file that somebody has edited may hold anything.
    pub fn is_sound(&self) -> bool {
        self.order().len() == self.open().count()
    }

    /// The skills that are not done.
    fn open(&self) -> impl Iterator<Item = (&str, &Skill)> {
        self.skills.iter().filter(|(_, skill)| skill.evidence.is_none()).map(|(id, skill)| (id.as_str(), skill))
    }

    fn is_done(&self, id: &str) -> bool {
        self.skills.get(id).is_some_and(|skill| skill.evidence.is_some())
    }

    /// The skills from one to another, each needing the next, if there is such a way.
    fn path(&self, from: &str, to: &str) -> Option<Vec<String>> {
        // Where each skill was reached from. A loop instead of a recursion: a long chain cannot overflow the stack.
        let mut reached: BTreeMap<&str, &str> = BTreeMap::new();
        let mut open = vec![from];
        while let Some(id) = open.pop() {
            if id == to {
                return Some(trace(&reached, from, to));
            }
            for need in self.skills.get(id).into_iter().flat_map(|skill| &skill.needs) {
                if need != from && !reached.contains_key(need.as_str()) {
                    reached.insert(need, id);
                    open.push(need);
                }
            }
        }
        None
    }
}

/// Walks back from `to`, and turns the way around.
fn trace(reached: &BTreeMap<&str, &str>, from: &str, to: &str) -> Vec<String> {
    let mut path = vec![to.to_owned()];
    let mut id = to;
    while id != from {
        let Some(previous) = reached.get(id) else { break };
        id = previous;
        path.push(id.to_owned());
    }
    path.reverse();
    path
}

impl fmt::Display for Refused {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refused::Unknown(id) => write!(formatter, "there is no skill {id}; add it first"),
            Refused::Cycle(path) => write!(formatter, "this would be a cycle: {}", path.join(" needs ")),
            Refused::TooEarly(id, open) => write!(formatter, "{id} needs {}, which is not done yet", open.join(", ")),
        }
    }
}

impl Error for Refused {}
