use crate::visible::support::{Portfolio, each};
use harness::expect;
use serde_json::{Value, json};

#[tokio::test]
async fn an_empty_portfolio_has_a_valid_resume() {
    let portfolio = Portfolio::of(json!({"name": "Li"}));
    let resume = portfolio.resume().await;
    expect("basics has the name and nothing else").eq(&resume["basics"], &json!({"name": "Li"}));
    expect("there are no projects").eq(each(&resume["projects"], "name"), Vec::<Value>::new());
    expect("there are no certificates").eq(each(&resume["certificates"], "name"), Vec::<Value>::new());
}

#[tokio::test]
async fn highlights_are_what_passed() {
    let mut portfolio = Portfolio::start();
    let day = portfolio.day(8, "passed");
    portfolio.publish(std::slice::from_ref(&day)).await;
    let resume = portfolio.resume().await;
    let checkpoints = day["checkpoints"].as_array().cloned().unwrap_or_default();
    let passed: Vec<_> = checkpoints.iter().filter(|checkpoint| checkpoint["verdict"] == "passed").collect();
    let wanted: Vec<_> = passed.iter().map(|checkpoint| checkpoint["summary"].clone()).collect();
    expect("highlights are the summaries of checkpoints that passed")
        .eq(&resume["projects"][0]["highlights"], &json!(wanted));
}

#[tokio::test]
async fn a_day_that_passes_no_more_is_no_project() {
    let mut portfolio = Portfolio::start();
    let days: Vec<_> = [30, 2, 11].map(|number| portfolio.day(number, "star")).into();
    portfolio.publish(&days).await;
    let titles = |resume: &Value| each(&resume["projects"], "name");
    let title = |index: usize| days[index]["title"].clone();
    expect("projects stand by number").eq(titles(&portfolio.resume().await), vec![title(1), title(2), title(0)]);
    let failed = portfolio.day(11, "failed");
    portfolio.publish(&[failed]).await;
    expect("what passes no more is gone").eq(titles(&portfolio.resume().await), vec![title(1), title(0)]);
}

#[tokio::test]
async fn the_end_date_is_when_the_day_first_passed() {
    let mut portfolio = Portfolio::start();
    let today = || portfolio_today();
    let before = today();
    let day = portfolio.day(1, "passed");
    portfolio.publish(&[day]).await;
    let date = portfolio.resume().await["projects"][0]["endDate"].clone();
    let wanted = [before, today()];
    let holds = wanted.iter().any(|day| date == *day);
    expect("endDate is today, in UTC").expected(format!("{wanted:?}")).that(holds, date);
}

/// Today's date in UTC (days since 1970 to a date after Howard Hinnant's `civil_from_days`).
fn portfolio_today() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs();
    let days = now / 86_400 + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}
