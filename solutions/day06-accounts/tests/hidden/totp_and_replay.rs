use crate::visible::support::{log_in, person, register, service};
use harness::{Program, expect, random};
use harness_net::{Http, Reply, together};
use serde_json::json;
use std::time::{SystemTime, UNIX_EPOCH};
use totp_rs::{Builder, Secret};

/// An authenticator app.
struct App {
    secret: Vec<u8>,
    /// The code that has switched the second factor on.
    used: String,
}

impl App {
    /// A code for so many steps after the present one.
    fn code(&self, ahead: u64) -> String {
        code(&self.secret, step() + ahead)
    }
}

/// The present step of thirty seconds.
fn step() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs() / 30
}

fn code(secret: &[u8], step: u64) -> String {
    let totp = Builder::new().with_secret(Secret::from(secret.to_vec())).build();
    totp.unwrap_or_else(|error| panic!("{error:?}")).generate(step * 30).to_string()
}

async fn log_in_with(http: &Http, person: &(String, String), code: &str) -> Reply {
    http.post("/sessions").json(&json!({"email": person.0, "password": person.1, "code": code})).send().await
}

async fn confirm(http: &Http, cookie: &str, code: &str) -> Reply {
    http.post("/totp/confirm").header("cookie", cookie).json(&json!({"code": code})).send().await
}

/// A session of a new account, and a secret that it was offered.
async fn offered(program: &Program, http: &Http, person: &(String, String)) -> (String, Vec<u8>) {
    register(program, http, person).await;
    let cookie = log_in(http, person).await;
    let offered = http.post("/totp").header("cookie", &cookie).send().await;
    offered.expect("a secret is offered").status(200);
    let secret = offered.text_at("/secret");
    let Ok(bytes) = Secret::try_from_base32(&secret) else {
        expect("the secret is base32 without padding, as apps read it").request(offered.curl()).fail(secret)
    };
    (cookie, bytes.as_bytes().to_vec())
}

/// An account with a second factor.
async fn with_app(program: &Program, http: &Http, person: &(String, String)) -> App {
    let (cookie, secret) = offered(program, http, person).await;
    let wrong = confirm(http, &cookie, &code(&secret, step() + 1000)).await;
    wrong.expect("a wrong code switches nothing on").problem(422);
    let used = code(&secret, step());
    confirm(http, &cookie, &used).await.expect("a right code switches it on").status(204);
    http.get("/me").header("cookie", &cookie).send().await.expect("/me says so").status(200).json_at("/totp", true);
    App { secret, used }
}

#[tokio::test]
async fn a_clock_may_be_a_step_behind_and_no_more() {
    let (program, http) = service(&[]);
    let (cookie, secret) = offered(&program, &http, &person(&mut random())).await;
    loop {
        let now = step();
        let old = confirm(&http, &cookie, &code(&secret, now - 2)).await;
        old.expect("a code of the step before the one before does not count").problem(422);
        let reply = confirm(&http, &cookie, &code(&secret, now - 1)).await;
        // Where the next step has begun meanwhile, nobody knows which of the two the program has seen.
        if reply.status == 204 || step() == now {
            reply.expect("a code of the step before counts").status(204);
            return;
        }
    }
}

#[tokio::test]
async fn a_code_is_asked_for_and_counts_once() {
    let (program, http) = service(&[]);
    let ada = person(&mut random());
    let app = with_app(&program, &http, &ada).await;
    let bare = http.post("/sessions").json(&json!({"email": ada.0, "password": ada.1})).send().await;
    bare.expect("the password alone is not enough").problem(401);
    let used = log_in_with(&http, &ada, &app.used).await;
    used.expect("the code that switched it on has been used").problem(401);
    let code = app.code(1);
    log_in_with(&http, &ada, &code).await.expect("a new code logs in").status(201);
    log_in_with(&http, &ada, &code).await.expect("the same code does not, a second time").problem(401);
}

#[tokio::test]
async fn of_four_logins_with_one_code_one_succeeds() {
    let (program, http) = service(&[]);
    let ada = person(&mut random());
    let code = with_app(&program, &http, &ada).await.code(1);
    let statuses = together(4, |_| {
        let (http, ada, code) = (http.clone(), ada.clone(), code.clone());
        async move { log_in_with(&http, &ada, &code).await.status }
    })
    .await;
    let count = |wanted| statuses.iter().filter(|status| **status == wanted).count();
    expect("a code that two send at once counts once").eq((count(201), count(401)), (1, 3));
}

#[tokio::test]
async fn a_code_without_the_password_is_nothing() {
    let (program, http) = service(&["--lock-ms", "600000"]);
    let ada = person(&mut random());
    let app = with_app(&program, &http, &ada).await;
    let wrong = (ada.0.clone(), "a wrong password".to_owned());
    log_in_with(&http, &wrong, &app.code(1)).await.expect("the password is wrong").problem(401);
    log_in_with(&http, &ada, &app.code(1)).await.expect("and the code was not used up by that").status(201);
    for _ in 0..5 {
        log_in_with(&http, &ada, "000000x").await.expect("the code is wrong").problem(401);
    }
    log_in_with(&http, &ada, &app.code(2)).await.expect("guessing codes locks as guessing passwords does").problem(429);
}

#[tokio::test]
async fn a_second_factor_is_not_replaced_by_a_thief() {
    let (program, http) = service(&[]);
    let ada = person(&mut random());
    let app = with_app(&program, &http, &ada).await;
    let reply = log_in_with(&http, &ada, &app.code(1)).await;
    let cookie = crate::visible::support::cookie(&reply);
    let again = http.post("/totp").header("cookie", &cookie).send().await;
    again.expect("who has a second factor is offered no other").problem(409);
    http.post("/totp").send().await.expect("and a stranger none at all").problem(401);
}
