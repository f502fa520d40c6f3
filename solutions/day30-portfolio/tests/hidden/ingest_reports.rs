use crate::visible::support::{Portfolio, a_profile, launch, with};
use harness::{expect, random, scratch};
use serde_json::{Value, json};

#[tokio::test]
async fn not_graded_is_no_word_on_a_day() {
    let mut portfolio = Portfolio::start();
    let (passed, unknown) = (portfolio.day(17, "passed"), portfolio.day(18, "not_graded"));
    portfolio.publish(&[passed.clone(), unknown.clone()]).await.expect("one day passes").json_at("/days_passed", 1);
    let fault = portfolio.day(17, "not_graded");
    portfolio.publish(&[fault]).await.expect("a fault takes nothing away").json_at("/days_passed", 1);
    portfolio.expect_shown("a fault of the machine is no word on the day", &passed, "passed").await;
    let failed = portfolio.day(17, "failed");
    portfolio.publish(std::slice::from_ref(&failed)).await.expect("a failure does").json_at("/days_passed", 0);
    portfolio.expect_shown("and the next word counts", &failed, "failed").await;
}

#[tokio::test]
async fn what_cannot_be_taken_is_refused_by_field_and_leaves_nothing() {
    let mut portfolio = Portfolio::start();
    let day = portfolio.day(10, "passed");
    portfolio.publish(std::slice::from_ref(&day)).await;
    let before = portfolio.documents().await;
    let good = [portfolio.day(4, "star"), portfolio.day(25, "passed")];
    let good = portfolio.report(&good);
    let twice = with(&with(&good, "/days/1/number", 4), "/days/1/id", "day04-again");
    for (why, report, field) in [
        ("another version", with(&good, "/version", 2), "version"),
        ("another version, of which nothing is known", json!({"version": 7, "verdicts": {}}), "version"),
        ("no version", json!({"partial": false, "days": []}), "version"),
        ("a partial report", with(&good, "/partial", true), "partial"),
        ("a day 0", with(&with(&good, "/days/1/number", 0), "/days/1/id", "day00-zero"), "days"),
        ("a day 31", with(&with(&good, "/days/1/number", 31), "/days/1/id", "day31-more"), "days"),
        ("a day that is there twice", twice, "days"),
        ("an id with another number", with(&good, "/days/1/id", "day24-git-ci"), "days"),
        ("an id that is a path", with(&good, "/days/1/id", "day25-../x"), "days"),
        ("an id that is markup", with(&good, "/days/1/id", "day25-\"><b>"), "days"),
        ("an id without a name", with(&good, "/days/1/id", "day25-"), "days"),
        ("an empty title", with(&good, "/days/1/title", ""), "days"),
        ("a title that XML cannot have", with(&good, "/days/1/title", "a bell \u{7}"), "days"),
        ("a title with a line feed", with(&good, "/days/1/title", "two\nlines"), "days"),
        ("a title that is no character", with(&good, "/days/1/title", "a\u{ffff}b"), "days"),
        ("a title of 501 characters", with(&good, "/days/1/title", "ä".repeat(501)), "days"),
        ("a summary that XML cannot have", with(&good, "/days/1/checkpoints/0/summary", "\u{0}"), "days"),
    ] {
        let reply = portfolio.post(&report).await;
        reply.expect(format!("{why} is refused")).problem(422).json_at("/field", field);
    }
    portfolio.expect_unchanged("nothing of what was refused is there", &before).await;
    let longest = with(&good, "/days/1/title", "ä".repeat(500));
    portfolio.post(&longest).await.expect("500 characters are fine").status(201).json_at("/days_passed", 3);
}

#[tokio::test]
async fn what_is_no_report_is_refused() {
    let mut portfolio = Portfolio::start();
    let good = portfolio.day(1, "passed");
    let good = portfolio.report(&[good]);
    let mut headless = good.clone();
    headless.as_object_mut().expect("a report is an object").remove("days");
    for (why, report) in [
        ("no days", headless),
        ("days that are no list", with(&good, "/days", "none")),
        ("a day without a checkpoint list", with(&good, "/days/0/checkpoints", Value::Null)),
        ("points below zero", with(&good, "/days/0/points", -1)),
        ("an outcome that does not exist", with(&good, "/days/0/outcome", "almost")),
        ("a number as a text", with(&good, "/days/0/number", "1")),
        ("a list", json!([good])),
        ("null", Value::Null),
    ] {
        portfolio.post(&report).await.expect(format!("{why} is refused")).problem(422);
    }
    let call = || portfolio.authorized(portfolio.http.post("/reports"));
    let malformed = call().header("content-type", "application/json").body("{\"version\":1,").send().await;
    malformed.expect("half a report is malformed").problem(400);
    let text = call().header("content-type", "text/plain").body(good.to_string()).send().await;
    text.expect("a report is JSON").problem(415);
    let long = call().header("content-type", "application/json").body(vec![b' '; (8 << 20) + 1]).send().await;
    long.expect("more than 8 MiB are refused").problem(413);
    portfolio.expect_progress("nothing was taken", 0).await;
}

