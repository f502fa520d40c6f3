use crate::visible::support::{Service, body, number, receiver, receiver_saying, until_received};
use harness::{expect, random};
use harness_net::{Answer, Received, Upstream};
use std::collections::{BTreeMap, HashSet};

/// Whatever fails first, each key arrives in order.
#[tokio::test]
async fn keys_keep_their_order_under_failures() {
    let mut service = Service::with(&["--retry-ms", "5,5,5,5,5,5,5,5,5,5"]);
    let (mut random, mut failed) = (random(), HashSet::new());
    let mut chance = random.fork();
    // Every first request fails, and others by chance, once each.
    let receiver = Upstream::start(move |received: &Received| {
        let first = failed.insert(received.body.clone());
        Answer::new(if first && !chance.one_in(4) { 500 } else { 204 }, "")
    });
    let endpoint = service.endpoint(&receiver.url()).await;
    for number in 0..24 {
        let key = format!("k{}", random.below(3));
        service.event_of(body(&key, number), Some(&key), 1).await;
        if number == 12 {
            service.kill_and_restart();
        }
    }
    harness_net::eventually("all are delivered", crate::visible::support::PATIENCE, || async {
        let list = service.deliveries(&format!("?endpoint={}&status=delivered", endpoint.id)).await;
        (list.len() == 24).then_some(())
    })
    .await;
    let mut keys: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    for request in receiver.received() {
        keys.entry(request.json()["type"].to_string()).or_default().push(number(&request));
    }
    for numbers in keys.values() {
        expect("an event waits until those of its key before it are delivered")
            .that(numbers.is_sorted(), format!("{numbers:?}"));
    }
}

#[tokio::test]
async fn the_dead_hold_nobody_up() {
    let (service, receiver) = (Service::with(&["--retry-ms", "20"]), receiver());
    for _ in 0..2 {
        receiver.next(Answer::new(500, ""));
    }
    service.endpoint(&receiver.url()).await;
    let first = service.event_of(body("a.b", 1), Some("k"), 1).await;
    let second = service.event_of(body("a.b", 2), Some("k"), 1).await;
    service.until(&second, "delivered").await;
    service.until(&first, "dead").await;
    let numbers: Vec<_> = receiver.received().iter().map(number).collect();
    expect("two attempts at the first, and then the second").eq(numbers, [1, 1, 2]);
}

#[tokio::test]
async fn a_key_is_a_queue_for_each_endpoint() {
    let (service, bad, good) = (Service::with(&["--retry-ms", "3600000"]), receiver_saying(500), receiver());
    service.endpoint(&bad.url()).await;
    service.endpoint(&good.url()).await;
    for number in 0..5 {
        service.event_of(body("a.b", number), Some("k"), 2).await;
    }
    let numbers: Vec<_> = until_received(&good, 5).await.iter().map(number).collect();
    expect("one endpoint does not wait for another").eq(numbers, [0, 1, 2, 3, 4]);
    expect("the other waits for its first").eq(bad.count(), 1);
    for key in ["", &"k".repeat(65)] {
        let call = service.http.post("/events").header("content-type", "application/json").body(body("a.b", 9));
        let reply = call.header("ordering-key", key).send().await;
        reply.expect("a key has 1 to 64 characters").problem(422).json_at("/field", "Ordering-Key");
    }
}
