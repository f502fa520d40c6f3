//! What an exercise is: plain data, read from its `exercise.toml`.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One day of the course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exercise {
    /// The name of its folder: `day03-notes-api`.
    pub id: String,
    /// The day: 3.
    pub number: u8,
    /// What `exercise.toml` says.
    pub metadata: Metadata,
}

/// The titles of the weeks, from the first.
pub const WEEKS: [&str; 5] = [
    "from script to service",
    "data and connections",
    "business and things",
    "cloud and scale",
    "emerging technology and the capstone",
];

/// The title of a week: "Week 1: from script to service".
pub fn title_of_week(week: u8) -> String {
    match WEEKS.get(usize::from(week).wrapping_sub(1)) {
        Some(title) => format!("Week {week}: {title}"),
        None => format!("Week {week}"),
    }
}

/// The content of `exercise.toml`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Metadata {
    /// "Notes API"
    pub title: String,
    /// The week, from 1.
    pub week: u8,
    /// How the program is used.
    pub kind: Kind,
    /// The themes of a backend career that it belongs to.
    pub themes: Vec<String>,
    /// An honest estimate for core and robust checkpoints.
    pub minutes: u32,
    /// Globs, relative to the exercise's folder, of what a learner changes.
    pub editable: Vec<String>,
    /// Tools that some tests need.
    #[serde(default)]
    pub needs: Vec<String>,
    /// In the order of the page.
    #[serde(rename = "checkpoint")]
    pub checkpoints: Vec<Checkpoint>,
    /// The real server that the day imitates.
    pub peer: Option<Peer>,
}

/// How a program is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It announces its addresses and serves until SIGTERM.
    Service,
    /// A command line that does one thing and ends.
    Command,
}

/// A named, scored requirement of a day: a module of tests with that name.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// The name of the module.
    pub name: String,
    /// What passing it means for the day.
    pub tier: Tier,
    /// What it is worth.
    pub points: u32,
    /// The requirement in one sentence.
    pub summary: String,
    /// From a nudge to nearly the answer; shown one at a time.
    pub hints: Vec<String>,
}

/// What a checkpoint means for its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// The day's idea.
    Core,
    /// What makes it a backend: bad input, races, crashes, attackers.
    Robust,
    /// Adds points and a star, and never blocks.
    Stretch,
}

/// A real server against which the same tests are held.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Peer {
    /// Its executable; empty for a server that is only ever given by its URL.
    #[serde(default)]
    pub server: String,
    /// The Debian package that has it.
    #[serde(default)]
    pub package: String,
    /// Which servers can be given by their URL, and where the tests find what those want to know, such as credentials.
    pub url: Option<String>,
    /// Tests that it deliberately fails.
    #[serde(default, rename = "difference")]
    pub differences: Vec<Difference>,
}

/// A deliberate difference between a day's contract and the real server.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Difference {
    /// `checkpoint::claim`
    pub test: String,
    /// Why the day asks for something else.
    pub reason: String,
}

impl Exercise {
    /// Reads the metadata of the exercise in a folder named `id`.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(id: &str, text: &str) -> Result<Exercise, String> {
        let number = number_of(id).ok_or_else(|| format!("{id:?} is not of the form dayNN-slug"))?;
        let metadata: Metadata = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut names: Vec<_> = metadata.checkpoints.iter().map(|checkpoint| checkpoint.name.as_str()).collect();
        names.sort_unstable();
        if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(format!("the checkpoint {} is there twice", twice[0]));
        }
        if !metadata.checkpoints.iter().any(|checkpoint| checkpoint.tier == Tier::Core) {
            return Err("it has no core checkpoint".to_owned());
        }
        if metadata.peer.as_ref().is_some_and(|peer| peer.server.is_empty() && peer.url.is_none()) {
            return Err("its peer has neither a server nor a url".to_owned());
        }
        Ok(Exercise { id: id.to_owned(), number, metadata })
    }

    /// The checkpoint with this name.
    pub fn checkpoint(&self, name: &str) -> Option<&Checkpoint> {
        self.metadata.checkpoints.iter().find(|checkpoint| checkpoint.name == name)
    }
}

/// The number in `dayNN-slug`.
fn number_of(id: &str) -> Option<u8> {
    let (number, slug) = id.strip_prefix("day")?.split_once('-')?;
    if number.len() == 2 && !slug.is_empty() { number.parse().ok() } else { None }
}

impl Tier {
    /// Whether a day needs it to pass.
    pub fn is_required(self) -> bool {
        self != Tier::Stretch
    }
}

impl fmt::Display for Tier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(match self {
            Tier::Core => "core",
            Tier::Robust => "robust",
            Tier::Stretch => "stretch",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r#"
        title = "Seven"
        week = 1
        kind = "service"
        themes = ["APIs"]
        minutes = 60
        editable = ["src/**"]

        [[checkpoint]]
        name = "one"
        tier = "core"
        points = 10
        summary = "It does one thing"
        hints = ["do it"]

        [peer]
        server = "redis-server"
        package = "redis-server"
        [[peer.difference]]
        test = "one::is_done"
        reason = "it does another"
    "#;

    #[test]
    fn metadata_is_read() {
        let exercise = Exercise::parse("day07-seven", TEXT).unwrap();
        assert_eq!((exercise.number, exercise.metadata.kind), (7, Kind::Service));
        assert_eq!(exercise.checkpoint("one").unwrap().tier, Tier::Core);
        assert_eq!(exercise.metadata.peer.unwrap().differences[0].test, "one::is_done");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let error = |id: &str, text: &str| Exercise::parse(id, text).unwrap_err();
        assert!(error("seven", TEXT).contains("dayNN-slug"));
        assert!(error("day7-x", TEXT).contains("dayNN-slug"));
        assert!(error("day07-x", &TEXT.replace("week", "weak")).contains("weak"));
        assert!(error("day07-x", &TEXT.replace("\"core\"", "\"stretch\"")).contains("no core checkpoint"));
        assert!(
            error("day07-x", &TEXT.replace("server = \"redis-server\"", "")).contains("neither a server nor a url")
        );
        let (head, checkpoint) = TEXT.split_at(TEXT.find("[[checkpoint]]").unwrap());
        assert!(
            error("day07-x", &format!("{head}{checkpoint}{}", checkpoint.split_once("[peer]").unwrap().0))
                .contains("twice")
        );
    }
}
