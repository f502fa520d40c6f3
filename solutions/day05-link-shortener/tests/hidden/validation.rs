use crate::visible::support::{alias, clicks, create, follow, follow_to, post, service, shorten, url};
use harness::{Launch, expect, random};
use harness_net::{Http, Socket, status_of};
use serde_json::{Value, json};

#[tokio::test]
async fn only_web_addresses_are_shortened() {
    let (_program, http) = service();
    let long = format!("https://example.org/{}", "x".repeat(2048 - 20));
    post(&http, &json!({"url": long})).send().await.expect("a URL may have 2048 characters").status(201);
    let too_long = format!("{long}x");
    for url in [
        "",
        "/relative",
        "//example.org/",
        "JavaScript:alert(1)",
        "javascript://example.org/%0Aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://example.org/",
        "mailto:ada@example.org",
        "https://",
        "https://ada@example.org/",
        "https://ada:secret@example.org/",
        "https://example.org/a b",
        " https://example.org/",
        "https://example.org/\r\nSet-Cookie: a=b",
        "https://example.org/\n",
        "java\tscript:alert(1)",
        "https://example.org/\u{7f}",
        "https://example.org/é",
        "https://exämple.org/",
        &too_long,
    ] {
        let reply = post(&http, &json!({"url": url})).send().await;
        reply.expect("what breaks a rule for URLs is 422").problem(422);
        reply.expect("the detail names the member").contains("url");
    }
}

#[tokio::test]
async fn the_service_is_recognised_however_it_is_written() {
    let (program, http) = service();
    let port = program.address().port();
    for url in [
        format!("http://127.0.0.1:{port}"),
        format!("http://127.0.0.1:{port}/api/links?x#y"),
        format!("HTTP://127.0.0.1:{port}/abc"),
        format!("http://127.1:{port}/abc"),
        format!("https://127.0.0.1:{port}/abc"),
    ] {
        let reply = post(&http, &json!({"url": url})).send().await;
        reply.expect("host and port are those of the service").problem(422);
    }
    for url in [format!("http://127.0.0.1:{}/", port ^ 1), format!("http://127.0.0.2:{port}/")] {
        let reply = post(&http, &json!({"url": url})).send().await;
        reply.expect("another host or port is another service").status(201);
    }
}

#[tokio::test]
async fn the_public_url_is_the_service() {
    let name = random().word();
    let program = Launch::service().data_dir().arg("--public-url").arg(format!("https://{name}.example")).start();
    let http = Http::to(&program);
    for url in [
        format!("https://{name}.example/abc"),
        format!("https://{}.Example:443", name.to_uppercase()),
        format!("HTTPS://{name}.example:443/?x"),
    ] {
        let reply = post(&http, &json!({"url": url})).send().await;
        reply.expect("host and port are those of --public-url").problem(422);
    }
    for url in [
        format!("https://{name}.example:8443/"),
        format!("https://www.{name}.example/"),
        format!("https://{name}.example.org/"),
        format!("https://elsewhere.example/?next=https://{name}.example/"),
    ] {
        post(&http, &json!({"url": url})).send().await.expect("this leads somewhere else").status(201);
    }
}

#[tokio::test]
async fn what_is_no_valid_draft_is_422_and_named() {
    let (_program, http) = service();
    let url = "https://example.org/";
    let long = "x".repeat(33);
    for (draft, member) in [
        (json!({}), "url"),
        (json!({"url": 7}), "url"),
        (json!({"url": null}), "url"),
        (json!({"url": url, "alias": ""}), "alias"),
        (json!({"url": url, "alias": long}), "alias"),
        (json!({"url": url, "alias": "ümlaut"}), "alias"),
        (json!({"url": url, "alias": "a.b"}), "alias"),
        (json!({"url": url, "alias": "../etc"}), "alias"),
        (json!({"url": url, "alias": "x' OR '1'='1"}), "alias"),
        (json!({"url": url, "alias": "abc\n"}), "alias"),
        (json!({"url": url, "alias": 123}), "alias"),
        (json!({"url": url, "expires_in_ms": 0}), "expires_in_ms"),
        (json!({"url": url, "expires_in_ms": -5}), "expires_in_ms"),
        (json!({"url": url, "expires_in_ms": 1.5}), "expires_in_ms"),
        (json!({"url": url, "expires_in_ms": "60000"}), "expires_in_ms"),
        (json!({"url": url, "expires_in_ms": 31_536_000_001_i64}), "expires_in_ms"),
        (json!({"url": url, "expires_in_ms": i64::MAX}), "expires_in_ms"),
    ] {
        let reply = post(&http, &draft).send().await;
        reply.expect("a draft that breaks a rule is 422").problem(422);
        reply.expect("the detail names the member").contains(member);
    }
}

