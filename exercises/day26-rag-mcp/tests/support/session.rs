//! The program as a child process, and rmcp's client at its standard input and output. What the program writes is also
//! kept as it was: the client passes over what it does not understand.

use harness::{Expectation, Signal, expect, send_kill, send_signal, timeout};
use harness_net::within;
use rmcp::{
    RoleClient, ServiceExt,
    model::{CallToolRequest, CallToolRequestParams, CallToolResult, ClientRequest},
    service::{PeerRequestOptions, RequestHandle, RunningService, ServiceError},
};
use serde_json::{Map, Value};
use std::{
    io,
    pin::Pin,
    process::{Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, ReadBuf},
    process::{Child, ChildStderr, ChildStdin, ChildStdout},
};

/// No answer takes longer.
pub const PATIENCE: Duration = Duration::from_secs(10);
/// A program ends so soon after it was told to.
const FAREWELL: Duration = Duration::from_secs(2);

/// Bytes that a program has written so far.
#[derive(Debug, Clone, Default)]
pub struct Written(Arc<Mutex<Vec<u8>>>);

impl Written {
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }

    fn add(&self, bytes: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
    }
}

/// A child process with pipes.
#[derive(Debug)]
pub struct Process {
    child: Child,
    stderr: Written,
}

impl Process {
    pub fn start(command: Command) -> (Process, ChildStdout, ChildStdin) {
        let mut command = tokio::process::Command::from(command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("the program could not be started: {error}"));
        let (Some(stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
        else {
            unreachable!("all three were asked for as pipes");
        };
        let said = Written::default();
        tokio::spawn(keep(stderr, said.clone()));
        (Process { child, stderr: said }, stdout, stdin)
    }

    /// What it has written to standard error so far.
    pub fn stderr(&self) -> String {
        self.stderr.text()
    }

    /// SIGKILL, and waits for the end.
    pub async fn kill(&mut self) {
        if let Some(id) = self.child.id() {
            send_kill(id);
        }
        if tokio::time::timeout(timeout(PATIENCE), self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        if let Some(id) = self.child.id() {
            send_signal(id, Signal::Terminate);
        }
    }

    /// The program has to end by itself with exit status 0, within two seconds.
    pub async fn expect_end(&mut self, requirement: &str) {
        let status = self.end_within(requirement, FAREWELL).await;
        self.wanted(requirement).expected("exit status 0").eq(status.code(), Some(0));
    }

    /// How it ends.
    pub async fn end_within(&mut self, requirement: &str, limit: Duration) -> ExitStatus {
        let ended = tokio::time::timeout(timeout(limit), self.child.wait()).await;
        match ended {
            Ok(status) => status.unwrap_or_else(|error| panic!("the end of the program cannot be seen: {error}")),
            Err(_) => self.wanted(requirement).expected(format!("an end within {limit:?}")).fail("it still runs"),
        }
    }

    fn wanted(&self, requirement: &str) -> Expectation {
        expect(requirement).request(format!("(standard error so far: {})", shorten(&self.stderr(), 1500)))
    }
}

async fn keep(mut stderr: ChildStderr, said: Written) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = stderr.read(&mut buffer).await {
        said.add(&buffer[..count]);
    }
}

/// Standard output on its way to the client.
struct Kept {
    stdout: ChildStdout,
    said: Written,
}

impl AsyncRead for Kept {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stdout).poll_read(context, buffer))?;
        self.said.add(&buffer.filled()[before..]);
        Poll::Ready(Ok(()))
    }
}

/// A session with the program, over rmcp's client.
#[derive(Debug)]
pub struct Session {
    pub process: Process,
    pub client: RunningService<RoleClient, ()>,
    stdout: Written,
}

impl Session {
    pub async fn begin(command: Command) -> Session {
        let (process, stdout, stdin) = Process::start(command);
        let said = Written::default();
        let kept = Kept { stdout, said: said.clone() };
        let hello = tokio::time::timeout(timeout(PATIENCE), ().serve((kept, stdin))).await;
        let wanted = || process.wanted("the program answers initialize, the first message of a client");
        match hello {
            Ok(Ok(client)) => Session { process, client, stdout: said },
            Ok(Err(error)) => wanted().fail(format!("{error}\nstandard output: {}", shorten(&said.text(), 500))),
            Err(_) => wanted().fail(format!("nothing within {PATIENCE:?}")),
        }
    }

    /// Calls a tool, and waits for the answer.
    pub async fn call(&self, tool: &str, arguments: &Value) -> Answer {
        let request = format!("tools/call {{\"name\": {tool:?}, \"arguments\": {arguments}}}");
        let parameters = CallToolRequestParams::new(tool.to_owned()).with_arguments(object(arguments));
        let call = self.client.call_tool(parameters);
        let result = within(&format!("a call is answered: {}", shorten(&request, 300)), PATIENCE, call).await;
        Answer { request, result, stderr: shorten(&self.process.stderr(), 1500) }
    }

