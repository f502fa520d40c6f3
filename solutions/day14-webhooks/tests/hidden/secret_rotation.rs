use crate::visible::support::{Service, header, receiver, receiver_after, signed_by, until_received};
use harness::expect;
use harness_net::{Answer, eventually};
use standardwebhooks::Webhook;

#[tokio::test]
async fn the_old_secret_ends() {
    let (service, receiver) = (Service::with(&["--overlap-ms", "150"]), receiver());
    let old = service.endpoint(&receiver.url()).await;
    let new = service.rotate(&old).await;
    eventually("the old secret signs no more", crate::visible::support::PATIENCE, || async {
        let event = service.event("a.b").await;
        service.until(&event, "delivered").await;
        let received = receiver.received();
        let last = received.last()?;
        expect("the new secret signs all the time").eq(signed_by(last, &[&new.secret]), [true]);
        (signed_by(last, &[&old.secret]) == [false]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn all_that_are_valid_sign_also_after_a_kill() {
    let (mut service, receiver) = (Service::start(), receiver());
    let mut endpoints = vec![service.endpoint(&receiver.url()).await];
    for _ in 0..2 {
        let next = service.rotate(&endpoints[0]).await;
        endpoints.push(next);
    }
    service.kill_and_restart();
    service.event("a.b").await;
    let received = until_received(&receiver, 1).await;
    for endpoint in &endpoints {
        let verdict =
            Webhook::new(&endpoint.secret).and_then(|webhook| webhook.verify(&received[0].body, &received[0].headers));
        expect("the public library accepts any of them").eq(verdict.map_err(|error| error.to_string()), Ok(()));
    }
    let count = header(&received[0], "webhook-signature").split(' ').count();
    expect("three signatures with one space between").eq(count, 3);
}

#[tokio::test]
async fn a_retry_is_signed_with_what_is_valid_then() {
    let (service, receiver) =
        (Service::with(&["--overlap-ms", "0", "--retry-ms", "300"]), receiver_after([Answer::new(500, "")]));
    let old = service.endpoint(&receiver.url()).await;
    let event = service.event("a.b").await;
    service.until_attempts(&event, 1).await;
    let new = service.rotate(&old).await;
    let received = until_received(&receiver, 2).await;
    let secrets = [old.secret.as_str(), new.secret.as_str()];
    expect("the first attempt has the old secret").eq(signed_by(&received[0], &secrets), [true, false]);
    service.until(&event, "delivered").await;
    service.event("a.b").await;
    let received = until_received(&receiver, 3).await;
    expect("with no overlap the old one ends at once").eq(signed_by(&received[2], &secrets), [false, true]);
    let reply = service.http.post("/endpoints/ep_none/rotate").send().await;
    reply.expect("there is no such endpoint").problem(404);
}

#[tokio::test]
async fn a_new_secret_is_told_once() {
    let (service, receiver) = (Service::start(), receiver());
    let endpoint = service.rotate(&service.endpoint(&receiver.url()).await).await;
    let event = service.event("a.b").await;
    service.until(&event, "delivered").await;
    let secret = endpoint.secret.trim_start_matches("whsec_");
    for path in ["/endpoints", &format!("/endpoints/{}", endpoint.id)] {
        let reply = service.http.get(path).send().await;
        expect("a secret is told once, when it is made").request(reply.curl()).lacks(&reply.text(), secret);
    }
    expect("no secret is in the log of the program").lacks(&service.program.stderr().join("\n"), secret);
}
