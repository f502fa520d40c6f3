use crate::visible::support::Chat;
use harness_net::websocket::{self, masked};
use serde_json::json;

#[tokio::test]
async fn what_breaks_the_protocol_is_1002() {
    let chat = Chat::start(&[]);
    let frames: [(&str, Vec<u8>); 6] = [
        ("a frame of a client that is not masked", vec![0x81, 2, b'{', b'}']),
        ("a reserved bit", masked(0xc1, b"{}")),
        ("a reserved opcode", masked(0x83, b"{}")),
        ("a ping in fragments", masked(0x09, b"")),
        ("a ping of 126 bytes", masked(0x89, &[0; 126])),
        ("a continuation of nothing", masked(0x80, b"{}")),
    ];
    let mut sockets = Vec::new();
    for (number, (what, frame)) in frames.into_iter().enumerate() {
        let mut socket = websocket::raw(chat.program.address(), &format!("/ws?name=guest-{number}")).await;
        socket.send(frame).await;
        sockets.push((what, socket));
    }
    for (what, mut socket) in sockets {
        websocket::expect_close(&format!("{what} ends the connection"), &mut socket, 1002).await;
    }
}

#[tokio::test]
async fn what_is_too_long_is_1009() {
    let chat = Chat::start(&[]);
    let padded = |length: usize| {
        let frame = json!({"type": "sing", "pad": ""}).to_string().len();
        json!({"type": "sing", "pad": "x".repeat(length - frame)}).to_string()
    };
    let mut ann = chat.enter("ann").await;
    ann.socket.send_message(websocket::text(padded(64 * 1024))).await;
    ann.hears("64 KiB are not too long", &json!({"type": "error", "code": "invalid"})).await;
    ann.socket.send_message(websocket::text(padded(64 * 1024 + 1))).await;
    ann.socket.expect_close("a message of more than 64 KiB ends the connection", 1009).await;
    let mut bob = chat.enter("bob").await;
    bob.socket.send_message(websocket::text(padded(1024 * 1024))).await;
    bob.socket.expect_close("and so does one of a megabyte", 1009).await;
}

#[tokio::test]
async fn fragments_are_one_message() {
    let chat = Chat::start(&[]);
    let mut ann = chat.enter("ann").await;
    let mut socket = websocket::raw(chat.program.address(), "/ws?name=bob").await;
    let request = json!({"type": "direct", "to": "ann", "text": "na\u{ef}ve \u{1f980}"}).to_string();
    let bytes = request.as_bytes();
    // Cut within the crab, with a ping in between.
    let crab = bytes.windows(2).position(|pair| pair == [0xf0, 0x9f]).expect("the text has a crab in it") + 2;
    socket.send(masked(0x01, &bytes[..7])).await;
    socket.send(masked(0x89, b"still here")).await;
    socket.send(masked(0x00, &bytes[7..crab])).await;
    socket.send(masked(0x80, &bytes[crab..])).await;
    let wanted = json!({"type": "direct", "from": "bob", "text": "na\u{ef}ve \u{1f980}"});
    ann.hears("a message may come in fragments", &wanted).await;
    let pong = websocket::frame(&mut socket).await;
    harness::expect("a ping is answered with its own bytes").eq(pong, Some((0x8a, b"still here".to_vec())));
}

#[tokio::test]
async fn the_others_are_told_and_go_on() {
    let chat = Chat::start(&[]);
    let mut ann = chat.enter_room("ann", "lobby", &mut []).await;
    for (number, message) in
        [websocket::binary(&[0xff; 100]), websocket::text("{"), websocket::text("x".repeat(70_000))]
            .into_iter()
            .enumerate()
    {
        let name = format!("rude-{number}");
        let mut rude = chat.enter_room(&name, "lobby", &mut [&mut ann]).await;
        rude.socket.send_message(message).await;
        ann.hears_presence("lobby", &name, "left").await;
    }
    ann.say("lobby", "peace").await;
    ann.hears_said("the others go on", "lobby", "ann", "peace").await;
}

#[tokio::test]
async fn text_that_is_not_json_is_1007_however_near_it_is() {
    let chat = Chat::start(&[]);
    for (number, text) in
        ["", "{", "{\"type\":\"join\",\"room\":\"a\"", "{'type':'join'}", "{} {}"].into_iter().enumerate()
    {
        let mut guest = chat.enter(&format!("guest-{number}")).await;
        guest.socket.send_message(websocket::text(text)).await;
        guest.socket.expect_close(&format!("{text:?} is not JSON"), 1007).await;
    }
}
