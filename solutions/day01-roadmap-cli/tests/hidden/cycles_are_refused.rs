use crate::visible::support::Roadmap;
use harness::{expect, random};

#[test]
fn a_long_cycle_is_found() {
    let roadmap = Roadmap::empty();
    let mut random = random();
    let mut ids: Vec<_> = (10..22).map(|number| format!("s{number}")).collect();
    random.shuffle(&mut ids);
    roadmap.add(&ids[0], &[]);
    for pair in ids.windows(2) {
        roadmap.add(&pair[1], &[&pair[0]]);
    }
    let before = roadmap.list();
    let said = roadmap.run(&["add", &ids[0], "--needs", &ids[11]]);
    let all: Vec<_> = ids.iter().map(String::as_str).collect();
    said.expect("every skill of the cycle is named").code(1).one_line_with(&all);
    expect("nothing has changed").request("list --json").eq(roadmap.list(), before);
}

#[test]
fn a_skill_cannot_need_itself() {
    let roadmap = Roadmap::empty();
    let said = roadmap.run(&["add", "recursion", "--needs", "recursion"]);
    said.expect("a skill cannot need itself").code(1).one_line_with(&["recursion"]);
    roadmap.add("recursion", &[]);
    let said = roadmap.run(&["add", "recursion", "--needs", "recursion"]);
    said.expect("nor when it is there already").code(1).one_line_with(&["recursion"]);
    expect("it needs nothing").eq(roadmap.next(), ["recursion"]);
}

#[test]
fn two_ways_to_the_same_skill_are_no_cycle() {
    let roadmap = Roadmap::empty();
    roadmap.add("base", &[]);
    roadmap.add("left", &["base"]);
    roadmap.add("right", &["base"]);
    roadmap.add("top", &["left", "right", "base"]);
    roadmap.add("left", &["right"]);
    expect("each need is met before the skill")
        .request("plan --per-week 1")
        .eq(roadmap.plan(4), [["base", "right", "left", "top"].map(str::to_owned).to_vec()]);
}

#[test]
fn a_thousand_million_ways_to_the_same_skill_are_no_delay() {
    let roadmap = Roadmap::empty();
    let ids: Vec<_> = (10..50).map(|number| format!("s{number}")).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    for (number, id) in ids.iter().enumerate() {
        roadmap.add(id, &ids[..number]);
    }
    let said = roadmap.run(&["add", ids[0], "--needs", ids[39]]);
    said.expect("a cycle is found in it").code(1).one_line_with(&[ids[0], ids[39]]);
}
