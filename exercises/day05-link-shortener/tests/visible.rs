//! The tests of day 5 that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod create_and_redirect {
    use super::support::{code, follow, follow_to, post, service, url};
    use harness::{expect, random};
    use serde_json::{Value, json};

    #[tokio::test]
    async fn a_posted_url_gets_a_code() {
        let (_program, http) = service();
        let url = url(&mut random());
        let reply = post(&http, &json!({"url": url})).send().await;
        reply.expect("POST /api/links answers 201 and the link").status(201).media_type("application/json");
        let code = code(&reply.json());
        let valid = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        expect("a code has 6 to 32 of A-Z, a-z, 0-9, - and _")
            .request(reply.curl())
            .that((6..=32).contains(&code.len()) && code.bytes().all(valid), &code);
        reply.expect("Location is the path of the short URL").header("location", &format!("/{code}"));
        reply.expect("the link has its short URL").json_at("/short_url", format!("{}/{code}", http.base()));
        reply.expect("the link has the URL that was sent").json_at("/url", url);
        reply.expect("a link does not expire by itself").json_at("/expires_at", Value::Null);
        let time = reply.text_at("/created_at");
        expect("created_at is a time in UTC (RFC 3339)")
            .expected("something like 2026-01-31T08:15:00Z")
            .that(time.contains('T') && time.ends_with('Z'), &time);
    }

    #[tokio::test]
    async fn the_code_redirects_to_the_url() {
        let (_program, http) = service();
        let mut random = random();
        let mut links = Vec::new();
        for _ in 0..3 {
            let url = url(&mut random);
            let created = post(&http, &json!({"url": url})).send().await;
            created.expect("a valid link is made").status(201);
            links.push((code(&created.json()), url));
        }
        for (code, url) in &links {
            follow_to(&http, code, url).await;
        }
    }

    #[tokio::test]
    async fn a_code_that_no_link_has_is_404() {
        let (_program, http) = service();
        super::support::shorten(&http, &url(&mut random())).await;
        follow(&http, "nobody-has-this").await.expect("an unknown code is 404").problem(404);
    }
}

mod custom_alias {
    use super::support::{alias, create, follow_to, post, service, url};
    use harness::random;
    use serde_json::json;

    #[tokio::test]
    async fn an_alias_becomes_the_code() {
        let (_program, http) = service();
        let mut random = random();
        let (alias, url) = (alias(&mut random), url(&mut random));
        let reply = post(&http, &json!({"url": url, "alias": alias})).send().await;
        reply.expect("the alias is the code").status(201).json_at("/code", alias.as_str());
        follow_to(&http, &alias, &url).await;
    }

    #[tokio::test]
    async fn a_taken_alias_is_409_and_stays_as_it_was() {
        let (_program, http) = service();
        let mut random = random();
        let (alias, first) = (alias(&mut random), url(&mut random));
        create(&http, &json!({"url": first, "alias": alias})).await;
        let second = post(&http, &json!({"url": url(&mut random), "alias": alias})).send().await;
        second.expect("an alias can be taken once").problem(409);
        follow_to(&http, &alias, &first).await;
    }
}

mod stats {
    use super::support::{click, clicks, service, shorten, stats, url};
    use harness::{expect, random};

    #[tokio::test]
    async fn clicks_are_counted_for_each_link() {
        let (_program, http) = service();
        let mut random = random();
        let url = url(&mut random);
        let (popular, other) = (shorten(&http, &url).await, shorten(&http, &url).await);
        expect("a new link has no clicks").eq(clicks(&http, &popular).await, 0);
        let times = random.between(2..=9);
        for _ in 0..times {
            click(&http, &popular).await;
        }
        let reply = stats(&http, &popular).await;
        reply.expect("each redirect was counted").status(200).json_at("/clicks", times);
        reply.expect("the statistics show the link").json_at("/code", popular.as_str()).json_at("/url", url);
        expect("the other link has no clicks").eq(clicks(&http, &other).await, 0);
    }

    #[tokio::test]
    async fn a_code_that_no_link_has_is_404() {
        let (_program, http) = service();
        shorten(&http, &url(&mut random())).await;
        stats(&http, "nobody-has-this").await.expect("an unknown code is 404").problem(404);
    }
}

mod validation {
    use super::support::{post, service};
    use serde_json::json;

    #[tokio::test]
    async fn a_url_that_is_no_web_address_is_422() {
        let (_program, http) = service();
        for url in ["javascript:alert(1)", "example.org/no-scheme", "http://"] {
            let reply = post(&http, &json!({"url": url})).send().await;
            reply.expect("only absolute http and https URLs are shortened").problem(422);
            reply.expect("the detail names the member").contains("url");
        }
    }

    #[tokio::test]
    async fn a_url_that_leads_back_is_422() {
        let (_program, http) = service();
        let reply = post(&http, &json!({"url": format!("{}/abc", http.base())})).send().await;
        reply.expect("a link to the service itself would be a loop").problem(422);
    }

    #[tokio::test]
    async fn an_alias_that_fits_no_path_is_422() {
        let (_program, http) = service();
        for alias in ["ab", "a/b", "a b", "api"] {
            let reply = post(&http, &json!({"url": "https://example.org/", "alias": alias})).send().await;
            reply.expect("an alias has 3 to 32 of A-Z, a-z, 0-9, - and _, and is not api").problem(422);
            reply.expect("the detail names the member").contains("alias");
        }
    }

    #[tokio::test]
    async fn broken_json_is_400() {
        let (_program, http) = service();
        let call = http.post("/api/links").header("content-type", "application/json").body("{\"url\": ");
        call.send().await.expect("JSON that cannot be parsed is 400").problem(400);
    }
}

