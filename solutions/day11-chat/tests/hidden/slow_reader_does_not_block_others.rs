use crate::visible::support::{Chat, path};
use harness::expect;
use harness_net::WebSocket;
use serde_json::json;
use tokio::net::TcpSocket;

/// What is said to somebody who does not read, at most.
const MOST: usize = 8000;

#[tokio::test]
async fn direct_messages_do_not_pile_up() {
    let chat = Chat::start(&["--queue", "8"]);
    let mut ann = chat.enter("ann").await;
    let _sleeper = chat.enter("sleeper").await;
    let text = "z".repeat(3900);
    for _ in 0..MOST {
        ann.direct("sleeper", &text).await;
        let heard = ann.socket.next("a direct message is answered").await;
        if heard["type"] == "error" {
            return expect("the sleeper is gone").eq(heard["code"].as_str(), Some("no_such_user"));
        }
    }
    expect("a client that does not read is cut off").fail("after 31 MB it is still there");
}

#[tokio::test]
async fn the_connection_of_a_slow_reader_ends() {
    let chat = Chat::start(&["--queue", "8"]);
    let mut ann = chat.enter_room("ann", "lobby", &mut []).await;
    // A small window, so that little fits into the connection.
    let socket = TcpSocket::new_v4().expect("a socket can be made");
    socket.set_recv_buffer_size(4096).expect("its buffer can be small");
    let stream = socket.connect(chat.program.address()).await.expect("the program accepts connections");
    let mut slow = WebSocket::over(stream, &path("slow")).await.expect("the handshake is accepted");
    slow.send(&json!({"type": "join", "room": "lobby"})).await;
    ann.hears_presence("lobby", "slow", "joined").await;
    let text = "z".repeat(3900);
    let mut said = 0;
    loop {
        expect("a client that does not read is cut off").that(said < MOST, format!("{said} messages, and no end"));
        ann.say("lobby", &text).await;
        if ann.socket.next("the others go on talking").await["state"] == "left" {
            break;
        }
        said += 1;
    }
    let (heard, _) = slow.rest("the connection of a slow reader ends").await;
    let ids: Vec<_> = heard.iter().filter_map(|message| message["id"].as_u64()).collect();
    expect("what it could still read was in order").that(ids.is_sorted(), format!("{ids:?}"));
    expect("but it was not everything").that(ids.len() < said, format!("{} of {said}", ids.len()));
}

#[tokio::test]
async fn a_queue_is_there_for_a_pause() {
    let chat = Chat::start(&["--queue", "500"]);
    let mut ann = chat.enter_room("ann", "lobby", &mut []).await;
    let mut bob = chat.enter_room("bob", "lobby", &mut [&mut ann]).await;
    for number in 0..400 {
        ann.say("lobby", &number.to_string()).await;
        ann.socket.next("who says it hears it").await;
    }
    for number in 0..400 {
        let requirement = "who reads late hears everything that the queue has room for";
        bob.hears_said(requirement, "lobby", "ann", &number.to_string()).await;
    }
}

#[tokio::test]
async fn one_who_is_slow_in_one_room_does_not_harm_another() {
    let chat = Chat::start(&["--queue", "8"]);
    let mut ann = chat.enter_room("ann", "loud", &mut []).await;
    let _sleeper = chat.enter_room("sleeper", "loud", &mut [&mut ann]).await;
    let mut cleo = chat.enter_room("cleo", "quiet", &mut []).await;
    let text = "z".repeat(3900);
    for number in 0..300 {
        ann.say("loud", &text).await;
        ann.socket.next("the others go on talking").await;
        if number % 30 == 0 {
            cleo.say("quiet", "tick").await;
            cleo.hears_said("another room goes on", "quiet", "cleo", "tick").await;
        }
    }
}
