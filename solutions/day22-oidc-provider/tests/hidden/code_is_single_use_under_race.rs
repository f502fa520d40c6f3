use crate::visible::support::{ALL, Provider, Tokens, Wish, count, decode, tokens};
use harness::expect;

#[tokio::test]
async fn the_race_leaves_nothing_that_is_valid() {
    let provider = Provider::start();
    let wish = Wish::of(&provider.app, ALL);
    let bystander = provider.tokens(&provider.app, ALL).await;
    for _ in 0..3 {
        let code = provider.code(&wish).await;
        let replies = provider.together(50, |world, _| {
            let (code, wish) = (code.clone(), wish.clone());
            async move { world.redeem(&world.app, &code, &wish).await }
        });
        let replies = replies.await;
        let won: Vec<Tokens> = replies.iter().filter(|reply| reply.status == 200).map(tokens).collect();
        expect("one redemption of fifty gets tokens").eq(won.len(), 1);
        provider.expect_dead("and the others have revoked them", &provider.app, &won[0]).await;
    }
    provider.userinfo(&bystander.access).await.expect("another login is not concerned").status(200);
    tokens(&provider.refresh(&provider.app, &bystander.refresh).await);
}

#[tokio::test]
async fn many_codes_are_not_mixed_up() {
    let provider = Provider::start();
    let mut logins = Vec::new();
    for number in 0..5 {
        let wish = Wish::of(&provider.web, ALL);
        let user = if number % 2 == 0 { provider.ada.clone() } else { provider.bob.clone() };
        logins.push((provider.code_for(&wish, &user).await, wish, user.sub));
    }
    let replies = provider.together(25, |world, number| {
        let (code, wish, sub) = logins[number % 5].clone();
        async move {
            let reply = world.redeem(&world.web, &code, &wish).await;
            if reply.status == 200 {
                let about = decode(&tokens(&reply).id).1["sub"].clone();
                expect("the tokens of a code are about its user").request(reply.curl()).eq(about.as_str(), Some(&*sub));
            }
            reply
        }
    });
    expect("each of five codes is redeemed once").eq(count(&replies.await, 200), 5);
}

#[tokio::test]
async fn a_second_use_counts_whatever_else_is_wrong() {
    let provider = Provider::start();
    let wish = Wish::of(&provider.web, ALL);
    let code = provider.code(&wish).await;
    let first = tokens(&provider.redeem(&provider.web, &code, &wish).await);
    let reply = provider.redeem(&provider.other, &code, &wish).await;
    reply.expect("another client has no part in it").status(400).json_at("/error", "invalid_grant");
    provider.userinfo(&first.access).await.expect("so nothing is revoked").status(200);
    let newer = tokens(&provider.refresh(&provider.web, &first.refresh).await);
    let wrong = wish.clone().guess(&wish.verifier.to_uppercase());
    let reply = provider.redeem(&provider.web, &code, &wrong).await;
    reply.expect("a used code, and a wrong verifier").status(400).json_at("/error", "invalid_grant");
    provider.expect_dead("what came of it by refreshing is revoked, too", &provider.web, &newer).await;
}
