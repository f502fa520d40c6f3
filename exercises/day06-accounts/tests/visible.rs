//! The tests of day 6 that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod register_and_login {
    use super::support::{person, register, service, try_log_in};
    use harness::random;
    use harness_net::Http;

    #[tokio::test]
    async fn a_new_account_can_log_in() {
        let (program, http) = service(&[]);
        let ada = person(&mut random());
        register(&program, &http, &ada).await;
        let browser = Http::with_cookies(&program);
        browser.get("/me").send().await.expect("nobody is logged in yet").problem(401);
        try_log_in(&browser, &ada).await.expect("the right password logs in").status(201);
        let me = browser.get("/me").send().await;
        me.expect("the cookie says who it is").status(200).json_at("/email", ada.0.as_str());
    }

    #[tokio::test]
    async fn a_wrong_password_is_401() {
        let (program, http) = service(&[]);
        let (email, password) = person(&mut random());
        register(&program, &http, &(email.clone(), password.clone())).await;
        let wrong = try_log_in(&http, &(email, format!("{password}x"))).await;
        wrong.expect("a wrong password does not log in").problem(401).no_header("set-cookie");
    }
}

mod session_cookie_flags {
    use super::support::{person, register, service, set_cookie, try_log_in};
    use harness::{expect, random};

    #[tokio::test]
    async fn scripts_and_other_sites_do_not_get_the_cookie() {
        let (program, http) = service(&[]);
        let ada = person(&mut random());
        register(&program, &http, &ada).await;
        let cookie = set_cookie(&try_log_in(&http, &ada).await);
        let flags: Vec<_> = cookie.split(';').skip(1).map(|flag| flag.trim().to_ascii_lowercase()).collect();
        let has = |wanted: &[&str]| flags.iter().any(|flag| wanted.contains(&flag.as_str()));
        expect("scripts cannot read the cookie").expected("HttpOnly").that(has(&["httponly"]), &cookie);
        let same_site = has(&["samesite=lax", "samesite=strict"]);
        expect("other sites' forms do not send it").expected("SameSite=Lax or Strict").that(same_site, &cookie);
        expect("it is for the whole service").expected("Path=/").that(has(&["path=/"]), &cookie);
    }
}

mod logout_ends_session {
    use super::support::{is_logged_in, log_in, person, register, service};
    use harness::{expect, random};

    #[tokio::test]
    async fn the_old_cookie_is_worth_nothing() {
        let (program, http) = service(&[]);
        let ada = person(&mut random());
        register(&program, &http, &ada).await;
        let cookie = log_in(&http, &ada).await;
        let out = http.delete("/sessions/current").header("cookie", &cookie).send().await;
        out.expect("logging out is 204").status(204);
        expect("the session has ended in the service, not only in the browser")
            .that(!is_logged_in(&http, &cookie).await, "the old cookie still logs in");
    }
}

mod password_reset {
    use super::support::{log_in, person, register, reset_token, service, try_log_in};
    use harness::random;
    use serde_json::json;

    #[tokio::test]
    async fn the_new_password_takes_the_place_of_the_old() {
        let (program, http) = service(&[]);
        let mut random = random();
        let (email, old) = person(&mut random);
        register(&program, &http, &(email.clone(), old.clone())).await;
        let token = reset_token(&program, &http, &email).await;
        let (_, new) = person(&mut random);
        let reset = http.post("/password-resets/confirm").json(&json!({"token": token, "password": new})).send().await;
        reset.expect("the token from the mail sets a password").status(204);
        try_log_in(&http, &(email.clone(), old)).await.expect("the old password is gone").problem(401);
        log_in(&http, &(email, new)).await;
    }
}

mod secrets_at_rest {
    use super::support::{person, register, service};
    use harness::{expect, random};
    use std::fs;

    #[tokio::test]
    async fn no_file_holds_the_password() {
        let (program, http) = service(&[]);
        let ada = person(&mut random());
        register(&program, &http, &ada).await;
        for entry in fs::read_dir(program.data_dir()).unwrap().flatten().filter(|entry| entry.path().is_file()) {
            let bytes = fs::read(entry.path()).unwrap();
            let found = bytes.windows(ada.1.len()).any(|window| window == ada.1.as_bytes());
            expect("a password is stored as a hash only")
                .that(!found, format!("the password stands in {}", entry.path().display()));
        }
    }
}

mod no_user_enumeration {
    use super::support::{person, register, service, try_log_in};
    use harness::{expect, random};

