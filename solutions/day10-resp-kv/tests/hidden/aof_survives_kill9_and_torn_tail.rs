use crate::visible::support::{Client, PATIENCE, Server, bulk, bulks};
use harness::{Launch, expect, random};
use harness_net::eventually;
use redis::cmd;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_write_is_stored_before_its_ok() {
    // The larger the value, the longer a program that answers first is caught with its write undone.
    let mut server = Server::start();
    for round in 0..4 {
        let mut client = server.client().await;
        let value = vec![b'a' + round; 12_000_000];
        client.expect("SET takes 12 MB", cmd("SET").arg("big").arg(&value), "OK").await;
        server.kill_and_start_again();
        let mut client = server.client().await;
        let reply = client.ask(cmd("GET").arg("big")).await;
        expect("SET is answered only after its value is in the journal")
            .request(format!(
                "SET big (12 MB of {}), kill -9 on its OK, a new start, GET big",
                char::from(b'a' + round)
            ))
            .expected("the 12 MB")
            .that(reply == bulk(&value), format!("{}… ({} characters)", &reply[..reply.len().min(20)], reply.len()));
    }
}

#[tokio::test]
async fn nothing_is_glued_to_a_torn_write() {
    let (mut server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    client.expect("RPUSH answers the length", cmd("RPUSH").arg("list").arg("before"), "(integer) 1").await;
    for round in 0..3 {
        client.expect("SET answers OK", cmd("SET").arg("torn").arg("x".repeat(60)), "OK").await;
        server.program.kill();
        server.tear_journal(random.between(1..=60).unsigned_abs());
        server.program.start_again();
        client = server.client().await;
        client.expect("the torn write is gone", cmd("EXISTS").arg("torn"), "(integer) 0").await;
        let length = format!("(integer) {}", round + 2);
        client.expect("a new write is accepted", cmd("RPUSH").arg("list").arg(round), length).await;
        server.kill_and_start_again();
        client = server.client().await;
        let expected: Vec<String> =
            std::iter::once("before".to_owned()).chain((0..=round).map(|n| n.to_string())).collect();
        let all = cmd("LRANGE").arg("list").arg(0).arg(-1).to_owned();
        client.expect("writes before and after a torn one survive the next kill", &all, bulks(expected)).await;
    }
}

#[tokio::test]
async fn deadlines_go_on_while_the_server_is_down() {
    let (mut server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    let (text, list) = (random.name(), random.name());
    let set_at = Instant::now();
    client.expect("SET takes PX", cmd("SET").arg(&text).arg(1).arg("PX").arg(700), "OK").await;
    client.expect("INCR keeps the deadline", cmd("INCR").arg(&text), "(integer) 2").await;
    client.expect("RPUSH answers the length", cmd("RPUSH").arg(&list).arg("x"), "(integer) 1").await;
    client.expect("PEXPIRE answers 1", cmd("PEXPIRE").arg(&list).arg(700), "(integer) 1").await;
    let last = Instant::now();
    server.program.kill();
    // Nobody is there to be asked: the passing of this time is the experiment.
    tokio::time::sleep_until((last + Duration::from_millis(750)).into()).await;
    server.program.start_again();
    let mut client = server.client().await;
    for key in [&text, &list] {
        let command = cmd("EXISTS").arg(key).to_owned();
        client.expect("a key whose time came while the server was down is gone", &command, "(integer) 0").await;
    }
    expect("the test took its time").that(set_at.elapsed() >= Duration::from_millis(700), "it did not");
}

#[tokio::test]
async fn a_key_that_expired_and_came_back_is_the_new_one() {
    let (mut server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    let (counter, list) = (random.name(), random.name());
    client.expect("SET takes PX", cmd("SET").arg(&counter).arg(41).arg("PX").arg(40), "OK").await;
    client.expect("RPUSH answers the length", cmd("RPUSH").arg(&list).arg("old"), "(integer) 1").await;
    client.expect("PEXPIRE answers 1", cmd("PEXPIRE").arg(&list).arg(40), "(integer) 1").await;
    eventually("two keys are gone after their time", PATIENCE, || {
        let (mut client, command) = (client.clone(), cmd("EXISTS").arg(&counter).arg(&list).to_owned());
        async move { (client.ask(&command).await == "(integer) 0").then_some(()) }
    })
    .await;
    client.expect("INCR counts from 0 again", cmd("INCR").arg(&counter), "(integer) 1").await;
    client.expect("RPUSH begins a new list", cmd("RPUSH").arg(&list).arg("new"), "(integer) 1").await;
    server.kill_and_start_again();
    let mut client = server.client().await;
    client.expect("a restart does not revive the old value", cmd("GET").arg(&counter), bulk("1")).await;
    client.expect("nor its deadline", cmd("TTL").arg(&counter), "(integer) -1").await;
    client.expect("nor old items", cmd("LRANGE").arg(&list).arg(0).arg(-1), bulks(["new"])).await;
}

/// Everything that a client can see of `keys`.
async fn dump(client: &mut Client, keys: &[String]) -> Vec<String> {
    let mut lines = Vec::new();
    for key in keys {
        let value = match client.ask(cmd("TYPE").arg(key)).await.as_str() {
            "list" => client.ask(cmd("LRANGE").arg(key).arg(0).arg(-1)).await.replace('\n', " "),
            _ => client.ask(cmd("GET").arg(key)).await,
        };
        let has_deadline = client.number("TTL is a number", cmd("TTL").arg(key)).await >= 0;
        lines.push(format!("{key}: {value}{}", if has_deadline { ", with a deadline" } else { "" }));
    }
    lines
}

#[tokio::test]
async fn a_restart_changes_nothing_that_a_client_can_see() {
    let (mut server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    let keys: Vec<String> = (0..5).map(|number| format!("k{number}")).collect();
    for _ in 0..2 {
        for _ in 0..80 {
            let (key, item) = (random.pick(&keys).clone(), random.between(0..=99));
            // Many of these are refused, or do nothing, which must leave no trace either.
            let command = match random.below(12) {
                0 => cmd("SET").arg(&key).arg(item).to_owned(),
                1 => cmd("SET").arg(&key).arg(item).arg("NX").to_owned(),
                2 => cmd("SET").arg(&key).arg(item).arg("XX").arg("EX").arg(1000).to_owned(),
                3 => cmd("INCRBY").arg(&key).arg(item).to_owned(),
                4 | 5 => cmd("RPUSH").arg(&key).arg(item).arg(item + 1).to_owned(),
                6 => cmd("LPUSH").arg(&key).arg(item).arg(item + 1).to_owned(),
                7 => cmd("LPOP").arg(&key).to_owned(),
                8 => cmd("RPOP").arg(&key).arg(item % 4).to_owned(),
                9 => cmd("EXPIRE").arg(&key).arg(1000).to_owned(),
                10 => cmd("PERSIST").arg(&key).to_owned(),
                _ => cmd("DEL").arg(&key).arg(random.pick(&keys)).to_owned(),
            };
            client.ask(&command).await;
        }
        let before = dump(&mut client, &keys).await;
        server.kill_and_start_again();
        client = server.client().await;
        let after = dump(&mut client, &keys).await;
        expect("a kill and a new start change nothing that a client can see")
            .expected(before.join("\n"))
            .that(before == after, after.join("\n"));
    }
}

#[tokio::test]
async fn damage_in_the_middle_is_reported_and_not_repaired() {
    let mut server = Server::start();
    let mut client = server.client().await;
    for number in 0..20 {
        client.expect("SET answers OK", cmd("SET").arg(format!("key-{number}")).arg("x".repeat(20)), "OK").await;
    }
    server.program.kill();
    let path = server.journal();
    let mut bytes = std::fs::read(&path).expect("the journal can be read");
    let place = bytes.windows(6).position(|window| window == b"key-10").unwrap_or(bytes.len() / 2);
    // The header of the request that holds this key.
    let header = bytes[..place].iter().rposition(|byte| *byte == b'*').unwrap_or(place);
    bytes[header..header + 2].copy_from_slice(b"!!");
    std::fs::write(&path, &bytes).expect("the journal can be written");
    let ended = Launch::service().data_dir_at(server.program.data_dir()).run_to_end();
    expect("a journal that is damaged in the middle ends the start with exit status 1 and a message on stderr")
        .request(format!("two bytes in the middle of {} overwritten with !!", path.display()))
        .expected("exit status 1, and at least one line on stderr")
        .that(ended.code == Some(1) && !ended.stderr.trim().is_empty(), format!("{}\n{}", ended.status, ended.stderr));
    let now = std::fs::read(&path).unwrap_or_default();
    expect("a damaged journal is left as it is").that(now == bytes, format!("{} of {} bytes", now.len(), bytes.len()));
}

#[tokio::test]
async fn sigterm_ends_in_good_order() {
    let mut server = Server::start();
    let mut client = server.client().await;
    client.expect("SET answers OK", cmd("SET").arg("k").arg("kept"), "OK").await;
    server.program.terminate();
    server.program.start_again();
    let mut client = server.client().await;
    client.expect("what was written is there after SIGTERM", cmd("GET").arg("k"), bulk("kept")).await;
}
