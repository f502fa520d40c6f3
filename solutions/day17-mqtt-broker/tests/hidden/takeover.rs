use crate::visible::support::{Broker, Connect, Packet};
use harness::{expect, random};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

#[tokio::test]
async fn of_twenty_connections_at_once_one_is_left() {
    let (broker, mut random) = (Arc::new(Broker::start()), random());
    let (client, topic) = (random.name(), random.name());
    let mut device = broker.resume(Connect::persistent(&client), false).await;
    device.subscribe(&topic, 1).await;
    let devices = harness_net::together(20, |_| {
        let (broker, connect) = (Arc::clone(&broker), Connect::persistent(&client));
        async move { broker.resume(connect, true).await }
    })
    .await;
    device.expect_closed("the older connection of a client is closed when it connects again").await;
    let mut publisher = broker.stranger(&mut random).await;
    publisher.publish(&topic, "x", 1).await;
    let left = Arc::new(AtomicUsize::new(0));
    for mut device in devices {
        if let Some(publish) = device.message_or_end("of one client's connections one is left").await {
            device.take(&publish).await;
            device.ping().await;
            left.fetch_add(1, Ordering::Relaxed);
        }
    }
    expect("of twenty connections of one client one is left, and gets its message").eq(left.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_clean_newcomer_ends_the_session_of_the_older_connection() {
    let (broker, mut random) = (Broker::start(), random());
    let (client, topic) = (random.name(), random.name());
    let mut older = broker.resume(Connect::persistent(&client), false).await;
    older.subscribe(&topic, 1).await;
    let mut newer = broker.resume(Connect::new(&client), false).await;
    older.expect_closed("the older connection of a client is closed when it connects again").await;
    newer.subscribe(&client, 1).await;
    let mut publisher = broker.stranger(&mut random).await;
    publisher.publish(&topic, "unwanted", 1).await;
    publisher.publish(&client, "end", 1).await;
    newer.receive("a clean session does not take over subscriptions", &client, "end").await;
}

#[tokio::test]
async fn what_the_older_connection_did_not_acknowledge_goes_to_the_newer() {
    let (broker, mut random) = (Broker::start(), random());
    let (client, topic) = (random.name(), random.name());
    let mut older = broker.resume(Connect::persistent(&client), false).await;
    older.subscribe(&topic, 1).await;
    let mut publisher = broker.stranger(&mut random).await;
    publisher.publish(&topic, "x", 1).await;
    let first = older.message("a subscriber gets the message").await;
    let mut newer = broker.resume(Connect::persistent(&client), true).await;
    let again = newer.receive("what was not acknowledged comes to the newer connection", &topic, "x").await;
    expect("a second delivery has the dup flag, and the packet id of the first")
        .eq((again.dup, again.id), (true, first.id));
    older.expect_closed("the older connection of a client is closed when it connects again").await;
    // Its end is noticed later than the newcomer's begin, and must not end that.
    newer.ping().await;
    publisher.publish(&topic, "y", 1).await;
    newer.receive("the end of the older connection does not touch the newer", &topic, "y").await;
}

#[tokio::test]
async fn nobody_takes_over_the_client_of_another_user() {
    let mut random = random();
    let client = random.name();
    let broker = Broker::guarded(&[("ann", "a"), ("eve", "e")], "user ann\ntopic #\nuser eve\ntopic #\n");
    let mut ann = broker.resume(Connect::persistent(&client).user("ann", "a"), false).await;
    for connected in [true, false] {
        for connect in [Connect::persistent(&client), Connect::new(&client)] {
            let mut eve = broker.device().await;
            eve.send_connect(&connect.user("eve", "e")).await;
            let refusal = Packet::ConnAck { session_present: false, code: 5 };
            eve.expect("the name of another user's client is refused with return code 5", refusal).await;
            eve.expect_closed("after a refusal the broker closes the connection").await;
        }
        if connected {
            ann.ping().await;
            ann.disconnect().await;
            ann.expect_closed("after DISCONNECT the broker closes the connection").await;
        }
    }
    broker.resume(Connect::persistent(&client).user("ann", "a"), true).await;
}
