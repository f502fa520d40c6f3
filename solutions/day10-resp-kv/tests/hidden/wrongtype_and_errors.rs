use crate::visible::support::{Server, bulk, encode};
use harness::random;
use redis::cmd;

#[tokio::test]
async fn every_command_minds_the_type() {
    let (server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    let (text, list) = (random.name(), random.name());
    client.expect("SET answers OK", cmd("SET").arg(&text).arg("x"), "OK").await;
    client.expect("RPUSH answers the length", cmd("RPUSH").arg(&list).arg("x"), "(integer) 1").await;
    for (name, key, arguments) in [
        ("INCR", &list, &[][..]),
        ("INCRBY", &list, &["2"][..]),
        ("RPUSH", &text, &["y"]),
        ("LPOP", &text, &[]),
        ("RPOP", &text, &["2"]),
        ("LLEN", &text, &[]),
        ("LRANGE", &text, &["0", "-1"]),
    ] {
        let command = cmd(name).arg(key).arg(arguments).to_owned();
        let refusal = "(error) WRONGTYPE Operation against a key holding the wrong kind of value";
        client.expect("a command for another type is refused", &command, refusal).await;
    }
    for key in [&text, &list] {
        client.expect("commands for any type go on", cmd("EXPIRE").arg(key).arg(100), "(integer) 1").await;
    }
    client.expect("commands for any type go on", cmd("DEL").arg(&text).arg(&list), "(integer) 2").await;
}

#[tokio::test]
async fn only_whole_numbers_of_64_bits_are_counted() {
    let (server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    let key = random.name();
    for value in [random.word(), "1.5".to_owned(), " 1".to_owned(), String::new(), "9223372036854775808".to_owned()] {
        client.expect("SET answers OK", cmd("SET").arg(&key).arg(&value), "OK").await;
        let refusal = "(error) ERR value is not an integer or out of range";
        client.expect("what is no number is not counted", cmd("INCR").arg(&key), refusal).await;
        client.expect("and is left as it is", cmd("GET").arg(&key), bulk(&value)).await;
    }
    client.expect("SET answers OK", cmd("SET").arg(&key).arg(i64::MAX - 1), "OK").await;
    client.expect("the largest number is counted to", cmd("INCR").arg(&key), format!("(integer) {}", i64::MAX)).await;
    let refusal = "(error) ERR increment or decrement would overflow";
    client.expect("and not beyond", cmd("INCR").arg(&key), refusal).await;
    let refusal = "(error) ERR value is not an integer or out of range";
    client.expect("the step is a number, too", cmd("INCRBY").arg(&key).arg("x"), refusal).await;
    client.expect("nothing has changed", cmd("GET").arg(&key), bulk(i64::MAX.to_string())).await;
}

#[tokio::test]
async fn bad_arguments_are_refused_and_change_nothing() {
    let (server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    let key = random.name();
    client.expect("SET answers OK", cmd("SET").arg(&key).arg("kept"), "OK").await;
    for (line, refusal) in [
        ("SET K v FOO", "(error) ERR syntax error"),
        ("SET K v NX XX", "(error) ERR syntax error"),
        ("SET K v EX", "(error) ERR syntax error"),
        ("SET K v EX 1 PX 1", "(error) ERR syntax error"),
        ("SET K v EX ten", "(error) ERR value is not an integer or out of range"),
        ("SET K v EX 0", "(error) ERR invalid expire time in 'set' command"),
        ("SET K v PX -1", "(error) ERR invalid expire time in 'set' command"),
        ("SET K v EX 9223372036854775807", "(error) ERR invalid expire time in 'set' command"),
        ("EXPIRE K soon", "(error) ERR value is not an integer or out of range"),
        ("EXPIRE K 9223372036854775807", "(error) ERR invalid expire time in 'expire' command"),
        ("LRANGE L 0 last", "(error) ERR value is not an integer or out of range"),
        ("LPOP L -1", "(error) ERR value is out of range, must be positive"),
    ] {
        let mut words = line.split(' ').map(|word| if word == "K" { key.as_str() } else { word });
        let mut command = cmd(words.next().unwrap_or_default());
        words.for_each(|word| {
            command.arg(word);
        });
        client.expect("a bad argument is refused", &command, refusal).await;
    }
    client.expect("nothing has changed", cmd("GET").arg(&key), bulk("kept")).await;
    client.expect("nothing has changed", cmd("TTL").arg(&key), "(integer) -1").await;
}

#[tokio::test]
async fn an_error_takes_one_place_in_a_pipeline() {
    let server = Server::start();
    let mut socket = server.socket().await;
    let requests =
        [encode(["SET", "k", "word"]), encode(["INCR", "k"]), encode(["GET"]), encode(["GET", "k"])].concat();
    socket.send(requests).await;
    let replies = "+OK\r\n-ERR value is not an integer or out of range\r\n\
                   -ERR wrong number of arguments for 'get' command\r\n$4\r\nword\r\n";
    socket.expect_bytes("the commands around an error are answered as usual", replies).await;
}
