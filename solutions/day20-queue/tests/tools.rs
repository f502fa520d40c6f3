//! Tests with the AWS command line. The grader runs them; they are skipped where it is not installed, or too old.

use harness::{Launch, Program, expect, require_tool, skip};
use harness_net::{Answer, Upstream};
use serde_json::{Value, json};
use std::{
    net::SocketAddr,
    path::PathBuf,
    process::{Command, Output},
};

/// The AWS command line, pointed at a server.
struct Aws {
    tool: PathBuf,
    /// Its address.
    server: SocketAddr,
}

impl Aws {
    /// For a program. Until 2024 the command line spoke an older protocol to SQS: whether it does is seen best by listening
    /// to it.
    fn to(program: &Program) -> Aws {
        let tool = require_tool("aws", "awscli");
        let listener = Upstream::start(|_| Answer::new(200, "{}"));
        let mut aws = Aws { tool, server: listener.address() };
        aws.run(&["list-queues"]);
        if !listener.received().iter().any(|request| request.headers.contains_key("x-amz-target")) {
            skip(
                "this aws speaks the query protocol of SQS and not AWS JSON",
                "pip install awscli (a version of May 2024 or later)",
            );
        }
        aws.server = program.address();
        aws
    }

    fn run(&self, words: &[&str]) -> Output {
        let mut command = Command::new(&self.tool);
        command.args(["sqs", "--output", "json", "--endpoint-url", &format!("http://{}", self.server)]).args(words);
        // Signatures are not checked, but the command line does not go without keys.
        command
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .env("AWS_DEFAULT_REGION", "us-east-1");
        // Nothing of the user's own settings, and nobody is asked for more.
        command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
        command.env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_PAGER", "").env_remove("AWS_PROFILE");
        command.output().expect("aws can be started")
    }

    /// Has to succeed; what it prints.
    fn ok(&self, words: &[&str]) -> Value {
        let output = self.run(words);
        let wanted = expect(format!("aws sqs {} succeeds", words[0])).request(words.join(" "));
        wanted.that(output.status.success(), String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap_or_default()
    }
}

mod send_receive_delete {
    use super::*;

    #[test]
    fn the_aws_command_line_can_use_it() {
        let program = Launch::service().data_dir().start();
        let aws = Aws::to(&program);
        let created = aws.ok(&["create-queue", "--queue-name", "parcels", "--attributes", "VisibilityTimeout=600"]);
        let url = created["QueueUrl"].as_str().unwrap_or_default();
        let attributes = r#"{"city": {"DataType": "String", "StringValue": "Zürich"}}"#;
        let send = ["send-message", "--queue-url", url, "--message-body", "héllo", "--message-attributes", attributes];
        let sent = aws.ok(&send);
        let names = ["--message-attribute-names", "All", "--attribute-names", "All"];
        let receive = ["receive-message", "--queue-url", url, "--wait-time-seconds", "1"];
        let received = aws.ok(&[receive.as_slice(), names.as_slice()].concat());
        let message = &received["Messages"][0];
        expect("what was sent is received").eq(&message["MessageId"], &sent["MessageId"]);
        expect("with its body").eq(&message["Body"], &json!("héllo"));
        expect("with its attributes").eq(&message["MessageAttributes"]["city"]["StringValue"], &json!("Zürich"));
        let handle = message["ReceiptHandle"].as_str().unwrap_or_default();
        aws.ok(&["delete-message", "--queue-url", url, "--receipt-handle", handle]);
        let attributes = aws.ok(&["get-queue-attributes", "--queue-url", url, "--attribute-names", "All"]);
        expect("nothing is left").eq(&attributes["Attributes"]["ApproximateNumberOfMessagesNotVisible"], &json!("0"));
        let missing = aws.run(&["get-queue-url", "--queue-name", "letters"]);
        let said = String::from_utf8_lossy(&missing.stderr);
        expect("an error keeps its name").contains(&said, "QueueDoesNotExist");
    }
}

mod batch_partial_failure {
    use super::*;

    #[test]
    fn the_aws_command_line_sends_and_deletes_batches() {
        let program = Launch::service().data_dir().start();
        let aws = Aws::to(&program);
        let created = aws.ok(&["create-queue", "--queue-name", "parcels"]);
        let url = created["QueueUrl"].as_str().unwrap_or_default();
        let entries = json!([
            {"Id": "a", "MessageBody": "one"},
            {"Id": "b", "MessageBody": "two", "DelaySeconds": 901},
            {"Id": "c", "MessageBody": "three"},
        ]);
        let result = aws.ok(&["send-message-batch", "--queue-url", url, "--entries", &entries.to_string()]);
        expect("two are sent").eq(result["Successful"].as_array().map(Vec::len), Some(2));
        expect("one fails").eq(&result["Failed"][0]["Id"], &json!("b"));
        let receive = ["receive-message", "--queue-url", url, "--max-number-of-messages", "10"];
        let received = aws.ok(&receive);
        let handles = received["Messages"].as_array().cloned().unwrap_or_default();
        let entries: Vec<_> = handles
            .iter()
            .enumerate()
            .map(|(number, message)| json!({"Id": number.to_string(), "ReceiptHandle": message["ReceiptHandle"]}))
            .collect();
        let entries = json!(entries).to_string();
        let result = aws.ok(&["delete-message-batch", "--queue-url", url, "--entries", &entries]);
        expect("both are deleted").eq(result["Successful"].as_array().map(Vec::len), Some(2));
    }
}
