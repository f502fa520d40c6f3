//! What the tests of this day share: a server, a client that shows replies as redis-cli does, and the journal's file.

use harness::{Launch, Program, Random, expect, timeout};
use harness_net::{Socket, within};
use redis::{
    AsyncConnectionConfig, Cmd, RedisError, Value,
    aio::{MultiplexedConnection, PubSub},
};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

/// How long a client waits for a reply (before stretching).
pub const PATIENCE: Duration = Duration::from_secs(10);

/// The program under test, with a data folder of its own.
#[derive(Debug)]
pub struct Server {
    pub program: Program,
}

impl Server {
    pub fn start() -> Server {
        Server { program: Launch::service().data_dir().start() }
    }

    /// A new connection of the `redis` crate.
    pub async fn client(&self) -> Client {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(timeout(PATIENCE)))
            .set_response_timeout(Some(timeout(PATIENCE)));
        match self.url().get_multiplexed_async_connection_with_config(&config).await {
            Ok(connection) => Client { connection },
            Err(error) => expect("the redis crate can connect").fail(error),
        }
    }

    fn url(&self) -> redis::Client {
        let address = self.program.address();
        redis::Client::open(format!("redis://{address}")).expect("an address makes a URL")
    }

    /// A new connection of the `redis` crate that listens to `channel`. That kind of connection has no time limit of its
    /// own.
    pub async fn subscriber(&self, channel: &str) -> PubSub {
        within("the redis crate can connect and SUBSCRIBE is confirmed", PATIENCE, async {
            let subscriber = self.url().get_async_pubsub().await;
            let mut subscriber = subscriber.unwrap_or_else(|error| expect("the redis crate can connect").fail(error));
            if let Err(error) = subscriber.subscribe(channel).await {
                expect("SUBSCRIBE is confirmed").request(format!("SUBSCRIBE {channel}")).fail(error);
            }
            subscriber
        })
        .await
    }

    /// A new connection for bytes that no client would send.
    pub async fn socket(&self) -> Socket {
        Socket::connect(self.program.address()).await
    }

    /// SIGKILL, and a new start on the same data.
    pub fn kill_and_start_again(&mut self) {
        self.program.kill();
        self.program.start_again();
    }

    /// The journal: the newest file in the data folder whose name ends with `.aof`.
    pub fn journal(&self) -> PathBuf {
        let mut files = Vec::new();
        collect(self.program.data_dir(), &mut files);
        match files.into_iter().max() {
            Some((_, path)) => path,
            None => expect("the journal is a file in the data folder whose name ends with .aof").fail("there is none"),
        }
    }

    /// Cuts `bytes` off the end of the journal, as a kill in the middle of a write does.
    pub fn tear_journal(&self, bytes: u64) {
        let path = self.journal();
        let length = std::fs::metadata(&path).map_or(0, |metadata| metadata.len());
        expect("every acknowledged write stands in the journal, with its key and value")
            .that(length > bytes, format!("{} has {length} bytes", path.display()));
        let file = std::fs::File::options().write(true).open(&path).expect("the journal can be opened");
        file.set_len(length - bytes).expect("the journal can be shortened");
    }
}

fn collect(folder: &Path, files: &mut Vec<(std::time::SystemTime, PathBuf)>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, Ok(metadata)) = (entry.path(), entry.path().symlink_metadata()) else { continue };
        if metadata.is_dir() {
            collect(&path, files);
        } else if metadata.is_file() && path.extension().is_some_and(|extension| extension == "aof") {
            files.push((metadata.modified().expect("files have times here"), path));
        }
    }
}

/// One connection. Replies come as redis-cli shows them: `OK`, `(nil)`, `(integer) 1`, `"bytes"`, `(error) ERR …`.
#[derive(Debug, Clone)]
pub struct Client {
    pub connection: MultiplexedConnection,
}

impl Client {
    /// The reply to `command`.
    pub async fn ask(&mut self, command: &Cmd) -> String {
        match self.try_ask(command).await {
            Ok(reply) => reply,
            Err(error) => expect("every command gets a reply").request(words(command)).fail(error),
        }
    }

    /// The reply to `command`, or why none came.
    pub async fn try_ask(&mut self, command: &Cmd) -> Result<String, RedisError> {
        match self.connection.send_packed_command(command).await {
            Ok(value) => Ok(show(&value)),
            Err(error) => match error.code() {
                Some(code) => Ok(show_error(code, error.detail())),
                None => Err(error),
            },
        }
    }

    /// The reply has to be this one.
    pub async fn expect(&mut self, requirement: &str, command: &Cmd, reply: impl AsRef<str>) {
        let actual = self.ask(command).await;
        let wanted = expect(requirement).request(words(command)).expected(reply.as_ref());
        wanted.that(actual == reply.as_ref(), &actual);
    }

