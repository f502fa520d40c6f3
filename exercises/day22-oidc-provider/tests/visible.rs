//! The tests of day 22 that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod discovery_and_jwks {
    use super::support::{Provider, discover};
    use serde_json::json;

    #[tokio::test]
    async fn the_library_discovers_everything() {
        let provider = Provider::start();
        let document = provider.http.get("/.well-known/openid-configuration").send().await;
        let issuer = &provider.issuer;
        document
            .expect("the discovery document says where everything is and what is supported")
            .status(200)
            .media_type("application/json")
            .json_at("/issuer", issuer.as_str())
            .json_at("/token_endpoint", format!("{issuer}/token"))
            .json_at("/code_challenge_methods_supported", json!(["S256"]))
            .json_at("/response_types_supported", json!(["code"]))
            .json_at("/id_token_signing_alg_values_supported", json!(["ES256"]));
        discover(&provider, &provider.web).await;
    }

    #[tokio::test]
    async fn a_key_has_its_public_half_only() {
        let provider = Provider::start();
        let reply = provider.http.get("/jwks").send().await;
        reply
            .expect("a key for ES256")
            .status(200)
            .json_at("/keys/0/kty", "EC")
            .json_at("/keys/0/crv", "P-256")
            .json_at("/keys/0/alg", "ES256")
            .json_at("/keys/0/use", "sig");
        harness::expect("a key has a name").request(reply.curl()).ne(reply.text_at("/keys/0/kid"), "");
        let private = reply.at("/keys/0").get("d").cloned();
        harness::expect("d is nobody's business").request(reply.curl()).eq(private, None);
    }
}

mod code_flow_with_pkce {
    use super::support::{ALL, Provider, Wish, discover, inputs, tokens};
    use harness::expect;
    use openidconnect::OAuth2TokenResponse;

    #[tokio::test]
    async fn a_user_logs_in_through_the_library() {
        let provider = Provider::start();
        for client in [&provider.web, &provider.app] {
            let library = discover(&provider, client).await;
            let login = provider.log_in_by_library(&library, &["profile", "email"]).await;
            let email = login.user.email().map(|email| email.as_str().to_owned());
            expect("the scope email brings the address").eq(email.as_deref(), Some(provider.ada.email.as_str()));
            expect("the ID token is about ada").eq(login.claims.subject().as_str(), provider.ada.sub.as_str());
            let refresh = login.tokens.refresh_token().map(|token| token.secret().clone());
            expect("without offline_access there is no refresh token").eq(refresh, None);
        }
    }

    #[tokio::test]
    async fn the_form_brings_everything_along() {
        let provider = Provider::start();
        let wish = Wish::of(&provider.web, ALL);
        let page = provider.ask(&wish).await;
        page.expect("the user gets a form").status(200).media_type("text/html").contains("<form");
        let mut fields = inputs(&page.text());
        expect("the form asks for the name").request(page.curl()).that(fields.contains_key("username"), page.text());
        fields.insert("username".to_owned(), provider.ada.username.clone());
        fields.insert("password".to_owned(), provider.ada.password.clone());
        let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let reply = provider.http.post("/authorize").form(&fields).send().await;
        let code = provider.returned(&reply, &wish).get("code").cloned().unwrap_or_default();
        tokens(&provider.redeem(&provider.web, &code, &wish).await);
    }

    #[tokio::test]
    async fn a_wrong_password_gets_the_form_again() {
        let provider = Provider::start();
        let wish = Wish::of(&provider.web, ALL);
        let (ada, bob) = (&provider.ada, &provider.bob);
        for (username, password) in [(&ada.username, &bob.password), (&ada.sub, &ada.password)] {
            let reply = provider.log_in(&wish, username, password).await;
            reply.expect("this is nobody").status(403).no_header("location").contains("<form");
        }
    }

    #[tokio::test]
    async fn pkce_is_required() {
        let provider = Provider::start();
        let wish = Wish::of(&provider.web, ALL);
        let none = wish.clone().without("code_challenge").without("code_challenge_method");
        provider.expect_sent_back("no code without a challenge", &none, "invalid_request").await;
        let plain = wish.clone().set("code_challenge_method", "plain").set("code_challenge", &wish.verifier[..43]);
        provider.expect_sent_back("plain protects nobody", &plain, "invalid_request").await;
        let unsaid = wish.without("code_challenge_method");
        provider.expect_sent_back("a missing method means plain", &unsaid, "invalid_request").await;
    }
}

mod id_token_claims {
    use super::support::{ALL, Provider, Wish, decode, tokens};
    use data_encoding::BASE64URL_NOPAD;
    use harness::expect;
    use sha2::{Digest, Sha256};

