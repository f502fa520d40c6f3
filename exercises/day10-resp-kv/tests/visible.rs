//! The tests of day 10 that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod ping_get_set {
    use super::support::{Server, bulk, encode};
    use harness::random;
    use redis::cmd;

    #[tokio::test]
    async fn ping_is_answered_with_pong() {
        let server = Server::start();
        let mut socket = server.socket().await;
        socket.send("*1\r\n$4\r\nPING\r\n").await;
        socket.expect_bytes("PING gets the simple string PONG", "+PONG\r\n").await;
        let message = random().name();
        let mut client = server.client().await;
        client.expect("PING with a message sends it back", cmd("PING").arg(&message), bulk(&message)).await;
        client.expect("ECHO sends its argument back", cmd("ECHO").arg(&message), bulk(&message)).await;
    }

    #[tokio::test]
    async fn what_was_set_can_be_read() {
        let (server, mut random) = (Server::start(), random());
        let (mut writer, mut reader) = (server.client().await, server.client().await);
        let (key, first, second) = (random.name(), random.words(3), random.unicode(20));
        writer.expect("SET answers OK", cmd("SET").arg(&key).arg(&first), "OK").await;
        reader.expect("GET on another connection finds it", cmd("GET").arg(&key), bulk(&first)).await;
        writer.expect("SET replaces a value", cmd("SET").arg(&key).arg(&second), "OK").await;
        reader.expect("GET finds the newer value", cmd("GET").arg(&key), bulk(&second)).await;
    }

    #[tokio::test]
    async fn a_missing_key_is_nil_and_not_empty() {
        let (server, mut random) = (Server::start(), random());
        let mut socket = server.socket().await;
        let key = random.name();
        socket.send(encode(["GET", &key])).await;
        socket.expect_bytes("GET of a missing key is the null bulk string", "$-1\r\n").await;
        socket.send(encode(["SET", &key, ""])).await;
        socket.expect_bytes("an empty value can be set", "+OK\r\n").await;
        socket.send(encode(["GET", &key])).await;
        socket.expect_bytes("an empty value is a bulk string of 0 bytes", "$0\r\n\r\n").await;
    }

    #[tokio::test]
    async fn del_and_exists_count_keys() {
        let (server, mut random) = (Server::start(), random());
        let mut client = server.client().await;
        let (here, gone) = (random.name(), random.name());
        client.expect("SET answers OK", cmd("SET").arg(&here).arg("1"), "OK").await;
        client
            .expect("a key that is named twice counts twice", cmd("EXISTS").arg(&[&here, &gone, &here]), "(integer) 2")
            .await;
        client
            .expect("DEL counts the keys that it deleted", cmd("DEL").arg(&[&here, &gone, &here]), "(integer) 1")
            .await;
        client.expect("a deleted key is gone", cmd("GET").arg(&here), "(nil)").await;
    }

    #[tokio::test]
    async fn a_line_of_text_is_a_command_too() {
        let (server, word) = (Server::start(), random().word());
        let mut socket = server.socket().await;
        socket.send(format!("ping\r\nset k {word}\r\n\r\nGet  k\n")).await;
        let expected = format!("+PONG\r\n+OK\r\n${}\r\n{word}\r\n", word.len());
        socket.expect_bytes("inline commands are answered, empty lines are not", expected).await;
    }
}

mod expiry {
    use super::support::{PATIENCE, Server, bulk};
    use harness::{expect, random};
    use harness_net::eventually;
    use redis::cmd;

    #[tokio::test]
    async fn a_key_is_gone_after_its_time() {
        let (server, mut random) = (Server::start(), random());
        let mut client = server.client().await;
        let (short, long, value) = (random.name(), random.name(), random.word());
        client.expect("SET takes PX", cmd("SET").arg(&short).arg(&value).arg("PX").arg(60), "OK").await;
        client.expect("SET takes EX", cmd("SET").arg(&long).arg(&value).arg("EX").arg(60), "OK").await;
        eventually("a key with PX 60 is gone after 60 ms", PATIENCE, || {
            let (mut client, command) = (client.clone(), cmd("GET").arg(&short).to_owned());
            async move { (client.ask(&command).await == "(nil)").then_some(()) }
        })
        .await;
        client.expect("a key with EX 60 is still there", cmd("GET").arg(&long), bulk(&value)).await;
        client.expect("an expired key does not exist", cmd("EXISTS").arg(&short), "(integer) 0").await;
    }

