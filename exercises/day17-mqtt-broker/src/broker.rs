//! One thread owns all sessions and carries out one packet after another. That is why nothing here needs a lock, and why
//! the messages of one client reach another in the order in which they were published. Connections talk to it through
//! [`Handle`].
//!
//! Packets that arrive while the disk is busy are carried out together and share the next commit. No answer leaves
//! before the commit that holds what it acknowledges.

use crate::{
    access::{Access, Acl},
    codec::{Connect, FromClient, Message, PacketId, Qos, Refusal, ToClient},
    journal::Journal,
    session::{Change, ClientId, Outgoing, Session, Stage, State},
    topic,
};
use plumbing::Failure;
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
};
use tokio::sync::{OwnedSemaphorePermit, mpsc::UnboundedSender, oneshot};
use tokio_util::sync::CancellationToken;

/// Events that share one commit, at most.
const LARGEST_GROUP: usize = 1000;
/// Messages that a client may have unacknowledged; the others wait for their turn.
const WINDOW: usize = 20;
/// Messages of QoS 1 and 2 that are kept for one client. What comes on top is dropped.
const LONGEST_QUEUE: usize = 1000;
/// A client with more unread bytes than this is disconnected, or it would eat the memory of all.
const LARGEST_BACKLOG: usize = 32 * 1024 * 1024;

pub type ConnectionId = u64;

/// What a connection tells the broker.
#[derive(Debug)]
pub enum Event {
    /// A CONNECT whose sender may come in.
    Connected(ConnectionId, Connect, Outbox),
    /// Every further packet, with a permit: until it is carried out, it counts against what its connection may send.
    Packet(ConnectionId, FromClient, OwnedSemaphorePermit),
    /// The connection has ended, and not with DISCONNECT.
    Lost(ConnectionId),
}

/// The broker's end of the way to one connection. Dropping it closes the connection once everything is written.
#[derive(Debug)]
pub struct Outbox {
    pub sender: UnboundedSender<Vec<u8>>,
    /// Bytes that are sent and not yet written to the socket.
    pub unwritten: Arc<AtomicUsize>,
    /// Closes the connection at once, whatever is still to be written.
    pub give_up: CancellationToken,
}

pub type Handle = Sender<Event>;

/// Starts the thread. It ends, well, once every handle is gone, or at once when the journal cannot be written.
pub fn start(
    journal: Journal,
    state: State,
    acl: Option<Acl>,
) -> std::io::Result<(Handle, oneshot::Receiver<Result<(), Failure>>)> {
    let (handle, inbox) = channel();
    let (ended, end) = oneshot::channel();
    std::thread::Builder::new().name("broker".to_owned()).spawn(move || {
        let mut broker = Broker { state, journal, acl, connections: HashMap::new(), gone: vec![], changes: vec![] };
        // Nobody listens any more when the program is ending for another reason.
        let _ = ended.send(broker.run(&inbox));
    })?;
    Ok((handle, end))
}

/// What the broker knows of one connection.
#[derive(Debug)]
struct Connection {
    client: ClientId,
    user: Option<String>,
    will: Option<Message>,
    outbox: Outbox,
    /// Said and not yet handed to the outbox, which happens after the commit.
    output: Vec<u8>,
}

#[derive(Debug)]
struct Broker {
    state: State,
    journal: Journal,
    acl: Option<Acl>,
    connections: HashMap<ConnectionId, Connection>,
    /// Connections that have ended, with their last words.
    gone: Vec<Connection>,
    /// What the current packet has changed so far and the journal has to know.
    changes: Vec<Change>,
}

impl Broker {
    fn run(&mut self, inbox: &Receiver<Event>) -> Result<(), Failure> {
        let version = concat!(env!("CARGO_PKG_NAME"), " version ", env!("CARGO_PKG_VERSION")).as_bytes().to_vec();
        let topic = "$SYS/broker/version".to_owned();
        let message = Message { topic, payload: version, qos: Qos::Zero, retain: true };
        // Not news for the journal: the next start says it again.
        self.state.apply(Change::Retain { message: Arc::new(message) });
        while let Ok(first) = inbox.recv() {
            self.handle(first)?;
            for event in inbox.try_iter().take(LARGEST_GROUP) {
                self.handle(event)?;
            }
            self.journal.commit()?;
            self.deliver();
        }
        Ok(())
    }

