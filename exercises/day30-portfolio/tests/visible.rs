//! The tests of this day that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod ingest_reports {
    use super::support::{Portfolio, real_report};
    use harness::expect;

    #[tokio::test]
    async fn a_real_report_is_taken_and_published() {
        let portfolio = Portfolio::start();
        let report = real_report();
        let reply = portfolio.post(&report).await;
        reply.expect("the report of three solutions is taken").status(201).json_at("/days_passed", 3);
        expect("a report gets an id").request(reply.curl()).ne(reply.text_at("/id").as_str(), "");
        for day in report["days"].as_array().into_iter().flatten() {
            portfolio.expect_shown("each day of the report is on the page", day, "star").await;
        }
        portfolio.expect_progress("three days pass", 3).await;
    }

    #[tokio::test]
    async fn the_latest_word_on_a_day_counts() {
        let mut portfolio = Portfolio::start();
        let (first, other) = (portfolio.day(4, "passed"), portfolio.day(9, "star"));
        portfolio.publish(&[first.clone(), other.clone()]).await.expect("two days pass").json_at("/days_passed", 2);
        let later = portfolio.day(4, "failed");
        portfolio.publish(std::slice::from_ref(&later)).await.expect("one day passes now").json_at("/days_passed", 1);
        portfolio.expect_shown("a later report replaces what was said of a day", &later, "failed").await;
        portfolio.expect_shown("a day that it does not have stays as it was", &other, "star").await;
        portfolio.expect_progress("one day passes now", 1).await;
    }
}

mod page_and_badge {
    use super::support::{Portfolio, has_count};
    use harness::expect;

    #[tokio::test]
    async fn the_page_shows_who_you_are_and_what_passes() {
        let mut portfolio = Portfolio::start();
        let days = [portfolio.day(1, "star"), portfolio.day(2, "failed"), portfolio.day(30, "passed")];
        portfolio.publish(&days).await;
        let page = portfolio.page().await;
        let text = page.only("body").text.clone();
        let of_profile = |member: &str| portfolio.profile[member].as_str().unwrap_or_default().to_owned();
        expect("the heading is the name").contains(&page.only("h1").text, &of_profile("name"));
        for member in ["label", "summary", "email", "url"] {
            expect(format!("the page shows the profile's {member}")).contains(&text, &of_profile(member));
        }
        let wanted = expect("the page says how many days pass").expected("2 of 30 days");
        wanted.that(has_count(&text, "2 of 30 days"), &text);
        for (day, outcome) in days.iter().zip(["star", "failed", "passed"]) {
            portfolio.expect_shown("each day is on the page", day, outcome).await;
        }
        let viewport = page.named("meta").filter(|meta| meta.attribute("name") == Some("viewport")).count();
        expect("a phone is told that the page fits it").expected("<meta name=\"viewport\" …>").eq(viewport, 1);
        let is_feed = |name: &str, value: &str| {
            page.named("link")
                .any(|link| link.attribute("rel") == Some("alternate") && link.attribute(name) == Some(value))
        };
        expect("feed readers find the feed").eq(is_feed("type", "application/atom+xml"), true);
        expect("feed readers find the feed").eq(is_feed("href", "/feed.atom"), true);
    }

    #[tokio::test]
    async fn the_badge_is_a_picture_with_a_title() {
        let mut portfolio = Portfolio::start();
        let days = [portfolio.day(7, "passed"), portfolio.day(8, "failed")];
        portfolio.publish(&days).await;
        portfolio.get("/badge.svg").await.expect("a badge is SVG").media_type("image/svg+xml");
        let badge = portfolio.badge().await;
        let root = &badge.0[0];
        expect("the root is svg").eq(root.name.as_str(), "svg");
        expect("in the namespace of SVG").eq(root.attribute("xmlns"), Some("http://www.w3.org/2000/svg"));
        let title = &badge.only("title").text;
        expect("the title names the owner").contains(title, portfolio.profile["name"].as_str().unwrap_or_default());
        expect("the title says how many days pass").eq(has_count(title, "1 of 30 days"), true);
        portfolio.expect_progress("and so does the text", 1).await;
    }
}

mod resume_json {
    use super::support::{Portfolio, each};
    use harness::expect;
    use serde_json::json;

