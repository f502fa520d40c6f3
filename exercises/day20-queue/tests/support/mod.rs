//! What the tests of this day share: a queue service, and a client that speaks its protocol.

use data_encoding::{BASE64, HEXLOWER};
use harness::{Launch, Program, Random, expect, random};
use harness_net::{Http, Reply, within};
use md5::{Digest, Md5};
use serde_json::{Value, json};
use std::{collections::BTreeSet, ops::Deref, time::Duration};

/// A visibility timeout of ten hours: what is received with it does not come back within a test.
pub const LONG: i64 = 36_000;

/// Clients sign their requests. Nobody checks it today, but there are servers that look which service is meant.
const AUTHORIZATION: &str = "AWS4-HMAC-SHA256 Credential=me/20260101/us-east-1/sqs/aws4_request";

/// A queue service, and a client whose methods it lends.
#[derive(Debug)]
pub struct Sqs {
    pub program: Program,
    pub client: Client,
    pub random: Random,
}

/// A client that tasks can have a copy of.
#[derive(Debug, Clone)]
pub struct Client {
    http: Http,
}

/// A client of one queue.
#[derive(Debug, Clone)]
pub struct Queue {
    pub client: Client,
    pub url: String,
}

impl Deref for Sqs {
    type Target = Client;

    fn deref(&self) -> &Client {
        &self.client
    }
}

impl Sqs {
    /// A service whose seconds last 100 milliseconds.
    pub fn start() -> Sqs {
        Sqs::with_second(100)
    }

    /// A service whose seconds are so long that nobody waits for the end of a receive that waits for 20 of them: what is
    /// not answered before, is not answered.
    pub fn with_long_seconds() -> Sqs {
        let second = harness::timeout(Duration::from_millis(600));
        Sqs::with_second(u32::try_from(second.as_millis()).unwrap_or(u32::MAX))
    }

    /// A service whose seconds last so many milliseconds.
    pub fn with_second(ms: u32) -> Sqs {
        let program = Launch::service().data_dir().args(["--second-ms", &ms.to_string()]).start();
        let client = Client { http: Http::to(&program) };
        Sqs { program, client, random: random() }
    }

    /// A new queue.
    pub async fn queue(&mut self) -> Queue {
        self.queue_with(json!({})).await
    }

    /// A new queue with these attributes.
    pub async fn queue_with(&mut self, attributes: Value) -> Queue {
        let name = self.random.name();
        self.named_queue(&name, attributes).await
    }

    /// A new FIFO queue with these attributes beside that one.
    pub async fn fifo(&mut self, mut attributes: Value) -> Queue {
        let name = format!("{}.fifo", self.random.name());
        attributes["FifoQueue"] = "true".into();
        self.named_queue(&name, attributes).await
    }

    /// SIGKILL, and a new start on the same data. The queue's URL stays the same but for the port.
    pub fn kill_and_restart(&mut self, queue: &mut Queue) {
        self.program.kill();
        self.program.start_again();
        self.client = Client { http: Http::to(&self.program) };
        queue.client = self.client.clone();
    }
}

impl Client {
    /// An operation, whatever comes of it.
    pub async fn call(&self, operation: &str, parameters: &Value) -> Reply {
        self.request(operation, parameters).send().await
    }

    /// An operation about to be sent.
    pub fn request(&self, operation: &str, parameters: &Value) -> harness_net::Call {
        let call = self.http.post("/").header("x-amz-target", format!("AmazonSQS.{operation}"));
        let call = call.header("content-type", "application/x-amz-json-1.0");
        call.header("authorization", AUTHORIZATION).body(parameters.to_string())
    }

    /// A request about to be sent, with nothing but this body.
    pub fn bare(&self, body: &str) -> harness_net::Call {
        self.http.post("/").body(body)
    }

    /// An operation that has to succeed.
    pub async fn ok(&self, operation: &str, parameters: &Value) -> Reply {
        let reply = self.call(operation, parameters).await;
        reply.expect(format!("{operation} succeeds")).status(200);
        reply
    }

    pub async fn named_queue(&self, name: &str, attributes: Value) -> Queue {
        let reply = self.ok("CreateQueue", &json!({"QueueName": name, "Attributes": attributes})).await;
        Queue { client: self.clone(), url: reply.text_at("/QueueUrl") }
    }
}

impl Queue {
    /// An operation on this queue, whatever comes of it.
    pub async fn call(&self, operation: &str, parameters: Value) -> Reply {
        self.client.call(operation, &self.with_url(parameters)).await
    }

    /// An operation on this queue that has to succeed.
    pub async fn ok(&self, operation: &str, parameters: Value) -> Reply {
        self.client.ok(operation, &self.with_url(parameters)).await
    }

    pub fn with_url(&self, mut parameters: Value) -> Value {
        parameters["QueueUrl"] = self.url.as_str().into();
        parameters
    }

    /// Sends a message, and returns its id.
    pub async fn send(&self, body: &str) -> String {
        self.ok("SendMessage", json!({"MessageBody": body})).await.text_at("/MessageId")
    }

    /// Sends a message to a FIFO queue, and returns its id.
    pub async fn send_to(&self, group: &str, deduplication: &str, body: &str) -> String {
        let parameters = json!({"MessageBody": body, "MessageGroupId": group, "MessageDeduplicationId": deduplication});
        self.ok("SendMessage", parameters).await.text_at("/MessageId")
    }

