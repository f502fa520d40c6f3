use crate::visible::support::{code, create, follow, follow_to, post, service, shorten, url};
use harness::{Launch, expect, random};
use harness_net::{Http, together};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test]
async fn the_url_is_kept_as_it_was_sent() {
    let (_program, http) = service();
    let name = random().name();
    for url in [
        format!("https://{name}.example"),
        format!("HTTPS://{name}.EXAMPLE:443/Upper/../Case/"),
        format!("http://{name}.example:8080/?q=O'Reilly&r=\"x\"#top"),
        format!("https://{name}.example/%C3%A9%0D%0A%00?100%25"),
        format!("https://{name}.example/');DROP/**/TABLE/**/links;--"),
        format!("https://{name}.example/!$&'()*+,;=:@-._~{{}}|\\^`[]<>?/?"),
        "http://[2001:db8::1]:8080/x".to_owned(),
        "http://192.0.2.7/".to_owned(),
    ] {
        let reply = post(&http, &json!({"url": url})).send().await;
        reply.expect("the URL is kept character by character").status(201).json_at("/url", url.as_str());
        follow_to(&http, &code(&reply.json()), &url).await;
    }
}

#[tokio::test]
async fn the_same_url_twice_makes_two_links() {
    let (_program, http) = service();
    let url = url(&mut random());
    let (first, second) = (shorten(&http, &url).await, shorten(&http, &url).await);
    expect("each POST makes a link of its own, also for the same URL").ne(&first, &second);
    follow_to(&http, &first, &url).await;
    follow_to(&http, &second, &url).await;
}

#[tokio::test]
async fn alias_and_expiry_may_be_null() {
    let (_program, http) = service();
    let draft = json!({"url": url(&mut random()), "alias": null, "expires_in_ms": null});
    let reply = post(&http, &draft).send().await;
    reply.expect("null is the same as left out").status(201).json_at("/expires_at", Value::Null);
}

#[tokio::test]
async fn no_cache_keeps_a_redirect() {
    let (_program, http) = service();
    let code = shorten(&http, &url(&mut random())).await;
    let reply = follow(&http, &code).await;
    let control = reply.header("cache-control").unwrap_or_default().to_ascii_lowercase();
    expect("a redirect says Cache-Control: no-store, so that every click comes by")
        .request(reply.curl())
        .contains(&control, "no-store");
}

#[tokio::test]
async fn public_url_begins_every_short_url() {
    let name = random().word();
    for (given, begin) in [
        (format!("https://{name}.example"), format!("https://{name}.example/")),
        (format!("https://{name}.example/"), format!("https://{name}.example/")),
    ] {
        let program = Launch::service().data_dir().arg("--public-url").arg(&given).start();
        let http = Http::to(&program);
        let link = create(&http, &json!({"url": "https://elsewhere.example/"})).await;
        expect(format!("with --public-url {given} the short URL is there"))
            .eq(link["short_url"].as_str().unwrap_or_default(), format!("{begin}{}", code(&link)).as_str());
        follow_to(&http, &code(&link), "https://elsewhere.example/").await;
    }
}

#[test]
fn a_public_url_under_which_nobody_is_reached_is_wrong_usage() {
    for wrong in ["ftp://links.example", "https://links.example/?code=", "https://links.example/#", "links.example"] {
        let ended = Launch::service().data_dir().arg("--public-url").arg(wrong).run_to_end();
        expect(format!("--public-url {wrong} is wrong usage")).eq(ended.code, Some(2));
    }
}

#[tokio::test]
async fn fifty_posts_at_once_make_fifty_links() {
    let (_program, http) = service();
    let mut random = random();
    let urls: Vec<_> = (0..50).map(|_| url(&mut random)).collect();
    let codes = together(50, |number| {
        let (http, url) = (http.clone(), urls[number].clone());
        async move { shorten(&http, &url).await }
    })
    .await;
    expect("fifty links have fifty codes").eq(codes.iter().collect::<BTreeSet<_>>().len(), 50);
    for (code, url) in codes.iter().zip(&urls) {
        follow_to(&http, code, url).await;
    }
}
