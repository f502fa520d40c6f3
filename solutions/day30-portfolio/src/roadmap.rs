//! The roadmap of day 1: skills, and what each of them needs.

use crate::profile::is_web_address;
use plumbing::Problem;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// A skill as `list --json` prints it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Skill {
    pub id: String,
    needs: BTreeSet<String>,
    done: bool,
    pub evidence: Option<String>,
}

/// Skills in order of id. What is needed is there, and nothing needs itself.
#[derive(Debug, Default)]
pub struct Roadmap {
    skills: Vec<Skill>,
}

impl Roadmap {
    /// Checks skills that somebody has sent: this need not be day 1's own output.
    pub fn new(mut skills: Vec<Skill>) -> Result<Roadmap, Problem> {
        skills.sort_by(|a, b| a.id.cmp(&b.id));
        if let Some(pair) = skills.windows(2).find(|pair| pair[0].id == pair[1].id) {
            return Err(Problem::invalid("id", format!("{} is there twice", pair[0].id)));
        }
        if let Some(skill) = skills.iter().find(|skill| !is_id(&skill.id)) {
            return Err(Problem::invalid("id", format!("{:?} is not 1 to 40 of a-z, 0-9 and -", skill.id)));
        }
        let is_evidence = |url: &String| is_web_address(url) && url.chars().count() <= 2000;
        if let Some(skill) = skills.iter().find(|skill| !skill.evidence.iter().all(is_evidence)) {
            return Err(Problem::invalid("evidence", format!("that of {} is no http(s) address", skill.id)));
        }
        let roadmap = Roadmap { skills };
        roadmap.refuse_open_ends()?;
        Ok(roadmap)
    }

    /// Crosses out what needs nothing that is left, until nothing can be crossed out. What is left then needs something that is
    /// not there, or itself.
    fn refuse_open_ends(&self) -> Result<(), Problem> {
        let mut left: BTreeMap<_, _> = self.skills.iter().map(|skill| (&skill.id, &skill.needs)).collect();
        for (id, needs) in &left {
            if let Some(need) = needs.iter().find(|need| !left.contains_key(need)) {
                return Err(Problem::invalid("needs", format!("{id} needs {need}, which is not there")));
            }
        }
        loop {
            let waits = |needs: &BTreeSet<String>| needs.iter().any(|need| left.contains_key(need));
            let free: BTreeSet<String> =
                left.iter().filter(|(_, needs)| !waits(needs)).map(|(id, _)| (*id).clone()).collect();
            match (free.is_empty(), left.keys().next()) {
                (_, None) => return Ok(()),
                (true, Some(id)) => return Err(Problem::invalid("needs", format!("{id} is in a cycle, or needs one"))),
                (false, _) => left.retain(|id, _| !free.contains(*id)),
            }
        }
    }

    /// Skills that were checked before they were stored.
    pub fn stored(skills: Vec<Skill>) -> Roadmap {
        Roadmap { skills }
    }

    /// A day of the course is a skill, too: its report is as good as a `done`.
    pub fn pass(&mut self, days: &BTreeSet<&str>) {
        for skill in &mut self.skills {
            skill.done |= days.contains(skill.id.as_str());
        }
    }

    pub fn skills(&self) -> &[Skill] {
        &self.skills
    }

    pub fn done(&self) -> impl Iterator<Item = &Skill> {
        self.skills.iter().filter(|skill| skill.done)
    }

    /// What is not done and needs nothing that is not done.
    pub fn next(&self) -> impl Iterator<Item = &Skill> {
        let done: BTreeSet<_> = self.done().map(|skill| &skill.id).collect();
        let is_ready = move |skill: &&Skill| skill.needs.iter().all(|need| done.contains(need));
        self.skills.iter().filter(|skill| !skill.done).filter(is_ready)
    }

    pub fn next_as_json(&self) -> Value {
        let done = self.done().count();
        let next: Vec<_> = self.next().map(|skill| json!({"id": skill.id, "needs": skill.needs})).collect();
        json!({"next": next, "done": done, "open": self.skills.len() - done})
    }
}

fn is_id(text: &str) -> bool {
    (1..=40).contains(&text.len()) && text.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-'))
}
