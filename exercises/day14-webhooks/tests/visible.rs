//! The tests of day 14 that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod signs_and_delivers {
    use super::support::{Service, body, expect_signed, header, id, receiver, until_received};
    use harness::expect;
    use serde_json::json;

    #[tokio::test]
    async fn an_event_is_delivered_and_signed() {
        let (service, receiver) = (Service::start(), receiver());
        let endpoint = service.endpoint(&format!("{}/hooks/7?a=b", receiver.url())).await;
        let id_of_event = service.event("invoice.paid").await;
        let request = until_received(&receiver, 1).await.remove(0);
        expect("it is posted to the url")
            .eq((request.method.as_str(), request.target.as_str()), ("POST", "/hooks/7?a=b"));
        expect("as JSON").eq(header(&request, "content-type"), "application/json");
        expect("webhook-id is the id of the event").eq(id(&request), id_of_event.clone());
        expect_signed(&request, &endpoint.secret);
        service.until(&id_of_event, "delivered").await;
    }

    #[tokio::test]
    async fn the_body_arrives_byte_for_byte() {
        let (service, receiver) = (Service::start(), receiver());
        let endpoint = service.endpoint(&receiver.url()).await;
        let body = "{ \"type\":\"a.b\",\r\n  \"data\" : {\"price\": 1.50, \"z\":1,\"a\":2 } }\n";
        service.event_of(body, None, 1).await;
        let request = until_received(&receiver, 1).await.remove(0);
        expect("spaces, numbers and order are as they were posted").eq(String::from_utf8_lossy(&request.body), body);
        expect_signed(&request, &endpoint.secret);
    }

    #[tokio::test]
    async fn each_endpoint_gets_what_it_wants() {
        let (service, all, some) = (Service::start(), receiver(), receiver());
        service.endpoint(&all.url()).await;
        service.endpoint_of(&json!({"url": some.url(), "types": ["user.created", "user.deleted"]})).await;
        service.event_of(body("user.created", 1), None, 2).await;
        service.event_of(body("user.renamed", 2), None, 1).await;
        service.event_of(body("user.deleted", 3), None, 2).await;
        let numbers = async |receiver, count| {
            let mut numbers: Vec<_> =
                until_received(receiver, count).await.iter().map(super::support::number).collect();
            numbers.sort_unstable();
            numbers
        };
        expect("without types it gets all").eq(numbers(&all, 3).await, [1, 2, 3]);
        expect("with types it gets those").eq(numbers(&some, 2).await, [1, 3]);
    }
}

mod retries_with_backoff {
    use super::support::{Service, ids, outcomes, receiver_after, receiver_saying, until_received};
    use harness::expect;
    use harness_net::Answer;
    use serde_json::json;

    #[tokio::test]
    async fn a_failed_delivery_is_tried_again() {
        let service = Service::with(&["--retry-ms", "60,120,600000"]);
        let receiver = receiver_after([Answer::new(500, "oh"), Answer::new(503, "no")]);
        service.endpoint(&receiver.url()).await;
        let event = service.event("a.b").await;
        let delivery = service.until(&event, "delivered").await;
        expect("each attempt is in the log").eq(outcomes(&delivery), [json!(500), json!(503), json!(204)]);
        let received = until_received(&receiver, 3).await;
        expect("each attempt has the same id").eq(ids(&received), vec![event; 3]);
        let gaps: Vec<_> = received.windows(2).map(|pair| (pair[1].after - pair[0].after).as_millis()).collect();
        expect("60 ms pass before the second attempt, and 120 ms before the third")
            .that(gaps[0] >= 58 && gaps[1] >= 118, format!("{gaps:?}"));
    }

    #[tokio::test]
    async fn after_the_last_wait_comes_the_last_attempt() {
        let (service, receiver) = (Service::with(&["--retry-ms", "10,10"]), receiver_saying(500));
        service.endpoint(&receiver.url()).await;
        let event = service.event("a.b").await;
        let delivery = service.until(&event, "dead").await;
        delivery.expect("two waits are three attempts").json_at("/attempts", 3).json_at("/next", json!(null));
        expect("the receiver has seen three").eq(receiver.count(), 3);
    }
}

mod delivery_log {
    use super::support::{Service, body, log, moment_at, receiver, receiver_saying};
    use harness::expect;
    use serde_json::json;

