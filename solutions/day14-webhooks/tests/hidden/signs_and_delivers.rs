use crate::visible::support::{Service, body, receiver, until_received};
use harness::{expect, random};
use harness_net::Received;
use serde_json::json;
use standardwebhooks::Webhook;
use std::collections::BTreeSet;

/// The judgement of the public library, as a receiver would use it.
fn expect_trusted(received: &Received, secret: &str) {
    let judged = Webhook::new(secret).and_then(|webhook| webhook.verify(&received.body, &received.headers));
    let verdict = judged.map_err(|error| error.to_string());
    expect("the library standardwebhooks verifies the delivery").eq(verdict, Ok(()));
}

#[tokio::test]
async fn the_public_library_verifies_any_body() {
    let (service, receiver, mut random) = (Service::start(), receiver(), random());
    let endpoint = service.endpoint(&receiver.url()).await;
    let mut bodies = BTreeSet::new();
    for number in 0..12 {
        let (text, key) = (json!(random.unicode(30)), random.word());
        let length = random.below(9);
        let space =
            random.bytes(length).iter().map(|byte| [' ', '\n', '\t', '\r'][usize::from(byte % 4)]).collect::<String>();
        let body = format!(
            "{space}{{{space}\"z-{key}\": {text}, \"type\":\"t.{number}\",\"data\": {{\"a\" : 1.10,{space}\"A\":1e2, \"big\": \
             123456789012345678901234567890, \"twice\": 1, \"twice\": 2, \"escaped\": \"\\u00e4\\/\"}}}}{space}"
        );
        service.event_of(body.as_str(), None, 1).await;
        bodies.insert(body);
    }
    let received = until_received(&receiver, 12).await;
    for request in &received {
        expect_trusted(request, &endpoint.secret);
    }
    let arrived: BTreeSet<_> =
        received.iter().map(|request| String::from_utf8_lossy(&request.body).into_owned()).collect();
    expect("each body is as it was posted").eq(arrived, bodies);
}

#[tokio::test]
async fn each_endpoint_has_a_secret_of_its_own() {
    let (service, receiver) = (Service::start(), receiver());
    let first = service.endpoint(&format!("{}/1", receiver.url())).await;
    let second = service.endpoint(&format!("{}/2", receiver.url())).await;
    expect("secrets differ").ne(&first.secret, &second.secret);
    service.event_of(body("a.b", 1), None, 2).await;
    for request in until_received(&receiver, 2).await {
        let (own, other) = if request.target == "/1" { (&first, &second) } else { (&second, &first) };
        expect_trusted(&request, &own.secret);
        let foreign = Webhook::new(&other.secret).and_then(|webhook| webhook.verify(&request.body, &request.headers));
        expect("the secret of another endpoint does not verify it").that(foreign.is_err(), "it does");
    }
}

#[tokio::test]
async fn bad_events_are_refused() {
    let (service, receiver) = (Service::start(), receiver());
    service.endpoint(&receiver.url()).await;
    let post = |body: String| service.http.post("/events").header("content-type", "application/json").body(body).send();
    post("{\"type\":".to_owned()).await.expect("that is not JSON").problem(400);
    let long = "x".repeat(101);
    for kind in [json!(null), json!(7), json!(""), json!("with space"), json!("ä"), json!(long)] {
        let reply = post(json!({"type": kind}).to_string()).await;
        reply.expect(format!("{kind} is no type")).problem(422).json_at("/field", "type");
    }
    post("[1]".to_owned()).await.expect("a list has no type").problem(422);
    let reply = service.http.post("/events").header("content-type", "text/plain").body(body("a.b", 1)).send().await;
    reply.expect("an event is application/json").problem(415);
    let padding = |bytes: usize| " ".repeat(bytes - body("a.b", 1).len());
    post(body("a.b", 1) + &padding(64 * 1024 + 1)).await.expect("64 KiB is the limit").problem(413);
    post(body("a.b", 1) + &padding(64 * 1024)).await.expect("64 KiB are allowed").status(202);
    let received = until_received(&receiver, 1).await;
    expect("one event was good, and all of it arrived").eq((received.len(), received[0].body.len()), (1, 64 * 1024));
}

#[tokio::test]
async fn bad_endpoints_are_refused() {
    let service = Service::start();
    for url in [
        "",
        "hooks",
        "ftp://93.184.215.14/",
        "https://93.184.215.14/",
        "http://",
        "http://user@93.184.215.14/",
        "http://u:p@93.184.215.14/",
    ] {
        let reply = service.register(&json!({"url": url})).await;
        reply.expect(format!("{url:?} is no url of an endpoint")).problem(422).json_at("/field", "url");
    }
    let long = format!("http://93.184.215.14/{}", "x".repeat(2000));
    service.register(&json!({"url": long})).await.expect("2000 bytes are the limit").problem(422);
    let reply = service.register(&json!({"url": "http://93.184.215.14/", "types": ["fine", "not fine"]})).await;
    reply.expect("types are types").problem(422).json_at("/field", "types");
    service.http.get("/endpoints/ep_none").send().await.expect("there is no such endpoint").problem(404);
    let reply = service.http.get("/endpoints").send().await;
    reply.expect("nothing was registered").status(200).json(&json!({"endpoints": []}));
}
