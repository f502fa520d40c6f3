use super::support::{Gateway, SOON, asked, named, to, until_asked};
use harness::{expect, random};
use harness_net::{Answer, Gate, Http, Socket, Upstream, eventually, together};
use tokio::task::JoinSet;

fn cached(upstream: &Upstream) -> Gateway {
    Gateway::start(&format!("{}cache = true\n", to([upstream.address()])))
}

/// Every answer is another one, and may be stored for this long.
fn counting(control: &str) -> Upstream {
    let (mut count, control) = (0, control.to_owned());
    Upstream::start(move |_| {
        count += 1;
        Answer::new(200, count.to_string()).header("cache-control", &control)
    })
}

#[tokio::test]
async fn nothing_is_stored_unless_the_route_says_so() {
    let upstream = counting("max-age=60");
    let gateway = Gateway::start(&to([upstream.address()]));
    gateway.get("/").await.expect("the first").body("1");
    gateway.get("/").await.expect("no cache, no stored response").body("2");
}

#[tokio::test]
async fn time_ends_it() {
    let upstream = counting("max-age=1");
    let gateway = cached(&upstream);
    gateway.get("/").await.expect("the first").body("1");
    eventually("after a second, the upstream is asked again", SOON, || async {
        (gateway.get("/").await.text() != "1").then_some(())
    })
    .await;
}

