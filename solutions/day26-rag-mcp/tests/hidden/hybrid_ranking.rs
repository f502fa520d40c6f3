use crate::visible::support::{Library, model::sentence};
use harness::{expect, random};
use serde_json::json;

#[tokio::test]
async fn a_query_may_have_any_characters() {
    let (mut random, library) = (random(), Library::empty());
    library.write("a.md", "kitten AND NOT harbour");
    library.write("b.md", sentence(&mut random, 2));
    let session = library.session().await;
    for query in [
        "\"kitten",
        "kitten\"",
        "kitten AND",
        "NOT kitten",
        "kitten*",
        "^kitten",
        "text:kitten",
        "{text} : kitten",
        "NEAR(kitten",
        "kitten + (",
        "kitten; DROP TABLE passages --",
        "'kitten'",
        "kitten-harbour",
    ] {
        let hits = session.search_with(&json!({"query": query, "mode": "hybrid"})).await;
        let paths: Vec<&str> = hits.iter().map(|hit| hit.path.as_str()).collect();
        expect("what has the words is found first").request(format!("search {query:?}")).eq(paths, ["a.md", "b.md"]);
    }
    let hits = session.search_with(&json!({"query": "?! …", "mode": "hybrid"})).await;
    expect("a query without words is answered by vectors alone").eq(hits.len(), 2);
}

#[tokio::test]
async fn rare_words_count_more_and_what_has_gone_does_not() {
    let (mut random, library) = (random(), Library::empty());
    let rare = random.name().replace('-', "x");
    // All are as far from the question: only words make a difference.
    for number in 0..20 {
        library.write(&format!("common{number}.md"), format!("common words {}", random.name()));
    }
    library.write("rare.md", format!("volcano {rare}"));
    let session = library.session().await;
    let question = json!({"query": format!("common words {rare} volcano"), "mode": "hybrid", "limit": 3});
    let first = session.search_with(&question).await[0].path.clone();
    expect("the rarest word counts most").request(format!("search {question}")).eq(first.as_str(), "rare.md");
    library.write("rare.md", "something else");
    library.write("new.md", format!("lava {rare}"));
    let hits = session.search_with(&json!({"query": rare, "mode": "hybrid", "limit": 50})).await;
    expect("words are those that are there now").eq(hits[0].path.as_str(), "new.md");
    let only_vectors = 1.0 / 61.0 + 1e-9;
    expect("what has lost the word is not among those that have it")
        .that(hits[1..].iter().all(|hit| hit.score <= only_vectors), format!("{hits:?}"));
}
