use crate::visible::support::{is_logged_in, log_in, person, register, service, set_cookie};
use harness::{expect, random};

#[tokio::test]
async fn other_sessions_live_on() {
    let (program, http) = service(&[]);
    let ada = person(&mut random());
    register(&program, &http, &ada).await;
    let (phone, laptop) = (log_in(&http, &ada).await, log_in(&http, &ada).await);
    http.delete("/sessions/current").header("cookie", &phone).send().await.expect("it is 204").status(204);
    expect("the other device is still logged in").that(is_logged_in(&http, &laptop).await, "it is not");
}

#[tokio::test]
async fn the_browser_is_told_to_forget_the_cookie() {
    let (program, http) = service(&[]);
    let ada = person(&mut random());
    register(&program, &http, &ada).await;
    let cookie = log_in(&http, &ada).await;
    let out = http.delete("/sessions/current").header("cookie", &cookie).send().await;
    let set = set_cookie(&out);
    expect("the cookie is overwritten and expires at once")
        .expected("session=; …; Max-Age=0")
        .that(set.starts_with("session=;") && set.to_ascii_lowercase().contains("max-age=0"), set);
}

#[tokio::test]
async fn who_is_not_logged_in_cannot_log_out() {
    let (_program, http) = service(&[]);
    http.delete("/sessions/current").send().await.expect("there is no session").problem(401);
    let made_up = http.delete("/sessions/current").header("cookie", "session=made-up; theme=dark").send().await;
    made_up.expect("nor is this one").problem(401);
}

#[tokio::test]
async fn the_session_is_found_among_other_cookies() {
    let (program, http) = service(&[]);
    let ada = person(&mut random());
    register(&program, &http, &ada).await;
    let cookie = log_in(&http, &ada).await;
    let among = format!("theme=dark; {cookie}; xsession=other");
    expect("other cookies do not disturb").that(is_logged_in(&http, &among).await, "GET /me is 401");
}
