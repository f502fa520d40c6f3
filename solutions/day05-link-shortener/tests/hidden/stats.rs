use crate::visible::support::{alias, click, clicks, create, service, shorten, stats, url};
use harness::{expect, random};
use serde_json::json;

#[tokio::test]
async fn the_statistics_are_the_link_and_its_clicks() {
    let (_program, http) = service();
    let mut random = random();
    let draft = json!({"url": url(&mut random), "alias": alias(&mut random), "expires_in_ms": 3_600_000});
    let mut link = create(&http, &draft).await;
    let code = draft["alias"].as_str().unwrap_or_default();
    click(&http, code).await;
    link["clicks"] = json!(1);
    for member in ["code", "url", "short_url", "created_at", "expires_at", "clicks"] {
        let reply = stats(&http, code).await;
        reply
            .expect("the statistics have the members of the link")
            .status(200)
            .json_at(&format!("/{member}"), link[member].clone());
    }
}

#[tokio::test]
async fn looking_at_the_statistics_is_no_click() {
    let (_program, http) = service();
    let code = shorten(&http, &url(&mut random())).await;
    for _ in 0..3 {
        expect("statistics do not count themselves").eq(clicks(&http, &code).await, 0);
    }
}

#[tokio::test]
async fn clicks_of_many_links_do_not_mix() {
    let (_program, http) = service();
    let mut random = random();
    let mut links = Vec::new();
    for _ in 0..6 {
        links.push((shorten(&http, &url(&mut random)).await, 0));
    }
    for _ in 0..40 {
        let chosen = random.below(links.len());
        let (code, times) = &mut links[chosen];
        click(&http, code).await;
        *times += 1;
    }
    for (code, times) in &links {
        expect("each link has its own count").request(format!("GET /{code}")).eq(clicks(&http, code).await, *times);
    }
}
