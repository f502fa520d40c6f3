//! The tests of this day that you can read. One module per checkpoint; each name is a claim about your program.

// The hidden tests need all of it.
#[path = "support/mod.rs"]
pub mod support;

mod proxies_and_balances {
    use super::support::{Gateway, addresses, named, route, to};
    use harness::{expect, random};
    use harness_net::{Answer, Gate, Upstream};

    #[tokio::test]
    async fn a_request_and_its_response_pass() {
        let mut random = random();
        let (path, word, sent, got) = (random.word(), random.word(), random.bytes(5000), random.bytes(7000));
        let upstream = Upstream::start(|_| Answer::new(404, ""));
        let gateway = Gateway::start(&to([upstream.address()]));
        upstream.next(Answer::new(201, got.clone()).header("x-answer", &word).header("content-type", "x/y"));
        let target = format!("/{path}/%2F?q={word}&q=%20");
        let reply = gateway.http.post(&target).header("x-question", &word).body(sent.clone()).send().await;
        reply.expect("status, headers and body of the upstream reach the client").status(201);
        reply.expect("a header of the upstream").header("x-answer", &word).header("content-type", "x/y");
        reply.expect("the body of the upstream").body(&got);
        let request = &upstream.received()[0];
        expect("the method is the client's").eq(request.method.as_str(), "POST");
        expect("path and query are the client's, byte for byte").eq(&request.target, &target);
        expect("headers are the client's").eq(request.header("x-question"), Some(word.as_str()));
        expect("Host is the client's").eq(request.header("host"), Some(gateway.address().to_string().as_str()));
        expect("the body is the client's").that(request.body == sent, format!("{} bytes", request.body.len()));
    }

    #[tokio::test]
    async fn requests_of_one_connection_are_spread_evenly() {
        let upstreams = ["ada", "bob", "cleo"].map(named);
        let gateway = Gateway::start(&to(addresses(&upstreams)));
        let tally = gateway.tally(30).await;
        let expected = ["ada", "bob", "cleo"].map(|name| (name.to_owned(), 10));
        expect("thirty requests are ten for each of three upstreams").eq(tally, expected.into());
    }

    #[tokio::test]
    async fn the_longest_prefix_decides() {
        let upstreams = ["shop", "api"].map(named);
        let routes = route("/shop/", [upstreams[0].address()]) + &route("/shop/api/", [upstreams[1].address()]);
        let gateway = Gateway::start(&routes);
        gateway.get("/shop/cups").await.expect("a shorter prefix").body("shop");
        gateway.get("/shop/api/cups").await.expect("the longest prefix").body("api");
        gateway.get("/other").await.expect("no route leads there").problem(404);
    }

    #[tokio::test]
    async fn an_upstream_that_is_silent_is_504() {
        let upstream = named("slow");
        let gateway = Gateway::start(&format!("timeout_ms = 150\n{}", to([upstream.address()])));
        let gate = Gate::shut();
        upstream.next(Answer::new(200, "late").behind(&gate));
        gateway.get("/").await.expect("no response begins in time").problem(504);
    }
}

mod hop_by_hop_headers {
    use super::support::{Gateway, Raw, named, response, to};
    use harness::expect;
    use harness_net::Socket;

    #[tokio::test]
    async fn what_concerns_one_connection_is_not_passed_on() {
        let upstream = named("up");
        let gateway = Gateway::start(&to([upstream.address()]));
        let mut socket = Socket::connect(gateway.address()).await;
        let head = "GET / HTTP/1.1\r\nHost: shop\r\nConnection: keep-alive\r\nKeep-Alive: timeout=9\r\nTE: trailers\r\n\
             Proxy-Authorization: Basic eDp5\r\nUpgrade: h2c\r\nX-Stays: yes\r\n\r\n";
        socket.send(head).await;
        expect("the request is answered").contains(&response(&mut socket).await, "200");
        let request = &upstream.received()[0];
        for name in ["keep-alive", "te", "proxy-authorization", "upgrade"] {
            expect(format!("{name} does not reach the upstream")).request(head).eq(request.header(name), None);
        }
        expect("other headers do").request(head).eq(request.header("x-stays"), Some("yes"));
    }

