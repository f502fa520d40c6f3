use crate::visible::support::{Broker, Connect, with_header};
use harness::random;

#[tokio::test]
async fn a_connect_that_contradicts_itself_is_closed() {
    let broker = Broker::start();
    let connect =
        |flags: u8, payload: &[u8]| with_header(0x10, &[b"\0\x04MQTT\x04", &[flags][..], b"\0\0", payload].concat());
    for (what, bytes) in [
        ("the reserved connect flag", connect(0x03, b"\0\x01a")),
        ("a will of QoS 3", connect(0x1e, b"\0\x01a\0\x01t\0\x01p")),
        ("a QoS of a will that is not there", connect(0x0a, b"\0\x01a")),
        ("a retain flag of a will that is not there", connect(0x22, b"\0\x01a")),
        ("a password without a user name", connect(0x42, b"\0\x01a\0\x01p")),
        ("a will flag and no will", connect(0x06, b"\0\x01a")),
        ("a will for a wildcard", connect(0x06, b"\0\x01a\0\x01#\0\x01p")),
        ("a client id longer than the packet", connect(0x02, b"\0\x09a")),
        ("bytes behind the last field", connect(0x02, b"\0\x01ax")),
        ("a client id that is not UTF-8", connect(0x02, b"\0\x02\xc3\x28")),
        ("a client id with U+0000", connect(0x02, b"\0\x02a\0")),
        ("another protocol name", with_header(0x10, b"\0\x04MQTX\x04\x02\0\0\0\x01a")),
        ("flags beside the kind of CONNECT", with_header(0x11, b"\0\x04MQTT\x04\x02\0\0\0\x01a")),
    ] {
        let mut device = broker.device().await;
        device.send(format!("CONNECT with {what}"), bytes).await;
        device.expect_closed(&format!("CONNECT with {what} closes the connection")).await;
    }
}

#[tokio::test]
async fn every_field_is_checked() {
    let (broker, mut random) = (Broker::start(), random());
    let mut bystander = broker.stranger(&mut random).await;
    bystander.subscribe("#", 0).await;
    for (what, bytes) in [
        ("PUBLISH of QoS 1 with the packet id 0", with_header(0x32, b"\0\x01a\0\0x")),
        ("PUBLISH of QoS 1 without a packet id", with_header(0x32, b"\0\x01a")),
        ("PUBLISH to an empty topic", with_header(0x30, b"\0\0x")),
        ("PUBLISH to a topic with +", with_header(0x30, b"\0\x03a/+x")),
        ("PUBLISH to a topic that is not UTF-8", with_header(0x30, b"\0\x02\xff\xfex")),
        ("PUBLISH to a topic with U+0000", with_header(0x30, b"\0\x02a\0x")),
        ("PUBLISH that is too short for its topic's length", with_header(0x30, b"\0")),
        ("SUBSCRIBE with the packet id 0", with_header(0x82, b"\0\0\0\x01a\0")),
        ("SUBSCRIBE with QoS 3", with_header(0x82, b"\0\x01\0\x01a\x03")),
        ("SUBSCRIBE without a QoS", with_header(0x82, b"\0\x01\0\x01a")),
        ("SUBSCRIBE to an empty filter", with_header(0x82, b"\0\x01\0\0\0")),
        ("SUBSCRIBE to a/#/b", with_header(0x82, b"\0\x01\0\x05a/#/b\0")),
        ("SUBSCRIBE to a#", with_header(0x82, b"\0\x01\0\x02a#\0")),
        ("SUBSCRIBE to a+/b", with_header(0x82, b"\0\x01\0\x04a+/b\0")),
        ("UNSUBSCRIBE without a filter", with_header(0xa2, b"\0\x01")),
        ("UNSUBSCRIBE with other flags than 0010", with_header(0xa0, b"\0\x01\0\x01a")),
        ("PUBREL with other flags than 0010", with_header(0x60, b"\0\x01")),
        ("PUBACK of one byte", with_header(0x40, b"\0")),
        ("the kind 0", vec![0, 0]),
    ] {
        let mut device = broker.stranger(&mut random).await;
        device.send(what, bytes).await;
        device.expect_closed(&format!("{what} closes the connection")).await;
    }
    bystander.ping().await;
    harness::expect("nothing of a malformed packet is carried out").eq(bystander.early(), Vec::<String>::new());
}

