use crate::visible::support::{Site, Wire, get, request, text};
use harness::{expect, random};

#[tokio::test]
async fn a_hundred_requests_on_one_connection() {
    let mut random = random();
    let site = Site::empty();
    let contents: Vec<_> = (0..5).map(|_| text(&mut random)).collect();
    for (number, content) in contents.iter().enumerate() {
        site.file(&format!("{number}.txt"), content);
    }
    let (program, _) = site.serve();
    let mut wire = Wire::open(&program).await;
    for _ in 0..100 {
        let number = random.below(7);
        let answer = wire.ask(get(&format!("/{number}.txt"))).await;
        match contents.get(number) {
            Some(content) => answer.is_file("every request is answered with its own file", content),
            None => answer.has_status("every request is answered", &[404]),
        };
    }
}

#[tokio::test]
async fn http_1_0_closes_unless_asked_not_to() {
    let (site, content) = (Site::empty(), text(&mut random()));
    site.file("one.txt", &content);
    let (program, _) = site.serve();
    let mut wire = Wire::open(&program).await;
    wire.ask("GET /one.txt HTTP/1.0\r\n\r\n").await.is_file("HTTP/1.0 is served, even without Host", &content);
    wire.closed("with HTTP/1.0, the connection is closed after the response").await;

    let mut wire = Wire::open(&program).await;
    for _ in 0..2 {
        let answer = wire.ask("GET /one.txt HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n").await;
        answer.is_file("HTTP/1.0 with keep-alive stays open", &content);
        let said = answer.header("connection").unwrap_or_default().to_ascii_lowercase();
        answer.expect("the response agrees to keep-alive").eq(said, "keep-alive");
    }
}

#[tokio::test]
async fn the_options_of_connection_are_a_list_in_any_case() {
    let site = Site::empty();
    site.file("one.txt", "x");
    let (program, _) = site.serve();
    for value in ["CLOSE", "x-trace, close", "Close , x-trace"] {
        let mut wire = Wire::open(&program).await;
        wire.ask(request("GET", "/one.txt", &[&format!("cOnNeCtIoN: {value}")])).await.is_file("it is answered", "x");
        wire.closed("close among the options of Connection closes the connection").await;
    }
}

#[tokio::test]
async fn a_405_does_not_end_the_connection_or_says_so() {
    let site = Site::empty();
    site.file("one.txt", "x");
    let (program, _) = site.serve();
    let mut wire = Wire::open(&program).await;
    wire.ask(request("DELETE", "/one.txt", &[])).await.has_status("DELETE is not allowed", &[405]);
    wire.ask(get("/one.txt")).await.is_file("the connection survives a 405", "x");
}

/// What is inside a body is no request, even if it looks like one.
#[tokio::test]
async fn a_body_is_never_taken_for_a_request() {
    let mut random = random();
    let (site, secret, content) = (Site::empty(), random.name(), text(&mut random));
    site.file("secret.txt", &secret);
    site.file("one.txt", &content);
    let (program, _) = site.serve();
    let inner = get("/secret.txt");
    let with_length = format!("Content-Length: {}\r\n\r\n{inner}", inner.len());
    let in_chunks = format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{inner}\r\n0\r\n\r\n", inner.len());
    for (method, body) in [("POST", &with_length), ("GET", &with_length), ("POST", &in_chunks), ("GET", &in_chunks)] {
        let request = format!("{method} /one.txt HTTP/1.1\r\nHost: files.test\r\n{body}");
        let last = request_that_closes("/one.txt");
        let mut wire = Wire::open(&program).await;
        wire.send(request + &last).await;
        let bytes = wire.closed("the program answers, and closes at the latest after Connection: close").await;
        let said = String::from_utf8_lossy(&bytes);
        let statuses = said.matches("HTTP/1.1 ").count();
        let rule = expect("a body is read past, or the connection is closed after the answer");
        let fits = (1..=2).contains(&statuses) && !said.contains(&secret);
        rule.request(format!("{method} /one.txt with the body\n{body}"))
            .expected("one or two responses, and none to what stands in the body")
            .that(fits, &said);
        if method == "GET" {
            let rule = expect("the response is the same as without the body").expected("HTTP/1.1 200 and the file");
            rule.that(said.starts_with("HTTP/1.1 200 ") && said.contains(&content), &said);
        }
    }
}

#[tokio::test]
async fn a_body_of_no_bytes_is_none() {
    let (site, content) = (Site::empty(), text(&mut random()));
    site.file("one.txt", &content);
    let (program, _) = site.serve();
    let mut wire = Wire::open(&program).await;
    for _ in 0..3 {
        let answer = wire.ask(request("GET", "/one.txt", &["Content-Length: 0"])).await;
        answer.is_file("Content-Length: 0 is no body, so the connection goes on", &content);
    }
}

fn request_that_closes(target: &str) -> String {
    request("GET", target, &["Connection: close"])
}

#[tokio::test]
async fn who_says_no_more_is_still_answered() {
    let (site, content) = (Site::empty(), text(&mut random()));
    site.file("one.txt", &content);
    let (program, _) = site.serve();
    let mut wire = Wire::open(&program).await;
    wire.send(get("/one.txt")).await;
    wire.finish().await;
    wire.answer().await.is_file("a client that has closed its sending side is answered", &content);
    wire.closed("and then the connection is closed").await;
}

/// What was promised cannot be sent any more, and whatever followed would be taken for the rest of it.
#[tokio::test]
async fn a_file_that_becomes_shorter_ends_the_connection() {
    let site = Site::empty();
    site.large_file("large.bin", 64 << 20);
    let (program, _) = site.serve();
    let mut wire = Wire::open(&program).await;
    wire.send(get("/large.bin")).await;
    wire.begun(1000).await;
    site.large_file("large.bin", 1 << 20);
    let bytes = wire.closed("a file that has become shorter is the end of the connection").await;
    expect("it was made shorter in time").that(bytes.len() < 64 << 20, format!("{} bytes", bytes.len()));
}

#[tokio::test]
async fn idle_connections_do_not_hold_up_sigterm() {
    let site = Site::empty();
    site.file("one.txt", "x");
    let (mut program, _) = site.serve();
    let mut used = Wire::open(&program).await;
    used.ask(get("/one.txt")).await.is_file("the connection is in use", "x");
    let mut silent = Wire::open(&program).await;
    program.terminate();
    used.closed("a connection that waits for a request is closed").await;
    silent.closed("a connection that waits for a request is closed").await;
}
