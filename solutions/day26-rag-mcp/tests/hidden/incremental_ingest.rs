use crate::visible::support::{Library, model::sentence, session::PATIENCE};
use harness::{expect, random};
use harness_net::within;
use serde_json::json;
use std::fs::File;

#[tokio::test]
async fn size_and_time_say_nothing() {
    let (mut random, library) = (random(), Library::empty());
    let (old, new) = (sentence(&mut random, 0), sentence(&mut random, 0).replace(' ', "_"));
    let (old, new) = (format!("{old:>90} kitten"), format!("{new:>90} anchor"));
    let file = library.write("a.md", &old);
    let session = library.session().await;
    session.search("kitten").await;
    let time = file.metadata().and_then(|metadata| metadata.modified()).expect("the time of a file can be read");
    library.write("a.md", &new);
    let opened = File::options().write(true).open(&file).expect("a document can be opened");
    opened.set_modified(time).expect("the time of a file can be set");
    let hit = session.search("harbour").await[0].clone();
    expect("a document that has changed is noticed, even with the same size and time of change").eq(hit.text, new);
    let rows = session.sql("SELECT count(*) FROM passages").await;
    expect("the old version has gone").eq(rows, json!([[1]]));
}

#[tokio::test]
async fn what_has_gone_from_the_folder_goes_from_the_store() {
    let (mut random, library) = (random(), Library::empty());
    let texts: Vec<String> = (0..3).map(|topic| sentence(&mut random, topic)).collect();
    for (number, text) in texts.iter().enumerate() {
        library.write(&format!("x/{number}.md"), text);
    }
    let session = library.session().await;
    session.search("kitten").await;
    library.remove("x/1.md");
    // A name that makes it no document any more.
    std::fs::rename(library.docs().join("x/2.md"), library.docs().join("x/2.old")).expect("a file gets another name");
    session.search("kitten").await;
    let rows = session.sql("SELECT d.path, p.text FROM documents d LEFT JOIN passages p USING (path)").await;
    expect("only what is in the folder is in the store").eq(rows, json!([["x/0.md", texts[0]]]));
    let rows = session.sql("SELECT count(*) FROM passages").await;
    expect("no passage is left of what has gone").eq(rows, json!([[1]]));
}

#[tokio::test]
async fn another_model_means_all_again() {
    let (mut random, library) = (random(), Library::empty());
    let text = sentence(&mut random, 0);
    library.write("a.md", &text);
    let session = library.session().await;
    session.search("kitten").await;
    session.end().await;
    let library = library.with(&["--embeddings-model", "another"]);
    let session = library.session().await;
    session.search("kitten").await;
    expect("vectors of another model cannot be compared, so all is embedded again").eq(library.model.count(&text), 2);
    let rows = session.sql("SELECT path, model, bytes FROM documents").await;
    expect("documents has path, model and bytes").eq(rows, json!([["a.md", "another", text.len()]]));
    session.end().await;
    library.session().await.search("kitten").await;
    expect("and that is all").eq(library.model.count(&text), 2);
}

#[tokio::test]
async fn searches_at_the_same_time_embed_once() {
    let (mut random, library) = (random(), Library::empty());
    let texts: Vec<String> = (0..5).map(|topic| sentence(&mut random, topic)).collect();
    for (number, text) in texts.iter().enumerate() {
        library.write(&format!("{number}.md"), text);
    }
    // The first ingest is still under way when the searches come.
    let gate = library.model.hold(&texts[0]);
    let session = library.session().await;
    library.model.asked_for(&texts[0]).await;
    let questions: Vec<_> = (0..6).map(|number| json!({"query": format!("question {number}")})).collect();
    let mut calls = Vec::new();
    for question in &questions {
        calls.push(session.begin_call("search", question).await);
    }
    // An answer to a later message shows that the searches have arrived.
    session.read("0.md").await;
    gate.open();
    for call in calls {
        let answer = within("a search is answered", PATIENCE, call.await_response()).await;
        answer.expect("a search has a result");
    }
    for text in &texts {
        expect("a document is embedded once, however many searches run").request(text).eq(library.model.count(text), 1);
    }
}

#[tokio::test]
async fn two_programs_share_a_store() {
    let (mut random, library) = (random(), Library::empty());
    let (one, two) = (sentence(&mut random, 0), sentence(&mut random, 1));
    library.write("a.md", &one);
    let first = library.session().await;
    first.search("kitten").await;
    let second = library.session().await;
    expect("what one program has embedded the other finds").eq(second.paths("kitten").await, ["a.md"]);
    expect("and does not embed again").eq(library.model.count(&one), 1);
    library.write("b.md", &two);
    expect("both find what is new").eq(second.paths("ship").await, ["b.md", "a.md"]);
    expect("both find what is new").eq(first.paths("ship").await, ["b.md", "a.md"]);
    expect("and it was embedded once").eq(library.model.count(&two), 1);
}
