use super::rumqttc_round_trip;
use crate::visible::support::{Broker, Connect, Packet};
use harness::{expect, random};
use std::collections::BTreeSet;

/// Messages that a client may have unacknowledged.
const WINDOW: usize = 20;

#[tokio::test]
async fn no_two_messages_under_way_share_a_packet_id() {
    let (broker, mut random) = (Broker::start(), random());
    let (client, topic) = (random.name(), random.name());
    let mut publisher = broker.stranger(&mut random).await;
    let mut subscriber = broker.resume(Connect::persistent(&client), false).await;
    subscriber.subscribe(&topic, 1).await;
    // The first message of each connection is never acknowledged: whoever begins to count anew meets its id again.
    let (mut open, mut kept, mut number) = (Vec::new(), BTreeSet::new(), 0);
    for _ in 0..4 {
        for count in 0..40 {
            publisher.publish(&topic, number.to_string(), 1).await;
            number += 1;
            let publish = subscriber.message("a subscriber gets the message").await;
            let ids: BTreeSet<u16> = open.iter().map(|(id, _)| *id).collect();
            expect("a message does not get the packet id of one that is not acknowledged yet")
                .expected(format!("none of {ids:?}"))
                .that(!ids.contains(&publish.id), &publish);
            if count == 0 {
                kept.insert(publish.id);
            }
            open.push((publish.id, publish.payload));
            let others: Vec<u16> = open.iter().map(|(id, _)| *id).filter(|id| !kept.contains(id)).collect();
            if others.len() > 8 {
                let id = *random.pick(&others);
                open.retain(|(open, _)| *open != id);
                subscriber.acknowledge(Packet::PubAck(id)).await;
            }
        }
        subscriber.ping().await;
        drop(subscriber);
        subscriber = broker.resume(Connect::persistent(&client), true).await;
        for (id, payload) in &open {
            let requirement = "what was not acknowledged comes again, in order and with its packet id";
            let again = subscriber.message(requirement).await;
            expect(requirement).eq((again.id, again.payload), (*id, payload.clone()));
        }
    }
}

#[tokio::test]
async fn a_client_has_at_most_twenty_unacknowledged_messages() {
    let (broker, mut random) = (Broker::start(), random());
    let topic = random.name();
    let mut publisher = broker.stranger(&mut random).await;
    let mut subscriber = broker.stranger(&mut random).await;
    subscriber.subscribe(&topic, 1).await;
    for number in 0..50 {
        publisher.publish(&topic, number.to_string(), 1).await;
    }
    subscriber.ping().await;
    let early = subscriber.early();
    expect("a client that acknowledges nothing gets 20 messages, the others wait").eq(early.len(), WINDOW);
    for number in 0..50 {
        let requirement = "each acknowledgement makes room for the next message, in the order of publishing";
        subscriber.receive(requirement, &topic, number.to_string()).await;
    }
    subscriber.ping().await;
}

#[tokio::test]
async fn messages_wait_for_an_absent_client_but_not_those_of_qos_0() {
    let (broker, mut random) = (Broker::start(), random());
    let (client, root) = (random.name(), random.name());
    let mut subscriber = broker.resume(Connect::persistent(&client), false).await;
    subscriber.subscribe_all(&[(&format!("{root}/1"), 1), (&format!("{root}/0"), 0)]).await;
    subscriber.disconnect().await;
    subscriber.expect_closed("after DISCONNECT the broker closes the connection").await;
    let mut publisher = broker.stranger(&mut random).await;
    for number in 0..200 {
        publisher.publish(&format!("{root}/1"), number.to_string(), 1).await;
        if number % 20 == 0 {
            publisher.publish(&format!("{root}/1"), "of QoS 0", 0).await;
            publisher.publish(&format!("{root}/0"), "for QoS 0", 1).await;
        }
    }
    let mut subscriber = broker.resume(Connect::persistent(&client), true).await;
    for number in 0..200 {
        let requirement = "messages of QoS 1 wait for an absent client, in order, those of QoS 0 do not";
        let publish = subscriber.receive(requirement, &format!("{root}/1"), number.to_string()).await;
        expect("a first delivery has no dup flag").that(!publish.dup, &publish);
    }
    let end = random.name();
    publisher.publish(&format!("{root}/1"), &end, 1).await;
    subscriber.receive("and none of them comes twice", &format!("{root}/1"), &end).await;
}

#[tokio::test]
async fn a_clean_session_ends_the_old_one() {
    let (broker, mut random) = (Broker::start(), random());
    let (client, topic) = (random.name(), random.name());
    let mut publisher = broker.stranger(&mut random).await;
    let mut subscriber = broker.resume(Connect::persistent(&client), false).await;
    subscriber.subscribe(&topic, 1).await;
    subscriber.disconnect().await;
    subscriber.expect_closed("after DISCONNECT the broker closes the connection").await;
    publisher.publish(&topic, "forgotten", 1).await;
    let mut clean = broker.resume(Connect::new(&client), false).await;
    clean.disconnect().await;
    clean.expect_closed("after DISCONNECT the broker closes the connection").await;
    let mut subscriber = broker.resume(Connect::persistent(&client), false).await;
    subscriber.subscribe(&client, 1).await;
    publisher.publish(&topic, "unwanted", 1).await;
    publisher.publish(&client, "end", 1).await;
    subscriber.receive("a clean session takes subscriptions and waiting messages with it", &client, "end").await;
}

#[tokio::test]
async fn an_acknowledgement_of_something_else_is_no_harm() {
    let (broker, mut random) = (Broker::start(), random());
    let topic = random.name();
    let mut subscriber = broker.stranger(&mut random).await;
    subscriber.subscribe(&topic, 1).await;
    let mut publisher = broker.stranger(&mut random).await;
    publisher.publish(&topic, "x", 1).await;
    let publish = subscriber.message("a subscriber gets the message").await;
    subscriber.acknowledge(Packet::PubAck(publish.id ^ 0x4000)).await;
    subscriber.ping().await;
    subscriber.take(&publish).await;
    subscriber.acknowledge(Packet::PubAck(publish.id)).await;
    subscriber.ping().await;
}

#[tokio::test]
async fn rumqttc_can_use_it() {
    let (broker, mut random) = (Broker::start(), random());
    rumqttc_round_trip(broker.program.address(), &mut random, rumqttc::QoS::AtLeastOnce).await;
}
