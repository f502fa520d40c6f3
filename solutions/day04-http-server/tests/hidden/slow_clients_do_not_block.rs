use crate::visible::support::{Site, Wire, allow_many_sockets, get};
use harness::{Signal, expect, random};
use harness_net::{eventually, within};
use std::time::Duration;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{interval, sleep},
};

/// More than the buffers of a connection can take, so that the program has to wait for the client.
const LARGE: u64 = 16 << 20;

/// A deadline for each read would never be reached: this client always sends something.
#[tokio::test]
async fn a_byte_now_and_then_does_not_buy_time() {
    let site = Site::empty();
    site.file("one.txt", "x");
    let program = site.launch().args(["--header-timeout-ms", "300"]).start();
    let mut wire = Wire::open(&program).await;
    wire.send("GET /one.txt HTTP/1.1\r\nHost: files.test\r\nX: ").await;
    let (mut reading, mut writing) = wire.into_stream().into_split();
    let drip = tokio::spawn(async move {
        let mut tick = interval(Duration::from_millis(20));
        while writing.write_all(b"x").await.is_ok() {
            tick.tick().await;
        }
    });
    let mut bytes = Vec::new();
    let requirement = "a client that has not sent its whole head in time loses its connection";
    // An error is a connection that was reset, which is an end, too.
    let _ = within(requirement, Duration::from_secs(5), reading.read_to_end(&mut bytes)).await;
    drip.abort();
    let said = String::from_utf8_lossy(&bytes);
    expect("it hears 408 or nothing").that(said.is_empty() || said.starts_with("HTTP/1.1 408 "), &said);
}

#[tokio::test]
async fn a_silent_connection_is_given_up() {
    let site = Site::empty();
    site.file("one.txt", "x");
    let program = site.launch().args(["--header-timeout-ms", "200"]).start();
    let mut unused = Wire::open(&program).await;
    let mut used = Wire::open(&program).await;
    used.ask(get("/one.txt")).await.is_file("a file is sent", "x");
    used.closed("a connection without a further request is closed in time").await;
    unused.closed("a connection without a request is closed in time").await;
}

/// The time for a head is not a time for everything.
#[tokio::test]
async fn a_slow_download_is_not_cut_off() {
    let site = Site::empty();
    site.large_file("large.bin", LARGE);
    let program = site.launch().args(["--header-timeout-ms", "200"]).start();
    let mut wire = Wire::open(&program).await;
    wire.send(get("/large.bin")).await;
    wire.begun(1000).await;
    // This is no waiting for the program: it is what the client does, and three times as long as a head may take.
    sleep(Duration::from_millis(600)).await;
    wire.answer().await.is_file("a client may read slowly", vec![0; LARGE as usize]);
}

#[tokio::test]
async fn unread_files_are_not_kept_in_memory() {
    allow_many_sockets();
    let mut random = random();
    let site = Site::empty();
    site.large_file("large.bin", LARGE);
    site.file("one.txt", "x");
    let (program, http) = site.serve();
    http.get("/one.txt").send().await.expect("a file is sent").status(200);
    let before = program.peak_memory();
    let mut wires = Vec::new();
    for _ in 0..40 {
        let mut wire = Wire::open(&program).await;
        wire.send(get("/large.bin")).await;
        wire.begun(1000 + random.below(50_000)).await;
        wires.push(wire);
    }
    let reply = http.get("/one.txt").send().await;
    reply.expect("40 clients that do not read do not hold up another one").status(200);
    if let (Some(before), Some(after)) = (before, program.peak_memory()) {
        let grown = after.resident.saturating_sub(before.resident);
        expect("a file is read while it is sent, not before")
            .request("40 times GET of a file of 16 MiB, not read by the client")
            .expected("less than 64 MiB more memory")
            .that(grown < 64 << 20, format!("{} MiB more", grown >> 20));
    }
}

#[tokio::test]
async fn a_download_in_flight_is_finished_on_sigterm() {
    let site = Site::empty();
    site.large_file("large.bin", LARGE);
    let (mut program, _) = site.serve();
    let mut wire = Wire::open(&program).await;
    wire.send(get("/large.bin")).await;
    wire.begun(1000).await;
    program.signal(Signal::Terminate);
    let address = program.address();
    eventually("after SIGTERM no new connection is accepted", Duration::from_secs(1), || async {
        TcpStream::connect(address).await.is_err().then_some(())
    })
    .await;
    let answer = wire.answer().await;
    answer.is_file("a response that has begun is finished after SIGTERM", vec![0; LARGE as usize]);
    let status = program.wait_for_exit(Duration::from_secs(2)).and_then(|status| status.code());
    expect("then the program ends with 0").eq(status, Some(0));
}
