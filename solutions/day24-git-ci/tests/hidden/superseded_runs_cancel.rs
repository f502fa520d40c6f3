use crate::visible::support::{Server, odd_seconds, pipeline, processes_with, until_processes_with};
use harness::expect;

#[tokio::test]
async fn waiting_runs_of_the_branch_are_canceled_and_others_are_not() {
    let server = Server::with(&["--workers", "1"]);
    let work = server.repository("tools").await;
    let gate = server.gate("go");
    work.push_file(".ci.toml", &pipeline(&[("wait", &gate.wait())])).await;
    let first = server.newest("tools").await;
    server.until(first, "running").await;
    let quick = format!("cancel_superseded = true\n{}", pipeline(&[("quick", "true")]));
    work.push_file(".ci.toml", &quick).await;
    // The first is of a pipeline without the option, but the newer one has it.
    server.until(first, "canceled").await;
    work.push("HEAD:refs/heads/other").await;
    let other = server.newest("tools").await;
    server.until(other, "passed").await;
}

#[tokio::test]
async fn without_the_option_both_run_to_their_ends() {
    let server = Server::start();
    let work = server.repository("tools").await;
    let gate = server.gate("go");
    work.push_file(".ci.toml", &pipeline(&[("wait", &gate.wait())])).await;
    let first = server.newest("tools").await;
    work.push_file(".ci.toml", &pipeline(&[("quick", "true")])).await;
    let second = server.newest("tools").await;
    server.until(second, "passed").await;
    server.run(first).await.expect("the older one goes on").json_at("/status", "running");
    gate.open();
    server.until(first, "passed").await;
}

#[tokio::test]
async fn nothing_of_a_canceled_run_is_left() {
    let server = Server::start();
    let work = server.repository("tools").await;
    let seconds = odd_seconds();
    let hang = pipeline(&[("hang", &format!("setsid sleep {seconds} & sleep {seconds}"))]);
    work.push_file(".ci.toml", &format!("cancel_superseded = true\n{hang}")).await;
    let first = server.newest("tools").await;
    until_processes_with(&seconds, 2).await;
    work.push_file(".ci.toml", &format!("cancel_superseded = true\n{}", pipeline(&[("quick", "true")]))).await;
    server.until(first, "canceled").await;
    expect("no process is left").eq(processes_with(&seconds), 0);
}