    #[tokio::test]
    async fn the_resume_is_valid_and_has_what_passes() {
        let mut portfolio = Portfolio::start();
        let days = [portfolio.day(12, "passed"), portfolio.day(3, "star"), portfolio.day(5, "failed")];
        portfolio.publish(&days).await;
        let resume = portfolio.resume().await;
        for (member, value) in portfolio.profile.as_object().into_iter().flatten() {
            expect(format!("basics has the profile's {member}")).eq(&resume["basics"][member], value);
        }
        let projects = &resume["projects"];
        let (second, first) = (&days[0], &days[1]);
        expect("projects are the days that pass, by number")
            .eq(each(projects, "name"), vec![first["title"].clone(), second["title"].clone()]);
        let url = |day: &serde_json::Value| {
            json!(format!("{}/#{}", portfolio.base_url, day["id"].as_str().unwrap_or_default()))
        };
        expect("each links to its day on the page").eq(each(projects, "url"), vec![url(first), url(second)]);
    }
}

mod ingest_is_idempotent {
    use super::support::Portfolio;
    use harness::expect;

    #[tokio::test]
    async fn the_same_report_again_changes_nothing() {
        let mut portfolio = Portfolio::start();
        let days = [portfolio.day(1, "star"), portfolio.day(2, "failed")];
        let report = portfolio.report(&days);
        let first = portfolio.post(&report).await;
        first.expect("a new report is taken").status(201);
        let before = portfolio.documents().await;
        let again = portfolio.post(&report).await;
        again.expect("a report that is known is no error").status(200).json_at("/days_passed", 1);
        expect("it has the same id").request(again.curl()).eq(again.text_at("/id"), first.text_at("/id"));
        portfolio.expect_unchanged("nothing has changed", &before).await;
    }

    #[tokio::test]
    async fn a_known_report_does_not_come_back_over_a_newer_one() {
        let mut portfolio = Portfolio::start();
        let (old, new) = (portfolio.day(6, "passed"), portfolio.day(6, "failed"));
        let report = portfolio.report(&[old]);
        portfolio.post(&report).await.expect("a new report is taken").status(201);
        portfolio.publish(std::slice::from_ref(&new)).await;
        let again = portfolio.post(&report).await;
        again.expect("the old report is known").status(200).json_at("/days_passed", 0);
        portfolio.expect_shown("the newer one still counts", &new, "failed").await;
    }
}

mod xss {
    use super::support::{Portfolio, with};
    use harness::expect;

    #[tokio::test]
    async fn a_title_stays_text() {
        let mut portfolio = Portfolio::start();
        let name = portfolio.random.word();
        for title in [
            format!("<script>alert('{name}')</script>"),
            format!("\"><img src=x onerror=alert('{name}')>"),
            format!("{name} &amp; &lt;b&gt; & 'Co'"),
        ] {
            let harmless = portfolio.day(11, "passed");
            portfolio.publish(std::slice::from_ref(&harmless)).await;
            let skeleton = portfolio.page().await.skeleton();
            let hostile = with(&harmless, "/title", title.as_str());
            portfolio.publish(std::slice::from_ref(&hostile)).await;
            portfolio.expect_shown("the page shows the title as it is", &hostile, "passed").await;
            expect(format!("the title {title:?} adds no element and no attribute"))
                .eq(portfolio.page().await.skeleton(), skeleton);
        }
    }
}

mod certificate_tampering_and_revocation {
    use super::support::{Parts, Portfolio, claims_checked};
    use harness::expect;
    use serde_json::json;

    #[tokio::test]
    async fn a_certificate_says_what_passes_and_everybody_can_check_it() {
        let mut portfolio = Portfolio::start();
        let days = [portfolio.day(20, "star"), portfolio.day(8, "passed"), portfolio.day(9, "failed")];
        portfolio.publish(&days).await;
        let (id, certificate) = portfolio.certify().await;
        let claims = claims_checked(&portfolio, &certificate).await;
        let points = days[0]["points"].as_u64().unwrap_or_default() + days[1]["points"].as_u64().unwrap_or_default();
        for (claim, value) in [
            ("iss", json!(portfolio.base_url)),
            ("sub", portfolio.profile["name"].clone()),
            ("jti", json!(id)),
            ("days", json!([days[1]["id"], days[0]["id"]])),
            ("points", json!(points)),
        ] {
            expect(format!("the claim {claim}")).request(&certificate).eq(&claims[claim], &value);
        }
        expect("iat is in seconds").request(&certificate).eq(claims["iat"].is_u64(), true);
        let reply = portfolio.verify(certificate.as_str()).await;
        reply.expect("the program says so, too").json_at("/valid", true).json_at("/claims", claims);
        let reply = portfolio.get(&format!("/certificate/{id}")).await;
        reply.expect("it can be had again").media_type("application/jose").contains(&certificate);
    }

