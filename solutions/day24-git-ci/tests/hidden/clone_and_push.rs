use crate::visible::support::{Server, Work};
use harness::{expect, random};

#[tokio::test]
async fn branches_tags_and_history_travel() {
    let server = Server::start();
    let work = server.repository("tools").await;
    let mut random = random();
    let count = 5 + random.below(10);
    for number in 0..count {
        work.write(&format!("{}/{number}.txt", random.name()), random.words(20));
        work.commit(&format!("number {number}")).await;
    }
    work.git(&["tag", "-a", "v1", "-m", "first"]).await;
    work.git(&["branch", "feature/one", "HEAD~2"]).await;
    work.git(&["push", "--quiet", "origin", "main", "feature/one", "v1"]).await;
    let clone = Work::clone(&server.url("tools")).await;
    let log = clone.git(&["rev-list", "--count", "origin/main"]).await.stdout;
    expect("the whole history").eq(log.trim(), count.to_string().as_str());
    for (theirs, ours) in [("origin/feature/one", "feature/one"), ("v1", "v1")] {
        let theirs = clone.git(&["rev-parse", theirs]).await.stdout;
        expect("the same objects").eq(theirs, work.git(&["rev-parse", ours]).await.stdout);
    }
    clone.git(&["fsck", "--strict"]).await;
}

#[tokio::test]
async fn a_branch_can_be_forced_and_deleted() {
    let server = Server::start();
    let work = server.repository("tools").await;
    work.push_file("a.txt", "one\n").await;
    work.push("HEAD:refs/heads/topic").await;
    work.git(&["commit", "--quiet", "--amend", "-m", "other"]).await;
    let refused = work.try_git(&["push", "origin", "HEAD:topic"]).await;
    expect("git refuses to lose commits unasked").request(&refused.line).that(!refused.succeeded, &refused.text);
    work.push("+HEAD:topic").await;
    let listed = work.git(&["ls-remote", "origin", "refs/heads/topic"]).await.stdout;
    let head = work.git(&["rev-parse", "HEAD"]).await.stdout;
    expect("forced").that(listed.starts_with(head.trim()), &listed);
    work.push(":topic").await;
    expect("deleted").eq(work.git(&["ls-remote", "origin", "refs/heads/topic"]).await.stdout, String::new());
}

#[tokio::test]
async fn two_repositories_have_nothing_in_common() {
    let server = Server::start();
    let one = server.repository("one").await;
    let two = server.repository("two").await;
    one.push_file("a.txt", "one\n").await;
    two.push_file("b.txt", "two\n").await;
    let clone = Work::clone(&server.url("two")).await;
    expect("only its own file").eq(clone.git(&["ls-files"]).await.stdout, "b.txt\n".to_owned());
    let reply = server.http.get("/repos").send().await;
    reply.expect("by name").json_at("/repositories", serde_json::json!(["one", "two"]));
}

#[tokio::test]
async fn pushes_at_the_same_time_do_not_disturb_each_other() {
    let server = Server::start();
    server.create("tools").await;
    let url = server.url_as(crate::visible::support::TOKEN, "tools");
    let commits = harness_net::together(6, |number| {
        let url = url.clone();
        async move {
            let work = Work::new(&url).await;
            work.write("who.txt", number.to_string());
            let commit = work.commit("mine").await;
            work.push(&format!("HEAD:refs/heads/branch-{number}")).await;
            commit
        }
    })
    .await;
    let work = Work::new(&url).await;
    let listed = work.git(&["ls-remote", "origin"]).await.stdout;
    for (number, commit) in commits.iter().enumerate() {
        expect("each branch is as it was pushed").contains(&listed, &format!("{commit}\trefs/heads/branch-{number}"));
    }
}
