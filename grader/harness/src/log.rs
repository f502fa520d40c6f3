//! What a running program printed: its announcements, its standard output, and the tail of its standard error.
//!
//! Two threads read the pipes for as long as anything holds them open, so a program can never block on a full pipe, and
//! what is kept is bounded, so a program that floods its output costs no memory.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// Lines kept of standard output, from the first, and of standard error, to the last.
const KEPT_LINES: usize = 2000;
/// Bytes kept of one line.
const KEPT_BYTES: u64 = 16 * 1024;

#[derive(Debug, Default)]
pub(crate) struct Log {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    stdout: Vec<String>,
    stderr: VecDeque<String>,
    listening: Vec<(String, SocketAddr)>,
    ready: bool,
    /// A `LISTENING` line that could not be understood.
    malformed: Option<String>,
    open_pipes: usize,
}

/// Why a wait for the announcement ended.
#[derive(Debug, PartialEq)]
pub(crate) enum Announcement {
    Ready(Vec<(String, SocketAddr)>),
    Malformed(String),
    /// Standard output and standard error are closed: the program is ending.
    Closed,
    /// Nothing new came within the wait.
    Silent,
}

impl Log {
    /// Starts to read both pipes.
    pub(crate) fn follow(stdout: impl Read + Send + 'static, stderr: impl Read + Send + 'static) -> Arc<Log> {
        let log = Arc::new(Log::default());
        log.lock().open_pipes = 2;
        for (pipe, is_stdout) in [(Box::new(stdout) as Box<dyn Read + Send>, true), (Box::new(stderr), false)] {
            let log = Arc::clone(&log);
            std::thread::spawn(move || {
                read_lines(pipe, |line| log.record(line, is_stdout));
                log.lock().open_pipes -= 1;
                log.changed.notify_all();
            });
        }
        log
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn record(&self, line: String, is_stdout: bool) {
        let mut state = self.lock();
        if !is_stdout {
            state.stderr.push_back(line);
            if state.stderr.len() > KEPT_LINES {
                state.stderr.pop_front();
            }
        } else {
            if !state.ready {
                state.announce(&line);
            }
            if state.stdout.len() < KEPT_LINES {
                state.stdout.push(line);
            }
        }
        drop(state);
        self.changed.notify_all();
    }

    /// Waits until the program is ready or both its pipes are closed, at most for `within`.
    pub(crate) fn wait_for_announcement(&self, within: Duration) -> Announcement {
        let (state, _) = self
            .changed
            .wait_timeout_while(self.lock(), within, |state| {
                !state.ready && state.malformed.is_none() && state.open_pipes > 0
            })
            .unwrap_or_else(PoisonError::into_inner);
        match &*state {
            State { malformed: Some(line), .. } => Announcement::Malformed(line.clone()),
            State { ready: true, listening, .. } => Announcement::Ready(listening.clone()),
            State { open_pipes: 0, .. } => Announcement::Closed,
            _ => Announcement::Silent,
        }
    }

    /// Waits until everything that the program printed has been read, but not for what a grandchild may still print.
    pub(crate) fn drain(&self, within: Duration) {
        let deadline = Instant::now() + within;
        let mut state = self.lock();
        while state.open_pipes > 0 {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return;
            }
            state = self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(crate) fn stdout(&self) -> Vec<String> {
        self.lock().stdout.clone()
    }

    pub(crate) fn stderr(&self) -> Vec<String> {
        self.lock().stderr.iter().cloned().collect()
    }

    /// The last `count` lines of standard error, indented, or a sentence that there are none.
    pub(crate) fn stderr_tail(&self, count: usize) -> String {
        let state = self.lock();
        if state.stderr.is_empty() {
            return "the program wrote nothing to stderr".to_owned();
        }
        let skipped = state.stderr.len().saturating_sub(count);
        let lines: Vec<_> = state.stderr.iter().skip(skipped).map(|line| format!("  | {line}")).collect();
        format!("last lines of the program's stderr:\n{}", lines.join("\n"))
    }
}

impl State {
    fn announce(&mut self, line: &str) {
        if line == "READY" {
            self.ready = true;
        } else if let Some(rest) = line.strip_prefix("LISTENING ") {
            let parsed =
                rest.split_once(' ').and_then(|(name, address)| Some((name.to_owned(), address.parse().ok()?)));
            match parsed {
                Some(listener) => self.listening.push(listener),
                None => self.malformed = Some(line.to_owned()),
            }
        }
    }
}

/// Calls `each` with every line, without its line end; a line beyond the limit is cut, invalid UTF-8 replaced.
fn read_lines(pipe: impl Read, mut each: impl FnMut(String)) {
    let mut reader = BufReader::new(pipe);
    loop {
        let mut line = Vec::new();
        match reader.by_ref().take(KEPT_BYTES).read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => return,
            Ok(_) => {
                let complete = line.last() == Some(&b'\n');
                let text = String::from_utf8_lossy(&line);
                each(text.trim_end_matches(['\n', '\r']).to_owned());
                if !complete && reader.skip_until(b'\n').is_err() {
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn announcement(stdout: &'static str) -> Announcement {
        Log::follow(stdout.as_bytes(), std::io::empty()).wait_for_announcement(Duration::from_secs(5))
    }

    #[test]
    fn addresses_are_taken_until_ready() {
        let ready = announcement("LISTENING http 127.0.0.1:80\nLISTENING admin [::1]:81\nREADY\nLISTENING late x\n");
        let Announcement::Ready(listening) = ready else { panic!("{ready:?}") };
        assert_eq!(listening[1], ("admin".to_owned(), "[::1]:81".parse().unwrap()));
    }

    #[test]
    fn a_line_that_is_no_address_is_named() {
        assert_eq!(
            announcement("LISTENING http port 80\n"),
            Announcement::Malformed("LISTENING http port 80".to_owned())
        );
    }

    #[test]
    fn an_end_without_ready_is_noticed() {
        assert_eq!(announcement("hello\n"), Announcement::Closed);
    }

    #[test]
    fn endless_lines_and_many_lines_are_bounded() {
        let log = Log::follow(std::io::repeat(b'x').take(3 << 20), "line\n".repeat(9000).leak().as_bytes());
        log.drain(Duration::from_secs(20));
        assert_eq!(log.stdout()[0].len(), usize::try_from(KEPT_BYTES).unwrap());
        assert_eq!(log.stderr().len(), KEPT_LINES);
    }
}
