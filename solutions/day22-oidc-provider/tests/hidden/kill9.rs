use crate::visible::support::{ALL, Provider, Wish, discover, tokens};
use harness::expect;
use harness_net::{Http, write_until_killed};
use openidconnect::core::CoreIdToken;

#[tokio::test]
async fn what_was_acknowledged_in_the_middle_of_work_is_valid() {
    let mut provider = Provider::start();
    let world = provider.world.clone();
    let wish = Wish::of(&provider.web, ALL);
    let acknowledged = write_until_killed(&mut provider.program, 6, 30, move |_, _| {
        let (world, wish) = (world.clone(), wish.clone());
        async move {
            let mut fields = wish.fields();
            fields.extend([("username", world.ada.username.as_str()), ("password", world.ada.password.as_str())]);
            let reply = world.http.post("/authorize").form(&fields).try_send().await.ok()?;
            let location = reply.header("location")?.to_owned();
            let code = location.split(['?', '&']).find_map(|pair| pair.strip_prefix("code="))?.to_owned();
            let fields = [
                ("grant_type", "authorization_code"),
                ("code", code.as_str()),
                ("redirect_uri", &wish.get("redirect_uri")),
                ("code_verifier", &wish.verifier),
            ];
            let reply = world.call("/token", &world.web, &fields).try_send().await.ok()?;
            let got = tokens(&reply);
            Some((got.access, got.refresh, got.id))
        }
    });
    let acknowledged = acknowledged.await;
    provider.program.start_again();
    provider.world.http = Http::to(&provider.program);
    let library = discover(&provider, &provider.web).await;
    for (access, refresh, id) in acknowledged.items() {
        let reply = provider.userinfo(access).await;
        reply.expect("after a kill -9 an access token is valid").status(200).json_at("/sub", provider.ada.sub.as_str());
        let token: CoreIdToken = id.parse().unwrap_or_else(|error| expect("an ID token").fail(error));
        let claims = token.claims(&library.id_token_verifier(), |_: Option<&openidconnect::Nonce>| Ok(()));
        let subject = claims.map(|claims| claims.subject().as_str().to_owned());
        let subject = subject.unwrap_or_else(|error| expect("its key is published").fail(error));
        expect("an ID token is verified with a key of now").eq(subject, provider.ada.sub.clone());
        tokens(&provider.refresh(&provider.web, refresh).await);
    }
}

#[tokio::test]
async fn a_used_refresh_token_is_remembered() {
    let mut provider = Provider::start();
    let first = provider.tokens(&provider.app, ALL).await;
    let second = tokens(&provider.refresh(&provider.app, &first.refresh).await);
    provider.kill_and_restart();
    provider.userinfo(&second.access).await.expect("the newest token is valid").status(200);
    provider.refresh(&provider.app, &first.refresh).await.expect("a second use").status(400);
    provider.expect_dead("ends the family, also after a kill -9", &provider.app, &second).await;
    provider.kill_and_restart();
    provider.expect_dead("and it stays ended", &provider.app, &second).await;
}
