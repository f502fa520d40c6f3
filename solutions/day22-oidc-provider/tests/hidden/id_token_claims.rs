use crate::visible::support::{ALL, Provider, Wish, decode, discover, tokens};
use harness::{expect, random};
use serde_json::json;

#[tokio::test]
async fn a_refreshed_token_speaks_of_the_same_login() {
    let provider = Provider::start();
    let first = provider.tokens(&provider.app, ALL).await;
    let (_, before) = decode(&first.id);
    let second = tokens(&provider.refresh(&provider.app, &first.refresh).await);
    let (_, after) = decode(&second.id);
    for claim in ["iss", "sub", "aud", "auth_time"] {
        expect(format!("{claim} is as it was")).eq(&after[claim], &before[claim]);
    }
    expect("the nonce was for the first one").eq(after.get("nonce"), None);
    expect("at_hash is that of the new access token").ne(&after["at_hash"], &before["at_hash"]);
}

#[tokio::test]
async fn no_nonce_is_made_up_and_none_is_mixed_up() {
    let provider = Provider::start();
    let wish = Wish::of(&provider.web, ALL).without("nonce");
    let code = provider.code(&wish).await;
    let (_, claims) = decode(&tokens(&provider.redeem(&provider.web, &code, &wish).await).id);
    expect("without a nonce there is none").eq(claims.get("nonce"), None);
    let mut random = random();
    let wishes: Vec<_> = (0..8).map(|_| Wish::of(&provider.web, "openid").set("nonce", &random.unicode(20))).collect();
    let mut codes = Vec::new();
    for wish in &wishes {
        codes.push(provider.code(wish).await);
    }
    for (wish, code) in wishes.iter().zip(&codes).rev() {
        let (_, claims) = decode(&tokens(&provider.redeem(&provider.web, code, wish).await).id);
        expect("each login has its own nonce").eq(claims["nonce"].as_str(), Some(wish.get("nonce").as_str()));
    }
}

#[tokio::test]
async fn scopes_decide_what_userinfo_says() {
    let provider = Provider::start();
    let ada = &provider.ada;
    for (scope, expected) in [
        ("openid", json!({"sub": ada.sub})),
        ("email openid", json!({"sub": ada.sub, "email": ada.email})),
        ("openid profile", json!({"sub": ada.sub, "name": ada.name, "preferred_username": ada.username})),
    ] {
        let tokens = provider.tokens(&provider.web, scope).await;
        let reply = provider.userinfo(&tokens.access).await;
        reply.expect(format!("the scope {scope:?}")).status(200).json(&expected);
        let posted = provider.http.post("/userinfo").header("authorization", format!("bearer {}", tokens.access));
        posted.send().await.expect("POST says the same").status(200).json(&expected);
        let (_, claims) = decode(&tokens.id);
        expect("the ID token is no place for addresses").eq(claims.get("email"), None);
    }
}

#[tokio::test]
async fn the_library_verifies_both_users_for_each_client() {
    let provider = Provider::without_issuer();
    for client in [&provider.web, &provider.other, &provider.app] {
        let library = discover(&provider, client).await;
        let login = provider.log_in_by_library(&library, &["profile"]).await;
        let name = login.user.name().and_then(|name| name.get(None)).map(|name| name.as_str().to_owned());
        expect("the scope profile brings the name").eq(name.as_deref(), Some(provider.ada.name.as_str()));
        let audience: Vec<_> = login.claims.audiences().iter().map(|aud| aud.as_str().to_owned()).collect();
        expect("the ID token is for this client alone").eq(audience, vec![client.id.clone()]);
    }
}
