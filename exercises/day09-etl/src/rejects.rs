//! `rejects.ndjson`: what could not be used, for whoever can mend it.

use crate::store::Store;
use plumbing::Failure;
use std::path::Path;

/// So many lines are in memory at a time.
const LINES: i64 = 1000;

/// Writes all rejects that the database knows of, beside the database.
///
/// # Errors
/// When the file cannot be written. The old one stays then.
pub async fn write(store: &Store, database: &Path) -> Result<(), Failure> {
    let file = database.with_file_name("rejects.ndjson");
    let rejects = store.rejects_after("", -1, LINES).await?;
    todo!(
        "write these {} rejects and all that follow to {}, which is replaced as a whole",
        rejects.len(),
        file.display()
    )
}