    #[tokio::test]
    async fn it_says_who_when_and_for_whom() {
        let provider = Provider::with(&["--id-token-ms", "77000"]);
        let tokens = provider.tokens(&provider.web, ALL).await;
        let (header, claims) = decode(&tokens.id);
        expect("the header names the algorithm").eq(header["alg"].as_str(), Some("ES256"));
        let kid = header["kid"].as_str().unwrap_or_default().to_owned();
        let kids = provider.kids().await;
        expect("the header names a published key").that(kids.contains(&kid), format!("{kid:?} is not in {kids:?}"));
        expect("iss is the issuer").eq(claims["iss"].as_str(), Some(provider.issuer.as_str()));
        expect("aud is the client").eq(claims["aud"].as_str(), Some(provider.web.id.as_str()));
        expect("sub is the user's").eq(claims["sub"].as_str(), Some(provider.ada.sub.as_str()));
        let seconds = |claim: &str| claims[claim].as_i64().unwrap_or_default();
        expect("exp is iat and the lifetime").eq(seconds("exp") - seconds("iat"), 77);
        let between = seconds("iat") - seconds("auth_time");
        expect("auth_time is when the user has logged in").that((0..60).contains(&between), &claims);
        let half = BASE64URL_NOPAD.encode(&Sha256::digest(&tokens.access)[..16]);
        expect("at_hash is the left half of the access token's hash").eq(claims["at_hash"].as_str(), Some(&*half));
    }

    #[tokio::test]
    async fn the_nonce_comes_back() {
        let provider = Provider::start();
        let wish = Wish::of(&provider.web, ALL);
        let code = provider.code(&wish).await;
        let (_, claims) = decode(&tokens(&provider.redeem(&provider.web, &code, &wish).await).id);
        expect("nonce is that of the request").eq(claims["nonce"].as_str(), Some(wish.get("nonce").as_str()));
    }
}

mod exact_redirect {
    use super::support::{ALL, Provider, Wish};

    #[tokio::test]
    async fn only_what_is_registered() {
        let provider = Provider::start();
        let uri = provider.web.redirect_uri.clone();
        let wish = Wish::of(&provider.web, ALL);
        for wrong in [
            format!("{uri}/more"),
            format!("{uri}?more=1"),
            format!("{uri}/../other"),
            uri.to_uppercase(),
            uri.replace("https", "http"),
            uri.replace(".example", ".example:443"),
            uri.replace(".example/", ".example@evil.example/"),
            provider.other.redirect_uri.clone(),
        ] {
            let wish = wish.clone().set("redirect_uri", &wrong);
            provider
                .expect_shown("an address that is not registered, letter by letter, is not redirected to", &wish)
                .await;
        }
        provider.ask(&wish).await.expect("the registered one is").status(200);
    }

    #[tokio::test]
    async fn a_code_is_bound_to_its_address() {
        let provider = Provider::start();
        let wish = Wish::of(&provider.web, ALL);
        let code = provider.code(&wish).await;
        let elsewhere = wish.set("redirect_uri", &provider.web.second_uri);
        let reply = provider.redeem(&provider.web, &code, &elsewhere).await;
        reply.expect("the code was sent to another address").status(400).json_at("/error", "invalid_grant");
    }
}

mod code_is_single_use_under_race {
    use super::support::{ALL, Provider, Wish, count, tokens};
    use harness::expect;

    #[tokio::test]
    async fn one_of_fifty_gets_tokens() {
        let provider = Provider::start();
        let wish = Wish::of(&provider.web, ALL);
        let code = provider.code(&wish).await;
        let replies = provider.together(50, |world, _| {
            let (code, wish) = (code.clone(), wish.clone());
            async move { world.redeem(&world.web, &code, &wish).await }
        });
        let replies = replies.await;
        expect("one redemption gets tokens, all others 400").eq((count(&replies, 200), count(&replies, 400)), (1, 49));
        for reply in replies.iter().filter(|reply| reply.status == 400) {
            reply.expect("the others come too late").json_at("/error", "invalid_grant");
        }
    }

    #[tokio::test]
    async fn a_second_use_revokes_what_the_first_one_got() {
        let provider = Provider::start();
        let wish = Wish::of(&provider.web, ALL);
        let code = provider.code(&wish).await;
        let first = tokens(&provider.redeem(&provider.web, &code, &wish).await);
        provider.userinfo(&first.access).await.expect("the token is valid").status(200);
        let second = provider.redeem(&provider.web, &code, &wish).await;
        second.expect("a code is used once").status(400).json_at("/error", "invalid_grant");
        provider.expect_dead("a thief may have been the first", &provider.web, &first).await;
    }
}

