//! What the tests of this day share.

use harness::{Launch, Program, Random, expect};
use harness_net::{Http, Reply};
use serde_json::{Value, json};
use std::fs;

/// A fresh service with these flags, and a client that keeps no cookies.
pub fn service(flags: &[&str]) -> (Program, Http) {
    let program = Launch::service().data_dir().args(flags).start();
    let http = Http::to(&program);
    (program, http)
}

/// An address and a password that nobody else has.
pub fn person(random: &mut Random) -> (String, String) {
    (format!("{}@example.org", random.name()), format!("{} {}", random.words(3), random.name()))
}

/// All mails to `address`, oldest first.
pub fn mails(program: &Program, address: &str) -> Vec<Value> {
    let folder = program.data_dir().join("outbox");
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| {
        expect("mails are in the folder outbox of the data folder").fail(format!("{}: {error}", folder.display()))
    });
    let mut files: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json") && file.is_file());
    files.sort();
    let mails = files.iter().filter_map(|file| serde_json::from_slice::<Value>(&fs::read(file).ok()?).ok());
    mails.filter(|mail| mail["to"] == address).collect()
}

/// The token in the latest mail of this kind to `address`.
pub fn token(program: &Program, address: &str, kind: &str) -> String {
    let mails = mails(program, address);
    let mail = mails.iter().rev().find(|mail| mail["kind"] == kind);
    match mail.and_then(|mail| mail["token"].as_str()) {
        Some(token) => token.to_owned(),
        None => expect(format!("a mail of kind {kind:?} with a token is in the outbox before the answer"))
            .expected(json!({"to": address, "kind": kind, "token": "…"}).to_string())
            .fail(format!("mails to this address: {mails:?}")),
    }
}

/// Makes an account.
pub async fn register(program: &Program, http: &Http, (email, password): &(String, String)) {
    let asked = http.post("/accounts").json(&json!({"email": email})).send().await;
    asked.expect("a registration is accepted").status(202);
    let token = token(program, email, "register");
    let made = http.post("/accounts/confirm").json(&json!({"token": token, "password": password})).send().await;
    made.expect("the token from the mail makes the account").status(201).json_at("/email", email.as_str());
}

/// Tries to log in.
pub async fn try_log_in(http: &Http, (email, password): &(String, String)) -> Reply {
    http.post("/sessions").json(&json!({"email": email, "password": password})).send().await
}

/// Logs in and returns the `Cookie` header that carries the session.
pub async fn log_in(http: &Http, person: &(String, String)) -> String {
    let reply = try_log_in(http, person).await;
    reply.expect("the right password logs in").status(201).json_at("/email", person.0.as_str());
    cookie(&reply)
}

/// The `Cookie` header that a browser would send after this reply.
pub fn cookie(reply: &Reply) -> String {
    let set = set_cookie(reply);
    set.split(';').next().unwrap_or_default().to_owned()
}

/// The `Set-Cookie` header of the session.
pub fn set_cookie(reply: &Reply) -> String {
    let mut all = reply.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    all.find(|value| value.starts_with("session="))
        .unwrap_or_else(|| expect("the session is a cookie named session").request(reply.curl()).fail(reply.describe()))
        .to_owned()
}

/// Asks for a password reset and returns the token from the mail.
pub async fn reset_token(program: &Program, http: &Http, email: &str) -> String {
    let asked = http.post("/password-resets").json(&json!({"email": email})).send().await;
    asked.expect("asking for a reset is accepted").status(202);
    token(program, email, "reset")
}

/// Whether this `Cookie` header is that of a living session.
pub async fn is_logged_in(http: &Http, cookie: &str) -> bool {
    let reply = http.get("/me").header("cookie", cookie).send().await;
    reply.expect("GET /me is 200 with a session and 401 without").status_in(&[200, 401]);
    reply.status == 200
}
