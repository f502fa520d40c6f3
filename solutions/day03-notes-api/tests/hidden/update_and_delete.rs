use crate::visible::support::{create, create_many, draft, id, path, service};
use harness::{expect, random};
use serde_json::json;

#[tokio::test]
async fn put_keeps_id_and_time_of_creation() {
    let (_program, http) = service();
    let mut random = random();
    let note = create(&http, &draft(&mut random)).await;
    let replaced = http.put(&path(&note)).json(&draft(&mut random)).send().await;
    replaced.expect("the id stays").status(200).json_at("/id", id(&note));
    replaced.expect("created_at stays").json_at("/created_at", note["created_at"].clone());
}

#[tokio::test]
async fn put_sets_what_is_left_out_to_its_default() {
    let (_program, http) = service();
    let mut random = random();
    let note = create(&http, &draft(&mut random)).await;
    let replaced = http.put(&path(&note)).json(&json!({"title": random.words(2)})).send().await;
    replaced.expect("PUT replaces: no old body stays").status(200).json_at("/body", "");
    replaced.expect("PUT replaces: no old tags stay").json_at("/tags", json!([]));
}

#[tokio::test]
async fn put_changes_one_note_only() {
    let (_program, http) = service();
    let mut random = random();
    let (one, other) = (create(&http, &draft(&mut random)).await, create(&http, &draft(&mut random)).await);
    http.put(&path(&one)).json(&draft(&mut random)).send().await.expect("PUT answers 200").status(200);
    http.get(&path(&other)).send().await.expect("another note is as before").status(200).json(&other);
}

#[tokio::test]
async fn put_to_an_unknown_id_creates_nothing() {
    let (_program, http) = service();
    let mut random = random();
    http.put("/notes/7").json(&draft(&mut random)).send().await.expect("there is nothing to replace").status(404);
    http.get("/notes/7").send().await.expect("and nothing was created").status(404);
}

#[tokio::test]
async fn an_id_is_never_given_again() {
    let (_program, http) = service();
    let mut random = random();
    let mut ids = create_many(&http, &mut random, 3).await;
    for gone in [ids[2], ids[0]] {
        http.delete(&format!("/notes/{gone}")).send().await.expect("DELETE answers 204").status(204);
        let new = id(&create(&http, &draft(&mut random)).await);
        expect("the id of a deleted note is not given to another").that(!ids.contains(&new), new);
        ids.push(new);
    }
    for (number, id) in ids.iter().enumerate() {
        let read = http.get(&format!("/notes/{id}")).send().await;
        // The first and the third were deleted.
        read.expect("no other note was touched").status(if [0, 2].contains(&number) { 404 } else { 200 });
    }
}
