use super::rumqttc_round_trip;
use crate::visible::support::{Broker, Connect, Packet, Publish};
use harness::{expect, random};

#[tokio::test]
async fn a_subscriber_that_said_pubrec_gets_pubrel_again_and_not_the_message() {
    let (broker, mut random) = (Broker::start(), random());
    let (client, topic) = (random.name(), random.name());
    let mut publisher = broker.stranger(&mut random).await;
    let mut subscriber = broker.resume(Connect::persistent(&client), false).await;
    subscriber.subscribe(&topic, 2).await;
    publisher.publish(&topic, "received", 2).await;
    publisher.publish(&topic, "seen", 2).await;
    let received = subscriber.message("a subscriber gets the message").await;
    let seen = subscriber.message("a subscriber gets the message").await;
    subscriber.acknowledge(Packet::PubRec(received.id)).await;
    subscriber.expect("PUBREC is answered with PUBREL", Packet::PubRel(received.id)).await;
    drop(subscriber);
    let mut subscriber = broker.resume(Connect::persistent(&client), true).await;
    subscriber.expect("on the next connection PUBREL comes again", Packet::PubRel(received.id)).await;
    let requirement = "on the next connection comes again what there was no PUBREC for, and only that";
    let again = subscriber.receive(requirement, &topic, "seen").await;
    expect("a second delivery has the dup flag, and the packet id of the first")
        .eq((again.dup, again.id), (true, seen.id));
    subscriber.acknowledge(Packet::PubComp(received.id)).await;
    subscriber.ping().await;
    publisher.publish(&topic, "end", 2).await;
    subscriber.receive("then the next message comes", &topic, "end").await;
}

#[tokio::test]
async fn a_publisher_may_repeat_itself_on_its_next_connection() {
    let (broker, mut random) = (Broker::start(), random());
    let (client, topic) = (random.name(), random.name());
    let mut subscriber = broker.stranger(&mut random).await;
    subscriber.subscribe(&topic, 2).await;
    let publish = |payload: &str, dup| Publish {
        topic: topic.clone(),
        payload: payload.into(),
        qos: 2,
        retain: false,
        dup,
        id: 9,
    };
    let mut publisher = broker.resume(Connect::persistent(&client), false).await;
    for payload in ["first", "second"] {
        publisher.send_publish(&publish(payload, false)).await;
        publisher.expect("PUBLISH of QoS 2 is answered with PUBREC", Packet::PubRec(9)).await;
        drop(publisher);
        publisher = broker.resume(Connect::persistent(&client), true).await;
        publisher.send_publish(&publish(payload, true)).await;
        publisher.expect("PUBLISH of QoS 2 is answered with PUBREC", Packet::PubRec(9)).await;
        for _ in 0..2 {
            // PUBCOMP may have been lost, too.
            publisher.acknowledge(Packet::PubRel(9)).await;
            publisher.expect("PUBREL is answered with PUBCOMP, also the second time", Packet::PubComp(9)).await;
        }
        let requirement = "each message comes once; after PUBREL its packet id is free for another";
        subscriber.receive(requirement, &topic, payload).await;
    }
    publisher.publish(&topic, "end", 2).await;
    subscriber.receive("and no message comes twice", &topic, "end").await;
}

#[tokio::test]
async fn qualities_mix() {
    let (broker, mut random) = (Broker::start(), random());
    let topic = random.name();
    let mut publisher = broker.stranger(&mut random).await;
    for wanted in [0, 1, 2] {
        let mut subscriber = broker.stranger(&mut random).await;
        subscriber.subscribe(&topic, wanted).await;
        for published in [2, 1, 0] {
            let payload = random.name();
            publisher.publish(&topic, &payload, published).await;
            let publish = subscriber.receive("a subscriber gets the message", &topic, &payload).await;
            expect("a message comes with the smaller of its own QoS and that of the subscription")
                .expected(format!("QoS {}", wanted.min(published)))
                .that(publish.qos == wanted.min(published), &publish);
        }
        subscriber.disconnect().await;
        subscriber.expect_closed("after DISCONNECT the broker closes the connection").await;
    }
}

#[tokio::test]
async fn rumqttc_can_use_it() {
    let (broker, mut random) = (Broker::start(), random());
    rumqttc_round_trip(broker.program.address(), &mut random, rumqttc::QoS::ExactlyOnce).await;
}
