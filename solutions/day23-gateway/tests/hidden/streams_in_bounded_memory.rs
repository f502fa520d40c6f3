use super::support::{Gateway, Raw, to};
use harness::expect;
use harness_net::{Socket, within};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const MEGABYTES: u64 = 128;

#[tokio::test]
async fn a_large_download_needs_little_memory() {
    let upstream = Raw::start().await;
    let gateway = Gateway::start(&to([upstream.address()]));
    let before = gateway.program.peak_memory();
    let mut socket = Socket::connect(gateway.address()).await;
    socket.send("GET /disk HTTP/1.1\r\nHost: shop\r\nConnection: close\r\n\r\n").await;
    let mut conversation = upstream.accept().await;
    conversation.head().await;
    let sending = tokio::spawn(async move {
        conversation.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", MEGABYTES << 20)).await;
        let piece = vec![b'x'; 1 << 20];
        for _ in 0..MEGABYTES {
            conversation.send(&piece).await;
        }
        conversation
    });
    let mut client = socket.into_inner();
    let (mut received, mut piece) = (0, vec![0; 256 * 1024]);
    while received < MEGABYTES << 20 {
        let read = within("the body arrives", Duration::from_secs(10), client.read(&mut piece)).await.unwrap_or(0);
        expect("all of the body arrives").that(read > 0, format!("the end after {received} bytes"));
        received += read as u64;
    }
    let after = gateway.program.peak_memory();
    drop(sending.await);
    if let (Some(before), Some(after)) = (before, after) {
        let grown = after.resident.saturating_sub(before.resident) >> 20;
        expect(format!("a body of {MEGABYTES} MB passes through less than 32 MB of memory"))
            .that(grown < 32, format!("{grown} MB more than before"));
    }
}

#[tokio::test]
async fn a_request_is_passed_on_while_it_comes() {
    let upstream = Raw::start().await;
    let gateway = Gateway::start(&to([upstream.address()]));
    let mut socket = Socket::connect(gateway.address()).await;
    socket.send("POST / HTTP/1.1\r\nHost: shop\r\nContent-Length: 10\r\n\r\nfirst").await;
    let mut conversation = upstream.accept().await;
    conversation.head().await;
    let first = conversation.take(5).await;
    expect("the first half reaches the upstream before the second was sent").eq(first, b"first".to_vec());
    socket.send("after").await;
    expect("and then the second").eq(conversation.take(5).await, b"after".to_vec());
    conversation.answer("thanks").await;
    expect("the request is answered").contains(&super::support::response(&mut socket).await, "thanks");
}

#[tokio::test]
async fn who_does_not_read_holds_the_upstream_back() {
    const MOST: u64 = 200 << 20;
    let upstream = Raw::start().await;
    let gateway = Gateway::start(&to([upstream.address()]));
    let before = gateway.program.peak_memory();
    let mut client = Socket::connect_narrow(gateway.address()).await;
    client.send("GET /endless HTTP/1.1\r\nHost: shop\r\n\r\n").await;
    let mut conversation = upstream.accept().await;
    conversation.head().await;
    conversation.send(format!("HTTP/1.1 200 OK\r\nContent-Length: {MOST}\r\n\r\n")).await;
    let mut stream = conversation.into_inner();
    let (mut sent, piece) = (0, vec![b'x'; 256 * 1024]);
    // The system takes some megabytes into its own buffers. Then nothing more goes, for nobody reads.
    while sent < MOST {
        match tokio::time::timeout(Duration::from_millis(300), stream.write(&piece)).await {
            Ok(written) => sent += written.expect("the gateway keeps the connection") as u64,
            Err(_) => break,
        }
    }
    expect("what nobody reads is not fetched")
        .that(sent < MOST, format!("the gateway took all {} MB of it", sent >> 20));
    if let (Some(before), Some(after)) = (before, gateway.program.peak_memory()) {
        let grown = after.resident.saturating_sub(before.resident) >> 20;
        expect("nor kept in memory").that(grown < 32, format!("{grown} MB more than before"));
    }
    drop(client);
    let mut rest = [0; 16];
    let ended = within("when the client leaves, the upstream is left", Duration::from_secs(10), async {
        while stream.write_all(&piece).await.is_ok() {}
        stream.read(&mut rest).await.unwrap_or(0)
    });
    expect("the connection to the upstream has ended").eq(ended.await, 0);
}
