use crate::visible::support::{Server, bulk, encode, nasty_bytes, send_in_pieces};
use harness::{expect, random};
use redis::cmd;

#[tokio::test]
async fn a_megabyte_of_any_bytes_comes_back_whole() {
    let (server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    let value = random.bytes(1_000_000 + usize::try_from(random.clone().between(0..=9999)).unwrap_or(0));
    client.expect("SET takes a megabyte", cmd("SET").arg("big").arg(&value), "OK").await;
    let reply = client.ask(cmd("GET").arg("big")).await;
    expect("GET gives the same megabyte back")
        .request("GET big")
        .expected(format!("{} bytes, the same as in SET", value.len()))
        .that(reply == bulk(&value), format!("{} characters that differ", reply.len()));
}

#[tokio::test]
async fn bytes_that_look_like_frames_are_data_however_they_arrive() {
    let (server, mut random) = (Server::start(), random());
    let mut socket = server.socket().await;
    for _ in 0..4 {
        let (key, value) = (nasty_bytes(&mut random), nasty_bytes(&mut random));
        let requests = [encode([b"SET".as_slice(), &key, &value]), encode([b"GET".as_slice(), &key])].concat();
        send_in_pieces(&mut socket, &mut random, &requests, 5).await;
        let reply = [format!("+OK\r\n${}\r\n", value.len()).as_bytes(), &value, b"\r\n"].concat();
        socket.expect_bytes("a value is as long as its length says, whatever it holds", reply).await;
    }
}

#[tokio::test]
async fn echo_and_ping_give_any_bytes_back() {
    let (server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    let message = [nasty_bytes(&mut random), random.bytes(200)].concat();
    client.expect("ECHO gives the same bytes back", cmd("ECHO").arg(&message), bulk(&message)).await;
    client.expect("PING gives the same bytes back", cmd("PING").arg(&message), bulk(&message)).await;
}
