//! The course's and the machine's own faults. A learner's fault is never an error: it is a value inside the report.

use std::{io, path::PathBuf};

/// Why grading could not begin or go on. Each variant ends the command with exit status 2.
#[derive(Debug, thiserror::Error)]
pub enum GradeError {
    /// We are not inside the course.
    #[error("{} is not inside a checkout of the course: no folder above it has a Cargo.toml beside exercises/", .0.display())]
    NoCourse(PathBuf),
    /// A name that is no day.
    #[error("there is no day {name:?}{}", suggestion.as_ref().map(|it| format!("; did you mean {it}?")).unwrap_or_default())]
    UnknownDay {
        /// As it was given.
        name: String,
        /// The nearest one that exists.
        suggestion: Option<String>,
    },
    /// A name that is no checkpoint.
    #[error("no day asked for has a checkpoint {name:?}{}", suggestion.as_ref().map(|it| format!("; did you mean {it}?")).unwrap_or_default())]
    UnknownCheckpoint {
        /// As it was given.
        name: String,
        /// The nearest one that exists.
        suggestion: Option<String>,
    },
    /// A checkpoint whose tests are all hidden, in a hand-out.
    #[error("{0} is not part of this hand-out: its tests are hidden ones, which the course's repository has")]
    Withheld(String),
    /// A command that cannot be split or started.
    #[error("the command {command:?} cannot be used: {why}")]
    Command {
        /// As it was given.
        command: String,
        /// What is wrong with it.
        why: String,
    },
    /// An exercise's metadata.
    #[error("{}: {fault}", path.display())]
    Metadata {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: String,
    },
    /// A file or folder of the course or of the grader.
    #[error("{what} {}: {error}", path.display())]
    File {
        /// "cannot read", "cannot write"
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Somebody else's program would run without a sandbox.
    #[error("{0} is somebody else's work, and is graded in a sandbox only")]
    Uncontained(String),
    /// What was submitted cannot be read.
    #[error("{0}")]
    Submission(String),
    /// What was submitted could not be read here and now, through no fault of who submitted it.
    #[error("{0}; try again, or look for what is wrong with this machine or its network")]
    OutOfReach(String),
    /// The stub of a day is nowhere to be found.
    #[error("the stub of {day} cannot be found: {why}; clone the course again and copy exercises/{day} from there")]
    NoStub {
        /// The day.
        day: String,
        /// Why not.
        why: String,
    },
    /// A run that was called off before its end.
    #[error("called off")]
    Cancelled,
    /// cargo could not be run at all, or stopped before it compiled anything.
    #[error("cargo stopped before it compiled anything:\n{0}")]
    Cargo(String),
}

impl GradeError {
    /// For `map_err`: a file that cannot be read.
    pub(crate) fn reading(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> GradeError {
        let path = path.into();
        move |error| GradeError::File { what: "cannot read", path, error }
    }

    /// For `map_err`: a file that cannot be written.
    pub(crate) fn writing(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> GradeError {
        let path = path.into();
        move |error| GradeError::File { what: "cannot write", path, error }
    }
}
