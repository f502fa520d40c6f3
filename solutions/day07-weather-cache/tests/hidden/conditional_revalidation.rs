use crate::visible::support::{city, city_of, expect_source, front, front_of, observation};
use harness::{expect, random};
use harness_net::{Answer, Received};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

#[tokio::test]
async fn what_was_revalidated_is_fresh_again() {
    let script = |received: &Received| match received.header("if-none-match") {
        Some("W/\"7\"") => Answer::new(304, ""),
        _ => Answer::json(200, &observation(&city_of(received))).header("etag", "W/\"7\""),
    };
    let front = front_of(script, &["--ttl-ms", "1000"]);
    let city = city(&mut random());
    front.read(&city).await;
    front.until(&city, "revalidated").await;
    let calls = front.upstream.received();
    let between = calls[1].after.saturating_sub(calls[0].after);
    expect("it is asked for when it is old, and not before")
        .that(between >= Duration::from_secs(1), format!("{between:?}"));
    expect("one call fetched it and one revalidated it").eq(calls.len(), 2);
    front.until(&city, "hit").await;
}

#[tokio::test]
async fn what_has_changed_takes_its_place_with_its_own_tag() {
    let version = Arc::new(AtomicU64::new(1));
    let current = Arc::clone(&version);
    let script = move |received: &Received| {
        let tag = format!("\"{}\"", current.load(Ordering::SeqCst));
        if received.header("if-none-match") == Some(&tag) {
            return Answer::new(304, "");
        }
        let mut weather = observation(&city_of(received));
        weather["condition"] = tag.clone().into();
        Answer::json(200, &weather).header("etag", &tag)
    };
    let front = front_of(script, &["--ttl-ms", "100"]);
    let city = city(&mut random());
    for number in 1..=3 {
        version.store(number, Ordering::SeqCst);
        let source = "miss";
        let new = front.until(&city, source).await;
        new.expect("the new weather is told").json_at("/condition", format!("\"{number}\""));
        let again = front.until(&city, "revalidated").await;
        again.expect("and kept").json_at("/condition", format!("\"{number}\""));
    }
}

#[tokio::test]
async fn without_a_tag_nothing_is_compared() {
    let front = front(&["--ttl-ms", "100"]);
    let city = city(&mut random());
    front.read(&city).await;
    let again = front.until(&city, "miss").await;
    expect_source("it is fetched whole", &again, "miss");
    let asked = front.upstream.received().iter().any(|received| received.header("if-none-match").is_some());
    expect("no tag was made up").eq(asked, false);
}
