//! `rejects.ndjson`: what could not be used, for whoever can mend it.

use crate::store::{Reject, Store};
use plumbing::Failure;
use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::Path,
};

/// So many lines are in memory at a time.
const LINES: i64 = 1000;

/// Writes all rejects that the database knows of, beside the database.
///
/// # Errors
/// When the file cannot be written. The old one stays then.
pub async fn write(store: &Store, database: &Path) -> Result<(), Failure> {
    let file = database.with_file_name("rejects.ndjson");
    let unfinished = database.with_file_name("rejects.ndjson.part");
    let cannot_write = |error| Failure::new(format!("cannot write {}: {error}", unfinished.display()));

    let mut output = BufWriter::new(File::create(&unfinished).map_err(cannot_write)?);
    let mut last = (String::new(), -1);
    loop {
        let rejects = store.rejects_after(&last.0, last.1, LINES).await?;
        for reject in &rejects {
            let line = serde_json::to_string(reject)? + "\n";
            output.write_all(line.as_bytes()).map_err(cannot_write)?;
        }
        match rejects.into_iter().last() {
            Some(Reject { file, row, .. }) => last = (file, row),
            None => break,
        }
    }
    let output = output.into_inner().map_err(|error| cannot_write(error.into_error()))?;
    output.sync_all().map_err(cannot_write)?;
    fs::rename(&unfinished, &file).map_err(|error| Failure::new(format!("cannot replace {}: {error}", file.display())))
}