mod alias_race {
    use super::support::{alias, follow_to, post, service, url};
    use harness::{expect, random};
    use harness_net::together;
    use serde_json::json;

    #[tokio::test]
    async fn exactly_one_of_fifty_gets_201() {
        let (_program, http) = service();
        let mut random = random();
        let alias = alias(&mut random);
        let urls: Vec<_> = (0..50).map(|_| url(&mut random)).collect();
        let replies = together(50, |number| {
            let call = post(&http, &json!({"url": urls[number], "alias": alias}));
            async move { call.send().await }
        })
        .await;
        let with = |status| replies.iter().filter(|reply| reply.status == status).count();
        expect("of 50 who want the same alias at the same time one gets it")
            .request(replies[0].curl())
            .expected("1 time 201, 49 times 409")
            .that((with(201), with(409)) == (1, 49), format!("{} times 201, {} times 409", with(201), with(409)));
        if let Some(winner) = replies.iter().position(|reply| reply.status == 201) {
            follow_to(&http, &alias, &urls[winner]).await;
        }
    }
}

mod exact_counts_under_race {
    use super::support::{click, clicks, service, shorten, url};
    use harness::{expect, random};
    use harness_net::together;

    #[tokio::test]
    async fn two_hundred_redirects_by_twenty_clients_are_two_hundred_clicks() {
        let (_program, http) = service();
        let code = shorten(&http, &url(&mut random())).await;
        together(20, |_| {
            let (http, code) = (http.clone(), code.clone());
            async move {
                for _ in 0..10 {
                    click(&http, &code).await;
                }
            }
        })
        .await;
        expect("no click is lost or counted twice").request(format!("GET /{code}")).eq(clicks(&http, &code).await, 200);
    }
}

mod expiry_410 {
    use super::support::{code, create, follow, follow_to, service, url};
    use harness::random;
    use harness_net::eventually;
    use serde_json::json;
    use std::time::Duration;

    #[tokio::test]
    async fn a_link_ends_after_its_time() {
        let (_program, http) = service();
        let mut random = random();
        let url = url(&mut random);
        let brief = code(&create(&http, &json!({"url": url, "expires_in_ms": 50})).await);
        let lasting = code(&create(&http, &json!({"url": url, "expires_in_ms": 3_600_000})).await);
        let ended = eventually("a link with expires_in_ms 50 ends soon", Duration::from_secs(5), || async {
            let reply = follow(&http, &brief).await;
            (reply.status != 302).then_some(reply)
        })
        .await;
        ended.expect("an expired link is 410").problem(410);
        follow_to(&http, &lasting, &url).await;
    }
}

mod kill9 {
    use super::support::{code, known, post, service, url};
    use harness::random;
    use harness_net::{Http, write_until_killed};
    use serde_json::json;

    #[tokio::test]
    async fn every_acknowledged_link_is_there_after_a_kill() {
        let (mut program, http) = service();
        let prefix = url(&mut random());
        let acknowledged = write_until_killed(&mut program, 8, 60, move |writer, number| {
            let url = format!("{prefix}-{writer}-{number}");
            let call = post(&http, &json!({"url": url}));
            async move {
                let reply = call.try_send().await.ok().filter(|reply| reply.status == 201)?;
                Some((code(&reply.json()), url))
            }
        })
        .await;
        program.start_again();
        acknowledged.expect_all_in(&known(&Http::to(&program), acknowledged.items()).await);
    }
}

mod unguessable_codes {
    use super::support::{service, shorten, url};
    use harness::{expect, random};

    #[tokio::test]
    async fn a_code_does_not_tell_the_next_one() {
        let (_program, http) = service();
        let url = url(&mut random());
        let mut codes = Vec::new();
        for _ in 0..20 {
            codes.push(shorten(&http, &url).await);
        }
        let same = |pair: &[String]| pair[0].bytes().zip(pair[1].bytes()).filter(|(one, next)| one == next).count();
        let in_common: usize = codes.windows(2).map(same).sum();
        let all: usize = codes.windows(2).map(|pair| pair[0].len()).sum();
        expect("codes that follow one another have little in common")
            .request("POST /api/links, twenty times")
            .expected("most characters differ from those of the code before")
            .that(in_common * 2 < all, codes.join(" "));
    }
}

mod bulk_create_is_atomic {
    use super::support::{alias, existing, follow_to, post_bulk, service, url};
    use harness::{expect, random};
    use serde_json::json;

    #[tokio::test]
    async fn all_links_are_made_in_their_order() {
        let (_program, http) = service();
        let mut random = random();
        let urls: Vec<_> = (0..5).map(|_| url(&mut random)).collect();
        let drafts: Vec<_> = urls.iter().map(|url| json!({"url": url})).collect();
        let reply = post_bulk(&http, &drafts).send().await;
        reply.expect("POST /api/links/bulk answers 201").status(201).media_type("application/json");
        for (index, url) in urls.iter().enumerate() {
            reply.expect("the links come back in their order").json_at(&format!("/links/{index}/url"), url.as_str());
            follow_to(&http, &reply.text_at(&format!("/links/{index}/code")), url).await;
        }
    }

    #[tokio::test]
    async fn one_taken_alias_and_none_is_made() {
        let (_program, http) = service();
        let mut random = random();
        let aliases: Vec<_> = (0..5).map(|_| alias(&mut random)).collect();
        let drafts: Vec<_> = aliases.iter().map(|alias| json!({"url": url(&mut random), "alias": alias})).collect();
        post_bulk(&http, &drafts[4..]).send().await.expect("a bulk of one is fine").status(201);
        let reply = post_bulk(&http, &drafts).send().await;
        reply.expect("the last alias is taken").problem(409);
        expect("a refused bulk leaves nothing").request(reply.curl()).eq(existing(&http, &aliases[..4]).await.len(), 0);
    }
}
