use crate::visible::support::{Server, TOKEN, Work};
use harness::expect;
use harness_net::Socket;

#[tokio::test]
async fn a_push_that_breaks_off_changes_nothing() {
    let server = Server::start();
    let work = server.repository("tools").await;
    let commit = work.push_file("a.txt", "one\n").await;
    let mut socket = Socket::connect(server.program.address()).await;
    let head = format!(
        "POST /tools.git/git-receive-pack HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\n\
         content-type: application/x-git-receive-pack-request\r\ntransfer-encoding: chunked\r\n\r\n",
        Server::basic(TOKEN)
    );
    let command = format!("{commit} {} refs/heads/main\0report-status", "1".repeat(40));
    let line = format!("{:04x}{command}0000PACK\0\0\0\x02\0\0\0\x05half of it", command.len() + 4);
    socket.send(format!("{head}{:x}\r\n{line}\r\n", line.len())).await;
    drop(socket);
    let clone = Work::clone(&server.url("tools")).await;
    expect("the branch is where it was").eq(clone.git(&["rev-parse", "HEAD"]).await.stdout.trim(), commit.as_str());
    work.push_file("a.txt", "two\n").await;
}

#[tokio::test]
async fn a_client_that_leaves_does_not_disturb_others() {
    let server = Server::start();
    let work = server.repository("tools").await;
    work.write("large.txt", harness::random().bytes(3 << 20));
    let commit = work.commit("large").await;
    work.push("main").await;
    for _ in 0..3 {
        let mut socket = Socket::connect_narrow(server.program.address()).await;
        let body = format!("0032want {commit}\n00000009done\n");
        let head = "POST /tools.git/git-upload-pack HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-git-upload-pack-request\r\n";
        socket.send(format!("{head}content-length: {}\r\n\r\n{body}", body.len())).await;
        let begun = socket.read_until(|bytes| bytes.windows(4).position(|part| part == b"PACK")).await;
        expect("the pack begins").that(begun.is_ok(), "the connection was closed");
        drop(socket);
    }
    Work::clone(&server.url("tools")).await;
}
