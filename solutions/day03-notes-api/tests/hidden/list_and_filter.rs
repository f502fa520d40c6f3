use crate::visible::support::{create, create_many, draft, id, list, path, service};
use harness::{expect, random};
use serde_json::{Value, json};

#[tokio::test]
async fn a_tag_matches_as_a_whole() {
    let (_program, http) = service();
    let mut random = random();
    let tag = random.name();
    let with = |tags: Value, title: String| json!({"title": title, "body": tag, "tags": tags});
    create(&http, &with(json!([format!("{tag}x")]), tag.clone())).await;
    create(&http, &with(json!([]), tag.clone())).await;
    let (ids, _) = list(&http, &format!("?tag={tag}")).await;
    expect("neither a part of a tag nor title and body count").eq(ids, [0i64; 0]);
}

#[tokio::test]
async fn a_changed_note_is_found_by_its_new_tags_only() {
    let (_program, http) = service();
    let mut random = random();
    let (old, new) = (draft(&mut random), draft(&mut random));
    let note = create(&http, &old).await;
    http.put(&path(&note)).json(&new).send().await.expect("PUT answers 200").status(200);
    let tag = |draft: &Value| format!("?tag={}", draft["tags"][0].as_str().unwrap_or_default());
    expect("the old tag leads nowhere").eq(list(&http, &tag(&old)).await.0, [0i64; 0]);
    expect("the new tag leads to the note").eq(list(&http, &tag(&new)).await.0, [id(&note)]);
}

#[tokio::test]
async fn a_change_does_not_move_a_note() {
    let (_program, http) = service();
    let mut random = random();
    let ids = create_many(&http, &mut random, 3).await;
    http.put(&format!("/notes/{}", ids[0])).json(&draft(&mut random)).send().await.expect("PUT is 200").status(200);
    expect("newest means created last").eq(list(&http, "").await.0, [ids[2], ids[1], ids[0]]);
}

#[tokio::test]
async fn a_list_without_limit_has_twenty_notes() {
    let (_program, http) = service();
    create_many(&http, &mut random(), 21).await;
    let (ids, next) = list(&http, "").await;
    expect("20 notes are listed when no limit is given").eq(ids.len(), 20);
    expect("next says that one follows").that(next.is_some(), "null");
}
