//! Runs trusted tests against a program: one process each, with the contract's environment, and reads the verdict from
//! its exit status.
//!
//! | variable | meaning |
//! | --- | --- |
//! | `SUBMISSION_PROGRAM` | absolute path, or a command that is split as a shell would, of the program under test |
//! | `SUBMISSION_ADDRESS` | instead, for a program given as `http://127.0.0.1:9000`: a server that runs already |
//! | `HARNESS_SEED` | the seed of all random input |
//! | `HARNESS_TIMEOUT_SCALE` | stretches every deadline of the harness |
//! | `HARNESS_KEPT` | a folder for what tests make once for all of them |
//! | `HARNESS_PRIVATE` | a folder that goes with the test and that its program cannot see |
//! | `SUBMISSION_SUPERVISED` | set when the program stands behind a supervisor, which `SIGUSR1` tells to kill it and `SIGUSR2` to freeze it |
//!
//! | exit status of a test process | verdict |
//! | --- | --- |
//! | 0 | passed |
//! | 101 | failed |
//! | 77 | not run: it needs a tool that is missing; a line `skipped, because …` says which |
//! | anything else | not run: the test executable crashed, which is the course's fault |

use crate::{
    error::GradeError,
    process::{self, Bounds, Cancel, End, Finished},
    report::TestReport,
    sandbox::{KEPT_VARIABLE, Prepared, Sandbox, TestView},
    verdict::{Cause, Verdict},
};
use std::{
    io,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::Duration,
};

/// What a single test may take, before stretching. Tests bound their own waiting far below it, so whoever gets here
/// hangs.
const DEADLINE: Duration = Duration::from_secs(60);

/// What a program begins with that is no command but the address of a server that runs already.
pub const RUNNING: &str = "http://";

/// A test of the course, found in a test executable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    /// The executable.
    pub executable: PathBuf,
    /// Where it expects to run: the folder of its package.
    pub folder: PathBuf,
    /// As the executable lists it: `hidden::alias_race::one_of_fifty_gets_201`.
    pub name: String,
}

/// What all tests of a run have in common.
#[derive(Debug, Clone)]
pub struct Settings<'a> {
    /// How many tests run at once.
    pub jobs: usize,
    /// The seed of all random input.
    pub seed: u64,
    /// Stretches every deadline.
    pub timeout_scale: f64,
    /// The root of the course.
    pub root: PathBuf,
    /// Whether to start no further test after the first that does not pass.
    pub fail_fast: bool,
    /// Where somebody else's program is contained; none for one's own.
    pub sandbox: Option<&'a Sandbox>,
    /// Ends the run when it is called off.
    pub cancel: Cancel,
}

impl Test {
    /// The checkpoint that it belongs to: the module around it, below `visible` or `hidden`.
    pub fn checkpoint(&self) -> &str {
        self.parts().0
    }

    /// Its name without the checkpoint's.
    pub fn claim(&self) -> &str {
        self.parts().1
    }

    /// Whether learners cannot read it.
    pub fn is_hidden(&self) -> bool {
        // Tests that need tools stand in an executable of their own, which only the course holder has.
        self.name.starts_with("hidden::") || !(self.name.starts_with("visible::") || self.in_visible_executable())
    }

    fn in_visible_executable(&self) -> bool {
        self.executable.file_name().is_some_and(|name| name.to_string_lossy().contains("visible"))
    }

    fn parts(&self) -> (&str, &str) {
        let inside = self.name.strip_prefix("visible::").or(self.name.strip_prefix("hidden::")).unwrap_or(&self.name);
        inside.split_once("::").unwrap_or(("", inside))
    }
}

/// The tests of an executable, as it lists them itself.
///
/// # Errors
/// When it does not: a fault of the course.
pub fn list(executable: &Path, folder: &Path) -> Result<Vec<Test>, GradeError> {
    let broken = |why: String| GradeError::Command { command: executable.display().to_string(), why };
    let mut command = Command::new(executable);
    command.args(["--list", "--format", "terse"]);
    let finished = process::run(command, DEADLINE).map_err(|error| broken(error.to_string()))?;
    if !matches!(finished.end, End::Exited(status) if status.success()) {
        return Err(broken(format!("it does not list its tests: {}", finished.output.stderr.trim())));
    }
    let names = finished.output.stdout.lines().filter_map(|line| line.strip_suffix(": test"));
    let test =
        |name: &str| Test { executable: executable.to_owned(), folder: folder.to_owned(), name: name.to_owned() };
    Ok(names.map(test).collect())
}

