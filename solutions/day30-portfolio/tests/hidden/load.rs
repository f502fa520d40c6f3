use crate::visible::support::{Portfolio, has_count};
use harness::expect;
use harness_net::Http;
use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};
use tokio::task::JoinSet;

/// How many days pass, says a badge.
fn count(badge: &str) -> usize {
    (0..=30)
        .find(|count| has_count(badge, &format!("{count} of 30 days")))
        .unwrap_or_else(|| expect("a badge has a count").fail(badge))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_sees_an_older_state_than_before() {
    let mut portfolio = Portfolio::start();
    let address = portfolio.program.address();
    let (stop, acknowledged) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let mut visitors = JoinSet::new();
    for _ in 0..12 {
        let (http, stop, acknowledged) = (Http::at(address), Arc::clone(&stop), Arc::clone(&acknowledged));
        visitors.spawn(async move {
            let mut seen = 0;
            while !stop.load(Ordering::SeqCst) {
                let at_least = seen.max(acknowledged.load(Ordering::SeqCst));
                let reply = http.get("/badge.svg").send().await;
                reply.expect("the badge is there").status(200);
                let now = count(&reply.text());
                expect("what was acknowledged or seen once is seen from then on")
                    .request(reply.curl())
                    .expected(format!("{at_least} of 30 days, or more"))
                    .that(now >= at_least, format!("{now} of 30 days"));
                seen = now;
            }
        });
    }
    for number in 1..=20 {
        let day = portfolio.day(number, "passed");
        let reply = portfolio.publish(&[day]).await;
        reply.expect("each report adds a day").json_at("/days_passed", number);
        acknowledged.store(number.into(), Ordering::SeqCst);
    }
    stop.store(true, Ordering::SeqCst);
    visitors.join_all().await;
}

#[tokio::test]
async fn reports_that_come_together_all_count() {
    let mut portfolio = Portfolio::start();
    let reports: Vec<_> = (1..=24)
        .map(|number| {
            let day = portfolio.day(number, "passed");
            portfolio.report(&[day])
        })
        .collect();
    let owner = portfolio.owner.clone();
    harness_net::together(24, move |index| {
        let (owner, report) = (owner.clone(), reports[index].clone());
        async move {
            owner.post(&report).await.expect("a new report is taken").status(201);
        }
    })
    .await;
    portfolio.expect_progress("when all are acknowledged, all count", 24).await;
    let feed = portfolio.feed().await;
    expect("in the feed, too").eq(feed.entries.len(), 24);
}
