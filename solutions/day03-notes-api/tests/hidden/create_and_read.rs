use crate::visible::support::{create, draft, path, service};
use harness::{expect, random};
use harness_net::together;
use serde_json::json;

#[tokio::test]
async fn body_and_tags_may_be_left_out() {
    let (_program, http) = service();
    let reply = http.post("/notes").json(&json!({"title": random().words(2)})).send().await;
    reply.expect("a title is enough").status(201).json_at("/body", "").json_at("/tags", json!([]));
}

#[tokio::test]
async fn any_unicode_text_is_kept() {
    let (_program, http) = service();
    let mut random = random();
    for _ in 0..10 {
        let draft = json!({"title": format!("x{}", random.unicode(40)), "body": random.unicode(500)});
        let note = create(&http, &draft).await;
        let read = http.get(&path(&note)).send().await;
        read.expect("the title is kept as it was").status(200).json_at("/title", draft["title"].clone());
        read.expect("the body is kept as it was").json_at("/body", draft["body"].clone());
    }
}

#[tokio::test]
async fn fifty_posts_at_once_make_fifty_notes() {
    let (_program, http) = service();
    let mut seeds = random();
    let drafts: Vec<_> = (0..50).map(|_| draft(&mut seeds)).collect();
    let notes = together(50, |number| {
        let (http, draft) = (http.clone(), drafts[number].clone());
        async move { create(&http, &draft).await }
    })
    .await;
    for (note, draft) in notes.iter().zip(&drafts) {
        let read = http.get(&path(note)).send().await;
        read.expect("each id leads to the note that was posted").status(200).json_at("/title", draft["title"].clone());
    }
    let ids: std::collections::BTreeSet<_> = notes.iter().map(|note| note["id"].as_i64()).collect();
    expect("fifty notes have fifty ids").eq(ids.len(), 50);
}

#[tokio::test]
async fn what_is_no_id_is_404() {
    let (_program, http) = service();
    create(&http, &draft(&mut random())).await;
    for id in ["abc", "1x", "-1", "0", "1.0", "99999999999999999999999"] {
        http.get(&format!("/notes/{id}")).send().await.expect("a path that leads to no note is 404").status(404);
    }
}