    /// The reply has to begin like this: for errors, whose end is up to the program.
    pub async fn expect_start(&mut self, requirement: &str, command: &Cmd, start: &str) {
        let actual = self.ask(command).await;
        let wanted = expect(requirement).request(words(command)).expected(format!("{start}…"));
        wanted.that(actual.starts_with(start), &actual);
    }

    /// The number in the reply.
    pub async fn number(&mut self, requirement: &str, command: &Cmd) -> i64 {
        let reply = self.ask(command).await;
        match reply.strip_prefix("(integer) ").and_then(|number| number.parse().ok()) {
            Some(number) => number,
            None => expect(requirement).request(words(command)).expected("(integer) …").fail(reply),
        }
    }
}

/// A command as it can be typed into redis-cli, shortened.
pub fn words(command: &Cmd) -> String {
    let words = command.args_iter().map(|argument| match argument {
        redis::Arg::Simple(bytes) if bytes.len() > 200 => {
            format!("\"{}\"…({} bytes)", bytes[..60].escape_ascii(), bytes.len())
        }
        redis::Arg::Simple(bytes) if !bytes.is_empty() && bytes.iter().all(u8::is_ascii_graphic) => {
            bytes.escape_ascii().to_string()
        }
        redis::Arg::Simple(bytes) => bulk(bytes),
        _ => "?".to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// A bulk string as redis-cli shows it.
pub fn bulk(bytes: impl AsRef<[u8]>) -> String {
    format!("\"{}\"", bytes.as_ref().escape_ascii())
}

/// An array of bulk strings as redis-cli shows it.
pub fn bulks<B: AsRef<[u8]>>(items: impl IntoIterator<Item = B>) -> String {
    array(items.into_iter().map(bulk))
}

/// An array as redis-cli shows it.
pub fn array(items: impl IntoIterator<Item = String>) -> String {
    let items = items.into_iter().enumerate().map(|(place, item)| format!("{}) {item}", place + 1));
    let lines = items.collect::<Vec<_>>();
    if lines.is_empty() { "(empty array)".to_owned() } else { lines.join("\n") }
}

fn show(value: &Value) -> String {
    match value {
        Value::Okay => "OK".to_owned(),
        Value::SimpleString(text) => text.clone(),
        Value::Nil => "(nil)".to_owned(),
        Value::Int(number) => format!("(integer) {number}"),
        Value::BulkString(bytes) => bulk(bytes),
        Value::Array(items) => array(items.iter().map(show)),
        Value::ServerError(error) => show_error(error.code(), error.details()),
        other => format!("{other:?}, which is not RESP2"),
    }
}

fn show_error(code: &str, detail: Option<&str>) -> String {
    format!("(error) {code} {}", detail.unwrap_or_default())
}

/// A request as bytes.
pub fn encode<W: AsRef<[u8]>>(words: impl IntoIterator<Item = W>) -> Vec<u8> {
    let words: Vec<W> = words.into_iter().collect();
    let mut bytes = format!("*{}\r\n", words.len()).into_bytes();
    for word in &words {
        bytes.extend_from_slice(format!("${}\r\n", word.as_ref().len()).as_bytes());
        bytes.extend_from_slice(word.as_ref());
        bytes.extend_from_slice(b"\r\n");
    }
    bytes
}

/// Bytes that a program that reads lines, or text, cannot keep: line ends, zeros, headers in disguise, broken UTF-8.
pub fn nasty_bytes(random: &mut Random) -> Vec<u8> {
    let parts: [&[u8]; 8] =
        [b"\r\n", b"$3\r\nfoo\r\n", b"\0", b"*1\r\n$4\r\nPING\r\n", b"\xff\xfe", b"\n", b"-ERR \r\n", b" "];
    let mut bytes = Vec::new();
    for _ in 0..random.between(3..=8) {
        bytes.extend_from_slice(random.pick::<&[u8]>(&parts));
        let count = random.below(6);
        bytes.extend(random.bytes(count));
    }
    bytes
}

/// Sends bytes in pieces of random length, each in a segment of its own.
pub async fn send_in_pieces(socket: &mut Socket, random: &mut Random, mut bytes: &[u8], longest: usize) {
    while !bytes.is_empty() {
        let (piece, rest) = bytes.split_at(bytes.len().min(1 + random.below(longest)));
        socket.send(piece).await;
        // Lets the program read this piece before the next one is there; whether it does changes nothing.
        tokio::task::yield_now().await;
        bytes = rest;
    }
}
