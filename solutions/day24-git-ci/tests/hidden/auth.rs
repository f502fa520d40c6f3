use crate::visible::support::{Server, TOKEN, pipeline};
use harness::expect;

#[tokio::test]
async fn neither_half_of_a_push_is_open() {
    let server = Server::start();
    server.create("tools").await;
    let media = "application/x-git-receive-pack-request";
    for password in [None, Some("wrong"), Some(""), Some(&TOKEN[..TOKEN.len() - 1])] {
        let asked = server.http.get("/tools.git/info/refs?service=git-receive-pack");
        let sent = server.http.post("/tools.git/git-receive-pack").header("content-type", media).body("0000");
        for call in [asked, sent] {
            let call = match password {
                Some(password) => call.header("authorization", Server::basic(password)),
                None => call,
            };
            let reply = call.send().await;
            reply.expect("pushing needs the token").problem(401).header("www-authenticate", "Basic realm=\"git-ci\"");
        }
    }
    let asked = server.http.get("/tools.git/info/refs?service=git-receive-pack");
    let reply = asked.header("authorization", Server::basic(TOKEN)).send().await;
    reply.expect("with it git is answered").status(200).media_type("application/x-git-receive-pack-advertisement");
}

#[tokio::test]
async fn the_token_stays_with_the_server() {
    let server = Server::start();
    let work = server.repository("tools").await;
    work.push_file(".ci.toml", &pipeline(&[("look", "env; cat /proc/self/environ | tr '\\0' '\\n'")])).await;
    let id = server.newest("tools").await;
    server.until(id, "passed").await;
    expect("steps do not get the token").lacks(&server.log(id).await, TOKEN);
    expect("and it is in no log of the server").lacks(&server.program.stderr().join("\n"), TOKEN);
}

#[tokio::test]
async fn credentials_that_are_none_are_refused() {
    let server = Server::start();
    for value in ["Basic", "Basic !!!", "Basic bm9jb2xvbg==", "basic", "Basic ", "Digest x"] {
        let reply = server.http.put("/repos/mine").header("authorization", value).send().await;
        reply.expect("these are no credentials").problem(401);
    }
    let reply = server
        .http
        .put("/repos/mine")
        .header("authorization", Server::basic(TOKEN).replace("Basic", "basic"))
        .send()
        .await;
    reply.expect("the scheme's case does not matter").status(201);
}
