//! The machine is at fault: exit status 2, "not run", and what to do. Never a learner's zero.

use crate::desk::{Desk, report, words};
use grader::{
    report::{Outcome, Report},
    verdict::Verdict,
};
use std::{fs, os::unix::fs::symlink, path::Path};

#[test]
fn a_missing_bubblewrap_is_named_and_nothing_is_run() {
    let desk = Desk::new("unwrapped", &["passes_all"], "visible.rs");
    let tools = tempfile::tempdir().unwrap();
    all_but("bwrap", tools.path());
    let output = desk.grade().env("PATH", tools.path()).output().unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", words(&output));
    assert!(words(&output).contains("cargo xtask doctor"), "{}", words(&output));
    let doctor = desk.xtask(["doctor"]).env("PATH", tools.path()).output().unwrap();
    assert_eq!(doctor.status.code(), Some(1));
    assert!(words(&doctor).contains("apt-get install bubblewrap"), "{}", words(&doctor));
}

/// A folder with links to all executables that are on the path, without one.
fn all_but(missing: &str, folder: &Path) {
    for directory in std::env::split_paths(&std::env::var_os("PATH").unwrap()) {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            if entry.file_name() != missing {
                let _ = symlink(entry.path(), folder.join(entry.file_name()));
            }
        }
    }
}

#[test]
fn a_missing_linker_is_the_machines_fault() {
    let desk = Desk::new("unlinked", &["passes_all"], "visible.rs");
    assert_eq!(report(&mut desk.grade()).1.days[0].outcome, Outcome::Star);
    // The compiler of a sandbox is told by cargo's configuration which linker to take.
    let config = desk.root().join(".cargo/config.toml");
    let sound = fs::read_to_string(&config).unwrap();
    let triple = format!("{}-unknown-linux-gnu", std::env::consts::ARCH);
    fs::write(&config, format!("{sound}\n[target.{triple}]\nlinker = \"no-such-linker\"\n")).unwrap();
    let output = desk.grade().arg("--fresh").output().unwrap();
    fs::write(&config, sound).unwrap();
    assert_eq!(output.status.code(), Some(2), "{}", words(&output));
    assert!(words(&output).contains("no-such-linker"), "{}", words(&output));
}

#[test]
fn a_full_disk_is_the_machines_fault() {
    let desk = Desk::new("full", &["passes_all"], "visible.rs");
    report(&mut desk.grade());
    // From no room at all to room for the sources, but not for the program.
    for kilobytes in [8, 64, 300] {
        let output = desk.on_a_disk_of(kilobytes << 10, desk.grade().arg("--fresh"));
        let said = words(&output);
        assert_eq!(output.status.code(), Some(2), "{kilobytes} kB: {said}");
        // The system's own words, or ours where a linker was killed for it and cannot say why.
        assert!(said.contains("No space left on device") || said.contains("a full disk"), "{kilobytes} kB: {said}");
        if let Ok(report) = serde_json::from_slice::<Report>(&output.stdout) {
            assert_eq!(report.days[0].outcome, Outcome::NotGraded, "{kilobytes} kB: {said}");
        }
    }
    let output = desk.on_a_disk_of(64 << 20, desk.grade().arg("--fresh"));
    assert_eq!(output.status.code(), Some(0), "with room it passes: {}", words(&output));
}

#[test]
fn tests_that_crash_are_the_courses_fault() {
    let desk = Desk::new("crashing", &["passes_all"], "faulty.rs");
    let (code, report) = report(&mut desk.grade());
    assert_eq!((code, report.days[0].outcome), (2, Outcome::NotGraded));
    assert!(report.days[0].checkpoints.iter().any(|it| matches!(it.verdict, Verdict::NotRun { .. })));
}
