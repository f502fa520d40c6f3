//! Somebody else's files: which of them count, and onto what clean tree they are put.
//!
//! A submission arrives as a folder, an archive, or a Git repository. Only files that match an exercise's editable globs
//! are taken. Everything else of it is the course's own: tests, manifests, the lockfile, cargo's configuration, the
//! toolchain. A change there has no effect and is reported as ignored, never silently.
//!
//! ```text
//! folder, .zip, .tar.gz, git ──► entries ──► layout ──► selection ──► a clean tree
//!                                source      layout     select        write
//! ```
//!
//! Nothing here runs, follows a link, or trusts a name: an archive is data until the last step, which writes regular
//! files only, below the tree.

mod entry;
mod layout;
mod select;
mod source;
mod write;

use crate::{catalog::Catalog, error::GradeError, exercise::Exercise, grade::Submission};

/// Reads what a learner handed in: `source` is a folder, an archive, or a Git repository, of which `at` names a revision or
/// a time. The files of `exercises` are selected.
///
/// # Errors
/// When it cannot be read at all, or holds nothing that looks like an exercise.
pub fn read(
    catalog: &Catalog,
    exercises: &[&Exercise],
    source: &str,
    at: Option<&str>,
) -> Result<Submission, GradeError> {
    let fault = |error: SourceError| match error.is_the_machines() {
        true => GradeError::OutOfReach(error.to_string()),
        false => GradeError::Submission(error.to_string()),
    };
    let entries = Source::guess(source, at).and_then(|source| source.read(&Bounds::default())).map_err(fault)?;
    let editable: Result<Vec<_>, _> = catalog.exercises().iter().map(Editable::of).collect();
    let editable = editable.map_err(GradeError::Submission)?;
    let wanted: Vec<_> = exercises.iter().map(|exercise| exercise.id.as_str()).collect();
    let course = |path: &str| std::fs::read(catalog.root().join(path)).ok();
    let selection = select(entries, &editable, &wanted, &Limits::default(), course).ok_or_else(|| {
        let example = exercises.first().map_or("day01-…", |exercise| &exercise.id);
        GradeError::Submission(format!(
            "{source} holds none of the days asked for; it should have a folder exercises/{example}/src, or {example}/src"
        ))
    })?;
    Ok(Submission { source: source.to_owned(), at: at.map(str::to_owned), selection })
}

pub use entry::{Content, Entry};
pub use select::{Editable, Limits, Refusal, Selection, SubmittedFile, select};
pub use source::{Bounds, Source, SourceError};
pub use write::lay_out;
