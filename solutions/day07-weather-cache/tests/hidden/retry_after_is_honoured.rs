use crate::visible::support::{city, expect_source, front};
use harness::{expect, random};
use harness_net::{Answer, eventually};
use std::time::Duration;

#[tokio::test]
async fn after_the_pause_it_asks_again_and_not_before() {
    let front = front(&[]);
    let city = city(&mut random());
    front.upstream.next(Answer::new(429, "slow down").header("retry-after", "1"));
    front.get(&city).await.expect("a pause is passed on").problem(503).header("retry-after", "1");
    eventually("after the pause the weather is there", Duration::from_secs(10), || async {
        (front.get(&city).await.status == 200).then_some(())
    })
    .await;
    let calls = front.upstream.received();
    expect("two calls").eq(calls.len(), 2);
    let between = calls[1].after.saturating_sub(calls[0].after);
    expect("with at least the pause between them").that(between >= Duration::from_secs(1), format!("{between:?}"));
}

#[tokio::test]
async fn a_date_is_understood_too() {
    let front = front(&[]);
    let mut random = random();
    let date = jiff::Timestamp::now() + Duration::from_secs(600);
    let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&date);
    let date = date.unwrap_or_else(|error| panic!("the test's own date cannot be written: {error}"));
    front.upstream.next(Answer::new(429, "slow down").header("retry-after", &date));
    let reply = front.get(&city(&mut random)).await;
    let seconds: u64 = reply.header("retry-after").and_then(|text| text.parse().ok()).unwrap_or(0);
    expect(format!("Retry-After: {date} is a pause of ten minutes"))
        .that((500..=601).contains(&seconds), reply.describe());
    front.get(&city(&mut random)).await.expect("during which nobody is asked").problem(503);
    front.expect_calls("one call", 1);
}

#[tokio::test]
async fn a_pause_without_measure_or_end_does_no_harm() {
    for header in ["18446744073709551615", "99999999999999999999999", "-5", "soon", "Sun, 06 Nov 1994 08:49:37 GMT"] {
        let front = front(&[]);
        let mut random = random();
        front.upstream.next(Answer::new(429, "slow down").header("retry-after", header));
        front.get(&city(&mut random)).await.expect(format!("Retry-After: {header}")).problem(503);
        let next = front.get(&city(&mut random)).await;
        expect("the program goes on").that([200, 503].contains(&next.status), next.describe());
    }
}

#[tokio::test]
async fn what_is_fresh_is_served_during_the_pause() {
    let front = front(&["--ttl-ms", "600000"]);
    let mut random = random();
    let known = city(&mut random);
    front.read(&known).await;
    front.upstream.next(Answer::new(429, "slow down").header("retry-after", "600"));
    front.get(&city(&mut random)).await.expect("a pause is passed on").problem(503);
    expect_source("the cache needs nobody", &front.read(&known).await, "hit");
}