    fn handle(&mut self, event: Event) -> Result<(), Failure> {
        match event {
            Event::Connected(id, connect, outbox) => self.connect(id, connect, outbox),
            Event::Packet(id, packet, _permit) => self.packet(id, packet),
            Event::Lost(id) => self.leave(id, true),
        }
        let changes = std::mem::take(&mut self.changes);
        self.journal.append(&changes)
    }

    /// Hands over what was said, now that it is true.
    fn deliver(&mut self) {
        for connection in self.connections.values_mut().chain(&mut self.gone) {
            if connection.output.is_empty() {
                continue;
            }
            let bytes = std::mem::take(&mut connection.output);
            let unwritten = connection.outbox.unwritten.fetch_add(bytes.len(), Ordering::Relaxed);
            if unwritten > LARGEST_BACKLOG {
                connection.outbox.give_up.cancel();
            }
            // It fails only when the connection has ended, and then its last event is already under way.
            let _ = connection.outbox.sender.send(bytes);
        }
        self.gone.clear();
    }

    /// The only way to change the state.
    fn change(&mut self, change: Change) {
        if self.state.is_durable(&change) {
            self.changes.push(change.clone());
        }
        self.state.apply(change);
    }

    fn send(&mut self, id: ConnectionId, packet: &ToClient) {
        if let Some(connection) = self.connections.get_mut(&id) {
            packet.encode(&mut connection.output);
        }
    }

    fn connect(&mut self, id: ConnectionId, connect: Connect, outbox: Outbox) {
        let Connect { client_id, clean_session, will, user_name, .. } = connect;
        let client = if client_id.is_empty() { todo!("a name for {id} that nobody else can have") } else { client_id };
        let connection = Connection { client: client.clone(), user: user_name.clone(), will, outbox, output: vec![] };
        let previous = self.state.sessions.get(&client);
        if previous.is_some_and(|session| session.owner != user_name) {
            todo!("the session of {client} is another user's: refuse {connection:?} with {:?}", Refusal::NotAuthorized)
        }
        if let Some(older) = previous.and_then(|session| session.connection) {
            todo!("{client} is connected already, as {older}")
        }
        let session_present = self.state.sessions.contains_key(&client);
        if session_present && clean_session {
            todo!("{client} wants to begin anew")
        }
        if !session_present {
            let (client, owner, persistent) = (client.clone(), user_name, !clean_session);
            self.change(Change::Begin { client, owner, persistent });
        }
        if let Some(session) = self.state.sessions.get_mut(&client) {
            session.connection = Some(id);
        }
        self.connections.insert(id, connection);
        self.send(id, &ToClient::Accepted { session_present });
        self.send_outgoing(&client, true);
    }

    /// The end of a connection. Its will is published when nobody said goodbye.
    fn leave(&mut self, id: ConnectionId, lost: bool) {
        let Some(mut connection) = self.connections.remove(&id) else { return };
        let (client, user, will) = (connection.client.clone(), connection.user.clone(), connection.will.take());
        self.gone.push(connection);
        if let Some(session) = self.state.sessions.get_mut(&client) {
            session.connection = None;
            if !session.persistent {
                todo!("nobody will come back for the session of {client}")
            }
        }
        if let Some(will) = will {
            todo!("{user:?} left the will {will:?}, lost: {lost}")
        }
    }

    fn packet(&mut self, id: ConnectionId, packet: FromClient) {
        let Some(connection) = self.connections.get(&id) else { return };
        let (client, user) = (connection.client.clone(), connection.user.clone());
        match packet {
            // A client introduces itself once [3.1].
            FromClient::Connect(_) => self.leave(id, true),
            FromClient::Disconnect => self.leave(id, false),
            FromClient::PingReq => self.send(id, &ToClient::PingResp),
            FromClient::Subscribe(packet_id, filters) => self.subscribe(id, &client, packet_id, filters),
            FromClient::Unsubscribe(packet_id, filters) => {
                for filter in filters {
                    self.change(Change::Unsubscribe { client: client.clone(), filter });
                }
                self.send(id, &ToClient::UnsubAck(packet_id));
            }
            FromClient::Publish(packet_id, message) => match message.qos {
                Qos::Zero => self.publish(user.as_deref(), message),
                Qos::One => {
                    self.publish(user.as_deref(), message);
                    self.send(id, &ToClient::PubAck(packet_id));
                }
                Qos::Two => {
                    let session = self.state.sessions.get(&client);
                    if !session.is_some_and(|session| session.taken.contains(&packet_id)) {
                        todo!("{message:?} with the id {packet_id} is new: when it comes again, it is not")
                    }
                    self.send(id, &ToClient::PubRec(packet_id));
                }
            },
            FromClient::PubRel(packet_id) => {
                self.change(Change::Forget { client, id: packet_id });
                self.send(id, &ToClient::PubComp(packet_id));
            }
            FromClient::PubAck(packet_id) => self.complete(&client, packet_id, Qos::One, Stage::Sent),
            FromClient::PubComp(packet_id) => self.complete(&client, packet_id, Qos::Two, Stage::Released),
            FromClient::PubRec(packet_id) => {
                let outgoing = self.state.sessions.get(&client).and_then(|session| session.find(packet_id));
                if outgoing.is_some_and(|outgoing| outgoing.qos == Qos::Two && outgoing.stage == Stage::Sent) {
                    todo!("{client} has {packet_id}: it must never get the message again")
                }
                // Also for an id that nobody knows any more: the client wants to be rid of it.
                self.send(id, &ToClient::PubRel(packet_id));
            }
        }
    }

