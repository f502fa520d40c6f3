//! Starts the submission's program in the inner sandbox and stands for it: passes signals on to it, and ends as it ends.
//!
//! It runs beside the trusted test, in the outer sandbox, where the program can neither see nor reach it.
//!
//! | signal to the supervisor | the program gets |
//! | --- | --- |
//! | `SIGTERM`, `SIGINT`, `SIGHUP` | the same |
//! | `SIGUSR1` | `SIGKILL` |
//! | `SIGUSR2` | `SIGSTOP` |
//! | `SIGCONT` | the same |
//!
//! `SIGKILL` to the supervisor ends everything as well, but nobody could wait for the end then.

use super::{bubblewrap::Bubblewrap, confined, launcher::Instructions, seccomp};
use rustix::{
    io::{FdFlags, fcntl_setfd},
    process::{Pid, Signal, kill_process, test_kill_process},
};
use signal_hook::{consts::signal, iterator::Signals};
use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Read, Write},
    os::fd::{AsRawFd, BorrowedFd, OwnedFd},
    path::{Path, PathBuf},
    process::{Command, ExitStatus},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

/// Between two looks for the program, which is there within milliseconds.
const POLL: Duration = Duration::from_millis(1);

/// How long the last processes of a namespace may take to go. The kernel kills them.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs `command` in the inner sandbox until its end and returns the exit status to end with.
///
/// # Errors
/// When the sandbox cannot be made, which is a fault of the machine.
pub(super) fn supervise(instructions: &Instructions, command: &[OsString]) -> io::Result<u8> {
    // Signals that come from now on wait for the program.
    let mut signals = Signals::new([
        signal::SIGTERM,
        signal::SIGINT,
        signal::SIGHUP,
        signal::SIGUSR1,
        signal::SIGUSR2,
        signal::SIGCONT,
    ])?;
    keep_descriptors_to_ourselves()?;
    let (status, status_writer) = inherited_pipe()?;
    let filters =
        seccomp::filters()?.iter().map(|filter| readable(&seccomp::bytes(filter))).collect::<io::Result<Vec<_>>>()?;

    let mut bubblewrap = inner(&instructions.writable);
    bubblewrap.options(&["--json-status-fd", &status_writer.as_raw_fd().to_string()]);
    for filter in &filters {
        bubblewrap.options(&["--add-seccomp-fd", &filter.as_raw_fd().to_string()]);
    }
    confined::limit(&instructions.limits)?;
    let mut child = Command::new("bwrap").args(bubblewrap.command(command.iter().cloned())).spawn()?;
    drop((status_writer, filters));

    let id = child.id();
    let ended = AtomicBool::new(false);
    let handle = signals.handle();
    let exit = thread::scope(|scope| {
        scope.spawn(|| {
            for number in signals.forever() {
                pass_on(number, id, &ended);
            }
        });
        let exit = child.wait();
        ended.store(true, Ordering::Relaxed);
        handle.close();
        exit
    })?;
    let mut report = String::new();
    File::from(status).read_to_string(&mut report)?;
    if !report.contains("\"exit-code\"") && exit.code().is_some_and(|code| code < 128) {
        return Err(io::Error::other(format!("bubblewrap could not start the program ({exit})")));
    }
    wait_for_all(&report);
    Ok(end_like(exit))
}

/// What the program has started ends with it, but a moment later: bubblewrap ends first. A test that was told too early
/// would meet a server that is about to go, or lose a port to it.
fn wait_for_all(report: &str) {
    let Some(first) = first_process(report) else { return };
    let deadline = Instant::now() + PATIENCE;
    // The first process of a namespace is gone when all others are.
    while test_kill_process(first).is_ok() && Instant::now() < deadline {
        thread::sleep(POLL);
    }
}

/// bubblewrap reports one JSON object after the other. One names the first process of the namespace.
fn first_process(report: &str) -> Option<Pid> {
    let objects = serde_json::Deserializer::from_str(report).into_iter::<serde_json::Value>();
    let id = objects.map_while(Result::ok).find_map(|object| object.get("child-pid")?.as_i64())?;
    Pid::from_raw(i32::try_from(id).ok()?)
}

