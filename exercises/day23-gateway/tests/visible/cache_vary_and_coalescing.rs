use super::support::{Gateway, SOON, asked, to};
use harness::expect;
use harness_net::{Answer, Gate, Http, Upstream, together};
use tokio::task::JoinSet;

fn cached(upstream: &Upstream) -> Gateway {
    Gateway::start(&format!("{}cache = true\n", to([upstream.address()])))
}

#[tokio::test]
async fn what_may_be_stored_is_asked_for_once() {
    let upstream =
        Upstream::start(|request| Answer::new(200, request.target.clone()).header("cache-control", "max-age=60"));
    let gateway = cached(&upstream);
    for _ in 0..3 {
        gateway.get("/a?b").await.expect("the same response").status(200).body("/a?b");
    }
    gateway.get("/a?c").await.expect("another target is another response").body("/a?c");
    expect("the upstream was asked once for each").eq(asked(&upstream).len(), 2);
    gateway.get("/a?b").await.expect("a stored response says so").header("cache-status", "gateway; hit");
}

#[tokio::test]
async fn a_response_that_varies_is_stored_for_each_variant() {
    let upstream = Upstream::start(|request| {
        let language = request.header("accept-language").unwrap_or("none").to_owned();
        Answer::new(200, language).header("cache-control", "max-age=60").header("vary", "Accept-Language")
    });
    let gateway = cached(&upstream);
    for _ in 0..2 {
        for language in ["de", "en"] {
            let reply = gateway.http.get("/").header("accept-language", language).send().await;
            reply.expect("each gets its language").status(200).body(language);
        }
    }
    expect("the upstream was asked once for each language").eq(asked(&upstream).len(), 2);
}

#[tokio::test]
async fn what_must_not_be_stored_is_not() {
    let upstream = Upstream::start(|request| {
        let control = request.target.trim_start_matches('/').replace('_', ", ");
        Answer::new(200, "x").header("cache-control", &control)
    });
    let gateway = cached(&upstream);
    for control in ["/private_max-age=60", "/no-store", "/max-age=60_private", "/max-age=0", "/public"] {
        let before = asked(&upstream).len();
        gateway.get(control).await;
        gateway.get(control).await;
        expect(format!("Cache-Control of {control} is respected")).eq(asked(&upstream).len() - before, 2);
    }
}

#[tokio::test]
async fn of_many_who_want_the_same_one_asks() {
    let gate = Gate::shut();
    let held = gate.clone();
    let upstream = Upstream::start(move |request| match request.target.as_str() {
        "/held" => Answer::new(200, "once").header("cache-control", "max-age=60").behind(&held),
        _ => Answer::new(200, "other"),
    });
    let gateway = cached(&upstream);
    let address = gateway.address();
    let mut calls = JoinSet::new();
    for _ in 0..20 {
        calls.spawn(Http::at(address).get("/held").send());
    }
    super::support::until_asked(&upstream, 1).await;
    // Others come and go meanwhile.
    for round in 0..2 {
        let path = |number| format!("/other/{round}/{number}");
        together(20, |number| Http::at(address).get(&path(number)).send()).await;
    }
    let asked_for = asked(&upstream).iter().filter(|request| request.target == "/held").count();
    gate.open();
    expect("twenty clients wait for one request").eq(asked_for, 1);
    while let Some(reply) = harness_net::within("all are answered", SOON, calls.join_next()).await {
        reply.expect("an answer").expect("each gets the response").status(200).body("once");
    }
}
