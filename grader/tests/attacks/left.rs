//! What could be left behind by a submission.

use std::{collections::BTreeSet, fs};

/// Processes, temporary files and junk that have to do with submissions of the course called `course`.
///
/// Programs are called after their course inside of sandboxes, too. Files of other courses, whose tests may run at the
/// same moment, are locked as long as they are in use.
pub fn of(course: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for process in fs::read_dir("/proc").unwrap().flatten() {
        let command = fs::read(process.path().join("cmdline")).unwrap_or_default();
        let command = String::from_utf8_lossy(&command).replace('\0', " ");
        if command.contains(&format!("-{course}-")) && !command.contains("rustc") {
            found.insert(format!("process {}: {command}", process.file_name().to_string_lossy()));
        }
    }
    for folder in [std::env::temp_dir(), "/tmp".into(), "/dev/shm".into(), "/var/tmp".into()] {
        let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let own = entries.filter(|path| path.to_string_lossy().contains("thirty-backends-"));
        let inside = own.flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten());
        let abandoned = inside
            .map(|entry| entry.path())
            .filter(|path| fs::File::open(path.join("in-use")).is_ok_and(|lock| lock.try_lock().is_ok()));
        found.extend(abandoned.map(|path| path.display().to_string()));
    }
    let junk = ["/tmp", "/dev/shm", "/var/tmp", "/"].map(|folder| format!("{folder}/junk-0"));
    found.extend(junk.into_iter().filter(|path| fs::exists(path).unwrap_or(false)));
    found
}
