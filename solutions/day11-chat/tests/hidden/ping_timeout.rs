use crate::visible::support::Chat;
use harness::expect;
use harness_net::websocket::{self, masked};

#[tokio::test]
async fn anything_that_comes_is_a_sign_of_life() {
    let chat = Chat::start(&["--ping-ms", "100"]);
    let mut socket = websocket::raw(chat.program.address(), "/ws?name=busy").await;
    for _ in 0..6 {
        let frame = websocket::frame(&mut socket).await;
        let is_ping = frame.as_ref().is_some_and(|(first, _)| *first == 0x89);
        expect("a client that says something is not given up").that(is_ping, format!("{frame:?}"));
        // No pong, but a request.
        socket.send(masked(0x81, br#"{"type":"join","room":"lobby"}"#)).await;
        let joined = websocket::frame(&mut socket).await;
        expect("its requests are answered").that(joined.is_some_and(|(first, _)| first == 0x81), "something else");
    }
}

#[tokio::test]
async fn the_others_are_told_that_somebody_is_gone() {
    let chat = Chat::start(&["--ping-ms", "150"]);
    let mut ann = chat.enter_room("ann", "lobby", &mut []).await;
    let mut dead = websocket::raw(chat.program.address(), "/ws?name=dead").await;
    dead.send(masked(0x81, br#"{"type":"join","room":"lobby"}"#)).await;
    ann.hears_presence("lobby", "dead", "joined").await;
    // The client of ann answers pings while she listens; nobody answers for the dead.
    ann.hears_presence("lobby", "dead", "left").await;
}

#[tokio::test]
async fn a_half_closed_connection_is_closed() {
    let chat = Chat::start(&["--ping-ms", "600000"]);
    let mut ann = chat.enter_room("ann", "lobby", &mut []).await;
    let mut half = websocket::raw(chat.program.address(), "/ws?name=half").await;
    half.send(masked(0x81, br#"{"type":"join","room":"lobby"}"#)).await;
    ann.hears_presence("lobby", "half", "joined").await;
    half.finish().await;
    ann.hears_presence("lobby", "half", "left").await;
    half.expect_closed("a connection whose client has ended its half is closed").await;
}

#[tokio::test]
async fn a_goodbye_is_answered() {
    let chat = Chat::start(&[]);
    let mut socket = websocket::raw(chat.program.address(), "/ws?name=polite").await;
    socket.send(masked(0x88, &1000_u16.to_be_bytes())).await;
    websocket::expect_close("a close frame is answered with its own code", &mut socket, 1000).await;
    chat.enter_again("polite").await;
}