    #[tokio::test]
    async fn who_changes_it_or_leaves_the_signature_out_has_nothing() {
        let mut portfolio = Portfolio::start();
        let day = portfolio.day(1, "passed");
        portfolio.publish(&[day]).await;
        let (_, certificate) = portfolio.certify().await;
        let parts = Parts::of(&certificate);
        let mut claims = parts.claims.clone();
        claims["points"] = 3000.into();
        let forged = Parts::sealed(&parts.header, &claims, |_| parts.signature.clone());
        portfolio.expect_not_valid("more points with the old signature", forged).await;
        let none = json!({"alg": "none", "typ": "JWT"});
        for claims in [&parts.claims, &claims] {
            let forged = Parts::sealed(&none, claims, |_| Vec::new());
            portfolio.expect_not_valid("a certificate that says it needs no signature", forged).await;
        }
        portfolio.expect_valid("the certificate itself is valid", &certificate).await;
    }

    #[tokio::test]
    async fn a_revoked_one_is_valid_no_more() {
        let mut portfolio = Portfolio::start();
        let day = portfolio.day(1, "passed");
        portfolio.publish(&[day]).await;
        let (kept, revoked) = (portfolio.certify().await, portfolio.certify().await);
        portfolio.revoke(&revoked.0).await;
        portfolio.expect_not_valid("what was revoked is not valid", revoked.1).await;
        portfolio.expect_valid("others are", &kept.1).await;
        let reply = portfolio.http.get(&format!("/certificate/{}", revoked.0)).send().await;
        reply.expect("what was revoked is gone").problem(410);
    }
}

mod conditional_get {
    use super::support::{DOCUMENTS, Portfolio};
    use harness::expect;

    #[tokio::test]
    async fn what_is_known_is_not_sent_again() {
        let mut portfolio = Portfolio::start();
        let day = portfolio.day(1, "passed");
        portfolio.publish(&[day]).await;
        for path in DOCUMENTS.into_iter().chain(["/style.css"]) {
            let reply = portfolio.get(path).await;
            reply.expect("a cache has to ask before it answers").header("cache-control", "no-cache");
            let tag = reply.header("etag").unwrap_or_default().to_owned();
            expect("there is a strong ETag").request(reply.curl()).that(tag.starts_with('"'), reply.describe());
            let again = portfolio.http.get(path).header("if-none-match", &tag).send().await;
            again.expect("who has it gets nothing but the tag").status(304).header("etag", &tag).body("");
            let other = portfolio.http.get(path).header("if-none-match", "\"another\"").send().await;
            other.expect("who has something else gets it all").status(200).header("etag", &tag).body(&reply.body);
        }
    }

    #[tokio::test]
    async fn a_feed_reader_gets_each_day_once() {
        let mut portfolio = Portfolio::start();
        let days = [portfolio.day(14, "passed"), portfolio.day(2, "star"), portfolio.day(3, "failed")];
        portfolio.publish(&days).await;
        let feed = portfolio.feed().await;
        let id =
            |day: &serde_json::Value| format!("{}/#{}", portfolio.base_url, day["id"].as_str().unwrap_or_default());
        let ids: Vec<_> = feed.entries.iter().map(|entry| entry.id.clone()).collect();
        expect("an entry for each day that passes, of one report by number").eq(ids, vec![id(&days[1]), id(&days[0])]);
        let reply = portfolio.get("/feed.atom").await;
        let tag = reply.header("etag").unwrap_or_default().to_owned();
        let later = [portfolio.day(3, "passed")];
        portfolio.publish(&later).await;
        let reply = portfolio.http.get("/feed.atom").header("if-none-match", &tag).send().await;
        reply.expect("when there is news, the old tag is none").status(200);
        let feed = portfolio.feed().await;
        expect("the latest is the first").eq(feed.entries[0].title.as_ref().map(|title| title.content.clone()), {
            Some(format!("Day 3: {}", later[0]["title"].as_str().unwrap_or_default()))
        });
        expect("the others stay").eq(feed.entries.len(), 3);
    }
}

