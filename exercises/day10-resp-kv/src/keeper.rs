//! One thread owns all data and carries out one request after another. That is why no command needs a lock, and why a
//! transaction is nothing more than not stopping in between. Connections talk to it through [`Handle`].
//!
//! Requests that arrive while the disk is busy are carried out together and share the next commit. No answer leaves
//! before the commit that holds its effects.

use crate::{
    client::{Client, ClientId, Outbox, Transaction},
    commands::{CommandError, check, execute},
    journal::Journal,
    keyspace::{Key, Keyspace, Millis},
    resp::{Reply, Request},
};
use plumbing::Failure;
use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    time::{Duration, SystemTime, UNIX_EPOCH},
};
use tokio::sync::oneshot;

/// Messages that share one commit, at most.
const LARGEST_GROUP: usize = 1000;
/// A subscriber with more unread bytes than this is disconnected, or it would eat the memory of all.
const LARGEST_BACKLOG: usize = 32 * 1024 * 1024;

/// What a connection tells the keeper.
#[derive(Debug)]
pub enum Message {
    Joined(ClientId, Outbox),
    /// Requests in the order in which they came. The next may be sent once these are answered.
    Requests(ClientId, Vec<Request>),
    /// No more requests will come. After what is left to say, and these last words, the outbox is closed.
    Leaving(ClientId, Option<Reply>),
}

pub type Handle = Sender<Message>;

/// Starts the thread. It ends, well, once every handle is gone, or at once when the journal cannot be written.
pub fn start(
    journal: Journal,
    keyspace: Keyspace,
) -> std::io::Result<(Handle, oneshot::Receiver<Result<(), Failure>>)> {
    let (handle, inbox) = channel();
    let (ended, end) = oneshot::channel();
    std::thread::Builder::new().name("keeper".to_owned()).spawn(move || {
        // Nobody listens any more when the program is ending for another reason.
        let _ = ended.send(Keeper::new(journal, keyspace).run(&inbox));
    })?;
    Ok((handle, end))
}

#[derive(Debug)]
struct Keeper {
    keyspace: Keyspace,
    journal: Journal,
    clients: HashMap<ClientId, Client>,
    /// Who wants to know whether a key is written to.
    watchers: HashMap<Key, BTreeSet<ClientId>>,
    /// Who listens to a channel.
    subscribers: HashMap<Vec<u8>, BTreeSet<ClientId>>,
    /// Clients in BLPOP, the one that has waited longest in front.
    waiting: VecDeque<Waiter>,
    /// Clients that may have requests to be carried out.
    ready: VecDeque<ClientId>,
    /// Clients to whom something is to be sent after the commit.
    unsent: BTreeSet<ClientId>,
    /// The moment in which the current request happens.
    now: Millis,
}

#[derive(Debug)]
struct Waiter {
    client: ClientId,
    keys: Vec<Key>,
    until: Option<Millis>,
}

impl Keeper {
    fn new(journal: Journal, keyspace: Keyspace) -> Keeper {
        Keeper {
            keyspace,
            journal,
            clients: HashMap::new(),
            watchers: HashMap::new(),
            subscribers: HashMap::new(),
            waiting: VecDeque::new(),
            ready: VecDeque::new(),
            unsent: BTreeSet::new(),
            now: 0,
        }
    }

    fn run(mut self, inbox: &Receiver<Message>) -> Result<(), Failure> {
        loop {
            self.look_at_the_clock();
            let first = match self.next_deadline() {
                None => inbox.recv().map_err(RecvTimeoutError::from),
                Some(at) => inbox.recv_timeout(Duration::from_millis(at.saturating_sub(self.now))),
            };
            match first {
                Ok(message) => self.handle(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Ok(()),
            }
            for message in inbox.try_iter().take(LARGEST_GROUP) {
                self.handle(message);
            }
            self.look_at_the_clock();
            self.end_waits();
            self.work();
            self.journal.commit()?;
            self.deliver();
        }
    }

    fn next_deadline(&self) -> Option<Millis> {
        self.waiting.iter().filter_map(|waiter| waiter.until).chain(self.keyspace.next_deadline()).min()
    }

    /// Time passes between requests, never within one.
    fn look_at_the_clock(&mut self) {
        let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.now = u64::try_from(since_1970.as_millis()).unwrap_or(Millis::MAX);
        self.keyspace.expire(self.now);
        self.settle();
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Joined(id, outbox) => {
                self.clients.insert(id, Client::new(outbox));
            }
            Message::Requests(id, requests) => {
                if let Some(client) = self.clients.get_mut(&id) {
                    client.unanswered = true;
                    client.queue.extend(requests);
                    self.ready.push_back(id);
                }
                self.work();
            }
            Message::Leaving(id, last_words) => {
                if let Some(last_words) = last_words {
                    self.say(id, &last_words);
                }
                self.leave(id);
            }
        }
    }

