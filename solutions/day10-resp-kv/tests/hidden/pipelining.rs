use crate::visible::support::{Server, bulk, encode, send_in_pieces};
use harness::{expect, random};
use harness_net::together;
use redis::cmd;

#[tokio::test]
async fn a_thousand_commands_are_answered_in_order() {
    let server = Server::start();
    let mut client = server.client().await;
    let mut pipe = redis::pipe();
    for _ in 0..1000 {
        pipe.incr("n", 1);
    }
    let numbers: Result<Vec<i64>, _> = pipe.query_async(&mut client.connection).await;
    let expected: Vec<i64> = (1..=1000).collect();
    expect("a pipeline of 1000 INCR counts from 1 to 1000")
        .expected("1, 2, 3 … 1000")
        .that(numbers.as_ref().is_ok_and(|numbers| *numbers == expected), format!("{numbers:?}"));
}

#[tokio::test]
async fn commands_are_cut_anywhere_and_still_answered_in_order() {
    let (server, mut random) = (Server::start(), random());
    let mut socket = server.socket().await;
    let (mut requests, mut replies) = (Vec::new(), Vec::new());
    for number in 0..60 {
        let length = random.below(60);
        let value = random.bytes(length);
        let key = format!("k{}", number % 7);
        requests.extend(encode([b"SET".as_slice(), key.as_bytes(), &value]));
        requests.extend(encode(["GET", &key]));
        replies.extend([format!("+OK\r\n${}\r\n", value.len()).as_bytes(), &value, b"\r\n"].concat());
    }
    send_in_pieces(&mut socket, &mut random, &requests, 90).await;
    socket.expect_bytes("where TCP cuts a pipeline does not matter", replies).await;
}

#[tokio::test]
async fn a_client_that_ends_its_side_still_gets_its_answers() {
    let server = Server::start();
    let mut socket = server.socket().await;
    socket.send(b"INCR n\r\n".repeat(20)).await;
    socket.finish().await;
    let said = socket.expect_closed("the connection ends after the last answer").await;
    let expected: String = (1..=20).map(|number| format!(":{number}\r\n")).collect();
    expect("what was sent before the end is answered")
        .request("INCR n, twenty times, and the end of the sending side")
        .expected(expected.escape_debug().to_string())
        .that(said == expected.as_bytes(), said.escape_ascii());
}

#[tokio::test]
async fn replies_go_to_the_client_that_asked() {
    let server = Server::start();
    let mut sockets = Vec::new();
    for _ in 0..8 {
        sockets.push(std::sync::Arc::new(tokio::sync::Mutex::new(server.socket().await)));
    }
    together(sockets.len(), |number| {
        let socket = std::sync::Arc::clone(&sockets[number]);
        async move {
            let mut socket = socket.lock().await;
            let message = format!("client {number}");
            socket.send(encode(["ECHO", &message]).repeat(200)).await;
            let replies = format!("${}\r\n{message}\r\n", message.len()).repeat(200);
            socket.expect_bytes("pipelines of several clients do not mix", replies).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_client_that_does_not_read_holds_up_nobody() {
    let (server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    let value = "x".repeat(1_000_000);
    client.expect("SET takes a megabyte", cmd("SET").arg("big").arg(&value), "OK").await;
    let mut lazy = server.socket().await;
    lazy.send(encode(["GET", "big"]).repeat(30)).await;
    for _ in 0..10 {
        let message = random.word();
        client.expect("others are served meanwhile", cmd("ECHO").arg(&message), bulk(&message)).await;
    }
    let reply = format!("${}\r\n{value}\r\n", value.len());
    for _ in 0..30 {
        let got = lazy.read_until(|bytes| (bytes.len() >= reply.len()).then_some(reply.len())).await;
        expect("it gets all of its answers once it reads")
            .that(got.is_ok_and(|got| got == reply.as_bytes()), "other bytes");
    }
}
