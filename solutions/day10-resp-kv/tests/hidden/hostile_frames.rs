use crate::visible::support::{Server, bulk, encode};
use harness::{expect, random};
use redis::cmd;

#[tokio::test]
async fn a_line_without_end_is_cut_off() {
    let server = Server::start();
    for start in ["", "*", "*2\r\n$"] {
        let mut socket = server.socket().await;
        socket.send(format!("{start}{}", "1".repeat(80_000))).await;
        let said = socket.expect_closed("a line of 80,000 bytes ends the connection").await;
        expect("a protocol error is answered before the connection is closed")
            .request(format!("{}, then 80,000 times the digit 1 and no line end", start.escape_debug()))
            .expected("-ERR Protocol error: …")
            .that(said.starts_with(b"-ERR Protocol error"), said.escape_ascii());
    }
    server.client().await.expect("others do not notice", &cmd("PING"), "PONG").await;
}

#[tokio::test]
async fn what_came_before_the_nonsense_is_answered() {
    let (server, word) = (Server::start(), random().word());
    let mut socket = server.socket().await;
    socket
        .send([encode(["SET", "k", &word]), encode(["GET", "k"]), b"*1\r\n$-5\r\n".to_vec(), encode(["PING"])].concat())
        .await;
    let said = socket.expect_closed("a protocol error ends the connection").await;
    let expected = format!("+OK\r\n${}\r\n{word}\r\n-ERR Protocol error", word.len());
    expect("commands before a protocol error are answered, none after it is")
        .expected(format!("{}…", expected.escape_debug()))
        .that(said.starts_with(expected.as_bytes()) && !said.ends_with(b"+PONG\r\n"), said.escape_ascii());
}

#[tokio::test]
async fn lengths_that_are_no_lengths_are_refused() {
    let (server, mut random) = (Server::start(), random());
    let beyond = 536_870_912 + random.between(1..=1_000_000_000);
    for nonsense in [
        format!("*1\r\n${beyond}\r\n"),
        format!("*1\r\n$-{}\r\n", random.between(2..=99)),
        format!("*{}\r\n", i64::from(i32::MAX) + random.between(1..=1000)),
        "*1\r\n$99999999999999999999\r\n".to_owned(),
        "*99999999999999999999\r\n".to_owned(),
        "*1\r\n$\r\n".to_owned(),
        "*\r\n".to_owned(),
        "*2\r\n$4\r\nECHO\r\n:5\r\n".to_owned(),
        "*1\r\n*1\r\n$4\r\nPING\r\n".to_owned(),
    ] {
        let mut socket = server.socket().await;
        socket.send(&nonsense).await;
        let said = socket.expect_closed("a protocol error ends the connection").await;
        expect("a protocol error is answered before the connection is closed")
            .request(nonsense.escape_debug().to_string())
            .expected("-ERR Protocol error: …")
            .that(said.starts_with(b"-ERR Protocol error"), said.escape_ascii());
    }
}

#[tokio::test]
async fn a_request_without_words_gets_no_reply() {
    let server = Server::start();
    let mut socket = server.socket().await;
    socket.send("*0\r\n\r\n*-1\r\n*1\r\n$4\r\nPING\r\n").await;
    socket.expect_bytes("*0, *-1 and an empty line are passed over", "+PONG\r\n").await;
}

#[tokio::test]
async fn a_command_name_cannot_forge_a_reply() {
    let (server, word) = (Server::start(), random().word());
    let mut socket = server.socket().await;
    let forged = format!("X{word}\r\n+OK\r\n$3\r\nabc\r\n");
    socket.send([encode([&forged]), encode(["ECHO", &word])].concat()).await;
    let rest = format!("\r\n${}\r\n{word}\r\n", word.len());
    let whole = |bytes: &[u8]| bytes.ends_with(rest.as_bytes()).then_some(bytes.len());
    let said = socket.read_until(whole).await.unwrap_or_else(|closed| closed.0);
    let lines = said.split(|byte| *byte == b'\n').count();
    expect("an error is one line, even when the unknown command's name holds line ends")
        .request(format!("{forged:?} as the name of a command, and ECHO {word}"))
        .expected(format!("-ERR unknown command … on one line, then {}", rest.trim_start().escape_debug()))
        .that(said.starts_with(b"-ERR unknown command") && lines == 4, said.escape_ascii());
}

#[tokio::test]
async fn half_a_command_has_no_effect() {
    let (server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    let key = random.name();
    for missing in 1..=6 {
        let mut socket = server.socket().await;
        let request = encode(["SET", &key, "half"]);
        socket.send(&request[..request.len() - missing]).await;
        socket.finish().await;
        let said = socket.expect_closed("a connection that ends in the middle of a command is closed").await;
        expect("half a command gets no reply").that(said.is_empty(), said.escape_ascii());
    }
    client.expect("half a command has no effect", cmd("EXISTS").arg(&key), "(integer) 0").await;
}

#[tokio::test]
async fn garbage_on_many_connections_hurts_nobody() {
    let (server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    client.expect("SET answers OK", cmd("SET").arg("k").arg("kept"), "OK").await;
    let mut open = Vec::new();
    for number in 0..60 {
        let mut socket = server.socket().await;
        let length = 1 + random.below(400);
        let garbage = random.bytes(length);
        match number % 3 {
            0 => socket.send(garbage).await,
            1 => socket.send([b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$".as_slice(), &garbage].concat()).await,
            _ => socket.send("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100\r\nnot enough").await,
        }
        open.push(socket);
    }
    client.expect("the data is as it was", cmd("GET").arg("k"), bulk("kept")).await;
}
