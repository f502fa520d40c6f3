use crate::visible::support::{ALL, Provider, outlive, tokens};
use harness::expect;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn it_tells_what_a_token_is() {
    let provider = Provider::with(&["--access-ms", "50000", "--refresh-ms", "90000"]);
    let got = provider.tokens(&provider.app, "openid offline_access").await;
    for (token, lifetime) in [(&got.access, 50), (&got.refresh, 90)] {
        let reply = provider.introspect(&provider.other, token).await;
        reply
            .expect("any client with a secret may ask about any token")
            .status(200)
            .json_at("/active", true)
            .json_at("/iss", provider.issuer.as_str())
            .json_at("/sub", provider.ada.sub.as_str())
            .json_at("/username", provider.ada.username.as_str())
            .json_at("/client_id", provider.app.id.as_str())
            .json_at("/scope", "openid offline_access");
        let seconds = reply.number_at("/exp") - reply.number_at("/iat");
        expect("exp is iat and the lifetime").request(reply.curl()).eq(seconds, lifetime);
        let token_type = reply.json()["token_type"].as_str().map(str::to_owned);
        let wanted = (lifetime == 50).then_some("Bearer");
        expect("only an access token is a bearer token").request(reply.curl()).eq(token_type.as_deref(), wanted);
    }
}

#[tokio::test]
async fn what_ended_in_any_way_is_not_active() {
    let provider = Provider::with(&["--access-ms", "100"]);
    let first = provider.tokens(&provider.web, ALL).await;
    let second = tokens(&provider.refresh(&provider.web, &first.refresh).await);
    let revoked = provider.tokens(&provider.web, ALL).await;
    provider.revoke(&provider.web, &revoked.refresh).await.expect("a token can be revoked").status(200);
    outlive(Duration::from_millis(100)).await;
    for (why, token) in [
        ("used", &first.refresh),
        ("expired", &second.access),
        ("revoked", &revoked.refresh),
        ("revoked with its family", &revoked.access),
    ] {
        let reply = provider.introspect(&provider.web, token).await;
        reply.expect(format!("a token that is {why}")).status(200).json(&json!({"active": false}));
    }
    provider.introspect(&provider.web, &second.refresh).await.expect("the newest is").json_at("/active", true);
}

#[tokio::test]
async fn only_who_keeps_a_secret_may_ask() {
    let provider = Provider::start();
    let got = provider.tokens(&provider.app, ALL).await;
    let reply = provider.introspect(&provider.app, &got.access).await;
    reply.expect("a public client could be anybody").status(401).json_at("/error", "invalid_client");
    let reply = provider.http.post("/introspect").form(&[("token", &got.access)]).send().await;
    reply.expect("nobody").status(401).json_at("/error", "invalid_client");
    let reply = provider.call("/introspect", &provider.web, &[]).send().await;
    reply.expect("the token is missing").status(400).json_at("/error", "invalid_request");
}
