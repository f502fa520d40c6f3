//! What the keeper remembers of one client, and the way back to it.

use crate::{keyspace::Key, resp::Request};
use std::{
    collections::{BTreeSet, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;

pub type ClientId = u64;

/// Bytes on their way to a client.
#[derive(Debug)]
pub struct Output {
    pub bytes: Vec<u8>,
    /// All requests are answered: the next may be sent to the keeper.
    pub answered: bool,
}

/// The keeper's end of the way to one connection. Dropping it closes the connection once everything is written.
#[derive(Debug)]
pub struct Outbox {
    pub sender: UnboundedSender<Output>,
    /// Bytes that are sent and not yet written to the socket.
    pub unwritten: Arc<AtomicUsize>,
    /// Closes the connection at once, whatever is still to be written.
    pub give_up: CancellationToken,
}

#[derive(Debug, Default)]
pub struct Transaction {
    pub requests: Vec<(&'static str, Vec<Vec<u8>>)>,
    /// A request was refused, so nothing of this transaction may happen.
    pub broken: bool,
}

#[derive(Debug)]
pub struct Client {
    pub outbox: Outbox,
    /// Said and not yet handed to the outbox, which happens after the commit.
    pub output: Vec<u8>,
    pub queue: VecDeque<Request>,
    /// The connection waits for the end of its requests.
    pub unanswered: bool,
    /// In BLPOP.
    pub waiting: bool,
    pub leaving: bool,
    pub transaction: Option<Transaction>,
    pub watched: BTreeSet<Key>,
    /// Somebody has written to a watched key.
    pub outrun: bool,
    pub channels: BTreeSet<Vec<u8>>,
}

impl Client {
    pub fn new(outbox: Outbox) -> Client {
        Client {
            outbox,
            output: Vec::new(),
            queue: VecDeque::new(),
            unanswered: false,
            waiting: false,
            leaving: false,
            transaction: None,
            watched: BTreeSet::new(),
            outrun: false,
            channels: BTreeSet::new(),
        }
    }

    /// The next request, unless the client has to wait or has left.
    pub fn next_request(&mut self) -> Option<Request> {
        if self.waiting || self.leaving { None } else { self.queue.pop_front() }
    }

    /// Bytes that the client has not taken yet.
    pub fn backlog(&self) -> usize {
        self.outbox.unwritten.load(Ordering::Relaxed) + self.output.len()
    }

    /// Hands over what was said.
    pub fn flush(&mut self) {
        let answered = self.unanswered && !self.waiting && self.queue.is_empty();
        if answered || !self.output.is_empty() {
            let bytes = std::mem::take(&mut self.output);
            self.unanswered &= !answered;
            self.outbox.unwritten.fetch_add(bytes.len(), Ordering::Relaxed);
            // It fails only when the connection has ended, and then its last message is already under way.
            let _ = self.outbox.sender.send(Output { bytes, answered });
        }
    }
}