    fn subscribe(&mut self, id: ConnectionId, client: &str, packet_id: PacketId, filters: Vec<(String, Qos)>) {
        let granted = filters.iter().map(|(_, qos)| *qos).collect();
        self.send(id, &ToClient::SubAck(packet_id, granted));
        for (filter, qos) in filters {
            let retained = self.state.retained.values().filter(|message| topic::matches(&filter, &message.topic));
            let retained: Vec<_> = retained.cloned().collect();
            self.change(Change::Subscribe { client: client.to_owned(), filter, qos });
            for message in retained {
                self.forward(client, &message, qos, true);
            }
        }
    }

    /// A message of `user`: kept where it is to be retained, and forwarded to all who want it.
    fn publish(&mut self, user: Option<&str>, message: Message) {
        if !self.allows(user, Access::Write, &message.topic) {
            return;
        }
        let message = Arc::new(message);
        if message.retain {
            todo!("keep {message:?} for those who subscribe later")
        }
        for (client, session) in &self.state.sessions {
            todo!("does {client} want {message:?}, and how? {:?}", session.wants(&message.topic))
        }
    }

    /// A message to one client, with `wanted` as its best quality.
    fn forward(&mut self, client: &str, message: &Arc<Message>, wanted: Qos, retain: bool) {
        let Some(session) = self.state.sessions.get(client) else { return };
        if !self.allows(session.owner.as_deref(), Access::Read, &message.topic) {
            return;
        }
        let (qos, message) = (wanted.min(message.qos), Arc::clone(message));
        if qos == Qos::Zero {
            todo!("send {message:?} to {:?}, if the client is there", session.connection)
        }
        if session.outgoing.len() < LONGEST_QUEUE {
            let outgoing = Outgoing { id: session.free_id(), qos, retain, message, stage: Stage::Waiting };
            todo!("put {outgoing:?} into the queue of {client}, and send what may be sent")
        }
    }

    /// An acknowledgement that ends the way of a message, if it is the one that this message waits for.
    fn complete(&mut self, client: &str, id: PacketId, qos: Qos, stage: Stage) {
        todo!("is {id} of {client} a message of {qos:?} in the stage {stage:?}? Then it is done, and there is room")
    }

    /// Sends what is under way to a client as far as the window reaches: what waits for the first time, and on a new
    /// connection (`again`) also what was sent on an older one and not acknowledged [4.4].
    fn send_outgoing(&mut self, client: &str, again: bool) {
        let Some(session) = self.state.sessions.get_mut(client) else { return };
        let Session { connection: Some(connection), outgoing, .. } = session else { return };
        let Some(connection) = self.connections.get_mut(connection) else { return };
        for outgoing in outgoing.iter_mut().take(WINDOW) {
            let duplicate = match outgoing.stage {
                Stage::Waiting => false,
                stage => todo!("{stage:?}: what is to be sent again? On a new connection: {again}"),
            };
            outgoing.stage = Stage::Sent;
            let Outgoing { id, qos, retain, message, .. } = outgoing.clone();
            ToClient::Publish { message, qos, retain, duplicate, id }.encode(&mut connection.output);
        }
    }

    /// Without rules everything is allowed.
    fn allows(&self, user: Option<&str>, access: Access, topic: &str) -> bool {
        self.acl.as_ref().is_none_or(|acl| user.is_some_and(|user| acl.allows(user, access, topic)))
    }
}
