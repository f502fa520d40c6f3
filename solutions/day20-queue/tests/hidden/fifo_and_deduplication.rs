use crate::visible::support::{LONG, Sqs, body, expect_refused, text};
use harness::expect;
use harness_net::{eventually, within};
use serde_json::json;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

#[tokio::test]
async fn four_consumers_keep_the_order_of_five_groups() {
    let mut sqs = Sqs::start();
    let queue = sqs.fifo(json!({})).await;
    let mut sent: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for number in 0..40 {
        let group = format!("group-{}", sqs.random.below(5));
        let body = format!("{group} {number}");
        queue.send_to(&group, &number.to_string(), &body).await;
        sent.entry(group).or_default().push(body);
    }
    let done = Arc::<Mutex<BTreeMap<String, Vec<String>>>>::default();
    let consumers = harness_net::together(4, |number| {
        let (queue, done) = (queue.clone(), Arc::clone(&done));
        async move {
            while queue.counts().await != ["0", "0", "0"] {
                let parameters =
                    json!({"MaxNumberOfMessages": number + 1, "VisibilityTimeout": LONG, "WaitTimeSeconds": 1});
                for message in queue.receive(parameters).await {
                    let group = text(&message, "/Attributes/MessageGroupId").to_owned();
                    // Before the delete: after it, the next of the group may overtake this line.
                    let body = body(&message).to_owned();
                    done.lock().expect("no consumer has panicked").entry(group).or_default().push(body);
                    queue.delete(&message).await;
                }
            }
        }
    });
    within("all messages are received and deleted in the end", Duration::from_secs(20), consumers).await;
    let done = done.lock().expect("no consumer has panicked");
    expect("within each group the order is that of sending").eq(&*done, &sent);
}

#[tokio::test]
async fn who_waits_is_woken_when_the_group_goes_on() {
    let mut sqs = Sqs::with_long_seconds();
    let queue = sqs.fifo(json!({})).await;
    queue.send_to("g", "0", "0").await;
    let mut message = queue.one("the first comes", LONG).await;
    for number in 1..6 {
        let next = number.to_string();
        queue.send_to("g", &next, &next).await;
        let waiting = {
            let queue = queue.clone();
            tokio::spawn(async move { queue.one("a wait sees that the group goes on", LONG).await })
        };
        for _ in 0..3 {
            queue.counts().await;
        }
        queue.delete(&message).await;
        message = waiting.await.expect("the receive ends");
        expect("the next of the group").eq(body(&message), next.as_str());
    }
}

#[tokio::test]
async fn a_message_is_remembered_after_it_is_gone() {
    let mut sqs = Sqs::start();
    let mut queue = sqs.fifo(json!({"ContentBasedDeduplication": "true"})).await;
    let parameters = json!({"MessageBody": "pay 5", "MessageGroupId": "g"});
    let first = queue.ok("SendMessage", parameters.clone()).await;
    let message = queue.one("the message comes", LONG).await;
    expect("with its sequence number")
        .eq(text(&message, "/Attributes/SequenceNumber"), first.text_at("/SequenceNumber"));
    queue.delete(&message).await;
    sqs.kill_and_restart(&mut queue);
    let again = queue.ok("SendMessage", parameters).await;
    again
        .expect("the same body is the same message: received, deleted, and after a kill -9")
        .json_at("/MessageId", first.text_at("/MessageId"))
        .json_at("/SequenceNumber", first.text_at("/SequenceNumber"));
    queue.nothing("it does not come again").await;
    let other = queue.ok("SendMessage", json!({"MessageBody": "pay 6", "MessageGroupId": "g"})).await;
    let (first, other) = (first.text_at("/SequenceNumber"), other.text_at("/SequenceNumber"));
    expect("sequence numbers grow").that(first < other, format!("{first}, then {other}"));
    queue.one("another body is another message", LONG).await;
}

#[tokio::test]
async fn after_five_minutes_it_is_another_message() {
    // Which are 600 ms here.
    let mut sqs = Sqs::with_second(2);
    let queue = sqs.fifo(json!({})).await;
    let first = queue.send_to("g", "order-1", "pay 5").await;
    let second = eventually("after 300 seconds an id is free again", Duration::from_secs(10), || async {
        Some(queue.send_to("g", "order-1", "pay 5").await).filter(|id| *id != first)
    });
    second.await;
    expect("two were stored").eq(queue.receive_now().await.len(), 2);
}

#[tokio::test]
async fn a_fifo_queue_wants_to_know_more() {
    let mut sqs = Sqs::start();
    let queue = sqs.fifo(json!({})).await;
    for parameters in [
        json!({"MessageBody": "x", "MessageDeduplicationId": "1"}),
        json!({"MessageBody": "x", "MessageGroupId": "g"}),
        json!({"MessageBody": "x", "MessageGroupId": "g", "MessageDeduplicationId": "1", "DelaySeconds": 1}),
    ] {
        queue.call("SendMessage", parameters).await.expect("group and id, and no delay of its own").status(400);
    }
    queue.nothing("nothing of this was sent").await;
    let name = sqs.random.name();
    let reply = sqs.call("CreateQueue", &json!({"QueueName": name, "Attributes": {"FifoQueue": "true"}})).await;
    expect_refused("a FIFO queue's name ends with .fifo", &reply, "InvalidParameterValue");
    let reply = sqs.call("CreateQueue", &json!({"QueueName": format!("{name}.fifo")})).await;
    expect_refused("and no other's does", &reply, "InvalidParameterValue");
}
