use super::support::{Gateway, named, response, to};
use harness::{expect, random};
use harness_net::Socket;

/// What the upstream is told about who sent a request with these lines.
async fn client(trusted: &str, lines: &[&str]) -> Vec<String> {
    let upstream = named("ada");
    let gateway = Gateway::start(&format!("trusted = {trusted}\n{}", to([upstream.address()])));
    let mut socket = Socket::connect(gateway.address()).await;
    let lines: String = lines.iter().map(|line| format!("X-Forwarded-For: {line}\r\n")).collect();
    socket.send(format!("GET / HTTP/1.1\r\nHost: shop\r\n{lines}\r\n")).await;
    expect("it is answered").contains(&response(&mut socket).await, "200");
    let values = upstream.received()[0].headers.get_all("x-forwarded-for").into_iter().cloned().collect::<Vec<_>>();
    values.iter().map(|value| value.to_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test]
async fn belief_ends_where_trust_ends() {
    let trusted = r#"["127.0.0.0/8", "10.0.0.0/8", "2001:db8::/32"]"#;
    for (lines, address) in [
        (&["198.51.100.1, 203.0.113.9, 10.1.2.3"][..], "203.0.113.9"),
        (&["198.51.100.1", "203.0.113.9,10.1.2.3", "10.9.9.9"], "203.0.113.9"),
        (&["10.1.1.1, 10.2.2.2"], "10.1.1.1"),
        (&["203.0.113.9, 2001:db8::5"], "203.0.113.9"),
        (&["2001:db9::1"], "2001:db9::1"),
    ] {
        let seen = client(trusted, lines).await;
        let said = format!("X-Forwarded-For: {lines:?}");
        expect("the client is the last address that no trusted proxy has")
            .request(said)
            .eq(seen, vec![address.to_owned()]);
    }
}

#[tokio::test]
async fn nonsense_is_nobodys_address() {
    for (line, address) in [("evil, 10.0.0.5", "10.0.0.5"), ("unknown", "127.0.0.1"), ("", "127.0.0.1")] {
        let seen = client(r#"["127.0.0.0/8", "10.0.0.0/8"]"#, &[line]).await;
        let said = format!("X-Forwarded-For: {line}");
        expect("what is no address ends the search").request(said).eq(seen, vec![address.to_owned()]);
    }
}

#[tokio::test]
async fn a_proxy_that_is_not_trusted_is_the_client() {
    let seen = client(r#"["10.0.0.0/8"]"#, &["203.0.113.9, 10.1.2.3"]).await;
    expect("nobody trusts 127.0.0.1 here").eq(seen, vec!["127.0.0.1".to_owned()]);
}

#[tokio::test]
async fn a_false_address_is_no_way_around_the_limit() {
    let mut random = random();
    let upstream = named("ada");
    let gateway = Gateway::start(&format!("[limit]\nper_minute = 1\nburst = 3\n{}", to([upstream.address()])));
    let mut statuses = Vec::new();
    for _ in 0..6 {
        let address = format!("203.0.113.{}", random.below(256));
        statuses.push(gateway.http.get("/").header("x-forwarded-for", &address).send().await.status);
    }
    expect("three tokens, whatever a client calls itself").eq(statuses, vec![200, 200, 200, 429, 429, 429]);
}
