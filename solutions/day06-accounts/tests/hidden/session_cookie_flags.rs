use crate::visible::support::{cookie, is_logged_in, log_in, person, register, service, set_cookie, try_log_in};
use harness::{expect, random};
use std::collections::BTreeSet;

#[tokio::test]
async fn secure_is_there_exactly_when_asked_for() {
    let ada = person(&mut random());
    for (flags, wanted) in [(&["--secure-cookies"][..], true), (&[], false)] {
        let (program, http) = service(flags);
        register(&program, &http, &ada).await;
        let cookie = set_cookie(&try_log_in(&http, &ada).await);
        let secure = cookie.split(';').any(|flag| flag.trim().eq_ignore_ascii_case("secure"));
        expect(format!("with {flags:?} Secure is {wanted}")).that(secure == wanted, cookie);
    }
}

#[tokio::test]
async fn no_two_sessions_are_alike_and_none_can_be_guessed() {
    let (program, http) = service(&[]);
    let ada = person(&mut random());
    register(&program, &http, &ada).await;
    let mut seen = BTreeSet::new();
    for _ in 0..5 {
        let cookie = log_in(&http, &ada).await;
        let value = cookie.trim_start_matches("session=").to_owned();
        // 128 bits take 22 characters in base64, and their characters are all over the alphabet.
        let letters: BTreeSet<_> = value.chars().collect();
        expect("a token has at least 128 random bits").that(value.len() >= 22 && letters.len() >= 8, &value);
        expect("no two tokens begin alike").that(seen.insert(value[..8].to_owned()), &value);
    }
}

#[tokio::test]
async fn a_session_ends_by_itself() {
    let (program, http) = service(&["--session-ms", "1"]);
    let ada = person(&mut random());
    register(&program, &http, &ada).await;
    let reply = try_log_in(&http, &ada).await;
    reply.expect("the right password logs in").status(201);
    let cookie = cookie(&reply);
    harness_net::eventually("after --session-ms the session is over", std::time::Duration::from_secs(5), || async {
        (!is_logged_in(&http, &cookie).await).then_some(())
    })
    .await;
}
