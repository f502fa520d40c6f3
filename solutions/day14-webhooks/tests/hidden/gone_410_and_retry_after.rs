use crate::visible::support::{Service, body, moment_at, outcomes, receiver, receiver_after, until_received};
use harness::expect;
use harness_net::{Answer, Gate};
use jiff::{Timestamp, ToSpan};
use serde_json::json;

/// How long the second attempt waits after an answer with this `Retry-After`.
async fn wait(waits: &str, status: u16, value: &str) -> i64 {
    let service = Service::with(&["--retry-ms", waits]);
    let receiver = receiver_after([Answer::new(status, "").header("retry-after", value)]);
    service.endpoint(&receiver.url()).await;
    let event = service.event("a.b").await;
    let delivery = service.until_attempts(&event, 1).await;
    expect("one attempt was made").eq(outcomes(&delivery), [json!(status)]);
    moment_at(&delivery, "/next") - moment_at(&delivery, "/log/0/at")
}

#[tokio::test]
async fn a_date_is_a_time_as_well() {
    let date = Timestamp::now() + 2.hours();
    let date = date.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let wait = wait("20", 503, &date).await;
    expect("the wait goes until that date").that((7_190_000..7_260_000).contains(&wait), wait);
}

#[tokio::test]
async fn the_longer_wait_counts() {
    let wait = wait("7200000", 500, "1").await;
    expect("a second is less than --retry-ms").that((7_200_000..7_260_000).contains(&wait), wait);
}

#[tokio::test]
async fn nobody_can_ask_for_more_than_a_day() {
    let wait = wait("20", 429, "31536000").await;
    expect("a year becomes a day").that((86_400_000..86_460_000).contains(&wait), wait);
}

#[tokio::test]
async fn nonsense_is_ignored() {
    for value in ["soon", "-5", "Wed, 01 Jan 2020 00:00:00 GMT"] {
        let wait = wait("3600000", 503, value).await;
        expect(format!("{value:?} changes nothing")).that((3_600_000..3_660_000).contains(&wait), wait);
    }
}

#[tokio::test]
async fn a_pause_ends() {
    let service = Service::with(&["--retry-ms", "10,10"]);
    let receiver = receiver_after([Answer::new(503, "").header("retry-after", "1")]);
    service.endpoint(&receiver.url()).await;
    let first = service.event("a.b").await;
    service.until_attempts(&first, 1).await;
    let second = service.event("a.b").await;
    for event in [&first, &second] {
        service.until(event, "delivered").await;
    }
    let after: Vec<_> = until_received(&receiver, 3).await.iter().map(|request| request.after.as_millis()).collect();
    expect("nothing comes within a second").that(after[1] - after[0] >= 990, format!("{after:?}"));
}

#[tokio::test]
async fn what_was_waiting_for_the_gone_is_dead_and_can_come_back() {
    let mut service = Service::with(&["--retry-ms", "600000", "--timeout-ms", "600000"]);
    let (gate, other) = (Gate::shut(), receiver());
    let receiver = receiver_after([Answer::new(500, ""), Answer::new(410, "").behind(&gate)]);
    let endpoint = service.endpoint(&receiver.url()).await;
    let waiting = service.event("a.b").await;
    service.until_attempts(&waiting, 1).await;
    let last = service.event("a.b").await;
    until_received(&receiver, 2).await;
    gate.open();
    let id = service.until(&last, "dead").await.number_at("/id");
    service.until(&waiting, "dead").await.expect("it had one attempt").json_at("/attempts", 1);
    service.endpoint(&other.url()).await;
    service.event_of(body("a.b", 3), None, 1).await;
    service.kill_and_restart();
    service.show_endpoint(&endpoint).await.expect("it stays disabled").json_at("/disabled", true);
    service.replay(&json!({"delivery": id})).await.expect("nothing is replayed to the disabled").problem(409);
    service.replay(&json!({"endpoint": endpoint.id})).await.expect("nothing at all").problem(409);
    let reply = service.http.post(&format!("/endpoints/{}/enable", endpoint.id)).send().await;
    reply.expect("it is enabled").status(200);
    let reply = service.replay(&json!({"endpoint": endpoint.id})).await;
    reply.expect("both dead ones come back").status(202).json_at("/replayed", 2);
    for event in [&waiting, &last] {
        service.until(event, "delivered").await;
    }
    service.http.post("/endpoints/ep_none/enable").send().await.expect("there is no such endpoint").problem(404);
}