    #[tokio::test]
    async fn ttl_tells_the_time_left() {
        let (server, mut random) = (Server::start(), random());
        let mut client = server.client().await;
        let (key, seconds) = (random.name(), random.between(100..=9000));
        client.expect("TTL of a missing key is -2", cmd("TTL").arg(&key), "(integer) -2").await;
        client.expect("SET answers OK", cmd("SET").arg(&key).arg("x"), "OK").await;
        client.expect("PTTL of a key without deadline is -1", cmd("PTTL").arg(&key), "(integer) -1").await;
        client.expect("EXPIRE of a key that is there is 1", cmd("EXPIRE").arg(&key).arg(seconds), "(integer) 1").await;
        let left = client.number("PTTL is a number", cmd("PTTL").arg(&key)).await;
        expect("PTTL is the time left in milliseconds")
            .request(format!("PTTL {key}"))
            .expected(format!("at most {}, and not much less", seconds * 1000))
            .that(left <= seconds * 1000 && left > seconds * 1000 - 60_000, left);
        let left = client.number("TTL is a number", cmd("TTL").arg(&key)).await;
        expect("TTL is the time left in seconds")
            .request(format!("TTL {key}"))
            .expected(format!("at most {seconds}, and not much less"))
            .that(left <= seconds && left > seconds - 60, left);
    }

    #[tokio::test]
    async fn a_deadline_can_be_taken_away() {
        let (server, mut random) = (Server::start(), random());
        let mut client = server.client().await;
        let key = random.name();
        client.expect("SET takes EX", cmd("SET").arg(&key).arg("x").arg("EX").arg(100), "OK").await;
        client.expect("PERSIST takes the deadline away", cmd("PERSIST").arg(&key), "(integer) 1").await;
        client.expect("there is none now", cmd("TTL").arg(&key), "(integer) -1").await;
        client.expect("PERSIST without a deadline is 0", cmd("PERSIST").arg(&key), "(integer) 0").await;
        client.expect("PEXPIRE sets one", cmd("PEXPIRE").arg(&key).arg(100_000), "(integer) 1").await;
        client.expect("SET answers OK", cmd("SET").arg(&key).arg("y"), "OK").await;
        client.expect("SET without EX or PX takes the deadline away", cmd("TTL").arg(&key), "(integer) -1").await;
    }
}

mod lists {
    use super::support::{Server, bulk, bulks};
    use harness::random;
    use redis::cmd;

    #[tokio::test]
    async fn items_are_pushed_and_popped_at_both_ends() {
        let (server, mut random) = (Server::start(), random());
        let mut client = server.client().await;
        let (key, a, b, c) = (random.name(), random.name(), random.name(), random.name());
        client.expect("RPUSH answers the length", cmd("RPUSH").arg(&key).arg(&a).arg(&b), "(integer) 2").await;
        client.expect("LPUSH answers the length", cmd("LPUSH").arg(&key).arg(&c), "(integer) 3").await;
        client.expect("LLEN is the length", cmd("LLEN").arg(&key), "(integer) 3").await;
        client.expect("LPOP takes the first item", cmd("LPOP").arg(&key), bulk(&c)).await;
        client.expect("RPOP takes the last item", cmd("RPOP").arg(&key), bulk(&b)).await;
        client.expect("the rest stays", cmd("LRANGE").arg(&key).arg(0).arg(-1), bulks([&a])).await;
    }

