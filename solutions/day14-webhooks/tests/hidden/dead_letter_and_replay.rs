use crate::visible::support::{Service, body, id, ids, outcomes, receiver, receiver_saying, until_received};
use harness::expect;
use harness_net::Answer;
use serde_json::json;
use std::collections::BTreeSet;

#[tokio::test]
async fn all_dead_of_one_endpoint_come_back_with_their_ids() {
    let mut service = Service::with(&["--retry-ms", "5"]);
    let (receiver, other) = (receiver_saying(500), receiver_saying(500));
    let endpoint = service.endpoint(&receiver.url()).await;
    service.endpoint(&other.url()).await;
    let mut events = BTreeSet::new();
    for number in 0..7 {
        events.insert(service.event_of(body("a.b", number), None, 2).await);
    }
    harness_net::eventually("all are dead", crate::visible::support::PATIENCE, || async {
        (service.deliveries("?status=dead").await.len() == 14).then_some(())
    })
    .await;
    service.kill_and_restart();
    expect("the dead stay dead").eq((receiver.count(), service.deliveries("?status=dead").await.len()), (14, 14));
    receiver.change(|_| Answer::new(204, ""));
    let reply = service.replay(&json!({"endpoint": endpoint.id})).await;
    reply.expect("seven come back").status(202).json_at("/replayed", 7);
    let received = until_received(&receiver, 21).await;
    let again: BTreeSet<_> = received[14..].iter().map(id).collect();
    expect("with the ids that they had").eq(again, events);
    expect("those of the other endpoint stay")
        .eq((other.count(), service.deliveries("?status=dead").await.len()), (14, 7));
    let reply = service.replay(&json!({"endpoint": endpoint.id})).await;
    reply.expect("nothing is left to replay").status(202).json_at("/replayed", 0);
}

#[tokio::test]
async fn what_was_delivered_can_be_sent_again() {
    let (service, receiver) = (Service::start(), receiver());
    service.endpoint(&receiver.url()).await;
    let event = service.event("a.b").await;
    let number = service.until(&event, "delivered").await.number_at("/id");
    service.replay(&json!({"delivery": number})).await.expect("a receiver may have lost it").status(202);
    let delivery = service.until_attempts(&event, 2).await;
    expect("both attempts are in the log").eq(outcomes(&delivery), [json!(204), json!(204)]);
    expect("with one id").eq(ids(&receiver.received()), vec![event; 2]);
}

#[tokio::test]
async fn what_cannot_be_replayed_is_said() {
    let (service, receiver) = (Service::with(&["--retry-ms", "3600000"]), receiver_saying(500));
    service.endpoint(&receiver.url()).await;
    let event = service.event("a.b").await;
    let number = service.until_attempts(&event, 1).await.number_at("/id");
    service.replay(&json!({"delivery": number})).await.expect("it is pending already").problem(409);
    service.replay(&json!({"delivery": number + 1000})).await.expect("there is no such delivery").problem(404);
    service.replay(&json!({"endpoint": "ep_none"})).await.expect("there is no such endpoint").problem(404);
    for nonsense in [json!({}), json!({"delivery": "x"}), json!({"event": event})] {
        service.replay(&nonsense).await.expect("nobody knows what is wanted").problem(422);
    }
    expect("the receiver was asked once").eq(receiver.count(), 1);
}

#[tokio::test]
async fn a_replay_has_all_attempts_before_it() {
    let (service, receiver) = (Service::with(&["--retry-ms", "5,5"]), receiver_saying(500));
    service.endpoint(&receiver.url()).await;
    let event = service.event("a.b").await;
    for round in 1..=3 {
        let delivery = service.until(&event, "dead").await;
        expect("three attempts a round").eq(outcomes(&delivery), vec![json!(500); 3 * round]);
        service.replay(&json!({"delivery": delivery.number_at("/id")})).await.expect("it is replayed").status(202);
        service.until_attempts(&event, 3 * round + 3).await;
    }
}
