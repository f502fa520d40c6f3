use crate::visible::support::{Server, odd_seconds, pipeline, processes_with, until_processes_with};
use harness::expect;

#[tokio::test]
async fn signals_that_are_ignored_help_nobody() {
    let server = Server::with(&["--run-timeout-ms", "1200"]);
    let work = server.repository("tools").await;
    let seconds = odd_seconds();
    let run = format!("trap '' TERM INT HUP; (trap '' TERM; while true; do sleep {seconds}; done) & sleep {seconds}");
    work.push_file(".ci.toml", &pipeline(&[("stubborn", &run)])).await;
    let id = server.newest("tools").await;
    until_processes_with(&seconds, 2).await;
    server.until(id, "timed_out").await;
    expect("no process is left").eq(processes_with(&seconds), 0);
}

#[tokio::test]
async fn another_run_is_left_alone() {
    let server = Server::with(&["--run-timeout-ms", "1800"]);
    let work = server.repository("tools").await;
    let seconds = odd_seconds();
    work.push_file(".ci.toml", &pipeline(&[("hang", &format!("sleep {seconds}"))])).await;
    let first = server.newest("tools").await;
    until_processes_with(&seconds, 1).await;
    let other = odd_seconds();
    let quick = format!("setsid sleep {other} & sleep 0.2; kill -0 $! && echo alive");
    work.push_file(".ci.toml", &pipeline(&[("quick", &quick)])).await;
    let second = server.newest("tools").await;
    server.until(second, "passed").await;
    expect("the first goes on when the second has ended").eq(processes_with(&seconds) > 0, true);
    server.until(first, "timed_out").await;
    let run = server.run(second).await;
    run.expect("and its end changes nothing of the second").json_at("/status", "passed");
    expect("its own child lived until its end").contains(&server.log(second).await, "alive");
}

#[tokio::test]
async fn a_step_that_starts_processes_for_ever_comes_to_an_end() {
    let server = Server::with(&["--run-timeout-ms", "700"]);
    let work = server.repository("tools").await;
    let seconds = odd_seconds();
    let run = format!("while true; do setsid sleep {seconds} & sleep 0.02; done");
    work.push_file(".ci.toml", &pipeline(&[("breed", &run)])).await;
    let id = server.newest("tools").await;
    server.until(id, "timed_out").await;
    expect("no process is left").eq(processes_with(&seconds), 0);
}