    #[tokio::test]
    async fn lrange_takes_both_ends_and_counts_back_from_the_end() {
        let (server, mut random) = (Server::start(), random());
        let mut client = server.client().await;
        let key = random.name();
        let items: Vec<String> = (0..6).map(|_| random.word()).collect();
        client.expect("RPUSH keeps the order", cmd("RPUSH").arg(&key).arg(&items), "(integer) 6").await;
        let cases = [((0, -1), &items[..]), ((1, 2), &items[1..=2]), ((-2, -1), &items[4..]), ((2, 99), &items[2..])];
        for ((start, stop), expected) in cases {
            let command = cmd("LRANGE").arg(&key).arg(start).arg(stop).to_owned();
            client.expect("LRANGE gives from start to stop, both included", &command, bulks(expected)).await;
        }
        let command = cmd("LRANGE").arg(&key).arg(4).arg(2).to_owned();
        client.expect("LRANGE is empty when start is after stop", &command, "(empty array)").await;
    }

    #[tokio::test]
    async fn a_list_goes_with_its_last_item() {
        let (server, mut random) = (Server::start(), random());
        let mut client = server.client().await;
        let (key, item) = (random.name(), random.word());
        client.expect("RPUSH begins a list", cmd("RPUSH").arg(&key).arg(&item), "(integer) 1").await;
        client.expect("its type is list", cmd("TYPE").arg(&key), "list").await;
        client.expect("LPOP takes the only item", cmd("LPOP").arg(&key), bulk(&item)).await;
        client.expect("an empty list does not exist", cmd("EXISTS").arg(&key), "(integer) 0").await;
        client.expect("its type is none", cmd("TYPE").arg(&key), "none").await;
        client.expect("LPOP of nothing is nil", cmd("LPOP").arg(&key), "(nil)").await;
        client.expect("LLEN of nothing is 0", cmd("LLEN").arg(&key), "(integer) 0").await;
        client.expect("the key is free for a string", cmd("SET").arg(&key).arg(&item), "OK").await;
    }
}

mod binary_safe {
    use super::support::{Server, bulk, bulks, nasty_bytes};
    use harness::random;
    use redis::cmd;

    #[tokio::test]
    async fn a_value_may_hold_any_byte() {
        let (server, mut random) = (Server::start(), random());
        let mut client = server.client().await;
        let every_byte: Vec<u8> = (0..=255).collect();
        for value in [every_byte, b"\r\n".to_vec(), b"$3\r\nfoo\r\n".to_vec(), nasty_bytes(&mut random)] {
            let key = random.name();
            client.expect("SET takes any bytes", cmd("SET").arg(&key).arg(&value), "OK").await;
            client.expect("GET gives the same bytes back", cmd("GET").arg(&key), bulk(&value)).await;
        }
    }

    #[tokio::test]
    async fn a_key_may_hold_any_byte() {
        let (server, mut random) = (Server::start(), random());
        let mut client = server.client().await;
        let key = [nasty_bytes(&mut random), random.bytes(20)].concat();
        let other = [key.as_slice(), b"\0"].concat();
        client.expect("RPUSH takes any bytes", cmd("RPUSH").arg(&key).arg(&key).arg(&other), "(integer) 2").await;
        let command = cmd("LRANGE").arg(&key).arg(0).arg(-1).to_owned();
        client.expect("LRANGE gives the same bytes back", &command, bulks([&key, &other])).await;
        client
            .expect("a key that goes on after the same bytes is another", cmd("EXISTS").arg(&other), "(integer) 0")
            .await;
    }
}

mod pipelining {
    use super::support::{Server, encode, send_in_pieces};
    use harness::random;

    #[tokio::test]
    async fn commands_that_arrive_together_are_answered_in_order() {
        let (server, mut random) = (Server::start(), random());
        let mut socket = server.socket().await;
        let (mut requests, mut replies) = (Vec::new(), String::new());
        for number in 1..=100 {
            let word = random.word();
            requests.extend(encode(["ECHO", &word]));
            requests.extend(encode(["INCR", "counter"]));
            replies.push_str(&format!("${}\r\n{word}\r\n:{number}\r\n", word.len()));
        }
        socket.send(requests).await;
        socket.expect_bytes("every command of a pipeline is answered, in order", replies).await;
    }