    #[tokio::test]
    async fn an_unknown_address_gets_the_same_answer_as_a_wrong_password() {
        let (program, http) = service(&[]);
        let mut random = random();
        let (ada, bob) = (person(&mut random), person(&mut random));
        register(&program, &http, &ada).await;
        let known = try_log_in(&http, &(ada.0, bob.1.clone())).await;
        let unknown = try_log_in(&http, &bob).await;
        known.expect("a wrong password is 401").problem(401);
        expect("the answer does not tell whether there is such an account")
            .request(unknown.curl())
            .eq((unknown.status, unknown.text()), (known.status, known.text()));
    }
}

mod lockout {
    use super::support::{person, register, service, try_log_in};
    use harness::{expect, random};

    #[tokio::test]
    async fn after_five_failures_the_address_is_locked() {
        let (program, http) = service(&["--lock-ms", "600000"]);
        let ada = person(&mut random());
        register(&program, &http, &ada).await;
        let wrong = (ada.0.clone(), "not the password".to_owned());
        for _ in 0..5 {
            try_log_in(&http, &wrong).await.expect("the first five failures are 401").problem(401);
        }
        let locked = try_log_in(&http, &ada).await;
        locked.expect("then even the right password has to wait").problem(429);
        let seconds = locked.header("retry-after").and_then(|value| value.parse().ok());
        expect("Retry-After says for how many seconds")
            .request(locked.curl())
            .expected("1 to 600")
            .that(seconds.is_some_and(|seconds: u32| (1..=600).contains(&seconds)), locked.describe());
    }
}

mod csrf {
    use super::support::{is_logged_in, log_in, person, register, service};
    use harness::{expect, random};

    #[tokio::test]
    async fn another_sites_page_changes_nothing() {
        let (program, http) = service(&[]);
        let ada = person(&mut random());
        register(&program, &http, &ada).await;
        let cookie = log_in(&http, &ada).await;
        let forged = http.delete("/sessions/current").header("cookie", &cookie);
        let forged = forged.header("origin", "https://evil.example").send().await;
        forged.expect("a request that another site's page sends is 403").problem(403);
        expect("and does nothing").that(is_logged_in(&http, &cookie).await, "the session has ended");
    }
}

mod session_fixation {
    use super::support::{cookie, is_logged_in, person, register, service};
    use harness::{expect, random};
    use serde_json::json;

    #[tokio::test]
    async fn a_planted_session_is_not_taken_over() {
        let (program, http) = service(&[]);
        let mut random = random();
        let ada = person(&mut random);
        register(&program, &http, &ada).await;
        let planted = format!("session={}", random.name());
        let login = http.post("/sessions").header("cookie", &planted);
        let reply = login.json(&json!({"email": ada.0, "password": ada.1})).send().await;
        reply.expect("the right password logs in").status(201);
        expect("a login makes a session of its own").request(reply.curl()).ne(cookie(&reply), planted.clone());
        expect("the planted one is worth nothing").that(!is_logged_in(&http, &planted).await, "it logs in");
    }
}

mod kill9 {
    use super::support::{is_logged_in, log_in, person, register, service};
    use harness::{expect, random};
    use harness_net::Http;

    #[tokio::test]
    async fn accounts_and_sessions_survive() {
        let (mut program, http) = service(&[]);
        let ada = person(&mut random());
        register(&program, &http, &ada).await;
        let cookie = log_in(&http, &ada).await;
        program.kill();
        program.start_again();
        let http = Http::to(&program);
        expect("the session is still there").that(is_logged_in(&http, &cookie).await, "GET /me is 401");
        log_in(&http, &ada).await;
    }
}

mod totp_and_replay {
    use super::support::{log_in, person, register, service, try_log_in};
    use harness::random;

    #[tokio::test]
    async fn a_secret_that_was_not_confirmed_is_not_asked_for() {
        let (program, http) = service(&[]);
        let ada = person(&mut random());
        register(&program, &http, &ada).await;
        let cookie = log_in(&http, &ada).await;
        let offered = http.post("/totp").header("cookie", &cookie).send().await;
        offered.expect("a secret is offered").status(200);
        offered.text_at("/secret");
        let me = http.get("/me").header("cookie", &cookie).send().await;
        me.expect("it does not count yet").status(200).json_at("/totp", false);
        try_log_in(&http, &ada).await.expect("so the password is enough").status(201);
    }
}

mod all_sessions_revoked {
    use super::support::{is_logged_in, log_in, person, register, service};
    use harness::{expect, random};

    #[tokio::test]
    async fn every_device_is_logged_out() {
        let (program, http) = service(&[]);
        let ada = person(&mut random());
        register(&program, &http, &ada).await;
        let (phone, laptop) = (log_in(&http, &ada).await, log_in(&http, &ada).await);
        http.delete("/sessions").header("cookie", &phone).send().await.expect("it is 204").status(204);
        for cookie in [phone, laptop] {
            expect("all sessions have ended").that(!is_logged_in(&http, &cookie).await, "one is alive");
        }
    }
}
