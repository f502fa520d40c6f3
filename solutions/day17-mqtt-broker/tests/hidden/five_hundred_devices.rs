use crate::visible::support::{Broker, Connect};
use harness::{expect, random};
use std::{collections::BTreeMap, sync::Arc};

#[tokio::test]
async fn their_messages_all_arrive_and_in_order() {
    let (broker, mut random) = (Arc::new(Broker::start()), random());
    let mut collector = broker.stranger(&mut random).await;
    collector.subscribe("devices/+/data", 0).await;
    let devices = harness_net::together(500, |number| {
        let broker = Arc::clone(&broker);
        async move {
            let mut device = broker.resume(Connect::new(format!("device-{number}")), false).await;
            for value in 0..4 {
                device.publish(&format!("devices/{number}/data"), value.to_string(), u8::from(value == 3)).await;
            }
            device
        }
    })
    .await;
    let mut received: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for _ in 0..2000 {
        let publish = collector.message("all 2000 messages of 500 devices arrive").await;
        received.entry(publish.topic).or_default().push(String::from_utf8_lossy(&publish.payload).into_owned());
    }
    for (topic, values) in &received {
        expect("each device's messages arrive in the order in which it published them")
            .request(topic)
            .eq(values.join(" "), "0 1 2 3".to_owned());
    }
    expect("all 500 devices are still connected").eq(devices.len(), 500);
    for mut device in devices.into_iter().step_by(50) {
        device.ping().await;
    }
}
