//! One connection to the broker, and expectations about what comes over it.

use super::packet::{self, Connect, Packet, Publish};
use harness::{expect, timeout};
use harness_net::{Closed, Socket};
use std::{collections::VecDeque, net::SocketAddr, time::Duration};

/// How long a packet may take (before stretching): less than the socket has, so that the failure names the requirement.
const PATIENCE: Duration = Duration::from_millis(4900);
/// How long it may take until a silent client is cut off (before stretching): mosquitto looks every five seconds.
const CUT_OFF: Duration = Duration::from_secs(12);
/// Packets that a failure shows.
const SHOWN: usize = 8;

#[derive(Debug)]
pub struct Device {
    socket: Socket,
    /// What was sent and received, in words.
    log: Vec<String>,
    /// Messages that came while an acknowledgement was waited for.
    early: VecDeque<Publish>,
    last_id: u16,
}

impl Device {
    pub async fn open(address: SocketAddr) -> Device {
        Device { socket: Socket::connect(address).await, log: Vec::new(), early: VecDeque::new(), last_id: 0 }
    }

    /// Sends bytes that are `words`.
    pub async fn send(&mut self, words: impl Into<String>, bytes: impl AsRef<[u8]>) {
        self.log.push(format!("→ {}", words.into()));
        self.socket.send(bytes).await;
    }

    pub async fn send_connect(&mut self, connect: &Connect) {
        self.send(connect.to_string(), connect.encode()).await;
    }

    /// Sends a packet that consists of a kind and an id.
    pub async fn acknowledge(&mut self, packet: Packet) {
        let (first, id) = match packet {
            Packet::PubAck(id) => (0x40, id),
            Packet::PubRec(id) => (0x50, id),
            Packet::PubRel(id) => (0x62, id),
            Packet::PubComp(id) => (0x70, id),
            other => panic!("{other} is no acknowledgement of a client's"),
        };
        self.send(packet.to_string(), packet::with_header(first, &id.to_be_bytes())).await;
    }

    pub async fn disconnect(&mut self) {
        self.send("DISCONNECT", [0xe0, 0]).await;
    }

    /// PINGREQ is answered.
    pub async fn ping(&mut self) {
        self.send("PINGREQ", [0xc0, 0]).await;
        self.expect("PINGREQ is answered with PINGRESP", Packet::PingResp).await;
    }

    /// A failure of `requirement`, with what went over the connection.
    pub fn fail(&self, requirement: &str, expected: &str, actual: impl std::fmt::Display) -> ! {
        let hidden = self.log.len().saturating_sub(SHOWN);
        let dots = (hidden > 0).then(|| format!("… {hidden} packets before"));
        let lines: Vec<String> = dots.into_iter().chain(self.log[hidden..].iter().cloned()).collect();
        expect(requirement).request(lines.join("\n")).expected(expected).fail(actual)
    }

    /// The next packet, messages that came early first.
    pub async fn next(&mut self, requirement: &str) -> Packet {
        self.next_of(requirement, "a packet").await
    }

    async fn next_of(&mut self, requirement: &str, expected: &str) -> Packet {
        match self.early.pop_front() {
            Some(publish) => Packet::Publish(publish),
            None => self.read(requirement, expected).await,
        }
    }

    async fn read(&mut self, requirement: &str, expected: &str) -> Packet {
        match tokio::time::timeout(timeout(PATIENCE), self.socket.read_until(packet::complete)).await {
            Ok(Ok(bytes)) => match packet::decode(&bytes) {
                Ok(packet) => {
                    self.log.push(format!("← {packet}"));
                    packet
                }
                Err(what) => self.fail("what the broker sends is MQTT 3.1.1", expected, what),
            },
            Ok(Err(Closed(bytes))) if bytes.is_empty() => self.fail(requirement, expected, "the connection was closed"),
            Ok(Err(Closed(bytes))) => {
                let what = format!("the connection was closed within a packet: \"{}\"", bytes.escape_ascii());
                self.fail(requirement, expected, what)
            }
            Err(_) => self.fail(requirement, expected, format!("silence for {} s", timeout(PATIENCE).as_secs_f32())),
        }
    }

    /// The next packet that is no message has to be this one. Messages that come before it are kept.
    pub async fn expect(&mut self, requirement: &str, expected: Packet) {
        loop {
            match self.read(requirement, &expected.to_string()).await {
                Packet::Publish(publish) => self.early.push_back(publish),
                packet if packet == expected => return,
                packet => self.fail(requirement, &expected.to_string(), packet),
            }
        }
    }

    /// Subscribes, and the broker grants it.
    pub async fn subscribe(&mut self, filter: &str, qos: u8) {
        self.subscribe_all(&[(filter, qos)]).await;
    }

    /// Subscribes to several filters with one packet, and the broker grants all.
    pub async fn subscribe_all(&mut self, filters: &[(&str, u8)]) {
        let id = self.fresh_id();
        self.send(format!("SUBSCRIBE {filters:?} id {id}"), packet::subscribe(id, filters)).await;
        let granted = Packet::SubAck(id, filters.iter().map(|(_, qos)| *qos).collect());
        self.expect("SUBSCRIBE is answered with SUBACK and the QoS of each filter", granted).await;
    }

    /// Unsubscribes.
    pub async fn unsubscribe(&mut self, filter: &str) {
        let id = self.fresh_id();
        self.send(format!("UNSUBSCRIBE {filter} id {id}"), packet::unsubscribe(id, &[filter])).await;
        self.expect("UNSUBSCRIBE is answered with UNSUBACK", Packet::UnsubAck(id)).await;
    }

