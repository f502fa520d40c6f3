//! The tests of day 7 that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod fetches_and_caches {
    use super::support::{KEY, city, expect_source, front, parameter};
    use harness::{expect, random};

    #[tokio::test]
    async fn the_weather_service_is_asked_with_city_and_key() {
        let front = front(&[]);
        let city = city(&mut random());
        front.read(&city).await.expect("the answer is about the city").json_at("/city", city.as_str());
        let received = &front.upstream.received()[0];
        expect("it is a GET of /v1/current")
            .request(&received.target)
            .that(received.method == "GET" && received.target.starts_with("/v1/current?"), &received.method);
        expect("the city arrives as it was asked for").eq(parameter(received, "city"), Some(city));
        expect("the key arrives").eq(parameter(received, "key"), Some(KEY.to_owned()));
    }

    #[tokio::test]
    async fn a_fresh_answer_is_not_asked_for_again() {
        let front = front(&["--ttl-ms", "600000"]);
        let city = city(&mut random());
        let first = front.read(&city).await;
        expect_source("the first answer is fetched", &first, "miss");
        let second = front.read(&city).await;
        expect_source("the second comes from the cache", &second, "hit");
        second.expect("and says the same").json(&first.json());
        front.expect_calls("a fresh answer costs nobody a call", 1);
    }

    #[tokio::test]
    async fn an_old_answer_is_fetched_again() {
        let front = front(&["--ttl-ms", "150"]);
        let city = city(&mut random());
        front.read(&city).await;
        front.until(&city, "miss").await;
        expect("it is asked for again").that(front.calls(&city) >= 2, front.calls(&city));
    }
}

mod units_and_mapping {
    use super::support::{front_of, observation};
    use harness::expect;
    use harness_net::Answer;

    #[tokio::test]
    async fn metric_is_celsius_and_kilometres_per_hour() {
        let front = front_of(|_| Answer::json(200, &observation("Oslo")), &[]);
        let reply = front.read("Oslo").await;
        reply
            .expect("281.65 K and 4.5 m/s in metric units")
            .json_at("/temperature", 8.5)
            .json_at("/wind", 16.2)
            .json_at("/units", "metric");
        // `62` and `62.0` are the same number.
        let humidity = reply.at("/humidity_percent").as_f64();
        expect("0.62 of humidity").request(reply.curl()).eq(humidity, Some(62.0));
        reply
            .expect("the rest is passed on")
            .json_at("/city", "Oslo")
            .json_at("/observed_at", "2026-01-31T08:15:00Z")
            .json_at("/condition", "sunny");
    }

    #[tokio::test]
    async fn units_that_do_not_exist_are_422() {
        let front = front_of(|_| Answer::json(200, &observation("Oslo")), &[]);
        let reply = front.http.get("/weather?city=Oslo&units=kelvin").send().await;
        reply.expect("unknown units are named").problem(422).contains("units");
        front.expect_calls("and nobody is asked", 0);
    }
}

mod upstream_errors_are_502_504 {
    use super::support::{KEY, city, front_of, sunny};
    use harness::{expect, random};
    use harness_net::Answer;
    use std::time::Duration;

    #[tokio::test]
    async fn a_failing_weather_service_is_502() {
        let front = front_of(|_| Answer::new(500, "boom"), &[]);
        front.get(&city(&mut random())).await.expect("500 behind us is 502 before us").problem(502);
    }

    #[tokio::test]
    async fn a_silent_weather_service_is_504() {
        let front = front_of(|_| Answer::new(200, "{}").delay(Duration::from_secs(600)), &["--timeout-ms", "150"]);
        front.get(&city(&mut random())).await.expect("no answer in time is 504").problem(504);
    }

    #[tokio::test]
    async fn an_error_is_not_remembered() {
        let front = front_of(sunny, &[]);
        let city = city(&mut random());
        front.upstream.next(Answer::new(500, "boom"));
        front.get(&city).await.expect("a failure is told").problem(502);
        front.read(&city).await;
    }

    #[tokio::test]
    async fn the_key_stays_secret() {
        let mut front = front_of(|_| Answer::new(500, "boom"), &["--timeout-ms", "2000"]);
        front.upstream.refuse();
        let reply = front.get(&city(&mut random())).await;
        reply.expect("a weather service that is not there is 502").problem(502);
        expect("the key is not in the answer").request(reply.curl()).lacks(&reply.describe(), KEY);
        let log = front.program.terminate().stderr;
        expect("the key is not in the log").lacks(&log, KEY);
    }
}

mod single_flight {
    use super::support::{city, city_of, front, path, sunny};
    use harness::{expect, random};
    use harness_net::Gate;