    #[tokio::test]
    async fn a_command_may_arrive_in_pieces() {
        let (server, mut random) = (Server::start(), random());
        let mut socket = server.socket().await;
        let (key, value) = (random.name(), format!("{}\r\n{}", random.word(), random.word()));
        let requests = [encode(["SET", &key, &value]), encode(["GET", &key]), encode(["DEL", &key])].concat();
        send_in_pieces(&mut socket, &mut random, &requests, 3).await;
        let replies = format!("+OK\r\n${}\r\n{value}\r\n:1\r\n", value.len());
        socket.expect_bytes("where TCP cuts a command does not matter", replies).await;
    }
}

mod wrongtype_and_errors {
    use super::support::{Server, bulk, bulks};
    use harness::random;
    use redis::cmd;

    const WRONG_TYPE: &str = "(error) WRONGTYPE Operation against a key holding the wrong kind of value";

    #[tokio::test]
    async fn a_command_for_another_type_is_refused_and_changes_nothing() {
        let (server, mut random) = (Server::start(), random());
        let mut client = server.client().await;
        let (text, list, value) = (random.name(), random.name(), random.word());
        client.expect("SET answers OK", cmd("SET").arg(&text).arg(&value), "OK").await;
        client.expect("RPUSH answers the length", cmd("RPUSH").arg(&list).arg(&value), "(integer) 1").await;
        client.expect("GET of a list is refused", cmd("GET").arg(&list), WRONG_TYPE).await;
        client.expect("LPUSH on a string is refused", cmd("LPUSH").arg(&text).arg("x"), WRONG_TYPE).await;
        client.expect("the string is untouched", cmd("GET").arg(&text), bulk(&value)).await;
        client.expect("the list is untouched", cmd("LRANGE").arg(&list).arg(0).arg(-1), bulks([&value])).await;
        client.expect("SET replaces a list all the same", cmd("SET").arg(&list).arg(&value), "OK").await;
        client.expect("it is a string now", cmd("GET").arg(&list), bulk(&value)).await;
    }

    #[tokio::test]
    async fn an_unknown_command_is_an_error_and_the_connection_goes_on() {
        let (server, name) = (Server::start(), random().word());
        let mut client = server.client().await;
        let refusal = format!("(error) ERR unknown command 'X{name}'");
        client.expect_start("an unknown command is refused", cmd(&format!("X{name}")).arg(1), &refusal).await;
        client.expect("the next command is answered", &cmd("PING"), "PONG").await;
    }

    #[tokio::test]
    async fn a_wrong_number_of_arguments_is_refused() {
        let server = Server::start();
        let mut client = server.client().await;
        for (name, arguments) in [("GET", 0), ("GET", 2), ("SET", 1), ("ECHO", 0), ("LRANGE", 2), ("RPUSH", 1)] {
            let mut command = cmd(name);
            for number in 0..arguments {
                command.arg(number);
            }
            let refusal = format!("(error) ERR wrong number of arguments for '{}' command", name.to_lowercase());
            client.expect("a wrong number of arguments is refused", &command, refusal).await;
        }
    }
}

mod aof_survives_kill9_and_torn_tail {
    use super::support::{Server, bulk, bulks};
    use harness::random;
    use harness_net::write_until_killed;
    use redis::cmd;

    #[tokio::test]
    async fn acknowledged_writes_survive_a_kill() {
        let mut server = Server::start();
        let mut clients = Vec::new();
        for _ in 0..6 {
            clients.push(server.client().await);
        }
        let written = write_until_killed(&mut server.program, clients.len(), 150, move |writer, number| {
            let mut client = clients[writer].clone();
            async move {
                let key = format!("{writer}-{number}");
                let reply = client.try_ask(cmd("SET").arg(&key).arg(number)).await;
                reply.is_ok_and(|reply| reply == "OK").then_some(key)
            }
        })
        .await;
        server.program.start_again();
        let mut client = server.client().await;
        let mut stored = std::collections::BTreeSet::new();
        for key in written.items() {
            if client.ask(cmd("EXISTS").arg(key)).await == "(integer) 1" {
                stored.insert(key.clone());
            }
        }
        written.expect_all_in(&stored);
    }

