use crate::visible::support::{create, create_many, draft, id, list, page_after, service};
use harness::{expect, random};
use serde_json::json;

/// A list that begins again and again would keep its reader for ever.
fn expect_an_end(page: &[i64], seen: usize, all: usize) {
    expect("the pages come to an end")
        .expected(format!("at most {all} notes on all pages"))
        .that(seen + page.len() <= all, format!("after {seen} notes a page of {}", page.len()));
}

#[tokio::test]
async fn inserts_while_reading_repeat_and_hide_nothing() {
    let (_program, http) = service();
    let mut random = random();
    let mut ids = create_many(&http, &mut random, 25).await;
    ids.reverse();
    let (mut seen, mut next) = list(&http, "?limit=4").await;
    while let Some(cursor) = next {
        let new = usize::try_from(random.between(1..=3)).unwrap_or(1);
        create_many(&http, &mut random, new).await;
        let (page, following) = list(&http, &page_after(&cursor, 4)).await;
        expect_an_end(&page, seen.len(), ids.len());
        seen.extend(page);
        next = following;
    }
    expect("whoever follows next sees each note of the beginning exactly once").eq(seen, ids);
}

#[tokio::test]
async fn deletions_while_reading_hide_nothing() {
    let (_program, http) = service();
    let mut random = random();
    let mut ids = create_many(&http, &mut random, 25).await;
    ids.reverse();
    let (mut seen, mut next) = list(&http, "?limit=4").await;
    while let Some(cursor) = next {
        // All that has been seen goes, the note at which the page ended among them.
        for id in &seen[seen.len() - 4..] {
            http.delete(&format!("/notes/{id}")).send().await.expect("DELETE answers 204").status(204);
        }
        let (page, following) = list(&http, &page_after(&cursor, 4)).await;
        expect_an_end(&page, seen.len(), ids.len());
        seen.extend(page);
        next = following;
    }
    expect("notes that are deleted behind the reader change nothing for it").eq(seen, ids);
}

#[tokio::test]
async fn the_last_page_says_so_even_when_it_is_full() {
    let (_program, http) = service();
    create_many(&http, &mut random(), 6).await;
    let (_, next) = list(&http, "?limit=3").await;
    let (last, end) = list(&http, &page_after(&next.unwrap_or_default(), 3)).await;
    expect("the second page has the other three notes").eq(last.len(), 3);
    expect("next is null on the last page").eq(end, None);
}

#[tokio::test]
async fn pages_of_one_tag_skip_the_others() {
    let (_program, http) = service();
    let mut random = random();
    let mut wanted = Vec::new();
    for number in 0..12 {
        let mut draft = draft(&mut random);
        if number % 3 == 0 {
            draft["tags"] = json!(["wanted"]);
        }
        let note = create(&http, &draft).await;
        if number % 3 == 0 {
            wanted.insert(0, id(&note));
        }
    }
    let (mut seen, mut next) = list(&http, "?tag=wanted&limit=3").await;
    expect("a page of one tag is full when there are enough such notes").eq(seen.len(), 3);
    while let Some(cursor) = next {
        let (page, following) = list(&http, &format!("{}&tag=wanted", page_after(&cursor, 3))).await;
        expect_an_end(&page, seen.len(), wanted.len());
        seen.extend(page);
        next = following;
    }
    expect("all notes with the tag, and no other").eq(seen, wanted);
}

#[tokio::test]
async fn limit_is_from_1_to_100() {
    let (_program, http) = service();
    for limit in ["1", "100"] {
        http.get(&format!("/notes?limit={limit}")).send().await.expect("the limit is allowed").status(200);
    }
    for limit in ["0", "101", "-1", "ten", ""] {
        let reply = http.get(&format!("/notes?limit={limit}")).send().await;
        reply.expect("the limit is invalid").problem(422);
        reply.expect("the detail names the parameter").contains("limit");
    }
}

#[tokio::test]
async fn a_cursor_that_was_never_given_is_422() {
    let (_program, http) = service();
    create_many(&http, &mut random(), 2).await;
    let reply = http.get("/notes?after=no%20cursor%21").send().await;
    reply.expect("this was never a next").problem(422);
    reply.expect("the detail names the parameter").contains("after");
}
