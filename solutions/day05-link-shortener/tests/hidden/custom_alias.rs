use crate::visible::support::{alias, clicks, create, follow, follow_to, post, service, shorten, url};
use harness::{expect, random};
use serde_json::json;

#[tokio::test]
async fn upper_and_lower_case_are_two_aliases() {
    let (_program, http) = service();
    let mut random = random();
    let lower = alias(&mut random);
    let upper = lower.to_ascii_uppercase();
    let (first, second) = (url(&mut random), url(&mut random));
    create(&http, &json!({"url": first, "alias": lower})).await;
    follow(&http, &upper).await.expect("codes differ by case").status(404);
    create(&http, &json!({"url": second, "alias": upper})).await;
    follow_to(&http, &lower, &first).await;
    follow_to(&http, &upper, &second).await;
}

#[tokio::test]
async fn every_allowed_character_and_length_is_taken() {
    let (_program, http) = service();
    let url = url(&mut random());
    for alias in ["a_-", "ABCDEFGHIJKLMNOPQRSTUVWXYZ-_0123", "abcdefghijklmnopqrstuvwxyz456789", "---", "___", "007"] {
        let reply = post(&http, &json!({"url": url, "alias": alias})).send().await;
        reply.expect("the alias keeps the rules").status(201).json_at("/code", alias);
        follow_to(&http, alias, &url).await;
    }
}

#[tokio::test]
async fn a_code_that_the_service_chose_is_taken_too() {
    let (_program, http) = service();
    let mut random = random();
    let first = url(&mut random);
    let code = shorten(&http, &first).await;
    let reply = post(&http, &json!({"url": url(&mut random), "alias": code})).send().await;
    reply.expect("aliases and chosen codes share one namespace").problem(409);
    follow_to(&http, &code, &first).await;
}

#[tokio::test]
async fn a_refused_claim_changes_nothing() {
    let (_program, http) = service();
    let mut random = random();
    let (alias, first) = (alias(&mut random), url(&mut random));
    create(&http, &json!({"url": first, "alias": alias})).await;
    follow_to(&http, &alias, &first).await;
    for url in [first.clone(), url(&mut random)] {
        let reply = post(&http, &json!({"url": url, "alias": alias, "expires_in_ms": 1})).send().await;
        reply.expect("a taken alias is 409, even for the same URL").problem(409);
    }
    follow_to(&http, &alias, &first).await;
    expect("the clicks are those of before, and one more").eq(clicks(&http, &alias).await, 2);
}
