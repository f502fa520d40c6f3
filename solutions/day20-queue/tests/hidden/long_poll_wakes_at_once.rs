use crate::visible::support::{LONG, Sqs, body};
use harness::expect;
use harness_net::together;
use serde_json::json;
use std::collections::BTreeSet;

#[tokio::test]
async fn twelve_who_wait_get_twelve_messages() {
    let mut sqs = Sqs::with_long_seconds();
    let queue = sqs.queue().await;
    let bodies: BTreeSet<_> = (0..12).map(|_| sqs.random.name()).collect();
    let waiting: Vec<_> = (0..12)
        .map(|_| {
            let queue = queue.clone();
            tokio::spawn(async move { queue.one("who waits gets a message", LONG).await })
        })
        .collect();
    for body in &bodies {
        queue.send(body).await;
    }
    let mut received = BTreeSet::new();
    for waiting in waiting {
        received.insert(body(&waiting.await.expect("the receive ends")).to_owned());
    }
    expect("each of them another one").eq(received, bodies);
}

#[tokio::test]
async fn a_wait_sees_what_becomes_visible() {
    let mut sqs = Sqs::with_long_seconds();
    let queue = sqs.queue().await;
    queue.ok("SendMessage", json!({"MessageBody": "delayed", "DelaySeconds": 1})).await;
    queue.one("a wait sees the end of a delay", 1).await;
    let message = queue.one("a wait sees the end of a visibility timeout", LONG).await;
    queue.delete(&message).await;
}

#[tokio::test]
async fn a_wait_sees_what_is_given_back() {
    let mut sqs = Sqs::with_long_seconds();
    let queue = sqs.queue().await;
    queue.send("ball").await;
    let mut message = queue.one("the message comes", LONG).await;
    for _ in 0..8 {
        let waiting = {
            let queue = queue.clone();
            tokio::spawn(async move { queue.one("a wait sees what is given back", LONG).await })
        };
        // Whether the wait has begun cannot be seen from here. Some other requests make it likely, and eight rounds
        // make it sure.
        for _ in 0..3 {
            queue.counts().await;
        }
        queue.give_back(&message).await;
        message = waiting.await.expect("the receive ends");
    }
}

#[tokio::test]
async fn the_queue_can_say_how_long() {
    let mut sqs = Sqs::start();
    let queue = sqs.queue_with(json!({"ReceiveMessageWaitTimeSeconds": "20"})).await;
    queue.ok("SendMessage", json!({"MessageBody": "later", "DelaySeconds": 2})).await;
    expect("a receive that says nothing waits as long").eq(queue.receive(json!({})).await.len(), 1);
    let received = together(4, |_| {
        let queue = queue.clone();
        async move { queue.receive(json!({"WaitTimeSeconds": 0})).await.len() }
    });
    expect("one that says 0 does not").eq(received.await, vec![0; 4]);
}
