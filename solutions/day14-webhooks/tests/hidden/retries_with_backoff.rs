use crate::visible::support::{Service, ids, moment_at, outcomes, receiver, receiver_after, timestamp, until_received};
use harness::{expect, random};
use harness_net::{Answer, Gate};
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test]
async fn everything_but_2xx_is_a_failure() {
    let mut random = random();
    let statuses: Vec<u16> =
        (0..6).map(|_| *random.pick(&[301, 304, 400, 401, 404, 409, 422, 429, 500, 501, 504])).collect();
    let good = *random.pick(&[200, 201, 202, 204, 299]);
    let service = Service::with(&["--retry-ms", "5,5,5,5,5,5,5"]);
    let all = statuses.iter().chain([&good]);
    let receiver = receiver_after(all.clone().map(|status| Answer::new(*status, "")));
    service.endpoint(&receiver.url()).await;
    let event = service.event("a.b").await;
    let delivery = service.until(&event, "delivered").await;
    expect("only 2xx ends it").eq(outcomes(&delivery), all.map(|status| json!(status)).collect::<Vec<Value>>());
}

#[tokio::test]
async fn silence_is_a_failure() {
    let service = Service::with(&["--timeout-ms", "300", "--retry-ms", "10,10,10,10,10,10,10,10"]);
    let receiver = receiver_after([Answer::new(204, "").behind(&Gate::shut())]);
    service.endpoint(&receiver.url()).await;
    let event = service.event("a.b").await;
    let delivery = service.until(&event, "delivered").await;
    let outcomes = outcomes(&delivery);
    let (first, last) = (outcomes.first().cloned(), outcomes.last().cloned());
    expect("an attempt ends after its time").eq((first, last), (Some(json!("timeout")), Some(json!(204))));
    let ids: BTreeSet<_> = ids(&receiver.received()).into_iter().collect();
    expect("the id stays the same").eq(ids, BTreeSet::from([event]));
}

#[tokio::test]
async fn a_receiver_that_comes_back_gets_what_it_missed() {
    let waits = ["20"; 2].into_iter().chain(["200"; 40]).collect::<Vec<_>>().join(",");
    let (service, mut receiver) = (Service::with(&["--retry-ms", &waits]), receiver());
    service.endpoint(&receiver.url()).await;
    receiver.refuse();
    let event = service.event("a.b").await;
    service.until_attempts(&event, 2).await;
    receiver.accept_again();
    let delivery = service.until(&event, "delivered").await;
    let (last, failed) =
        outcomes(&delivery).split_last().map(|(last, failed)| (last.clone(), failed.to_vec())).unwrap_or_default();
    expect("at first nobody was there").that(failed.iter().all(|outcome| outcome == "connection"), delivery.describe());
    expect("and then somebody was").eq(last, json!(204));
}

#[tokio::test]
async fn each_wait_is_the_one_that_was_asked_for() {
    let waits = [30, 700_000, 1];
    let service = Service::with(&["--retry-ms", "30,700000,1"]);
    let receiver = receiver_after([Answer::new(500, ""), Answer::new(500, "")]);
    service.endpoint(&receiver.url()).await;
    let event = service.event("a.b").await;
    let delivery = service.until_attempts(&event, 2).await;
    let pause = moment_at(&delivery, "/log/1/at") - moment_at(&delivery, "/log/0/at");
    expect("the first wait").that(pause >= waits[0], pause);
    let next = moment_at(&delivery, "/next") - moment_at(&delivery, "/log/1/at");
    expect("the second wait").that((waits[1]..waits[1] + 60_000).contains(&next), next);
    // Another event has its own waits.
    service.event("a.b").await;
    until_received(&receiver, 3).await;
    expect("the first event still waits").eq(service.delivery_of(&event).await.number_at("/attempts"), 2);
}

#[tokio::test]
async fn each_attempt_is_signed_at_its_own_moment() {
    let service = Service::with(&["--retry-ms", "1100"]);
    let receiver = receiver_after([Answer::new(500, "")]);
    let endpoint = service.endpoint(&receiver.url()).await;
    service.event("a.b").await;
    let received = until_received(&receiver, 2).await;
    expect("a receiver refuses what was signed long ago, so a retry is signed anew")
        .that(timestamp(&received[1]) > timestamp(&received[0]), timestamp(&received[1]));
    crate::visible::support::expect_signed(&received[1], &endpoint.secret);
}
