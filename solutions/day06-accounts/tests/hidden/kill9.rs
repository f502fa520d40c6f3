use crate::visible::support::{is_logged_in, log_in, person, register, reset_token, service, token, try_log_in};
use harness::{expect, random};
use harness_net::{Http, write_until_killed};
use serde_json::json;
use std::{collections::BTreeSet, sync::Arc};

#[tokio::test]
async fn no_acknowledged_account_is_lost() {
    let (mut program, http) = service(&[]);
    let password = "the same for all".to_owned();
    let mut random = random();
    // The mails of all, so that the writers only have to confirm.
    let mut tokens = Vec::new();
    for _ in 0..60 {
        let (email, _) = person(&mut random);
        http.post("/accounts").json(&json!({"email": email})).send().await.expect("accepted").status(202);
        tokens.push((token(&program, &email, "register"), email));
    }
    let tokens = Arc::new(tokens);
    let acknowledged = write_until_killed(&mut program, 4, 10, {
        let (http, tokens, password) = (http.clone(), Arc::clone(&tokens), password.clone());
        move |writer, number| {
            let (http, tokens, password) = (http.clone(), Arc::clone(&tokens), password.clone());
            async move {
                let (token, email) = tokens.get(number * 4 + writer)?;
                let call = http.post("/accounts/confirm").json(&json!({"token": token, "password": password}));
                (call.try_send().await.ok()?.status == 201).then(|| email.clone())
            }
        }
    })
    .await;
    program.start_again();
    let http = Http::to(&program);
    let mut stored = BTreeSet::new();
    for email in acknowledged.items() {
        if try_log_in(&http, &(email.clone(), password.clone())).await.status == 201 {
            stored.insert(email.clone());
        }
    }
    acknowledged.expect_all_in(&stored);
}

#[tokio::test]
async fn what_has_ended_stays_ended() {
    let (mut program, http) = service(&[]);
    let ada = person(&mut random());
    register(&program, &http, &ada).await;
    let (phone, laptop) = (log_in(&http, &ada).await, log_in(&http, &ada).await);
    http.delete("/sessions/current").header("cookie", &phone).send().await.expect("it is 204").status(204);
    program.kill();
    program.start_again();
    let http = Http::to(&program);
    expect("a session that was ended is not back").that(!is_logged_in(&http, &phone).await, "it is");
    expect("the other is still there").that(is_logged_in(&http, &laptop).await, "it is not");
    let token = reset_token(&program, &http, &ada.0).await;
    let reset = json!({"token": token, "password": "a new password"});
    http.post("/password-resets/confirm").json(&reset).send().await.expect("the token is good").status(204);
    program.kill();
    program.start_again();
    let http = Http::to(&program);
    let again = http.post("/password-resets/confirm").json(&reset).send().await;
    again.expect("a used token is not good again").problem(422);
    expect("its sessions are gone").that(!is_logged_in(&http, &laptop).await, "one is alive");
    log_in(&http, &(ada.0, "a new password".to_owned())).await;
}