#[tokio::test]
async fn a_large_report_with_unknown_members_is_taken() {
    let mut portfolio = Portfolio::start();
    let days: Vec<_> =
        (1..=30).map(|number| portfolio.day(number, ["star", "failed"][usize::from(number) % 2])).collect();
    let report = portfolio.report(&days);
    let report = with(&report, "/mood", json!({"today": ["good"]}));
    let report = with(&report, "/days/3/checkpoints/0/verdict_of_a_friend", 7);
    let report = with(&report, "/days/3/build_failure", "error ".repeat(500_000));
    portfolio.post(&report).await.expect("unknown members are passed over").status(201).json_at("/days_passed", 15);
    portfolio.expect_progress("the days are there", 15).await;
}

#[tokio::test]
async fn only_the_owner_may() {
    let mut portfolio = Portfolio::start();
    let day = portfolio.day(1, "passed");
    let report = portfolio.report(&[day]);
    let token = portfolio.token.clone();
    let short = &token[..token.len() - 1];
    for (why, value) in [
        ("no token", None),
        ("another token", Some("Bearer 0123456789abcdef0123456789abcdef".to_owned())),
        ("a part of the token", Some(format!("Bearer {short}"))),
        ("more than the token", Some(format!("Bearer {token}0"))),
        ("the token in capitals", Some(format!("Bearer {}", token.to_uppercase()))),
        ("another scheme", Some(format!("Basic {token}"))),
        ("no scheme", Some(token.clone())),
    ] {
        for (method, path) in
            [("POST", "/reports"), ("PUT", "/roadmap"), ("POST", "/certificate"), ("DELETE", "/certificate/0")]
        {
            // The token comes before the body: who may not send any learns nothing about what is wrong with it.
            for body in [report.to_string(), "{".to_owned()] {
                let call = portfolio.http.call(method, path).header("content-type", "application/json").body(body);
                let call = match &value {
                    Some(value) => call.header("authorization", value),
                    None => call,
                };
                let reply = call.send().await;
                reply.expect(format!("{why} opens nothing")).problem(401).header("www-authenticate", "Bearer");
            }
        }
    }
    portfolio.expect_progress("nothing was taken", 0).await;
    portfolio.post(&report).await.expect("the token does").status(201);
    let reply = portfolio.http.get("/reports").send().await;
    reply.expect("reports cannot be read").problem(405);
}

#[tokio::test]
async fn what_is_not_public_stays_inside() {
    let mut portfolio = Portfolio::start();
    let secrets: Vec<_> = (0..8).map(|_| portfolio.random.name()).collect();
    let (shown, failed) = (portfolio.day(2, "star"), portfolio.day(3, "failed"));
    let failed = with(&failed, "/build_failure", secrets[0].as_str());
    let failed = with(&failed, "/refusal", secrets[1].as_str());
    let failed = with(&failed, "/receipt", json!({"files": {&secrets[2]: "0".repeat(64)}, "tests": {}}));
    let failed = with(&failed, "/checkpoints/0/tests/0/message", secrets[3].as_str());
    let failed = with(&failed, "/checkpoints/0/summary", secrets[4].as_str());
    let shown = with(&shown, "/checkpoints/0/tests/0/name", secrets[5].as_str());
    let report = portfolio.report(&[shown.clone(), failed]);
    let report = with(&report, "/subject", secrets[6].as_str());
    let report = with(&report, "/at", secrets[7].as_str());
    portfolio.post(&report).await.expect("a report is taken").status(201);
    let (_, certificate) = portfolio.certify().await;
    let claims = crate::visible::support::claims_checked(&portfolio, &certificate).await.to_string();
    let mut public: Vec<_> = portfolio.documents().await.into_iter().map(|(body, _)| body).collect();
    public.push(claims);
    for (text, secret) in public.iter().flat_map(|text| secrets.iter().map(move |secret| (text, secret))) {
        expect("tests, messages, refusals, receipts and what failed are not public").lacks(text, secret);
    }
}

#[tokio::test]
async fn a_profile_that_is_none_ends_the_program() {
    let mut random = random();
    let good = a_profile(&mut random);
    let token = random.name();
    for (why, profile) in [
        ("a member that nobody knows", with(&good, "/nickname", "x")),
        ("no name", json!({"label": "x"})),
        ("an empty name", with(&good, "/name", "")),
        ("a name with a control character", with(&good, "/name", "a\u{1b}[31m")),
        ("an email without @", with(&good, "/email", "ada")),
        ("a list", json!([good])),
    ] {
        let folder = scratch();
        let ended = launch(&folder, &profile, &token, "https://a.example").data_dir().run_to_end();
        let wanted = expect(format!("{why} in the profile ends the program")).request(profile.to_string());
        wanted.eq(ended.code, Some(1));
        expect("the message names the file").contains(&ended.stderr, "profile.json");
    }
}