    #[tokio::test]
    async fn nor_is_what_connection_names() {
        let upstream = named("up");
        let gateway = Gateway::start(&to([upstream.address()]));
        let mut socket = Socket::connect(gateway.address()).await;
        let head = "GET / HTTP/1.1\r\nHost: shop\r\nConnection: keep-alive, X-Hop\r\nX-Hop: 1\r\n\r\n";
        socket.send(head).await;
        response(&mut socket).await;
        expect("X-Hop does not reach the upstream").request(head).eq(upstream.received()[0].header("x-hop"), None);
    }

    #[tokio::test]
    async fn responses_lose_it_too() {
        let upstream = Raw::start().await;
        let gateway = Gateway::start(&to([upstream.address()]));
        let call = tokio::spawn(gateway.http.get("/").send());
        let mut conversation = upstream.accept().await;
        conversation.head().await;
        conversation
            .send("HTTP/1.1 200 OK\r\nConnection: X-Hop\r\nX-Hop: 1\r\nX-Stays: yes\r\nContent-Length: 2\r\n\r\nok")
            .await;
        let reply = call.await.expect("the request is answered");
        reply.expect("what the upstream's Connection names").no_header("x-hop");
        reply.expect("other headers reach the client").header("x-stays", "yes").body("ok");
    }
}

mod health_checks {
    use super::support::{Gateway, addresses, named, to};
    use harness_net::{Answer, Upstream};

    const HEALTH: &str = "[health]\npath = \"/health\"\ninterval_ms = 20\ntimeout_ms = 5000\n";

    fn sick(name: &'static str) -> Upstream {
        Upstream::start(move |request| match request.target.as_str() {
            "/health" => Answer::new(503, "not well"),
            _ => Answer::new(200, name),
        })
    }

    #[tokio::test]
    async fn an_upstream_that_is_not_well_gets_no_requests() {
        let upstreams = [named("ada"), sick("bob")];
        let gateway = Gateway::start(&format!("{HEALTH}{}", to(addresses(&upstreams))));
        gateway.until_answered_by("requests go to who is well", &["ada"]).await;
        upstreams[1].change(|_| Answer::new(200, "bob"));
        gateway.until_answered_by("who is well again gets requests again", &["ada", "bob"]).await;
    }

    #[tokio::test]
    async fn when_nobody_is_well_it_is_503() {
        let upstreams = [sick("ada"), sick("bob")];
        let gateway = Gateway::start(&format!("{HEALTH}{}", to(addresses(&upstreams))));
        harness_net::eventually("503 when no upstream is well", super::support::SOON, || async {
            (gateway.get("/").await.status == 503).then_some(())
        })
        .await;
        gateway.get("/").await.expect("an error document").problem(503);
    }
}

mod streams_in_bounded_memory {
    use super::support::{Gateway, Raw, to};
    use harness::expect;
    use harness_net::Socket;
    use tokio::io::AsyncWriteExt;

    #[tokio::test]
    async fn a_response_is_passed_on_while_it_comes() {
        let upstream = Raw::start().await;
        let gateway = Gateway::start(&to([upstream.address()]));
        let mut socket = Socket::connect(gateway.address()).await;
        socket.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
        let mut conversation = upstream.accept().await;
        conversation.head().await;
        conversation.send("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nfirst").await;
        let begun = |bytes: &[u8]| bytes.ends_with(b"first").then_some(bytes.len());
        let begun = socket.read_until(begun).await;
        expect("the first half is there before the second was sent").that(begun.is_ok(), format!("{begun:?}"));
        conversation.send("after").await;
        socket.expect_bytes("and then the second", "after").await;
    }

