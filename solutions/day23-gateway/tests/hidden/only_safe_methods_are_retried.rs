use super::support::{Gateway, Raw, asked, breaking, named, to};
use harness::{expect, random};
use harness_net::{Answer, Gate};
use std::sync::atomic::Ordering;

/// Sends four such requests to an upstream that breaks and one that does not; returns how many arrived at both.
async fn arrivals(method: &str, body: &str) -> usize {
    let (broken, count) = breaking().await;
    let upstream = named("ada");
    let gateway = Gateway::start(&to([broken, upstream.address()]));
    for _ in 0..4 {
        let reply = gateway.http.call(method, "/things/1").body(body).send().await;
        reply.expect("it is answered, or the client is told").status_in(&[200, 502]);
    }
    count.load(Ordering::SeqCst) + asked(&upstream).len()
}

#[tokio::test]
async fn patch_is_sent_once() {
    expect("four of PATCH are sent once each").eq(arrivals("PATCH", &random().words(3)).await, 4);
}

#[tokio::test]
async fn put_and_delete_are_sent_once() {
    for (method, body) in [("PUT", "x"), ("DELETE", "")] {
        expect(format!("four of {method} are sent once each")).eq(arrivals(method, body).await, 4);
    }
}

#[tokio::test]
async fn a_post_without_a_body_is_sent_once() {
    expect("four of POST are sent once each").eq(arrivals("POST", "").await, 4);
}

#[tokio::test]
async fn a_get_with_a_body_is_sent_once() {
    expect("four of GET with a body are sent once each").eq(arrivals("GET", &random().words(3)).await, 4);
}

#[tokio::test]
async fn all_safe_methods_are_tried_again() {
    let (broken, count) = breaking().await;
    let upstream = named("ada");
    let gateway = Gateway::start(&to([broken, upstream.address()]));
    for method in ["HEAD", "OPTIONS", "GET"] {
        let before = count.load(Ordering::SeqCst);
        // One of two begins with the upstream that breaks.
        for _ in 0..2 {
            let reply = gateway.http.call(method, "/?a=1").header("x-kept", method).send().await;
            reply.expect("another upstream answers").status(200);
        }
        expect("the one that breaks was tried").eq(count.load(Ordering::SeqCst), before + 1);
    }
    for request in asked(&upstream) {
        expect("it is the same request again").eq(request.header("x-kept"), Some(request.method.as_str()));
        expect("with the same target").eq(request.target.as_str(), "/?a=1");
    }
}

#[tokio::test]
async fn each_upstream_is_tried_once() {
    let (one, other) = (breaking().await, breaking().await);
    let gateway = Gateway::start(&to([one.0, other.0, Raw::start().await.address()]));
    gateway.get("/").await.expect("nobody answers").problem(502);
    let counts = (one.1.load(Ordering::SeqCst), other.1.load(Ordering::SeqCst));
    expect("both were asked once").eq(counts, (1, 1));
}

#[tokio::test]
async fn what_has_begun_is_not_begun_again() {
    let upstreams = [named("ada"), named("bob")];
    let gateway = Gateway::start(&to(super::support::addresses(&upstreams)));
    for upstream in &upstreams {
        upstream.next(Answer::new(200, "x".repeat(20_000)).truncate(10_000));
    }
    let outcome = gateway.http.get("/").try_send().await;
    let broke = outcome.as_ref().is_err_and(|error| error.0.contains("the body broke off"));
    expect("half a response is not made whole by another").that(broke, format!("{outcome:?}"));
    let count: usize = upstreams.iter().map(|upstream| asked(upstream).len()).sum();
    expect("one upstream was asked").eq(count, 1);
}

#[tokio::test]
async fn silence_is_not_tried_again() {
    let gate = Gate::shut();
    let upstreams = ["ada", "bob"].map(|name| super::support::named_behind(name, &gate));
    let gateway = Gateway::start(&format!("timeout_ms = 150\n{}", to(super::support::addresses(&upstreams))));
    gateway.get("/").await.expect("no response begins in time").problem(504);
    let count: usize = upstreams.iter().map(|upstream| asked(upstream).len()).sum();
    expect("who is overloaded is not helped by asking another, too").eq(count, 1);
}
