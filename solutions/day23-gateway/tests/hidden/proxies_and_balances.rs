use super::support::{Gateway, addresses, named, response, route, to};
use harness::{Launch, expect, random};
use harness_net::{Answer, Http, Socket, Upstream, together};
use std::collections::BTreeMap;

#[tokio::test]
async fn each_gets_its_share_whatever_the_connections() {
    let mut random = random();
    let names: Vec<_> = (0..random.between(2..=5)).map(|_| random.name()).collect();
    let rounds = random.below(4) + 3;
    let upstreams: Vec<_> = names.iter().map(|name| named(name)).collect();
    let gateway = Gateway::start(&to(addresses(&upstreams)));
    let address = gateway.address();
    let answers =
        together(rounds * names.len(), |_| async move { Http::at(address).get("/").send().await.text() }).await;
    let mut tally = BTreeMap::new();
    for answer in answers {
        *tally.entry(answer).or_insert(0) += 1;
    }
    let expected: BTreeMap<_, _> = names.into_iter().map(|name| (name, rounds)).collect();
    expect("requests on connections of their own are spread evenly, too").eq(tally, expected);
}

#[tokio::test]
async fn every_status_passes() {
    let upstream = named("ada");
    let gateway = Gateway::start(&to([upstream.address()]));
    for status in [204, 302, 304, 404, 418, 500, 503] {
        upstream.next(Answer::new(status, "").header("location", "http://elsewhere.example/"));
        let reply = gateway.get("/").await;
        reply.expect("an answer of the upstream is the client's").status(status);
        reply.expect("with its headers").header("location", "http://elsewhere.example/");
    }
}

#[tokio::test]
async fn a_head_has_headers_and_no_body() {
    let upstream = named("ada");
    let gateway = Gateway::start(&to([upstream.address()]));
    let mut socket = Socket::connect(gateway.address()).await;
    socket.send("HEAD / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    let end = |bytes: &[u8]| bytes.ends_with(b"\r\n\r\n").then_some(bytes.len());
    let head = socket.read_until(end).await.unwrap_or_else(|closed| closed.0);
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    expect("the length of what GET would bring").contains(&head, "content-length: 3");
    socket.send("GET / HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    expect("the next answer follows at once").contains(&response(&mut socket).await, "ada");
}

#[tokio::test]
async fn repeated_headers_stay_apart() {
    let upstream = Upstream::start(|_| Answer::new(200, "").header("set-cookie", "a=1").header("set-cookie", "b=2"));
    let gateway = Gateway::start(&to([upstream.address()]));
    let reply = gateway.get("/").await;
    let cookies: Vec<_> = reply.headers.get_all("set-cookie").iter().map(|value| value.as_bytes().to_vec()).collect();
    expect("two cookies").eq(cookies, vec![b"a=1".to_vec(), b"b=2".to_vec()]);
}

#[tokio::test]
async fn targets_stay_as_they_are() {
    let upstream = Upstream::start(|request| Answer::new(200, request.target.clone()));
    let gateway = Gateway::start(&to([upstream.address()]));
    for target in ["/", "/a%2Fb", "/%7Euser/", "/?", "/?a=b&a=%26", "/a;b=c"] {
        let mut socket = Socket::connect(gateway.address()).await;
        socket.send(format!("GET {target} HTTP/1.1\r\nHost: shop\r\n\r\n")).await;
        let answer = response(&mut socket).await;
        let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        expect("the target is the client's, byte for byte").eq(body, target);
    }
}

#[tokio::test]
async fn the_order_of_routes_does_not_matter() {
    let upstreams = ["all", "long", "longer"].map(named);
    let prefixes = ["/", "/x/y", "/x/y/z"];
    let mut routes: Vec<_> =
        prefixes.iter().zip(&upstreams).map(|(prefix, at)| route(prefix, [at.address()])).collect();
    random().shuffle(&mut routes);
    let gateway = Gateway::start(&routes.concat());
    for (path, name) in [("/x", "all"), ("/x/y", "long"), ("/x/yz", "long"), ("/x/y/z/1", "longer")] {
        gateway.get(path).await.expect("the longest prefix decides").body(name);
    }
}

#[test]
fn a_config_that_breaks_a_rule_ends_the_start() {
    let good = to(["127.0.0.1:9"]);
    for bad in [
        String::new(),
        "[[route]]\nprefix = \"/\"\nupstreams = []".to_owned(),
        route("no-slash", ["127.0.0.1:9"]),
        format!("{good}{good}"),
        to(["127.0.0.1:9", "127.0.0.1:9"]),
        to(["nowhere"]),
        format!("{good}balance = \"dice\""),
        format!("colour = \"red\"\n{good}"),
        format!("timeout_ms = 0\n{good}"),
        format!("trusted = [\"somewhere\"]\n{good}"),
        format!("[limit]\nper_minute = 0\nburst = 1\n{good}"),
        format!("[health]\npath = \"health\"\n{good}"),
    ] {
        let folder = harness::scratch();
        let file = folder.path().join("gw.toml");
        std::fs::write(&file, &bad).expect("a file can be written to a fresh folder");
        let ended = Launch::service().arg("--config").arg(&file).run_to_end();
        expect("a bad config is exit status 1").request(&bad).eq(ended.code, Some(1));
        expect("one line says which file it is").request(&bad).contains(&ended.stderr, "gw.toml");
        expect("one line").request(&bad).that(ended.stderr.trim_end().lines().count() == 1, &ended.stderr);
    }
}
