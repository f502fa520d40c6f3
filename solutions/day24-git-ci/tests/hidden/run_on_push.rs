use crate::visible::support::{Server, pipeline};
use harness::{expect, random};

#[tokio::test]
async fn each_branch_has_runs_of_its_own_and_tags_have_none() {
    let server = Server::start();
    let work = server.repository("tools").await;
    work.write(".ci.toml", pipeline(&[("a", "true")]));
    work.commit("one").await;
    work.git(&["tag", "v1"]).await;
    work.git(&["push", "--quiet", "origin", "HEAD:refs/heads/main", "HEAD:refs/heads/topic", "v1"]).await;
    let mut branches: Vec<_> =
        server.runs("tools").await.iter().map(|run| run["branch"].as_str().unwrap_or_default().to_owned()).collect();
    branches.sort();
    expect("one run a branch").eq(branches, vec!["main".to_owned(), "topic".to_owned()]);
    work.push(":topic").await;
    expect("a branch that goes runs nothing").eq(server.runs("tools").await.len(), 2);
    work.push("HEAD:refs/heads/topic").await;
    expect("a branch that comes back runs again").eq(server.runs("tools").await.len(), 3);
}

#[tokio::test]
async fn every_run_has_a_fresh_checkout() {
    let server = Server::start();
    let work = server.repository("tools").await;
    let leave = "ls; echo left > left.txt; echo x >> kept.txt; mkdir deep; touch deep/file";
    work.write("kept.txt", "kept\n");
    work.push_file(".ci.toml", &pipeline(&[("leave", leave), ("see", "cat kept.txt left.txt")])).await;
    let first = server.newest("tools").await;
    server.until(first, "passed").await;
    expect("steps of one run share their files")
        .eq(server.log(first).await, "==> leave\nkept.txt\n==> see\nkept\nx\nleft\n".to_owned());
    work.push_file(".ci.toml", &pipeline(&[("see", "ls; cat kept.txt")])).await;
    let second = server.newest("tools").await;
    server.until(second, "passed").await;
    expect("runs do not").eq(server.log(second).await, "==> see\nkept.txt\nkept\n".to_owned());
}

#[tokio::test]
async fn a_pipeline_that_is_none_is_an_invalid_run_that_says_why() {
    let server = Server::start();
    let work = server.repository("tools").await;
    for text in ["[[step]\n", "", "[[step]]\nname = \"a\"\n", "[[step]]\nname = \"a\"\nrun = \"true\"\nalso = 1\n"] {
        work.push_file(".ci.toml", &format!("# {}\n{text}", random().word())).await;
        let id = server.newest("tools").await;
        let run = server.run(id).await;
        run.expect("nothing can be run").json_at("/status", "invalid").json_at("/steps", serde_json::json!([]));
        let note = run.text_at("/note");
        expect("the note says why").that(!note.is_empty(), "an empty note");
    }
    // Something else may be in the file than the page allows, and too much of it.
    work.push_file(".ci.toml", &format!("# {}\n{}", "x".repeat(70_000), pipeline(&[("a", "true")]))).await;
    server.run(server.newest("tools").await).await.expect("larger than 64 KiB").json_at("/status", "invalid");
}

#[tokio::test]
async fn runs_wait_for_a_free_worker_and_begin_in_order() {
    let server = Server::with(&["--workers", "1"]);
    let work = server.repository("tools").await;
    let gate = server.gate("go");
    work.push_file(".ci.toml", &pipeline(&[("wait", &gate.wait())])).await;
    let first = server.newest("tools").await;
    server.until(first, "running").await;
    let mut waiting = Vec::new();
    for _ in 0..3 {
        work.push_file("a.txt", &random().words(5)).await;
        let id = server.newest("tools").await;
        server.run(id).await.expect("one worker").json_at("/status", "queued");
        waiting.push(id);
    }
    gate.open();
    let mut finished = Vec::new();
    for id in &waiting {
        finished.push(server.until(*id, "passed").await.text_at("/finished_at"));
    }
    expect("in the order of their pushes").that(finished.is_sorted(), format!("{finished:?}"));
}

#[tokio::test]
async fn two_workers_run_two_at_once() {
    let server = Server::start();
    let work = server.repository("tools").await;
    let (one, two) = (server.gate("one"), server.gate("two"));
    // Each run opens the other's gate: alone, neither would end.
    let open = |gate: &str| format!("touch '{}'", server.program.data_dir().join(format!("gate-{gate}")).display());
    work.push_file(".ci.toml", &pipeline(&[("a", &format!("{}; {}", open("two"), one.wait()))])).await;
    let first = server.newest("tools").await;
    work.push_file(".ci.toml", &pipeline(&[("b", &format!("{}; {}", open("one"), two.wait()))])).await;
    let second = server.newest("tools").await;
    server.until(first, "passed").await;
    server.until(second, "passed").await;
}
