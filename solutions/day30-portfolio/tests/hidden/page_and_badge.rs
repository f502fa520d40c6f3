use crate::visible::support::{DOCUMENTS, Portfolio, has_count};
use harness::expect;
use serde_json::json;

#[tokio::test]
async fn the_page_keeps_to_a_strict_policy() {
    let mut portfolio = Portfolio::start();
    let days = [portfolio.day(1, "star"), portfolio.day(2, "failed")];
    portfolio.publish(&days).await;
    let errors = ["/reports", "/nothing", "/certificate/0", "/jwks"];
    for path in DOCUMENTS.into_iter().chain(["/style.css"]).chain(errors) {
        let reply = portfolio.http.get(path).send().await;
        reply.expect("every answer says that its type is no guess").header("x-content-type-options", "nosniff");
        let policy = reply.header("content-security-policy").unwrap_or_default().to_owned();
        for part in ["default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"] {
            expect("every answer has a strict policy").request(reply.curl()).contains(&policy, part);
        }
        expect("and no hole in it").request(reply.curl()).lacks(&policy, "unsafe-inline");
    }
    let page = portfolio.page().await;
    for element in &page.0 {
        let is_allowed = !["script", "style", "iframe", "object", "embed", "base"].contains(&&*element.name);
        expect("there are no scripts and no inline styles").that(is_allowed, format!("<{}>", element.name));
        for (name, _) in &element.attributes {
            let is_allowed = !name.starts_with("on") && name != "style";
            expect("there are no handlers and no inline styles").that(is_allowed, format!("<{} {name}>", element.name));
        }
    }
    let sheets: Vec<_> = page.named("link").filter(|link| link.attribute("rel") == Some("stylesheet")).collect();
    expect("the page has its style from /style.css").eq(sheets.len(), 1);
    expect("the page has its style from /style.css").eq(sheets[0].attribute("href"), Some("/style.css"));
    portfolio.get("/style.css").await.expect("and it is there").media_type("text/css");
}

#[tokio::test]
async fn a_profile_needs_a_name_only() {
    let portfolio = Portfolio::of(json!({"name": "Li"}));
    let page = portfolio.page().await;
    expect("the heading is the name").contains(&page.only("h1").text, "Li");
    let text = &page.only("body").text;
    for word in ["null", "None", "Some("] {
        expect("what is absent is not there").lacks(text, word);
    }
    let wanted = expect("nothing passes yet").expected("0 of 30 days");
    wanted.that(has_count(text, "0 of 30 days"), text);
    portfolio.expect_progress("nothing passes yet", 0).await;
}

#[tokio::test]
async fn the_count_follows_each_report() {
    let mut portfolio = Portfolio::start();
    let mut passes = [false; 31];
    for _ in 0..8 {
        let count = portfolio.random.between(1..=6);
        let mut days = std::collections::BTreeMap::new();
        for _ in 0..count {
            let number = u8::try_from(portfolio.random.between(1..=30)).expect("a small number");
            let outcome = *portfolio.random.pick(&["star", "passed", "failed"]);
            days.insert(number, portfolio.day(number, outcome));
            passes[usize::from(number)] = outcome != "failed";
        }
        let days: Vec<_> = days.into_values().collect();
        let wanted = passes.iter().filter(|passes| **passes).count();
        portfolio.publish(&days).await.expect("a report tells how many pass now").json_at("/days_passed", wanted);
        portfolio.expect_progress("the badge follows", wanted).await;
        let body = portfolio.page().await.only("body").text.clone();
        let count = format!("{wanted} of 30 days");
        expect("and so does the page").expected(&count).that(has_count(&body, &count), &body);
    }
}
