use crate::visible::support::{city, expect_source, front};
use harness::{expect, random};
use harness_net::{Answer, eventually};
use std::time::Duration;

const OLD_SOON: [&str; 6] = ["--ttl-ms", "100", "--stale-ms", "600000", "--breaker-failures", "1000"];

#[tokio::test]
async fn it_stands_in_for_every_kind_of_failure() {
    let mut front = front(&[&OLD_SOON[..], &["--timeout-ms", "150"]].concat());
    let city = city(&mut random());
    let first = front.read(&city).await;
    front.upstream.change(|_| Answer::new(200, "nonsense"));
    front.until(&city, "stale").await;
    front.upstream.change(|_| Answer::new(200, "{}").delay(Duration::from_secs(600)));
    expect_source("slow", &front.read(&city).await, "stale");
    front.upstream.refuse();
    expect_source("not there", &front.read(&city).await, "stale");
    front.upstream.accept_again();
    front.upstream.change(|_| Answer::new(429, "slow down").header("retry-after", "600"));
    let reply = front.read(&city).await;
    expect_source("asked for a pause", &reply, "stale");
    expect_source("during the pause", &front.read(&city).await, "stale");
    reply.expect("and it says what it said").json(&first.json());
}

#[tokio::test]
async fn it_stands_in_while_the_circuit_is_open() {
    let front = front(&["--ttl-ms", "100", "--breaker-failures", "1", "--breaker-ms", "600000"]);
    let city = city(&mut random());
    front.read(&city).await;
    front.upstream.change(|_| Answer::new(500, "boom"));
    front.until(&city, "stale").await;
    let calls = front.upstream.count();
    expect_source("nobody is asked, and the old answer stands in", &front.read(&city).await, "stale");
    front.expect_calls("an open circuit calls nobody", calls);
}

#[tokio::test]
async fn it_is_not_used_for_ever() {
    let front = front(&["--ttl-ms", "50", "--stale-ms", "200", "--breaker-failures", "1000"]);
    let city = city(&mut random());
    front.read(&city).await;
    front.upstream.change(|_| Answer::new(500, "boom"));
    eventually("too old an answer is none", Duration::from_secs(10), || async {
        (front.get(&city).await.status == 502).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_city_that_is_gone_is_gone() {
    let front = front(&OLD_SOON);
    let city = city(&mut random());
    front.read(&city).await;
    front.upstream.change(|_| Answer::new(404, "no such city"));
    eventually("404 is an answer and no failure", Duration::from_secs(10), || async {
        (front.get(&city).await.status == 404).then_some(())
    })
    .await;
    front.upstream.change(|_| Answer::new(500, "boom"));
    front.get(&city).await.expect("and nothing old is left of it").problem(502);
}

#[tokio::test]
async fn a_success_makes_it_fresh_again() {
    let front = front(&["--ttl-ms", "300", "--breaker-failures", "1000"]);
    let city = city(&mut random());
    front.read(&city).await;
    front.upstream.change(|_| Answer::new(500, "boom"));
    front.until(&city, "stale").await;
    front.upstream.change(crate::visible::support::sunny);
    let reply = front.read(&city).await;
    expect("a stale answer is not taken for a fresh one").eq(reply.header("x-cache"), Some("miss"));
}
