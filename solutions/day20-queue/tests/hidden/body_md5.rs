use crate::visible::support::{LONG, Sqs, expect_refused, md5_of_attributes, messages};
use harness::expect;
use serde_json::{Value, json};

#[tokio::test]
async fn sums_that_were_made_elsewhere() {
    let mut sqs = Sqs::start();
    let queue = sqs.queue().await;
    let attributes = json!({
        "Seal": {"DataType": "Binary.png", "BinaryValue": "iVBORw=="},
        "Population": {"DataType": "Number.int", "StringValue": "1250800"},
        "City": {"DataType": "String", "StringValue": "Any City"},
    });
    let reply =
        queue.ok("SendMessage", json!({"MessageBody": "Grüße, 世界 🦀", "MessageAttributes": attributes})).await;
    reply
        .expect("MD5 of the body and of the attributes")
        .json_at("/MD5OfMessageBody", "3b05ae5eca29068233c632ffb3f93d68")
        .json_at("/MD5OfMessageAttributes", "3f1faccf298c9e5c53bb2a640e681ea6");
    let reply = queue.ok("SendMessage", json!({"MessageBody": "x"})).await;
    expect("without attributes there is no sum of them").eq(reply.json().get("MD5OfMessageAttributes"), None);
}

#[tokio::test]
async fn of_those_attributes_that_come() {
    let mut sqs = Sqs::start();
    let queue = sqs.queue().await;
    let text = |value: &str| json!({"DataType": "String", "StringValue": value});
    let (one, two, three) = (sqs.random.words(2), sqs.random.unicode(20), sqs.random.word());
    let all = json!({"order.id": text(&one), "order.name": text(&two), "trace": text(&three)});
    queue.ok("SendMessage", json!({"MessageBody": "x", "MessageAttributes": all})).await;
    for (names, wanted) in [
        (json!(["trace"]), vec!["trace"]),
        (json!(["order.*"]), vec!["order.id", "order.name"]),
        (json!([".*"]), vec!["order.id", "order.name", "trace"]),
        (json!([]), vec![]),
    ] {
        let parameters = json!({"MessageAttributeNames": names, "VisibilityTimeout": 0, "WaitTimeSeconds": 20});
        let reply = queue.ok("ReceiveMessage", parameters).await;
        let message = messages(&reply).first().cloned().unwrap_or_default();
        let expected: Value =
            wanted.iter().map(|name| ((*name).to_owned(), all[name].clone())).collect::<serde_json::Map<_, _>>().into();
        let came = message.get("MessageAttributes").cloned().unwrap_or_else(|| json!({}));
        expect("those attributes come whose names were asked for").request(reply.curl()).eq(&came, &expected);
        let sum = (!wanted.is_empty()).then(|| md5_of_attributes(&expected));
        let came = message.get("MD5OfMessageAttributes").and_then(Value::as_str);
        expect("the sum is over what comes").request(reply.curl()).eq(came, sum.as_deref());
    }
}

#[tokio::test]
async fn attributes_have_a_type_and_its_value() {
    let mut sqs = Sqs::start();
    let queue = sqs.queue().await;
    for attribute in [
        json!({"DataType": "Shape", "StringValue": "round"}),
        json!({"DataType": "String", "StringValue": ""}),
        json!({"DataType": "Binary", "StringValue": "AP8Q"}),
        json!({"DataType": "Number"}),
    ] {
        let reply = queue.call("SendMessage", json!({"MessageBody": "x", "MessageAttributes": {"a": attribute}})).await;
        expect_refused("this is no attribute", &reply, "InvalidParameterValue");
    }
    queue.send("fine").await;
    queue.one("nothing else was sent", LONG).await;
    queue.nothing("nothing else was sent").await;
}
