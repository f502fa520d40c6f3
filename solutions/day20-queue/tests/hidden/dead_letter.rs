use crate::visible::support::{LONG, Queue, Sqs, body, receive_count};
use harness::expect;
use harness_net::within;
use serde_json::json;
use std::{collections::BTreeSet, time::Duration};

/// A queue whose messages are received so often, and the one for its dead letters.
async fn pair(sqs: &mut Sqs, max: i64) -> (Queue, Queue) {
    let dead_letters = sqs.queue().await;
    let arn = dead_letters.attribute("QueueArn").await;
    // Clients write the number as a text, too.
    let policy = json!({"deadLetterTargetArn": arn, "maxReceiveCount": max.to_string()}).to_string();
    (sqs.queue_with(json!({"RedrivePolicy": policy})).await, dead_letters)
}

#[tokio::test]
async fn a_restart_does_not_begin_to_count_anew() {
    let mut sqs = Sqs::start();
    let (mut queue, mut dead_letters) = pair(&mut sqs, 3).await;
    queue.send("poison").await;
    for expected in ["1", "2", "3"] {
        let message = queue.one("it comes three times", LONG).await;
        expect("receives are counted, over restarts too").eq(receive_count(&message), expected);
        queue.give_back(&message).await;
        sqs.kill_and_restart(&mut queue);
    }
    queue.nothing("three were enough").await;
    dead_letters.client = queue.client.clone();
    let message = dead_letters.one("it is with the dead letters", LONG).await;
    expect("it is the message").eq(body(&message), "poison");
}

#[tokio::test]
async fn only_what_nobody_could_use() {
    let mut sqs = Sqs::start();
    let (queue, dead_letters) = pair(&mut sqs, 2).await;
    let poison: BTreeSet<_> = (0..3).map(|_| format!("poison {}", sqs.random.name())).collect();
    let mut bodies: Vec<_> = poison.iter().cloned().chain((0..9).map(|_| sqs.random.name())).collect();
    sqs.random.shuffle(&mut bodies);
    for body in &bodies {
        queue.send(body).await;
    }
    // The consumer cannot use poison, and gives it back. It looks until nothing is left.
    let consumer = async {
        while queue.counts().await != ["0", "0", "0"] {
            let parameters = json!({"MaxNumberOfMessages": 10, "VisibilityTimeout": LONG, "WaitTimeSeconds": 1});
            for message in queue.receive(parameters).await {
                if poison.contains(body(&message)) {
                    queue.give_back(&message).await;
                } else {
                    queue.delete(&message).await;
                }
            }
        }
    };
    within("the queue is empty in the end", Duration::from_secs(20), consumer).await;
    expect("poison is with the dead letters, and nothing else").eq(dead_letters.drain().await, poison);
}

#[tokio::test]
async fn who_waits_for_dead_letters_is_woken() {
    let mut sqs = Sqs::with_long_seconds();
    let (queue, dead_letters) = pair(&mut sqs, 1).await;
    for _ in 0..5 {
        queue.send("poison").await;
        let message = queue.one("it comes once", LONG).await;
        let waiting = {
            let dead_letters = dead_letters.clone();
            tokio::spawn(async move { dead_letters.one("a wait sees a dead letter come", LONG).await })
        };
        for _ in 0..3 {
            dead_letters.counts().await;
        }
        queue.give_back(&message).await;
        queue.nothing("once was enough").await;
        waiting.await.expect("the receive ends");
    }
}

#[tokio::test]
async fn a_policy_can_be_shown_and_taken_away() {
    let mut sqs = Sqs::start();
    let (queue, dead_letters) = pair(&mut sqs, 1).await;
    let policy: serde_json::Value =
        serde_json::from_str(&queue.attribute("RedrivePolicy").await).expect("a policy is JSON");
    let arn = dead_letters.attribute("QueueArn").await;
    expect("the policy names the queue").eq(policy["deadLetterTargetArn"].as_str(), Some(&*arn));
    let most = &policy["maxReceiveCount"];
    expect("and a number, perhaps as the text that was sent").that(*most == 1 || *most == "1", &policy);
    queue.ok("SetQueueAttributes", json!({"Attributes": {"RedrivePolicy": ""}})).await;
    queue.send("poison").await;
    for _ in 0..3 {
        let message = queue.one("without a policy it comes for ever", LONG).await;
        queue.give_back(&message).await;
    }
    for policy in [
        json!({"deadLetterTargetArn": format!("{arn}-not-there"), "maxReceiveCount": 3}).to_string(),
        json!({"deadLetterTargetArn": arn, "maxReceiveCount": 0}).to_string(),
        json!({"maxReceiveCount": 3}).to_string(),
        "three times".to_owned(),
    ] {
        let reply = queue.call("SetQueueAttributes", json!({"Attributes": {"RedrivePolicy": policy}})).await;
        reply.expect("a policy names a queue that is there, and 1 to 1000").status(400);
    }
}
