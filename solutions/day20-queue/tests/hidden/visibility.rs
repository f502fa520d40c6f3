use crate::visible::support::{LONG, Sqs, id};
use harness::expect;
use serde_json::json;
use std::time::{Duration, Instant};

#[tokio::test]
async fn the_receive_and_the_queue_say_for_how_long() {
    let mut sqs = Sqs::start();
    let queue = sqs.queue_with(json!({"VisibilityTimeout": "0"})).await;
    let sent = queue.send("now you see me").await;
    for _ in 0..2 {
        let messages = queue.receive(json!({"WaitTimeSeconds": 20})).await;
        expect("the queue's timeout is 0, so it is visible at once").eq(messages.len(), 1);
    }
    queue.ok("SetQueueAttributes", json!({"Attributes": {"VisibilityTimeout": "43200"}})).await;
    let message = queue.receive(json!({"VisibilityTimeout": 0})).await.remove(0);
    expect("the receive's timeout is 0, and goes before the queue's").eq(id(&message), &*sent);
    expect("now the queue's counts").eq(queue.receive(json!({})).await.len(), 1);
    queue.nothing("which is twelve hours").await;
}

#[tokio::test]
async fn more_time_can_be_asked_for() {
    let mut sqs = Sqs::start();
    let queue = sqs.queue().await;
    queue.send("this takes a while").await;
    // 17 seconds of 100 ms to ask in, and then some that show that they are over.
    let message = queue.one("the message comes", 17).await;
    let reply = queue.change_visibility(&message, LONG).await;
    reply.expect("a message in flight can stay so for longer").status(200);
    let messages = queue.receive(json!({"WaitTimeSeconds": 20})).await;
    expect("nobody else gets it when the first time is up").eq(messages.len(), 0);
    queue.delete(&message).await;
    expect("its holder can still delete it").eq(queue.counts().await, ["0", "0", "0"].map(str::to_owned));
}

#[tokio::test]
async fn a_delayed_message_comes_later() {
    let mut sqs = Sqs::start();
    let slow = sqs.queue_with(json!({"DelaySeconds": "900"})).await;
    slow.send("much later").await;
    slow.nothing("the queue delays its messages").await;
    expect("it is counted as delayed").eq(slow.counts().await, ["0", "0", "1"].map(str::to_owned));
    slow.ok("SendMessage", json!({"MessageBody": "now", "DelaySeconds": 0})).await;
    slow.one("the message's own delay goes before the queue's", LONG).await;

    let queue = sqs.queue().await;
    let begin = Instant::now();
    queue.ok("SendMessage", json!({"MessageBody": "later", "DelaySeconds": 3})).await;
    queue.one("it comes in the end", LONG).await;
    expect("not before its delay is over, 3 seconds of 100 ms")
        .that(begin.elapsed() >= Duration::from_millis(300), format!("after {:?}", begin.elapsed()));
}

#[tokio::test]
async fn only_what_is_in_flight_can_be_changed() {
    let mut sqs = Sqs::start();
    let queue = sqs.queue().await;
    queue.send("back again").await;
    let message = queue.one("the message comes", LONG).await;
    queue.give_back(&message).await;
    queue.change_visibility(&message, LONG).await.expect("it is not in flight any more").status(400);
    let message = queue.one("so it is visible", LONG).await;
    for seconds in [-1, 43_201] {
        queue.change_visibility(&message, seconds).await.expect("0 to twelve hours").status(400);
    }
    queue.nothing("a wrong timeout changes nothing").await;
}
