use crate::visible::support::{Portfolio, with};
use harness::expect;
use serde_json::Value;

/// The same value with the members of all objects in the opposite order, and much white space.
fn rewritten(value: &Value, text: &mut String) {
    match value {
        Value::Object(object) => {
            text.push_str("{\n\t");
            for (index, (name, value)) in object.iter().rev().enumerate() {
                text.push_str(if index > 0 { " ,\r\n  " } else { "" });
                text.push_str(&format!("{} :\t", Value::from(name.as_str())));
                rewritten(value, text);
            }
            text.push_str(" }");
        }
        Value::Array(array) => {
            text.push('[');
            for (index, value) in array.iter().enumerate() {
                text.push_str(if index > 0 { "  , " } else { "\n" });
                rewritten(value, text);
            }
            text.push(']');
        }
        other => text.push_str(&other.to_string()),
    }
}

#[tokio::test]
async fn it_is_the_same_however_it_is_written() {
    let mut portfolio = Portfolio::start();
    let days = [portfolio.day(21, "star"), portfolio.day(22, "failed")];
    let report = portfolio.report(&days);
    let first = portfolio.post(&report).await;
    first.expect("a new report is taken").status(201);
    let mut text = String::new();
    rewritten(&report, &mut text);
    let call = portfolio.authorized(portfolio.http.post("/reports").header("content-type", "application/json"));
    let again = call.body(text).send().await;
    again.expect("white space and order do not make another report").status(200);
    expect("it has the same id").request(again.curl()).eq(again.text_at("/id"), first.text_at("/id"));
}

#[tokio::test]
async fn another_run_is_another_report() {
    let mut portfolio = Portfolio::start();
    let day = portfolio.day(21, "star");
    let report = portfolio.report(&[day]);
    let first = portfolio.post(&report).await;
    let other = portfolio.post(&with(&report, "/seed", 7)).await;
    other.expect("another seed is another report").status(201);
    expect("with another id").request(other.curl()).ne(other.text_at("/id"), first.text_at("/id"));
}

#[tokio::test]
async fn sent_twenty_times_at_once_it_is_taken_once() {
    let mut portfolio = Portfolio::start();
    for number in 1..=3 {
        let day = portfolio.day(number, "passed");
        let report = portfolio.report(&[day]);
        let owner = portfolio.owner.clone();
        let replies = harness_net::together(20, move |_| {
            let (owner, report) = (owner.clone(), report.clone());
            async move { owner.post(&report).await }
        })
        .await;
        let mut statuses: Vec<_> = replies.iter().map(|reply| reply.status).collect();
        statuses.sort_unstable();
        let wanted = [vec![200; 19], vec![201]].concat();
        expect("one of twenty is the first").request("POST /reports, twenty times at once").eq(statuses, wanted);
        let first = replies[0].text_at("/id");
        expect("all get the same id").eq(replies.iter().all(|reply| reply.text_at("/id") == first), true);
        expect("all know how many pass")
            .eq(replies.iter().all(|reply| reply.number_at("/days_passed") == i64::from(number)), true);
    }
    expect("the feed has each day once").eq(portfolio.feed().await.entries.len(), 3);
}

#[tokio::test]
async fn the_first_time_stays() {
    let mut portfolio = Portfolio::start();
    let day = portfolio.day(13, "passed");
    portfolio.publish(std::slice::from_ref(&day)).await;
    let first = portfolio.feed().await.entries[0].updated;
    for outcome in ["star", "failed", "passed"] {
        // Time has to pass, or nobody could see it.
        let started = std::time::Instant::now();
        harness_net::eventually("time passes", std::time::Duration::from_secs(1), || async {
            (started.elapsed().as_millis() > 3).then_some(())
        })
        .await;
        let again = with(&day, "/outcome", outcome);
        portfolio.publish(&[again]).await;
        let feed = portfolio.feed().await;
        let wanted = || expect("a day is news when it first passes, and never again");
        wanted().request(format!("a later report: {outcome}")).eq(feed.entries.len(), 1);
        wanted().request(format!("a later report: {outcome}")).eq(feed.entries[0].updated, first);
    }
}
