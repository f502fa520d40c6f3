use crate::visible::support::{
    Library,
    model::sentence,
    session::{PATIENCE, Process},
};
use harness::{expect, random};
use rmcp::{model::CallToolRequestParams, service::ServiceError};
use serde_json::json;

#[tokio::test]
async fn the_handshake_does_not_wait_for_the_embeddings_server() {
    let (mut random, library) = (random(), Library::empty());
    let text = sentence(&mut random, 0);
    library.write("a.md", &text);
    let gate = library.model.hold(&text);
    let session = library.session().await;
    library.model.asked_for(&text).await;
    expect("read does not wait either").eq(session.read("a.md").await, text);
    gate.open();
    expect("a search waits until the documents are in the store").eq(session.paths("tomcat").await, ["a.md"]);
}

#[tokio::test]
async fn answers_are_what_the_output_schemas_say() {
    let (mut random, library) = (random(), Library::empty());
    library.write("a.md", sentence(&mut random, 0));
    let session = library.session().await;
    let tools = session.client.list_all_tools().await.expect("tools/list is answered");
    for (name, arguments) in [
        ("search", json!({"query": "kitten", "limit": 1})),
        ("read", json!({"path": "a.md", "last_line": null})),
        ("read", json!({"path": "a.md", "first_line": 7})),
        ("sql_readonly", json!({"query": "SELECT NULL, 1, 2.5, 'text', x'00ff' UNION ALL SELECT 1, 2, 3, 4, 5"})),
        ("sql_readonly", json!({"query": "SELECT * FROM passages"})),
    ] {
        let tool = tools.iter().find(|tool| tool.name == name).expect("the tool is there");
        let schema = tool.output_schema.as_deref().cloned().map(serde_json::Value::Object).unwrap_or_default();
        let answer = session.call(name, &arguments).await;
        let schema = jsonschema::validator_for(&schema).unwrap_or_else(|error| {
            answer.wanted("outputSchema is a JSON Schema").fail(error);
        });
        let value = answer.value();
        let faults: Vec<String> = schema.iter_errors(&value).map(|error| error.to_string()).collect();
        answer.wanted("the answer is what outputSchema says").that(faults.is_empty(), faults.join("\n"));
        // And an object that is none of it is found out.
        let empty = schema.is_valid(&json!({}));
        answer.wanted("outputSchema says which fields there are").that(!empty, "{} is valid as well");
    }
}

#[tokio::test]
async fn calls_that_make_no_sense_are_errors() {
    let library = Library::empty();
    library.write("a.md", "kitten");
    let session = library.session().await;
    let parameters = CallToolRequestParams::new("delete_everything");
    let unknown = session.client.call_tool(parameters).await;
    expect("a tool that is not there is a JSON-RPC error")
        .that(matches!(unknown, Err(ServiceError::McpError(_))), format!("{unknown:?}"));
    for (tool, arguments) in [
        ("search", json!({})),
        ("search", json!({"query": 7})),
        ("search", json!({"query": "kitten", "limit": "many"})),
        ("search", json!({"query": "kitten", "mode": "loud"})),
        ("search", json!({"query": "kitten", "limit": 0})),
        ("search", json!({"query": "kitten", "limit": 51})),
        ("search", json!({"query": " \n"})),
        ("read", json!({"query": "kitten"})),
        ("read", json!({"path": "a.md", "first_line": 0})),
        ("read", json!({"path": "a.md", "first_line": 2, "last_line": 1})),
        ("read", json!({"path": "a.md", "first_line": -1})),
        ("sql_readonly", json!({"query": null})),
    ] {
        let refused = session.call(tool, &arguments).await;
        refused.failed("wrong arguments are an error of the call");
    }
    expect("and the next call works").eq(session.paths("kitten").await, ["a.md"]);
}

#[tokio::test]
async fn sigterm_ends_the_program_in_the_middle_of_an_ingest() {
    let (mut random, library) = (random(), Library::empty());
    let text = sentence(&mut random, 0);
    library.write("a.md", &text);
    let _gate = library.model.hold(&text);
    let mut session = library.session().await;
    library.model.asked_for(&text).await;
    session.process.terminate();
    session.process.expect_end("SIGTERM ends the program").await;
    let session = library.session().await;
    session.end().await;
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_named() {
    let (mut random, library) = (random(), Library::empty());
    let missing = random.name();
    let mut command = harness::std_command();
    command.arg("--docs").arg(library.docs().join(&missing)).arg("--data-dir").arg(library.data());
    command.args(["--embeddings-url", &library.model.url()]);
    // Its standard input stays open: it has to end by itself.
    let (mut process, _stdout, _stdin) = Process::start(command);
    let status = process.end_within("without documents the program ends", PATIENCE).await;
    expect("the exit status says that it could not be done").eq(status.code(), Some(1));
    let said = || async { Some(process.stderr()).filter(|text| text.contains(&missing)) };
    harness_net::eventually("the folder is named on standard error", PATIENCE, said).await;
}
