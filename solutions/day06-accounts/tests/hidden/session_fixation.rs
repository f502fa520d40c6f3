use crate::visible::support::{cookie, is_logged_in, log_in, person, register, service};
use harness::{expect, random};
use serde_json::json;

#[tokio::test]
async fn a_login_ends_the_session_that_comes_with_it() {
    let (program, http) = service(&[]);
    let mut random = random();
    let (mallory, ada) = (person(&mut random), person(&mut random));
    register(&program, &http, &mallory).await;
    register(&program, &http, &ada).await;
    let planted = log_in(&http, &mallory).await;
    let login = http.post("/sessions").header("cookie", &planted);
    let reply = login.json(&json!({"email": ada.0, "password": ada.1})).send().await;
    reply.expect("the right password logs in").status(201);
    let own = cookie(&reply);
    expect("the new session is another one").ne(&own, &planted);
    expect("the old one has ended").that(!is_logged_in(&http, &planted).await, "it is alive");
    let me = http.get("/me").header("cookie", &own).send().await;
    me.expect("the new one is Ada's").status(200).json_at("/email", ada.0.as_str());
}

#[tokio::test]
async fn a_failed_login_ends_nothing() {
    let (program, http) = service(&[]);
    let ada = person(&mut random());
    register(&program, &http, &ada).await;
    let session = log_in(&http, &ada).await;
    let login = http.post("/sessions").header("cookie", &session);
    let failed = login.json(&json!({"email": ada.0, "password": "a wrong password"})).send().await;
    failed.expect("the password is wrong").problem(401);
    expect("the session is as it was").that(is_logged_in(&http, &session).await, "it has ended");
}
