use crate::visible::support::{Broker, Connect, with_header};
use harness::{expect, random};

#[tokio::test]
async fn every_end_but_disconnect_publishes_it() {
    let (broker, mut random) = (Broker::start(), random());
    let topic = random.name();
    let mut watcher = broker.stranger(&mut random).await;
    watcher.subscribe(&topic, 1).await;
    let connect = |will: &str| Connect::new(format!("device of {will}")).will(&topic, will, 1, false);

    let mut device = broker.connect(connect("malformed")).await;
    device.send("SUBSCRIBE without a filter", with_header(0x82, b"\0\x01")).await;
    device.expect_closed("what is no packet closes the connection").await;
    watcher.receive("a connection that ends with a malformed packet publishes its will", &topic, "malformed").await;

    let device = broker.connect(connect("silent").keep_alive(1)).await;
    device.expect_cut_off("a client with a keep alive of 1 s that says nothing is cut off").await;
    watcher.receive("a connection that ends with its keep alive publishes its will", &topic, "silent").await;

    let device = broker.connect(connect("lost")).await;
    drop(device);
    let publish = watcher.receive("a lost connection publishes its will", &topic, "lost").await;
    expect("a will has the QoS that it was given").expected("QoS 1").that(publish.qos == 1, &publish);
}

#[tokio::test]
async fn a_takeover_publishes_the_will_of_the_older_connection() {
    let (broker, mut random) = (Broker::start(), random());
    let (client, topic) = (random.name(), random.name());
    let mut watcher = broker.stranger(&mut random).await;
    watcher.subscribe(&topic, 1).await;
    let mut older = broker.connect(Connect::new(&client).will(&topic, "older", 1, false)).await;
    let mut newer = broker.connect(Connect::new(&client).will(&topic, "newer", 1, false)).await;
    older.expect_closed("the older connection of a client is closed when it connects again").await;
    watcher.receive("a connection that is taken over publishes its will", &topic, "older").await;
    newer.disconnect().await;
    newer.expect_closed("after DISCONNECT the broker closes the connection").await;
    broker.stranger(&mut random).await.publish(&topic, "end", 1).await;
    watcher.receive("a will is published once, and not after DISCONNECT", &topic, "end").await;
}

#[tokio::test]
async fn a_will_can_be_retained() {
    let (broker, mut random) = (Broker::start(), random());
    let topic = random.name();
    let mut watcher = broker.stranger(&mut random).await;
    watcher.subscribe(&topic, 0).await;
    let will = random.name();
    let mut device = broker.connect(Connect::new(random.name()).will(&topic, &will, 0, true)).await;
    device.retain(&topic, "online", 1).await;
    watcher.receive("a subscriber gets the message", &topic, "online").await;
    drop(device);
    let publish = watcher.receive("a lost connection publishes its will", &topic, &will).await;
    expect("a will that is published now comes without the retain flag").that(!publish.retain, &publish);
    let mut late = broker.stranger(&mut random).await;
    late.subscribe(&topic, 0).await;
    let publish = late.receive("a will with the retain flag is retained", &topic, &will).await;
    expect("a retained will has the retain flag").expected("retain").that(publish.retain, &publish);
}

#[tokio::test]
async fn a_will_is_not_published_while_the_client_is_there() {
    let (broker, mut random) = (Broker::start(), random());
    let topic = random.name();
    let mut watcher = broker.stranger(&mut random).await;
    watcher.subscribe(&topic, 1).await;
    let connect = Connect::persistent(random.name()).will(&topic, "will", 1, false);
    let mut device = broker.resume(connect.clone(), false).await;
    device.publish(&topic, "alive", 1).await;
    watcher.receive("a connected client has no will to execute", &topic, "alive").await;
    drop(device);
    watcher.receive("a persistent session has a will, too", &topic, "will").await;
    let mut device = broker.resume(Connect { will: None, ..connect }, true).await;
    device.ping().await;
    drop(device);
    broker.stranger(&mut random).await.publish(&topic, "end", 1).await;
    watcher.receive("a will belongs to its connection, not to the session", &topic, "end").await;
}