    /// 128 MB, or as many as `GATEWAY_BODY_MB` says.
    #[tokio::test]
    async fn a_large_upload_needs_little_memory() {
        let megabytes = std::env::var("GATEWAY_BODY_MB").ok().and_then(|text| text.parse().ok()).unwrap_or(128_u64);
        let upstream = Raw::start().await;
        let gateway = Gateway::start(&to([upstream.address()]));
        let before = gateway.program.peak_memory();
        let mut client = Socket::connect(gateway.address()).await.into_inner();
        let sending = tokio::spawn(async move {
            let head = format!("PUT /disk HTTP/1.1\r\nHost: shop\r\nContent-Length: {}\r\n\r\n", megabytes << 20);
            client.write_all(head.as_bytes()).await?;
            let piece = vec![b'x'; 1 << 20];
            for _ in 0..megabytes {
                client.write_all(&piece).await?;
            }
            Ok::<_, std::io::Error>(client)
        });
        let mut conversation = upstream.accept().await;
        conversation.head().await;
        conversation.skip(megabytes << 20).await;
        let after = gateway.program.peak_memory();
        conversation.answer("stored").await;
        let sent = sending.await.expect("the client does not panic");
        expect("all of the body is taken").that(sent.is_ok(), format!("{sent:?}"));
        if let (Some(before), Some(after)) = (before, after) {
            let grown = after.resident.saturating_sub(before.resident) >> 20;
            expect(format!("a body of {megabytes} MB passes through less than 32 MB of memory"))
                .that(grown < 32, format!("{grown} MB more than before"));
        }
    }
}

mod only_safe_methods_are_retried {
    use super::support::{Gateway, Raw, asked, breaking, named, to};
    use harness::expect;
    use std::sync::atomic::Ordering;

    #[tokio::test]
    async fn a_get_that_broke_goes_to_the_next_upstream() {
        let (broken, count) = breaking().await;
        let upstream = named("ada");
        let gateway = Gateway::start(&to([broken, upstream.address()]));
        for _ in 0..4 {
            gateway.get("/").await.expect("another upstream answers").status(200).body("ada");
        }
        let count = count.load(Ordering::SeqCst);
        expect("the one that breaks was tried").that(count > 0, format!("{count} requests"));
    }

    #[tokio::test]
    async fn a_post_that_broke_may_have_been_carried_out() {
        let (broken, count) = breaking().await;
        let upstream = named("ada");
        let gateway = Gateway::start(&to([broken, upstream.address()]));
        let mut statuses = Vec::new();
        for _ in 0..4 {
            let reply = gateway.http.post("/orders").body("one cup").send().await;
            reply.expect("it is answered, or the client is told").status_in(&[200, 502]);
            statuses.push(reply.status);
        }
        let sent = count.load(Ordering::SeqCst) + asked(&upstream).len();
        expect("four orders are sent once each").request(format!("POST /orders: {statuses:?}")).eq(sent, 4);
    }

    #[tokio::test]
    async fn what_was_never_sent_may_go_elsewhere() {
        let closed = Raw::start().await.address();
        let upstream = named("ada");
        let gateway = Gateway::start(&to([closed, upstream.address()]));
        for _ in 0..4 {
            let reply = gateway.http.post("/orders").body("one cup").send().await;
            reply.expect("nobody listens at the first upstream, so nothing was sent").status(200).body("ada");
        }
        let bodies: Vec<_> = asked(&upstream).into_iter().map(|request| request.body).collect();
        expect("each has its body").eq(bodies, vec![b"one cup".to_vec(); 4]);
    }
}

mod token_bucket_429 {
    use super::support::{Gateway, SOON, asked, named, to};
    use harness::expect;
    use harness_net::{Http, eventually, together};

    #[tokio::test]
    async fn a_burst_passes_and_then_it_is_429() {
        let upstream = named("ada");
        let gateway = Gateway::start(&format!("[limit]\nper_minute = 1\nburst = 5\n{}", to([upstream.address()])));
        for _ in 0..5 {
            gateway.get("/").await.expect("there are five tokens").status(200);
        }
        let reply = gateway.get("/").await;
        reply.expect("the bucket is empty").problem(429);
        let seconds = reply.header("retry-after").and_then(|text| text.parse::<u32>().ok());
        let says = reply.describe();
        expect("the next token comes after at most a minute")
            .expected("Retry-After: seconds from 1 to 60")
            .that(seconds.is_some_and(|seconds| (1..=60).contains(&seconds)), says);
        expect("what is refused does not reach the upstream").eq(asked(&upstream).len(), 5);
    }

