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

pub use entry::{Content, Entry};
pub use select::{Editable, Ignored, Limits, Refusal, Selection, SubmittedFile, select};
pub use source::{Source, SourceError};
pub use write::write;
