use crate::visible::support::{KEY, city, front, front_of, observation, sunny};
use harness::{expect, random};
use harness_net::Answer;
use std::time::Duration;

const MANY: [&str; 2] = ["--breaker-failures", "1000"];

#[tokio::test]
async fn what_is_no_observation_is_502() {
    let mut random = random();
    let front = front(&MANY);
    let mut without = observation("Oslo");
    without.as_object_mut().map(|members| members.remove("temp_k"));
    let whole = observation("Oslo").to_string();
    for (what, answer) in [
        ("an error page with status 200", Answer::new(200, "<html>oops</html>")),
        ("an observation without a temperature", Answer::json(200, &without)),
        ("an observation that breaks off", Answer::new(200, whole.clone()).truncate(whole.len() / 2)),
        ("nothing", Answer::new(200, "")),
        ("a redirect", Answer::new(302, "").header("location", "/v1/elsewhere?x=1")),
        ("a key that is refused", Answer::new(401, "who are you")),
        ("too large an answer", Answer::new(200, whole.clone() + &" ".repeat(100_000))),
        ("an answer that was not asked for", Answer::new(304, "")),
    ] {
        front.upstream.next(answer);
        front.get(&city(&mut random)).await.expect(format!("{what} is 502")).problem(502);
    }
    front.expect_calls("no redirect is followed", 8);
}

#[tokio::test]
async fn an_unknown_city_is_404_and_not_remembered() {
    let front = front(&[]);
    let city = city(&mut random());
    front.upstream.next(Answer::new(404, "no such city"));
    front.get(&city).await.expect("404 is passed on").problem(404);
    front.read(&city).await;
}

#[tokio::test]
async fn the_timeout_covers_the_last_byte() {
    let slow = |_: &harness_net::Received| Answer::new(200, "{").then(Duration::from_secs(600), "}");
    let front = front_of(slow, &["--timeout-ms", "150"]);
    front.get(&city(&mut random())).await.expect("an answer that never ends is 504").problem(504);
}

#[tokio::test]
async fn a_failure_is_repeated_as_often_as_told() {
    let front = front(&["--retries", "2", "--retry-ms", "1"]);
    let mut random = random();
    let lucky = city(&mut random);
    front.upstream.next(Answer::new(500, "boom"));
    front.upstream.next(Answer::new(200, "nonsense"));
    front.read(&lucky).await;
    front.expect_calls("two failures and a success", 3);
    for _ in 0..3 {
        front.upstream.next(Answer::new(503, "boom"));
    }
    front.get(&city(&mut random)).await.expect("three failures are one").problem(502);
    front.expect_calls("no more than two repetitions", 6);
}

#[tokio::test]
async fn what_is_no_failure_is_not_repeated() {
    let front = front(&["--retries", "5", "--retry-ms", "1"]);
    let mut random = random();
    front.upstream.next(Answer::new(404, "no such city"));
    front.get(&city(&mut random)).await.expect("404 is an answer").problem(404);
    front.upstream.next(Answer::new(429, "slow down").header("retry-after", "600"));
    front.get(&city(&mut random)).await.expect("429 is an order").problem(503);
    front.expect_calls("neither is asked for again", 2);
}

#[tokio::test]
async fn a_slow_answer_is_not_asked_for_twice() {
    let front = front_of(
        |_| Answer::new(200, "{}").delay(Duration::from_secs(600)),
        &["--retries", "5", "--retry-ms", "1", "--timeout-ms", "150"],
    );
    front.get(&city(&mut random())).await.expect("no answer in time is 504").problem(504);
    front.expect_calls("whoever is slow is not helped by more work", 1);
}

#[tokio::test]
async fn the_key_is_in_no_answer_and_in_no_log_whatever_fails() {
    let mut front = front(&["--timeout-ms", "150", "--breaker-failures", "1000"]);
    let mut random = random();
    let whole = observation("Oslo").to_string();
    let mut replies = Vec::new();
    for answer in [
        Answer::new(500, "boom"),
        Answer::new(200, whole.clone()).truncate(whole.len() / 2),
        Answer::new(200, "{}").delay(Duration::from_secs(600)),
        Answer::new(429, "slow down").header("retry-after", "0"),
    ] {
        front.upstream.next(answer);
        replies.push(front.get(&city(&mut random)).await);
    }
    front.upstream.refuse();
    replies.push(front.get(&city(&mut random)).await);
    for reply in &replies {
        expect("the key is not in the answer").request(reply.curl()).lacks(&reply.describe(), KEY);
    }
    let ended = front.program.terminate();
    expect("the key is not in the log").lacks(&ended.stderr, KEY);
    expect("nor on standard output").lacks(&ended.stdout, KEY);
}

#[tokio::test]
async fn it_recovers_when_the_weather_service_comes_back() {
    let mut front = front_of(sunny, &MANY);
    let city = city(&mut random());
    front.upstream.refuse();
    front.get(&city).await.expect("nobody is there").problem(502);
    front.upstream.accept_again();
    front.read(&city).await;
}
