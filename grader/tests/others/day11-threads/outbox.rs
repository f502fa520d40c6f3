//! What waits for a client, and the thread that writes it.

use crate::frames;
use std::{
    collections::VecDeque,
    io::{self, Write},
    net::{Shutdown, TcpStream},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

pub struct Outbox {
    limit: usize,
    stream: TcpStream,
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    messages: VecDeque<Arc<str>>,
    /// The newest ping that has no answer; older ones need none (RFC 6455, section 5.5.3).
    pong: Option<Vec<u8>>,
    close: Option<Option<u16>>,
    ended: bool,
}

impl Outbox {
    pub fn new(stream: TcpStream, limit: usize) -> Outbox {
        Outbox { limit, stream, waiting: Mutex::default(), changed: Condvar::new() }
    }

    /// Puts a message into the queue, or cuts the client off when that is full.
    pub fn push(&self, message: &Arc<str>) -> bool {
        let mut waiting = self.waiting();
        if waiting.messages.len() >= self.limit {
            self.cut();
            return false;
        }
        waiting.messages.push_back(Arc::clone(message));
        self.changed.notify_all();
        true
    }

    pub fn pong(&self, payload: Vec<u8>) {
        self.waiting().pong = Some(payload);
        self.changed.notify_all();
    }

    /// The end, after what is waiting. The first reason counts.
    pub fn close(&self, code: Option<u16>) {
        self.waiting().close.get_or_insert(code);
        self.changed.notify_all();
    }

    /// No word more.
    pub fn cut(&self) {
        let _ = self.stream.shutdown(Shutdown::Both);
    }

    /// Waits until everything is written, but not for long.
    pub fn wait_for_end(&self, patience: Duration) {
        let _ = self.changed.wait_timeout_while(self.waiting(), patience, |waiting| !waiting.ended);
    }

    /// Writes until the end.
    pub fn write(&self, ping: Duration) {
        if self.write_all(ping).is_err() {
            self.cut();
        }
        self.waiting().ended = true;
        self.changed.notify_all();
    }

    fn write_all(&self, ping: Duration) -> io::Result<()> {
        let mut next_ping = Instant::now() + ping;
        loop {
            let left = next_ping.saturating_duration_since(Instant::now());
            let idle = |it: &mut Waiting| it.messages.is_empty() && it.pong.is_none() && it.close.is_none();
            let wait = self.changed.wait_timeout_while(self.waiting(), left, idle);
            let mut waiting = wait.unwrap_or_else(PoisonError::into_inner).0;
            let mut bytes = Vec::new();
            if Instant::now() >= next_ping {
                next_ping = Instant::now() + ping;
                bytes = frames::ping();
            }
            if let Some(payload) = waiting.pong.take() {
                bytes.extend(frames::pong(&payload));
            }
            let message = waiting.messages.pop_front();
            let close = waiting.close.filter(|_| message.is_none());
            drop(waiting);
            bytes.extend(message.map(|message| frames::text(&message)).unwrap_or_default());
            bytes.extend(close.map(frames::close).unwrap_or_default());
            (&self.stream).write_all(&bytes)?;
            if close.is_some() {
                return self.stream.shutdown(Shutdown::Write);
            }
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
