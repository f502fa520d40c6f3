use crate::visible::support::{
    Library,
    model::sentence,
    session::{PATIENCE, Process, expect_protocol_only},
};
use harness::{expect, random};
use harness_net::within;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};

/// Bytes by hand: rmcp's client would pass over what is no message.
#[tokio::test]
async fn lines_that_are_no_messages_do_not_end_the_program() {
    let (mut random, library) = (random(), Library::empty());
    let text = sentence(&mut random, 0);
    library.write("a.md", format!("{text}\n\nsecond line\n"));
    let (mut process, stdout, mut stdin) = Process::start(library.command());
    let hello = json!({"jsonrpc": "2.0", "id": "hello", "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "by hand", "version": "1"},
    }});
    let call = json!({"jsonrpc": "2.0", "id": "text as id", "method": "tools/call",
        "params": {"name": "read", "arguments": {"path": "a.md"}}});
    let search = json!({"jsonrpc": "2.0", "id": 7, "method": "tools/call",
        "params": {"name": "search", "arguments": {"query": "kitten"}}});
    let mut lines = BufReader::new(stdout).lines();
    let mut said = String::new();
    let ready = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
    for (sent, id) in [
        (format!("{hello}\n"), json!("hello")),
        (format!("{ready}\n\nthis is no JSON\n{{\"broken\": \n{call}\n"), json!("text as id")),
        (format!("{search}\n"), json!(7)),
    ] {
        stdin.write_all(sent.as_bytes()).await.expect("the program reads");
        let answer = async {
            loop {
                let line = lines.next_line().await.expect("standard output can be read");
                let Some(line) = line else { break None };
                said.push_str(&line);
                said.push('\n');
                let message: Value = serde_json::from_str(&line).unwrap_or_default();
                if message["id"] == id && message.get("method").is_none() {
                    break Some(message);
                }
            }
        };
        let answer = within(&format!("the message with the id {id} is answered"), PATIENCE, answer).await;
        let answer = answer.unwrap_or_else(|| {
            expect(format!("the message with the id {id} is answered")).request(&sent).fail("standard output has ended")
        });
        expect("the answer is a result").request(sent).that(answer["result"].is_object(), &answer);
    }
    drop(stdin);
    process.expect_end("the program ends when its standard input does").await;
    lines.into_inner().read_to_string(&mut said).await.expect("what is left is text");
    expect_protocol_only(&said);
}

#[tokio::test]
async fn a_client_that_goes_at_once_is_no_fault() {
    let library = Library::empty();
    let (mut process, mut stdout, stdin) = Process::start(library.command());
    drop(stdin);
    process.expect_end("the program ends when its standard input does, before anybody has said hello").await;
    let mut said = String::new();
    stdout.read_to_string(&mut said).await.expect("standard output is text");
    expect("nothing is said to nobody").eq(said.as_str(), "");
}

#[tokio::test]
async fn faults_are_told_elsewhere() {
    let (mut random, library) = (random(), Library::empty());
    let text = sentence(&mut random, 0);
    library.write("a.md", &text);
    library.write("b.txt", [0xff; 30]);
    library.model.fail(&text, 503);
    let session = library.session().await;
    for query in ["DELETE FROM documents", "SELECT", "SELECT * FROM nowhere", "ATTACH 'x' AS y"] {
        session.call("sql_readonly", &json!({"query": query})).await.refused("this is no question");
    }
    session.call("search", &json!({"query": "kitten"})).await.failed("a failing embeddings server is an error");
    session.call("read", &json!({"path": "b.txt"})).await.refused("what is not UTF-8 is no document");
    library.model.upstream.next(harness_net::Answer::new(200, "{}").truncate(1));
    session.call("search", &json!({"query": "kitten"})).await.failed("an answer that breaks off is an error");
    library.model.behave();
    expect("then all is well").eq(session.paths("kitten").await, ["a.md"]);
    let (stdout, _) = session.end().await;
    expect_protocol_only(&stdout);
}
