//! One thread that owns engine, journal and subscribers. Whoever wants something sends it a request: so there are no
//! locks, and one order of things for everybody.

use crate::{
    engine::{Book, Delta, Engine, Outcome, Refusal},
    journal::{Command, Journal},
    order::{Order, Terms, Trade},
};
use axum::extract::ws::Utf8Bytes;
use jiff::Timestamp;
use plumbing::Failure;
use serde::Serialize;
use std::{io, thread};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;

/// Requests that may wait for the market; those who send more wait themselves.
const WAITING: usize = 1024;
/// So many requests share one write to the disk.
const BATCH: usize = 256;
/// The most trades in one answer.
const TRADES: usize = 1000;

/// The way to the market. Cloning is cheap.
#[derive(Debug, Clone)]
pub struct Market {
    requests: mpsc::Sender<Request>,
}

type Reply<T> = oneshot::Sender<T>;

#[derive(Debug)]
enum Request {
    Accept(Terms, Reply<Outcome>),
    Cancel(u64, Reply<Result<Order, Refusal>>),
    Order(u64, Reply<Option<Order>>),
    Trades(u64, Reply<Vec<Trade>>),
    Book(Reply<Book>),
    Subscribe(Reply<Subscription>),
}

/// What a client of the feed gets, beginning with a snapshot.
#[derive(Debug)]
pub struct Subscription {
    pub messages: mpsc::Receiver<Utf8Bytes>,
    /// Cancelled when the client is too slow.
    pub overflow: CancellationToken,
}

#[derive(Debug)]
struct Subscriber {
    queue: mpsc::Sender<Utf8Bytes>,
    overflow: CancellationToken,
}

/// A message of the feed.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
enum Message<'a> {
    Snapshot(&'a Book),
    Delta(&'a Delta),
}

/// The market has ended, because the journal cannot be written.
#[derive(Debug, Clone, Copy)]
pub struct Closed;

impl Market {
    /// Starts the thread. The second value tells, at the end, whether it has failed.
    pub fn start(engine: Engine, journal: Journal, queue: usize) -> (Market, oneshot::Receiver<Failure>) {
        let (requests, receiver) = mpsc::channel(WAITING);
        let (failed, failure) = oneshot::channel();
        thread::spawn(move || {
            let mut floor = Floor { engine, journal, queue, subscribers: Vec::new() };
            if let Err(error) = floor.run(receiver) {
                // If nobody waits for it, the program ends anyway.
                let _ = failed.send(Failure::new(format!("the journal cannot be written: {error}; is the disk full?")));
            }
        });
        (Market { requests }, failure)
    }

    pub async fn accept(&self, terms: Terms) -> Result<Outcome, Closed> {
        self.ask(|reply| Request::Accept(terms, reply)).await
    }

    pub async fn cancel(&self, id: u64) -> Result<Result<Order, Refusal>, Closed> {
        self.ask(|reply| Request::Cancel(id, reply)).await
    }

    pub async fn order(&self, id: u64) -> Result<Option<Order>, Closed> {
        self.ask(|reply| Request::Order(id, reply)).await
    }

    pub async fn trades(&self, after: u64) -> Result<Vec<Trade>, Closed> {
        self.ask(|reply| Request::Trades(after, reply)).await
    }

    pub async fn book(&self) -> Result<Book, Closed> {
        self.ask(Request::Book).await
    }

    pub async fn subscribe(&self) -> Result<Subscription, Closed> {
        self.ask(Request::Subscribe).await
    }

    async fn ask<T>(&self, request: impl FnOnce(Reply<T>) -> Request) -> Result<T, Closed> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(request(reply)).await.map_err(|_| Closed)?;
        answer.await.map_err(|_| Closed)
    }
}

/// What the thread owns.
struct Floor {
    engine: Engine,
    journal: Journal,
    queue: usize,
    subscribers: Vec<Subscriber>,
}

/// What is told when the batch is on disk.
type Announcement = Box<dyn FnOnce(&mut Floor)>;

impl Floor {
    /// Serves requests until nobody is left who could send any.
    fn run(&mut self, mut requests: mpsc::Receiver<Request>) -> io::Result<()> {
        let mut batch = Vec::new();
        while let Some(first) = requests.blocking_recv() {
            batch.push(first);
            while let Some(next) = (batch.len() < BATCH).then(|| requests.try_recv().ok()).flatten() {
                batch.push(next);
            }
            let announcements: Vec<_> =
                batch.drain(..).map(|request| self.handle(request)).collect::<io::Result<_>>()?;
            // One write for all of them, and nobody hears of anything before it is on disk.
            self.journal.sync()?;
            for announce in announcements {
                announce(self);
            }
        }
        Ok(())
    }

    /// Does what is asked, and returns what is to be told about it. If the asker is gone, nobody is told.
    fn handle(&mut self, request: Request) -> io::Result<Announcement> {
        Ok(match request {
            Request::Accept(terms, reply) => {
                let at = Timestamp::now();
                self.journal.append(at, Command::Accept(terms.clone()))?;
                let outcome = self.engine.accept(terms, at);
                Box::new(move |floor| {
                    floor.publish(outcome.delta.as_ref());
                    let _ = reply.send(outcome);
                })
            }
            Request::Cancel(id, reply) => match self.engine.cancel(id) {
                Ok(outcome) => {
                    self.journal.append(Timestamp::now(), Command::Cancel(id))?;
                    Box::new(move |floor| {
                        floor.publish(outcome.delta.as_ref());
                        let _ = reply.send(Ok(outcome.order));
                    })
                }
                Err(refusal) => Box::new(move |_| drop(reply.send(Err(refusal)))),
            },
            Request::Order(id, reply) => {
                let order = self.engine.order(id).cloned();
                Box::new(move |_| drop(reply.send(order)))
            }
            Request::Trades(after, reply) => {
                let trades = self.engine.trades_after(after, TRADES);
                Box::new(move |_| drop(reply.send(trades)))
            }
            Request::Book(reply) => {
                let book = self.engine.book();
                Box::new(move |_| drop(reply.send(book)))
            }
            Request::Subscribe(reply) => {
                let book = self.engine.book();
                Box::new(move |floor| floor.subscribe(&book, reply))
            }
        })
    }

    /// Announcements come in the order of their commands, so the first delta of a subscriber follows its snapshot.
    fn subscribe(&mut self, book: &Book, reply: Reply<Subscription>) {
        let (queue, messages) = mpsc::channel(self.queue.max(1));
        let overflow = CancellationToken::new();
        // The queue is new, so there is room.
        let _ = queue.try_send(encode(&Message::Snapshot(book)));
        if reply.send(Subscription { messages, overflow: overflow.clone() }).is_ok() {
            self.subscribers.push(Subscriber { queue, overflow });
        }
    }

    /// Tells all subscribers, and waits for none: whose queue is full is cut off.
    fn publish(&mut self, delta: Option<&Delta>) {
        let Some(delta) = delta else { return };
        let message = encode(&Message::Delta(delta));
        self.subscribers.retain(|subscriber| match subscriber.queue.try_send(message.clone()) {
            Ok(()) => true,
            Err(mpsc::error::TrySendError::Closed(_)) => false,
            Err(mpsc::error::TrySendError::Full(_)) => {
                subscriber.overflow.cancel();
                false
            }
        });
    }
}

fn encode(message: &Message<'_>) -> Utf8Bytes {
    // Numbers and fixed names: there is nothing in it that could not be JSON.
    serde_json::to_string(message).unwrap_or_default().into()
}
