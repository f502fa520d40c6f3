use crate::visible::support::{Service, body, log, moment_at, receiver, receiver_saying, until_received};
use harness::expect;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn numbers(list: &[Value]) -> Vec<i64> {
    list.iter().filter_map(|delivery| delivery["id"].as_i64()).collect()
}

#[tokio::test]
async fn filters_and_pages_go_together() {
    let service = Service::with(&["--retry-ms", "5"]);
    let (good, bad) = (receiver(), receiver_saying(500));
    let first = service.endpoint(&good.url()).await;
    let second = service.endpoint(&bad.url()).await;
    let mut last = String::new();
    for number in 0..60 {
        last = service.event_of(body("a.b", number), None, 2).await;
    }
    harness_net::eventually("all end, well or badly", crate::visible::support::PATIENCE, || async {
        service.deliveries("?status=pending").await.is_empty().then_some(())
    })
    .await;
    let page = numbers(&service.deliveries("").await);
    expect("a page has a hundred").eq(page.len(), 100);
    expect("the newest come first").that(page.is_sorted_by(|a, b| a > b), format!("{page:?}"));
    let rest = numbers(&service.deliveries(&format!("?before={}", page[99])).await);
    let all: BTreeSet<_> = page.iter().chain(&rest).collect();
    expect("before goes on where the page ended").eq((rest.len(), all.len()), (20, 120));
    for (query, count) in [
        (format!("?endpoint={}", first.id), 60),
        (format!("?endpoint={}&status=dead", second.id), 60),
        (format!("?endpoint={}&status=dead", first.id), 0),
        (format!("?event={last}"), 2),
        (format!("?event={last}&status=delivered"), 1),
        (format!("?event={last}&endpoint={}&before={}", second.id, page[99]), 0),
        ("?event=msg_none".to_owned(), 0),
    ] {
        expect(format!("deliveries for {query}")).eq(service.deliveries(&query).await.len(), count);
    }
    service.http.get("/deliveries?status=lost").send().await.expect("there is no such status").problem(400);
    for id in ["0", "999999", "x"] {
        service.http.get(&format!("/deliveries/{id}")).send().await.expect("there is no such delivery").problem(404);
    }
}

#[tokio::test]
async fn an_attempt_has_its_moment() {
    let (service, receiver) = (Service::with(&["--retry-ms", "25"]), receiver_saying(500));
    service.endpoint(&receiver.url()).await;
    let before = jiff::Timestamp::now().as_millisecond();
    let event = service.event("a.b").await;
    let delivery = service.until(&event, "dead").await;
    let moments = [before, moment_at(&delivery, "/log/0/at"), moment_at(&delivery, "/log/1/at")];
    expect("attempts are in order").that(moments.is_sorted(), format!("{moments:?}"));
    let all = log(&delivery);
    expect("each took some time")
        .that(all.iter().all(|attempt| attempt["ms"].as_i64().is_some_and(|ms| ms >= 0)), json!(all));
}

#[tokio::test]
async fn nothing_tells_a_secret() {
    let (service, receiver) = (Service::with(&["--retry-ms", "5"]), receiver_saying(500));
    let endpoint = service.endpoint(&format!("{}/hook?token=hush-hush", receiver.url())).await;
    let event = service.event("a.b").await;
    let id = service.until(&event, "dead").await.number_at("/id");
    until_received(&receiver, 2).await;
    let secret = endpoint.secret.trim_start_matches("whsec_");
    for path in ["/endpoints", &format!("/endpoints/{}", endpoint.id), "/deliveries", &format!("/deliveries/{id}")] {
        let reply = service.http.get(path).send().await;
        expect("a secret is told once, when it is made").request(reply.curl()).lacks(&reply.text(), secret);
    }
    let said = service.program.stderr().join("\n");
    expect("no secret is in the log of the program").lacks(&said, secret);
    expect("no url is in the log of the program").lacks(&said, "hush-hush");
}