    /// Publishes, with all acknowledgements.
    pub async fn publish(&mut self, topic: &str, payload: impl AsRef<[u8]>, qos: u8) {
        self.publish_with(topic, payload, qos, false).await;
    }

    /// Publishes a message that is retained, with all acknowledgements.
    pub async fn retain(&mut self, topic: &str, payload: impl AsRef<[u8]>, qos: u8) {
        self.publish_with(topic, payload, qos, true).await;
    }

    async fn publish_with(&mut self, topic: &str, payload: impl AsRef<[u8]>, qos: u8, retain: bool) {
        let id = if qos > 0 { self.fresh_id() } else { 0 };
        let payload = payload.as_ref().to_vec();
        self.send_publish(&Publish { topic: topic.to_owned(), payload, qos, retain, dup: false, id }).await;
        if qos == 1 {
            self.expect("PUBLISH of QoS 1 is answered with PUBACK", Packet::PubAck(id)).await;
        } else if qos == 2 {
            self.expect("PUBLISH of QoS 2 is answered with PUBREC", Packet::PubRec(id)).await;
            self.acknowledge(Packet::PubRel(id)).await;
            self.expect("PUBREL is answered with PUBCOMP", Packet::PubComp(id)).await;
        }
    }

    /// Sends PUBLISH and waits for nothing.
    pub async fn send_publish(&mut self, publish: &Publish) {
        self.send(publish.to_string(), packet::publish(publish)).await;
    }

    /// The next packet is a message. It is not acknowledged.
    pub async fn message(&mut self, requirement: &str) -> Publish {
        self.message_of(requirement, "PUBLISH").await
    }

    async fn message_of(&mut self, requirement: &str, expected: &str) -> Publish {
        match self.next_of(requirement, expected).await {
            Packet::Publish(publish) => publish,
            other => self.fail(requirement, expected, other),
        }
    }

    /// The next packet is this message. It is acknowledged as its QoS asks, and returned for a look at its flags.
    pub async fn receive(&mut self, requirement: &str, topic: &str, payload: impl AsRef<[u8]>) -> Publish {
        let expected = packet::describe(topic, payload.as_ref());
        let publish = self.message_of(requirement, &expected).await;
        if publish.topic != topic || publish.payload != payload.as_ref() {
            self.fail(requirement, &expected, publish);
        }
        self.take(&publish).await;
        publish
    }

    /// Acknowledges a message as its QoS asks.
    pub async fn take(&mut self, publish: &Publish) {
        if publish.qos == 1 {
            self.acknowledge(Packet::PubAck(publish.id)).await;
        } else if publish.qos == 2 {
            self.acknowledge(Packet::PubRec(publish.id)).await;
            self.expect("PUBREC is answered with PUBREL", Packet::PubRel(publish.id)).await;
            self.acknowledge(Packet::PubComp(publish.id)).await;
        }
    }

    /// The broker has to close the connection, without a further packet but for messages.
    pub async fn expect_closed(&mut self, requirement: &str) {
        let closing = self.socket.read_until(|_| None);
        match tokio::time::timeout(timeout(PATIENCE), closing).await {
            Ok(Err(Closed(bytes))) if bytes.first().is_none_or(|first| first >> 4 == 3) => {}
            Ok(Err(Closed(bytes))) => self.fail(
                requirement,
                "the end of the connection",
                format!("\"{}\", and then the end", bytes.escape_ascii()),
            ),
            _ => self.fail(requirement, "the end of the connection", "the connection is still open"),
        }
    }

    /// The messages that came and were not asked for.
    pub fn early(&self) -> Vec<String> {
        self.early.iter().map(ToString::to_string).collect()
    }

    /// The broker has to close the connection because nothing came: in its own time.
    pub async fn expect_cut_off(self, requirement: &str) {
        let (log, mut stream) = (self.log, self.socket.into_inner());
        let end = async { while let Ok(1..) = tokio::io::AsyncReadExt::read(&mut stream, &mut [0; 64]).await {} };
        let wanted = expect(requirement).request(log.join("\n")).expected("the end of the connection");
        if tokio::time::timeout(timeout(CUT_OFF), end).await.is_err() {
            wanted.fail("the connection is still open");
        }
    }

    /// The next message, or none when the broker has closed the connection.
    pub async fn message_or_end(&mut self, requirement: &str) -> Option<Publish> {
        match tokio::time::timeout(timeout(PATIENCE), self.socket.read_until(packet::complete)).await {
            Ok(Ok(bytes)) => match packet::decode(&bytes) {
                Ok(Packet::Publish(publish)) => Some(publish),
                other => self.fail(requirement, "PUBLISH, or the end", format!("{other:?}")),
            },
            Ok(Err(_)) => None,
            Err(_) => self.fail(requirement, "PUBLISH, or the end", "silence"),
        }
    }

    /// Publishes a retained message of QoS 1, and says whether it was acknowledged before the connection ended.
    pub async fn try_retain(&mut self, topic: &str, payload: &str) -> bool {
        let id = self.fresh_id();
        let (topic, payload) = (topic.to_owned(), payload.as_bytes().to_vec());
        self.send_publish(&Publish { topic, payload, qos: 1, retain: true, dup: false, id }).await;
        let answer = self.socket.read_until(packet::complete).await;
        answer.is_ok_and(|bytes| packet::decode(&bytes) == Ok(Packet::PubAck(id)))
    }

    /// The broker has to close the connection, whatever it says before.
    pub async fn drain(&mut self, requirement: &str) {
        self.socket.expect_closed(requirement).await;
    }

    /// An id for a packet of this client.
    pub fn fresh_id(&mut self) -> u16 {
        self.last_id += 1;
        self.last_id
    }
}
