use crate::visible::support::{LONG, Queue, Sqs, body};
use harness::{Random, expect};
use harness_net::within;
use serde_json::json;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};

/// Who has what, as the consumers see it.
#[derive(Debug, Default)]
struct Held {
    now: BTreeSet<String>,
    /// How often each was deleted.
    deleted: BTreeMap<String, usize>,
}

/// Works on messages until all are deleted: some are given back, the others deleted.
async fn consume(queue: Queue, held: Arc<Mutex<Held>>, mut random: Random, all: usize) {
    while held.lock().expect("no consumer has panicked").deleted.len() < all {
        let most = random.between(1..=10);
        let parameters = json!({"MaxNumberOfMessages": most, "VisibilityTimeout": LONG, "WaitTimeSeconds": 1});
        for message in queue.receive(parameters).await {
            let body = body(&message).to_owned();
            let is_new = held.lock().expect("no consumer has panicked").now.insert(body.clone());
            expect("a message in flight is with one consumer, and one that was deleted with none").that(is_new, &body);
            if random.one_in(3) {
                // From the moment of the request on, anybody may have it.
                held.lock().expect("no consumer has panicked").now.remove(&body);
                queue.give_back(&message).await;
            } else {
                queue.delete(&message).await;
                *held.lock().expect("no consumer has panicked").deleted.entry(body).or_default() += 1;
            }
        }
    }
}

#[tokio::test]
async fn some_give_back_while_others_send() {
    let mut sqs = Sqs::start();
    let queue = sqs.queue().await;
    let bodies: BTreeSet<_> = (0..80).map(|_| sqs.random.name()).collect();
    let held = Arc::<Mutex<Held>>::default();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        tasks.spawn(consume(queue.clone(), Arc::clone(&held), sqs.random.fork(), bodies.len()));
    }
    for half in 0..2 {
        let (queue, bodies) = (queue.clone(), bodies.clone());
        tasks.spawn(async move {
            for body in bodies.iter().skip(half).step_by(2) {
                queue.send(body).await;
            }
        });
    }
    within("all messages are deleted in the end", Duration::from_secs(20), tasks.join_all()).await;
    expect("nothing is left").eq(queue.counts().await, ["0", "0", "0"].map(str::to_owned));
    let held = held.lock().expect("no consumer has panicked");
    let expected: BTreeMap<_, _> = bodies.into_iter().map(|body| (body, 1)).collect();
    expect("each message was deleted once").eq(&held.deleted, &expected);
}

#[tokio::test]
async fn one_message_and_eight_who_want_it() {
    let mut sqs = Sqs::start();
    let queue = sqs.queue().await;
    for round in 0..8 {
        queue.send(&round.to_string()).await;
        let received = harness_net::together(8, |_| {
            let queue = queue.clone();
            async move { queue.receive(json!({"VisibilityTimeout": LONG})).await.len() }
        });
        expect("one of eight gets it").eq(received.await.into_iter().sum::<usize>(), 1);
    }
}