    #[tokio::test]
    async fn tokens_flow_in() {
        let upstream = named("ada");
        let gateway = Gateway::start(&format!("[limit]\nper_minute = 300\nburst = 1\n{}", to([upstream.address()])));
        let address = gateway.address();
        let statuses = together(20, |_| async move { Http::at(address).get("/").send().await.status }).await;
        let refused = statuses.iter().filter(|status| **status == 429).count();
        expect("of twenty at once most are refused").that(refused > 0, format!("{statuses:?}"));
        eventually("a token flows in after a fifth of a second", SOON, || async {
            (gateway.get("/").await.status == 200).then_some(())
        })
        .await;
    }
}

mod spoofed_forwarded_headers {
    use super::support::{Gateway, named, to};
    use harness::expect;

    #[tokio::test]
    async fn nobody_is_believed_unless_told() {
        let upstream = named("ada");
        let gateway = Gateway::start(&to([upstream.address()]));
        let call = gateway.http.get("/").header("x-forwarded-for", "203.0.113.7").header("x-real-ip", "203.0.113.7");
        let call = call.header("forwarded", "for=203.0.113.7").header("x-forwarded-host", "evil.example");
        let call = call.header("x-forwarded-proto", "https");
        let curl = call.curl();
        call.send().await.expect("it is answered").status(200);
        let request = &upstream.received()[0];
        for (name, value) in [
            ("x-forwarded-for", Some("127.0.0.1")),
            ("x-forwarded-proto", Some("http")),
            ("x-real-ip", None),
            ("forwarded", None),
            ("x-forwarded-host", None),
        ] {
            expect(format!("{name} of the upstream's request")).request(&curl).eq(request.header(name), value);
        }
    }

    #[tokio::test]
    async fn a_trusted_proxy_is_believed() {
        let upstream = named("ada");
        let gateway = Gateway::start(&format!("trusted = [\"127.0.0.0/8\"]\n{}", to([upstream.address()])));
        let call = gateway.http.get("/").header("x-forwarded-for", "203.0.113.7").header("x-forwarded-proto", "https");
        let curl = call.curl();
        call.send().await.expect("it is answered").status(200);
        let request = &upstream.received()[0];
        for (name, value) in [("x-forwarded-for", "203.0.113.7"), ("x-forwarded-proto", "https")] {
            expect(format!("{name} of the upstream's request")).request(&curl).eq(request.header(name), Some(value));
        }
    }
}

mod request_smuggling {
    use super::support::{Gateway, asked, named, to};
    use harness::expect;
    use harness_net::Socket;

    #[tokio::test]
    async fn a_length_that_can_be_read_in_two_ways_hides_no_request() {
        let upstream = named("ada");
        let gateway = Gateway::start(&to([upstream.address()]));
        let hidden = "GET /hidden HTTP/1.1\r\nHost: shop\r\n\r\n";
        for lengths in ["Content-Length: 4\r\nContent-Length: 0", "Content-Length: 0\r\nTransfer-Encoding: chunked"] {
            let mut socket = Socket::connect(gateway.address()).await;
            let request = format!("POST /seen HTTP/1.1\r\nHost: shop\r\n{lengths}\r\n\r\n0\r\n\r\n{hidden}");
            socket.send(&request).await;
            let answer = socket.expect_closed("the connection is closed afterwards").await;
            let answer = String::from_utf8_lossy(&answer).into_owned();
            let answers = answer.matches("HTTP/1.1 ").count();
            expect("there is one answer at most").request(&request).that(answers <= 1, &answer);
            let seen: Vec<_> = asked(&upstream).into_iter().map(|request| request.target).collect();
            expect("nothing behind the first request reaches the upstream")
                .request(&request)
                .that(!seen.contains(&"/hidden".to_owned()), format!("{seen:?}"));
        }
    }

    #[tokio::test]
    async fn a_request_has_one_host() {
        let upstream = named("ada");
        let gateway = Gateway::start(&to([upstream.address()]));
        for hosts in ["Host: shop\r\nHost: evil\r\n", ""] {
            let mut socket = Socket::connect(gateway.address()).await;
            let request = format!("GET / HTTP/1.1\r\n{hosts}Connection: close\r\n\r\n");
            socket.send(&request).await;
            let answer = socket.expect_closed("the connection is closed afterwards").await;
            let answer = String::from_utf8_lossy(&answer).into_owned();
            expect("it is refused")
                .request(&request)
                .expected("status 400")
                .that(answer.starts_with("HTTP/1.1 400 "), &answer);
        }
        expect("nothing reaches the upstream").eq(asked(&upstream).len(), 0);
    }
}

