//! Who may read and write which topics: a file in mosquitto's form.
//!
//! ```text
//! user thermometer
//! topic write home/+/temperature
//! user dashboard
//! topic read home/#
//! ```
//!
//! What no line allows is forbidden. A subscription is not checked, for its filter may select allowed and forbidden
//! topics: each message is, before it is delivered.

use plumbing::Failure;
use std::{collections::HashMap, path::Path};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
}

#[derive(Debug, Default)]
pub struct Acl {
    /// For each user the filters that they may read or write.
    rules: HashMap<String, Vec<(Access, String)>>,
}

impl Acl {
    /// Reads the file.
    ///
    /// # Errors
    /// When it cannot be read, or a line has another form: a rule that is misunderstood is worse than no broker.
    pub fn load(path: &Path) -> Result<Acl, Failure> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::new(format!("cannot read the access rules in {}: {error}", path.display())))?;
        let mut acl = Acl::default();
        let mut user = None;
        for (number, line) in text.lines().enumerate() {
            let place = || format!("{}, line {}", path.display(), number + 1);
            match line.trim().split_once(' ').map(|(word, rest)| (word, rest.trim())) {
                _ if line.trim().is_empty() || line.starts_with('#') => {}
                Some(("user", name)) => user = Some(name.to_owned()),
                Some(("topic", rule)) => {
                    let (accesses, filter) = parse(rule);
                    // Any text will do as a filter here so far. Should it?
                    let user = user.clone().ok_or_else(|| {
                        Failure::new(format!("{}: whose rule is it? put a line `user NAME` above", place()))
                    })?;
                    let rules = acl.rules.entry(user).or_default();
                    rules.extend(accesses.iter().map(|access| (*access, filter.to_owned())));
                }
                _ => return Err(Failure::new(format!("{}: neither `user` nor `topic`: {line}", place()))),
            }
        }
        Ok(acl)
    }

    /// Whether `user` may read or write `topic`.
    pub fn allows(&self, user: &str, access: Access, topic: &str) -> bool {
        todo!("may {user} {access:?} {topic}, by the rules {:?}?", self.rules.get(user))
    }
}

/// `read a/b` and the like; without a word for the access it is both.
fn parse(rule: &str) -> (&'static [Access], &str) {
    match rule.split_once(' ') {
        Some(("read", filter)) => (&[Access::Read], filter.trim()),
        Some(("write", filter)) => (&[Access::Write], filter.trim()),
        Some(("readwrite", filter)) => (&[Access::Read, Access::Write], filter.trim()),
        _ => (&[Access::Read, Access::Write], rule),
    }
}
