use crate::visible::support::{create, draft, padded, path, service};
use harness::{Program, expect, random};
use harness_net::{Socket, status_of};

/// Sends raw bytes and returns the answer. A client library would stop sending when the answer comes early, and
/// may then lose it.
async fn answer(program: &Program, request: &[u8]) -> Vec<u8> {
    let mut socket = Socket::connect(program.address()).await;
    socket.send(request).await;
    socket.expect_closed("the service answers and closes, as Connection: close asks").await
}

#[tokio::test]
async fn exactly_64_kib_are_accepted() {
    let (_program, http) = service();
    let body = padded(65536);
    let reply = http.post("/notes").header("content-type", "application/json").body(body).send().await;
    reply.expect("a body of 65536 bytes is not too large").status(201);
}

#[tokio::test]
async fn a_body_in_chunks_is_limited_too() {
    let (program, http) = service();
    let head = "POST /notes HTTP/1.1\r\nHost: notes\r\nConnection: close\r\nContent-Type: application/json\r\n\
                Transfer-Encoding: chunked\r\n\r\n";
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let spaces = chunk(&" ".repeat(1024)).repeat(70);
    let request = [head, &chunk("{\"title\": \"chunked\""), &spaces, &chunk("}"), "0\r\n\r\n"].concat();
    let answer = answer(&program, request.as_bytes()).await;
    expect("a body without a Content-Length is counted while it is read")
        .request(format!("{}\n(then 70 KiB in chunks)", head.trim_end().replace("\r\n", "\n")))
        .expected("status 413")
        .that(status_of(&answer) == Some(413), String::from_utf8_lossy(&answer));
    http.get("/notes").send().await.expect("nothing was stored").json_at("/notes", serde_json::json!([]));
}

#[tokio::test]
async fn put_is_limited_too() {
    let (program, http) = service();
    let note = create(&http, &draft(&mut random())).await;
    let body = padded(65537);
    let head = format!(
        "PUT {} HTTP/1.1\r\nHost: notes\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {}",
        path(&note),
        body.len()
    );
    let answer = answer(&program, format!("{head}\r\n\r\n{body}").as_bytes()).await;
    expect("a body of 65537 bytes is too large")
        .request(head.replace("\r\n", "\n"))
        .expected("status 413")
        .that(status_of(&answer) == Some(413), String::from_utf8_lossy(&answer));
    http.get(&path(&note)).send().await.expect("the note is as before").status(200).json(&note);
}