    #[tokio::test]
    async fn strings_lists_and_deadlines_are_there_after_a_kill() {
        let (mut server, mut random) = (Server::start(), random());
        let mut client = server.client().await;
        let (text, list, value) = (random.name(), random.name(), random.unicode(10));
        client.expect("SET takes EX", cmd("SET").arg(&text).arg(&value).arg("EX").arg(500), "OK").await;
        client.expect("RPUSH answers the length", cmd("RPUSH").arg(&list).arg(&["a", "b", "c"]), "(integer) 3").await;
        client.expect("LPOP takes the first", cmd("LPOP").arg(&list), bulk("a")).await;
        client.expect("INCR counts from 0", cmd("INCR").arg("n"), "(integer) 1").await;
        client.expect("INCRBY goes on", cmd("INCRBY").arg("n").arg(41), "(integer) 42").await;
        client.expect("SET answers OK", cmd("SET").arg("gone").arg("x"), "OK").await;
        client.expect("DEL counts", cmd("DEL").arg("gone"), "(integer) 1").await;
        server.kill_and_start_again();
        let mut client = server.client().await;
        client.expect("a string survives kill -9", cmd("GET").arg(&text), bulk(&value)).await;
        let left = client.number("TTL is a number", cmd("TTL").arg(&text)).await;
        harness::expect("its deadline survives, too").expected("300 to 500 s").that((300..=500).contains(&left), left);
        client.expect("a list survives", cmd("LRANGE").arg(&list).arg(0).arg(-1), bulks(["b", "c"])).await;
        client.expect("a counter survives", cmd("GET").arg("n"), bulk("42")).await;
        client.expect("a deleted key stays deleted", cmd("EXISTS").arg("gone"), "(integer) 0").await;
    }

    #[tokio::test]
    async fn a_torn_last_write_costs_nothing_but_itself() {
        let (mut server, mut random) = (Server::start(), random());
        let mut client = server.client().await;
        let (before, last) = (random.name(), random.name());
        client.expect("SET answers OK", cmd("SET").arg(&before).arg("kept"), "OK").await;
        client.expect("SET answers OK", cmd("SET").arg(&last).arg("x".repeat(50)), "OK").await;
        server.program.kill();
        server.tear_journal(random.between(1..=50).unsigned_abs());
        server.program.start_again();
        let mut client = server.client().await;
        client.expect("the write before the torn one is there", cmd("GET").arg(&before), bulk("kept")).await;
        client.expect("the torn write is gone as a whole", cmd("GET").arg(&last), "(nil)").await;
    }
}

mod hostile_frames {
    use super::support::{Server, bulk};
    use harness::{expect, random};
    use redis::cmd;

    #[tokio::test]
    async fn nonsense_ends_its_own_connection_and_no_other() {
        let (server, value) = (Server::start(), random().word());
        let mut client = server.client().await;
        client.expect("SET answers OK", cmd("SET").arg("k").arg(&value), "OK").await;
        for nonsense in ["*1\r\n$-1\r\n", "*1\r\n+PING\r\n", "*x\r\n", "*1\r\n$1x\r\n", "*1\r\n$536870913\r\n"] {
            let mut socket = server.socket().await;
            socket.send(nonsense).await;
            let said = socket.expect_closed("a protocol error ends the connection").await;
            expect("a protocol error is answered before the connection is closed")
                .request(nonsense.escape_debug().to_string())
                .expected("one line: -ERR Protocol error: …")
                .that(said.starts_with(b"-ERR Protocol error") && said.ends_with(b"\r\n"), said.escape_ascii());
        }
        client.expect("another connection does not notice", cmd("GET").arg("k"), bulk(&value)).await;
    }

