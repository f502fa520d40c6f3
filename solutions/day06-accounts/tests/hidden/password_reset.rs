use crate::visible::support::{is_logged_in, log_in, mails, person, register, reset_token, service, token, try_log_in};
use harness::{expect, random};
use harness_net::{Http, Reply, together};
use serde_json::json;

async fn reset(http: &Http, token: &str, password: &str) -> Reply {
    http.post("/password-resets/confirm").json(&json!({"token": token, "password": password})).send().await
}

#[tokio::test]
async fn of_ten_requests_with_one_token_one_succeeds() {
    let (program, http) = service(&[]);
    let mut random = random();
    let ada = person(&mut random);
    register(&program, &http, &ada).await;
    let token = reset_token(&program, &http, &ada.0).await;
    let statuses = together(10, |number| {
        let (http, token) = (http.clone(), token.clone());
        async move { reset(&http, &token, &format!("new password {number}")).await.status }
    })
    .await;
    let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
    expect("a token sets one password: one 204 and nine 422").eq((count(204), count(422)), (1, 9));
    let winner = statuses.iter().position(|status| *status == 204).unwrap_or_default();
    log_in(&http, &(ada.0, format!("new password {winner}"))).await;
}

#[tokio::test]
async fn a_used_token_is_used_up() {
    let (program, http) = service(&[]);
    let ada = person(&mut random());
    register(&program, &http, &ada).await;
    let token = reset_token(&program, &http, &ada.0).await;
    reset(&http, &token, "the first password").await.expect("the token is good").status(204);
    reset(&http, &token, "the second password").await.expect("once").problem(422);
    log_in(&http, &(ada.0, "the first password".to_owned())).await;
}

#[tokio::test]
async fn a_reset_ends_all_sessions() {
    let (program, http) = service(&[]);
    let ada = person(&mut random());
    register(&program, &http, &ada).await;
    let thief = log_in(&http, &ada).await;
    let token = reset_token(&program, &http, &ada.0).await;
    expect("asking alone ends nothing").that(is_logged_in(&http, &thief).await, "the session has ended");
    reset(&http, &token, "a password of my own").await.expect("the token is good").status(204);
    expect("whoever was logged in is out").that(!is_logged_in(&http, &thief).await, "the session lives");
}

#[tokio::test]
async fn only_the_latest_mail_counts() {
    let (program, http) = service(&[]);
    let ada = person(&mut random());
    register(&program, &http, &ada).await;
    let first = reset_token(&program, &http, &ada.0).await;
    let second = reset_token(&program, &http, &ada.0).await;
    reset(&http, &first, "with the first mail").await.expect("a newer mail has been sent").problem(422);
    reset(&http, &second, "with the second mail").await.expect("the newest counts").status(204);
}

#[tokio::test]
async fn a_token_is_good_for_its_own_purpose_only() {
    let (program, http) = service(&[]);
    let mut random = random();
    let (ada, bob) = (person(&mut random), person(&mut random));
    register(&program, &http, &ada).await;
    http.post("/accounts").json(&json!({"email": bob.0})).send().await.expect("accepted").status(202);
    let registers = token(&program, &bob.0, "register");
    reset(&http, &registers, "a fine password").await.expect("this token resets nothing").problem(422);
    let resets = reset_token(&program, &http, &ada.0).await;
    let made = http.post("/accounts/confirm").json(&json!({"token": resets, "password": bob.1})).send().await;
    made.expect("this token registers nobody").problem(422);
    expect("and is no session").that(!is_logged_in(&http, &format!("session={resets}")).await, "it logs in");
    let session = log_in(&http, &ada).await;
    let session = session.trim_start_matches("session=").to_owned();
    reset(&http, &session, "a fine password").await.expect("a session resets no password").problem(422);
}

#[tokio::test]
async fn an_unknown_address_gets_no_mail_and_an_old_token_is_too_old() {
    let (program, http) = service(&["--mail-ms", "1"]);
    let (email, _) = person(&mut random());
    let asked = http.post("/password-resets").json(&json!({"email": email})).send().await;
    asked.expect("the answer is that of a known one").status(202);
    expect("nobody is written to").eq(mails(&program, &email).len(), 0);
    let (mut program, http) = service(&[]);
    let ada = person(&mut random());
    register(&program, &http, &ada).await;
    program.kill();
    program.start_again_with(|launch| launch.args(["--mail-ms", "1"]));
    let http = Http::to(&program);
    let token = reset_token(&program, &http, &ada.0).await;
    reset(&http, &token, "much too late").await.expect("after --mail-ms the token is too old").problem(422);
    try_log_in(&http, &ada).await.expect("the password is the old one").status(201);
}

#[tokio::test]
async fn a_new_password_keeps_the_rules() {
    let (program, http) = service(&[]);
    let ada = person(&mut random());
    register(&program, &http, &ada).await;
    let token = reset_token(&program, &http, &ada.0).await;
    let short = reset(&http, &token, "short").await;
    short.expect("the password is too short").problem(422);
    short.expect("the detail names the member").contains("password");
    reset(&http, &token, "long enough").await.expect("the token is still good").status(204);
}
