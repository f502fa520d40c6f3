use crate::visible::support::{Parts, Portfolio, claims_checked, each, hmac_sha256, new_key, signed, twin_of};
use data_encoding::BASE64URL_NOPAD;
use harness::expect;
use p256::ecdsa::Signature;
use serde_json::{Value, json};

/// A portfolio on which something passes.
async fn portfolio() -> Portfolio {
    let mut portfolio = Portfolio::start();
    let days = [portfolio.day(1, "star"), portfolio.day(2, "passed")];
    portfolio.publish(&days).await;
    portfolio
}

#[tokio::test]
async fn the_token_does_not_choose_its_algorithm() {
    let portfolio = portfolio().await;
    let (_, certificate) = portfolio.certify().await;
    let parts = Parts::of(&certificate);
    let mut better = parts.claims.clone();
    better["points"] = 9999.into();
    for claims in [&parts.claims, &better] {
        for algorithm in ["none", "None", "NONE", "nOnE", ""] {
            let header = json!({"alg": algorithm, "typ": "JWT", "kid": parts.header["kid"]});
            let forged = Parts::sealed(&header, claims, |_| Vec::new());
            portfolio.expect_not_valid("no algorithm, no signature", forged.as_str()).await;
            portfolio.expect_not_valid("nor without the last dot", forged.trim_end_matches('.')).await;
            let forged = Parts::sealed(&header, claims, |_| parts.signature.clone());
            portfolio.expect_not_valid("no algorithm, and the old signature", forged).await;
        }
        let forged = Parts::sealed(&json!({"typ": "JWT"}), claims, |_| Vec::new());
        portfolio.expect_not_valid("a header without an algorithm", forged).await;
    }
    // Everybody has the public key, so it must not serve as a secret.
    let keys = portfolio.get("/jwks").await.at("/keys");
    let coordinate =
        |name: &str| BASE64URL_NOPAD.decode(keys[0][name].as_str().unwrap_or_default().as_bytes()).unwrap_or_default();
    let (x, y) = (coordinate("x"), coordinate("y"));
    let secrets =
        [[x.clone(), y.clone()].concat(), [vec![4], x, y].concat(), keys[0].to_string().into_bytes(), Vec::new()];
    for secret in secrets {
        let header = json!({"alg": "HS256", "typ": "JWT", "kid": parts.header["kid"]});
        let forged = Parts::sealed(&header, &better, |message| hmac_sha256(&secret, message));
        portfolio.expect_not_valid("the public key is no secret", forged).await;
    }
}

#[tokio::test]
async fn nobody_else_can_sign() {
    let mut portfolio = portfolio().await;
    let (_, certificate) = portfolio.certify().await;
    let parts = Parts::of(&certificate);
    let key = new_key(&mut portfolio.random);
    let point = key.verifying_key().to_sec1_point(false);
    let (x, y) = point.as_bytes()[1..].split_at(32);
    let own = json!({
        "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": parts.header["kid"],
        "x": BASE64URL_NOPAD.encode(x), "y": BASE64URL_NOPAD.encode(y),
    });
    for header in [
        parts.header.clone(),
        json!({"alg": "ES256", "typ": "JWT", "jwk": own, "kid": parts.header["kid"]}),
        json!({"alg": "ES256", "typ": "JWT", "jwk": own}),
        json!({"alg": "ES256", "typ": "JWT", "jku": "https://evil.example/jwks"}),
    ] {
        let forged = Parts::sealed(&header, &parts.claims, |message| signed(&key, message));
        portfolio.expect_not_valid("signed with somebody else's key", forged).await;
    }
    let mut other = Portfolio::start();
    let day = other.day(1, "passed");
    other.publish(&[day]).await;
    let (_, theirs) = other.certify().await;
    portfolio.expect_not_valid("the certificate of another portfolio", theirs).await;
    expect("each portfolio has a key of its own")
        .ne(portfolio.get("/jwks").await.text(), other.get("/jwks").await.text());
}

