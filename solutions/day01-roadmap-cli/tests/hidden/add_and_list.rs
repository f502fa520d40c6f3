use crate::visible::support::{Roadmap, random_skills};
use harness::{expect, random};

#[test]
fn adding_again_adds_needs() {
    let roadmap = Roadmap::empty();
    for id in ["a", "b", "c"] {
        roadmap.add(id, &[]);
    }
    roadmap.add("c", &["b"]);
    roadmap.add("c", &["a"]);
    roadmap.add("c", &["a", "b"]);
    roadmap.add("c", &[]);
    expect("needs are added, none is lost and none is there twice")
        .request("list --json")
        .eq(roadmap.list()[2]["needs"].clone(), serde_json::json!(["a", "b"]));
}

#[test]
fn a_random_roadmap_is_listed_in_order() {
    let roadmap = Roadmap::empty();
    let mut skills = random_skills(&mut random(), 15);
    for (id, needs) in &skills {
        roadmap.add(id, &needs.iter().map(String::as_str).collect::<Vec<_>>());
    }
    skills.sort();
    for (skill, (id, needs)) in roadmap.list().as_array().into_iter().flatten().zip(&skills) {
        let mut needs = needs.clone();
        needs.sort();
        expect("skills and their needs are in order of id")
            .request("list --json")
            .eq((skill["id"].clone(), skill["needs"].clone()), (id.as_str().into(), needs.into()));
    }
    expect("all skills are listed").eq(roadmap.ids().len(), skills.len());
}

#[test]
fn the_table_has_a_line_for_each_skill() {
    let roadmap = Roadmap::empty();
    roadmap.add("rust", &[]);
    roadmap.add("git", &[]);
    roadmap.add("http", &["rust", "git"]);
    let said = roadmap.run(&["list"]);
    said.expect("the list for people has one line a skill, with what it needs")
        .code(0)
        .stdout("[ ] git\n[ ] http  needs git, rust\n[ ] rust\n");
}

#[test]
fn the_folder_can_come_from_the_environment() {
    let roadmap = Roadmap::empty();
    let nested = roadmap.folder.path().join("not/yet/there");
    harness::command().env("DATA_DIR", &nested).args(["add", "rust"]).assert().success();
    expect("DATA_DIR names the folder, which is made").that(nested.join("roadmap.json").is_file(), "no roadmap.json");
    expect("nothing is written elsewhere").eq(roadmap.ids(), Vec::<String>::new());
}
