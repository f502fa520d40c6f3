use crate::visible::support::{ALL, Provider, Wish, tokens};

#[tokio::test]
async fn no_error_leads_elsewhere() {
    let provider = Provider::start();
    let evil = "https://evil.example/";
    let wish = Wish::of(&provider.web, ALL).set("redirect_uri", evil);
    for broken in [
        wish.clone().set("response_type", "token"),
        wish.clone().without("code_challenge"),
        wish.clone().without("scope"),
        wish.clone().set("prompt", "none"),
        wish.clone().set("request", "e30.e30."),
        wish.clone().set("client_id", "nobody"),
        wish.clone().without("client_id"),
        wish.clone().add("client_id", &provider.web.id),
    ] {
        provider.expect_shown("an error is not sent to an address that is not registered", &broken).await;
    }
}

#[tokio::test]
async fn two_addresses_are_none() {
    let provider = Provider::start();
    let wish = Wish::of(&provider.web, ALL);
    let uri = provider.web.redirect_uri.clone();
    for (first, second) in [(uri.as_str(), "https://evil.example/"), ("https://evil.example/", &uri), (&uri, &uri)] {
        let twice = wish.clone().set("redirect_uri", first).add("redirect_uri", second);
        provider.expect_shown("nobody can say which one is meant", &twice).await;
    }
    let none = wish.without("redirect_uri");
    provider.expect_shown("none is not sent anywhere, even if there is only one", &none).await;
}

#[tokio::test]
async fn the_query_of_the_address_stays() {
    let provider = Provider::start();
    let wish = Wish::of(&provider.web, ALL).set("redirect_uri", &provider.web.second_uri);
    let code = provider.code(&wish).await;
    tokens(&provider.redeem(&provider.web, &code, &wish).await);
    provider.expect_sent_back("an error too", &wish.clone().without("scope"), "invalid_scope").await;
    for wrong in ["fixed=a%20b", "fixed=a+b", "fixed=a%20c", "", "fixed=a%20b&x=1", "FIXED=a%20b"] {
        let (path, _) = provider.web.second_uri.split_once('?').expect("the second address has a query");
        let wrong = format!("{path}?{wrong}");
        if wrong != provider.web.second_uri {
            provider.expect_shown("the query is part of the address", &wish.clone().set("redirect_uri", &wrong)).await;
        }
    }
}

#[tokio::test]
async fn a_public_client_has_no_more_freedom() {
    let provider = Provider::start();
    let wish = Wish::of(&provider.app, ALL);
    for wrong in [&provider.web.redirect_uri, "http://127.0.0.1:9000/", "http://localhost/", "app:/callback"] {
        provider.expect_shown("not registered by this client", &wish.clone().set("redirect_uri", wrong)).await;
    }
}
