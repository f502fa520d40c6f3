//! The autograder that `cargo xtask export gradescope` packs, unpacked and run where Gradescope would have it.

use crate::{
    course,
    desk::{Desk, words},
};
use serde_json::Value;
use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
};
use tempfile::TempDir;

/// A folder that stands for `/autograder`, with the unpacked .zip in it.
struct Autograder {
    folder: TempDir,
}

impl Autograder {
    fn new(desk: &Desk, arguments: &[&str]) -> Autograder {
        let folder = tempfile::tempdir().unwrap();
        let zip = folder.path().join("autograder.zip");
        let packed = desk.xtask(["export", "gradescope", "--out"]).arg(&zip).args(arguments).output().unwrap();
        assert!(packed.status.success(), "{}", words(&packed));
        let archive = zip::ZipArchive::new(File::open(&zip).unwrap());
        archive.unwrap().extract(folder.path().join("source")).unwrap();
        Autograder { folder }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Runs `run_autograder` with this executable in the place of `cargo xtask`.
    fn run(&self, xtask: &Path) -> Output {
        let mut command = Command::new(self.path("source/run_autograder"));
        command.env("AUTOGRADER_ROOT", self.folder.path()).env("AUTOGRADER_XTASK", xtask);
        // Those of the tests, not those of the image.
        for (name, below_home) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
            let home = std::env::home_dir().unwrap().join(below_home);
            command.env(name, std::env::var_os(name).unwrap_or_else(|| home.into()));
        }
        command.output().unwrap()
    }

    /// `results.json`, which has to fit the schema of the format.
    fn results(&self) -> Value {
        let read = |path: PathBuf| serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let results: Value = read(self.path("results/results.json"));
        let schema: Value = read(course::repository().join("grader/tests/formats/schemas/gradescope.json"));
        let validator = jsonschema::validator_for(&schema).unwrap();
        let faults: Vec<_> = validator.iter_errors(&results).map(|error| error.to_string()).collect();
        assert_eq!(faults, [""; 0], "{results}");
        results
    }

    /// An executable that says something and ends with this status.
    fn stand_in(&self, script: &str) -> PathBuf {
        let path = self.path("stand-in");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }
}

#[test]
fn an_unpacked_autograder_grades_a_submission() {
    let desk = Desk::new("gradescope", &["passes_some"], "visible.rs");
    let autograder = Autograder::new(&desk, &["--days", "1"]);
    let day = "exercises/day01-gradescope-passes-some/src";
    fs::create_dir_all(autograder.path("submission").join(day)).unwrap();
    let main = format!("{day}/main.rs");
    fs::copy(desk.submission().join(&main), autograder.path("submission").join(&main)).unwrap();

    let output = autograder.run(Path::new(env!("CARGO_BIN_EXE_xtask")));
    let results = autograder.results();
    assert_eq!(output.status.code(), Some(0), "{}{results}", words(&output));
    assert_eq!(results["score"], 60, "{results}");
    assert!(results["tests"].as_array().unwrap().iter().any(|test| test["status"] == "passed"), "{results}");
}

#[test]
fn a_fault_of_the_machine_leaves_no_score() {
    let desk = Desk::new("gradescope-faults", &["passes_all"], "visible.rs");
    let autograder = Autograder::new(&desk, &["--minutes", "1"]);
    let forged = "printf '{\"score\":100,\"tests\":[],\"output\":\"\"}' >";
    for (script, says) in [
        ("exit 75", "status 75"),
        ("exit 0", "no report"),
        ("echo 'error: the disk \"/x\\y\" is full' >&2; exit 2", "the disk /xy is full"),
        ("kill -9 $$", "more memory"),
        ("kill -9 $PPID; exit 0", "longer than 1 minutes"),
    ] {
        let output = autograder.run(&autograder.stand_in(script));
        assert_ne!(output.status.code(), Some(0), "{script}");
        let results = autograder.results();
        assert!(results.get("score").is_none() && results["tests"] == Value::Array(Vec::new()), "{script}: {results}");
        assert!(results["output"].as_str().unwrap().contains(says), "{script}: {results}");
    }
    // A report of an earlier run is not taken for this one's.
    fs::write(autograder.path("results/results.json.new"), "{}").unwrap();
    autograder.run(&autograder.stand_in("exit 0"));
    assert!(autograder.results()["output"].as_str().unwrap().contains("no report"));
    // Nor does a killed script leave one.
    let kills_the_script = format!("{forged} \"$0.json\"; kill -9 $(ps -o ppid= -p $PPID)");
    autograder.run(&autograder.stand_in(&kills_the_script));
    assert!(autograder.results()["output"].as_str().unwrap().contains("stopped before its end"));
}

#[test]
fn the_scripts_are_sound() {
    let folder = course::repository().join("xtask/src/export/gradescope");
    for script in ["setup.sh", "run_autograder"] {
        let path = folder.join(script);
        let checked = Command::new("bash").arg("-n").arg(&path).output().unwrap();
        assert!(checked.status.success(), "{}", words(&checked));
        let checked = Command::new("shellcheck").arg(&path).output().expect("shellcheck: apt-get install shellcheck");
        assert!(checked.status.success(), "{}", words(&checked));
    }
}

#[test]
fn the_archive_has_what_gradescope_looks_for_and_no_build_results() {
    let desk = Desk::new("gradescope-archive", &["passes_all"], "visible.rs");
    fs::create_dir_all(desk.root().join("target")).unwrap();
    fs::write(desk.root().join("target/large.o"), "x").unwrap();
    let autograder = Autograder::new(&desk, &["--allow-unsandboxed"]);
    for script in ["source/setup.sh", "source/run_autograder"] {
        let mode = fs::metadata(autograder.path(script)).unwrap().permissions().mode();
        assert_eq!(mode & 0o111, 0o111, "{script} cannot be executed");
    }
    assert!(autograder.path("source/course/Cargo.lock").exists());
    assert!(!autograder.path("source/course/target").exists() && !autograder.path("source/course/.thirty").exists());
    let settings = fs::read_to_string(autograder.path("source/settings")).unwrap();
    assert_eq!(settings, "DAYS=\"1\"\nMINUTES=10\nUNSANDBOXED=yes\n");
}
