//! What an update of a hand-out did, in words.

use std::fmt;

/// What was done, and what was left.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    added: usize,
    updated: usize,
    /// Days with a learner's work, which was left as it is.
    pub kept: usize,
    /// Of those the days whose stub is another one by now.
    pub newer_stubs: Vec<u8>,
    /// Files of the course that were removed by hand, and are there again.
    pub restored: Vec<String>,
    /// Files of the course that were changed by hand, and were left.
    pub changed: Vec<String>,
    /// Where files went that were changed by hand and replaced.
    pub replaced: Vec<String>,
}

impl Outcome {
    pub fn count(&mut self, is_new: bool) {
        *(if is_new { &mut self.added } else { &mut self.updated }) += 1;
    }

    /// Whether something is not as the course has it.
    pub fn has_remarks(&self) -> bool {
        !self.changed.is_empty()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{} files added, {} updated", self.added, self.updated)?;
        match self.kept {
            0 => {}
            1 => writeln!(formatter, "one day has a learner's work, which stays as it is")?,
            many => writeln!(formatter, "{many} days have a learner's work, which stays as it is")?,
        }
        for day in &self.newer_stubs {
            writeln!(
                formatter,
                "  day {day:02} has a newer stub: `cargo xtask diff {day}` shows it, `reset {day}` takes it"
            )?;
        }
        for (what, paths) in [
            ("removed by hand, and there again", &self.restored),
            ("changed by hand, and replaced; it is now", &self.replaced),
        ] {
            for path in paths {
                writeln!(formatter, "{what}: {path}")?;
            }
        }
        for path in &self.changed {
            writeln!(formatter, "changed by hand, and left as it is: {path}")?;
        }
        if !self.changed.is_empty() {
            writeln!(formatter, "--replace puts the course's files in their place, and keeps what was there")?;
        }
        Ok(())
    }
}