mod drain_loses_nothing {
    use super::support::{Gateway, named, named_behind, to, until_asked};
    use harness::{Signal, expect};
    use harness_net::Gate;
    use std::time::Duration;
    use tokio::{net::TcpStream, task::JoinSet};

    #[tokio::test(flavor = "multi_thread")]
    async fn what_is_in_flight_at_sigterm_is_answered() {
        let gate = Gate::shut();
        let upstream = named_behind("ada", &gate);
        let mut gateway = Gateway::start(&to([upstream.address()]));
        let mut calls = JoinSet::new();
        for number in 0..8 {
            calls.spawn(gateway.http.get(&format!("/{number}")).send());
        }
        until_asked(&upstream, 8).await;
        gateway.program.signal(Signal::Terminate);
        let address = gateway.address();
        harness_net::eventually("after SIGTERM, connections are refused", Duration::from_secs(2), || async {
            TcpStream::connect(address).await.is_err().then_some(())
        })
        .await;
        gate.open();
        while let Some(reply) = calls.join_next().await {
            reply.expect("an answer").expect("what was in flight is answered").status(200).body("ada");
        }
        let ended = gateway.program.wait_for_exit(Duration::from_secs(2)).map(|status| status.code());
        expect("then the gateway ends with exit status 0").eq(ended, Some(Some(0)));
    }

    #[tokio::test]
    async fn what_is_in_flight_at_a_reload_is_answered() {
        let gate = Gate::shut();
        let (old, new) = (named_behind("old", &gate), named("new"));
        let mut gateway = Gateway::start(&to([old.address()]));
        let mut calls = JoinSet::new();
        for number in 0..8 {
            calls.spawn(gateway.http.get(&format!("/{number}")).send());
        }
        until_asked(&old, 8).await;
        gateway.reload(&to([new.address()]));
        // A request that still goes to the old one waits at the gate, so only the first eight may be there.
        gateway.until_new(&new).await;
        gate.open();
        while let Some(reply) = calls.join_next().await {
            reply
                .expect("an answer")
                .expect("what was in flight is answered by the old upstream")
                .status(200)
                .body("old");
        }
    }
}

mod consistent_hashing {
    use super::support::{Gateway, addresses, named, to};
    use harness::{expect, random};

    const NAMES: [&str; 4] = ["ada", "bob", "cleo", "dora"];

    #[tokio::test]
    async fn only_the_paths_of_who_goes_move() {
        let mut random = random();
        let paths: Vec<_> = (0..100).map(|_| format!("/{}", random.name())).collect();
        let upstreams = NAMES.map(named);
        let hashed = |addresses: &[_]| format!("{}balance = \"hash\"\n", to(addresses));
        let addresses = addresses(&upstreams);
        let mut gateway = Gateway::start(&hashed(&addresses));
        let before = gateway.owners(&paths).await;
        expect("a path stays with its upstream").eq(gateway.owners(&paths).await, before.clone());
        gateway.reload(&hashed(&addresses[1..]));
        for (path, owner) in gateway.until_owned_by(&NAMES[1..], &paths).await {
            let stays = before[&path] == owner || before[&path] == "ada";
            let was = format!("{path} was with {}, and is with {owner}", before[&path]);
            expect("only ada's paths go elsewhere").that(stays, was);
        }
    }
}

#[path = "visible/cache_vary_and_coalescing.rs"]
mod cache_vary_and_coalescing;

mod websocket_upgrade {
    use super::support::{Gateway, socket_server, to};
    use harness_net::WebSocket;
    use serde_json::json;

    #[tokio::test]
    async fn messages_go_both_ways() {
        let gateway = Gateway::start(&to([socket_server().await]));
        let mut socket = WebSocket::open(gateway.address(), "/echo").await;
        for number in 0..3 {
            socket.send(&json!({"number": number})).await;
            let echo = socket.next("an echo server sends a message back").await;
            harness::expect("the message is the one that was sent").eq(echo, json!({"number": number}));
        }
        socket.close().await;
    }
}
