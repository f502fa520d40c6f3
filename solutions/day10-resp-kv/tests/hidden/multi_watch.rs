use crate::visible::support::{Server, array, bulk, bulks};
use harness::{expect, random};
use harness_net::together;
use redis::cmd;

async fn begin(client: &mut crate::visible::support::Client, commands: &[redis::Cmd]) {
    client.expect("MULTI answers OK", &cmd("MULTI"), "OK").await;
    for command in commands {
        client.expect("a command after MULTI is queued", command, "QUEUED").await;
    }
}

#[tokio::test]
async fn discard_forgets_what_was_queued() {
    let (server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    let key = random.name();
    begin(&mut client, &[cmd("SET").arg(&key).arg("x").to_owned()]).await;
    client.expect("DISCARD answers OK", &cmd("DISCARD"), "OK").await;
    client.expect("nothing has happened", cmd("GET").arg(&key), "(nil)").await;
    client.expect("there is nothing to EXEC", &cmd("EXEC"), "(error) ERR EXEC without MULTI").await;
    client.expect("there is nothing to DISCARD", &cmd("DISCARD"), "(error) ERR DISCARD without MULTI").await;
    begin(&mut client, &[]).await;
    client.expect("an empty transaction is an empty array", &cmd("EXEC"), "(empty array)").await;
}

#[tokio::test]
async fn a_command_that_cannot_be_queued_spoils_the_transaction() {
    let (server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    let key = random.name();
    for (command, refusal) in
        [(cmd("NOSUCH"), "(error) ERR unknown command"), (cmd("GET"), "(error) ERR wrong number of arguments")]
    {
        begin(&mut client, &[cmd("SET").arg(&key).arg("x").to_owned()]).await;
        client.expect_start("what cannot be queued is refused at once", &command, refusal).await;
        let refusal = "(error) EXECABORT Transaction discarded because of previous errors.";
        client.expect("EXEC refuses a spoilt transaction", &cmd("EXEC"), refusal).await;
        client.expect("nothing of it has happened", cmd("GET").arg(&key), "(nil)").await;
    }
    begin(&mut client, &[]).await;
    let refusal = "(error) ERR MULTI calls can not be nested";
    client.expect("MULTI within MULTI is refused", &cmd("MULTI"), refusal).await;
    let refusal = "(error) ERR WATCH inside MULTI is not allowed";
    client.expect("WATCH within MULTI is refused", cmd("WATCH").arg(&key), refusal).await;
}

#[tokio::test]
async fn a_command_that_fails_in_exec_undoes_nothing() {
    let (server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    let key = random.name();
    let commands = [
        cmd("SET").arg(&key).arg("word").to_owned(),
        cmd("INCR").arg(&key).to_owned(),
        cmd("LPUSH").arg(&key).arg(1).to_owned(),
        cmd("GET").arg(&key).to_owned(),
    ];
    begin(&mut client, &commands).await;
    let replies = array([
        "OK".to_owned(),
        "(error) ERR value is not an integer or out of range".to_owned(),
        "(error) WRONGTYPE Operation against a key holding the wrong kind of value".to_owned(),
        bulk("word"),
    ]);
    client.expect("the others are carried out", &cmd("EXEC"), replies).await;
}

#[tokio::test]
async fn watch_notices_every_kind_of_change() {
    let (server, mut random) = (Server::start(), random());
    let (mut client, mut other) = (server.client().await, server.client().await);
    for (name, arguments) in
        [("RPUSH", &["x"][..]), ("DEL", &[]), ("INCR", &[]), ("EXPIRE", &["100"]), ("PERSIST", &[])]
    {
        let key = random.name();
        match name {
            "RPUSH" => {}
            "PERSIST" => drop(other.ask(cmd("SET").arg(&key).arg(1).arg("EX").arg(100)).await),
            _ => drop(other.ask(cmd("SET").arg(&key).arg(0)).await),
        }
        client.expect("WATCH answers OK", cmd("WATCH").arg(random.name()).arg(&key), "OK").await;
        other.expect("another client changes the key", cmd(name).arg(&key).arg(arguments), "(integer) 1").await;
        begin(&mut client, &[cmd("SET").arg(&key).arg("mine").to_owned()]).await;
        client.expect(&format!("{name} on a watched key stops EXEC"), &cmd("EXEC"), "(nil)").await;
        begin(&mut client, &[cmd("ECHO").arg("x").to_owned()]).await;
        client.expect("EXEC has ended the watch", &cmd("EXEC"), bulks(["x"])).await;
    }
}

#[tokio::test]
async fn what_changes_nothing_stops_nothing() {
    let (server, mut random) = (Server::start(), random());
    let (mut client, mut other) = (server.client().await, server.client().await);
    let key = random.name();
    client.expect("WATCH answers OK", cmd("WATCH").arg(&key), "OK").await;
    other.expect("a read changes nothing", cmd("GET").arg(&key), "(nil)").await;
    other.expect("another key is another key", cmd("SET").arg(random.name()).arg("x"), "OK").await;
    begin(&mut client, &[cmd("SET").arg(&key).arg("mine").to_owned()]).await;
    client.expect("EXEC is carried out", &cmd("EXEC"), array(["OK".to_owned()])).await;
    client.expect("WATCH answers OK", cmd("WATCH").arg(&key), "OK").await;
    other.expect("another client writes to the key", cmd("SET").arg(&key).arg("theirs"), "OK").await;
    client.expect("UNWATCH answers OK", &cmd("UNWATCH"), "OK").await;
    begin(&mut client, &[cmd("GET").arg(&key).to_owned()]).await;
    client.expect("UNWATCH has ended the watch", &cmd("EXEC"), bulks(["theirs"])).await;
}

#[tokio::test]
async fn optimistic_transfers_lose_nothing() {
    let server = Server::start();
    let mut clients = Vec::new();
    for _ in 0..6 {
        clients.push(server.client().await);
    }
    together(clients.len(), |number| {
        let mut client = clients[number].clone();
        async move {
            let mut done = 0;
            while done < 5 {
                client.expect("WATCH answers OK", cmd("WATCH").arg("n"), "OK").await;
                let reply = client.ask(cmd("GET").arg("n")).await;
                let current: i64 = reply.trim_matches('"').parse().unwrap_or(0);
                begin(&mut client, &[cmd("SET").arg("n").arg(current + 1).to_owned()]).await;
                if client.ask(&cmd("EXEC")).await != "(nil)" {
                    done += 1;
                }
            }
        }
    })
    .await;
    let mut client = server.client().await;
    client.expect("6 clients added 1 five times each, checked by WATCH", cmd("GET").arg("n"), bulk("30")).await;
}

#[tokio::test]
async fn nobody_sees_half_of_a_transaction() {
    let server = Server::start();
    let mut clients = Vec::new();
    for _ in 0..4 {
        clients.push(server.client().await);
    }
    together(clients.len(), |number| {
        let mut client = clients[number].clone();
        async move {
            for round in 0..15 {
                let mut pipe = redis::pipe();
                pipe.atomic();
                if number % 2 == 0 {
                    pipe.set("a", format!("{number}.{round}")).ignore().set("b", format!("{number}.{round}")).ignore();
                    let done: Result<(), _> = pipe.query_async(&mut client.connection).await;
                    expect("a transaction is carried out").that(done.is_ok(), format!("{done:?}"));
                } else {
                    let seen: Result<(Option<String>, Option<String>), _> =
                        pipe.get("a").get("b").query_async(&mut client.connection).await;
                    let same = seen.as_ref().is_ok_and(|(a, b)| a == b);
                    expect("two keys that are always set together are always the same").that(same, format!("{seen:?}"));
                }
            }
        }
    })
    .await;
}

/// A server with `kept` = 1 that was killed in the middle of writing a transaction which sets a, b and c.
async fn torn() -> Server {
    let (mut server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    client.expect("SET answers OK", cmd("SET").arg("kept").arg(1), "OK").await;
    let set = |key: &str| cmd("SET").arg(key).arg("x".repeat(60)).to_owned();
    begin(&mut client, &[set("a"), set("b"), set("c")]).await;
    client.expect("EXEC is carried out", &cmd("EXEC"), array(["OK", "OK", "OK"].map(str::to_owned))).await;
    server.program.kill();
    server.tear_journal(random.between(1..=100).unsigned_abs());
    server.program.start_again();
    server
}

#[tokio::test]
async fn a_torn_transaction_leaves_nothing_behind() {
    let server = torn().await;
    let mut client = server.client().await;
    client.expect("a torn transaction is gone as a whole", cmd("EXISTS").arg(&["a", "b", "c"]), "(integer) 0").await;
    client.expect("what was before it is there", cmd("GET").arg("kept"), bulk("1")).await;
}

#[tokio::test]
async fn nothing_is_swallowed_by_a_torn_transaction() {
    let mut server = torn().await;
    let mut client = server.client().await;
    client.expect("a new write is accepted", cmd("INCR").arg("kept"), "(integer) 2").await;
    server.kill_and_start_again();
    let mut client = server.client().await;
    client.expect("what was written after a torn transaction is there", cmd("GET").arg("kept"), bulk("2")).await;
}
