use crate::visible::support::{Portfolio, each};
use harness::{Random, expect};
use harness_net::Reply;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

fn skill(id: &str, needs: &[&str], done: bool, evidence: Option<&str>) -> Value {
    json!({"id": id, "needs": needs, "done": done, "evidence": evidence})
}

async fn put(portfolio: &Portfolio, roadmap: &Value) -> Reply {
    portfolio.authorized(portfolio.http.put("/roadmap").json(roadmap)).send().await
}

/// Skills, each of which needs some of those before it. Done is what needs nothing that is not done, now and then.
fn a_roadmap(random: &mut Random, days: &[String]) -> BTreeMap<String, (BTreeSet<String>, bool)> {
    let mut ids: Vec<_> = (0..15).map(|_| random.name()).chain(days.iter().cloned()).collect();
    random.shuffle(&mut ids);
    let mut skills: BTreeMap<String, (BTreeSet<String>, bool)> = BTreeMap::new();
    for (index, id) in ids.iter().enumerate() {
        let count = if index == 0 { 0 } else { random.below(4) };
        let needs: BTreeSet<_> = (0..count).map(|_| ids[random.below(index)].clone()).collect();
        let is_done = !days.contains(id) && needs.iter().all(|need| skills[need].1) && random.one_in(2);
        skills.insert(id.clone(), (needs, is_done));
    }
    skills
}

#[tokio::test]
async fn next_is_what_needs_nothing_open() {
    let mut portfolio = Portfolio::start();
    let reply = portfolio.get("/next").await;
    reply.expect("without a roadmap nothing is next").json(&json!({"next": [], "done": 0, "open": 0}));
    for _ in 0..4 {
        let days: Vec<_> = (1..=6)
            .map(|number| portfolio.day(number, ["passed", "failed", "star"][usize::from(number) % 3]))
            .collect();
        let ids: Vec<_> = days.iter().map(|day| day["id"].as_str().unwrap_or_default().to_owned()).collect();
        let mut skills = a_roadmap(&mut portfolio.random, &ids);
        let mut roadmap: Vec<_> = skills
            .iter()
            .map(|(id, (needs, done))| json!({"id": id, "needs": needs, "done": done, "evidence": null}))
            .collect();
        // Day 1 sorts, but who writes a roadmap by hand need not.
        portfolio.random.shuffle(&mut roadmap);
        put(&portfolio, &json!(roadmap)).await.expect("a roadmap is taken").status(204);
        portfolio.publish(&days).await;
        for (id, day) in ids.iter().zip(&days) {
            skills.get_mut(id).expect("a skill for each day").1 = day["outcome"] != "failed";
        }
        let is_done = |id: &String| skills[id].1;
        let next: Vec<_> = skills
            .iter()
            .filter(|(id, (needs, _))| !is_done(id) && needs.iter().all(is_done))
            .map(|(id, (needs, _))| json!({"id": id, "needs": needs}))
            .collect();
        let done = skills.values().filter(|(_, done)| *done).count();
        let wanted = json!({"next": next, "done": done, "open": skills.len() - done});
        portfolio
            .get("/next")
            .await
            .expect("next is what is not done and needs nothing that is not done")
            .json(&wanted);
        let names: Vec<_> = skills.iter().filter(|(_, (_, done))| *done).map(|(id, _)| json!(id)).collect();
        expect("skills of the resume are those that are done")
            .eq(each(&portfolio.resume().await["skills"], "name"), names);
    }
}

#[tokio::test]
async fn what_is_no_roadmap_is_refused_and_changes_nothing() {
    let portfolio = Portfolio::start();
    let good = json!([skill("git", &[], true, Some("https://example.org/git")), skill("rust", &["git"], false, None)]);
    put(&portfolio, &good).await.expect("a roadmap is taken").status(204);
    let before = portfolio.documents().await;
    let long = "a".repeat(41);
    for (why, field, roadmap) in [
        ("an id in capitals", "id", json!([skill("Git", &[], false, None)])),
        ("an empty id", "id", json!([skill("", &[], false, None)])),
        ("an id of 41 letters", "id", json!([skill(&long, &[], false, None)])),
        ("an id that is markup", "id", json!([skill("<b>", &[], false, None)])),
        ("an id that is there twice", "id", json!([skill("a", &[], false, None), skill("a", &[], true, None)])),
        ("a need that is not there", "needs", json!([skill("a", &["b"], false, None)])),
        ("a skill that needs itself", "needs", json!([skill("a", &["a"], false, None)])),
        (
            "a cycle",
            "needs",
            json!([
                skill("a", &["c"], false, None),
                skill("b", &["a"], true, None),
                skill("c", &["b", "d"], false, None),
                skill("d", &[], false, None)
            ]),
        ),
        ("evidence that runs", "evidence", json!([skill("a", &[], true, Some("javascript:alert(1)"))])),
        ("evidence with white space", "evidence", json!([skill("a", &[], true, Some("https://a.example/ b"))])),
        ("evidence that is no address", "evidence", json!([skill("a", &[], true, Some("see above"))])),
        (
            "endless evidence",
            "evidence",
            json!([skill("a", &[], true, Some(&format!("https://a.example/{}", "x".repeat(2000))))]),
        ),
    ] {
        let reply = put(&portfolio, &roadmap).await;
        reply.expect(format!("{why} is refused")).problem(422).json_at("/field", field);
    }
    put(&portfolio, &json!({"skills": []})).await.expect("an object is no list").problem(422);
    portfolio.expect_unchanged("what was refused changes nothing", &before).await;
}

#[tokio::test]
async fn a_new_roadmap_replaces_the_old_one_and_survives() {
    let mut portfolio = Portfolio::start();
    put(&portfolio, &json!([skill("old", &[], false, None)])).await.expect("a roadmap is taken").status(204);
    let new =
        json!([skill("new", &[], false, None), skill("seen", &[], true, Some("https://example.org/?a=1&b=\"2\""))]);
    put(&portfolio, &new).await.expect("another one, too").status(204);
    let wanted = json!({"next": [{"id": "new", "needs": []}], "done": 1, "open": 1});
    portfolio.get("/next").await.expect("only the new one counts").json(&wanted);
    let page = portfolio.page().await;
    let links: Vec<_> =
        page.named("a").filter(|link| link.text == "seen").filter_map(|link| link.attribute("href")).collect();
    let holds = page.named("a").any(|link| link.attribute("href") == Some("https://example.org/?a=1&b=\"2\""));
    expect("the page links to the evidence").that(holds, format!("{links:?}"));
    portfolio.kill_and_restart();
    portfolio.get("/next").await.expect("it is there after a kill -9").json(&wanted);
}
