use crate::visible::support::{log_in, mails, person, register, service, token, try_log_in};
use harness::{expect, random};
use serde_json::json;

#[tokio::test]
async fn case_and_spaces_around_an_address_make_no_difference() {
    let (program, http) = service(&[]);
    let ada = person(&mut random());
    let asked = http.post("/accounts").json(&json!({"email": format!("  {}\n", ada.0.to_uppercase())})).send().await;
    asked.expect("a registration is accepted").status(202);
    let token = token(&program, &ada.0, "register");
    let made = http.post("/accounts/confirm").json(&json!({"token": token, "password": ada.1})).send().await;
    made.expect("the address is kept in lower case").status(201).json_at("/email", ada.0.as_str());
    let shouted = try_log_in(&http, &(ada.0.to_uppercase(), ada.1.clone())).await;
    shouted.expect("one mailbox is one account").status(201);
}

#[tokio::test]
async fn what_is_no_address_is_422() {
    let (_program, http) = service(&[]);
    let long = format!("{}@example.org", "x".repeat(243));
    for email in ["", "ada", "@example.org", "ada@", "ada@b@c", "a da@example.org", "ada@exa\tmple.org", &long] {
        let reply = http.post("/accounts").json(&json!({"email": email})).send().await;
        reply.expect("this is no address").problem(422);
        reply.expect("the detail names the member").contains("email");
    }
    http.post("/accounts").json(&json!({})).send().await.expect("the email is required").problem(422);
    let longest = format!("{}@example.org", "x".repeat(242));
    let asked = http.post("/accounts").json(&json!({"email": longest})).send().await;
    asked.expect("254 characters are an address").status(202);
}

#[tokio::test]
async fn a_password_has_10_to_200_characters_and_a_bad_one_costs_no_token() {
    let (program, http) = service(&[]);
    let (email, _) = person(&mut random());
    http.post("/accounts").json(&json!({"email": email})).send().await.expect("accepted").status(202);
    let token = token(&program, &email, "register");
    for password in ["", "123456789", &"é".repeat(9), &"x".repeat(201)] {
        let reply = http.post("/accounts/confirm").json(&json!({"token": token, "password": password})).send().await;
        reply.expect("the password is too short or too long").problem(422);
        reply.expect("the detail names the member").contains("password");
    }
    let password = "é".repeat(10);
    let made = http.post("/accounts/confirm").json(&json!({"token": token, "password": password})).send().await;
    made.expect("the token is still good").status(201);
    log_in(&http, &(email, password)).await;
}

#[tokio::test]
async fn a_token_makes_one_account_once() {
    let (program, http) = service(&[]);
    let mut random = random();
    let ada = person(&mut random);
    register(&program, &http, &ada).await;
    let used = token(&program, &ada.0, "register");
    for token in [used.as_str(), "made-up", ""] {
        let reply =
            http.post("/accounts/confirm").json(&json!({"token": token, "password": "another one"})).send().await;
        reply.expect("a token that is used or made up is refused").problem(422);
    }
    log_in(&http, &ada).await;
}

#[tokio::test]
async fn a_token_does_not_last_for_ever() {
    let (program, http) = service(&["--mail-ms", "1"]);
    let (email, password) = person(&mut random());
    http.post("/accounts").json(&json!({"email": email})).send().await.expect("accepted").status(202);
    let token = token(&program, &email, "register");
    let late = http.post("/accounts/confirm").json(&json!({"token": token, "password": password})).send().await;
    late.expect("after --mail-ms the token is too old").problem(422);
}

#[tokio::test]
async fn a_second_registration_tells_the_owner_and_nobody_else() {
    let (program, http) = service(&[]);
    let ada = person(&mut random());
    register(&program, &http, &ada).await;
    http.post("/accounts").json(&json!({"email": ada.0})).send().await.expect("accepted as ever").status(202);
    let mails = mails(&program, &ada.0);
    let last = mails.last().cloned().unwrap_or_default();
    expect("the owner is told that there is an account, and gets no token")
        .eq((last["kind"].as_str(), last["token"].as_str()), (Some("exists"), None));
    log_in(&http, &ada).await;
}