#[tokio::test]
async fn not_a_letter_may_differ() {
    let portfolio = portfolio().await;
    let ((_, certificate), (_, second)) = (portfolio.certify().await, portfolio.certify().await);
    let (parts, other) = (Parts::of(&certificate), Parts::of(&second));
    let encoded = |signature: &[u8]| format!("{}.{}", parts.signed, BASE64URL_NOPAD.encode(signature));
    let der = Signature::from_slice(&parts.signature).expect("64 bytes").to_der();
    let mut flipped = parts.signature.clone();
    flipped[40] ^= 1;
    for (why, forged) in [
        ("the signature of another", encoded(&other.signature)),
        ("a signature with one bit changed", encoded(&flipped)),
        ("a signature as DER", encoded(der.as_bytes())),
        ("a signature that is cut off", encoded(&parts.signature[..63])),
        ("a signature of zeros", encoded(&[0; 64])),
        ("no signature", encoded(&[])),
        ("a part too many", format!("{certificate}.e30")),
        ("two parts", parts.signed.clone()),
        ("one part", "e30".to_owned()),
        ("three empty parts", "..".to_owned()),
        ("nothing", String::new()),
        ("no base64url", "a+b/.c=.d".to_owned()),
        ("JSON", json!({"certificate": certificate}).to_string()),
    ] {
        portfolio.expect_not_valid(why, forged).await;
    }
    portfolio.expect_not_valid("bytes that are no text", vec![0xff, 0xfe, b'.', 0, b'.', 0x80]).await;
    let mut claims = parts.claims.clone();
    for (claim, value) in
        [("sub", json!("Eve")), ("days", json!([])), ("jti", other.claims["jti"].clone()), ("iat", json!(0))]
    {
        let old = std::mem::replace(&mut claims[claim], value);
        let forged = Parts::sealed(&parts.header, &claims, |_| parts.signature.clone());
        portfolio.expect_not_valid("other claims with the old signature", forged).await;
        claims[claim] = old;
    }
    portfolio.expect_valid("the certificate itself is valid", &certificate).await;
    let call = portfolio.http.post("/certificate/verify").body(vec![b'a'; (16 << 10) + 1]);
    call.send().await.expect("more than 16 KiB are refused").problem(413);
    let call = portfolio.http.post("/certificate/verify").header("content-type", "application/json").body(certificate);
    call.send().await.expect("the media type does not count").status(200).json_at("/valid", true);
}

#[tokio::test]
async fn the_twin_of_a_revoked_certificate_is_revoked() {
    let portfolio = portfolio().await;
    let (id, certificate) = portfolio.certify().await;
    let twin = twin_of(&Parts::of(&certificate));
    portfolio.revoke(&id).await;
    portfolio.expect_not_valid("what was revoked is not valid", certificate).await;
    portfolio.expect_not_valid("nor with the other signature that is as good", twin).await;
}

#[tokio::test]
async fn revocation_is_for_one_and_for_ever() {
    let portfolio = portfolio().await;
    let mut issued = Vec::new();
    for _ in 0..3 {
        issued.push(portfolio.certify().await);
    }
    let listed = async || each(&portfolio.resume().await["certificates"], "url");
    let url = |index: usize| Value::from(format!("{}/certificate/{}", portfolio.base_url, issued[index].0));
    expect("the resume has them, the oldest first").eq(listed().await, vec![url(0), url(1), url(2)]);
    let resume = portfolio.resume().await;
    expect("each is issued by this portfolio").eq(&resume["certificates"][0]["issuer"], portfolio.base_url.as_str());
    let newest = async || portfolio.http.get("/certificate").send().await;
    newest().await.expect("the newest").status(200).media_type("application/jose").contains(&issued[2].1);
    for index in [2, 0] {
        portfolio.revoke(&issued[index].0).await;
        portfolio.revoke(&issued[index].0).await;
        portfolio.expect_not_valid("what was revoked is not valid", issued[index].1.as_str()).await;
    }
    expect("the resume has what is left").eq(listed().await, vec![url(1)]);
    newest().await.expect("the newest that is left").status(200).contains(&issued[1].1);
    portfolio.expect_valid("what is left is valid", &issued[1].1).await;
    portfolio.revoke(&issued[1].0).await;
    newest().await.expect("nothing is left").problem(404);
    for (method, path) in [("GET", "/certificate/unknown"), ("DELETE", "/certificate/unknown")] {
        let reply = portfolio.authorized(portfolio.http.call(method, path)).send().await;
        reply.expect("there is no such certificate").problem(404);
    }
}

#[tokio::test]
async fn it_says_what_was_true_when_it_was_signed() {
    let mut portfolio = Portfolio::start();
    let call = portfolio.authorized(portfolio.http.post("/certificate"));
    call.send().await.expect("nothing passes, so nothing can be certified").problem(409);
    let day = portfolio.day(9, "passed");
    portfolio.publish(std::slice::from_ref(&day)).await;
    let (first, certificate) = portfolio.certify().await;
    let failed = portfolio.day(9, "failed");
    portfolio.publish(&[failed]).await;
    portfolio.expect_valid("what was signed stays valid until it is revoked", &certificate).await;
    let claims = claims_checked(&portfolio, &certificate).await;
    expect("it says what passed then").eq(&claims["days"], &json!([day["id"]]));
    let call = portfolio.authorized(portfolio.http.post("/certificate"));
    call.send().await.expect("nothing passes any more").problem(409);
    let other = portfolio.day(10, "star");
    portfolio.publish(std::slice::from_ref(&other)).await;
    let (second, certificate) = portfolio.certify().await;
    let claims = claims_checked(&portfolio, &certificate).await;
    expect("the next one says what passes now").eq(&claims["days"], &json!([other["id"]]));
    expect("ids are never the same").ne(&first, &second);
    expect("128 bits cannot be written shorter").that(second.len() >= 20, &second);
}
