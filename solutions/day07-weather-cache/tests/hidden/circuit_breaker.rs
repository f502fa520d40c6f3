use crate::visible::support::{Front, city, front_of, path, sunny};
use harness::{Random, expect, random};
use harness_net::{Answer, Gate, eventually};
use std::time::Duration;

/// A front whose circuit has just opened for 200 ms, after three failures.
async fn opened(random: &mut Random) -> Front {
    let front = front_of(|_| Answer::new(500, "boom"), &["--breaker-failures", "3", "--breaker-ms", "200"]);
    for _ in 0..3 {
        front.get(&city(random)).await.expect("a failure is 502").problem(502);
    }
    front
}

/// Asks for new cities until the weather service hears of one, whose answer is awaited by the returned task.
async fn probe(front: &Front, random: &mut Random) -> tokio::task::JoinHandle<harness_net::Reply> {
    let before = front.upstream.count();
    loop {
        let asked = tokio::spawn(front.http.get(&path(&city(random))).send());
        let is_probe = eventually("an answer, or a call", Duration::from_secs(10), || async {
            (asked.is_finished() || front.upstream.count() > before).then(|| front.upstream.count() > before)
        })
        .await;
        if is_probe {
            return asked;
        }
        match asked.await {
            Ok(reply) => reply.expect("an open circuit is 503").problem(503),
            Err(error) => expect("an open circuit is 503").fail(error),
        };
    }
}

#[tokio::test]
async fn after_a_while_one_call_may_try_and_the_others_wait() {
    let mut random = random();
    let front = opened(&mut random).await;
    let gate = Gate::shut();
    let held = gate.clone();
    front.upstream.change(move |received| sunny(received).behind(&held));
    let probe = probe(&front, &mut random).await;
    for _ in 0..10 {
        front.get(&city(&mut random)).await.expect("the others are not let through").problem(503);
    }
    front.expect_calls("three failures and one that tries", 4);
    gate.open();
    expect("the one that tries is answered").eq(probe.await.map(|reply| reply.status).ok(), Some(200));
    front.read(&city(&mut random)).await;
    front.read(&city(&mut random)).await;
}

#[tokio::test]
async fn a_try_that_fails_opens_it_again() {
    let mut random = random();
    let front = opened(&mut random).await;
    let probe = probe(&front, &mut random).await;
    expect("the try fails").eq(probe.await.map(|reply| reply.status).ok(), Some(502));
    let calls = front.upstream.received();
    let pause = calls[3].after.saturating_sub(calls[2].after);
    expect("the try comes after the pause").that(pause >= Duration::from_millis(200), format!("{pause:?}"));
    let again = self::probe(&front, &mut random).await;
    expect("the next try fails, too").eq(again.await.map(|reply| reply.status).ok(), Some(502));
    let calls = front.upstream.received();
    let pause = calls[4].after.saturating_sub(calls[3].after);
    expect("and comes after another pause").that(pause >= Duration::from_millis(200), format!("{pause:?}"));
}

#[tokio::test]
async fn only_failures_in_a_row_count() {
    let front = front_of(sunny, &["--breaker-failures", "3", "--breaker-ms", "600000"]);
    let mut random = random();
    for round in 0..4 {
        for _ in 0..2 {
            front.upstream.next(Answer::new(500, "boom"));
            front.get(&city(&mut random)).await.expect("a failure is 502").problem(502);
        }
        if round % 2 == 0 {
            front.read(&city(&mut random)).await;
        } else {
            // An answer, if not the one that was hoped for.
            front.upstream.next(Answer::new(404, "no such city"));
            front.get(&city(&mut random)).await.expect("no such city").problem(404);
        }
    }
}

#[tokio::test]
async fn slowness_counts_as_failure() {
    let front = front_of(
        |_| Answer::new(200, "{}").delay(Duration::from_secs(600)),
        &["--timeout-ms", "100", "--breaker-failures", "2", "--breaker-ms", "600000"],
    );
    let mut random = random();
    for _ in 0..2 {
        front.get(&city(&mut random)).await.expect("too slow is 504").problem(504);
    }
    front.get(&city(&mut random)).await.expect("then nobody is asked").problem(503);
}
