use crate::visible::support::{LONG, Sqs, body, expect_refused, handle};
use harness::expect;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn names(result: &Value, list: &str) -> BTreeSet<String> {
    let entries = result[list].as_array().cloned().unwrap_or_default();
    entries.iter().map(|entry| entry["Id"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn any_of_ten_may_be_bad() {
    let mut sqs = Sqs::start();
    let queue = sqs.queue().await;
    let (mut good, mut bad, mut entries) = (BTreeSet::new(), BTreeSet::new(), Vec::new());
    for number in 0..10 {
        let id = format!("entry_{number}");
        let mut entry = json!({"Id": id, "MessageBody": id});
        // The first is bad and the last is good, whatever chance says.
        if number == 0 || number != 9 && sqs.random.one_in(2) {
            match sqs.random.below(3) {
                0 => entry["MessageBody"] = "\u{1}".into(),
                1 => entry["DelaySeconds"] = 901.into(),
                _ => entry["MessageAttributes"] = json!({"a": {"DataType": "Shape", "StringValue": "x"}}),
            }
            bad.insert(id);
        } else {
            good.insert(id);
        }
        entries.push(entry);
    }
    let reply = queue.ok("SendMessageBatch", json!({"Entries": entries})).await;
    let result = reply.json();
    expect("the good ones succeed").request(reply.curl()).eq(&names(&result, "Successful"), &good);
    expect("the bad ones fail").request(reply.curl()).eq(&names(&result, "Failed"), &bad);
    expect("what succeeded was sent").eq(queue.drain().await, good);
}

#[tokio::test]
async fn visibility_changes_one_by_one() {
    let mut sqs = Sqs::start();
    let queue = sqs.queue().await;
    for body in ["one", "two", "three"] {
        queue.send(body).await;
    }
    let mut messages = Vec::new();
    for _ in 0..3 {
        messages.push(queue.one("a message comes", LONG).await);
    }
    let entries = json!([
        {"Id": "0", "ReceiptHandle": handle(&messages[0]), "VisibilityTimeout": 0},
        {"Id": "1", "ReceiptHandle": handle(&messages[1]), "VisibilityTimeout": 43_201},
        {"Id": "2", "ReceiptHandle": handle(&messages[2]), "VisibilityTimeout": 0},
        {"Id": "3", "ReceiptHandle": "nonsense", "VisibilityTimeout": 0},
    ]);
    let reply = queue.ok("ChangeMessageVisibilityBatch", json!({"Entries": entries})).await;
    let set = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<BTreeSet<_>>();
    expect("two are changed").request(reply.curl()).eq(names(&reply.json(), "Successful"), set(&["0", "2"]));
    expect("two are not").request(reply.curl()).eq(names(&reply.json(), "Failed"), set(&["1", "3"]));
    let visible: BTreeSet<_> = queue.receive_now().await.iter().map(|message| body(message).to_owned()).collect();
    expect("those two are visible").eq(visible, set(&[body(&messages[0]), body(&messages[2])]));
}

#[tokio::test]
async fn a_batch_has_limits() {
    let mut sqs = Sqs::start();
    let queue = sqs.queue().await;
    let entry = |id: &str, body: &str| json!({"Id": id, "MessageBody": body});
    let eleven: Vec<_> = (0..11).map(|number| entry(&number.to_string(), "x")).collect();
    let half = "x".repeat(600 * 1024);
    for (entries, name) in [
        (json!(eleven), "TooManyEntriesInBatchRequest"),
        (json!([entry("no spaces", "x"), entry("a", "y")]), "InvalidBatchEntryId"),
        (json!([entry("", "x")]), "InvalidBatchEntryId"),
        (json!([entry("a", &half), entry("b", &half)]), "BatchRequestTooLong"),
    ] {
        let reply = queue.call("SendMessageBatch", json!({"Entries": entries})).await;
        expect_refused("the batch as a whole is refused", &reply, name);
    }
    let twice = json!([{"Id": "a", "ReceiptHandle": "x"}, {"Id": "a", "ReceiptHandle": "y"}]);
    let reply = queue.call("DeleteMessageBatch", json!({"Entries": twice})).await;
    expect_refused("Ids are different", &reply, "BatchEntryIdsNotDistinct");
    queue.nothing("and nothing is sent").await;
}
