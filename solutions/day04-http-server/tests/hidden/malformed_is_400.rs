use crate::visible::{
    malformed_is_400::refused,
    support::{Site, Wire, get, request, show},
};
use harness::random;

fn site() -> Site {
    let site = Site::empty();
    site.file("there.txt", "x");
    site
}

#[tokio::test]
async fn request_lines() {
    let site = site();
    let (program, _) = site.serve();
    for line in [
        "GET",
        "GET HTTP/1.1",
        "GET /there.txt HTTP/1.",
        "GET /there.txt http/1.1",
        "GET /there.txt HTTP/1.1\t",
        "GET /the re.txt HTTP/1.1",
        "GET /there\u{1}.txt HTTP/1.1",
        "GET /there.txt\u{7f} HTTP/1.1",
        "/there.txt GET HTTP/1.1",
        "G@T /there.txt HTTP/1.1",
        " GET /there.txt HTTP/1.1",
    ] {
        refused(&program, format!("{line}\r\nHost: files.test\r\n\r\n").as_bytes(), &[400]).await;
    }
    for version in ["HTTP/2.0", "HTTP/3.7", "HTTP/9.9"] {
        refused(&program, format!("GET /there.txt {version}\r\nHost: files.test\r\n\r\n").as_bytes(), &[400, 505])
            .await;
    }
}

#[tokio::test]
async fn percent_signs() {
    let site = site();
    let (program, _) = site.serve();
    for target in ["/%zz", "/%", "/there.txt%", "/there.txt%2", "/%g0", "/%0g", "/there.txt%00", "/there.txt%00.html"] {
        let head = get(target);
        refused(&program, head.as_bytes(), &[400]).await;
    }
}

#[tokio::test]
async fn header_lines() {
    let site = site();
    let (program, _) = site.serve();
    for line in [
        &b"Host: another.test"[..],
        b"Accept : */*",
        b"no colon in here",
        b": no name",
        b" folded: line",
        b"Accept: a\r\n folded",
        b"Accept: a\0b",
        b"Accept: a\rb",
        b"two words: x",
    ] {
        let head = [b"GET /there.txt HTTP/1.1\r\nHost: files.test\r\n", line, b"\r\n\r\n"].concat();
        refused(&program, &head, &[400]).await;
    }
}

/// Whoever reads such a request otherwise than the proxy in front of it lets a second one slip in.
#[tokio::test]
async fn lengths_that_can_be_understood_in_two_ways() {
    let mut random = random();
    let site = site();
    let (program, _) = site.serve();
    let length = random.between(1..=90);
    for lines in [
        format!("Content-Length: {length}\r\nContent-Length: {}", length + 1),
        format!("Content-Length: {}\r\nContent-Length: {length}", length + 1),
        format!("Content-Length: {length}\r\nAccept: */*\r\ncontent-length: {length}"),
        format!("Content-Length: {length}, {length}"),
        format!("Content-Length: -{length}"),
        format!("Content-Length: +{length}"),
        format!("Content-Length: 0x{length}"),
        format!("Content-Length: {length} {length}"),
        "Content-Length: 99999999999999999999999".to_owned(),
        "Content-Length: many".to_owned(),
    ] {
        let head = format!("POST /there.txt HTTP/1.1\r\nHost: files.test\r\n{lines}\r\n\r\n");
        refused(&program, head.as_bytes(), &[400]).await;
    }
}

#[tokio::test]
async fn transfer_encodings() {
    let site = site();
    let (program, _) = site.serve();
    for coding in ["gzip", "xchunked", "identity", "chunked, gzip"] {
        let head = request("POST", "/there.txt", &[&format!("Transfer-Encoding: {coding}")]);
        refused(&program, head.as_bytes(), &[400, 501]).await;
    }
}

/// The body is complete in both readings: as three chunks' worth of nothing, and as five bytes.
#[tokio::test]
async fn a_length_and_an_encoding() {
    let site = site();
    let (program, _) = site.serve();
    for lines in
        [["Content-Length: 5", "Transfer-Encoding: chunked"], ["Transfer-Encoding: chunked", "Content-Length: 5"]]
    {
        let head = request("POST", "/there.txt", &lines) + "0\r\n\r\n";
        let mut wire = Wire::open(&program).await;
        let answer = wire.ask(head).await;
        answer.has_status("a length and an encoding contradict each other", &[400]);
        answer.has_header("nobody knows where the next request would begin", "Connection", "close");
    }
}

#[tokio::test]
async fn noise() {
    let mut random = random();
    let site = site();
    let (program, http) = site.serve();
    for _ in 0..20 {
        let length = 1 + random.below(300);
        // No byte below 0x80, so no noise is a request by chance, and none has a line end.
        let noise: Vec<u8> = random.bytes(length).into_iter().map(|byte| byte | 0x80).collect();
        let answer = Wire::open(&program).await.ask([&noise[..], b"\r\n\r\n"].concat()).await;
        answer.expect("noise is refused").expected("status 400").that(answer.status == 400, show(&answer.body));
    }
    http.get("/there.txt").send().await.expect("other clients are served as before").status(200);
}
