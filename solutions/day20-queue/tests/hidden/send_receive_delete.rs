use crate::visible::support::{LONG, Sqs, body, expect_refused, id};
use harness::expect;
use serde_json::json;
use std::collections::BTreeMap;

#[tokio::test]
async fn up_to_ten_at_a_time() {
    let mut sqs = Sqs::start();
    let queue = sqs.queue().await;
    let mut sent = BTreeMap::new();
    for _ in 0..13 {
        let body = sqs.random.unicode(30);
        sent.insert(queue.send(&body).await, body);
    }
    let mut received = BTreeMap::new();
    while received.len() < 13 {
        let parameters = json!({"MaxNumberOfMessages": 10, "WaitTimeSeconds": 20, "VisibilityTimeout": LONG});
        let messages = queue.receive(parameters).await;
        expect("one to ten come at a time").that((1..=10).contains(&messages.len()), messages.len());
        received.extend(messages.iter().map(|message| (id(message).to_owned(), body(message).to_owned())));
    }
    expect("each id has come with its body").eq(received, sent);
    queue.send("one more").await;
    queue.send("and another").await;
    queue.one("without MaxNumberOfMessages one comes", LONG).await;
}

#[tokio::test]
async fn settings_are_shown_and_changed() {
    let mut sqs = Sqs::start();
    let name = sqs.random.name();
    let queue = sqs.named_queue(&name, json!({"VisibilityTimeout": "77", "DelaySeconds": "5"})).await;
    for (attribute, value) in
        [("VisibilityTimeout", "77"), ("DelaySeconds", "5"), ("ReceiveMessageWaitTimeSeconds", "0")]
    {
        expect(format!("{attribute} is as it was set, or its default")).eq(&*queue.attribute(attribute).await, value);
    }
    expect("the ARN ends with the name").that(queue.attribute("QueueArn").await.ends_with(&format!(":{name}")), &name);
    queue.ok("SetQueueAttributes", json!({"Attributes": {"VisibilityTimeout": "0"}})).await;
    expect("it was changed").eq(&*queue.attribute("VisibilityTimeout").await, "0");
    expect("and the other was not").eq(&*queue.attribute("DelaySeconds").await, "5");
    let reply = queue.ok("GetQueueAttributes", json!({"AttributeNames": ["DelaySeconds"]})).await;
    reply.expect("what was asked for, and no more").json_at("/Attributes", json!({"DelaySeconds": "5"}));
    let again = sqs.named_queue(&name, json!({"DelaySeconds": "5"})).await;
    expect("the same attributes are the same queue").eq(&again.url, &queue.url);
    let other = json!({"QueueName": name, "Attributes": {"DelaySeconds": "6"}});
    expect_refused("other attributes are not", &sqs.call("CreateQueue", &other).await, "QueueNameExists");
    let reply = queue.call("SetQueueAttributes", json!({"Attributes": {"Colour": "red"}})).await;
    expect_refused("there is no such attribute", &reply, "InvalidAttributeName");
    let reply = queue.call("SetQueueAttributes", json!({"Attributes": {"VisibilityTimeout": "43201"}})).await;
    expect_refused("twelve hours at most", &reply, "InvalidAttributeValue");
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let mut sqs = Sqs::start();
    let queue = sqs.queue().await;
    let reply = queue.call("TearMessage", json!({})).await;
    expect_refused("there is no such operation", &reply, "UnknownOperationException");
    let reply = sqs.bare("Action=ListQueues").send().await;
    reply.expect("without X-Amz-Target there is no operation").status(400);
    let reply = sqs.request("ListQueues", &json!({})).body("{\"QueueNamePrefix\":").send().await;
    expect_refused("half a document is none", &reply, "SerializationException");
    let reply = queue.call("SendMessage", json!({"MessageBody": "a\u{0}b"})).await;
    expect_refused("a zero is no character of XML", &reply, "InvalidMessageContents");
    for parameters in [json!({}), json!({"MessageBody": ""}), json!({"MessageBody": "x", "DelaySeconds": 901})] {
        queue.call("SendMessage", parameters).await.expect("this is no message").status(400);
    }
    for parameters in [
        json!({"MaxNumberOfMessages": 0}),
        json!({"MaxNumberOfMessages": 11}),
        json!({"WaitTimeSeconds": 21}),
        json!({"VisibilityTimeout": -1}),
    ] {
        let reply = queue.call("ReceiveMessage", parameters).await;
        expect_refused("it is out of its range", &reply, "InvalidParameterValue");
    }
    let reply = sqs.call("CreateQueue", &json!({"QueueName": "no spaces"})).await;
    expect_refused("letters, digits, - and _", &reply, "InvalidParameterValue");
    let reply = sqs.call("GetQueueUrl", &json!({"QueueName": sqs.random.clone().name()})).await;
    expect_refused("there is no such queue", &reply, "QueueDoesNotExist");
    queue.nothing("nothing of this was sent").await;
}

#[tokio::test]
async fn a_mebibyte_and_not_more() {
    let mut sqs = Sqs::start();
    let queue = sqs.queue().await;
    // Two bytes each.
    let mut longest = "ü".repeat(512 * 1024);
    queue.send(&longest).await;
    let message = queue.one("the message comes", LONG).await;
    expect("the whole of it").that(body(&message) == longest, format!("{} bytes", body(&message).len()));
    longest.push('.');
    let reply = queue.call("SendMessage", json!({"MessageBody": longest})).await;
    expect_refused("one byte more is too much", &reply, "InvalidParameterValue");
}

#[tokio::test]
async fn queues_are_apart_and_can_be_emptied() {
    let mut sqs = Sqs::start();
    let (one, other) = (sqs.queue().await, sqs.queue().await);
    for number in 0..5 {
        one.send(&number.to_string()).await;
        other.send(&number.to_string()).await;
    }
    one.one("a message comes", LONG).await;
    one.ok("PurgeQueue", json!({})).await;
    expect("all of one is gone").eq(one.counts().await, ["0", "0", "0"].map(str::to_owned));
    expect("and nothing of the other").eq(other.counts().await, ["5", "0", "0"].map(str::to_owned));
}
