use crate::visible::support::{Portfolio, a_profile, launch, with};
use harness::{expect, random, scratch};
use serde_json::json;

/// Texts that are programs in one place or another.
const HOSTILE: [&str; 10] = [
    "<script>alert(1)</script>",
    "</title></h3></li><script src=//evil.example>",
    "\"><svg onload=alert(1)>",
    "' onmouseover='alert(1)",
    "x\" onfocus=\"alert(1)\" autofocus=\"",
    "]]><script>alert(1)</script><![CDATA[",
    "<!-- <img src=x onerror=alert(1)> -->",
    "&lt;script&gt;alert(1)&lt;/script&gt; & &amp;amp; &#60;b&#62;",
    "%3Cscript%3Ealert(1)%3C/script%3E \\u003cscript\\u003e",
    "{{7*7}} ${7*7} <%= 7*7 %> {title}",
];

#[tokio::test]
async fn nothing_that_a_report_says_becomes_markup() {
    let mut portfolio = Portfolio::start();
    let mut days: Vec<_> = (1..=10).map(|number| portfolio.day(number, "passed")).collect();
    portfolio.publish(&days).await;
    let (page, badge) = (portfolio.page().await.skeleton(), portfolio.badge().await.skeleton());
    for (day, text) in days.iter_mut().zip(HOSTILE) {
        day["title"] = text.into();
        for checkpoint in day["checkpoints"].as_array_mut().into_iter().flatten() {
            checkpoint["summary"] = text.into();
        }
    }
    portfolio.publish(&days).await;
    for day in &days {
        portfolio.expect_shown("the page shows the title as it is", day, "passed").await;
    }
    expect("no title adds an element or an attribute to the page").eq(portfolio.page().await.skeleton(), page);
    expect("nor to the badge").eq(portfolio.badge().await.skeleton(), badge);
    let feed = portfolio.feed().await;
    for ((number, text), entry) in (1..).zip(HOSTILE).zip(&feed.entries) {
        let title = entry.title.as_ref().map(|title| title.content.clone());
        expect("the feed has the title as it is").eq(title, Some(format!("Day {number}: {text}")));
    }
    let resume = portfolio.resume().await;
    for (index, text) in HOSTILE.into_iter().enumerate() {
        expect("the resume has the title as it is").eq(&resume["projects"][index]["name"], text);
        expect("and the summary").eq(&resume["projects"][index]["highlights"][0], text);
    }
}

#[tokio::test]
async fn nothing_that_the_profile_says_becomes_markup() {
    let harmless =
        json!({"name": "Li", "label": "l", "summary": "s", "email": "a@b.example", "url": "https://li.example"});
    let skeletons = async |portfolio: &Portfolio| {
        let feed = crate::visible::support::Elements::of_xml(&portfolio.get("/feed.atom").await).skeleton();
        (portfolio.page().await.skeleton(), portfolio.badge().await.skeleton(), feed)
    };
    let wanted = skeletons(&Portfolio::of(harmless)).await;
    for pair in HOSTILE.chunks(2) {
        let profile = json!({
            "name": pair[0], "label": pair[1], "summary": pair[0],
            "email": "a\"onclick=alert(1)<b>@b.example",
            "url": "https://li.example/?a=\"><script>alert(1)</script>&lt;'",
        });
        let portfolio = Portfolio::of(profile.clone());
        expect("no text of the profile adds an element or an attribute")
            .request(profile.to_string())
            .eq(&skeletons(&portfolio).await, &wanted);
        let page = portfolio.page().await;
        let text = &page.only("body").text;
        for member in ["name", "label", "summary", "email", "url"] {
            expect("the page shows it as it is").contains(text, profile[member].as_str().unwrap_or_default());
        }
        let feed = portfolio.feed().await;
        let author = feed.authors.first().and_then(|author| author.name.clone());
        expect("the feed has the author as he is").eq(author.as_deref(), profile["name"].as_str());
        let title = portfolio.badge().await.only("title").text.clone();
        expect("the badge has the name as it is").contains(&title, pair[0]);
    }
}

#[tokio::test]
async fn an_address_cannot_run() {
    let mut random = random();
    let good = a_profile(&mut random);
    let token = random.name();
    for url in [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        " javascript:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "//evil.example",
        "javascript:alert(1)//https://li.example",
    ] {
        let folder = scratch();
        let profile = with(&good, "/url", url);
        let ended = launch(&folder, &profile, &token, "https://a.example").data_dir().run_to_end();
        expect("an address that is not http(s) ends the program").request(profile.to_string()).eq(ended.code, Some(1));
    }
}

#[tokio::test]
async fn errors_and_json_are_no_pages() {
    let mut portfolio = Portfolio::start();
    let day = portfolio.day(1, "passed");
    portfolio.publish(&[with(&day, "/title", HOSTILE[0])]).await;
    let script = "/%3Cscript%3Ealert(1)%3C%2Fscript%3E";
    for path in [script.to_owned(), format!("/certificate{script}")] {
        portfolio.http.get(&path).send().await.expect("an error is no page").problem(404);
    }
    for path in ["/resume.json", "/next", "/jwks"] {
        portfolio
            .get(path)
            .await
            .expect("JSON is no page")
            .media_type("application/json")
            .header("x-content-type-options", "nosniff");
    }
    let reply = portfolio.verify(HOSTILE[0]).await;
    reply.expect("an answer about a certificate is no page").media_type("application/json").json_at("/valid", false);
}
