use super::support::{Gateway, Raw, asked, named, response, to};
use harness::{expect, random};
use harness_net::Socket;

const HIDDEN: &str = "GET /hidden HTTP/1.1\r\nHost: shop\r\n\r\n";

#[tokio::test]
async fn lengths_that_are_none_are_refused() {
    let upstream = named("ada");
    let gateway = Gateway::start(&to([upstream.address()]));
    for lengths in [
        "Content-Length: +4",
        "Content-Length: 4, 0",
        "Content-Length: 0x4",
        "Content-Length: -1",
        "Content-Length : 4",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    ] {
        let mut socket = Socket::connect(gateway.address()).await;
        let request = format!("POST /seen HTTP/1.1\r\nHost: shop\r\n{lengths}\r\n\r\n0\r\n\r\n{HIDDEN}");
        socket.send(&request).await;
        let answer = socket.expect_closed("the connection is closed afterwards").await;
        let answer = String::from_utf8_lossy(&answer).into_owned();
        let refused = answer.starts_with("HTTP/1.1 400 ") || answer.starts_with("HTTP/1.1 501 ");
        expect("it is refused").request(&request).expected("status 400 or 501").that(refused, &answer);
        expect("nothing reaches the upstream").request(&request).eq(asked(&upstream).len(), 0);
    }
}

#[tokio::test]
async fn other_codings_are_not_taken_for_none() {
    let upstream = named("ada");
    let gateway = Gateway::start(&to([upstream.address()]));
    for coding in ["gzip, chunked", "chunked, chunked", "gzip\r\nTransfer-Encoding: chunked"] {
        let mut socket = Socket::connect(gateway.address()).await;
        let request = format!(
            "POST / HTTP/1.1\r\nHost: shop\r\nTransfer-Encoding: {coding}\r\nConnection: close\r\n\r\n0\r\n\r\n"
        );
        socket.send(&request).await;
        let answer = String::from_utf8_lossy(&socket.expect_closed("it is answered").await).into_owned();
        let refused = answer.starts_with("HTTP/1.1 501 ") || answer.starts_with("HTTP/1.1 400 ");
        expect("the upstream would take a coded body for a plain one")
            .request(&request)
            .expected("status 501")
            .that(refused, &answer);
    }
    expect("nothing reaches the upstream").eq(asked(&upstream).len(), 0);
}

#[tokio::test]
async fn a_body_never_becomes_a_request() {
    let upstream = Raw::start().await;
    let gateway = Gateway::start(&to([upstream.address()]));
    let mut socket = Socket::connect(gateway.address()).await;
    // A GET can have a body, and this one looks like a request.
    let request = format!("GET /seen HTTP/1.1\r\nHost: shop\r\nContent-Length: {}\r\n\r\n{HIDDEN}", HIDDEN.len());
    socket.send(&request).await;
    let mut conversation = upstream.accept().await;
    let head = conversation.head().await;
    expect("the body is announced to the upstream as one")
        .request(&request)
        .that(head.contains("content-length:") || head.contains("transfer-encoding: chunked"), &head);
    if head.contains("content-length:") {
        let body = conversation.take(HIDDEN.len()).await;
        expect("and is all there").request(&request).eq(String::from_utf8_lossy(&body), HIDDEN);
    }
    conversation.answer("seen").await;
    expect("it is answered").contains(&response(&mut socket).await, "seen");
}

#[tokio::test]
async fn a_whole_address_in_the_target_names_the_host() {
    let word = random().name();
    let upstream = named("ada");
    let gateway = Gateway::start(&to([upstream.address()]));
    let mut socket = Socket::connect(gateway.address()).await;
    let request = format!("GET http://{word}.example/a?b HTTP/1.1\r\nHost: other.example\r\n\r\n");
    socket.send(&request).await;
    expect("it is answered").contains(&response(&mut socket).await, "200");
    let received = &upstream.received()[0];
    expect("the target tells the host")
        .request(&request)
        .eq(received.header("host"), Some(format!("{word}.example").as_str()));
    expect("and the upstream gets path and query").request(&request).eq(received.target.as_str(), "/a?b");
}

#[tokio::test]
async fn an_upstream_that_contradicts_itself_is_502() {
    let upstream = Raw::start().await;
    let gateway = Gateway::start(&to([upstream.address()]));
    let call = tokio::spawn(gateway.http.post("/").body("x").send());
    let mut conversation = upstream.accept().await;
    conversation.head().await;
    conversation.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk").await;
    call.await.expect("it is answered").expect("nobody knows where this response ends").problem(502);
}