mod refresh_reuse_revokes_family {
    use super::support::{ALL, Provider, discover, tokens};
    use harness::expect;
    use openidconnect::{OAuth2TokenResponse, RefreshToken, TokenResponse};

    #[tokio::test]
    async fn the_library_refreshes() {
        let provider = Provider::start();
        let library = discover(&provider, &provider.web).await;
        let login = provider.log_in_by_library(&library, &["offline_access"]).await;
        let old = login.tokens.refresh_token().map(|token| token.secret().clone()).unwrap_or_default();
        expect("offline_access brings a refresh token").ne(old.as_str(), "");
        let token = RefreshToken::new(old.clone());
        let request = library.exchange_refresh_token(&token).expect("the token endpoint is known");
        let answer = request.request_async(&super::support::transport(&provider.http)).await;
        let answer = answer.unwrap_or_else(|error| expect("the library refreshes").fail(error));
        let new = answer.refresh_token().map(|token| token.secret().clone()).unwrap_or_default();
        expect("a refresh brings another refresh token").that(!new.is_empty() && new != old, &new);
        let claims = answer.id_token().map(|token| {
            // The nonce was for the first one.
            token.claims(&library.id_token_verifier(), |_: Option<&openidconnect::Nonce>| Ok(())).cloned()
        });
        let subject = claims.and_then(Result::ok).map(|claims| claims.subject().as_str().to_owned());
        expect("and an ID token about the same user").eq(subject.as_deref(), Some(provider.ada.sub.as_str()));
    }

    #[tokio::test]
    async fn a_second_use_ends_the_whole_family() {
        let provider = Provider::start();
        let mut family = vec![provider.tokens(&provider.web, ALL).await];
        for generation in 0..3 {
            let reply = provider.refresh(&provider.web, &family[generation].refresh).await;
            family.push(tokens(&reply));
        }
        provider.userinfo(&family[3].access).await.expect("the newest token is valid").status(200);
        let reply = provider.refresh(&provider.web, &family[1].refresh).await;
        reply.expect("a refresh token is used once").status(400).json_at("/error", "invalid_grant");
        for tokens in family.iter().rev() {
            provider.expect_dead("two have the same token, so none of them is trusted", &provider.web, tokens).await;
        }
    }
}

mod hostile_input {
    use super::support::{ALL, Provider, Wish, basic, inputs};
    use harness::{expect, random};

    #[tokio::test]
    async fn parameters_do_not_become_html() {
        let provider = Provider::start();
        let mark = random().word();
        let evil = format!("\"'><script>alert('{mark}')</script>&amp;");
        let wish = Wish::of(&provider.web, ALL).set("state", &evil).set("nonce", &evil).set("login_hint", &evil);
        let shown = [provider.ask(&wish).await, provider.log_in(&wish, &evil, "wrong").await];
        for page in &shown {
            expect("no element comes from a parameter").request(page.curl()).lacks(&page.text(), "<script");
            let inputs = inputs(&page.text());
            expect("and the state is whole").request(page.curl()).eq(inputs.get("state"), Some(&evil));
        }
        let broken = Wish::of(&provider.web, ALL).set("client_id", &evil).set("redirect_uri", &evil);
        let page = provider.ask(&broken).await;
        expect("an error is no element either").request(page.curl()).lacks(&page.text(), "<script");
    }

    #[tokio::test]
    async fn a_secret_is_compared_to_its_end() {
        let provider = Provider::start();
        let (id, secret) = (provider.web.id.as_str(), provider.web.secret.clone().unwrap_or_default());
        let fields = [("grant_type", "refresh_token"), ("refresh_token", "unknown")];
        let cut: String = secret.chars().take(secret.chars().count() - 1).collect();
        for wrong in ["", " ", &cut, &secret.to_uppercase(), &format!("{secret} "), &format!("{secret}&x")] {
            let call = provider.http.post("/token").header("authorization", basic(id, wrong)).form(&fields);
            let reply = call.send().await;
            reply.expect("a secret that is not the client's").status(401).json_at("/error", "invalid_client");
            let challenge = reply.header("www-authenticate").unwrap_or_default();
            expect("401 says how to authenticate").request(reply.curl()).contains(challenge, "Basic");
        }
        let reply = provider.call("/token", &provider.web, &fields).send().await;
        reply.expect("the right one is").status(400).json_at("/error", "invalid_grant");
    }

    #[tokio::test]
    async fn nothing_stays_in_a_cache() {
        let provider = Provider::start();
        let wish = Wish::of(&provider.web, ALL);
        let tokens = provider.tokens(&provider.web, ALL).await;
        for reply in [
            provider.ask(&wish).await,
            provider.log_in(&wish, &provider.ada.username, &provider.ada.password).await,
            provider.refresh(&provider.web, &tokens.refresh).await,
            provider.refresh(&provider.web, "unknown").await,
            provider.userinfo(&tokens.access).await,
        ] {
            reply.expect("codes, tokens and users are not for caches").header("cache-control", "no-store");
        }
    }
}

