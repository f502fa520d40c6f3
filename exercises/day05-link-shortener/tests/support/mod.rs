//! What the tests of this day share.

use harness::{Launch, Program, Random, expect};
use harness_net::{Call, Http, Reply};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A fresh service and a client for it. Dropping the program ends it.
pub fn service() -> (Program, Http) {
    let program = Launch::service().data_dir().start();
    let http = Http::to(&program);
    (program, http)
}

/// An address somewhere else, different every time.
pub fn url(random: &mut Random) -> String {
    format!("https://{}.example/{}?q={}#{}", random.word(), random.name(), random.word(), random.word())
}

/// An alias that nobody else has.
pub fn alias(random: &mut Random) -> String {
    random.name()
}

/// The request that makes a link.
pub fn post(http: &Http, draft: &Value) -> Call {
    http.post("/api/links").json(draft)
}

/// The request that makes several links.
pub fn post_bulk(http: &Http, drafts: &[Value]) -> Call {
    http.post("/api/links/bulk").json(&json!({"links": drafts}))
}

/// Makes a link and returns it as the service did.
pub async fn create(http: &Http, draft: &Value) -> Value {
    let reply = post(http, draft).send().await;
    reply.expect("a valid link is made").status(201).media_type("application/json");
    reply.json()
}

/// Makes a link to `url` and returns its code.
pub async fn shorten(http: &Http, url: &str) -> String {
    code(&create(http, &json!({"url": url})).await)
}

/// The code of a link.
pub fn code(link: &Value) -> String {
    match link["code"].as_str() {
        Some(code) => code.to_owned(),
        None => expect("a link has a code").expected("\"code\": a text").fail(link),
    }
}

/// Follows a code, and does not go where it leads.
pub async fn follow(http: &Http, code: &str) -> Reply {
    http.get(&format!("/{code}")).send().await
}

/// Follows a code, which has to lead to `url`.
pub async fn follow_to(http: &Http, code: &str, url: &str) {
    follow(http, code).await.expect("the code leads to its URL").status(302).header("location", url);
}

/// Follows a code, to wherever and with whatever kind of redirect: a click.
pub async fn click(http: &Http, code: &str) {
    follow(http, code).await.expect("the code redirects").status_in(&[301, 302, 303, 307, 308]);
}

/// The statistics of a link.
pub async fn stats(http: &Http, code: &str) -> Reply {
    http.get(&format!("/api/links/{code}/stats")).send().await
}

/// How often a link has been followed.
pub async fn clicks(http: &Http, code: &str) -> i64 {
    let reply = stats(http, code).await;
    reply.expect("the statistics of a link can be read").status(200).media_type("application/json");
    reply.number_at("/clicks")
}

/// Which of these pairs of a code and a URL the service knows.
pub async fn known(http: &Http, pairs: &BTreeSet<(String, String)>) -> BTreeSet<(String, String)> {
    let mut known = BTreeSet::new();
    for (code, url) in pairs {
        let reply = follow(http, code).await;
        if reply.status == 302 && reply.header("location") == Some(url) {
            known.insert((code.clone(), url.clone()));
        }
    }
    known
}

/// Which of these codes the service has links for.
pub async fn existing(http: &Http, codes: &[String]) -> Vec<String> {
    let mut existing = Vec::new();
    for code in codes {
        let reply = stats(http, code).await;
        reply.expect("statistics are 200 for a link that is there, and 404 for others").status_in(&[200, 404]);
        if reply.status == 200 {
            existing.push(code.clone());
        }
    }
    existing
}