    /// What ReceiveMessage returns with these parameters and all that is known of a message.
    pub async fn receive(&self, mut parameters: Value) -> Vec<Value> {
        parameters["AttributeNames"] = json!(["All"]);
        let reply = self.ok("ReceiveMessage", parameters).await;
        messages(&reply)
    }

    /// What is there now.
    pub async fn receive_now(&self) -> Vec<Value> {
        self.receive(json!({"MaxNumberOfMessages": 10, "WaitTimeSeconds": 0})).await
    }

    /// One message, which has to come while the receive waits, and is then invisible for so many seconds.
    pub async fn one(&self, requirement: &str, visibility: i64) -> Value {
        let parameters = json!({"WaitTimeSeconds": 20, "VisibilityTimeout": visibility, "AttributeNames": ["All"]});
        let reply = self.ok("ReceiveMessage", parameters).await;
        let mut messages = messages(&reply);
        if messages.len() != 1 {
            expect(requirement).request(reply.curl()).expected("one message").fail(reply.describe());
        }
        messages.remove(0)
    }

    /// Nothing comes now.
    pub async fn nothing(&self, requirement: &str) {
        expect(requirement).expected("no message").eq(self.receive_now().await, Vec::<Value>::new());
    }

    pub async fn delete(&self, message: &Value) {
        self.ok("DeleteMessage", json!({"ReceiptHandle": handle(message)})).await;
    }

    pub async fn change_visibility(&self, message: &Value, seconds: i64) -> Reply {
        let parameters = json!({"ReceiptHandle": handle(message), "VisibilityTimeout": seconds});
        self.call("ChangeMessageVisibility", parameters).await
    }

    /// Makes a message visible again, now.
    pub async fn give_back(&self, message: &Value) {
        self.change_visibility(message, 0).await.expect("a message in flight can be given back").status(200);
    }

    /// An attribute of the queue.
    pub async fn attribute(&self, name: &str) -> String {
        let reply = self.ok("GetQueueAttributes", json!({"AttributeNames": [name]})).await;
        reply.text_at(&format!("/Attributes/{name}"))
    }

    /// How many messages are visible, in flight, and delayed.
    pub async fn counts(&self) -> [String; 3] {
        let reply = self.ok("GetQueueAttributes", json!({"AttributeNames": ["All"]})).await;
        ["", "NotVisible", "Delayed"]
            .map(|which| reply.text_at(&format!("/Attributes/ApproximateNumberOfMessages{which}")))
    }

    /// Receives until there is nothing left and nothing in flight, deletes it all, and returns the bodies.
    pub async fn drain(&self) -> BTreeSet<String> {
        let draining = async {
            let mut bodies = BTreeSet::new();
            while self.counts().await != ["0", "0", "0"] {
                for message in self.receive(json!({"MaxNumberOfMessages": 10, "WaitTimeSeconds": 1})).await {
                    self.delete(&message).await;
                    bodies.insert(body(&message).to_owned());
                }
            }
            bodies
        };
        within("everything can be received and deleted", Duration::from_secs(20), draining).await
    }
}

/// The messages of an answer; one without any may leave the list out.
pub fn messages(reply: &Reply) -> Vec<Value> {
    reply.json()["Messages"].as_array().cloned().unwrap_or_default()
}

pub fn handle(message: &Value) -> &str {
    text(message, "/ReceiptHandle")
}

pub fn body(message: &Value) -> &str {
    text(message, "/Body")
}

pub fn id(message: &Value) -> &str {
    text(message, "/MessageId")
}

/// How often a message was received.
pub fn receive_count(message: &Value) -> &str {
    text(message, "/Attributes/ApproximateReceiveCount")
}

pub fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| {
        expect(format!("there is a text at {pointer}")).expected("a text").fail(format!("{value:#}"));
    })
}

/// The operation is refused: status 400, and this name in `__type`. A namespace before it and `Exception` behind it make no
/// difference.
#[track_caller]
pub fn expect_refused(requirement: &str, reply: &Reply, name: &str) {
    reply.expect(requirement).status(400);
    let kind = reply.text_at("/__type");
    let kind = kind.rsplit('#').next().unwrap_or_default();
    expect(requirement)
        .request(reply.curl())
        .expected(format!("{name} in __type"))
        .that(kind.trim_end_matches("Exception") == name.trim_end_matches("Exception"), reply.describe());
}

/// MD5 in hex.
pub fn md5(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Md5::digest(bytes))
}

/// MD5 of message attributes, as the page describes it, of the JSON that goes over the wire.
pub fn md5_of_attributes(attributes: &Value) -> String {
    let mut bytes = Vec::new();
    let mut add = |part: &[u8], prefix: &[u8]| {
        bytes.extend(prefix);
        bytes.extend(u32::try_from(part.len()).expect("a part of a test is small").to_be_bytes());
        bytes.extend(part);
    };
    // A JSON object of serde_json is sorted by key.
    for (name, attribute) in attributes.as_object().expect("attributes are an object") {
        add(name.as_bytes(), &[]);
        add(text(attribute, "/DataType").as_bytes(), &[]);
        match attribute["StringValue"].as_str() {
            Some(text) => add(text.as_bytes(), &[1]),
            None => {
                let value = BASE64.decode(text(attribute, "/BinaryValue").as_bytes()).expect("this is base64");
                add(&value, &[2]);
            }
        }
    }
    md5(&bytes)
}
