use crate::visible::support::{alias, clicks, code, create, follow, follow_to, known, post, service, shorten, url};
use harness::{Launch, expect, random};
use harness_net::{Http, write_until_killed};
use serde_json::json;
use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

#[tokio::test]
async fn links_survive_kill_after_kill() {
    let (mut program, http) = service();
    let prefix = url(&mut random());
    let mut http = http;
    let mut all = std::collections::BTreeSet::new();
    for round in 0..3 {
        let (client, prefix) = (http.clone(), prefix.clone());
        let acknowledged = write_until_killed(&mut program, 6, 40, move |writer, number| {
            let url = format!("{prefix}-{round}-{writer}-{number}");
            let call = post(&client, &json!({"url": url, "alias": format!("alias-{round}-{writer}-{number}")}));
            async move {
                let reply = call.try_send().await.ok().filter(|reply| reply.status == 201)?;
                Some((code(&reply.json()), url))
            }
        })
        .await;
        all.extend(acknowledged.items().iter().cloned());
        program.start_again();
        http = Http::to(&program);
    }
    all.into_iter().collect::<harness::Acknowledged<_>>().expect_all_in(&known_all(&http).await);
}

/// The links of the test above, as far as they are there.
async fn known_all(http: &Http) -> std::collections::BTreeSet<(String, String)> {
    let mut found = std::collections::BTreeSet::new();
    for round in 0..3 {
        for writer in 0..6 {
            for number in 0.. {
                let code = format!("alias-{round}-{writer}-{number}");
                let reply = follow(http, &code).await;
                if reply.status != 302 {
                    break;
                }
                found.insert((code, reply.header("location").unwrap_or_default().to_owned()));
            }
        }
    }
    found
}

#[tokio::test]
async fn clicks_survive_a_kill() {
    let (mut program, http) = service();
    let code = shorten(&http, &url(&mut random())).await;
    let (sent, path) = (Arc::new(AtomicI64::new(0)), code.clone());
    let counter = Arc::clone(&sent);
    let acknowledged = write_until_killed(&mut program, 8, 100, move |writer, number| {
        counter.fetch_add(1, Ordering::SeqCst);
        let call = http.get(&format!("/{path}"));
        async move { call.try_send().await.ok().filter(|reply| reply.status == 302).map(|_| (writer, number)) }
    })
    .await;
    program.start_again();
    let counted = clicks(&Http::to(&program), &code).await;
    let (least, most) = (acknowledged.items().len(), sent.load(Ordering::SeqCst));
    expect("every click whose redirect was sent is counted after a kill -9, and none twice")
        .request(format!("GET /{code}, {least} times answered"))
        .expected(format!("from {least} (answered) to {most} (sent)"))
        .that(counted >= i64::try_from(least).unwrap_or(i64::MAX) && counted <= most, counted);
}

#[tokio::test]
async fn an_alias_stays_taken_after_a_kill() {
    let (mut program, http) = service();
    let mut random = random();
    let (alias, first) = (alias(&mut random), url(&mut random));
    create(&http, &json!({"url": first, "alias": alias})).await;
    program.kill();
    program.start_again();
    let http = Http::to(&program);
    let reply = post(&http, &json!({"url": url(&mut random), "alias": alias})).send().await;
    reply.expect("the alias was taken before the kill").problem(409);
    follow_to(&http, &alias, &first).await;
}

#[tokio::test]
async fn everything_is_there_after_a_stop() {
    let (mut program, http) = service();
    let prefix = url(&mut random());
    let mut links = std::collections::BTreeSet::new();
    for number in 0..10 {
        let url = format!("{prefix}-{number}");
        links.insert((shorten(&http, &url).await, url));
    }
    program.terminate();
    program.start_again();
    links
        .iter()
        .cloned()
        .collect::<harness::Acknowledged<_>>()
        .expect_all_in(&known(&Http::to(&program), &links).await);
}

#[tokio::test]
async fn a_damaged_store_is_reported_and_left_alone() {
    let (mut program, http) = service();
    let mut random = random();
    for _ in 0..20 {
        shorten(&http, &url(&mut random)).await;
    }
    program.terminate();
    let folder = program.data_dir().to_owned();
    let damaged: Vec<_> = files(&folder).into_iter().map(|file| (file, vec![b'?'; 5000])).collect();
    expect("the data is kept under --data-dir").expected("at least one file").that(!damaged.is_empty(), "none");
    for (file, bytes) in &damaged {
        fs::write(file, bytes).unwrap_or_else(|error| panic!("{} cannot be damaged: {error}", file.display()));
    }
    let ended = Launch::service().data_dir_at(&folder).run_to_end();
    expect("with a damaged store the program ends with exit status 1")
        .request("every file under --data-dir overwritten with question marks")
        .that(ended.code == Some(1), &ended.status);
    expect("it says so on standard error").that(!ended.stderr.trim().is_empty(), "nothing");
    for (file, bytes) in &damaged {
        expect("what is damaged is left as it is: somebody may still save something")
            .that(fs::read(file).is_ok_and(|now| now == *bytes), format!("{} has changed", file.display()));
    }
}

/// All files below `folder`, but for SQLite's index of its log (`-shm`), which it makes anew whenever it likes.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let deep = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    entries.flat_map(deep).filter(|path| !path.to_string_lossy().ends_with("-shm")).collect()
}
