use crate::visible::support::{ALL, Provider};
use data_encoding::BASE64URL_NOPAD;
use harness::expect;
use serde_json::json;

#[tokio::test]
async fn without_an_issuer_it_is_the_listening_address() {
    let provider = Provider::without_issuer();
    let base = provider.http.base().to_owned();
    let document = provider.http.get("/.well-known/openid-configuration").send().await;
    document
        .expect("the issuer is http:// and the address, and so begin all addresses")
        .json_at("/issuer", base.as_str())
        .json_at("/authorization_endpoint", format!("{base}/authorize"))
        .json_at("/userinfo_endpoint", format!("{base}/userinfo"))
        .json_at("/jwks_uri", format!("{base}/jwks"))
        .json_at("/revocation_endpoint", format!("{base}/revoke"));
    document
        .expect("what is supported is said")
        .json_at("/grant_types_supported", json!(["authorization_code", "refresh_token"]))
        .json_at("/subject_types_supported", json!(["public"]))
        .json_at("/authorization_response_iss_parameter_supported", true);
    for scope in ALL.split(' ') {
        let scopes = document.at("/scopes_supported");
        let is_there = scopes.as_array().is_some_and(|scopes| scopes.contains(&json!(scope)));
        expect(format!("{scope} is among the scopes")).request(document.curl()).that(is_there, scopes);
    }
    let methods = document.at("/token_endpoint_auth_methods_supported");
    for method in ["client_secret_basic", "client_secret_post", "none"] {
        let is_there = methods.as_array().is_some_and(|methods| methods.contains(&json!(method)));
        expect(format!("{method} is among the methods")).request(document.curl()).that(is_there, &methods);
    }
}

#[tokio::test]
async fn each_provider_has_a_key_of_its_own_on_the_curve() {
    let mut seen = Vec::new();
    for provider in [Provider::start(), Provider::start()] {
        let reply = provider.http.get("/jwks").send().await;
        let mut point = vec![4];
        for coordinate in ["/keys/0/x", "/keys/0/y"] {
            let text = reply.text_at(coordinate);
            let bytes = BASE64URL_NOPAD.decode(text.as_bytes()).unwrap_or_default();
            expect(format!("{coordinate} is 32 bytes in base64url")).request(reply.curl()).eq(bytes.len(), 32);
            point.extend(bytes);
        }
        let is_on_curve = p256::PublicKey::from_sec1_bytes(&point).is_ok();
        expect("the key is a point of P-256").request(reply.curl()).that(is_on_curve, reply.describe());
        seen.push((point, reply.text_at("/keys/0/kid")));
        let again = provider.http.get("/jwks").send().await;
        again.expect("and it stays the same").json(&reply.json());
    }
    expect("another provider has another key").ne(&seen[0].0, &seen[1].0);
    expect("with another name").ne(&seen[0].1, &seen[1].1);
}
