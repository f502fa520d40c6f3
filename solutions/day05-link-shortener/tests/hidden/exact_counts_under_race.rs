use crate::visible::support::{click, clicks, create, service, shorten, url};
use harness::{expect, random};
use harness_net::together;
use serde_json::json;

#[tokio::test]
async fn a_thousand_redirects_by_fifty_clients_are_a_thousand_clicks() {
    let (_program, http) = service();
    let code = shorten(&http, &url(&mut random())).await;
    together(50, |_| {
        let (http, code) = (http.clone(), code.clone());
        async move {
            for _ in 0..20 {
                click(&http, &code).await;
            }
        }
    })
    .await;
    expect("no click is lost or counted twice").request(format!("GET /{code}")).eq(clicks(&http, &code).await, 1000);
}

#[tokio::test]
async fn clicks_on_several_links_at_once_are_exact() {
    let (_program, http) = service();
    let mut random = random();
    let mut codes = Vec::new();
    for _ in 0..4 {
        codes.push(shorten(&http, &url(&mut random)).await);
    }
    together(20, |number| {
        let (http, code) = (http.clone(), codes[number % 4].clone());
        async move {
            let mut last = 0;
            for _ in 0..5 {
                click(&http, &code).await;
                let now = clicks(&http, &code).await;
                expect("a click is counted before its redirect is sent, and counts never fall")
                    .request(format!("GET /{code}, GET /api/links/{code}/stats"))
                    .expected(format!("more than {last}"))
                    .that(now > last, now);
                last = now;
            }
        }
    })
    .await;
    for code in &codes {
        expect("each link has its clicks").request(format!("GET /{code}")).eq(clicks(&http, code).await, 25);
    }
}

#[tokio::test]
async fn clicks_and_new_links_at_the_same_time_all_succeed() {
    let (_program, http) = service();
    let mut random = random();
    let (code, target) = (shorten(&http, &url(&mut random)).await, url(&mut random));
    together(24, |number| {
        let (http, code, target) = (http.clone(), code.clone(), target.clone());
        async move {
            for _ in 0..5 {
                if number % 2 == 0 {
                    click(&http, &code).await;
                } else {
                    create(&http, &json!({"url": target})).await;
                }
            }
        }
    })
    .await;
    expect("no click is lost").request(format!("GET /{code}")).eq(clicks(&http, &code).await, 60);
}
