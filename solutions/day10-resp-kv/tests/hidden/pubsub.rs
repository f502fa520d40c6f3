use crate::visible::support::{PATIENCE, Server, bulk, encode};
use futures_util::StreamExt;
use harness::{expect, random};
use harness_net::{eventually, within};
use redis::cmd;

#[tokio::test]
async fn messages_arrive_in_order_and_only_those_of_the_channel() {
    let (server, mut random) = (Server::start(), random());
    let (wanted, unwanted) = (random.name(), random.name());
    let mut subscriber = server.subscriber(&wanted).await;
    let mut client = server.client().await;
    for number in 0..100 {
        client.expect("nobody listens there", cmd("PUBLISH").arg(&unwanted).arg(number), "(integer) 0").await;
        client.expect("one listens here", cmd("PUBLISH").arg(&wanted).arg(number), "(integer) 1").await;
    }
    let received = within("100 messages arrive", PATIENCE, async {
        let messages = subscriber.on_message().take(100).map(|message| message.get_payload::<i64>().unwrap_or(-1));
        messages.collect::<Vec<_>>().await
    })
    .await;
    expect("messages arrive in the order in which they were published").eq(received, (0..100).collect::<Vec<i64>>());
}

#[tokio::test]
async fn messages_may_hold_any_byte() {
    let (server, mut random) = (Server::start(), random());
    let (channel, message) = (random.bytes(9), [b"\r\n$1\r\n".to_vec(), random.bytes(50)].concat());
    let (mut subscriber, mut client) = (server.socket().await, server.client().await);
    let bulk = |bytes: &[u8]| [format!("${}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
    subscriber.send(encode([b"SUBSCRIBE".as_slice(), &channel])).await;
    let confirmed = [b"*3\r\n$9\r\nsubscribe\r\n".to_vec(), bulk(&channel), b":1\r\n".to_vec()].concat();
    subscriber.expect_bytes("SUBSCRIBE is confirmed", confirmed).await;
    client.expect("one listens", cmd("PUBLISH").arg(&channel).arg(&message), "(integer) 1").await;
    let delivered = [b"*3\r\n$7\r\nmessage\r\n".to_vec(), bulk(&channel), bulk(&message)].concat();
    subscriber.expect_bytes("channel and message arrive as they were sent", delivered).await;
}

#[tokio::test]
async fn unsubscribe_leaves_one_channel_or_all() {
    let server = Server::start();
    let (mut subscriber, mut client) = (server.socket().await, server.client().await);
    subscriber.send("SUBSCRIBE a b\r\nSUBSCRIBE b\r\nUNSUBSCRIBE a\r\n").await;
    let notice = |kind: &str, channel: &str, count: usize| {
        format!("*3\r\n${}\r\n{kind}\r\n$1\r\n{channel}\r\n:{count}\r\n", kind.len())
    };
    let (on, off) = ("subscribe", "unsubscribe");
    let notices = [notice(on, "a", 1), notice(on, "b", 2), notice(on, "b", 2), notice(off, "a", 1)].concat();
    subscriber.expect_bytes("each channel is confirmed, with the number that is left", notices).await;
    client.expect("nobody listens to a", cmd("PUBLISH").arg("a").arg("x"), "(integer) 0").await;
    client.expect("one listens to b, once", cmd("PUBLISH").arg("b").arg("x"), "(integer) 1").await;
    subscriber.expect_bytes("only b's message arrives", "*3\r\n$7\r\nmessage\r\n$1\r\nb\r\n$1\r\nx\r\n").await;
    subscriber.send("UNSUBSCRIBE\r\nGET k\r\n").await;
    let end = notice(off, "b", 0) + "$-1\r\n";
    subscriber.expect_bytes("UNSUBSCRIBE without a name leaves all channels, and all commands are back", end).await;
}

#[tokio::test]
async fn a_subscriber_that_has_gone_is_not_counted() {
    let server = Server::start();
    let mut client = server.client().await;
    let mut subscriber = server.socket().await;
    subscriber.send("SUBSCRIBE a\r\n").await;
    subscriber.expect_bytes("SUBSCRIBE is confirmed", "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n").await;
    client.expect("one listens", cmd("PUBLISH").arg("a").arg("x"), "(integer) 1").await;
    drop(subscriber);
    eventually("a subscriber that has closed its connection is forgotten", PATIENCE, || {
        let mut client = client.clone();
        async move { (client.ask(cmd("PUBLISH").arg("a").arg("x")).await == "(integer) 0").then_some(()) }
    })
    .await;
}

#[tokio::test]
async fn a_subscriber_that_does_not_read_is_cut_off() {
    let server = Server::start();
    let mut client = server.client().await;
    let mut lazy = server.socket().await;
    lazy.send("SUBSCRIBE a\r\n").await;
    lazy.expect_bytes("SUBSCRIBE is confirmed", "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n").await;
    let publish = cmd("PUBLISH").arg("a").arg(vec![b'x'; 1_000_000]).to_owned();
    let mut published = 0;
    while client.ask(&publish).await != "(integer) 0" {
        published += 1;
        expect("a subscriber that is more than 32 MiB behind is disconnected")
            .expected("PUBLISH finds nobody after 32 MiB and what fits into the sockets")
            .that(published < 100, "after 100 messages of 1 MB, none of them read, it still counts as a receiver");
    }
    expect("a subscriber that is less than 16 MiB behind is left alone")
        .expected("more than 16 messages of 1 MB")
        .that(published > 16, format!("it was disconnected after {published}"));
    client.expect("others are served", cmd("ECHO").arg("x"), bulk("x")).await;
}