    #[tokio::test]
    async fn a_hundred_misses_are_one_call() {
        let front = front(&[]);
        let mut random = random();
        let (city, other, gate) = (city(&mut random), city(&mut random), Gate::shut());
        let (slow, held) = (city.clone(), gate.clone());
        front.upstream.change(move |received| {
            let answer = sunny(received);
            if city_of(received) == slow { answer.behind(&held) } else { answer }
        });
        let waiting: Vec<_> = (0..100).map(|_| tokio::spawn(front.http.get(&path(&city)).send())).collect();
        front.until_called(1).await;
        // Whoever was asked later is answered: the hundred have had their chance to call.
        for number in 0..20 {
            front.read(&format!("{other} {number}")).await;
        }
        gate.open();
        let mut statuses = Vec::new();
        for waiter in waiting {
            match waiter.await {
                Ok(reply) => statuses.push(reply.status),
                Err(error) => expect("every client gets an answer").fail(error),
            }
        }
        expect("all hundred clients get the weather").eq(statuses, vec![200; 100]);
        let calls = front.calls(&city);
        expect("a hundred misses of one city are one call").eq(calls, 1);
    }
}

mod retry_after_is_honoured {
    use super::support::{city, front};
    use harness::{expect, random};
    use harness_net::Answer;

    #[tokio::test]
    async fn nobody_is_asked_during_the_pause() {
        let front = front(&[]);
        let mut random = random();
        front.upstream.next(Answer::new(429, "slow down").header("retry-after", "600"));
        let reply = front.get(&city(&mut random)).await;
        reply.expect("a pause is passed on").problem(503);
        let seconds: u64 = reply.header("retry-after").and_then(|text| text.parse().ok()).unwrap_or(0);
        expect("Retry-After says how long")
            .request(reply.curl())
            .that((590..=600).contains(&seconds), reply.describe());
        for _ in 0..5 {
            front.get(&city(&mut random)).await.expect("the pause is for all cities").problem(503);
        }
        front.expect_calls("the weather service is left alone", 1);
    }
}

mod circuit_breaker {
    use super::support::{city, front_of};
    use harness::random;
    use harness_net::Answer;

    #[tokio::test]
    async fn it_opens_after_failures_in_a_row() {
        let front = front_of(|_| Answer::new(500, "boom"), &["--breaker-failures", "3", "--breaker-ms", "600000"]);
        let mut random = random();
        for _ in 0..3 {
            front.get(&city(&mut random)).await.expect("a failure is 502").problem(502);
        }
        let reply = front.get(&city(&mut random)).await;
        reply.expect("then nobody is asked any more").problem(503);
        reply.expect("and Retry-After says for how long").header("retry-after", "600");
        front.expect_calls("an open circuit calls nobody", 3);
    }
}

mod stale_while_error {
    use super::support::{city, expect_source, front};
    use harness::random;
    use harness_net::Answer;

    #[tokio::test]
    async fn an_old_answer_is_better_than_none() {
        let front = front(&["--ttl-ms", "100", "--stale-ms", "600000"]);
        let city = city(&mut random());
        let first = front.read(&city).await;
        front.upstream.change(|_| Answer::new(500, "boom"));
        let old = front.until(&city, "stale").await;
        expect_source("what is old stands in", &old, "stale");
        old.expect("and says what it said").json(&first.json());
    }
}

mod bounded_cache {
    use super::support::{city, expect_source, front};
    use harness::random;

    #[tokio::test]
    async fn the_city_goes_that_nobody_asked_for_the_longest() {
        let front = front(&["--capacity", "3", "--ttl-ms", "600000"]);
        let mut random = random();
        let cities: Vec<_> = (0..4).map(|_| city(&mut random)).collect();
        for place in [0, 1, 2, 0, 3] {
            front.read(&cities[place]).await;
        }
        for (place, source) in [(0, "hit"), (2, "hit"), (3, "hit"), (1, "miss")] {
            let reply = front.read(&cities[place]).await;
            expect_source(&format!("after 0, 1, 2, 0, 3 with room for three, city {place}"), &reply, source);
        }
    }
}

mod conditional_revalidation {
    use super::support::{city, city_of, expect_source, front_of, observation};
    use harness::{expect, random};
    use harness_net::Answer;

    #[tokio::test]
    async fn what_has_not_changed_is_not_sent_again() {
        let script = |received: &harness_net::Received| match received.header("if-none-match") {
            Some("\"v1\"") => Answer::new(304, ""),
            _ => Answer::json(200, &observation(&city_of(received))).header("etag", "\"v1\""),
        };
        let front = front_of(script, &["--ttl-ms", "100"]);
        let city = city(&mut random());
        let first = front.read(&city).await;
        expect("the first call has nothing to compare").eq(front.upstream.received()[0].header("if-none-match"), None);
        let again = front.until(&city, "revalidated").await;
        expect_source("304 keeps what we have", &again, "revalidated");
        again.expect("and it says what it said").json(&first.json());
    }
}
