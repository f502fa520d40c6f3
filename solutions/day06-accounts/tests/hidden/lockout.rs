use crate::visible::support::{log_in, person, register, reset_token, service, try_log_in};
use harness::{expect, random};
use harness_net::{Http, eventually, together};
use serde_json::json;
use std::time::{Duration, Instant};

fn wrong(email: &str) -> (String, String) {
    (email.to_owned(), "a wrong password".to_owned())
}

#[tokio::test]
async fn of_twenty_guesses_at_once_five_are_looked_at() {
    let (program, http) = service(&["--lock-ms", "600000"]);
    let ada = person(&mut random());
    register(&program, &http, &ada).await;
    let statuses = together(20, |_| {
        let (http, guess) = (http.clone(), wrong(&ada.0));
        async move { try_log_in(&http, &guess).await.status }
    })
    .await;
    let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
    expect("five guesses are looked at, and fifteen are told to wait").eq((count(401), count(429)), (5, 15));
}

#[tokio::test]
async fn a_success_sets_the_count_to_zero() {
    let (program, http) = service(&["--lock-ms", "600000"]);
    let ada = person(&mut random());
    register(&program, &http, &ada).await;
    for _ in 0..2 {
        for _ in 0..4 {
            try_log_in(&http, &wrong(&ada.0)).await.expect("it is wrong, and not the fifth").problem(401);
        }
        log_in(&http, &ada).await;
    }
}

#[tokio::test]
async fn a_lock_ends_and_knocking_does_not_prolong_it() {
    let (program, http) = service(&["--lock-ms", "700"]);
    let ada = person(&mut random());
    register(&program, &http, &ada).await;
    for _ in 0..5 {
        try_log_in(&http, &wrong(&ada.0)).await.expect("it is wrong").problem(401);
    }
    // Knocks all the time.
    eventually("after --lock-ms the right password logs in", Duration::from_secs(10), || async {
        (try_log_in(&http, &ada).await.status == 201).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_end_of_a_lock_sets_the_count_to_zero() {
    let (program, http) = service(&["--lock-ms", "700"]);
    let ada = person(&mut random());
    register(&program, &http, &ada).await;
    for _ in 0..5 {
        try_log_in(&http, &wrong(&ada.0)).await.expect("it is wrong").problem(401);
    }
    eventually("after --lock-ms guesses are looked at again", Duration::from_secs(10), || async {
        (try_log_in(&http, &wrong(&ada.0)).await.status == 401).then_some(())
    })
    .await;
    for _ in 0..3 {
        try_log_in(&http, &wrong(&ada.0)).await.expect("it is wrong, and not the fifth").problem(401);
    }
    log_in(&http, &ada).await;
}

#[tokio::test]
async fn whoever_waits_for_retry_after_is_let_in() {
    let (_program, http) = service(&["--lock-ms", "600000"]);
    let ada = person(&mut random());
    for _ in 0..4 {
        try_log_in(&http, &wrong(&ada.0)).await.expect("it is wrong").problem(401);
    }
    let before = Instant::now();
    try_log_in(&http, &wrong(&ada.0)).await.expect("it is wrong").problem(401);
    let locked = try_log_in(&http, &ada).await;
    let seconds = locked.header("retry-after").and_then(|value| value.parse().ok()).unwrap_or_default();
    // The lock began after `before`, so at least so much of it is left, and at most all of it.
    let left = Duration::from_secs(600).saturating_sub(before.elapsed());
    let fits = Duration::from_secs(seconds) >= left && seconds <= 600;
    expect("Retry-After is what is left of ten minutes, rounded up to seconds")
        .request(locked.curl())
        .expected(format!("from {:.1} to 600", left.as_secs_f64()))
        .that(fits, format!("Retry-After: {seconds}"));
}

#[tokio::test]
async fn others_are_not_locked() {
    let (program, http) = service(&["--lock-ms", "600000"]);
    let mut random = random();
    let (ada, bob) = (person(&mut random), person(&mut random));
    register(&program, &http, &ada).await;
    register(&program, &http, &bob).await;
    for _ in 0..6 {
        try_log_in(&http, &wrong(&ada.0)).await;
    }
    log_in(&http, &bob).await;
}

#[tokio::test]
async fn a_lock_survives_a_kill() {
    let (mut program, http) = service(&["--lock-ms", "600000"]);
    let ada = person(&mut random());
    register(&program, &http, &ada).await;
    for _ in 0..5 {
        try_log_in(&http, &wrong(&ada.0)).await.expect("it is wrong").problem(401);
    }
    program.kill();
    program.start_again();
    let http = Http::to(&program);
    try_log_in(&http, &ada).await.expect("a crash does not open the door").problem(429);
}

#[tokio::test]
async fn a_reset_lifts_the_lock() {
    let (program, http) = service(&["--lock-ms", "600000"]);
    let ada = person(&mut random());
    register(&program, &http, &ada).await;
    for _ in 0..6 {
        try_log_in(&http, &wrong(&ada.0)).await;
    }
    let token = reset_token(&program, &http, &ada.0).await;
    let body = json!({"token": token, "password": "a new password"});
    http.post("/password-resets/confirm").json(&body).send().await.expect("the token is good").status(204);
    log_in(&http, &(ada.0, "a new password".to_owned())).await;
}
