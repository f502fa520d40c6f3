use crate::visible::support::{Broker, Connect, Device, Packet, Publish};
use harness::{expect, random};
use harness_net::write_until_killed;
use std::{collections::BTreeSet, sync::Arc};
use tokio::sync::Mutex;

#[tokio::test]
async fn what_was_acknowledged_under_load_is_there() {
    let (mut broker, mut random) = (Broker::start(), random());
    let mut writers: Vec<Arc<Mutex<Device>>> = Vec::new();
    for _ in 0..4 {
        writers.push(Arc::new(Mutex::new(broker.stranger(&mut random).await)));
    }
    let acknowledged = write_until_killed(&mut broker.program, writers.len(), 150, move |writer, number| {
        let device = Arc::clone(&writers[writer]);
        async move {
            let topic = format!("load/{writer}/{number}");
            let stored = device.lock().await.try_retain(&topic, "x").await;
            stored.then_some(topic)
        }
    })
    .await;
    broker.program.start_again();
    let mut reader = broker.stranger(&mut random).await;
    // The own message is behind all retained ones.
    reader.subscribe("load/#", 0).await;
    reader.publish("load/end", "", 0).await;
    let mut stored = BTreeSet::new();
    loop {
        let publish = reader.message("a retained message survives a kill -9").await;
        if publish.topic == "load/end" {
            break;
        }
        stored.insert(publish.topic);
    }
    acknowledged.expect_all_in(&stored);
}

#[tokio::test]
async fn an_acknowledgement_survives_too() {
    let (mut broker, mut random) = (Broker::start(), random());
    let (client, topic) = (random.name(), random.name());
    let mut subscriber = broker.resume(Connect::persistent(&client), false).await;
    subscriber.subscribe(&topic, 1).await;
    let mut publisher = broker.stranger(&mut random).await;
    for payload in ["0", "1", "2"] {
        publisher.publish(&topic, payload, 1).await;
    }
    let first = subscriber.message("a subscriber gets the message").await;
    subscriber.receive("a subscriber gets the message", &topic, "1").await;
    subscriber.ping().await;
    broker.kill_and_start_again();
    let mut subscriber = broker.resume(Connect::persistent(&client), true).await;
    let again = subscriber.message("what was not acknowledged comes again after a kill -9").await;
    expect("it has the packet id and the payload of the first delivery, and the dup flag")
        .eq((again.id, again.payload.clone(), again.dup), (first.id, first.payload, true));
    subscriber.receive("what was acknowledged does not", &topic, "2").await;
    let mut publisher = broker.stranger(&mut random).await;
    publisher.publish(&topic, "3", 1).await;
    let next = subscriber.receive("then the next message comes", &topic, "3").await;
    expect("a new message does not get the packet id of one that is not acknowledged yet").ne(next.id, again.id);
}

#[tokio::test]
async fn exactly_once_means_after_a_kill_too() {
    let (mut broker, mut random) = (Broker::start(), random());
    let (sender, receiver, topic) = (random.name(), random.name(), random.name());
    let mut subscriber = broker.resume(Connect::persistent(&receiver), false).await;
    subscriber.subscribe(&topic, 2).await;
    let mut publisher = broker.resume(Connect::persistent(&sender), false).await;
    publisher.publish(&topic, "zero", 2).await;
    let zero = subscriber.message("a subscriber gets the message").await;
    subscriber.acknowledge(Packet::PubRec(zero.id)).await;
    subscriber.expect("PUBREC is answered with PUBREL", Packet::PubRel(zero.id)).await;
    let publish =
        |dup| Publish { topic: topic.clone(), payload: b"once".to_vec(), qos: 2, retain: false, dup, id: 777 };
    publisher.send_publish(&publish(false)).await;
    publisher.expect("PUBLISH of QoS 2 is answered with PUBREC", Packet::PubRec(777)).await;
    broker.kill_and_start_again();
    let mut publisher = broker.resume(Connect::persistent(&sender), true).await;
    publisher.send_publish(&publish(true)).await;
    publisher.expect("PUBLISH of QoS 2 is answered with PUBREC", Packet::PubRec(777)).await;
    publisher.acknowledge(Packet::PubRel(777)).await;
    publisher.expect("PUBREL is answered with PUBCOMP", Packet::PubComp(777)).await;
    publisher.publish(&topic, "end", 2).await;
    let mut subscriber = broker.resume(Connect::persistent(&receiver), true).await;
    subscriber.expect("what there was a PUBREC for goes on with PUBREL", Packet::PubRel(zero.id)).await;
    subscriber.acknowledge(Packet::PubComp(zero.id)).await;
    subscriber.receive("a message that is repeated after a kill -9 comes once", &topic, "once").await;
    subscriber.receive("a message that is repeated after a kill -9 comes once", &topic, "end").await;
}

#[tokio::test]
async fn what_ended_does_not_come_back() {
    let (mut broker, mut random) = (Broker::start(), random());
    let [clean, ended, left, topic] = [(); 4].map(|()| random.name());
    let mut device = broker.connect(Connect::new(&clean)).await;
    device.subscribe(&topic, 1).await;
    broker.resume(Connect::persistent(&ended), false).await;
    let mut device = broker.resume(Connect::new(&ended), false).await;
    device.retain(&topic, "removed", 1).await;
    device.retain(&topic, "", 1).await;
    let mut device = broker.resume(Connect::persistent(&left), false).await;
    device.subscribe_all(&[(&topic, 1), (&left, 1)]).await;
    device.unsubscribe(&topic).await;
    broker.kill_and_start_again();
    broker.resume(Connect::persistent(&clean), false).await;
    broker.resume(Connect::persistent(&ended), false).await;
    let mut device = broker.resume(Connect::persistent(&left), true).await;
    let mut publisher = broker.stranger(&mut random).await;
    publisher.publish(&topic, "unwanted", 1).await;
    publisher.publish(&left, "end", 1).await;
    device.receive("an ended subscription does not come back after a kill -9", &left, "end").await;
    device.subscribe(&topic, 1).await;
    publisher.publish(&topic, "now", 1).await;
    device.receive("a removed retained message does not come back after a kill -9", &topic, "now").await;
}

#[tokio::test]
async fn a_damaged_store_is_reported() {
    let (mut broker, mut random) = (Broker::start(), random());
    let mut device = broker.resume(Connect::persistent(random.name()), false).await;
    for number in 0..20 {
        device.retain(&format!("{number}"), random.name(), 1).await;
    }
    broker.program.kill();
    let folder = broker.program.data_dir().to_owned();
    for entry in std::fs::read_dir(&folder).expect("the data folder is there").flatten() {
        if let Ok(bytes) = std::fs::read(entry.path()) {
            // Line by line, so that it cannot pass for one that was cut short.
            let noise = random.bytes(bytes.len()).chunks(32).map(|line| [line, b"\n"].concat()).collect::<Vec<_>>();
            std::fs::write(entry.path(), noise.concat()).expect("a file of the program can be overwritten");
        }
    }
    let ended = harness::Launch::service().data_dir_at(&folder).run_to_end();
    expect("a store that is full of noise ends the start with exit status 1").eq(ended.code, Some(1));
    expect("and a message on standard error").that(!ended.stderr.trim().is_empty(), "nothing");
}
