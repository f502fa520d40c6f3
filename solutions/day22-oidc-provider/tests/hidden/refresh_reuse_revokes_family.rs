use crate::visible::support::{ALL, Provider, Tokens, discover, outlive, tokens, transport};
use harness::{expect, random};
use openidconnect::{AccessToken, RefreshToken, core::CoreRevocableToken};
use std::time::Duration;

#[tokio::test]
async fn of_fifty_refreshes_one_succeeds_and_ends_with_the_others() {
    let provider = Provider::start();
    let first = provider.tokens(&provider.web, ALL).await;
    let replies = provider.together(50, |world, _| {
        let token = first.refresh.clone();
        async move { world.refresh(&world.web, &token).await }
    });
    let replies = replies.await;
    let won: Vec<Tokens> = replies.iter().filter(|reply| reply.status == 200).map(tokens).collect();
    expect("one refresh of fifty gets tokens").eq(won.len(), 1);
    for reply in replies.iter().filter(|reply| reply.status != 200) {
        reply.expect("the others come too late").status(400).json_at("/error", "invalid_grant");
    }
    provider.expect_dead("and the whole family is revoked", &provider.web, &won[0]).await;
    provider.expect_dead("with its first access token", &provider.web, &first).await;
}

#[tokio::test]
async fn any_ancestor_ends_the_family_and_no_other() {
    let provider = Provider::start();
    let bystander = provider.tokens(&provider.web, ALL).await;
    let mut family = vec![provider.tokens(&provider.web, ALL).await];
    let length = 3 + random().below(3);
    while family.len() < length {
        let newest = family[family.len() - 1].refresh.clone();
        family.push(tokens(&provider.refresh(&provider.web, &newest).await));
    }
    let ancestor = &family[random().below(length - 1)];
    let reply = provider.refresh(&provider.other, &ancestor.refresh).await;
    reply.expect("another client cannot use it").status(400).json_at("/error", "invalid_grant");
    let newest = &family[length - 1];
    provider.userinfo(&newest.access).await.expect("nor end the family").status(200);
    let reply = provider.refresh(&provider.other, &newest.refresh).await;
    reply.expect("nor use the newest").status(400).json_at("/error", "invalid_grant");
    provider.refresh(&provider.web, &ancestor.refresh).await.expect("a second use").status(400);
    provider.expect_dead("ends the newest generation", &provider.web, newest).await;
    provider.userinfo(&bystander.access).await.expect("another login goes on").status(200);
    tokens(&provider.refresh(&provider.web, &bystander.refresh).await);
}

#[tokio::test]
async fn the_library_revokes() {
    let provider = Provider::start();
    let library = discover(&provider, &provider.web).await;
    let http = transport(&provider.http);
    let first = provider.tokens(&provider.web, ALL).await;
    let second = tokens(&provider.refresh(&provider.web, &first.refresh).await);
    let token = CoreRevocableToken::from(AccessToken::new(first.access.clone()));
    let request = library.revoke_token(token).unwrap_or_else(|error| expect("the library can revoke").fail(error));
    let done = request.request_async(&http).await;
    done.unwrap_or_else(|error| expect("an access token is revoked").fail(error));
    provider.userinfo(&first.access).await.expect("it is not valid any more").status(401);
    provider.userinfo(&second.access).await.expect("the others are").status(200);
    let token = CoreRevocableToken::from(RefreshToken::new(second.refresh.clone()));
    let request = library.revoke_token(token).unwrap_or_else(|error| expect("the library can revoke").fail(error));
    let done = request.request_async(&http).await;
    done.unwrap_or_else(|error| expect("a refresh token is revoked").fail(error));
    provider.expect_dead("with it goes its whole family", &provider.web, &second).await;
}

#[tokio::test]
async fn only_its_client_revokes_a_token() {
    let provider = Provider::start();
    let got = provider.tokens(&provider.web, ALL).await;
    for token in [&got.access, &got.refresh] {
        let reply = provider.revoke(&provider.other, token).await;
        reply.expect("somebody else's token").status(400).json_at("/error", "invalid_grant");
    }
    provider.revoke(&provider.other, "unknown").await.expect("a token that is not there is no error").status(200);
    let reply =
        provider.http.post("/revoke").form(&[("token", &got.access), ("client_id", &provider.web.id)]).send().await;
    reply.expect("without the secret nobody revokes").status(401).json_at("/error", "invalid_client");
    let reply = provider.call("/revoke", &provider.web, &[]).send().await;
    reply.expect("the token is missing").status(400).json_at("/error", "invalid_request");
    provider.userinfo(&got.access).await.expect("none of that has ended anything").status(200);
    tokens(&provider.refresh(&provider.web, &got.refresh).await);
}

#[tokio::test]
async fn refresh_tokens_expire() {
    let provider = Provider::with(&["--refresh-ms", "100"]);
    let got = provider.tokens(&provider.web, ALL).await;
    outlive(Duration::from_millis(100)).await;
    let reply = provider.refresh(&provider.web, &got.refresh).await;
    reply.expect("a refresh token that is too old").status(400).json_at("/error", "invalid_grant");
    provider.userinfo(&got.access).await.expect("the access token has a time of its own").status(200);
}