#[tokio::test]
async fn what_makes_no_sense_is_an_error_too() {
    let (broker, mut random) = (Broker::start(), random());
    for (what, bytes) in [
        ("PUBLISH of QoS 0 with the dup flag", with_header(0x38, b"\0\x01ax")),
        ("SUBACK, which only brokers send", with_header(0x90, b"\0\x01\0")),
        ("PUBACK with a flag", with_header(0x41, b"\0\x01")),
        ("PINGREQ with a flag", vec![0xc4, 0]),
    ] {
        let mut device = broker.stranger(&mut random).await;
        device.send(what, bytes).await;
        device.expect_closed(&format!("{what} closes the connection")).await;
    }
}

#[tokio::test]
async fn what_came_before_is_carried_out() {
    let (broker, mut random) = (Broker::start(), random());
    let topic = random.name();
    let mut subscriber = broker.stranger(&mut random).await;
    subscriber.subscribe(&topic, 0).await;
    let mut device = broker.stranger(&mut random).await;
    let name = [&u16::try_from(topic.len()).expect("it is short").to_be_bytes(), topic.as_bytes()].concat();
    let good = with_header(0x30, &[&name[..], b"good"].concat());
    let bad = with_header(0x36, &[&name[..], b"\0\x01bad"].concat());
    device.send("PUBLISH, PUBLISH of QoS 3, PUBLISH", [good, bad.clone(), bad].concat()).await;
    device.expect_closed("what is no packet closes the connection").await;
    subscriber.receive("packets before a malformed one are carried out", &topic, "good").await;
    broker.stranger(&mut random).await.publish(&topic, "end", 0).await;
    subscriber.receive("and those behind it are not", &topic, "end").await;
}

#[tokio::test]
async fn a_promise_of_more_than_a_mebibyte_is_refused_at_once() {
    let (broker, mut random) = (Broker::start(), random());
    let mut bystander = broker.stranger(&mut random).await;
    let lengths = [1_048_577, 20_000_000, 268_435_455];
    for length in lengths {
        let mut header = vec![0x30];
        let mut rest: u32 = length;
        while rest >= 0x80 {
            header.push(0x80 | (rest & 0x7f) as u8);
            rest >>= 7;
        }
        header.push(rest as u8);
        header.extend(b"\0\x01a");
        let mut device = broker.stranger(&mut random).await;
        device.send(format!("PUBLISH with a remaining length of {length}, and three bytes of it"), header).await;
        device.expect_closed("a packet of more than 1 MiB closes the connection as soon as its length is there").await;
    }
    let mut device = broker.device().await;
    device.send("CONNECT with a remaining length of 200,000,000", [0x10, 0x80, 0x84, 0xaf, 0x5f, 0, 4]).await;
    device.expect_closed("a packet of more than 1 MiB closes the connection as soon as its length is there").await;
    bystander.ping().await;
}

#[tokio::test]
async fn random_bytes_hurt_nobody_else() {
    let (broker, mut random) = (Broker::start(), random());
    let mut bystander = broker.stranger(&mut random).await;
    for round in 0..30 {
        let mut device = broker.device().await;
        if round % 2 == 0 {
            device.send_connect(&Connect::new(random.name())).await;
        }
        let mut bytes = random.bytes(300);
        // No kind of packet has these flags; and the first is complete, so nobody has to wait for its end.
        bytes[0] = *random.pick(&[0x0f, 0x1f, 0x85, 0xa7, 0x65, 0xff]);
        bytes[1] = 5;
        device.send("300 random bytes", bytes).await;
        device.drain("what is no packet closes the connection").await;
        bystander.ping().await;
    }
}
