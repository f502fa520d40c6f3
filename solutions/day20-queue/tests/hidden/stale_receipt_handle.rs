use crate::visible::support::{LONG, Sqs, handle, id};
use harness::expect;
use serde_json::json;
use std::collections::BTreeSet;

#[tokio::test]
async fn a_handle_is_for_one_receive() {
    let mut sqs = Sqs::start();
    let queue = sqs.queue().await;
    let sent = queue.send("again and again").await;
    let mut handles = BTreeSet::new();
    for _ in 0..5 {
        let message = queue.one("the message comes", LONG).await;
        expect("it is not the message's id").lacks(handle(&message), id(&message));
        handles.insert(handle(&message).to_owned());
        queue.give_back(&message).await;
    }
    expect("each receive has another").eq(handles.len(), 5);
    let reply = queue.call("DeleteMessage", json!({"ReceiptHandle": sent})).await;
    reply.expect("an id is no handle").status(400);
    queue.one("so the message is there", LONG).await;
}

#[tokio::test]
async fn who_was_too_slow_cannot_give_back() {
    let mut sqs = Sqs::start();
    let queue = sqs.queue().await;
    queue.send("take your time").await;
    let slow = queue.one("the message comes", 1).await;
    queue.one("it comes again", LONG).await;
    for seconds in [0, 1] {
        queue.change_visibility(&slow, seconds).await.expect("the old handle holds nothing").status(400);
    }
    let messages = queue.receive(json!({"WaitTimeSeconds": 3})).await;
    expect("it stays with who has it now").eq(messages.len(), 0);
}

#[tokio::test]
async fn late_but_first_is_in_time() {
    let mut sqs = Sqs::start();
    let queue = sqs.queue().await;
    queue.send("just in time").await;
    let message = queue.one("the message comes", 0).await;
    expect("its time is up").eq(&*queue.counts().await[0], "1");
    queue.delete(&message).await;
    queue.nothing("as long as nobody else got it, its handle is the newest").await;
}

#[tokio::test]
async fn a_handle_is_for_one_queue() {
    let mut sqs = Sqs::start();
    let (one, other) = (sqs.queue().await, sqs.queue().await);
    one.send("mine").await;
    let message = one.one("the message comes", LONG).await;
    // Whether this is an error is left open.
    let reply = other.call("DeleteMessage", json!({"ReceiptHandle": handle(&message)})).await;
    reply.expect("fine or refused").status_in(&[200, 400]);
    one.give_back(&message).await;
    one.one("another queue deletes nothing here", LONG).await;
}
