//! Runs one process to its end, whatever it does: within a deadline, with capped output, and with nothing of it left.

mod cancel;
#[cfg(target_os = "linux")]
mod family;
#[cfg(target_os = "linux")]
mod memory;
mod output;
#[cfg(target_os = "linux")]
mod sweep;

use output::Capture;
use process_wrap::std::{ChildWrapper, CommandWrap};
use std::{
    io,
    process::{Command, ExitStatus, Stdio},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

pub use cancel::{Cancel, output_unless};
pub use output::Output;

/// Each process, and everything that it starts, carries this variable with a value of its own, so that what outlives it
/// can be found.
const MARKER: &str = "GRADER_RUN";

/// How often a process is looked at. Short, because a test usually ends within milliseconds.
const POLL: Duration = Duration::from_millis(2);

/// How often the memory of a process and its descendants is added up. In between they can take no more than they can
/// write to.
const WATCH: Duration = Duration::from_millis(50);

/// What became of a process.
#[derive(Debug)]
pub struct Finished {
    /// How it ended.
    pub end: End,
    /// What it wrote.
    pub output: Output,
    /// From start to end.
    pub elapsed: Duration,
}

/// How a process ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By itself or by a signal.
    Exited(ExitStatus),
    /// It was killed, because its time was up.
    TimedOut,
    /// It was killed, because it and its descendants had taken more memory than they were given.
    OutOfMemory,
    /// It was killed, because nobody wants to know any more.
    Cancelled,
}

/// What a process, together with all that it starts, may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// From its start to its end.
    pub time: Duration,
    /// Bytes of memory; none: as much as there is. Looked after on Linux only.
    pub memory: Option<u64>,
}

impl From<Duration> for Bounds {
    fn from(time: Duration) -> Bounds {
        Bounds { time, memory: None }
    }
}

/// Runs `command` until it ends or breaks its bounds, then kills whatever it has left behind.
///
/// # Errors
/// When it cannot be started.
pub fn run(command: Command, bounds: impl Into<Bounds>) -> io::Result<Finished> {
    run_unless(&Cancel::default(), command, bounds)
}

/// The same, but ends it as soon as it is called off.
///
/// # Errors
/// When it cannot be started.
pub fn run_unless(cancel: &Cancel, mut command: Command, bounds: impl Into<Bounds>) -> io::Result<Finished> {
    let bounds = bounds.into();
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let marker = format!("{}-{}", std::process::id(), RUNS.fetch_add(1, Ordering::Relaxed));
    command.env(MARKER, &marker).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    adopt_orphans();

    let begin = Instant::now();
    let (mut child, family) = start(|| spawn(command), |child| child.id())?;
    let capture = Capture::start(child.stdout().take(), child.stderr().take());
    let end = wait(&mut *child, &family, begin, bounds, cancel);
    // Its group first: that is all there is to it with most programs, and on most systems.
    let _ = child.start_kill();
    sweep_up(&family, &marker);
    if !matches!(end, Ok(End::Exited(_))) {
        child.inner_mut().wait()?;
    }
    forget(child.id());
    Ok(Finished { end: end?, output: capture.finish(), elapsed: begin.elapsed() })
}

/// In a group of its own (a job object on Windows), so that one signal reaches all of it, and Ctrl-C in the terminal
/// reaches the grader alone.
fn spawn(command: Command) -> io::Result<Box<dyn ChildWrapper>> {
    let mut command = CommandWrap::from(command);
    #[cfg(unix)]
    command.wrap(process_wrap::std::ProcessGroup::leader());
    #[cfg(windows)]
    command.wrap(process_wrap::std::JobObject);
    command.spawn()
}

fn wait(
    child: &mut dyn ChildWrapper,
    family: &Family,
    begin: Instant,
    bounds: Bounds,
    cancel: &Cancel,
) -> io::Result<End> {
    let mut watched = begin;
    loop {
        // The process itself, and not its group: what it leaves behind is killed and not waited for.
        if let Some(status) = child.inner_mut().try_wait()? {
            return Ok(End::Exited(status));
        }
        let now = Instant::now();
        if now >= begin + bounds.time {
            return Ok(End::TimedOut);
        }
        if cancel.is_cancelled() {
            return Ok(End::Cancelled);
        }
        if let Some(limit) = bounds.memory.filter(|_| now >= watched + WATCH) {
            if memory_of(family) > limit {
                return Ok(End::OutOfMemory);
            }
            watched = Instant::now();
        }
        std::thread::sleep(POLL);
    }
}

#[cfg(target_os = "linux")]
use family::Family;
#[cfg(target_os = "linux")]
use memory::memory_of;
#[cfg(target_os = "linux")]
use sweep::{adopt_orphans, forget, start, sweep_up};

/// Elsewhere a process that leaves its group is not found.
#[cfg(not(target_os = "linux"))]
use elsewhere::{Family, adopt_orphans, forget, memory_of, start, sweep_up};

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use std::io;

    pub(super) struct Family;

    pub(super) fn adopt_orphans() {}

    pub(super) fn start<T>(spawn: impl FnOnce() -> io::Result<T>, _id: impl Fn(&T) -> u32) -> io::Result<(T, Family)> {
        Ok((spawn()?, Family))
    }

    pub(super) fn forget(_id: u32) {}

    pub(super) fn sweep_up(_family: &Family, _marker: &str) {}

    pub(super) fn memory_of(_family: &Family) -> u64 {
        0
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn status_and_output_are_returned() {
        let finished = run(shell("echo out; echo err >&2; exit 7"), Duration::from_secs(20)).unwrap();
        assert!(matches!(finished.end, End::Exited(status) if status.code() == Some(7)));
        assert_eq!((finished.output.stdout.trim(), finished.output.stderr.trim()), ("out", "err"));
    }

    #[test]
    fn what_takes_too_long_is_killed() {
        let finished = run(shell("trap '' TERM; echo begun; while :; do :; done"), Duration::from_millis(300)).unwrap();
        assert_eq!(finished.end, End::TimedOut);
        assert_eq!(finished.output.stdout.trim(), "begun");
    }

    #[test]
    fn a_flood_is_cut_in_the_middle() {
        let finished = run(shell("yes | head -c 3000000; echo end"), Duration::from_secs(20)).unwrap();
        assert!(finished.output.stdout.len() < 100_000);
        assert!(finished.output.stdout.starts_with("y\n") && finished.output.stdout.trim_end().ends_with("end"));
        assert!(finished.output.stdout.contains("bytes left out"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn nothing_is_left_behind_even_in_another_session() {
        // The grandchild leaves session and group, ignores signals, closes its output, and outlives its parent.
        let script = "setsid sh -c 'trap \"\" TERM HUP INT; exec >/dev/null 2>&1 </dev/null; echo $$ > \"$0\"; \
                      while :; do sleep 1; done' \"$0\" & while [ ! -s \"$0\" ]; do :; done";
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut command = shell(script);
        command.arg(file.path());
        run(command, Duration::from_secs(20)).unwrap();
        let id = std::fs::read_to_string(file.path()).unwrap();
        assert!(!std::path::Path::new("/proc").join(id.trim()).exists(), "process {id} lives");
    }

    #[test]
    fn a_child_that_keeps_the_output_open_does_not_hold_the_run() {
        let start = Instant::now();
        let finished = run(shell("sleep 600 & echo done"), Duration::from_secs(60)).unwrap();
        assert_eq!(finished.output.stdout.trim(), "done");
        assert!(start.elapsed() < Duration::from_secs(50));
    }
}
