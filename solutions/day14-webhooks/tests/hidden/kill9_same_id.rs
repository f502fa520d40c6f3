use crate::visible::support::{
    Service, body, expect_signed, id, number, outcomes, receiver, receiver_saying, until_received,
};
use harness::{Acknowledged, expect};
use harness_net::{Answer, Gate, eventually, write_until_killed};
use serde_json::json;
use std::collections::BTreeMap;

#[tokio::test]
async fn what_was_taken_arrives() {
    let (mut service, receiver) = (Service::start(), receiver());
    let endpoint = service.endpoint(&receiver.url()).await;
    let http = service.http.clone();
    let write = move |writer: usize, count: usize| {
        let http = http.clone();
        async move {
            let event = body("a.b", writer * 1000 + count);
            let call = http.post("/events").header("content-type", "application/json").body(event);
            let reply = call.try_send().await.ok().filter(|reply| reply.status == 202)?;
            Some(reply.text_at("/id"))
        }
    };
    let acknowledged: Acknowledged<String> = write_until_killed(&mut service.program, 4, 40, write).await;
    service.kill_and_restart();
    eventually("all are delivered in the end", crate::visible::support::PATIENCE, || async {
        service.deliveries("?status=pending").await.is_empty().then_some(())
    })
    .await;
    let received = receiver.received();
    acknowledged.expect_all_in(&received.iter().map(id).collect());
    let mut events: BTreeMap<String, i64> = BTreeMap::new();
    for request in &received {
        let first = *events.entry(id(request)).or_insert_with(|| number(request));
        expect("one id is one event").eq(number(request), first);
        expect_signed(request, &endpoint.secret);
    }
}

#[tokio::test]
async fn the_attempts_before_the_kill_count() {
    let (mut service, receiver) = (Service::with(&["--retry-ms", "1,1,600,1"]), receiver_saying(500));
    service.endpoint(&receiver.url()).await;
    let event = service.event("a.b").await;
    service.until_attempts(&event, 3).await;
    service.kill_and_restart();
    let delivery = service.until(&event, "dead").await;
    expect("four waits are five attempts, however often the program starts")
        .eq(outcomes(&delivery), vec![json!(500); 5]);
    expect("the receiver has seen them").that(receiver.count() >= 5, receiver.count());
}

#[tokio::test]
async fn waiting_goes_on_after_a_kill() {
    let (mut service, receiver) = (Service::with(&["--retry-ms", "3600000"]), receiver_saying(500));
    let other = receiver_saying(204);
    service.endpoint(&receiver.url()).await;
    let event = service.event("a.b").await;
    let before = service.until_attempts(&event, 1).await.json();
    service.kill_and_restart();
    service.endpoint_of(&json!({"url": other.url(), "types": ["c.d"]})).await;
    service.event_of(body("c.d", 2), None, 2).await;
    until_received(&receiver, 2).await;
    service.delivery_of(&event).await.expect("it waits until its time has come").json(&before);
}

#[tokio::test]
async fn many_kills_lose_nothing() {
    let mut service = Service::with(&["--timeout-ms", "600000"]);
    let (receiver, mut events) = (receiver(), Vec::new());
    service.endpoint(&receiver.url()).await;
    for round in 0..4 {
        receiver.next(Answer::new(204, "").behind(&Gate::shut()));
        let before = receiver.count();
        for number in 0..3 {
            events.push(service.event_of(body("a.b", round * 10 + number), None, 1).await);
        }
        until_received(&receiver, before + 1).await;
        service.kill_and_restart();
    }
    for event in &events {
        service.until(event, "delivered").await;
    }
    let mut ids: Vec<_> = receiver.received().iter().map(id).collect();
    ids.sort();
    ids.dedup();
    events.sort();
    expect("each event arrives, and nothing else").eq(ids, events);
}
