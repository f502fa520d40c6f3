use crate::visible::support::Roadmap;

#[test]
fn the_text_is_what_it_always_was() {
    let roadmap = Roadmap::empty();
    roadmap.add("rust", &[]);
    roadmap.add("git", &[]);
    roadmap.add("http", &["rust", "git"]);
    roadmap.done("git");
    let list = roadmap.list();
    // Spaces and line breaks are free; members and order are not.
    let members: Vec<_> = list[0].as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    harness::expect("a skill has these four members").that(
        ["done", "evidence", "id", "needs"].iter().all(|name| members.contains(name)) && members.len() == 4,
        members.join(" "),
    );
    insta::assert_snapshot!(list.to_string());
}
