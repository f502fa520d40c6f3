use crate::visible::support::{Gateway, PLENTY, bytes_in, completion, has, shape_of_error};
use harness::expect;
use harness_net::Http;
use serde_json::json;
use std::collections::BTreeSet;

const WRONG: &str = "invalid_request_error";

#[tokio::test]
async fn a_key_is_shown_once() {
    let mut gateway = Gateway::start();
    let name = gateway.random.unicode(100);
    let made = gateway.admin().post("/admin/keys").json(&json!({"name": name, "budget": 7})).send().await;
    made.expect("a key is made").status(201).json_at("/name", name.as_str()).json_at("/budget", 7);
    made.expect("and unused").json_at("/spent", 0).json_at("/reserved", 0).json_at("/revoked", false);
    let mut expected = made.json();
    let key = expected.as_object_mut().and_then(|account| account.remove("key"));
    let key = key.and_then(|key| key.as_str().map(str::to_owned)).unwrap_or_default();
    expect("a key begins with sk-").that(key.starts_with("sk-"), &key);
    let account = gateway.admin().get(&format!("/admin/keys/{}", made.text_at("/id"))).send().await;
    account.expect("later, all but the key is there").status(200).json(&expected);
}

#[tokio::test]
async fn it_cannot_be_guessed() {
    let mut gateway = Gateway::start();
    let mut keys = BTreeSet::new();
    for _ in 0..8 {
        keys.insert(gateway.key().await.key);
    }
    expect("all keys are different").eq(keys.len(), 8);
    for key in &keys {
        expect("128 random bits need 22 characters at least").that(key.len() >= 3 + 22, key);
    }
    let keys: Vec<_> = keys.iter().collect();
    let shared = keys[0].bytes().zip(keys[1].bytes()).skip(3).filter(|(one, other)| one == other).count();
    expect("and they do not have most of it in common").that(shared < keys[0].len() / 2, format!("{keys:?}"));
}

#[tokio::test]
async fn it_is_stored_as_a_hash_only() {
    let mut gateway = Gateway::start();
    let mut keys = Vec::new();
    for _ in 0..3 {
        keys.push(gateway.key().await);
    }
    let question = gateway.question();
    keys[0].ok(&question).await;
    for moment in ["while it runs", "after its end"] {
        let stored = bytes_in(gateway.program.data_dir());
        for key in &keys {
            let requirement = format!("no file has a key in it, {moment}");
            expect(requirement).that(!has(&stored, &key.key) && !has(&stored, &key.key[3..]), "it is there");
        }
        if gateway.program.is_running() {
            gateway.program.terminate();
        }
    }
    gateway.program.start_again();
    for key in keys {
        gateway.key_of(key.id, key.key).ok(&question).await;
    }
}

#[tokio::test]
async fn only_the_administrator_makes_them() {
    let mut gateway = Gateway::start();
    let (key, token) = (gateway.key().await, gateway.admin_token.clone());
    let path = format!("/admin/keys/{}", key.id);
    let http = Http::to(&gateway.program);
    let part = &token[..token.len() - 1];
    for wrong in [key.key.as_str(), "", part, &format!("{token}x")] {
        let http = http.clone().always("authorization", &format!("Bearer {wrong}"));
        let request = json!({"name": "mine", "budget": PLENTY});
        for call in [http.post("/admin/keys").json(&request), http.get(&path), http.delete(&path)] {
            let reply = call.send().await;
            shape_of_error("without the admin token", &reply, 401, WRONG, Some("invalid_api_key"));
        }
    }
    let reply = http.get(&path).send().await;
    shape_of_error("with none at all", &reply, 401, WRONG, Some("invalid_api_key"));
    key.account().await.expect("nobody has revoked the key").json_at("/revoked", false);
    let admin = gateway.key_of(String::new(), token);
    let question = gateway.question();
    let reply = admin.ask(&question).send().await;
    shape_of_error("the admin token is no key for models", &reply, 401, WRONG, Some("invalid_api_key"));
}

#[tokio::test]
async fn wrong_ones_are_not_made() {
    let gateway = Gateway::start();
    for (param, request) in [
        ("name", json!({"budget": 1})),
        ("name", json!({"name": "", "budget": 1})),
        ("name", json!({"name": "x".repeat(101), "budget": 1})),
        ("budget", json!({"name": "x"})),
        ("budget", json!({"name": "x", "budget": -1})),
        ("budget", json!({"name": "x", "budget": 1.5})),
        ("budget", json!({"name": "x", "budget": "1"})),
        ("budget", json!({"name": "x", "budget": 9_000_000_000_000_001_i64})),
    ] {
        let reply = gateway.admin().post("/admin/keys").json(&request).send().await;
        shape_of_error(&format!("{request} is wrong"), &reply, 400, WRONG, None);
        reply.expect("param names the field").json_at("/error/param", param);
    }
    for reply in [
        gateway.admin().get("/admin/keys/nobody").send().await,
        gateway.admin().delete("/admin/keys/nobody").send().await,
    ] {
        shape_of_error("a key that is not there", &reply, 404, WRONG, None);
    }
}

#[tokio::test]
async fn the_scheme_is_read_in_any_case() {
    let mut gateway = Gateway::start();
    let (key, question) = (gateway.key().await, gateway.question());
    let lower = key.ask(&question).header("authorization", format!("bearer {}", key.key)).send().await;
    lower.expect("schemes have no case").status(200);
    let basic = key.ask(&question).header("authorization", format!("Basic {}", key.key)).send().await;
    shape_of_error("another scheme", &basic, 401, WRONG, Some("invalid_api_key"));
}

#[tokio::test]
async fn one_that_is_revoked_in_a_call_pays_for_it() {
    let mut gateway = Gateway::start();
    let (key, question, counts) = (gateway.key().await, gateway.question(), gateway.counts());
    let gate = harness_net::Gate::shut();
    gateway.provider().always(completion("yes", counts).behind(&gate));
    let call = tokio::spawn(key.ask(&question).send());
    crate::visible::support::until_asked(gateway.provider(), 1).await;
    gateway.admin().delete(&format!("/admin/keys/{}", key.id)).send().await;
    gate.open();
    call.await.expect("the call comes to an end").expect("what has begun is finished").status(200);
    expect("and charged").eq(key.numbers().await, (gateway.plan.price(counts), 0));
}