#[tokio::test]
async fn hosts_have_responses_of_their_own() {
    let upstream = Upstream::start(|request| {
        Answer::new(200, request.header("host").unwrap_or("none")).header("cache-control", "max-age=60")
    });
    let gateway = cached(&upstream);
    for _ in 0..2 {
        for host in ["one.example", "two.example"] {
            let mut socket = Socket::connect(gateway.address()).await;
            socket.send(format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n")).await;
            let answer = super::support::response(&mut socket).await;
            expect("each host has its own page").that(answer.ends_with(host), &answer);
        }
    }
    expect("each was asked for once").eq(asked(&upstream).len(), 2);
}

#[tokio::test]
async fn what_is_personal_is_not_shared() {
    let upstream = counting("max-age=60");
    let gateway = cached(&upstream);
    for name in ["authorization", "range"] {
        let path = format!("/{name}");
        let ask = || gateway.http.get(&path).header(name, "bytes=0-0").send();
        let (first, second) = (ask().await.text(), ask().await.text());
        expect(format!("a request with {name} goes to the upstream")).ne(first, second);
    }
    upstream.change(|_| Answer::new(200, "hello").header("cache-control", "max-age=60").header("set-cookie", "id=7"));
    let before = asked(&upstream).len();
    gateway.get("/cookie").await;
    gateway.get("/cookie").await.expect("each gets an answer of the upstream").no_header("cache-status");
    expect("a response that sets a cookie is for one client").eq(asked(&upstream).len(), before + 2);
}

#[tokio::test]
async fn who_wants_no_stored_response_gets_none() {
    let upstream = counting("max-age=60");
    let gateway = cached(&upstream);
    gateway.get("/").await.expect("the first").body("1");
    let reply = gateway.http.get("/").header("cache-control", "no-cache").send().await;
    reply.expect("it goes to the upstream").body("2");
}

#[tokio::test]
async fn all_that_vary_names_counts() {
    let upstream = Upstream::start(|request| {
        let all = ["accept", "x-plan"].map(|name| request.header(name).unwrap_or("-").to_owned()).join(" ");
        let vary = if request.target == "/any" { "*" } else { "Accept, X-Plan" };
        Answer::new(200, all).header("cache-control", "max-age=60").header("vary", vary)
    });
    let gateway = cached(&upstream);
    for _ in 0..2 {
        for (accept, plan) in [("a/b", "free"), ("a/b", "paid"), ("c/d", "paid")] {
            let reply = gateway.http.get("/").header("accept", accept).header("x-plan", plan).send().await;
            reply.expect("each gets its own").body(format!("{accept} {plan}"));
        }
    }
    expect("each variant was asked for once").eq(asked(&upstream).len(), 3);
    gateway.get("/any").await;
    gateway.get("/any").await;
    expect("Vary: * is never the same").eq(asked(&upstream).len(), 5);
}

#[tokio::test]
async fn lifetimes_are_those_for_shared_caches() {
    let upstream = counting("max-age=0, s-maxage=60");
    let gateway = cached(&upstream);
    gateway.get("/").await.expect("the first").body("1");
    gateway.get("/").await.expect("s-maxage comes before max-age").body("1");
    upstream.change(|_| Answer::new(200, "old").header("cache-control", "max-age=60").header("age", "70"));
    gateway.get("/old").await;
    gateway.get("/old").await.expect("it is too old already").no_header("cache-status");
}

#[tokio::test]
async fn a_stored_response_says_how_old_it_is() {
    let upstream =
        Upstream::start(|_| Answer::new(200, "x").header("cache-control", "max-age=600").header("age", "100"));
    let gateway = cached(&upstream);
    gateway.get("/").await;
    let reply = gateway.get("/").await;
    let age = reply.header("age").and_then(|age| age.parse::<u32>().ok());
    expect("Age goes on from where it was").that(age.is_some_and(|age| (100..200).contains(&age)), reply.describe());
}

#[tokio::test]
async fn other_statuses_and_methods_are_not_stored() {
    let mut count = 0;
    let upstream = Upstream::start(move |_| {
        count += 1;
        Answer::new(404, count.to_string()).header("cache-control", "max-age=60")
    });
    let gateway = cached(&upstream);
    gateway.get("/").await.expect("the first").body("1");
    gateway.get("/").await.expect("404 is not stored").body("2");
    upstream.change(|request| Answer::new(200, request.method.clone()).header("cache-control", "max-age=60"));
    gateway.http.post("/form").body("a").send().await.expect("a POST goes through").body("POST");
    gateway.http.post("/form").body("b").send().await.expect("and again").no_header("cache-status");
    gateway.get("/form").await.expect("and is not what GET gets").body("GET");
}

#[tokio::test]
async fn a_change_ends_what_was_stored() {
    for method in ["PUT", "POST", "DELETE", "PATCH"] {
        let upstream = counting("max-age=60");
        let gateway = cached(&upstream);
        gateway.get("/thing").await.expect("the first").body("1");
        gateway.http.call(method, "/thing").body("new").send().await.expect("it is changed").status(200);
        gateway.get("/thing").await.expect("what was stored is from before").body("3");
    }
}

#[tokio::test]
async fn the_memory_is_bounded() {
    let body = "x".repeat(10_000);
    let upstream = Upstream::start(move |_| Answer::new(200, body.clone()).header("cache-control", "max-age=600"));
    let gateway = Gateway::start(&format!("[cache]\nmax_bytes = 105000\n{}cache = true\n", to([upstream.address()])));
    for number in 0..40 {
        gateway.get(&format!("/{number}")).await;
    }
    let mut hits = 0;
    for number in 0..40 {
        hits += usize::from(gateway.get(&format!("/{number}")).await.header("cache-status").is_some());
    }
    expect("of forty times 10 kB, 105 kB hold ten at most").that(hits <= 10, format!("{hits} are stored"));
    let reply = gateway.get("/39").await;
    reply.expect("what was stored last is there").header("cache-status", "gateway; hit");
}

#[tokio::test]
async fn who_leaves_is_replaced() {
    let gate = Gate::shut();
    let held = gate.clone();
    let upstream = Upstream::start(move |_| Answer::new(200, "x").header("cache-control", "max-age=60").behind(&held));
    let gateway = cached(&upstream);
    let mut first = Socket::connect(gateway.address()).await;
    first.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    until_asked(&upstream, 1).await;
    let address = gateway.address();
    let mut calls = JoinSet::new();
    for _ in 0..5 {
        calls.spawn(Http::at(address).get("/").header("host", "shop").send());
    }
    drop(first);
    until_asked(&upstream, 2).await;
    gate.open();
    while let Some(reply) = calls.join_next().await {
        reply.expect("an answer").expect("those who waited are answered").status(200).body("x");
    }
}

#[tokio::test]
async fn nobody_waits_twice_for_what_cannot_be_stored() {
    let gate = Gate::shut();
    let (held, mut first) = (gate.clone(), true);
    let later = Gate::shut();
    let barrier = later.clone();
    // The first answer comes when we say so. The others come when most have asked: of those that the gateway meets only after
    // the first answer, one asks for all.
    let upstream = Upstream::start(move |_| {
        let gate = if std::mem::take(&mut first) { &held } else { &barrier };
        Answer::new(200, "mine").header("cache-control", "private").behind(gate)
    });
    let gateway = cached(&upstream);
    let address = gateway.address();
    let mut calls = JoinSet::new();
    for _ in 0..8 {
        calls.spawn(Http::at(address).get("/").send());
    }
    until_asked(&upstream, 1).await;
    gate.open();
    until_asked(&upstream, 5).await;
    later.open();
    while let Some(reply) = calls.join_next().await {
        reply.expect("an answer").expect("each has its own").status(200).body("mine");
    }
}

#[tokio::test]
async fn a_failure_is_not_stored_and_nobody_is_left_waiting() {
    let mut random = random();
    let upstream = named(&random.name());
    upstream.next(Answer::new(200, "x".repeat(5000)).header("cache-control", "max-age=60").truncate(100));
    let gateway = cached(&upstream);
    let half = gateway.http.get("/").try_send().await;
    let failed = half.as_ref().map_or(true, |reply| reply.status == 502);
    expect("half a response is none").that(failed, format!("{half:?}"));
    let address = gateway.address();
    let statuses = together(5, |_| async move { Http::at(address).get("/").send().await.status }).await;
    expect("the next are answered").eq(statuses, vec![200; 5]);
}