    /// Calls a tool, and gives the call, which can be cancelled.
    pub async fn begin_call(&self, tool: &str, arguments: &Value) -> RequestHandle<RoleClient> {
        let parameters = CallToolRequestParams::new(tool.to_owned()).with_arguments(object(arguments));
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(parameters));
        let sent = self.client.send_cancellable_request(request, PeerRequestOptions::no_options()).await;
        sent.unwrap_or_else(|error| panic!("a call cannot be sent: {error}"))
    }

    /// The results of a search.
    pub async fn search(&self, query: &str) -> Vec<Hit> {
        self.search_with(&serde_json::json!({"query": query})).await
    }

    /// The same, with other arguments.
    pub async fn search_with(&self, arguments: &Value) -> Vec<Hit> {
        let answer = self.call("search", arguments).await;
        let value = answer.value();
        let hits = serde_json::from_value(value["results"].clone());
        hits.unwrap_or_else(|error| {
            let form = "results, a list of objects with path, first_line, last_line, text and score";
            answer.wanted("search answers as the page says").expected(form).fail(format!("{error}: {value}"))
        })
    }

    /// The paths of the results.
    pub async fn paths(&self, query: &str) -> Vec<String> {
        self.search(query).await.into_iter().map(|hit| hit.path).collect()
    }

    /// The text of a whole document.
    pub async fn read(&self, path: &str) -> String {
        let answer = self.call("read", &serde_json::json!({"path": path})).await.value();
        answer["text"].as_str().unwrap_or_default().to_owned()
    }

    /// The rows of a question in SQL.
    pub async fn sql(&self, query: &str) -> Value {
        self.call("sql_readonly", &serde_json::json!({"query": query})).await.value()["rows"].clone()
    }

    /// Closes standard input, and waits for the end of the program. What it has written is returned.
    pub async fn end(mut self) -> (String, String) {
        let closed = tokio::time::timeout(timeout(PATIENCE), self.client.close()).await;
        assert!(closed.is_ok(), "the client cannot close the standard input of the program");
        self.process.expect_end("the program ends when its standard input does").await;
        (self.stdout.text(), self.process.stderr())
    }
}

/// A passage that was found.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
pub struct Hit {
    pub path: String,
    pub first_line: usize,
    pub last_line: usize,
    pub text: String,
    pub score: f64,
}

/// What came of a call.
#[derive(Debug)]
pub struct Answer {
    request: String,
    result: Result<CallToolResult, ServiceError>,
    stderr: String,
}

impl Answer {
    /// Begins an expectation about this call.
    pub fn wanted(&self, requirement: &str) -> Expectation {
        expect(requirement).request(shorten(&self.request, 2000))
    }

    /// The result, whether or not it is an error of the call.
    #[track_caller]
    pub fn result(&self) -> &CallToolResult {
        match &self.result {
            Ok(result) => result,
            Err(error) => {
                self.wanted("the call has a result").fail(format!("{error}\nstandard error: {}", self.stderr))
            }
        }
    }

    /// The object that the tool answers with.
    #[track_caller]
    pub fn value(&self) -> Value {
        let result = self.result();
        if result.is_error == Some(true) {
            self.wanted("the call succeeds").fail(format!("isError: {}", text_of(result)));
        }
        match &result.structured_content {
            Some(value @ Value::Object(_)) => value.clone(),
            other => self.wanted("the answer is an object in structuredContent").fail(format!("{other:?}")),
        }
    }

    /// The answer is data: its one block says the same as the structured content, and nothing around it.
    #[track_caller]
    pub fn expect_data(&self) {
        let (value, result) = (self.value(), self.result());
        let text = text_of(result);
        let wanted = self.wanted("content is one block: the JSON of structuredContent, and nothing around it");
        let parsed: Option<Value> = serde_json::from_str(&text).ok();
        wanted.expected(value.to_string()).that(
            result.content.len() == 1 && parsed.as_ref() == Some(&value),
            format!("{} blocks, {text:?}", result.content.len()),
        );
    }

    /// The call has to fail, and the error is returned: an error of the call, or of the protocol.
    #[track_caller]
    pub fn refused(&self, requirement: &str) -> String {
        match &self.result {
            Ok(result) if result.is_error == Some(true) => text_of(result),
            Ok(result) => self.wanted(requirement).expected("an error").fail(shorten(&format!("{result:?}"), 1500)),
            Err(ServiceError::McpError(error)) => error.message.to_string(),
            Err(error) => self.wanted(requirement).expected("an error").fail(error),
        }
    }

    /// The call has to fail with `isError` and a text, which is returned.
    #[track_caller]
    pub fn failed(&self, requirement: &str) -> String {
        let result = self.result();
        let text = text_of(result);
        let wanted = self.wanted(requirement).expected("isError: true, and a text that says why");
        wanted.that(result.is_error == Some(true) && !text.is_empty(), shorten(&format!("{result:?}"), 1500));
        text
    }
}

/// All blocks of text.
pub fn text_of(result: &CallToolResult) -> String {
    let texts = result.content.iter().filter_map(|block| block.as_text());
    texts.map(|text| text.text.as_str()).collect::<Vec<_>>().join("\n")
}

/// Every line that was written to standard output is a message of JSON-RPC.
#[track_caller]
pub fn expect_protocol_only(stdout: &str) {
    let wanted = || {
        expect("standard output carries messages of the protocol and nothing else")
            .expected("one JSON object with \"jsonrpc\": \"2.0\" in every line")
    };
    wanted().that(stdout.is_empty() || stdout.ends_with('\n'), "the last line has no end");
    for line in stdout.lines() {
        let message: Value = serde_json::from_str(line).unwrap_or_default();
        wanted().that(message.is_object() && message["jsonrpc"] == "2.0", shorten(line, 300));
    }
}

fn object(arguments: &Value) -> Map<String, Value> {
    arguments.as_object().cloned().unwrap_or_default()
}

/// The first `longest` characters.
pub fn shorten(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
