//! Calling off what runs: a newer save makes the run of the older one worthless.

use super::{POLL, forget, spawn, start};
use process_wrap::std::ChildWrapper;
use std::{
    io::{self, Read},
    process::{Command, ExitStatus, Output, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

/// Whether a run is called off. Copies of it are one.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Calls off everything that runs under it.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it was called off.
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The whole output of a command that belongs to the course, as the compiler; none when it was called off. It stands in a
/// group of its own, so that one signal reaches the compilers below cargo, too.
///
/// # Errors
/// When it cannot be started.
pub fn output_unless(cancel: &Cancel, mut command: Command) -> io::Result<Option<Output>> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // Entered as one of our own, or a run that sweeps up meanwhile would take its status for an orphan's.
    let (mut child, _) = start(|| spawn(command), |child| child.id())?;
    let (stdout, stderr) = (collect(child.stdout().take()), collect(child.stderr().take()));
    let status = wait_unless(cancel, &mut *child);
    forget(child.id());
    let bytes = |thread: thread::JoinHandle<Vec<u8>>| thread.join().unwrap_or_default();
    Ok(status?.map(|status| Output { status, stdout: bytes(stdout), stderr: bytes(stderr) }))
}

fn wait_unless(cancel: &Cancel, child: &mut dyn ChildWrapper) -> io::Result<Option<ExitStatus>> {
    loop {
        if let Some(status) = child.inner_mut().try_wait()? {
            return Ok(Some(status));
        }
        if cancel.is_cancelled() {
            let _ = child.start_kill();
            child.inner_mut().wait()?;
            return Ok(None);
        }
        thread::sleep(POLL);
    }
}

fn collect(pipe: Option<impl Read + Send + 'static>) -> thread::JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut pipe) = pipe {
            // What was read before an error is what there is.
            let _ = pipe.read_to_end(&mut bytes);
        }
        bytes
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::super::{End, run, run_unless};
    use super::*;
    use std::time::Duration;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn output_is_whole() {
        let output = output_unless(&Cancel::default(), shell("yes | head -c 3000000; exit 3")).unwrap().unwrap();
        assert_eq!((output.stdout.len(), output.status.code()), (3_000_000, Some(3)));
    }

    #[test]
    fn its_status_is_not_taken_by_a_run_that_sweeps_up() {
        let runs = thread::spawn(|| (0..50).try_for_each(|_| run(shell("true"), Duration::from_secs(20)).map(drop)));
        while !runs.is_finished() {
            let output = output_unless(&Cancel::default(), shell("exit 3")).unwrap().unwrap();
            assert_eq!(output.status.code(), Some(3));
        }
        runs.join().unwrap().unwrap();
    }

    #[test]
    fn what_is_called_off_ends_at_once() {
        let cancel = Cancel::default();
        cancel.cancel();
        assert!(output_unless(&cancel, shell("sleep 600")).unwrap().is_none());
        let finished = run_unless(&cancel, shell("sleep 600"), Duration::from_secs(500)).unwrap();
        assert_eq!(finished.end, End::Cancelled);
    }
}
