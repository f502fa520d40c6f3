//! A provider of language models that says what a test has written down for it.

use harness::{Random, expect};
use harness_net::{Answer, Gate, Received, Reply, Upstream};
use serde_json::{Value, json};
use std::time::Duration;

pub const DONE: &str = "data: [DONE]\n\n";

/// A provider, its name in the config, and the key that it wants.
#[derive(Debug)]
pub struct Provider {
    pub upstream: Upstream,
    pub name: String,
    pub key: String,
}

impl Provider {
    /// A provider that answers `fine`, as a whole or as a stream, until a test tells it something else.
    pub fn start(random: &mut Random) -> Provider {
        let upstream = Upstream::start(|request| match request.json()["stream"] == json!(true) {
            true => stream(&["fi", "ne"], (1, 1)),
            false if request.target.ends_with("/embeddings") => embedding(1),
            false => completion("fine", (1, 1)),
        });
        Provider { upstream, name: random.name(), key: format!("provider-{}", random.name()) }
    }

    /// Answers all requests with this, from now on.
    pub fn always(&self, answer: Answer) {
        self.upstream.change(move |_| answer.clone());
    }

    /// What was asked most recently.
    pub fn last(&self) -> Received {
        self.upstream.received().pop().unwrap_or_else(|| {
            expect("the provider is asked").fail("no request has arrived there");
        })
    }

    /// It has not been asked more often than this.
    #[track_caller]
    pub fn expect_asked(&self, requirement: &str, times: usize) {
        expect(requirement).expected(format!("{times} requests at the provider")).eq(self.upstream.count(), times);
    }
}

pub fn usage((prompt, completion): (u32, u32)) -> Value {
    json!({"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion})
}

/// An answer as a whole.
pub fn completion(text: &str, counts: (u32, u32)) -> Answer {
    let message = json!({"role": "assistant", "content": text});
    let choice = json!({"index": 0, "message": message, "finish_reason": "stop"});
    let body = json!({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "m",
        "choices": [choice], "usage": usage(counts),
    });
    Answer::json(200, &body)
}

/// A vector.
pub fn embedding(tokens: u32) -> Answer {
    let vector = json!({"object": "embedding", "index": 0, "embedding": [0.25, -0.5, 1.0]});
    let usage = json!({"prompt_tokens": tokens, "total_tokens": tokens});
    Answer::json(200, &json!({"object": "list", "model": "m", "data": [vector], "usage": usage}))
}

/// A provider's error.
pub fn refusal(status: u16, message: &str) -> Answer {
    let error = json!({"message": message, "type": "invalid_request_error", "param": null, "code": "no"});
    Answer::json(status, &json!({"error": error}))
}

/// An event of a stream.
pub fn event(data: &Value) -> String {
    format!("data: {data}\n\n")
}

/// An event with a piece of the answer.
pub fn chunk(text: &str) -> String {
    let choice = json!({"index": 0, "delta": {"content": text}, "finish_reason": null});
    event(&json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice],
    }))
}

/// The event with nothing but the usage.
pub fn usage_event(counts: (u32, u32)) -> String {
    event(&json!({
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "m",
        "choices": [], "usage": usage(counts),
    }))
}

/// A stream: these pieces, the usage, and the end, each sent by itself.
pub fn stream(texts: &[&str], counts: (u32, u32)) -> Answer {
    let mut answer = begin(texts);
    for part in [usage_event(counts), DONE.to_owned()] {
        answer = answer.then(Duration::ZERO, part);
    }
    answer
}

/// The beginning of a stream.
pub fn begin(texts: &[&str]) -> Answer {
    let answer = Answer::new(200, "").header("content-type", "text/event-stream");
    texts.iter().fold(answer, |answer, text| answer.then(Duration::ZERO, chunk(text)))
}

/// A stream whose pieces come one by one, each when its gate is open; the end has the last gate.
pub fn gated(texts: &[&str], counts: (u32, u32), gates: &[Gate]) -> Answer {
    let answer = Answer::new(200, "").header("content-type", "text/event-stream");
    let answer = texts.iter().zip(gates).fold(answer, |answer, (text, gate)| answer.then_behind(gate, chunk(text)));
    let end = usage_event(counts) + DONE;
    match gates.get(texts.len()) {
        Some(gate) => answer.then_behind(gate, end),
        None => answer.then(Duration::ZERO, end),
    }
}

/// An error in OpenAI's form, with this type and code.
#[track_caller]
pub fn shape_of_error(requirement: &str, reply: &Reply, status: u16, kind: &str, code: Option<&str>) {
    reply.expect(requirement).status(status).media_type("application/json");
    let error = reply.at("/error");
    let is_whole = error["message"].is_string() && error.get("param").is_some() && error.get("code").is_some();
    expect(requirement)
        .request(reply.curl())
        .expected(format!("an error with message, type {kind:?}, param, and code {code:?}"))
        .that(is_whole && error["type"] == json!(kind) && error["code"] == json!(code), reply.describe());
}
