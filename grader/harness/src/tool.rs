//! Tests that need something installed. They stand in a day's `tests/tools.rs`, which only the grader runs, one test a
//! process, and are counted as skipped, never as passed, where the tool is missing.

use std::path::PathBuf;

/// Exit status of a test that was skipped.
const SKIPPED: i32 = 77;

/// Ends this test process as skipped.
///
/// ```no_run
/// harness::skip("no PostgreSQL was found", "apt-get install postgresql");
/// ```
pub fn skip(because: &str, install: &str) -> ! {
    println!("skipped, because {because}, install it with: {install}");
    std::process::exit(SKIPPED);
}

/// Ends this test process as skipped, because it would do something to the program that nobody can do to a server that
/// runs already (`SUBMISSION_ADDRESS`).
pub(crate) fn skip_running(what: &str) -> ! {
    println!("skipped, because a server given by its address {what}");
    std::process::exit(SKIPPED);
}

/// The full path of the executable `name`, or this test is skipped with the Debian package to install.
pub fn require_tool(name: &str, package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    found.unwrap_or_else(|| skip(&format!("{name} is not installed"), &format!("apt-get install {package}")))
}
