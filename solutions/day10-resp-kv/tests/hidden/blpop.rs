use crate::visible::support::{Server, array, bulk, bulks};
use harness::{expect, random};
use harness_net::{Socket, together};
use redis::cmd;
use std::time::{Duration, Instant};

/// A connection in BLPOP. `other` has been answered after it, so the program has had it for a while.
async fn waiting(server: &Server, line: &str) -> Socket {
    let mut socket = server.socket().await;
    // The reply to the command before BLPOP shows that the program has read both.
    socket.send(format!("PING\r\n{line}\r\n")).await;
    socket.expect_bytes("PING gets PONG", "+PONG\r\n").await;
    socket
}

#[tokio::test]
async fn who_waits_longest_is_served_first() {
    let (server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    let items = [random.word(), random.word(), random.word()];
    let mut sockets = Vec::new();
    for _ in 0..items.len() {
        sockets.push(waiting(&server, "BLPOP q 0").await);
        client.expect("others are served meanwhile", &cmd("PING"), "PONG").await;
    }
    client.expect("RPUSH answers the length", cmd("RPUSH").arg("q").arg(&items), "(integer) 3").await;
    for (socket, item) in sockets.iter_mut().zip(&items) {
        let reply = format!("*2\r\n$1\r\nq\r\n${}\r\n{item}\r\n", item.len());
        socket.expect_bytes("items go to those who wait in the order in which they came", reply).await;
    }
    client.expect("all items are taken", cmd("LLEN").arg("q"), "(integer) 0").await;
}

#[tokio::test]
async fn every_item_goes_to_exactly_one() {
    let server = Server::start();
    let mut clients = Vec::new();
    for _ in 0..8 {
        clients.push(server.client().await);
    }
    let taken = together(8, |number| {
        let mut client = clients[number].clone();
        async move {
            let mut taken = Vec::new();
            for round in 0..20 {
                if number % 2 == 0 {
                    client.ask(cmd("RPUSH").arg("q").arg(format!("{number}.{round}"))).await;
                } else {
                    taken.push(client.ask(cmd("BLPOP").arg("q").arg(0)).await);
                }
            }
            taken
        }
    })
    .await;
    let mut taken: Vec<String> = taken.into_iter().flatten().collect();
    taken.sort();
    let mut pushed: Vec<String> =
        [0, 2, 4, 6].iter().flat_map(|who| (0..20).map(move |round| bulks(["q", &format!("{who}.{round}")]))).collect();
    pushed.sort();
    expect("80 items that 4 clients push are taken once each by 4 others").eq(taken, pushed);
}

#[tokio::test]
async fn a_wait_lasts_as_long_as_it_was_told() {
    let (server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    let millis = random.between(60..=200).unsigned_abs();
    let started = Instant::now();
    let command = cmd("BLPOP").arg("q").arg(Duration::from_millis(millis).as_secs_f64()).to_owned();
    client.expect("BLPOP answers nil after its timeout", &command, "(nil)").await;
    let took = started.elapsed();
    expect("BLPOP does not give up early")
        .expected(format!("at least {millis} ms"))
        .that(took + Duration::from_millis(2) >= Duration::from_millis(millis), format!("{took:?}"));
    client.expect("RPUSH answers the length", cmd("RPUSH").arg("q").arg("x"), "(integer) 1").await;
    client.expect("who has given up takes nothing", cmd("LLEN").arg("q"), "(integer) 1").await;
    let refusal = "(error) ERR timeout is negative";
    client.expect("a negative timeout is refused", cmd("BLPOP").arg("p").arg(-1), refusal).await;
    let refusal = "(error) ERR timeout is not a float or out of range";
    client.expect("what is no number is refused", cmd("BLPOP").arg("p").arg("soon"), refusal).await;
}

#[tokio::test]
async fn who_has_gone_takes_nothing() {
    let server = Server::start();
    let mut client = server.client().await;
    for _ in 0..30 {
        drop(waiting(&server, "BLPOP q 0").await);
    }
    // The program may notice the end of a connection a little later than the next push of another.
    let mut left = 0;
    for number in 0..15 {
        client.expect("PING gets PONG", &cmd("PING"), "PONG").await;
        client.ask(cmd("RPUSH").arg("q").arg(number)).await;
        left = client.number("LLEN is a number", cmd("LLEN").arg("q")).await;
    }
    expect("clients that closed their connection while they waited take no items")
        .expected("most of 15 items are left, although 30 clients had waited for one")
        .that(left > 0, format!("{left} items are left"));
}

#[tokio::test]
async fn within_a_transaction_nobody_waits() {
    let server = Server::start();
    let mut client = server.client().await;
    client.expect("MULTI answers OK", &cmd("MULTI"), "OK").await;
    client.expect("BLPOP is queued", cmd("BLPOP").arg("q").arg(0), "QUEUED").await;
    client.expect("RPUSH is queued", cmd("RPUSH").arg("q").arg("x"), "QUEUED").await;
    let replies = array(["(nil)".to_owned(), "(integer) 1".to_owned()]);
    client.expect("BLPOP in a transaction does not wait", &cmd("EXEC"), replies).await;
}

#[tokio::test]
async fn what_was_taken_stays_taken_after_a_kill() {
    let mut server = Server::start();
    let mut client = server.client().await;
    let mut socket = waiting(&server, "BLPOP other q 0").await;
    client.expect("RPUSH answers the length", cmd("RPUSH").arg("q").arg("a").arg("b"), "(integer) 2").await;
    socket.expect_bytes("BLPOP takes the first item", "*2\r\n$1\r\nq\r\n$1\r\na\r\n").await;
    client.expect("BLPOP takes the next", cmd("BLPOP").arg("q").arg(0), bulks(["q", "b"])).await;
    client.expect("SET answers OK", cmd("SET").arg("k").arg("x"), "OK").await;
    server.kill_and_start_again();
    let mut client = server.client().await;
    client.expect("items that BLPOP took are not back", cmd("EXISTS").arg("q"), "(integer) 0").await;
    client.expect("the write after it is there", cmd("GET").arg("k"), bulk("x")).await;
}

#[tokio::test]
async fn who_waits_does_not_hold_up_sigterm() {
    let mut server = Server::start();
    let _waiting = waiting(&server, "BLPOP never 0").await;
    let ended = server.program.terminate();
    expect("SIGTERM ends the program also while a client waits").eq(ended.code, Some(0));
}
