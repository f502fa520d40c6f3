use crate::visible::support::{is_logged_in, log_in, person, register, service, try_log_in};
use harness::{expect, random};
use serde_json::json;

#[tokio::test]
async fn only_our_own_origin_is_ours() {
    let (program, http) = service(&[]);
    let ada = person(&mut random());
    register(&program, &http, &ada).await;
    let cookie = log_in(&http, &ada).await;
    let host = http.base().trim_start_matches("http://").to_owned();
    let foreign = [
        "null".to_owned(),
        "http://evil.example".to_owned(),
        format!("http://{host}.evil.example"),
        format!("http://evil.example/{host}"),
        format!("http://evil@{host}"),
        "http://127.0.0.1:1".to_owned(),
        host.clone(),
    ];
    for origin in foreign {
        let forged = http.delete("/sessions/current").header("cookie", &cookie).header("origin", &origin);
        forged.send().await.expect(format!("a request from the origin {origin} is refused")).problem(403);
    }
    expect("and none did anything").that(is_logged_in(&http, &cookie).await, "the session has ended");
    let own = http.delete("/sessions/current").header("cookie", &cookie).header("origin", http.base());
    own.send().await.expect("a request from our own origin is not").status(204);
}

#[tokio::test]
async fn a_browser_that_says_cross_site_is_believed() {
    let (program, http) = service(&[]);
    let ada = person(&mut random());
    register(&program, &http, &ada).await;
    let cookie = log_in(&http, &ada).await;
    for site in ["cross-site", "same-site"] {
        let forged = http.delete("/sessions/current").header("cookie", &cookie).header("sec-fetch-site", site);
        forged.send().await.expect(format!("Sec-Fetch-Site: {site} is refused")).problem(403);
    }
    let read = http.get("/me").header("cookie", &cookie).header("sec-fetch-site", "cross-site").send().await;
    read.expect("reading changes nothing, and is allowed").status(200);
    let own = http.delete("/sessions/current").header("cookie", &cookie).header("sec-fetch-site", "same-origin");
    own.send().await.expect("Sec-Fetch-Site: same-origin is ours").status(204);
}

#[tokio::test]
async fn a_login_cannot_be_forged_either() {
    let (program, http) = service(&[]);
    let ada = person(&mut random());
    register(&program, &http, &ada).await;
    let login = http.post("/sessions").header("origin", "https://evil.example");
    let forged = login.json(&json!({"email": ada.0, "password": ada.1})).send().await;
    forged.expect("nobody is logged in as somebody else behind their back").problem(403).no_header("set-cookie");
    try_log_in(&http, &ada).await.expect("a program that is no browser sends no Origin").status(201);
}

#[tokio::test]
async fn a_form_is_not_json() {
    let (_program, http) = service(&[]);
    let form = http.post("/sessions").form(&[("email", "a@b"), ("password", "x")]).send().await;
    form.expect("a plain form, which any site can send, is 415").problem(415);
    let text = http.post("/sessions").header("content-type", "text/plain").body("{\"email\": \"a@b\"}").send().await;
    text.expect("JSON under another name is 415").problem(415);
}