    #[tokio::test]
    async fn deliveries_can_be_listed_and_read() {
        let service = Service::with(&["--retry-ms", "3600000"]);
        let (good, bad) = (receiver(), receiver_saying(418));
        let first = service.endpoint(&good.url()).await;
        let second = service.endpoint(&bad.url()).await;
        let event = service.event_of(body("a.b", 1), None, 2).await;
        let list = service.deliveries(&format!("?event={event}&endpoint={}", first.id)).await;
        expect("one delivery for each endpoint").eq(list.len(), 1);
        let one = harness_net::eventually("it is delivered", super::support::PATIENCE, || async {
            let reply = service.delivery(list[0]["id"].as_i64().unwrap_or(-1)).await;
            (reply.at("/status") == "delivered").then_some(reply)
        })
        .await;
        one.expect("a delivery")
            .json_at("/event", event.as_str())
            .json_at("/endpoint", first.id.as_str())
            .json_at("/attempts", 1)
            .json_at("/next", json!(null))
            .json_at("/log/0/status", 204)
            .json_at("/log/0/error", json!(null));
        let other = harness_net::eventually("the other one is tried", super::support::PATIENCE, || async {
            let list = service.deliveries(&format!("?endpoint={}&status=pending", second.id)).await;
            let reply = service.delivery(list.first()?["id"].as_i64()?).await;
            (log(&reply).len() == 1).then_some(reply)
        })
        .await;
        other
            .expect("it is pending, until it is tried again")
            .json_at("/status", "pending")
            .json_at("/log/0/status", 418);
        let wait = moment_at(&other, "/next") - moment_at(&other, "/log/0/at");
        expect("the next attempt is an hour after the first").that((3_600_000..3_660_000).contains(&wait), wait);
    }

    #[tokio::test]
    async fn what_never_arrived_has_an_error() {
        let service = Service::with(&["--retry-ms", "10"]);
        let mut receiver = receiver();
        receiver.refuse();
        service.endpoint(&receiver.url()).await;
        let event = service.event("a.b").await;
        let delivery = service.until(&event, "dead").await;
        delivery.expect("nobody listens").json_at("/log/0/status", json!(null)).json_at("/log/0/error", "connection");
    }
}

mod gone_410_and_retry_after {
    use super::support::{Service, body, moment_at, receiver, receiver_after, until_received};
    use harness::expect;
    use harness_net::Answer;

    #[tokio::test]
    async fn who_is_gone_gets_nothing_more() {
        let (service, receiver) = (Service::start(), receiver_after([Answer::new(410, "gone")]));
        let endpoint = service.endpoint(&receiver.url()).await;
        let event = service.event("a.b").await;
        service.until(&event, "dead").await.expect("410 is final").json_at("/attempts", 1);
        service.show_endpoint(&endpoint).await.expect("the endpoint is disabled").json_at("/disabled", true);
        service.event_of(body("a.b", 2), None, 0).await;
        let reply = service.http.post(&format!("/endpoints/{}/enable", endpoint.id)).send().await;
        reply.expect("it can be enabled again").status(200).json_at("/disabled", false);
        let event = service.event("a.b").await;
        service.until(&event, "delivered").await;
        expect("it got two of the three events").eq(until_received(&receiver, 2).await.len(), 2);
    }

    #[tokio::test]
    async fn who_asks_for_a_pause_gets_one() {
        let service = Service::start();
        let busy = receiver_after([Answer::new(429, "slowly").header("retry-after", "3600")]);
        service.endpoint(&busy.url()).await;
        let event = service.event("a.b").await;
        let delivery = service.until_attempts(&event, 1).await;
        let wait = moment_at(&delivery, "/next") - moment_at(&delivery, "/log/0/at");
        expect("the next attempt is an hour later").that((3_600_000..3_660_000).contains(&wait), wait);
        let other = service.event("a.b").await;
        let delivery = service.delivery_of(&other).await;
        let until = moment_at(&delivery, "/next");
        expect("other events for this endpoint wait as well").that(until - wait > 0, delivery.describe());
        delivery.expect("and were not sent").json_at("/attempts", 0).json_at("/status", "pending");
        let calm = receiver();
        service.endpoint(&calm.url()).await;
        service.event_of(body("a.b", 3), None, 2).await;
        until_received(&calm, 1).await;
        expect("nothing was sent in the pause").eq(busy.count(), 1);
    }
}

