use crate::visible::support::Broker;
use harness::{expect, random};
use std::collections::BTreeMap;

#[tokio::test]
async fn a_wildcard_gets_all_that_it_selects() {
    let (broker, mut random) = (Broker::start(), random());
    let root = random.name();
    let mut publisher = broker.stranger(&mut random).await;
    let mut expected = BTreeMap::new();
    for number in 0..12 {
        let (topic, payload) = (format!("{root}/{}/{number}", number % 2), random.name());
        publisher.retain(&topic, &payload, 1).await;
        if number % 2 == 1 {
            expected.insert(topic, payload.into_bytes());
        }
    }
    publisher.disconnect().await;
    publisher.expect_closed("after DISCONNECT the broker closes the connection").await;
    let mut subscriber = broker.stranger(&mut random).await;
    subscriber.subscribe(&format!("{root}/1/+"), 1).await;
    let mut received = BTreeMap::new();
    for _ in 0..expected.len() {
        let publish = subscriber.message("a new subscriber gets the retained message of each topic").await;
        subscriber.take(&publish).await;
        expect("a retained message has the retain flag").expected("retain").that(publish.retain, &publish);
        received.insert(publish.topic, publish.payload);
    }
    expect("a new subscriber gets the retained message of each topic, once").eq(received, expected);
    let end = format!("{root}/1/end");
    broker.stranger(&mut random).await.publish(&end, "", 1).await;
    subscriber.receive("and nothing else", &end, "").await;
}

#[tokio::test]
async fn it_comes_again_with_every_subscription_and_with_the_smaller_qos() {
    let (broker, mut random) = (Broker::start(), random());
    let topic = random.name();
    let mut publisher = broker.stranger(&mut random).await;
    for (kept, wanted) in [(0, 1), (1, 0), (1, 1)] {
        publisher.retain(&topic, "x", kept).await;
        // Acknowledged behind it: it is with the broker.
        publisher.publish("elsewhere", "", 1).await;
        let mut subscriber = broker.stranger(&mut random).await;
        for _ in 0..2 {
            subscriber.subscribe(&topic, wanted).await;
            let publish = subscriber.receive("each SUBSCRIBE brings the retained message", &topic, "x").await;
            expect("a retained message comes with the smaller of both QoS")
                .expected(format!("QoS {}, retain", kept.min(wanted)))
                .that(publish.qos == kept.min(wanted) && publish.retain, &publish);
        }
    }
}

#[tokio::test]
async fn removing_is_a_message_for_those_who_are_there() {
    let (broker, mut random) = (Broker::start(), random());
    let topic = random.name();
    let mut subscriber = broker.stranger(&mut random).await;
    subscriber.subscribe(&topic, 0).await;
    let mut publisher = broker.stranger(&mut random).await;
    publisher.retain(&topic, "x", 0).await;
    publisher.retain(&topic, "", 0).await;
    publisher.retain(&topic, "y", 0).await;
    for payload in ["x", "", "y"] {
        let publish = subscriber.receive("who is there gets every message, an empty one too", &topic, payload).await;
        expect("published now, so without the retain flag").that(!publish.retain, &publish);
    }
    let mut late = broker.stranger(&mut random).await;
    late.subscribe(&topic, 0).await;
    late.receive("after it was taken back a topic can get another one", &topic, "y").await;
}