    /// Carries out everything that can be carried out now. An answer to one client can set another one free.
    fn work(&mut self) {
        while let Some(id) = self.ready.pop_front() {
            while let Some(request) = self.clients.get_mut(&id).and_then(Client::next_request) {
                if request.is_empty() {
                    continue;
                }
                self.look_at_the_clock();
                let outcome = self.request(id, &request);
                self.settle();
                match outcome {
                    Ok(Some(reply)) => self.say(id, &reply),
                    Ok(None) => {}
                    Err(error) => self.say(id, &Reply::Error(error.to_string())),
                }
                self.serve_waiting();
            }
            self.unsent.insert(id);
        }
    }

    /// What was changed goes to the journal, and to those who watch.
    fn settle(&mut self) {
        let effects = self.keyspace.take_effects();
        for effect in &effects {
            for id in self.watchers.get(effect.key()).into_iter().flatten() {
                if let Some(client) = self.clients.get_mut(id) {
                    client.outrun = true;
                }
            }
        }
        self.journal.append(&effects);
    }

    fn say(&mut self, id: ClientId, reply: &Reply) {
        if let Some(client) = self.clients.get_mut(&id) {
            reply.encode(&mut client.output);
            self.unsent.insert(id);
        }
    }

    fn deliver(&mut self) {
        for id in std::mem::take(&mut self.unsent) {
            let Some(client) = self.clients.get_mut(&id) else { continue };
            client.flush();
            if client.leaving {
                self.clients.remove(&id);
            }
        }
    }

    /// Nothing reaches this client any more except what is said already.
    fn leave(&mut self, id: ClientId) {
        self.waiting.retain(|waiter| waiter.client != id);
        self.unwatch(id);
        self.unsubscribe(id, &[]);
        if let Some(client) = self.clients.get_mut(&id) {
            client.leaving = true;
            self.unsent.insert(id);
        }
    }

    /// No reply means that the client has to wait for it.
    fn request(&mut self, id: ClientId, request: &[Vec<u8>]) -> Result<Option<Reply>, CommandError> {
        let Some(client) = self.clients.get_mut(&id) else { return Ok(None) };
        let name = check(request).inspect_err(|_| {
            if let Some(transaction) = &mut client.transaction {
                transaction.broken = true;
            }
        })?;
        if !client.channels.is_empty() && !matches!(name, "SUBSCRIBE" | "UNSUBSCRIBE" | "PING" | "QUIT") {
            return Err(CommandError::Subscribed(name.to_lowercase()));
        }
        let arguments = &request[1..];
        match name {
            "QUIT" => {
                self.say(id, &Reply::Simple("OK"));
                self.leave(id);
                Ok(None)
            }
            "MULTI" | "EXEC" | "DISCARD" => self.transaction(id, name).map(Some),
            _ if client.transaction.is_some() => {
                todo!("queue {name} {arguments:?} in {:?}", client.transaction)
            }
            "BLPOP" => self.pop_or_wait(id, arguments),
            _ => self.run_command(id, name, arguments).map(Some),
        }
    }

    /// A command that may stand in a transaction.
    fn run_command(&mut self, id: ClientId, name: &str, arguments: &[Vec<u8>]) -> Result<Reply, CommandError> {
        let subscribed = self.clients.get(&id).is_some_and(|client| !client.channels.is_empty());
        match (name, arguments) {
            ("WATCH", keys) => {
                self.watch(id, keys);
                Ok(Reply::Simple("OK"))
            }
            ("UNWATCH", _) => {
                self.unwatch(id);
                Ok(Reply::Simple("OK"))
            }
            ("SUBSCRIBE", channels) => Ok(self.subscribe(id, channels)),
            ("UNSUBSCRIBE", channels) => Ok(self.unsubscribe(id, channels)),
            ("PUBLISH", [channel, message]) => Ok(self.publish(channel, message)),
            // A transaction does not wait: what is not there now will not come in its one moment.
            ("BLPOP", [keys @ .., _]) => {
                todo!("the first item of the first of {keys:?} that has one, or the null array")
            }
            ("PING", message) if subscribed => {
                let message = message.first().cloned().unwrap_or_default();
                Ok(Reply::Array(vec![Reply::Bulk(b"pong".to_vec()), Reply::Bulk(message)]))
            }
            _ => execute(&mut self.keyspace, self.now, name, arguments),
        }
    }