#[tokio::test]
async fn a_refused_draft_leaves_its_alias_free() {
    let (_program, http) = service();
    let mut random = random();
    let (alias, url) = (alias(&mut random), url(&mut random));
    for (member, value) in [("url", json!("ftp://example.org/")), ("expires_in_ms", json!(0))] {
        let mut draft = json!({"url": url, "alias": alias});
        draft[member] = value;
        post(&http, &draft).send().await.expect("a draft that breaks a rule is 422").problem(422);
    }
    follow(&http, &alias).await.expect("a refused draft makes no link").status(404);
    create(&http, &json!({"url": url, "alias": alias})).await;
}

#[tokio::test]
async fn sql_in_a_path_is_a_code_that_no_link_has() {
    let (_program, http) = service();
    let url = url(&mut random());
    let code = shorten(&http, &url).await;
    for text in [
        "' OR '1'='1",
        "' OR 1=1 --",
        "x' UNION SELECT url FROM links --",
        "x'; DELETE FROM links; --",
        "x'; DROP TABLE links; --",
        &format!("{code}' AND '1'='1"),
        &format!("{code}'"),
        &format!("{code}\0"),
        "%",
        "_______",
        "*",
    ] {
        let path: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
        follow(&http, &path).await.expect("no link has this code").problem(404);
        let stats = http.get(&format!("/api/links/{path}/stats")).send().await;
        stats.expect("no link has this code").problem(404);
    }
    expect("nobody followed the link so far").eq(clicks(&http, &code).await, 0);
    follow_to(&http, &code, &url).await;
}

#[tokio::test]
async fn what_is_no_text_is_404() {
    let (_program, http) = service();
    for path in ["/%FF%FE", "/a", "/x%2Fy", "/abc/def", "/api/nothing", "/"] {
        http.get(path).send().await.expect("nothing is there").problem(404);
    }
}

#[tokio::test]
async fn other_methods_and_media_types_are_refused() {
    let (_program, http) = service();
    for (method, path, allowed) in [
        ("GET", "/api/links", "POST"),
        ("DELETE", "/api/links", "POST"),
        ("POST", "/abcdef", "GET"),
        ("PUT", "/api/links/abcdef/stats", "GET"),
    ] {
        let reply = http.call(method, path).send().await;
        reply.expect("a method that a path does not take is 405").problem(405);
        let allow = reply.header("allow").unwrap_or_default();
        expect("Allow lists what the path takes").request(reply.curl()).contains(allow, allowed);
    }
    let call = http.post("/api/links").header("content-type", "text/plain").body("{\"url\": \"https://example.org/\"}");
    call.send().await.expect("a body that is not declared as JSON is 415").problem(415);
}

#[tokio::test]
async fn a_body_of_more_than_256_kib_is_413() {
    let (program, http) = service();
    let fits = padded(262_144);
    let call = http.post("/api/links").header("content-type", "application/json").body(fits);
    call.send().await.expect("a body may have 256 KiB").status(201);
    let mut socket = Socket::connect(program.address()).await;
    let head = "POST /api/links HTTP/1.1\r\nHost: links\r\nConnection: close\r\nContent-Type: application/json\r\n";
    let body = padded(262_145);
    socket.send(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len())).await;
    let reply = socket.expect_closed("the service answers and closes, as Connection: close asks").await;
    expect("a body of 262145 bytes is too large")
        .request(format!("{}Content-Length: 262145", head.replace("\r\n", "\n")))
        .expected("status 413")
        .that(status_of(&reply) == Some(413), String::from_utf8_lossy(&reply));
}

/// A draft whose JSON is padded with spaces to exactly `bytes` bytes.
fn padded(bytes: usize) -> String {
    let draft = json!({"url": "https://example.org/", "alias": Value::Null}).to_string();
    let padding = " ".repeat(bytes - draft.len());
    draft + &padding
}
