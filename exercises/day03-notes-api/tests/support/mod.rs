//! What the tests of this day share.

use harness::{Launch, Program, Random, expect};
use harness_net::{Call, Http};
use serde_json::{Value, json};

/// A fresh service and a client for it. Dropping the program ends it.
pub fn service() -> (Program, Http) {
    let program = Launch::service().start();
    let http = Http::to(&program);
    (program, http)
}

/// Something that can be posted, different every time.
pub fn draft(random: &mut Random) -> Value {
    json!({"title": random.words(3), "body": random.words(12), "tags": [random.name()]})
}

/// The request that creates a note.
pub fn post(http: &Http, draft: &Value) -> Call {
    http.post("/notes").json(draft)
}

/// Creates a note and returns it as the service did.
pub async fn create(http: &Http, draft: &Value) -> Value {
    let reply = post(http, draft).send().await;
    reply.expect("a valid note is created").status(201).media_type("application/json");
    reply.json()
}

/// Creates `count` notes one after another and returns their ids, oldest first.
pub async fn create_many(http: &Http, random: &mut Random, count: usize) -> Vec<i64> {
    let mut ids = Vec::new();
    for _ in 0..count {
        ids.push(id(&create(http, &draft(random)).await));
    }
    ids
}

/// A note's id.
pub fn id(note: &Value) -> i64 {
    note["id"].as_i64().unwrap_or_else(|| {
        expect("a note has an id that is a whole number").expected("\"id\": a whole number").fail(note)
    })
}

/// The path of a note.
pub fn path(note: &Value) -> String {
    format!("/notes/{}", id(note))
}

/// The ids of the list that `query` (`?limit=2` or nothing) selects, and `next`.
pub async fn list(http: &Http, query: &str) -> (Vec<i64>, Option<String>) {
    let reply = http.get(&format!("/notes{query}")).send().await;
    reply.expect("the list can be read").status(200).media_type("application/json");
    let notes = reply.at("/notes");
    let Some(notes) = notes.as_array() else {
        expect("the list has its notes in an array").request(reply.curl()).fail(reply.describe())
    };
    let next = match reply.at("/next") {
        Value::Null => None,
        Value::String(cursor) => Some(cursor),
        _ => expect("next is a text or null").request(reply.curl()).fail(reply.describe()),
    };
    (notes.iter().map(id).collect(), next)
}

/// A note whose JSON is padded with spaces to exactly `bytes` bytes.
pub fn padded(bytes: usize) -> String {
    let note = "{\"title\": \"padded\"}";
    note.to_owned() + &" ".repeat(bytes - note.len())
}

/// The path of the page that begins at `cursor`. The cursor is the service's own text, so it may need encoding.
pub fn page_after(cursor: &str, limit: usize) -> String {
    let encoded: String = cursor.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("?limit={limit}&after={encoded}")
}