mod zero_failed_requests_on_restart {
    use super::support::Portfolio;
    use harness::expect;
    use harness_net::Http;
    use std::{
        net::TcpListener,
        sync::{
            Arc,
            atomic::{AtomicBool, AtomicUsize, Ordering},
        },
        time::Duration,
    };
    use tokio::task::JoinSet;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn under_load_no_request_fails() {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a socket of the test");
        let address = listener.local_addr().expect("its address");
        let mut portfolio = Portfolio::supervised(listener);
        expect("the program listens on the socket that it was given").eq(portfolio.program.address(), address);
        let (stop, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut visitors = JoinSet::new();
        for _ in 0..6 {
            let (http, stop, answered) = (Http::at(address), Arc::clone(&stop), Arc::clone(&answered));
            visitors.spawn(async move {
                let mut failed = Vec::new();
                while !stop.load(Ordering::SeqCst) {
                    match http.get("/badge.svg").header("connection", "close").try_send().await {
                        Ok(reply) if reply.status == 200 => drop(answered.fetch_add(1, Ordering::SeqCst)),
                        Ok(reply) => failed.push(reply.describe()),
                        Err(error) => failed.push(error.0),
                    }
                }
                failed
            });
        }
        for _ in 0..3 {
            let before = answered.load(Ordering::SeqCst);
            harness_net::eventually("visitors are answered", Duration::from_secs(10), || async {
                (answered.load(Ordering::SeqCst) >= before + 20).then_some(())
            })
            .await;
            portfolio.program.terminate();
            portfolio.program.start_again();
        }
        stop.store(true, Ordering::SeqCst);
        let failed: Vec<_> = visitors.join_all().await.into_iter().flatten().collect();
        expect(format!("of {} requests during three restarts none fails", answered.load(Ordering::SeqCst)))
            .request("curl -i -H 'connection: close' …/badge.svg, by six visitors without a pause")
            .that(
                failed.is_empty(),
                format!("{} failed, the first: {}", failed.len(), failed.first().cloned().unwrap_or_default()),
            );
    }
}

mod kill9 {
    use super::support::{Portfolio, claims_checked};
    use harness::expect;

    #[tokio::test]
    async fn what_was_published_certified_and_revoked_is_there() {
        let mut portfolio = Portfolio::start();
        let days = [portfolio.day(1, "star"), portfolio.day(2, "failed")];
        let report = portfolio.report(&days);
        portfolio.post(&report).await.expect("a new report is taken").status(201);
        let (kept, revoked) = (portfolio.certify().await, portfolio.certify().await);
        portfolio.revoke(&revoked.0).await;
        let before = portfolio.documents().await;
        portfolio.kill_and_restart();
        portfolio.expect_unchanged("after a kill -9 everything is as it was", &before).await;
        portfolio.post(&report).await.expect("the report is known").status(200);
        portfolio.expect_valid("the certificate is valid", &kept.1).await;
        portfolio.expect_not_valid("what was revoked stays revoked", revoked.1).await;
        let new = portfolio.certify().await;
        let claims = claims_checked(&portfolio, &new.1).await;
        expect("and the key signs on").eq(&claims["jti"], &new.0);
        claims_checked(&portfolio, &kept.1).await;
    }
}

mod next_follows_the_roadmap {
    use super::support::Portfolio;
    use serde_json::json;

    #[tokio::test]
    async fn a_day_that_passes_unlocks_what_needs_it() {
        let mut portfolio = Portfolio::start();
        let day = portfolio.day(5, "passed");
        let skill = |id: &str, needs: &[&str], done: bool| json!({"id": id, "needs": needs, "done": done, "evidence": done.then_some("https://example.org/proof")});
        let id = day["id"].as_str().unwrap_or_default();
        let roadmap = json!([
            skill("a-job", &["portfolio", "interviews"], false),
            skill(id, &["rust"], false),
            skill("interviews", &[id], false),
            skill("portfolio", &[id], false),
            skill("rust", &[], true),
        ]);
        portfolio
            .authorized(portfolio.http.put("/roadmap").json(&roadmap))
            .send()
            .await
            .expect("a roadmap is taken")
            .status(204);
        let reply = portfolio.get("/next").await;
        reply.expect("the day is next").json(&json!({"next": [{"id": id, "needs": ["rust"]}], "done": 1, "open": 4}));
        portfolio.publish(std::slice::from_ref(&day)).await;
        let next = json!([{"id": "interviews", "needs": [id]}, {"id": "portfolio", "needs": [id]}]);
        let reply = portfolio.get("/next").await;
        reply.expect("the day passes").json(&json!({"next": next, "done": 2, "open": 3}));
    }
}

mod load {
    use super::support::Portfolio;
    use harness::{allow_open_files, expect};
    use harness_net::{Socket, status_of};

    #[tokio::test]
    async fn three_hundred_visitors_at_once_are_answered() {
        allow_open_files(1000);
        let mut portfolio = Portfolio::start();
        let days: Vec<_> = (1..=30).map(|number| portfolio.day(number, "passed")).collect();
        portfolio.publish(&days).await;
        let mut sockets = Vec::new();
        for _ in 0..300 {
            sockets.push(Socket::connect(portfolio.program.address()).await);
        }
        for socket in &mut sockets {
            socket.send("GET /badge.svg HTTP/1.1\r\nHost: portfolio\r\nConnection: close\r\n\r\n").await;
        }
        for socket in &mut sockets {
            let answer = socket.expect_closed("each is answered").await;
            let shown = String::from_utf8_lossy(&answer);
            expect("all of 300 connections at once get an answer").that(status_of(&answer) == Some(200), &shown);
            expect("and a whole one").contains(&shown, "30 of 30 days");
        }
    }
}
