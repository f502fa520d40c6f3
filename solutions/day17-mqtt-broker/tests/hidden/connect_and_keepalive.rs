use super::rumqttc_round_trip;
use crate::visible::support::{Broker, Connect, Packet, with_header};
use harness::{Launch, expect, random};
use harness_net::eventually;
use std::time::{Duration, Instant};

#[tokio::test]
async fn packets_may_come_in_pieces_and_together() {
    let (broker, mut random) = (Broker::start(), random());
    for longest in [1, 3, 9, 200] {
        let name = random.name();
        let topic = name.as_bytes();
        let topic = [&u16::try_from(topic.len()).expect("it is short").to_be_bytes(), topic].concat();
        let bytes = [
            Connect::new(random.name()).encode(),
            with_header(0x82, &[b"\0\x07", &topic[..], b"\0"].concat()),
            with_header(0x30, &[&topic[..], b"payload"].concat()),
            vec![0xc0, 0],
        ]
        .concat();
        let mut device = broker.device().await;
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.len().min(1 + random.below(longest)));
            device.send(format!("{} bytes of CONNECT, SUBSCRIBE, PUBLISH, PINGREQ", piece.len()), piece).await;
            // Lets the program read this piece before the next one is there; whether it does changes nothing.
            tokio::task::yield_now().await;
            rest = after;
        }
        let accepted = Packet::ConnAck { session_present: false, code: 0 };
        device.expect("packets in pieces are put together", accepted).await;
        device.expect("several packets in one piece are all carried out", Packet::SubAck(7, vec![0])).await;
        device.expect("several packets in one piece are all carried out", Packet::PingResp).await;
        device.receive("several packets in one piece are all carried out", &name, "payload").await;
    }
}

#[tokio::test]
async fn any_packet_keeps_a_client_alive() {
    let (broker, mut random) = (Broker::start(), random());
    let name = random.name();
    let mut device = broker.connect(Connect::new(&name).keep_alive(1)).await;
    device.subscribe(&name, 0).await;
    let (device, begin) = (tokio::sync::Mutex::new(device), Instant::now());
    // Sending before the echo of the last one proves what the broker has read: how long the machine takes is no matter.
    let last = tokio::sync::Mutex::new(begin);
    eventually("a client that goes on publishing is served", super::PATIENCE, || async {
        let (mut device, mut last) = (device.lock().await, last.lock().await);
        let sent = Instant::now();
        device.publish(&name, "x", 0).await;
        device.receive("a client that publishes is alive, though it sends no PINGREQ", &name, "x").await;
        *last = sent;
        (begin.elapsed() > Duration::from_millis(700)).then_some(())
    })
    .await;
    let (device, last) = (device.into_inner(), last.into_inner());
    device.expect_cut_off("a client with a keep alive of 1 s that says nothing more is cut off").await;
    let silence = last.elapsed();
    expect("every packet counts, not only PINGREQ: the keep alive begins again with each")
        .expected("at least 1 s from the last PUBLISH to the end")
        .that(silence >= Duration::from_secs(1), format!("{} ms", silence.as_millis()));
}

#[tokio::test]
async fn half_as_much_again_is_granted() {
    let (broker, mut random) = (Broker::start(), random());
    let begin = Instant::now();
    let device = broker.connect(Connect::new(random.name()).keep_alive(2)).await;
    device.expect_cut_off("a client with a keep alive of 2 s that says nothing is cut off").await;
    let silence = begin.elapsed();
    expect("a client is cut off after one and a half times its keep alive, not before")
        .expected("at least 3 s with a keep alive of 2 s")
        .that(silence >= Duration::from_secs(3), format!("{} ms", silence.as_millis()));
}

#[tokio::test]
async fn a_client_without_a_name_gets_one_of_its_own() {
    let broker = Broker::start();
    let mut first = broker.resume(Connect::new(""), false).await;
    let mut second = broker.resume(Connect::new(""), false).await;
    first.ping().await;
    second.ping().await;
    let mut device = broker.device().await;
    device.send_connect(&Connect::persistent("")).await;
    let refusal = Packet::ConnAck { session_present: false, code: 2 };
    device.expect("without a name no session can be found again: return code 2", refusal).await;
    device.expect_closed("after a refusal the broker closes the connection").await;
}

#[tokio::test]
async fn a_connection_that_does_not_introduce_itself_is_closed() {
    let program = Launch::service().data_dir().args(["--connect-timeout-ms", "150"]).start();
    let connect = Connect::new(random().name()).encode();
    for (what, bytes) in [("nothing", &[][..]), ("half a CONNECT", &connect[..connect.len() / 2])] {
        let mut device = crate::visible::support::Device::open(program.address()).await;
        device.send(what, bytes).await;
        device.expect_closed("a connection without a CONNECT within --connect-timeout-ms is closed").await;
    }
}

#[tokio::test]
async fn rumqttc_can_use_it() {
    let (broker, mut random) = (Broker::start(), random());
    rumqttc_round_trip(broker.program.address(), &mut random, rumqttc::QoS::AtMostOnce).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn sigterm_ends_it_while_clients_are_connected() {
    let (mut broker, mut random) = (Broker::start(), random());
    let mut device = broker.stranger(&mut random).await;
    device.subscribe("#", 1).await;
    let ended = broker.program.terminate();
    expect("SIGTERM ends the program with exit status 0").eq(ended.code, Some(0));
}