mod dead_letter_and_replay {
    use super::support::{Service, ids, outcomes, receiver_after, until_received};
    use harness::expect;
    use harness_net::Answer;
    use serde_json::json;

    #[tokio::test]
    async fn a_dead_delivery_can_be_replayed() {
        let service = Service::with(&["--retry-ms", "10"]);
        let receiver = receiver_after([Answer::new(500, "oh"), Answer::new(404, "no"), Answer::new(502, "oh")]);
        service.endpoint(&receiver.url()).await;
        let event = service.event("a.b").await;
        let id = service.until(&event, "dead").await.number_at("/id");
        expect("the dead can be listed").eq(service.deliveries("?status=dead").await.len(), 1);
        let reply = service.replay(&json!({"delivery": id})).await;
        reply.expect("it is replayed").status(202).json_at("/replayed", 1);
        let delivery = service.until(&event, "delivered").await;
        let all = [json!(500), json!(404), json!(502), json!(204)];
        expect("it has its retries again, and keeps its log").eq(outcomes(&delivery), all);
        expect("the id stays the same").eq(ids(&until_received(&receiver, 4).await), vec![event; 4]);
    }
}

mod slow_endpoint_is_isolated {
    use super::support::{Service, body, receiver, until_received};
    use harness::expect;
    use harness_net::{Answer, Gate, Upstream};

    #[tokio::test]
    async fn the_others_do_not_wait() {
        let service = Service::with(&["--timeout-ms", "600000"]);
        let (gate, fast) = (Gate::shut(), receiver());
        let held = gate.clone();
        let slow = Upstream::start(move |_| Answer::new(204, "").behind(&held));
        service.endpoint(&slow.url()).await;
        service.endpoint(&fast.url()).await;
        for number in 0..20 {
            service.event_of(body("a.b", number), None, 2).await;
        }
        until_received(&fast, 20).await;
        until_received(&slow, 4).await;
        expect("one endpoint has at most four attempts at the same time").eq(slow.most_at_once(), 4);
        gate.open();
        until_received(&slow, 20).await;
    }
}

mod ssrf {
    use super::support::{Dns, Service, outcomes, receiver_and_decoy};
    use harness::expect;
    use harness_net::Answer;
    use serde_json::json;
    use std::net::IpAddr;

    #[tokio::test]
    async fn an_address_inside_is_refused_in_every_spelling() {
        let service = Service::start();
        for host in [
            "127.0.0.2",
            "127.2",
            "2130706434",
            "0x7f.0.0.2",
            "0177.0.0.02",
            "[::ffff:127.0.0.2]",
            "[::1]",
            "0.0.0.0",
            "10.20.30.40",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "[::ffff:a9fe:a9fe]",
            "[fe80::1]",
            "[fd00:ec2::254]",
        ] {
            let reply = service.register(&json!({"url": format!("http://{host}/latest/meta-data")})).await;
            reply.expect(format!("{host} is not public")).problem(422).json_at("/field", "url");
        }
        let reply = service.register(&json!({"url": "http://93.184.215.14/hook"})).await;
        reply.expect("a public address is welcome").status(201);
    }

