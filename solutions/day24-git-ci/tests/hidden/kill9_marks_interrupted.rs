use crate::visible::support::{Server, Work, odd_seconds, pipeline, processes_with, until_processes_with};
use harness::expect;

#[tokio::test]
async fn every_push_that_was_acknowledged_is_there_and_has_its_run() {
    let mut server = Server::start();
    let mut expected = Vec::new();
    for round in 0..3 {
        let name = format!("tools{round}");
        let work = server.repository(&name).await;
        work.write(".ci.toml", pipeline(&[("a", "true")]));
        for number in 0..harness::random().below(3) + 1 {
            work.write("number.txt", number.to_string());
            let commit = work.commit("more").await;
            work.push("main").await;
            expected.push((name.clone(), commit));
        }
        server.kill_and_restart();
    }
    for (name, commit) in &expected {
        let runs = server.runs(name).await;
        let of_commit: Vec<_> = runs.iter().filter(|run| run["commit"] == commit.as_str()).collect();
        expect("each push has one run").eq(of_commit.len(), 1);
        server.ended(of_commit[0]["id"].as_i64().unwrap_or_default()).await;
    }
}

#[tokio::test]
async fn a_push_that_nobody_has_seen_is_run_after_the_start() {
    let mut server = Server::start();
    let work = server.repository("tools").await;
    work.push_file(".ci.toml", &pipeline(&[("a", "true")])).await;
    server.until(server.newest("tools").await, "passed").await;
    server.program.kill();
    // What a kill between git's last write and ours leaves: the branch has moved, and there is no run.
    let folder = find_bare(server.program.data_dir());
    work.write("a.txt", "unseen\n");
    let commit = work.commit("unseen").await;
    // git is on its own here, so nothing that the program has put into its repository may run.
    let receive_pack = "--receive-pack=git -c core.hooksPath=/dev/null -c core.alternateRefsCommand=true \
                        -c receive.autogc=false receive-pack";
    work.git(&["push", "--quiet", receive_pack, &folder, "main"]).await;
    server.start_again();
    let id = server.newest("tools").await;
    server.until(id, "passed").await.expect("it is run").json_at("/commit", commit);
}

/// The bare repository below the data folder, wherever the program keeps it.
fn find_bare(data: &std::path::Path) -> String {
    let mut folders = vec![data.to_owned()];
    while let Some(folder) = folders.pop() {
        if folder.join("HEAD").is_file() && folder.join("objects").is_dir() {
            return folder.display().to_string();
        }
        let inside = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|entry| entry.path());
        folders.extend(inside.filter(|path| path.is_dir()));
    }
    expect("a repository is a bare repository of git below the data folder").fail("there is none")
}

#[tokio::test]
async fn sigterm_ends_runs_and_says_so() {
    let mut server = Server::start();
    let work = server.repository("tools").await;
    let seconds = odd_seconds();
    work.push_file(".ci.toml", &pipeline(&[("hang", &format!("setsid sleep {seconds} & sleep {seconds}"))])).await;
    let id = server.newest("tools").await;
    until_processes_with(&seconds, 2).await;
    let ended = server.program.terminate();
    expect("SIGTERM ends the server with 0").eq(ended.code, Some(0));
    expect("and everything that it has started").eq(processes_with(&seconds), 0);
    server.start_again();
    server.run(id).await.expect("the run says so").json_at("/status", "interrupted");
    let clone = Work::clone(&server.url("tools")).await;
    expect("what was pushed is there").that(!clone.read(".ci.toml").is_empty(), "an empty file");
}
