use crate::visible::support::{Library, model::sentence};
use harness::{expect, random};
use harness_net::eventually_ok;
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn the_old_version_stays_until_the_new_one_is_complete() {
    let (mut random, library) = (random(), Library::empty());
    let old: Vec<String> = (0..70).map(|_| sentence(&mut random, 0)).collect();
    let new: Vec<String> = (0..100).map(|_| sentence(&mut random, 1)).collect();
    library.write("a.md", old.join("\n\n"));
    let session = library.session().await;
    session.search("kitten").await;
    let everything = "SELECT group_concat(text), count(*), (SELECT sha256 FROM documents) FROM passages";
    let before = session.sql(everything).await;
    session.end().await;
    library.write("a.md", new.join("\n\n"));
    let gate = library.model.hold(&new[99]);
    let mut session = library.session().await;
    library.model.asked_for(&new[99]).await;
    expect("the old version is there while the new one is embedded").eq(session.sql(everything).await, before.clone());
    session.process.kill().await;
    let session = library.session().await;
    expect("the old version is there after a kill -9").eq(session.sql(everything).await, before);
    gate.open();
    library.model.behave();
    let hits = session.search("ship").await;
    expect("then the new one is found").that(hits.iter().all(|hit| new.contains(&hit.text)), format!("{hits:?}"));
    let rows = session.sql("SELECT count(*), count(DISTINCT text) FROM passages").await;
    expect("and nothing is left of the old one").eq(rows, json!([[100, 100]]));
}

#[tokio::test]
async fn what_was_complete_is_not_embedded_again() {
    let (mut random, library) = (random(), Library::empty());
    let texts: Vec<String> = (0..8).map(|topic| sentence(&mut random, topic)).collect();
    for (number, text) in texts.iter().enumerate() {
        library.write(&format!("{number}.md"), text);
    }
    // Three requests are answered, and no more.
    let gate = library.model.hold_after(3);
    let mut session = library.session().await;
    let complete = "SELECT text FROM documents JOIN passages USING (path)";
    let rows = eventually_ok(
        "a document is in the store as soon as it is complete, while others are still embedded",
        Duration::from_secs(5),
        || async {
            let rows = session.sql(complete).await;
            if rows == json!([]) { Err("none is there".to_owned()) } else { Ok(rows) }
        },
    )
    .await;
    session.process.kill().await;
    gate.open();
    library.model.behave();
    let session = library.session().await;
    session.search("kitten").await;
    for row in rows.as_array().into_iter().flatten() {
        let text = row[0].as_str().unwrap_or_default();
        expect("a document that was complete before a kill -9 is not embedded again")
            .request(text)
            .eq(library.model.count(text), 1);
    }
    let rows = session.sql("SELECT count(*), count(DISTINCT text) FROM passages").await;
    expect("and in the end all are there").eq(rows, json!([[8, 8]]));
}

#[tokio::test]
async fn what_a_search_has_found_survives() {
    let (mut random, library) = (random(), Library::empty());
    let texts: Vec<String> = (0..5).map(|topic| sentence(&mut random, topic)).collect();
    let mut session = library.session().await;
    for (number, text) in texts.iter().enumerate() {
        library.write(&format!("{number}.md"), text);
        expect("what is new is found").eq(session.search("kitten").await.len(), number + 1);
        session.process.kill().await;
        session = library.session().await;
    }
    expect("after every kill -9 all are found").eq(session.search("kitten").await.len(), texts.len());
    for text in &texts {
        expect("and none was embedded twice").request(text).eq(library.model.count(text), 1);
    }
}
