use crate::visible::support::{Server, bulk};
use harness::random;
use harness_net::together;
use redis::cmd;

#[tokio::test]
async fn set_can_depend_on_what_is_there() {
    let (server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    let (key, first, second) = (random.name(), random.word(), random.word());
    client.expect("XX sets no new key", cmd("SET").arg(&key).arg(&first).arg("XX"), "(nil)").await;
    client.expect("that key is still missing", cmd("GET").arg(&key), "(nil)").await;
    client.expect("NX sets a new key", cmd("SET").arg(&key).arg(&first).arg("nx"), "OK").await;
    client.expect("NX replaces nothing", cmd("SET").arg(&key).arg(&second).arg("NX"), "(nil)").await;
    client.expect("the first value is there", cmd("GET").arg(&key), bulk(&first)).await;
    let command = cmd("SET").arg(&key).arg(&second).arg("PX").arg(90_000).arg("XX").to_owned();
    client.expect("XX replaces a value, options in any order", &command, "OK").await;
    client.expect("the second value is there", cmd("GET").arg(&key), bulk(&second)).await;
}

#[tokio::test]
async fn numbers_are_counted_exactly_by_twenty_clients_at_once() {
    let server = Server::start();
    let mut clients = Vec::new();
    for _ in 0..20 {
        clients.push(server.client().await);
    }
    together(clients.len(), |number| {
        let mut client = clients[number].clone();
        async move {
            for _ in 0..10 {
                client.ask(cmd("INCR").arg("hits")).await;
                client.ask(cmd("INCRBY").arg("sum").arg(-7)).await;
            }
        }
    })
    .await;
    let mut client = server.client().await;
    client.expect("20 clients counted to 10 each", cmd("GET").arg("hits"), bulk("200")).await;
    client.expect("20 clients subtracted 7 ten times each", cmd("GET").arg("sum"), bulk("-1400")).await;
}

#[tokio::test]
async fn names_are_taken_in_any_case_and_keys_in_one() {
    let (server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    let key = random.word();
    client.expect("command names ignore case", cmd("sEt").arg(&key).arg("x"), "OK").await;
    client.expect("command names ignore case", cmd("get").arg(&key), bulk("x")).await;
    client.expect("keys do not", cmd("Get").arg(key.to_uppercase()), "(nil)").await;
}

#[tokio::test]
async fn dbsize_counts_keys_and_type_names_them() {
    let (server, mut random) = (Server::start(), random());
    let mut client = server.client().await;
    let count = random.between(3..=9);
    client.expect("an empty server has no keys", &cmd("DBSIZE"), "(integer) 0").await;
    for number in 0..count {
        client.expect("SET answers OK", cmd("SET").arg(number).arg(random.word()), "OK").await;
    }
    client.expect("DBSIZE counts keys", &cmd("DBSIZE"), format!("(integer) {count}")).await;
    client.expect("the type of a string", cmd("TYPE").arg(0), "string").await;
    client.expect("the type of nothing", cmd("TYPE").arg(random.name()), "none").await;
}

#[tokio::test]
async fn quit_is_answered_and_ends_the_connection() {
    let server = Server::start();
    let mut socket = server.socket().await;
    socket.send("QUIT\r\n").await;
    let said = socket.expect_closed("QUIT ends the connection").await;
    harness::expect("QUIT is answered first").eq(said.escape_ascii().to_string(), "+OK\\r\\n".to_owned());
}
