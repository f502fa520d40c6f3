use crate::visible::support::{LONG, Sqs, body, id};
use harness::{Acknowledged, expect};
use harness_net::write_until_killed;
use serde_json::json;
use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

#[tokio::test]
async fn what_was_acknowledged_is_there() {
    let mut sqs = Sqs::start();
    let mut queue = sqs.queue().await;
    let mark = sqs.random.name();
    let sender = queue.clone();
    let sent: Acknowledged<String> = write_until_killed(&mut sqs.program, 4, 40, move |writer, number| {
        let (queue, body) = (sender.clone(), format!("{mark} {writer} {number}"));
        async move {
            let parameters = queue.with_url(json!({"MessageBody": body}));
            let reply = queue.client.request("SendMessage", &parameters).try_send().await.ok()?;
            (reply.status == 200).then_some(body)
        }
    })
    .await;
    sqs.kill_and_restart(&mut queue);
    sent.expect_all_in(&queue.drain().await);
}

#[tokio::test]
async fn consumers_are_killed_with_it() {
    let mut sqs = Sqs::start();
    let mut queue = sqs.queue().await;
    let bodies: BTreeSet<_> = (0..60).map(|_| sqs.random.name()).collect();
    for body in &bodies {
        queue.send(body).await;
    }
    // What somebody has tried to delete may be gone, whether he was told so or not.
    let tried = Arc::<Mutex<BTreeSet<String>>>::default();
    let (consumer, trying) = (queue.clone(), Arc::clone(&tried));
    let deleted: Acknowledged<Vec<String>> = write_until_killed(&mut sqs.program, 4, 8, move |_, _| {
        let (queue, trying) = (consumer.clone(), Arc::clone(&trying));
        async move {
            // Five seconds of 100 ms: what the kill takes away from its consumer comes back soon. Who takes longer to
            // delete may be too late, and is told that all is fine.
            let begin = Instant::now();
            let parameters = queue.with_url(json!({"VisibilityTimeout": 5, "WaitTimeSeconds": 20}));
            let reply = queue.client.request("ReceiveMessage", &parameters).try_send().await.ok()?;
            let messages = crate::visible::support::messages(&reply);
            let mut deleted = Vec::new();
            for message in &messages {
                trying.lock().expect("nobody has panicked").insert(body(message).to_owned());
                let handle = json!({"ReceiptHandle": message["ReceiptHandle"]});
                let parameters = queue.with_url(handle);
                queue.client.request("DeleteMessage", &parameters).try_send().await.ok()?;
                if begin.elapsed() < Duration::from_millis(500) {
                    deleted.push(body(message).to_owned());
                }
            }
            Some(deleted)
        }
    })
    .await;
    sqs.kill_and_restart(&mut queue);
    let rest = queue.drain().await;
    let deleted: BTreeSet<_> = deleted.items().iter().flatten().collect();
    let again: Vec<_> = deleted.into_iter().filter(|body| rest.contains(*body)).collect();
    expect("what was deleted does not come again").eq(again, Vec::<&String>::new());
    let tried = tried.lock().expect("nobody has panicked");
    let lost: Vec<_> = bodies.iter().filter(|body| !rest.contains(*body) && !tried.contains(*body)).collect();
    expect("what nobody has tried to delete comes again, in flight or not").eq(lost, Vec::<&String>::new());
}

#[tokio::test]
async fn time_goes_on_without_it() {
    let mut sqs = Sqs::start();
    let mut queue = sqs.queue().await;
    queue.send("not today").await;
    queue.one("the message comes", LONG).await;
    queue.ok("SendMessage", json!({"MessageBody": "later", "DelaySeconds": 900})).await;
    queue.send("soon").await;
    let soon = queue.one("the message comes", 5).await;
    sqs.kill_and_restart(&mut queue);
    let message = queue.one("the end of a visibility timeout is known after a restart", LONG).await;
    expect("it is the one whose time is up").eq(id(&message), id(&soon));
    queue.nothing("the others stay invisible").await;
    expect("two are in flight, and one is delayed").eq(queue.counts().await, ["0", "2", "1"].map(str::to_owned));
}