/// Runs all tests, each against the program that stands beside it, and hands over each result as it comes, with the
/// number of its test.
pub fn run(tests: &[(Test, &str)], settings: &Settings<'_>, mut on_result: impl FnMut(usize, TestReport)) {
    let next = Mutex::new(0..tests.len());
    let stop = AtomicBool::new(false);
    let (results, receiver) = mpsc::channel();
    std::thread::scope(|scope| {
        for _ in 0..settings.jobs.clamp(1, tests.len().max(1)) {
            let (next, stop, results) = (&next, &stop, results.clone());
            scope.spawn(move || {
                loop {
                    let number = next.lock().unwrap_or_else(PoisonError::into_inner).next();
                    let Some((number, (test, program))) = number.map(|number| (number, &tests[number])) else { break };
                    let report = if stop.load(Ordering::Relaxed) || settings.cancel.is_cancelled() {
                        stopped(test)
                    } else {
                        run_one(test, program, settings)
                    };
                    if settings.fail_fast && matches!(report.verdict, Verdict::Failed | Verdict::TimedOut) {
                        stop.store(true, Ordering::Relaxed);
                    }
                    if results.send((number, report)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(results);
        for (number, report) in receiver {
            on_result(number, report);
        }
    });
}

fn run_one(test: &Test, program: &str, settings: &Settings<'_>) -> TestReport {
    let finished = match settings.sandbox {
        Some(sandbox) => run_contained(test, program, settings, sandbox),
        None => run_plain(test, program, settings).map(|finished| judge(test, &finished)),
    };
    finished.unwrap_or_else(|error| {
        report(test, Verdict::fault(format!("the test could not be started: {error}")), String::new(), 0)
    })
}

fn run_plain(test: &Test, program: &str, settings: &Settings<'_>) -> io::Result<Finished> {
    let scratch = tempfile::tempdir()?;
    let mut command = Command::new(&test.executable);
    command.args(arguments(test)).current_dir(&test.folder);
    match program.strip_prefix(RUNNING) {
        Some(address) => command.env("SUBMISSION_ADDRESS", address).env_remove("SUBMISSION_PROGRAM"),
        None => command.env("SUBMISSION_PROGRAM", program).env_remove("SUBMISSION_ADDRESS"),
    };
    command.envs(environment(settings));
    // Everything that the test and the program write there goes with it.
    command.env("TMPDIR", scratch.path()).env("INSTA_WORKSPACE_ROOT", &settings.root);
    // What tests make once for all of them.
    command.env(KEPT_VARIABLE, std::env::temp_dir());
    process::run_unless(&settings.cancel, command, settings.deadline())
}

fn run_contained(test: &Test, program: &str, settings: &Settings<'_>, sandbox: &Sandbox) -> io::Result<TestReport> {
    let view = TestView {
        executable: &test.executable,
        arguments: &arguments(test),
        folder: &test.folder,
        program: Path::new(program),
        environment: &environment(settings),
    };
    let prepared = sandbox.test(&view)?;
    let Prepared { command, memory, rest } = prepared;
    let finished = process::run_unless(&settings.cancel, command, Bounds { time: settings.deadline(), memory })?;
    if rest.ran_out_of_memory() || finished.end == End::OutOfMemory {
        let limit = sandbox.limits().memory >> 20;
        let message = format!("the program took more than {limit} MiB of memory, and was stopped");
        return Ok(report(test, Verdict::Failed, message, millis(&finished)));
    }
    Ok(match rest.fault() {
        Some(fault) => report(test, Verdict::fault(fault), finished.output.stderr, 0),
        None => judge(test, &finished),
    })
}

fn arguments(test: &Test) -> [&str; 4] {
    ["--exact", &test.name, "--nocapture", "--test-threads=1"]
}

/// The contract with the harness, but for the program.
fn environment(settings: &Settings<'_>) -> Vec<(&'static str, String)> {
    vec![
        ("HARNESS_SEED", settings.seed.to_string()),
        ("HARNESS_TIMEOUT_SCALE", settings.timeout_scale.to_string()),
        ("RUST_BACKTRACE", "0".to_owned()),
        // A snapshot that differs is a failure, and never a new file in the course.
        ("INSTA_UPDATE", "no".to_owned()),
    ]
}

impl Settings<'_> {
    fn deadline(&self) -> Duration {
        DEADLINE.mul_f64(self.timeout_scale.max(0.01))
    }
}

fn millis(finished: &Finished) -> u64 {
    u64::try_from(finished.elapsed.as_millis()).unwrap_or(u64::MAX)
}

fn judge(test: &Test, finished: &Finished) -> TestReport {
    let words = || explanation(&finished.output.stderr);
    let (verdict, message) = match finished.end {
        End::Cancelled => return stopped(test),
        End::OutOfMemory => (Verdict::Failed, format!("too much memory was taken\n{}", words())),
        End::TimedOut => (Verdict::TimedOut, format!("no end within the deadline of a test\n{}", words())),
        End::Exited(status) => match status.code() {
            // An executable that knows no test of this name ends with 0 as well.
            Some(0) if finished.output.stdout.contains("running 1 test") => (Verdict::Passed, String::new()),
            Some(101) => (Verdict::Failed, words()),
            Some(77) => (skipped(&finished.output.stdout), String::new()),
            _ => (Verdict::fault(format!("the test executable crashed ({status})")), finished.output.stderr.clone()),
        },
    };
    report(test, verdict, message, millis(finished))
}

fn report(test: &Test, verdict: Verdict, message: String, millis: u64) -> TestReport {
    TestReport { name: test.claim().to_owned(), hidden: test.is_hidden(), verdict, message, millis }
}

fn stopped(test: &Test) -> TestReport {
    let reason = "the run was stopped before it".to_owned();
    report(test, Verdict::NotRun { cause: Cause::Stopped, reason }, String::new(), 0)
}

fn skipped(stdout: &str) -> Verdict {
    let line = stdout.lines().find_map(|line| line.find("skipped, because").map(|at| &line[at..]));
    Verdict::NotRun {
        cause: Cause::Skipped,
        reason: line.unwrap_or("skipped; the test does not say why").trim().to_owned(),
    }
}

/// What the harness has to say, without the test runner's frame around it.
fn explanation(stderr: &str) -> String {
    let frame = |line: &&str| {
        let panicked = line.starts_with("thread '") && line.contains("panicked at");
        !panicked && !line.starts_with("note: run with `RUST_BACKTRACE")
    };
    let lines: Vec<_> = stderr.trim().lines().filter(frame).collect();
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(executable: &str, name: &str) -> Test {
        Test { executable: executable.into(), folder: PathBuf::new(), name: name.to_owned() }
    }

    #[test]
    fn names_tell_checkpoint_claim_and_visibility() {
        for (executable, name, hidden) in [
            ("day05-checkpoints-1a", "visible::alias_race::one_wins", false),
            ("day05-checkpoints-1a", "hidden::alias_race::one_wins", true),
            ("day05-tools-1a", "alias_race::one_wins", true),
            ("day05-visible-1a", "alias_race::one_wins", false),
        ] {
            let test = test(executable, name);
            assert_eq!((test.checkpoint(), test.claim(), test.is_hidden()), ("alias_race", "one_wins", hidden));
        }
    }

    #[test]
    fn the_frame_of_the_test_runner_is_left_out() {
        let stderr = "\nthread 'a::b' (12) panicked at tests/x.rs:1:2:\nrequirement: one\n   expected: two\n\
                      note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace\n\
                      the program's last words:\n  oops\n";
        assert_eq!(explanation(stderr), "requirement: one\n   expected: two\nthe program's last words:\n  oops");
    }

    #[test]
    fn a_skipped_test_says_why() {
        let verdict = skipped("\nrunning 1 test\ntest x ... skipped, because psql is missing, install postgresql\n");
        assert!(matches!(verdict, Verdict::NotRun { cause: Cause::Skipped, reason }
            if reason == "skipped, because psql is missing, install postgresql"));
    }
}
