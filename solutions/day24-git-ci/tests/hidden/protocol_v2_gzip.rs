use crate::visible::support::{Server, Work};
use flate2::{Compression, write::GzEncoder};
use harness::expect;
use std::io::Write;

/// `command=ls-refs` of version 2, as one request.
const LIST: &[u8] = b"0014command=ls-refs\n0000";

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).and_then(|()| encoder.finish()).expect("the test can compress")
}

#[tokio::test]
async fn a_compressed_request_is_understood() {
    let server = Server::start();
    let work = server.repository("tools").await;
    let commit = work.push_file("a.txt", "one\n").await;
    for body in [LIST.to_vec(), packed(LIST)] {
        let call = server.http.post("/tools.git/git-upload-pack").header("git-protocol", "version=2");
        let call = call.header("content-type", "application/x-git-upload-pack-request");
        let call = if body.starts_with(b"\x1f\x8b") { call.header("content-encoding", "gzip") } else { call };
        let reply = call.body(body).send().await;
        reply.expect("the branches").status(200).contains(&format!("{commit} refs/heads/main"));
        reply.expect("as git names it").media_type("application/x-git-upload-pack-result");
    }
}

#[tokio::test]
async fn half_of_a_compressed_request_does_no_harm() {
    let server = Server::start();
    let work = server.repository("tools").await;
    work.push_file("a.txt", "one\n").await;
    let body = packed(LIST);
    for end in [1, 5, body.len() / 2, body.len() - 1] {
        let call = server.http.post("/tools.git/git-upload-pack").header("git-protocol", "version=2");
        let call =
            call.header("content-type", "application/x-git-upload-pack-request").header("content-encoding", "gzip");
        // Whatever the answer is: there is one, and the next client is served.
        let _ = call.body(&body[..end]).try_send().await;
    }
    Work::clone(&server.url("tools")).await;
}

#[tokio::test]
async fn git_compresses_what_it_has_much_to_say_about() {
    let server = Server::start();
    let work = server.repository("tools").await;
    work.push_file("a.txt", "old\n").await;
    let clone = Work::clone(&server.url("tools")).await;
    // A history of its own, so that it has many commits to tell of: a request of more than a kibibyte.
    for _ in 0..30 {
        clone.git(&["commit", "--quiet", "--allow-empty", "-m", "mine"]).await;
    }
    let newer = work.push_file("a.txt", "new\n").await;
    let fetched = clone.try_git(&["fetch", "origin"]).await;
    expect("git can fetch").request(&fetched.line).that(fetched.succeeded, &fetched.text);
    let head = clone.git(&["rev-parse", "origin/main"]).await.stdout;
    expect("the newer commit has come").eq(head.trim(), newer.as_str());
}
