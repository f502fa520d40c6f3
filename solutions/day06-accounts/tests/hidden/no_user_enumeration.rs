use crate::visible::support::{person, register, service, try_log_in};
use harness::{expect, random};
use harness_net::Reply;
use serde_json::json;
use std::time::{Duration, Instant};

/// What a stranger sees of a reply: status, body, and headers but for the time of day.
fn seen(reply: &Reply) -> (u16, String, Vec<String>) {
    let headers = reply.headers.iter().filter(|(name, _)| *name != "date");
    let headers = headers.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or_default()));
    (reply.status, reply.text(), headers.collect())
}

#[tokio::test]
async fn registration_and_reset_answer_everybody_alike() {
    let (program, http) = service(&[]);
    let mut random = random();
    let (ada, bob) = (person(&mut random), person(&mut random));
    register(&program, &http, &ada).await;
    for path in ["/accounts", "/password-resets"] {
        let known = http.post(path).json(&json!({"email": ada.0})).send().await;
        let unknown = http.post(path).json(&json!({"email": bob.0})).send().await;
        known.expect("both are accepted").status(202);
        expect("the answer does not tell whether there is such an account")
            .request(unknown.curl())
            .eq(seen(&unknown), seen(&known));
    }
}

#[tokio::test]
async fn an_unknown_address_is_locked_like_a_known_one() {
    let (program, http) = service(&["--lock-ms", "600000"]);
    let mut random = random();
    let (ada, bob) = (person(&mut random), person(&mut random));
    register(&program, &http, &ada).await;
    for attempt in 0..7 {
        let known = try_log_in(&http, &(ada.0.clone(), "a wrong password".to_owned())).await;
        let unknown = try_log_in(&http, &(bob.0.clone(), "a wrong password".to_owned())).await;
        expect(format!("attempt {attempt} on an unknown address is answered like one on a known"))
            .request(unknown.curl())
            .eq((unknown.status, unknown.text()), (known.status, known.text()));
    }
}

/// Each attempt is a pair, known and unknown, one right after the other, so that a busy machine slows down both. Hashing
/// takes most of the time of each; without it an answer takes a small part of that.
#[tokio::test]
async fn an_unknown_address_takes_as_long() {
    let (program, http) = service(&[]);
    let mut random = random();
    let mut ratios = Vec::new();
    for _ in 0..9 {
        let (ada, bob) = (person(&mut random), person(&mut random));
        register(&program, &http, &ada).await;
        let mut times = [Duration::ZERO; 2];
        let mut order = [(0, ada.0), (1, bob.0)];
        random.shuffle(&mut order);
        for (kind, email) in order {
            let start = Instant::now();
            try_log_in(&http, &(email, "a wrong password".to_owned())).await.expect("it is wrong").problem(401);
            times[kind] = start.elapsed();
        }
        ratios.push(times[1].as_secs_f64() / times[0].as_secs_f64());
    }
    ratios.sort_by(f64::total_cmp);
    let median = ratios[ratios.len() / 2];
    expect("the time of an answer does not tell whether there is such an account")
        .request("9 pairs of POST /sessions, one with a known address and one with an unknown")
        .expected("in the middle pair, unknown takes 0.4 to 2.5 times as long as known")
        .that((0.4..=2.5).contains(&median), format!("{median:.2} times; all: {ratios:.2?}"));
}
