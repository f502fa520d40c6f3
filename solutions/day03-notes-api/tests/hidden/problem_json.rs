use crate::visible::support::{create, draft, path, post, service};
use harness::{Random, expect, random};
use serde_json::{Value, json};

fn text(random: &mut Random, chars: usize) -> String {
    // Two bytes each, so that who counts bytes is found out.
    (0..chars).map(|_| *random.pick(&['é', 'ß', 'ж', 'λ'])).collect()
}

#[tokio::test]
async fn each_rule_holds_to_the_last_character() {
    let (_program, http) = service();
    let mut random = random();
    let tag30 = "a-0".repeat(10);
    let mut good = vec![
        json!({"title": text(&mut random, 120)}),
        json!({"title": "x", "body": text(&mut random, 10_000)}),
        json!({"title": "x", "tags": (0..10).map(|n| format!("t{n}")).collect::<Vec<_>>()}),
        json!({"title": "x", "tags": [tag30]}),
    ];
    random.shuffle(&mut good);
    for draft in &good {
        post(&http, draft).send().await.expect("at the limit a note is valid").status(201);
    }
    let bad = [
        ("title", json!({"title": text(&mut random, 121)})),
        ("title", json!({"title": "\t\n "})),
        ("title", json!({"title": ""})),
        ("title", json!({"body": "no title"})),
        ("title", json!({"title": 7})),
        ("title", json!({"title": null})),
        ("body", json!({"title": "x", "body": text(&mut random, 10_001)})),
        ("body", json!({"title": "x", "body": ["text"]})),
        ("tags", json!({"title": "x", "tags": (0..11).map(|n| format!("t{n}")).collect::<Vec<_>>()})),
        ("tags", json!({"title": "x", "tags": [format!("{tag30}a")]})),
        ("tags", json!({"title": "x", "tags": ["ok", ""]})),
        ("tags", json!({"title": "x", "tags": ["Upper"]})),
        ("tags", json!({"title": "x", "tags": ["two words"]})),
        ("tags", json!({"title": "x", "tags": "not-a-list"})),
    ];
    for (field, draft) in &bad {
        let reply = post(&http, draft).send().await;
        reply.expect(format!("a note with this {field} is invalid")).problem(422);
        reply.expect("the detail names the field").contains(field);
    }
    let listed = http.get("/notes?limit=100").send().await.at("/notes");
    expect("no invalid note was stored").eq(listed.as_array().map(Vec::len), Some(good.len()));
}

#[tokio::test]
async fn what_is_no_object_is_422() {
    let (_program, http) = service();
    for body in [json!([]), json!("title"), json!(3), Value::Null] {
        post(&http, &body).send().await.expect("JSON, but not a note").problem(422);
    }
}

#[tokio::test]
async fn what_is_no_json_is_400_and_does_no_harm() {
    let (_program, http) = service();
    let mut random = random();
    let mut bodies: Vec<Vec<u8>> = ["", "{", "{\"title\": \"x\",}", "title=x"].map(Into::into).into();
    bodies.push(b"{\"title\": \"\xff\xfe\"}".to_vec());
    bodies.extend((0..10).map(|_| [b"{:".to_vec(), random.bytes(30)].concat()));
    for body in bodies {
        let reply = http.post("/notes").header("content-type", "application/json").body(body).send().await;
        reply.expect("what is no JSON is 400").problem(400);
    }
    // Half of a surrogate pair: JSON by its grammar, which not every library takes, and no draft.
    let half = http.post("/notes").header("content-type", "application/json").body("\"\\ud800\"").send().await;
    half.expect("what is no draft is refused, whether it is JSON or not").status_in(&[400, 422]);
    create(&http, &draft(&mut random)).await;
}

#[tokio::test]
async fn a_refused_change_changes_nothing() {
    let (_program, http) = service();
    let note = create(&http, &draft(&mut random())).await;
    let bad = json!({"title": "new", "body": "new", "tags": ["new", "NOT A TAG"]});
    http.put(&path(&note)).json(&bad).send().await.expect("an invalid change is refused").problem(422);
    http.get(&path(&note)).send().await.expect("the note is as before").status(200).json(&note);
}

#[tokio::test]
async fn a_put_and_a_delete_that_find_nothing_are_problems() {
    let (_program, http) = service();
    http.put("/notes/5").json(&draft(&mut random())).send().await.expect("an error is a problem").problem(404);
    http.delete("/notes/5").send().await.expect("an error is a problem").problem(404);
    http.post("/").send().await.expect("an error is a problem, whatever the method").problem(404);
}
