use crate::visible::support::{
    Library,
    model::{TOPICS, cosine, mixture, vector},
};
use harness::{expect, random};
use serde_json::json;

/// The nearest are in the document that comes last, and in the middle of it.
#[tokio::test]
async fn it_makes_no_difference_where_they_are() {
    let (mut random, library) = (random(), Library::empty());
    let others: Vec<String> = (0..400).map(|_| mixture(&mut random)).collect();
    let special = random.below(TOPICS.len());
    let nearest: Vec<String> =
        (0..10).map(|_| format!("{} {}", random.name(), [TOPICS[special][0]; 9].join(" "))).collect();
    let others: Vec<String> =
        others.into_iter().filter(|text| TOPICS[special].iter().all(|word| !text.contains(word))).collect();
    let (before, after) = others.split_at(others.len() * 3 / 4);
    library.write("a.md", before.join("\n\n"));
    library.write("z/z.txt", nearest.iter().chain(after).cloned().collect::<Vec<_>>().join("\n\n"));
    let session = library.session().await;
    let question = TOPICS[special][1];
    let hits = session.search(question).await;
    let far = others.iter().map(|text| cosine(&vector(question), &vector(text))).fold(0.0, f64::max);
    let near = nearest.iter().filter(|text| hits.iter().any(|hit| hit.text == **text)).count();
    expect("of the ten nearest of some hundreds nine or more are found")
        .request(format!("search {question:?}; the next have a score of {far}"))
        .that(near >= 9, near);
    // The same after a change of one document.
    library.write("m.md", others[..50].join("\n\n"));
    library.write("a.md", "changed");
    let hits = session.search_with(&json!({"query": question, "limit": 10})).await;
    let near = nearest.iter().filter(|text| hits.iter().any(|hit| hit.text == **text)).count();
    expect("and after documents have changed").that(near >= 9, near);
}
