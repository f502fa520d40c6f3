use crate::visible::support::Portfolio;
use harness::expect;
use harness_net::{Http, write_until_killed};
use std::collections::BTreeSet;

#[tokio::test]
async fn reports_and_certificates_that_were_acknowledged_are_there() {
    let mut portfolio = Portfolio::start();
    let day = portfolio.day(1, "passed");
    portfolio.publish(&[day]).await;
    let days: Vec<_> = (2..=30).map(|number| portfolio.day(number, "passed")).collect();
    let reports: Vec<Vec<_>> =
        (0..4).map(|_| (0..200).map(|number| portfolio.report(&days[number % 29..=number % 29])).collect()).collect();
    let (owner, to_send) = (portfolio.owner.clone(), std::sync::Arc::new(reports.clone()));
    let acknowledged = write_until_killed(&mut portfolio.program, 4, 24, move |writer, number| {
        let (owner, reports) = (owner.clone(), std::sync::Arc::clone(&to_send));
        async move {
            if writer % 2 == 0 {
                let reply = owner
                    .authorized(owner.http.post("/reports").json(&reports[writer][number]))
                    .try_send()
                    .await
                    .ok()?;
                (reply.status == 201).then(|| format!("{writer} {number}"))
            } else {
                let reply = owner.authorized(owner.http.post("/certificate")).try_send().await.ok()?;
                (reply.status == 201).then(|| reply.text_at("/certificate"))
            }
        }
    })
    .await;
    portfolio.program.start_again();
    portfolio.owner.http = Http::to(&portfolio.program);
    let mut kept = BTreeSet::new();
    for item in acknowledged.items() {
        match item.split_once(' ') {
            Some((writer, number)) => {
                let (writer, number): (usize, usize) =
                    (writer.parse().expect("a number"), number.parse().expect("a number"));
                let reply = portfolio.post(&reports[writer][number]).await;
                if reply.status == 200 {
                    kept.insert(item.clone());
                }
                portfolio
                    .expect_shown(
                        "the day of an acknowledged report is there",
                        &reports[writer][number]["days"][0],
                        "passed",
                    )
                    .await;
            }
            None => {
                portfolio.expect_valid("an acknowledged certificate is valid", item).await;
                kept.insert(item.clone());
            }
        }
    }
    acknowledged.expect_all_in(&kept);
}

#[tokio::test]
async fn what_was_revoked_stays_revoked_whenever_it_is_killed() {
    let mut portfolio = Portfolio::start();
    let day = portfolio.day(1, "star");
    portfolio.publish(&[day]).await;
    for _ in 0..3 {
        let (id, certificate) = portfolio.certify().await;
        portfolio.revoke(&id).await;
        portfolio.kill_and_restart();
        portfolio.expect_not_valid("what was revoked stays revoked", certificate).await;
    }
}

#[tokio::test]
async fn a_damaged_store_is_reported() {
    let mut portfolio = Portfolio::start();
    let day = portfolio.day(1, "star");
    portfolio.publish(&[day]).await;
    portfolio.program.terminate();
    let folder = portfolio.program.data_dir().to_owned();
    let mut damaged = 0;
    for entry in std::fs::read_dir(&folder).expect("the data folder").flatten() {
        if entry.path().is_file() {
            std::fs::write(entry.path(), vec![b'x'; 8192]).expect("a file of the data folder can be written");
            damaged += 1;
        }
    }
    expect("the data is in the data folder").ne(damaged, 0);
    let mut random = harness::random();
    let (other, profile) = (harness::scratch(), crate::visible::support::a_profile(&mut random));
    let launch = crate::visible::support::launch(&other, &profile, &random.name(), "https://a.example");
    let ended = launch.data_dir_at(&folder).run_to_end();
    expect("a damaged store ends the program, and is not replaced").eq(ended.code, Some(1));
    expect("with a message").ne(ended.stderr.trim(), "");
}