    /// MULTI, EXEC and DISCARD.
    fn transaction(&mut self, id: ClientId, name: &str) -> Result<Reply, CommandError> {
        let Some(client) = self.clients.get_mut(&id) else { return Ok(Reply::NilArray) };
        let Some(Transaction { requests, broken }) = &client.transaction else {
            todo!("begin a transaction when {name} is MULTI")
        };
        todo!("{name}: run {requests:?} or not, depending on {broken} and {}, and end what was watched", client.outrun)
    }

    fn watch(&mut self, id: ClientId, keys: &[Key]) {
        todo!("note client {id} in the watchers of {keys:?}, and the keys in the client")
    }

    fn unwatch(&mut self, id: ClientId) {
        let Some(client) = self.clients.get_mut(&id) else { return };
        client.outrun = false;
        for key in std::mem::take(&mut client.watched) {
            remove_member(&mut self.watchers, &key, id);
        }
    }

    fn subscribe(&mut self, id: ClientId, channels: &[Vec<u8>]) -> Reply {
        todo!("note client {id} in the subscribers of {channels:?}, and the channels in the client")
    }

    /// From all channels, when none is named.
    fn unsubscribe(&mut self, id: ClientId, channels: &[Vec<u8>]) -> Reply {
        let Some(client) = self.clients.get_mut(&id) else { return Reply::Each(Vec::new()) };
        let channels = if channels.is_empty() { client.channels.iter().cloned().collect() } else { channels.to_vec() };
        if channels.is_empty() {
            return notice("unsubscribe", Reply::Nil, client);
        }
        let unsubscribe = |channel: Vec<u8>| {
            client.channels.remove(&channel);
            remove_member(&mut self.subscribers, &channel, id);
            notice("unsubscribe", Reply::Bulk(channel), client)
        };
        Reply::Each(channels.into_iter().map(unsubscribe).collect())
    }

    fn publish(&mut self, channel: &[u8], message: &[u8]) -> Reply {
        let listeners = self.subscribers.get(channel).cloned().unwrap_or_default();
        let words = [b"message", channel, message].map(|word| Reply::Bulk(word.to_vec()));
        let event = Reply::Array(words.into());
        for id in &listeners {
            self.say(*id, &event);
            if let Some(client) = self.clients.get(id).filter(|client| client.backlog() > LARGEST_BACKLOG) {
                client.outbox.give_up.cancel();
                self.leave(*id);
            }
        }
        Reply::Integer(i64::try_from(listeners.len()).unwrap_or(i64::MAX))
    }

    /// BLPOP: keys, and then a timeout in seconds; 0 is for ever.
    fn pop_or_wait(&mut self, id: ClientId, arguments: &[Vec<u8>]) -> Result<Option<Reply>, CommandError> {
        todo!(
            "answer client {id} at once, or let it wait as {arguments:?} say: client.waiting, and a Waiter in self.waiting"
        )
    }

    /// Gives items that have come to those who wait for them, the longest waiting first.
    fn serve_waiting(&mut self) {
        if let Some(Waiter { client, keys, .. }) = self.waiting.front() {
            todo!(
                "when one of {keys:?} has an item by now, give it to client {client} with end_wait; then the next waiter"
            )
        }
    }

    /// Tells those who have waited long enough.
    fn end_waits(&mut self) {
        let over = |waiter: &Waiter, now| waiter.until.is_some_and(|until| until <= now);
        while let Some(place) = self.waiting.iter().position(|waiter| over(waiter, self.now)) {
            self.end_wait(place, &Reply::NilArray);
        }
    }

    fn end_wait(&mut self, place: usize, reply: &Reply) {
        let Some(waiter) = self.waiting.remove(place) else { return };
        self.say(waiter.client, reply);
        if let Some(client) = self.clients.get_mut(&waiter.client) {
            client.waiting = false;
            self.ready.push_back(waiter.client);
        }
    }
}

fn notice(what: &str, channel: Reply, client: &Client) -> Reply {
    let count = i64::try_from(client.channels.len()).unwrap_or(i64::MAX);
    Reply::Array(vec![Reply::Bulk(what.into()), channel, Reply::Integer(count)])
}

fn remove_member(sets: &mut HashMap<Vec<u8>, BTreeSet<ClientId>>, name: &[u8], id: ClientId) {
    if let Some(set) = sets.get_mut(name) {
        set.remove(&id);
        if set.is_empty() {
            sets.remove(name);
        }
    }
}
