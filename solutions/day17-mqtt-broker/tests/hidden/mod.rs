//! Tests that vary what the visible ones show: every behaviour is on the page. Here clients are also those of rumqttc.

mod auth_and_acl;
mod connect_and_keepalive;
mod five_hundred_devices;
mod last_will;
mod malformed_packets;
mod persistent_sessions_survive_kill9;
mod publish_subscribe_qos0;
mod qos1_redelivery;
mod qos2;
mod retained;
mod takeover;
mod wildcards;

use harness::expect;
use harness_net::within;
use rumqttc::{AsyncClient, Event, EventLoop, MqttOptions, Packet, Publish, QoS};
use std::{net::SocketAddr, time::Duration};

/// How long something that the program does in its own time may take (before stretching).
const PATIENCE: Duration = Duration::from_secs(10);

/// A client of the rumqttc crate.
struct Rumqttc {
    client: AsyncClient,
    events: EventLoop,
}

impl Rumqttc {
    /// Connects; the broker has to accept.
    async fn connect(name: &str, address: SocketAddr) -> Rumqttc {
        let mut options = MqttOptions::new(name, address.ip().to_string(), address.port());
        options.set_max_packet_size(1 << 20, 1 << 20);
        let (client, events) = AsyncClient::new(options, 100);
        let mut device = Rumqttc { client, events };
        device.wait("rumqttc is accepted", |packet| matches!(packet, Packet::ConnAck(_)).then_some(())).await;
        device
    }

    /// Lets rumqttc work until a packet comes in of which `found` makes something.
    async fn wait<T>(&mut self, requirement: &str, found: impl Fn(&Packet) -> Option<T>) -> T {
        within(requirement, PATIENCE, async {
            loop {
                match self.events.poll().await {
                    Ok(Event::Incoming(packet)) => {
                        if let Some(found) = found(&packet) {
                            return found;
                        }
                    }
                    Ok(Event::Outgoing(_)) => {}
                    Err(error) => expect(requirement).expected("rumqttc is content").fail(error),
                }
            }
        })
        .await
    }

    async fn subscribe(&mut self, filter: &str, qos: QoS) {
        self.client.subscribe(filter, qos).await.expect("there is room for requests");
        let acknowledged = |packet: &Packet| matches!(packet, Packet::SubAck(_)).then_some(());
        self.wait("rumqttc's SUBSCRIBE is acknowledged", acknowledged).await;
    }

    async fn publish(&mut self, topic: &str, payload: &[u8], qos: QoS) {
        self.client.publish(topic, qos, false, payload).await.expect("there is room for requests");
        let last = |packet: &Packet| match (packet, qos) {
            (Packet::PubAck(_), QoS::AtLeastOnce) | (Packet::PubComp(_), QoS::ExactlyOnce) => Some(()),
            _ => None,
        };
        if qos != QoS::AtMostOnce {
            self.wait("rumqttc's PUBLISH is acknowledged", last).await;
        }
    }

    async fn message(&mut self) -> Publish {
        let publish =
            |packet: &Packet| if let Packet::Publish(publish) = packet { Some(publish.clone()) } else { None };
        self.wait("rumqttc gets the message", publish).await
    }
}

/// A message from one rumqttc client to another with this QoS.
async fn rumqttc_round_trip(address: SocketAddr, random: &mut harness::Random, qos: QoS) {
    let (root, payload) = (random.name(), random.bytes(50));
    let topic = format!("{root}/x");
    let mut subscriber = Rumqttc::connect(&random.name(), address).await;
    subscriber.subscribe(&format!("{root}/#"), qos).await;
    let mut publisher = Rumqttc::connect(&random.name(), address).await;
    for _ in 0..3 {
        // rumqttc sends while it is waited for; an acknowledged message behind those of QoS 0 does that.
        publisher.publish(&topic, &payload, qos).await;
        publisher.publish("elsewhere", b"", QoS::AtLeastOnce).await;
        let publish = subscriber.message().await;
        expect("rumqttc gets topic, payload and QoS as they were published")
            .eq((publish.topic, publish.payload.to_vec(), publish.qos), (topic.clone(), payload.clone(), qos));
    }
}
