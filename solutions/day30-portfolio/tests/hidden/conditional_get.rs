use crate::visible::support::{DOCUMENTS, Portfolio};
use harness::expect;
use harness_net::eventually;
use std::{
    collections::BTreeSet,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs()
}

#[tokio::test]
async fn lists_weak_tags_and_stars_are_understood() {
    let mut portfolio = Portfolio::start();
    let day = portfolio.day(1, "passed");
    portfolio.publish(&[day]).await;
    for path in DOCUMENTS {
        let tag = portfolio.get(path).await.header("etag").unwrap_or_default().to_owned();
        let bare = tag.trim_matches('"').to_owned();
        for (value, status) in [
            (format!("W/{tag}"), 304),
            (format!("\"one\", {tag}"), 304),
            (format!("{tag},\"two\""), 304),
            (format!("\"one\" , W/\"two\",W/{tag}"), 304),
            ("*".to_owned(), 304),
            ("\"one\", \"two\"".to_owned(), 200),
            (format!("\"{bare}x\""), 200),
            (format!("\"x{bare}\""), 200),
            ("\"\"".to_owned(), 200),
        ] {
            let reply = portfolio.http.get(path).header("if-none-match", &value).send().await;
            reply.expect("If-None-Match names what the client has").status(status).header("etag", &tag);
            let wanted = expect("304 has no body, and 200 has one").request(reply.curl());
            wanted.eq(reply.body.is_empty(), status == 304);
        }
        let reply = portfolio.http.head(path).send().await;
        reply.expect("HEAD has the same tag and no body").status(200).header("etag", &tag).body("");
    }
}

#[tokio::test]
async fn the_same_state_is_the_same_bytes_tomorrow_and_after_a_restart() {
    let mut portfolio = Portfolio::start();
    let days: Vec<_> =
        (1..=12).map(|number| portfolio.day(number, ["star", "failed", "passed"][usize::from(number) % 3])).collect();
    portfolio.publish(&days).await;
    portfolio.certify().await;
    let before = portfolio.documents().await;
    let second = seconds();
    eventually("the clock goes on", Duration::from_secs(3), || async { (seconds() > second).then_some(()) }).await;
    portfolio.expect_unchanged("a second later nothing has changed", &before).await;
    portfolio.kill_and_restart();
    portfolio.expect_unchanged("after a restart nothing has changed", &before).await;
}

#[tokio::test]
async fn whatever_changes_has_another_tag() {
    let mut portfolio = Portfolio::start();
    let day = portfolio.day(1, "passed");
    let mut tags: Vec<BTreeSet<String>> = vec![BTreeSet::new(); DOCUMENTS.len()];
    let mut bodies = tags.clone();
    let mut look = async |portfolio: &Portfolio| {
        for (index, (body, tag)) in portfolio.documents().await.into_iter().enumerate() {
            tags[index].insert(tag.unwrap_or_default());
            bodies[index].insert(body);
            expect(format!("each content of {} has a tag of its own", DOCUMENTS[index]))
                .eq(tags[index].len(), bodies[index].len());
        }
    };
    look(&portfolio).await;
    for title in ["one", "two", "six"] {
        portfolio.publish(&[crate::visible::support::with(&day, "/title", title)]).await;
        look(&portfolio).await;
    }
    let (id, _) = portfolio.certify().await;
    look(&portfolio).await;
    portfolio.revoke(&id).await;
    look(&portfolio).await;
    let resumes = &bodies[2];
    expect("titles and certificates change the resume").eq(resumes.len(), 5);
}

#[tokio::test]
async fn a_feed_without_news_has_the_time_of_the_first_start() {
    let mut portfolio = Portfolio::start();
    let feed = portfolio.feed().await;
    expect("there are no entries").eq(feed.entries.len(), 0);
    let begun = feed.updated;
    let now = i64::try_from(seconds()).expect("seconds");
    let is_recent = begun.is_some_and(|begun| (now - begun.timestamp()).abs() < 60);
    expect("updated is when the program was first started").that(is_recent, format!("{begun:?}"));
    let second = seconds();
    eventually("the clock goes on", Duration::from_secs(3), || async { (seconds() > second).then_some(()) }).await;
    portfolio.kill_and_restart();
    expect("and stays that").eq(portfolio.feed().await.updated, begun);
    let failed = portfolio.day(3, "failed");
    portfolio.publish(&[failed]).await;
    expect("what does not pass is no news").eq(portfolio.feed().await.updated, begun);
}

#[tokio::test]
async fn the_feed_is_news_the_latest_first() {
    let mut portfolio = Portfolio::start();
    let mut expected = Vec::new();
    for numbers in [[9, 4], [30, 1], [17, 16]] {
        let days = numbers.map(|number| portfolio.day(number, "passed"));
        portfolio.publish(&days).await;
        let ids = days.iter().rev().map(|day| day["id"].as_str().unwrap_or_default().to_owned());
        expected = ids.chain(expected).collect();
        let started = std::time::Instant::now();
        eventually("time passes", Duration::from_secs(1), || async {
            (started.elapsed().as_millis() > 3).then_some(())
        })
        .await;
    }
    let failed = portfolio.day(16, "failed");
    portfolio.publish(&[failed]).await;
    let feed = portfolio.feed().await;
    let ids: Vec<_> = feed.entries.iter().map(|entry| entry.id.rsplit_once("/#").map_or("", |(_, id)| id)).collect();
    // A later report has another id for day 16: it is the latest word, and the time stays.
    expect("the latest first, and of one report by number").eq(ids.len(), expected.len());
    for (id, expected) in ids.iter().zip(&expected) {
        expect("the latest first, and of one report by number").eq(&id[..5], &expected[..5]);
    }
    expect("the feed is as new as its newest entry").eq(feed.updated, feed.entries[0].updated);
    let name = portfolio.profile["name"].as_str();
    expect("the author is the owner").eq(feed.authors.first().and_then(|author| author.name.as_deref()), name);
    let link = |relation: &str, href: String| {
        let holds = feed.links.iter().any(|link| link.rel.as_deref() == Some(relation) && link.href == href);
        expect(format!("the feed has a link {relation} to {href}")).that(holds, format!("{:?}", feed.links));
    };
    link("self", format!("{}/feed.atom", portfolio.base_url));
    link("alternate", format!("{}/", portfolio.base_url));
    for entry in &feed.entries {
        let holds = entry.links.iter().any(|link| link.href == entry.id);
        expect("an entry links to its day").that(holds, format!("{:?}", entry.links));
    }
}