/// The view of the program: the system, itself, and one writable folder.
fn inner(writable: &Path) -> Bubblewrap {
    let mut bubblewrap = Bubblewrap::new(Path::new("/etc"));
    bubblewrap.options(&["--disable-userns"]).closed_dev();
    bubblewrap.small_tmpfs("/tmp", 1 << 20).writable(writable, writable);
    bubblewrap.read_only(Path::new(super::PROGRAM), super::PROGRAM);
    // A test may start the program in a folder below the writable one; others are not there.
    let here = std::env::current_dir().ok().filter(|here| here.starts_with(writable));
    let folder = here.as_deref().unwrap_or(writable).to_string_lossy().into_owned();
    bubblewrap.options(&["--remount-ro", "/", "--chdir", &folder]);
    bubblewrap
}

/// Whatever was open when we were started is not for the program, but for standard input, output and error.
#[expect(unsafe_code, reason = "descriptors that belong to nobody in this process get a flag, and are not closed")]
fn keep_descriptors_to_ourselves() -> io::Result<()> {
    let entries: Vec<_> = fs::read_dir("/proc/self/fd")?.flatten().collect();
    for number in entries.iter().filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok()) {
        if number > 2 && Path::new(&format!("/proc/self/fd/{number}")).exists() {
            // SAFETY: the descriptor was open a moment ago, and this process has a single thread that opens or closes any.
            let descriptor = unsafe { BorrowedFd::borrow_raw(number) };
            let _ = fcntl_setfd(descriptor, FdFlags::CLOEXEC);
        }
    }
    Ok(())
}

/// A pipe whose writing end is inherited by a child; the reading end is not.
fn inherited_pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = rustix::pipe::pipe()?;
    fcntl_setfd(&reader, FdFlags::CLOEXEC)?;
    Ok((reader, writer))
}

/// A pipe, to be inherited, from which `bytes` can be read. They are few enough for the pipe to hold them.
fn readable(bytes: &[u8]) -> io::Result<OwnedFd> {
    let (reader, writer) = rustix::pipe::pipe()?;
    fcntl_setfd(&writer, FdFlags::CLOEXEC)?;
    File::from(writer).write_all(bytes)?;
    Ok(reader)
}

fn pass_on(number: i32, bubblewrap: u32, ended: &AtomicBool) {
    let signal = match number {
        signal::SIGTERM => Signal::TERM,
        signal::SIGINT => Signal::INT,
        signal::SIGHUP => Signal::HUP,
        signal::SIGUSR1 => Signal::KILL,
        signal::SIGUSR2 => Signal::STOP,
        _ => Signal::CONT,
    };
    while !ended.load(Ordering::Relaxed) {
        if let Some(program) = program(bubblewrap) {
            // It fails only when the program has just ended, which is noticed elsewhere.
            let _ = kill_process(program, signal);
            return;
        }
        thread::sleep(POLL);
    }
}

/// bubblewrap's child is the first process of the namespace; its first child becomes the program.
fn program(bubblewrap: u32) -> Option<Pid> {
    let first_child = |id: u32| {
        let children = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).ok()?;
        children.split_whitespace().next()?.parse::<u32>().ok()
    };
    let program = first_child(first_child(bubblewrap)?)?;
    Pid::from_raw(i32::try_from(program).ok()?)
}

/// bubblewrap reports the end by signal N as 128 + N. Whoever waits for us shall see that signal.
fn end_like(exit: ExitStatus) -> u8 {
    let code = exit.code().unwrap_or(1);
    if code > 128 {
        // It does not return for signals that end a process.
        let _ = signal_hook::low_level::emulate_default_handler(code - 128);
    }
    u8::try_from(code).unwrap_or(1)
}

/// Where a fault of the sandbox is written down, out of reach of the program.
pub(super) fn fault_file() -> PathBuf {
    Path::new(super::FAULTS).join(std::process::id().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_process_is_found_in_what_bubblewrap_reports() {
        let report = "{ \"child-pid\": 4711, \"cgroup-namespace\": 1 }\n{ \"exit-code\": 137 }\n";
        assert_eq!(first_process(report), Pid::from_raw(4711));
        assert_eq!(first_process(""), None);
    }
}
