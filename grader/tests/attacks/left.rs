//! What could be left behind by a submission.

use std::{collections::BTreeSet, fs};

/// Processes, temporary files and open ports that have to do with submissions.
pub fn behind() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for process in fs::read_dir("/proc").unwrap().flatten() {
        let command = fs::read(process.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        // How programs, tests and their supervisors are called inside of sandboxes.
        if command.contains("/course/") && !command.contains("rustc") {
            found.insert(format!("process {}: {command}", process.file_name().to_string_lossy()));
        }
    }
    for folder in [std::env::temp_dir(), "/tmp".into(), "/dev/shm".into(), "/var/tmp".into()] {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let own = entries.filter(|path| path.to_string_lossy().contains("thirty-backends-"));
        let inside = own.flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten());
        found.extend(inside.map(|entry| entry.path().display().to_string()).filter(|path| !path.ends_with("in-use")));
    }
    let junk = ["/tmp", "/dev/shm", "/var/tmp", "/"].map(|folder| format!("{folder}/junk-0"));
    found.extend(junk.into_iter().filter(|path| fs::exists(path).unwrap_or(false)));
    found
}
