use crate::visible::support::{ALL, Provider, Wish, challenge, outlive, tokens};
use harness::{expect, random};
use harness_net::eventually;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn only_the_verifier_redeems() {
    let provider = Provider::start();
    let wish = Wish::of(&provider.web, ALL);
    let code = provider.code(&wish).await;
    let verifier = wish.verifier.clone();
    let wrong = [
        challenge(&verifier),
        verifier.to_uppercase(),
        format!("{verifier}x"),
        verifier[..43].to_owned(),
        verifier.chars().rev().collect(),
    ];
    for verifier in wrong {
        let reply = provider.redeem(&provider.web, &code, &wish.clone().guess(&verifier)).await;
        reply.expect("a verifier that does not match").status(400).json_at("/error", "invalid_grant");
    }
    let (grant, uri) = (("grant_type", "authorization_code"), wish.get("redirect_uri"));
    let fields = [grant, ("code", code.as_str()), ("redirect_uri", uri.as_str())];
    let reply = provider.call("/token", &provider.web, &fields).send().await;
    reply.expect("no verifier at all").status(400).json_at("/error", "invalid_request");
    let reply = provider.redeem(&provider.other, &code, &wish).await;
    reply.expect("the code of another client").status(400).json_at("/error", "invalid_grant");
    // None of that has used up the code.
    tokens(&provider.redeem(&provider.web, &code, &wish).await);
}

#[tokio::test]
async fn a_client_may_send_its_secret_in_the_form() {
    let provider = Provider::start();
    let wish = Wish::of(&provider.web, "openid");
    let (code, uri) = (provider.code(&wish).await, wish.get("redirect_uri"));
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", &code),
        ("redirect_uri", &uri),
        ("code_verifier", &wish.verifier),
        ("client_id", &provider.web.id),
    ];
    let reply = provider.http.post("/token").form(&fields).send().await;
    reply.expect("a client with a secret has to show it").status(401).json_at("/error", "invalid_client");
    let secret = provider.web.secret.clone().unwrap_or_default();
    fields.push(("client_secret", &secret));
    let reply = provider.http.post("/token").form(&fields).send().await;
    let got = tokens(&reply);
    reply.expect("what was granted is said").json_at("/scope", "openid");
    expect("without offline_access there is no refresh token").request(reply.curl()).eq(got.refresh.as_str(), "");
}

#[tokio::test]
async fn what_comes_back_is_what_was_sent() {
    let provider = Provider::with(&["--access-ms", "123000"]);
    let mut random = random();
    for _ in 0..5 {
        // Scopes that nobody knows are passed over.
        let scope = format!("{} openid offline_access", random.word());
        let wish = Wish::of(&provider.app, &scope).set("state", &random.unicode(40));
        let code = provider.code_for(&wish, &provider.bob).await;
        let reply = provider.redeem(&provider.app, &code, &wish).await;
        let tokens = tokens(&reply);
        reply.expect("the lifetime is said in seconds").json_at("/expires_in", 123);
        let granted: Vec<_> = reply.text_at("/scope").split(' ').map(str::to_owned).collect();
        let is_known = granted.len() == 2 && granted.iter().all(|scope| ALL.split(' ').any(|known| known == scope));
        expect("scope says what was granted").request(reply.curl()).that(is_known, reply.describe());
        let reply = provider.userinfo(&tokens.access).await;
        reply.expect("bob has logged in, and openid alone tells sub").json(&json!({"sub": provider.bob.sub}));
    }
}

#[tokio::test]
async fn a_broken_wish_is_sent_back_with_its_error() {
    let provider = Provider::start();
    let wish = Wish::of(&provider.web, ALL);
    for (error, wish) in [
        ("invalid_request", wish.clone().without("response_type")),
        ("unsupported_response_type", wish.clone().set("response_type", "token")),
        ("unsupported_response_type", wish.clone().set("response_type", "code id_token")),
        ("invalid_request", wish.clone().set("response_mode", "fragment")),
        ("invalid_scope", wish.clone().without("scope")),
        ("invalid_scope", wish.clone().set("scope", "profile openidx")),
        ("invalid_request", wish.clone().set("code_challenge", &challenge("x")[..42])),
        ("invalid_request", wish.clone().set("code_challenge", &format!("{}=", &challenge("x")[..42]))),
        ("invalid_request", wish.clone().set("code_challenge_method", "s256")),
        ("login_required", wish.clone().set("prompt", "none")),
        ("request_not_supported", wish.clone().set("request", "e30.e30.")),
        ("request_uri_not_supported", wish.clone().set("request_uri", "https://evil.example/")),
        ("invalid_request", wish.clone().add("scope", "openid")),
    ] {
        provider.expect_sent_back(&format!("this gets {error}"), &wish, error).await;
    }
}

#[tokio::test]
async fn codes_and_access_tokens_expire() {
    let provider = Provider::with(&["--code-ms", "150", "--access-ms", "100"]);
    let wish = Wish::of(&provider.web, ALL);
    let code = provider.code(&wish).await;
    outlive(Duration::from_millis(150)).await;
    let reply = provider.redeem(&provider.web, &code, &wish).await;
    reply.expect("a code that is too old").status(400).json_at("/error", "invalid_grant");
    // On a busy machine a code can be too old before it comes back.
    let got = eventually("a code can be redeemed in time", Duration::from_secs(10), || async {
        let wish = Wish::of(&provider.web, ALL);
        let code = provider.code(&wish).await;
        let reply = provider.redeem(&provider.web, &code, &wish).await;
        (reply.status == 200).then(|| tokens(&reply))
    })
    .await;
    outlive(Duration::from_millis(100)).await;
    provider.userinfo(&got.access).await.expect("an access token that is too old").status(401);
}
