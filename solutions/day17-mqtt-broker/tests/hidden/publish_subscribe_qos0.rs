use crate::visible::support::Broker;
use harness::{expect, random};

#[tokio::test]
async fn payloads_are_any_bytes_of_any_length() {
    let (broker, mut random) = (Broker::start(), random());
    let topic = random.unicode(30).replace(['#', '+'], "-") + &random.name();
    let mut subscriber = broker.stranger(&mut random).await;
    subscriber.subscribe(&topic, 0).await;
    let mut publisher = broker.stranger(&mut random).await;
    // Around the places where the length takes one more byte.
    for length in [0, 1, 60, 127 - topic.len() % 60, 128, 16_300, 16_384, 600_000] {
        let payload = random.bytes(length);
        publisher.publish(&topic, &payload, 0).await;
        subscriber.receive("a payload arrives as it was sent", &topic, &payload).await;
    }
}

#[tokio::test]
async fn messages_of_one_client_keep_their_order() {
    let (broker, mut random) = (Broker::start(), random());
    let root = random.name();
    let mut subscriber = broker.stranger(&mut random).await;
    subscriber.subscribe(&format!("{root}/#"), 0).await;
    let mut publisher = broker.stranger(&mut random).await;
    let topics: Vec<String> = (0..300).map(|_| format!("{root}/{}", random.below(3))).collect();
    for (number, topic) in topics.iter().enumerate() {
        publisher.publish(topic, number.to_string(), 0).await;
    }
    for (number, topic) in topics.iter().enumerate() {
        let requirement = "messages of one client come in the order in which they were published";
        subscriber.receive(requirement, topic, number.to_string()).await;
    }
}

#[tokio::test]
async fn a_message_comes_once_however_many_subscriptions_select_it() {
    let (broker, mut random) = (Broker::start(), random());
    let root = random.name();
    let (topic, end) = (format!("{root}/a"), format!("{root}/end"));
    let mut subscriber = broker.stranger(&mut random).await;
    let filters = [format!("{root}/+"), topic.clone(), format!("{root}/#"), topic.clone()];
    subscriber.subscribe_all(&filters.each_ref().map(|filter| (filter.as_str(), 0))).await;
    subscriber.subscribe(&topic, 0).await;
    let mut publisher = broker.stranger(&mut random).await;
    publisher.publish(&topic, "x", 0).await;
    publisher.publish(&end, "", 0).await;
    subscriber.receive("a subscriber gets the message", &topic, "x").await;
    subscriber.receive("a message that several subscriptions select comes once", &end, "").await;
    for filter in [&filters[0], &filters[2]] {
        subscriber.unsubscribe(filter).await;
    }
    publisher.publish(&end, "unwanted", 0).await;
    publisher.publish(&topic, "y", 0).await;
    subscriber.receive("the subscription that is left selects it", &topic, "y").await;
}

#[tokio::test]
async fn a_client_gets_its_own_messages_too() {
    let (broker, mut random) = (Broker::start(), random());
    let topic = random.name();
    let mut device = broker.stranger(&mut random).await;
    device.subscribe(&topic, 0).await;
    device.publish(&topic, "echo", 0).await;
    let publish = device.receive("a client that subscribes to what it publishes gets it", &topic, "echo").await;
    expect("it comes with QoS 0").eq(publish.qos, 0);
}

#[tokio::test]
async fn a_subscription_ends_with_a_clean_session() {
    let (broker, mut random) = (Broker::start(), random());
    let (client, topic, end) = (random.name(), random.name(), random.name());
    let connect = crate::visible::support::Connect::new(&client);
    let mut device = broker.connect(connect.clone()).await;
    device.subscribe(&topic, 0).await;
    device.disconnect().await;
    device.expect_closed("after DISCONNECT the broker closes the connection").await;
    let mut device = broker.resume(connect, false).await;
    device.subscribe(&end, 0).await;
    let mut publisher = broker.stranger(&mut random).await;
    publisher.publish(&topic, "unwanted", 0).await;
    publisher.publish(&end, "", 0).await;
    device.receive("a clean session begins without subscriptions", &end, "").await;
}

#[tokio::test]
async fn a_subscriber_that_does_not_read_holds_up_nobody() {
    let (broker, mut random) = (Broker::start(), random());
    let topic = random.name();
    let mut lazy = broker.stranger(&mut random).await;
    lazy.subscribe(&topic, 0).await;
    let mut reader = broker.stranger(&mut random).await;
    reader.subscribe(&topic, 0).await;
    let mut publisher = broker.stranger(&mut random).await;
    let payload = vec![b'x'; 200_000];
    // Much more than the sockets in between can hold.
    for _ in 0..60 {
        publisher.publish(&topic, &payload, 0).await;
        reader.receive("others get their messages while one subscriber does not read", &topic, &payload).await;
    }
    lazy.message("the one that did not read has its messages, too").await;
}