    #[tokio::test]
    async fn a_promised_length_takes_no_memory() {
        const GIB: u64 = 1024 * 1024 * 1024;
        let server = Server::start();
        let mut client = server.client().await;
        client.expect("PING gets PONG", &cmd("PING"), "PONG").await;
        let before = server.program.peak_memory();
        let mut sockets = Vec::new();
        for promise in ["*2\r\n$4\r\nECHO\r\n$536870912\r\nthe first bytes", "*2147483647\r\n$4\r\nECHO\r\n"] {
            for _ in 0..24 {
                let mut socket = server.socket().await;
                socket.send(promise).await;
                sockets.push(socket);
            }
        }
        // Whoever is asked afterwards has read what was sent before; twice, because programs may serve in parallel.
        for _ in 0..2 {
            client.expect("a promise is no reason to end", &cmd("PING"), "PONG").await;
        }
        if let (Some(before), Some(after)) = (before, server.program.peak_memory()) {
            let requirement = "memory follows the bytes that arrived, not the length that was promised";
            let growth = after.reserved.saturating_sub(before.reserved);
            expect(requirement)
                .request("24 connections: *2 $4 ECHO $536870912 and 15 bytes; 24 more: *2147483647 $4 ECHO")
                .expected("less than 4 GiB more address space")
                .that(growth < 4 * GIB, format!("{:.1} GiB more", growth as f64 / GIB as f64));
        }
    }
}

mod multi_watch {
    use super::support::{Server, array, bulk};
    use harness::random;
    use redis::cmd;

    #[tokio::test]
    async fn exec_carries_out_what_was_queued() {
        let (server, mut random) = (Server::start(), random());
        let (mut client, mut other) = (server.client().await, server.client().await);
        let (key, value) = (random.name(), random.word());
        client.expect("MULTI answers OK", &cmd("MULTI"), "OK").await;
        client.expect("a command after MULTI is queued", cmd("SET").arg(&key).arg(&value), "QUEUED").await;
        client.expect("a command after MULTI is queued", cmd("GET").arg(&key), "QUEUED").await;
        other.expect("what is queued has not happened yet", cmd("GET").arg(&key), "(nil)").await;
        let replies = array(["OK".to_owned(), bulk(&value)]);
        client.expect("EXEC answers with all replies", &cmd("EXEC"), replies).await;
        other.expect("EXEC has carried it out", cmd("GET").arg(&key), bulk(&value)).await;
    }

    #[tokio::test]
    async fn a_watched_key_that_was_changed_stops_exec() {
        let (server, mut random) = (Server::start(), random());
        let (mut client, mut other) = (server.client().await, server.client().await);
        let (key, value) = (random.name(), random.word());
        client.expect("WATCH answers OK", cmd("WATCH").arg(&key), "OK").await;
        other.expect("another client writes to the key", cmd("SET").arg(&key).arg(&value), "OK").await;
        client.expect("MULTI answers OK", &cmd("MULTI"), "OK").await;
        client.expect("a command after MULTI is queued", cmd("SET").arg(&key).arg("mine"), "QUEUED").await;
        client.expect("EXEC answers nil and does nothing", &cmd("EXEC"), "(nil)").await;
        client.expect("the other client's value is there", cmd("GET").arg(&key), bulk(&value)).await;
    }
}

mod pubsub {
    use super::support::{PATIENCE, Server};
    use futures_util::StreamExt;
    use harness::{expect, random};
    use harness_net::within;
    use redis::cmd;

