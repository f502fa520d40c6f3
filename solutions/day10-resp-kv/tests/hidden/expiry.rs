use crate::visible::support::{PATIENCE, Server, bulk, bulks};
use harness::{expect, random};
use harness_net::eventually;
use redis::cmd;
use std::time::{Duration, Instant};

/// Waits until GET, or LLEN for lists, finds nothing.
async fn until_gone(server: &Server, key: &str) {
    let client = server.client().await;
    eventually("a key is gone after its time", PATIENCE, || {
        let (mut client, command) = (client.clone(), cmd("EXISTS").arg(key).to_owned());
        async move { (client.ask(&command).await == "(integer) 0").then_some(()) }
    })
    .await;
}

#[tokio::test]
async fn no_key_goes_before_its_time() {
    let (server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    let (key, millis) = (random.name(), random.between(80..=250));
    for unit in ["PX", "PEXPIRE"] {
        let started = Instant::now();
        if unit == "PX" {
            client.expect("SET takes PX", cmd("SET").arg(&key).arg("x").arg("PX").arg(millis), "OK").await;
        } else {
            client.expect("SET answers OK", cmd("SET").arg(&key).arg("x"), "OK").await;
            client.expect("PEXPIRE answers 1", cmd("PEXPIRE").arg(&key).arg(millis), "(integer) 1").await;
        }
        until_gone(&server, &key).await;
        let took = started.elapsed();
        // Clocks that count whole milliseconds may be one short.
        expect("a key stays until its time has come")
            .request(format!("{unit} {millis}"))
            .expected(format!("at least {millis} ms"))
            .that(took + Duration::from_millis(2) >= Duration::from_millis(millis.unsigned_abs()), format!("{took:?}"));
    }
}

#[tokio::test]
async fn changing_a_value_in_place_keeps_its_deadline() {
    let (server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    let (counter, list) = (random.name(), random.name());
    client.expect("SET takes EX", cmd("SET").arg(&counter).arg(5).arg("EX").arg(900), "OK").await;
    client.expect("INCR counts", cmd("INCR").arg(&counter), "(integer) 6").await;
    client.expect("RPUSH answers the length", cmd("RPUSH").arg(&list).arg("a"), "(integer) 1").await;
    client.expect("EXPIRE works on lists", cmd("EXPIRE").arg(&list).arg(900), "(integer) 1").await;
    client.expect("LPUSH answers the length", cmd("LPUSH").arg(&list).arg("b"), "(integer) 2").await;
    for key in [&counter, &list] {
        let left = client.number("TTL is a number", cmd("TTL").arg(key)).await;
        expect("INCR and LPUSH keep the deadline").expected("800 to 900 s").that((800..=900).contains(&left), left);
    }
}

#[tokio::test]
async fn a_deadline_in_the_past_deletes_at_once() {
    let (server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    let key = random.name();
    client.expect("EXPIRE of a missing key is 0", cmd("EXPIRE").arg(&key).arg(10), "(integer) 0").await;
    for (name, time) in [("EXPIRE", -1), ("PEXPIRE", 0), ("PEXPIRE", -5000)] {
        client.expect("SET answers OK", cmd("SET").arg(&key).arg("x"), "OK").await;
        client.expect("a deadline in the past is accepted", cmd(name).arg(&key).arg(time), "(integer) 1").await;
        client.expect("and the key is gone", cmd("GET").arg(&key), "(nil)").await;
    }
}

#[tokio::test]
async fn what_comes_after_an_expired_key_starts_afresh() {
    let (server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    let (counter, list) = (random.name(), random.name());
    client.expect("SET takes PX", cmd("SET").arg(&counter).arg(41).arg("PX").arg(40), "OK").await;
    client.expect("RPUSH answers the length", cmd("RPUSH").arg(&list).arg("old"), "(integer) 1").await;
    client.expect("PEXPIRE answers 1", cmd("PEXPIRE").arg(&list).arg(40), "(integer) 1").await;
    until_gone(&server, &counter).await;
    until_gone(&server, &list).await;
    client.expect("INCR counts from 0 again", cmd("INCR").arg(&counter), "(integer) 1").await;
    client.expect("without a deadline", cmd("TTL").arg(&counter), "(integer) -1").await;
    client.expect("RPUSH begins a new list", cmd("RPUSH").arg(&list).arg("new"), "(integer) 1").await;
    client.expect("with nothing of the old", cmd("LRANGE").arg(&list).arg(0).arg(-1), bulks(["new"])).await;
    client.expect("without a deadline", cmd("PTTL").arg(&list), "(integer) -1").await;
}

#[tokio::test]
async fn expired_keys_are_not_counted_for_long() {
    let (server, mut random) = (Server::start(), random());
    let client = server.client().await;
    let mut writer = server.client().await;
    for _ in 0..30 {
        let set = cmd("SET").arg(random.name()).arg("x").arg("PX").arg(random.between(1..=60)).to_owned();
        writer.expect("SET takes PX", &set, "OK").await;
    }
    writer.expect("SET answers OK", cmd("SET").arg("stays").arg("x"), "OK").await;
    eventually("keys that nobody asks for expire, too, so DBSIZE falls", PATIENCE, || {
        let mut client = client.clone();
        async move { (client.ask(&cmd("DBSIZE")).await == "(integer) 1").then_some(()) }
    })
    .await;
    writer.expect("a key without a deadline stays", cmd("GET").arg("stays"), bulk("x")).await;
}
