use crate::visible::support::{Service, body, receiver, receiver_saying, until_received};
use harness::expect;
use harness_net::{Answer, Gate, Upstream, eventually};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn many_slow_ones_do_not_take_all_places() {
    let service = Service::with(&["--timeout-ms", "600000"]);
    let (gate, fast) = (Gate::shut(), receiver());
    let held = gate.clone();
    let slow = Upstream::start(move |_| Answer::new(204, "").behind(&held));
    for number in 0..40 {
        service.endpoint_of(&json!({"url": format!("{}/{number}", slow.url()), "types": ["flood"]})).await;
    }
    service.endpoint_of(&json!({"url": fast.url(), "types": ["drop"]})).await;
    for number in 0..4 {
        service.event_of(body("flood", number), None, 40).await;
    }
    until_received(&slow, 100).await;
    for number in 0..10 {
        service.event_of(body("drop", number), None, 1).await;
    }
    until_received(&fast, 10).await;
    gate.open();
    until_received(&slow, 160).await;
}

#[tokio::test]
async fn after_an_outage_there_is_no_flood() {
    let service = Service::with(&["--retry-ms", "5", "--timeout-ms", "600000"]);
    let receiver = receiver_saying(503);
    let endpoint = service.endpoint(&receiver.url()).await;
    for number in 0..30 {
        service.event_of(body("a.b", number), None, 1).await;
    }
    eventually("all are dead", crate::visible::support::PATIENCE, || async {
        (service.deliveries("?status=dead").await.len() == 30).then_some(())
    })
    .await;
    expect("four at the same time").that(receiver.most_at_once() <= 4, receiver.most_at_once());
    let gate = Gate::shut();
    let held = gate.clone();
    receiver.change(move |_| Answer::new(204, "").behind(&held));
    let reply = service.replay(&json!({"endpoint": endpoint.id})).await;
    reply.expect("thirty are replayed").status(202).json_at("/replayed", 30);
    until_received(&receiver, 64).await;
    expect("thirty at once are replayed four at a time").eq(receiver.most_at_once(), 4);
    gate.open();
    eventually("all arrive", crate::visible::support::PATIENCE, || async {
        (service.deliveries("?status=delivered").await.len() == 30).then_some(())
    })
    .await;
    expect("never more than four").eq(receiver.most_at_once(), 4);
}

#[tokio::test]
async fn an_answer_without_an_end_is_an_answer() {
    let service = Service::with(&["--timeout-ms", "3000", "--retry-ms", "5"]);
    let receiver = Upstream::start(|_| Answer::new(200, "first").then(Duration::from_secs(600), "never"));
    service.endpoint(&receiver.url()).await;
    let event = service.event("a.b").await;
    service.until(&event, "delivered").await.expect("the status is all that counts").json_at("/log/0/status", 200);
}
