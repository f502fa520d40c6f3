//! The program under test while it runs.

use crate::{
    expect,
    launch::Launch,
    log::{Announcement, Log},
    target::Target,
    timeout,
    tool::skip_running,
};
use std::{
    io,
    net::SocketAddr,
    path::Path,
    process::{Child, ExitStatus},
    sync::Arc,
    time::{Duration, Instant},
};

/// The time that a program has from SIGTERM to its end.
const TERMINATION: Duration = Duration::from_secs(2);
/// The time for which the pipes of a program that has ended are still read.
const LAST_WORDS: Duration = Duration::from_millis(300);

/// Signals that tests send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Reload the configuration.
    Hangup,
    /// End, after finishing what is in flight.
    Terminate,
    /// Ctrl-C.
    Interrupt,
    /// Freeze, until `Continue`.
    Stop,
    /// Go on after `Stop`.
    Continue,
}

/// A program that has announced `READY`. Dropping it kills it; dropping it in a failing test prints the last lines of
/// its stderr first.
#[derive(Debug)]
pub struct Program {
    launch: Launch,
    /// Absent for a server that ran already.
    process: Option<Child>,
    /// Set once the process has been reaped.
    ended: Option<ExitStatus>,
    log: Arc<Log>,
    listening: Vec<(String, SocketAddr)>,
}

