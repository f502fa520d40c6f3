use crate::visible::support::Roadmap;
use harness::expect;
use serde_json::json;

#[test]
fn members_and_order_are_as_the_page_says() {
    let roadmap = Roadmap::empty();
    roadmap.add("rust", &[]);
    roadmap.add("git", &[]);
    roadmap.add("http", &["rust", "git"]);
    roadmap.done("git");
    // Spaces, line breaks and the order of members are free.
    expect("skills in order of id, needs in order as well, and these four members").request("list --json").eq(
        roadmap.list(),
        json!([
            {"id": "git", "needs": [], "done": true, "evidence": "https://example.org/proof"},
            {"id": "http", "needs": ["git", "rust"], "done": false, "evidence": null},
            {"id": "rust", "needs": [], "done": false, "evidence": null},
        ]),
    );
}

/// A map with another order in every process shows itself when the same question is asked again.
#[test]
fn asking_again_gives_the_same_text() {
    let roadmap = Roadmap::empty();
    for id in ["t", "h", "e", "w", "a", "y"] {
        roadmap.add(id, &[]);
    }
    roadmap.add("a", &["t", "h", "e", "w"]);
    for arguments in [&["list", "--json"][..], &["list"], &["next"], &["plan", "--per-week", "2"]] {
        let first = roadmap.run(arguments).stdout;
        for _ in 0..3 {
            let again = roadmap.run(arguments).stdout;
            expect("the same question has the same answer, byte for byte")
                .request(arguments.join(" "))
                .eq(&again, &first);
        }
    }
}
