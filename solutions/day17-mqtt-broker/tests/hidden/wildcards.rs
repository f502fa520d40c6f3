use crate::visible::support::Broker;
use harness::{Random, expect, random};

/// The specification in its own words, level by level.
fn selects(filter: &[&str], topic: &[&str]) -> bool {
    match (filter, topic) {
        (["#"], _) | ([], []) => true,
        (["+", filter @ ..], [_, topic @ ..]) => selects(filter, topic),
        ([f, filter @ ..], [t, topic @ ..]) => f == t && selects(filter, topic),
        _ => false,
    }
}

fn levels(random: &mut Random, words: &[&str]) -> String {
    let count = 1 + random.below(4);
    (0..count).map(|_| *random.pick(words)).collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn random_filters_select_what_the_specification_says() {
    let (broker, mut random) = (Broker::start(), random());
    let root = random.name();
    let filters: Vec<String> = (0..12)
        .map(|_| {
            let mut filter = format!("{root}/{}", levels(&mut random, &["a", "b", "ab", "+", "+", ""]));
            if random.one_in(2) {
                filter += "/#";
            }
            filter
        })
        .collect();
    let topics: Vec<String> =
        (0..50).map(|_| format!("{root}/{}", levels(&mut random, &["a", "b", "ab", "ä", ""]))).collect();
    let mut subscribers = Vec::new();
    for filter in &filters {
        let mut subscriber = broker.stranger(&mut random).await;
        subscriber.subscribe_all(&[(filter, 0), ("end", 0)]).await;
        subscribers.push(subscriber);
    }
    let mut publisher = broker.stranger(&mut random).await;
    for topic in &topics {
        publisher.publish(topic, "x", 0).await;
    }
    publisher.publish("end", "", 0).await;
    for (filter, subscriber) in filters.iter().zip(&mut subscribers) {
        let split: Vec<&str> = filter.split('/').collect();
        for topic in topics.iter().filter(|topic| selects(&split, &topic.split('/').collect::<Vec<_>>())) {
            subscriber.receive(&format!("{filter} selects {topic}"), topic, "x").await;
        }
        subscriber.receive(&format!("{filter} selects nothing else"), "end", "").await;
    }
}

#[tokio::test]
async fn the_brokers_own_topics_are_there_for_those_who_name_them() {
    let (broker, mut random) = (Broker::start(), random());
    for filter in ["$SYS/broker/version", "$SYS/broker/+", "$SYS/#"] {
        let mut subscriber = broker.stranger(&mut random).await;
        subscriber.subscribe(filter, 0).await;
        let requirement = format!("{filter} selects $SYS/broker/version, which is retained");
        let found = loop {
            let publish = subscriber.message(&requirement).await;
            expect(&requirement).expected("topics below $SYS").that(publish.topic.starts_with("$SYS/"), &publish);
            if publish.topic == "$SYS/broker/version" {
                break publish;
            }
        };
        expect("it says something").that(found.retain && !found.payload.is_empty(), &found);
    }
}

#[tokio::test]
async fn nobody_publishes_to_the_brokers_own_topics() {
    let (broker, mut random) = (Broker::start(), random());
    let name = random.name();
    let mut subscriber = broker.stranger(&mut random).await;
    subscriber.subscribe_all(&[(&format!("$SYS/{name}"), 1), (&name, 1)]).await;
    let mut publisher = broker.stranger(&mut random).await;
    publisher.publish(&format!("$SYS/{name}"), "forged", 0).await;
    publisher.publish(&format!("$SYS/{name}"), "forged", 1).await;
    publisher.publish(&name, "end", 1).await;
    subscriber.receive("what a client publishes below $SYS is dropped", &name, "end").await;
}

#[tokio::test]
async fn any_topic_with_a_dollar_is_hidden_from_wildcards_in_front() {
    let (broker, mut random) = (Broker::start(), random());
    let name = random.name();
    let topic = format!("${name}/x");
    let mut curious = broker.stranger(&mut random).await;
    curious.subscribe_all(&[("#", 0), ("+/x", 0), ("+/#", 0)]).await;
    let mut insider = broker.stranger(&mut random).await;
    insider.subscribe(&format!("${name}/#"), 0).await;
    let mut publisher = broker.stranger(&mut random).await;
    publisher.publish(&topic, "hidden", 0).await;
    publisher.publish(&name, "end", 0).await;
    insider.receive("a filter that begins with the same level selects it", &topic, "hidden").await;
    curious.receive("# and + at the front select no topic that begins with $", &name, "end").await;
}
