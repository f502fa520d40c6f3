//! What a process wrote, with its middle left out when it is too much.

use std::{
    collections::VecDeque,
    io::Read,
    sync::{Arc, Mutex, PoisonError},
    thread::JoinHandle,
    time::{Duration, Instant},
};

/// Kept from the beginning of a stream, and again from its end.
const KEPT: usize = 32 * 1024;

/// How long the streams may stay open after everything has been killed. They are closed by then, unless a process
/// escaped, and nobody waits for an escaped process.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// The two streams as text; invalid UTF-8 is replaced.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Output {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Reads both streams while the process runs.
#[derive(Debug)]
pub(super) struct Capture {
    stdout: Stream,
    stderr: Stream,
}

#[derive(Debug)]
struct Stream {
    kept: Arc<Mutex<Kept>>,
    reader: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Kept {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    left_out: u64,
}

impl Capture {
    pub(super) fn start(
        stdout: Option<impl Read + Send + 'static>,
        stderr: Option<impl Read + Send + 'static>,
    ) -> Capture {
        Capture { stdout: Stream::start(stdout), stderr: Stream::start(stderr) }
    }

    /// What has been written, once both streams have ended.
    pub(super) fn finish(self) -> Output {
        let deadline = Instant::now() + LAST_WORDS;
        Output { stdout: self.stdout.finish(deadline), stderr: self.stderr.finish(deadline) }
    }
}

impl Stream {
    fn start(source: Option<impl Read + Send + 'static>) -> Stream {
        let kept = Arc::new(Mutex::new(Kept::default()));
        let into = Arc::clone(&kept);
        let reader = std::thread::spawn(move || {
            let Some(mut source) = source else { return };
            let mut buffer = [0; 8192];
            // A stream that cannot be read any more has ended for us.
            while let Ok(length @ 1..) = source.read(&mut buffer) {
                into.lock().unwrap_or_else(PoisonError::into_inner).push(&buffer[..length]);
            }
        });
        Stream { kept, reader }
    }

    fn finish(self, deadline: Instant) -> String {
        while !self.reader.is_finished() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(1));
        }
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).text()
    }
}

impl Kept {
    fn push(&mut self, bytes: &[u8]) {
        let room = (KEPT - self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..room]);
        self.tail.extend(&bytes[room..]);
        let excess = self.tail.len().saturating_sub(KEPT);
        self.tail.drain(..excess);
        self.left_out += excess as u64;
    }

    fn text(&self) -> String {
        let mut text = String::from_utf8_lossy(&self.head).into_owned();
        if self.left_out > 0 {
            text.push_str(&format!("\n… {} bytes left out …\n", self.left_out));
        }
        let tail: Vec<u8> = self.tail.iter().copied().collect();
        text.push_str(&String::from_utf8_lossy(&tail));
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_is_left_out_and_counted() {
        let mut kept = Kept::default();
        for number in 0..20_000 {
            kept.push(format!("{number:07}\n").as_bytes());
        }
        let text = kept.text();
        assert!(text.starts_with("0000000\n") && text.ends_with("0019999\n"));
        assert!(text.contains(&format!("… {} bytes left out …", 20_000 * 8 - 2 * KEPT)));
    }
}
