use crate::visible::support::{Roadmap, random_skills};
use harness::{expect, random};
use std::collections::BTreeSet;

#[test]
fn a_whole_roadmap_can_be_learnt_by_following_next() {
    let roadmap = Roadmap::empty();
    let skills = random_skills(&mut random(), 12);
    for (id, needs) in &skills {
        roadmap.add(id, &needs.iter().map(String::as_str).collect::<Vec<_>>());
    }
    let mut learnt = BTreeSet::new();
    while learnt.len() < skills.len() {
        let is_ready = |(id, needs): &&(String, Vec<String>)| {
            !learnt.contains(id) && needs.iter().all(|need| learnt.contains(need))
        };
        let ready: BTreeSet<_> = skills.iter().filter(is_ready).map(|(id, _)| id.clone()).collect();
        let next = roadmap.next();
        expect("next shows exactly the skills that are open and need nothing open, in order of id")
            .request("next")
            .eq(&next, &ready.iter().cloned().collect::<Vec<_>>());
        roadmap.done(&next[0]);
        learnt.insert(next[0].clone());
    }
    expect("when all is done, nothing is next").request("next").eq(roadmap.next(), Vec::<String>::new());
}

#[test]
fn the_table_shows_what_is_done_and_where_it_can_be_seen() {
    let roadmap = Roadmap::empty();
    roadmap.add("rust", &[]);
    roadmap.add("http", &["rust"]);
    roadmap.done("rust");
    let said = roadmap.run(&["list"]);
    said.expect("what is done is ticked and shows its evidence")
        .code(0)
        .stdout("[ ] http  needs rust\n[x] rust  https://example.org/proof\n");
}

#[test]
fn what_has_open_needs_cannot_be_done() {
    let roadmap = Roadmap::empty();
    roadmap.add("git", &[]);
    roadmap.add("rust", &[]);
    roadmap.add("axum", &["rust", "git"]);
    roadmap.done("git");
    let said = roadmap.run(&["done", "axum", "--evidence", "https://example.org"]);
    said.expect("a need is open").code(1).one_line_with(&["axum", "rust"]);
    expect("and nothing has changed").eq(roadmap.list()[0]["done"].clone(), serde_json::json!(false));
}

#[test]
fn later_evidence_takes_the_place_of_earlier() {
    let roadmap = Roadmap::empty();
    roadmap.add("rust", &[]);
    roadmap.done("rust");
    let said = roadmap.run(&["done", "rust", "--evidence", "http://example.org/better"]);
    said.expect("a skill can be done again").code(0).stdout("");
    expect("the evidence is the later one")
        .request("list --json")
        .eq(roadmap.list()[0]["evidence"].as_str(), Some("http://example.org/better"));
}