mod kill9 {
    use super::support::{ALL, Provider, Wish, discover, tokens};
    use harness::expect;

    #[tokio::test]
    async fn what_was_told_stays() {
        let mut provider = Provider::start();
        let kids = provider.kids().await;
        let kept = provider.tokens(&provider.web, ALL).await;
        let revoked = provider.tokens(&provider.web, ALL).await;
        provider.revoke(&provider.web, &revoked.refresh).await.expect("a token can be revoked").status(200);
        let (fresh, used) = (Wish::of(&provider.web, ALL), Wish::of(&provider.web, ALL));
        let (fresh_code, used_code) = (provider.code(&fresh).await, provider.code(&used).await);
        let first = tokens(&provider.redeem(&provider.web, &used_code, &used).await);
        provider.kill_and_restart();
        expect("the keys are the same after a kill -9").eq(provider.kids().await, kids);
        provider.userinfo(&kept.access).await.expect("an access token is valid after a kill -9").status(200);
        tokens(&provider.refresh(&provider.web, &kept.refresh).await);
        tokens(&provider.redeem(&provider.web, &fresh_code, &fresh).await);
        provider.expect_dead("what was revoked stays revoked", &provider.web, &revoked).await;
        let reply = provider.redeem(&provider.web, &used_code, &used).await;
        reply.expect("a used code stays used").status(400).json_at("/error", "invalid_grant");
        provider.expect_dead("and a second use revokes", &provider.web, &first).await;
        discover(&provider, &provider.web).await;
    }
}

mod key_rotation {
    use super::support::{ALL, Provider, Tokens, decode, discover};
    use harness::expect;
    use harness_net::eventually;
    use openidconnect::core::CoreIdToken;
    use std::time::Duration;

    #[tokio::test]
    async fn a_new_key_signs_and_the_old_one_verifies() {
        let provider = Provider::with(&["--key-ms", "300", "--id-token-ms", "600000"]);
        let kid = |tokens: &Tokens| decode(&tokens.id).0["kid"].clone();
        let old = provider.tokens(&provider.web, ALL).await;
        let new = eventually("another key signs after some time", Duration::from_secs(10), || async {
            let new = provider.tokens(&provider.web, ALL).await;
            (kid(&new) != kid(&old)).then_some(new)
        })
        .await;
        let library = discover(&provider, &provider.web).await;
        for tokens in [old, new] {
            let token: CoreIdToken = tokens.id.parse().unwrap_or_else(|error| expect("an ID token").fail(error));
            let claims = token.claims(&library.id_token_verifier(), |_: Option<&openidconnect::Nonce>| Ok(()));
            let subject = claims.map(|claims| claims.subject().as_str().to_owned());
            let subject = subject.unwrap_or_else(|error| expect("its key is published").fail(error));
            expect("the ID tokens of both keys are verified").eq(subject, provider.ada.sub.clone());
        }
    }
}

mod introspection {
    use super::support::{ALL, Provider, discover, transport};
    use harness::expect;
    use openidconnect::{OAuth2TokenResponse, TokenIntrospectionResponse};
    use serde_json::json;

    #[tokio::test]
    async fn the_library_asks_about_a_token() {
        let provider = Provider::start();
        let library = discover(&provider, &provider.web).await;
        let login = provider.log_in_by_library(&library, &["email"]).await;
        let answer = library.introspect(login.tokens.access_token()).request_async(&transport(&provider.http)).await;
        let answer = answer.unwrap_or_else(|error| expect("the library introspects").fail(error));
        expect("the token is active").eq(answer.active(), true);
        expect("it is about ada").eq(answer.sub(), Some(provider.ada.sub.as_str()));
        expect("her name is said").eq(answer.username(), Some(provider.ada.username.as_str()));
        let client = answer.client_id().map(|id| id.as_str().to_owned());
        expect("it was given to this client").eq(client.as_deref(), Some(provider.web.id.as_str()));
    }

    #[tokio::test]
    async fn nothing_is_said_about_what_is_not_valid() {
        let provider = Provider::start();
        let tokens = provider.tokens(&provider.web, ALL).await;
        provider.revoke(&provider.web, &tokens.access).await.expect("a token can be revoked").status(200);
        for token in [tokens.access.as_str(), tokens.id.as_str(), "unknown"] {
            let reply = provider.introspect(&provider.other, token).await;
            reply.expect("a token that is not valid").status(200).json(&json!({"active": false}));
        }
    }
}
