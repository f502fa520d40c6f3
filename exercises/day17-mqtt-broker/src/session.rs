//! What the broker remembers: of each client its session [4.1], and of each topic the retained message.
//!
//! Everything that has to survive a crash changes by a [`Change`] and by nothing else, so the list of changes *is* the
//! state: the journal stores the one and a restart makes the other of it.

use crate::{
    broker::ConnectionId,
    codec::{Message, PacketId, Qos},
    topic,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::Arc,
};

pub type ClientId = String;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub enum Change {
    /// A new, empty session.
    Begin {
        client: ClientId,
        owner: Option<String>,
        persistent: bool,
    },
    End {
        client: ClientId,
    },
    Subscribe {
        client: ClientId,
        filter: String,
        qos: Qos,
    },
    Unsubscribe {
        client: ClientId,
        filter: String,
    },
    /// A message is on its way to the client.
    Enqueue {
        client: ClientId,
        outgoing: Outgoing,
    },
    /// The client has it (PUBREC), and is to be told that the broker knows (PUBREL).
    Release {
        client: ClientId,
        id: PacketId,
    },
    /// The client has it, and all is said about it (PUBACK, PUBCOMP).
    Complete {
        client: ClientId,
        id: PacketId,
    },
    /// The client's own message of this id was taken: when it comes again, it is the same one.
    Take {
        client: ClientId,
        id: PacketId,
    },
    /// The client will not send that message again (PUBREL): the id is free for another.
    Forget {
        client: ClientId,
        id: PacketId,
    },
    /// The newest retained message of its topic; an empty payload removes it.
    Retain {
        message: Arc<Message>,
    },
}

impl Change {
    /// Whose session it changes; none for retained messages.
    pub fn client(&self) -> Option<&ClientId> {
        match self {
            Change::Retain { .. } => None,
            Change::Begin { client, .. }
            | Change::End { client }
            | Change::Subscribe { client, .. }
            | Change::Unsubscribe { client, .. }
            | Change::Enqueue { client, .. }
            | Change::Release { client, .. }
            | Change::Complete { client, .. }
            | Change::Take { client, .. }
            | Change::Forget { client, .. } => Some(client),
        }
    }
}

/// A message on its way to a client, with an acknowledgement still to come.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Outgoing {
    pub id: PacketId,
    pub qos: Qos,
    /// It is sent because it was retained, not because it was published now.
    pub retain: bool,
    pub message: Arc<Message>,
    #[serde(skip)]
    pub stage: Stage,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Stage {
    /// It comes from the journal, which does not tell whether PUBLISH was sent: perhaps.
    #[default]
    Recovered,
    Waiting,
    /// PUBLISH was sent.
    Sent,
    /// PUBREC came: only PUBREL is to be sent, never the message again.
    Released,
}

#[derive(Debug, Default)]
pub struct Session {
    /// The user that began it.
    pub owner: Option<String>,
    /// It outlives its connection, and the broker's process.
    pub persistent: bool,
    /// The connection that the client has now.
    pub connection: Option<ConnectionId>,
    pub subscriptions: BTreeMap<String, Qos>,
    /// In the order in which they were published.
    pub outgoing: VecDeque<Outgoing>,
    /// Ids of messages from the client that were taken and can come again.
    pub taken: BTreeSet<PacketId>,
    last_id: PacketId,
}

impl Session {
    /// The quality with which the client wants messages of this topic, the best of all its subscriptions [3.3.5].
    pub fn wants(&self, topic: &str) -> Option<Qos> {
        let selecting = self.subscriptions.iter().filter(|(filter, _)| topic::matches(filter, topic));
        todo!("which QoS follows from {:?}?", selecting.collect::<Vec<_>>())
    }

    /// An id that no message under way has. There always is one: far fewer than 65,535 messages are kept.
    pub fn free_id(&self) -> PacketId {
        todo!("an id after {} that none of {:?} has", self.last_id, self.outgoing)
    }

    /// The message under way with this id.
    pub fn find(&self, id: PacketId) -> Option<&Outgoing> {
        self.outgoing.iter().find(|outgoing| outgoing.id == id)
    }
}

#[derive(Debug, Default)]
pub struct State {
    pub sessions: BTreeMap<ClientId, Session>,
    pub retained: BTreeMap<String, Arc<Message>>,
}

impl State {
    /// Whether this change has to survive a crash. Asked before it is applied.
    pub fn is_durable(&self, change: &Change) -> bool {
        match (change, change.client()) {
            (Change::Begin { persistent, .. }, _) => *persistent,
            (_, Some(client)) => self.sessions.get(client).is_some_and(|session| session.persistent),
            (_, None) => true,
        }
    }

    /// Carries out a change. One for a session that is not there does nothing.
    pub fn apply(&mut self, change: Change) {
        let client = change.client().cloned().unwrap_or_default();
        let session = self.sessions.get_mut(&client);
        match (change, session) {
            (Change::Begin { owner, persistent, .. }, _) => {
                self.sessions.insert(client, Session { owner, persistent, ..Session::default() });
            }
            (Change::End { .. }, _) => {
                self.sessions.remove(&client);
            }
            (Change::Retain { message }, _) => {
                // An empty payload has a meaning of its own: your turn.
                self.retained.insert(message.topic.clone(), message);
            }
            (_, None) => {}
            (change, Some(session)) => todo!("carry out {change:?} on {session:?}"),
        }
    }
}