    #[tokio::test]
    async fn a_redirect_is_not_followed() {
        let (receiver, decoy) = receiver_and_decoy();
        let to = decoy.url();
        receiver.change(move |_| Answer::new(307, "").header("location", &to));
        let service = Service::with(&["--retry-ms", "5"]);
        service.endpoint(&receiver.url()).await;
        let event = service.event("a.b").await;
        let delivery = service.until_end(&event).await;
        expect("nobody goes where it leads").eq(decoy.callers(), 0);
        expect("a redirect is a failure").eq(outcomes(&delivery), vec![json!(307); 2]);
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_refused() {
        let (receiver, decoy) = receiver_and_decoy();
        let (inside, outside) = (decoy.ip(), receiver.address().ip());
        let dns = Dns::start(move |name, _| vec![if name.starts_with("evil") { inside } else { outside }]);
        let service = Service::with(&["--resolver", &dns.address(), "--retry-ms", "5"]);
        let url = |name: &str| format!("http://{name}.example.com:{}/hook", receiver.address().port());
        service.endpoint_of(&json!({"url": url("evil"), "types": ["evil"]})).await;
        service.endpoint_of(&json!({"url": url("good"), "types": ["good"]})).await;
        let event = service.event("evil").await;
        let delivery = service.until_end(&event).await;
        expect("nobody inside was called").eq(decoy.callers(), 0);
        expect("each attempt is refused").eq(outcomes(&delivery), vec![json!("refused"); 2]);
        let event = service.event("good").await;
        service.until(&event, "delivered").await;
    }

    #[tokio::test]
    async fn what_was_checked_is_what_is_called() {
        let (receiver, decoy) = receiver_and_decoy();
        let addresses: [IpAddr; 2] = [receiver.address().ip(), decoy.ip()];
        let dns = Dns::start(move |_, lookup| vec![addresses[lookup % 2]]);
        let service = Service::with(&["--resolver", &dns.address(), "--retry-ms", "5,5,5"]);
        service.endpoint(&format!("http://rebind.example.com:{}/hook", receiver.address().port())).await;
        for _ in 0..6 {
            let event = service.event("a.b").await;
            let delivery = service.until_end(&event).await;
            expect("the address that was checked is called, and no other").eq(decoy.callers(), 0);
            let fine = outcomes(&delivery).iter().all(|outcome| *outcome == 204 || *outcome == "refused");
            expect("an attempt is made or refused").that(fine, delivery.describe());
        }
    }
}

mod kill9_same_id {
    use super::support::{Service, expect_signed, ids, receiver, until_received};
    use harness::expect;
    use harness_net::{Answer, Gate};

    #[tokio::test]
    async fn what_was_under_way_is_sent_again_with_its_id() {
        let (mut service, receiver) = (Service::with(&["--timeout-ms", "600000"]), receiver());
        receiver.next(Answer::new(204, "").behind(&Gate::shut()));
        let endpoint = service.endpoint(&receiver.url()).await;
        let event = service.event("a.b").await;
        until_received(&receiver, 1).await;
        service.kill_and_restart();
        service
            .until(&event, "delivered")
            .await
            .expect("the attempt that was cut off has no outcome")
            .json_at("/attempts", 1);
        let received = receiver.received();
        expect("both attempts have the same id").eq(ids(&received), vec![event; 2]);
        expect("and the same body").eq(&received[0].body, &received[1].body);
        expect_signed(&received[1], &endpoint.secret);
    }
}

mod secret_rotation {
    use super::support::{Service, expect_signed, receiver, signed_by, until_received};
    use harness::expect;

    #[tokio::test]
    async fn for_a_while_both_secrets_sign() {
        let (service, receiver) = (Service::start(), receiver());
        let old = service.endpoint(&receiver.url()).await;
        service.event("a.b").await;
        expect_signed(&until_received(&receiver, 1).await[0], &old.secret);
        let new = service.rotate(&old).await;
        expect("the new secret is another one").ne(&new.secret, &old.secret);
        service.event("a.b").await;
        let received = until_received(&receiver, 2).await;
        let secrets = [old.secret.as_str(), new.secret.as_str()];
        expect("the old and the new secret have signed it").eq(signed_by(&received[1], &secrets), [true, true]);
    }
}

mod ordering_per_key {
    use super::support::{Service, body, number, receiver, until_received};
    use harness::expect;
    use harness_net::{Answer, Gate};

    #[tokio::test]
    async fn one_key_is_one_queue() {
        let (service, receiver, gate) = (Service::with(&["--timeout-ms", "600000"]), receiver(), Gate::shut());
        receiver.next(Answer::new(500, "oh").behind(&gate));
        service.endpoint(&receiver.url()).await;
        let mut last = String::new();
        for number in 1..=3 {
            last = service.event_of(body("a.b", number), Some("customer-1"), 1).await;
        }
        until_received(&receiver, 1).await;
        let other = service.event_of(body("a.b", 10), Some("customer-2"), 1).await;
        let free = service.event_of(body("a.b", 11), None, 1).await;
        for event in [&other, &free] {
            service.until(event, "delivered").await;
        }
        gate.open();
        service.until(&last, "delivered").await;
        let numbers = receiver.received().iter().map(number).filter(|number| *number < 10).collect::<Vec<_>>();
        expect("the first is tried until it arrives, and then come the others").eq(numbers, [1, 1, 2, 3]);
    }
}
