use crate::visible::{
    header_limits_431::head_of,
    support::{Site, Wire, get, request},
};
use harness::{expect, random};
use tokio::io::AsyncWriteExt;

fn site() -> Site {
    let site = Site::empty();
    site.file("there.txt", "here");
    site
}

#[tokio::test]
async fn many_short_lines_are_as_bad_as_a_long_one() {
    let site = site();
    let (program, _) = site.serve();
    let lines: Vec<_> = (0..4000).map(|number| format!("X-{number}: {number}")).collect();
    let lines: Vec<_> = lines.iter().map(String::as_str).collect();
    let answer = Wire::open(&program).await.ask(request("GET", "/there.txt", &lines)).await;
    answer.has_status("the lines of a head are limited in all", &[431]);
    let answer = Wire::open(&program).await.ask(request("GET", "/there.txt", &lines[..500])).await;
    answer.is_file("less than 16 KiB are accepted, however many lines they are", "here");
}

#[tokio::test]
async fn a_target_without_end() {
    let site = site();
    let (program, _) = site.serve();
    let answer = Wire::open(&program).await.ask(get(&format!("/{}", "a".repeat(40_000)))).await;
    answer.has_status("a request line of more than 32 KiB is refused", &[414, 431]);
    let answer = Wire::open(&program).await.ask(get(&format!("/there.txt?{}", "a".repeat(12_000)))).await;
    answer.is_file("a long request line within 16 KiB is accepted", "here");
}

/// The limit is one of a head, not of what has been received.
#[tokio::test]
async fn many_large_heads_at_once() {
    let mut random = random();
    let site = site();
    let (program, _) = site.serve();
    let mut wire = Wire::open(&program).await;
    let heads: String = (0..20).map(|_| head_of(4_000 + random.below(8_000))).collect();
    wire.send(heads).await;
    for _ in 0..20 {
        wire.answer().await.is_file("each head has a limit of its own", "here");
    }
}

/// Closing a socket with unread bytes resets the connection, and the client would never see the answer.
#[tokio::test]
async fn the_answer_reaches_a_client_that_sends_on() {
    let site = site();
    let (program, _) = site.serve();
    for _ in 0..5 {
        let mut wire = Wire::open(&program).await;
        let answer = wire.ask(head_of(1_000_000)).await;
        answer.has_status("431 arrives, although much more was sent than read", &[431]);
    }
}

#[tokio::test]
async fn an_endless_line_takes_no_memory() {
    let site = site();
    let (program, http) = site.serve();
    http.get("/there.txt").send().await.expect("a file is sent").status(200);
    let before = program.peak_memory();
    let mut stream = Wire::open(&program).await.into_stream();
    let flood = vec![b'x'; 64 * 1024];
    let mut sent = stream.write_all(b"GET /there.txt HTTP/1.1\r\nHost: files.test\r\nX: ").await;
    for _ in 0..1024 {
        // The program is free to close the connection, and should.
        if sent.is_err() {
            break;
        }
        let limit = harness::timeout(std::time::Duration::from_secs(2));
        sent = tokio::time::timeout(limit, stream.write_all(&flood)).await.unwrap_or(Ok(()));
    }
    http.get("/there.txt").send().await.expect("other clients are served as before").status(200);
    if let (Some(before), Some(after)) = (before, program.peak_memory()) {
        let grown = after.resident.saturating_sub(before.resident);
        expect("a header line without end is not kept in memory")
            .request("GET with a header line of 64 MiB")
            .expected("less than 16 MiB more memory")
            .that(grown < 16 << 20, format!("{} KiB more", grown / 1024));
    }
}