/// How a program ended, and what it said.
#[derive(Debug, Clone)]
pub struct Ended {
    /// The exit status, or none when a signal ended it.
    pub code: Option<i32>,
    /// The status in words: `exit status 1`, `signal 9`.
    pub status: String,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl Program {
    #[track_caller]
    pub(crate) fn start(launch: Launch) -> Program {
        if let Target::Running(listening) = Target::from_environment() {
            let log = Log::follow(io::empty(), io::empty());
            return Program { launch, process: None, ended: None, log, listening };
        }
        let mut program = Program::spawn(launch);
        program.wait_until_ready();
        program
    }

    #[track_caller]
    pub(crate) fn run_to_end(launch: Launch) -> Ended {
        let mut program = Program::spawn(launch);
        match program.wait_for_exit(Duration::from_secs(10)) {
            Some(_) => program.report_end(),
            None => expect("the program ends by itself with a message instead of serving")
                .request(program.launch.describe())
                .expected("an exit status other than 0, and one line on stderr")
                .fail("it is still running after ten seconds"),
        }
    }

    #[track_caller]
    fn spawn(launch: Launch) -> Program {
        let mut child = match launch.to_command().spawn() {
            Ok(child) => child,
            Err(error) => panic!("the program could not be started ({}): {error}", launch.describe()),
        };
        let (Some(stdout), Some(stderr)) = (child.stdout.take(), child.stderr.take()) else {
            unreachable!("both were asked for as pipes");
        };
        Program { launch, process: Some(child), ended: None, log: Log::follow(stdout, stderr), listening: Vec::new() }
    }

    #[track_caller]
    fn wait_until_ready(&mut self) {
        let limit = timeout(self.launch.ready_within);
        let deadline = Instant::now() + limit;
        let wanted = expect("the program announces its listeners and then READY on stdout")
            .request(self.launch.describe())
            .expected("LISTENING <name> <address>\nREADY");
        loop {
            match self.log.wait_for_announcement(Duration::from_millis(50)) {
                Announcement::Ready(listening) => {
                    self.listening = listening;
                    return;
                }
                Announcement::Malformed(line) => {
                    wanted.fail(format!("{:?}: the address is not IP:PORT", expect::shorten(&line, 200)))
                }
                Announcement::Closed | Announcement::Silent => {}
            }
            // A helper of the program may keep the pipes open after its end, so the process itself is asked, too.
            if let Some(status) = self.try_wait() {
                self.log.drain(LAST_WORDS);
                if let Announcement::Ready(_) = self.log.wait_for_announcement(Duration::ZERO) {
                    wanted.fail(format!("the program announced READY, but ended at once with {}", words(status)));
                }
                wanted.fail(format!("the program ended with {} before it was ready", words(status)));
            }
            if Instant::now() >= deadline {
                let said = self.log.stdout();
                let said = if said.is_empty() { "nothing".to_owned() } else { said[..said.len().min(5)].join("\n") };
                wanted.fail(format!("no READY within {} s; on stdout: {said}", limit.as_secs_f32()));
            }
        }
    }

    /// The address of the first listener.
    #[track_caller]
    pub fn address(&self) -> SocketAddr {
        match self.listening.first() {
            Some((_, address)) => *address,
            None => expect("the program announces where it listens")
                .request(self.launch.describe())
                .expected("LISTENING <name> <address> before READY")
                .fail("READY without a LISTENING line"),
        }
    }

    /// The address of the listener called `name`.
    #[track_caller]
    pub fn address_of(&self, name: &str) -> SocketAddr {
        let found = self.listening.iter().find(|(listener, _)| listener == name || listener.is_empty());
        match found {
            Some((_, address)) => *address,
            None => expect(format!("the program announces a listener called {name:?}"))
                .expected(format!("LISTENING {name} <address>"))
                .fail(format!("{:?}", self.listening)),
        }
    }

    /// The data folder of the launch.
    ///
    /// # Panics
    /// When the launch has none, which is a mistake in the test.
    #[track_caller]
    pub fn data_dir(&self) -> &Path {
        match &self.launch.data {
            Some(_) if self.process.is_none() => skip_running("has a data folder that a test cannot see"),
            Some(data) => data.path(),
            None => panic!("this launch has no data folder: add .data_dir()"),
        }
    }

    /// The process id.
    pub fn id(&self) -> u32 {
        self.process.as_ref().map_or(0, Child::id)
    }

    /// Lines of standard output so far, announcements included.
    pub fn stdout(&self) -> Vec<String> {
        self.log.stdout()
    }

    /// Lines of standard error so far (the last 2,000).
    pub fn stderr(&self) -> Vec<String> {
        self.log.stderr()
    }

    /// True until the process has ended.
    pub fn is_running(&mut self) -> bool {
        self.process.is_some() && self.try_wait().is_none()
    }

    /// Waits for the end of the process, at most `within` (stretched).
    pub fn wait_for_exit(&mut self, within: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + timeout(within);
        loop {
            if let Some(status) = self.try_wait() {
                return Some(status);
            }
            if Instant::now() >= deadline {
                return None;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Sends `signal` to the program, and to it alone.
    ///
    /// On Windows, which has no signals, `Terminate` and `Interrupt` end the process and the others do nothing.
    pub fn signal(&mut self, signal: Signal) {
        let Some(process) = &mut self.process else { skip_running("gets no signals") };
        #[cfg(unix)]
        if self.ended.is_none() {
            send_signal(process.id(), signal);
        }
        #[cfg(not(unix))]
        if matches!(signal, Signal::Terminate | Signal::Interrupt) {
            let _ = process.kill();
        }
    }

    /// SIGKILL, and waits for the end: the program gets no chance to flush or to say goodbye. Its children live on.
    pub fn kill(&mut self) {
        let Some(process) = &mut self.process else { skip_running("cannot be killed") };
        if self.ended.is_none() {
            self.ended = kill(process).ok();
        }
    }

    /// SIGTERM: the program has to finish what is in flight and end with exit 0 within two seconds.
    ///
    /// Blocks. A test whose own requests are to go on meanwhile runs on a multi-thread runtime.
    #[track_caller]
    pub fn terminate(&mut self) -> Ended {
        self.signal(Signal::Terminate);
        let wanted = expect("SIGTERM ends the program within 2 s, with exit status 0, after what is in flight")
            .expected("exit status 0");
        match self.wait_for_exit(TERMINATION) {
            None => wanted.fail("it still runs"),
            Some(status) if cfg!(unix) && status.code() != Some(0) => wanted.fail(words(status)),
            Some(_) => self.report_end(),
        }
    }

    /// Starts the program again with the same arguments on the same data, and waits for `READY`.
    #[track_caller]
    pub fn start_again(&mut self) {
        self.start_again_with(|launch| launch);
    }

    /// Starts the program again with other arguments, on the same data.
    #[track_caller]
    pub fn start_again_with(&mut self, change: impl FnOnce(Launch) -> Launch) {
        if self.is_running() {
            self.kill();
        }
        // The ended process has nothing to say about a failure of the next one.
        self.process = None;
        *self = Program::start(change(self.launch.clone()));
    }

    fn try_wait(&mut self) -> Option<ExitStatus> {
        if self.ended.is_none() {
            self.ended = self.process.as_mut().and_then(|process| process.try_wait().ok().flatten());
        }
        self.ended
    }

    fn report_end(&mut self) -> Ended {
        self.log.drain(LAST_WORDS);
        let status = self.try_wait();
        Ended {
            code: status.and_then(|status| status.code()),
            status: status.map_or_else(|| "still running".to_owned(), words),
            stdout: self.log.stdout().join("\n"),
            stderr: self.log.stderr().join("\n"),
        }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if std::thread::panicking() && self.process.is_some() {
            if let Some(status) = self.try_wait() {
                self.log.drain(LAST_WORDS);
                eprintln!("the program ended with {}", words(status));
            }
            eprintln!("{}", self.log.stderr_tail(12));
        }
        if self.process.is_some() {
            self.kill();
        }
    }
}

/// Whether the program stands behind a supervisor that passes signals on: SIGUSR1 tells it to kill, SIGUSR2 to freeze.
#[cfg(unix)]
fn is_supervised() -> bool {
    std::env::var_os("SUBMISSION_SUPERVISED").is_some()
}

#[cfg(unix)]
fn send(process: u32, signal: rustix::process::Signal) {
    if let Some(process) = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw) {
        // It fails only for a process that has ended meanwhile, which the caller finds out by waiting.
        let _ = rustix::process::kill_process(process, signal);
    }
}

/// Sends `signal` to a program that the test has started itself with [`crate::std_command`], and has not waited for yet:
/// one that it talks to over standard input and output, and that announces nothing.
///
/// On Windows it does nothing.
pub fn send_signal(process: u32, signal: Signal) {
    #[cfg(unix)]
    {
        use rustix::process::Signal as Number;
        let number = match signal {
            Signal::Hangup => Number::HUP,
            Signal::Terminate => Number::TERM,
            Signal::Interrupt => Number::INT,
            Signal::Stop if is_supervised() => Number::USR2,
            Signal::Stop => Number::STOP,
            Signal::Continue => Number::CONT,
        };
        send(process, number);
    }
    #[cfg(not(unix))]
    let _ = (process, signal);
}

/// SIGKILL for such a program. The caller waits for its end, which comes at once.
///
/// On Windows it does nothing: use the `kill` of its handle.
pub fn send_kill(process: u32) {
    // Killing a supervisor would leave nobody to wait for the end of the program.
    #[cfg(unix)]
    send(process, if is_supervised() { rustix::process::Signal::USR1 } else { rustix::process::Signal::KILL });
    #[cfg(not(unix))]
    let _ = process;
}

/// SIGKILL to such a program, and waits for the end: of a contained one, also of what it has started.
///
/// # Errors
/// When it cannot be waited for.
pub fn kill(process: &mut Child) -> io::Result<ExitStatus> {
    // The id of a process that was waited for may be somebody else's by now.
    if let Some(status) = process.try_wait()? {
        return Ok(status);
    }
    send_kill(process.id());
    let deadline = Instant::now() + timeout(Duration::from_secs(5));
    while Instant::now() < deadline {
        if let Some(status) = process.try_wait()? {
            return Ok(status);
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    process.kill()?;
    process.wait()
}

/// An exit status in words that need no knowledge of the platform.
fn words(status: ExitStatus) -> String {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return format!("signal {signal}");
    }
    status.code().map_or_else(|| status.to_string(), |code| format!("exit status {code}"))
}