    #[tokio::test]
    async fn a_message_reaches_every_subscriber() {
        let (server, mut random) = (Server::start(), random());
        let (channel, message) = (random.name(), random.unicode(12));
        let mut subscribers = Vec::new();
        for _ in 0..3 {
            subscribers.push(server.subscriber(&channel).await);
        }
        let mut client = server.client().await;
        let publish = cmd("PUBLISH").arg(&channel).arg(&message).to_owned();
        client.expect("PUBLISH answers the number of receivers", &publish, "(integer) 3").await;
        let elsewhere = cmd("PUBLISH").arg(random.name()).arg("x").to_owned();
        client.expect("nobody listens on another channel", &elsewhere, "(integer) 0").await;
        for subscriber in &mut subscribers {
            let mut stream = subscriber.on_message();
            let received = within("a subscriber gets the message", PATIENCE, stream.next()).await;
            let received =
                received.map(|received| (received.get_channel_name().to_owned(), received.get_payload().ok()));
            expect("the message names its channel").eq(received, Some((channel.clone(), Some(message.clone()))));
        }
    }

    #[tokio::test]
    async fn a_subscriber_may_only_subscribe_and_ping() {
        let server = Server::start();
        let mut socket = server.socket().await;
        socket.send("SUBSCRIBE news\r\n").await;
        let confirmed = "*3\r\n$9\r\nsubscribe\r\n$4\r\nnews\r\n:1\r\n";
        socket.expect_bytes("SUBSCRIBE is confirmed with the number of channels", confirmed).await;
        socket.send("GET k\r\n").await;
        socket.expect_bytes("other commands are refused", "-ERR Can't execute 'get'").await;
        let line = socket.read_until(|bytes| bytes.iter().position(|byte| *byte == b'\n').map(|end| end + 1)).await;
        expect("the refusal is one line").that(line.is_ok(), "the connection was closed");
        socket.send("PING\r\nUNSUBSCRIBE news\r\nPING\r\n").await;
        let replies = "*2\r\n$4\r\npong\r\n$0\r\n\r\n*3\r\n$11\r\nunsubscribe\r\n$4\r\nnews\r\n:0\r\n+PONG\r\n";
        socket.expect_bytes("PING is an array for subscribers, and a string again afterwards", replies).await;
    }
}

mod blpop {
    use super::support::{PATIENCE, Server, bulks};
    use harness::random;
    use harness_net::within;
    use redis::cmd;

    #[tokio::test]
    async fn an_item_that_is_there_is_taken_at_once() {
        let (server, mut random) = (Server::start(), random());
        let mut client = server.client().await;
        let (empty, full, item) = (random.name(), random.name(), random.word());
        client.expect("RPUSH answers the length", cmd("RPUSH").arg(&full).arg(&item), "(integer) 1").await;
        let blpop = cmd("BLPOP").arg(&empty).arg(&full).arg(0).to_owned();
        client.expect("BLPOP takes from the first key that has an item", &blpop, bulks([&full, &item])).await;
        client.expect("the item is gone", cmd("LLEN").arg(&full), "(integer) 0").await;
    }

    #[tokio::test]
    async fn it_waits_for_an_item_and_holds_up_nobody() {
        let (server, mut random) = (Server::start(), random());
        let (mut waiting, mut other) = (server.socket().await, server.client().await);
        let (key, item) = (random.name(), random.name());
        waiting.send(format!("BLPOP {key} 0\r\nPING\r\n")).await;
        other.expect("others are served meanwhile", &cmd("PING"), "PONG").await;
        other.expect("RPUSH answers the length", cmd("RPUSH").arg(&key).arg(&item), "(integer) 1").await;
        let replies = format!("*2\r\n${}\r\n{key}\r\n${}\r\n{item}\r\n+PONG\r\n", key.len(), item.len());
        within("BLPOP ends when an item comes", PATIENCE, async {
            waiting.expect_bytes("BLPOP answers key and item, and the next command follows", replies).await;
        })
        .await;
        other.expect("the item went to the one who waited", cmd("EXISTS").arg(&key), "(integer) 0").await;
    }

    #[tokio::test]
    async fn it_answers_nil_after_its_timeout() {
        let (server, key) = (Server::start(), random().name());
        let mut socket = server.socket().await;
        socket.send(format!("BLPOP {key} 0.05\r\n")).await;
        socket.expect_bytes("BLPOP answers the null array after its timeout", "*-1\r\n").await;
    }
}
