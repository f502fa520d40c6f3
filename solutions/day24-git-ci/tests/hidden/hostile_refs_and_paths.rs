use crate::visible::support::{Server, TOKEN, Work, pipeline};
use harness::expect;

#[tokio::test]
async fn a_pipeline_that_is_a_link_is_no_file() {
    let server = Server::start();
    let work = server.repository("tools").await;
    work.write("other.toml", pipeline(&[("a", "true")]));
    #[cfg(unix)]
    std::os::unix::fs::symlink("other.toml", work.path().join(".ci.toml")).expect("the test can make a link");
    work.commit("link").await;
    work.push("main").await;
    let run = server.run(server.newest("tools").await).await;
    run.expect("links are not followed").json_at("/status", "invalid");
}

#[tokio::test]
async fn a_tree_that_reaches_into_git_is_refused() {
    let server = Server::start();
    let work = server.repository("tools").await;
    work.push_file("a.txt", "one\n").await;
    work.write("evil", "[core]\n");
    let blob = work.git(&["hash-object", "-w", "evil"]).await.stdout.trim().to_owned();
    work.write("tree", format!("100644 blob {blob}\t.git\n"));
    let made = work.try_git(&["-c", "alias.x=!git mktree < tree", "x"]).await;
    let tree = made.stdout.trim().to_owned();
    let commit = work.git(&["commit-tree", "-m", "evil", &tree]).await.stdout.trim().to_owned();
    let pushed = work.try_git(&["push", "origin", &format!("{commit}:refs/heads/evil")]).await;
    expect("a file called .git is never taken").request(&pushed.line).that(!pushed.succeeded, &pushed.text);
    let listed = work.git(&["ls-remote", "origin"]).await.stdout;
    expect("and there is no such branch").lacks(&listed, "evil");
}

#[tokio::test]
async fn what_is_no_request_of_git_is_answered_with_an_error() {
    let server = Server::start();
    server.create("tools").await;
    let get = |query: &str| server.http.get(&format!("/tools.git/info/refs{query}"));
    for query in ["", "?service=git-shell", "?service=--upload-pack", "?service=upload-pack"] {
        get(query).send().await.expect("only the two services of the smart protocol").problem(403);
    }
    let reply =
        server.http.post("/tools.git/git-upload-pack").header("content-type", "text/plain").body("0000").send().await;
    reply.expect("another media type").problem(415);
    let media = "application/x-git-upload-pack-request";
    let call = server.http.post("/tools.git/git-upload-pack").header("content-type", media);
    let reply = call.header("content-encoding", "br").body("0000").send().await;
    reply.expect("a coding that nobody knows").problem(415);
    let reply = get("?service=git-upload-pack").header("git-protocol", "version=2; touch pwned").send().await;
    reply.expect("a version that is none is ignored").status(200).contains("# service=git-upload-pack");
    server.http.get("/tools.git/git-upload-pack").send().await.expect("another method").problem(405);
    let url = server.url_as(TOKEN, "tools");
    Work::clone(&url).await;
}

#[tokio::test]
async fn hooks_and_filters_of_a_repository_run_nothing_on_the_server() {
    let server = Server::start();
    let work = server.repository("tools").await;
    let mark = server.program.data_dir().join("pwned");
    let script = format!("#!/bin/sh\ntouch '{}'\n", mark.display());
    for hook in ["post-receive", "post-checkout", "update"] {
        work.write(&format!("hooks/{hook}"), &script);
    }
    work.write(".gitattributes", "* filter=evil\n");
    work.write(".gitmodules", "[submodule \"x\"]\n\tpath = x\n\turl = /nowhere\n");
    work.push_file(".ci.toml", &pipeline(&[("list", "ls")])).await;
    server.until(server.newest("tools").await, "passed").await;
    expect("nothing of a repository runs but its steps").eq(mark.exists(), false);
}
