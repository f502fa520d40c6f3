use super::support::{Gateway, named, response, socket_server, to};
use harness::{expect, random};
use harness_net::{Socket, WebSocket, websocket};
use serde_json::json;

#[tokio::test]
async fn large_messages_pass_whole() {
    let gateway = Gateway::start(&to([socket_server().await]));
    let mut socket = WebSocket::open(gateway.address(), "/echo").await;
    let mut random = random();
    for size in [0, 125, 126, 70_000, 1_000_000] {
        let message = json!({"text": random.unicode(size / 2)});
        socket.send(&message).await;
        let echo = socket.next("an echo server sends a message back").await;
        expect(format!("a message of about {size} bytes comes back")).that(echo == message, "another message");
    }
}

#[tokio::test]
async fn the_end_reaches_the_other_side() {
    let gateway = Gateway::start(&to([socket_server().await]));
    let mut socket = websocket::raw(gateway.address(), "/echo").await;
    // A close frame with 1000, normal closure.
    socket.send(websocket::masked(0x88, &1000_u16.to_be_bytes())).await;
    websocket::expect_close("the upstream's close frame comes back", &mut socket, 1000).await;
}

#[tokio::test]
async fn the_upstream_chooses() {
    let gateway = Gateway::start(&to([socket_server().await]));
    let key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    let mut socket = Socket::connect(gateway.address()).await;
    let request = format!(
        "GET /echo HTTP/1.1\r\nHost: shop\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n{key}\r\n\
         Sec-WebSocket-Protocol: v0, v1\r\n\r\n"
    );
    socket.send(&request).await;
    let end = |bytes: &[u8]| bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4);
    let head = socket.read_until(end).await.unwrap_or_else(|closed| closed.0);
    let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
    expect("the upstream's answer is the client's").request(&request).contains(&head, "101 switching protocols");
    for line in
        ["sec-websocket-accept: s3pplmbitxaq9kygzzhzrbk+xoo=", "sec-websocket-protocol: v1", "upgrade: websocket"]
    {
        expect("with the headers of the handshake").request(&request).contains(&head, line);
    }
    let refused = WebSocket::try_open(gateway.address(), "/nowhere").await.err().map(|refused| refused.status);
    expect("a refusal is the client's, too").eq(refused, Some(404));
}

#[tokio::test]
async fn other_protocols_are_not_switched_to() {
    let upstream = named("ada");
    let gateway = Gateway::start(&to([upstream.address()]));
    let mut socket = Socket::connect(gateway.address()).await;
    let request = "GET / HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\
         HTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n";
    socket.send(request).await;
    expect("it is answered as a usual request").contains(&response(&mut socket).await, "200");
    expect("the upstream is not asked to switch").request(request).eq(upstream.received()[0].header("upgrade"), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn open_sockets_do_not_hold_the_end_up() {
    let mut gateway = Gateway::start(&to([socket_server().await]));
    let mut socket = WebSocket::open(gateway.address(), "/echo").await;
    socket.send(&json!(1)).await;
    socket.next("an echo server sends a message back").await;
    gateway.program.terminate();
}
