use crate::visible::support::Roadmap;
use harness::expect;

#[test]
fn what_is_no_id_is_exit_status_2() {
    let roadmap = Roadmap::empty();
    let long = "x".repeat(41);
    for id in ["", "Rust", "c++", "two words", "über", "a/b", "../a", "a,b", "a\n", &long] {
        roadmap.run(&["add", id]).expect("this is no id").code(2);
    }
    roadmap.add(&long[..40], &[]);
    roadmap.run(&["add", "ok", "--needs", "Bad"]).expect("a need is an id as well").code(2);
    expect("nothing but the good one was added").eq(roadmap.ids(), [&long[..40]]);
}

#[test]
fn what_is_no_address_is_no_evidence() {
    let roadmap = Roadmap::empty();
    roadmap.add("rust", &[]);
    let long = format!("https://{}", "x".repeat(1993));
    for evidence in ["", "trust me", "ftp://example.org", "https://", "https://a b", "HTTPS", &long] {
        let said = roadmap.run(&["done", "rust", "--evidence", evidence]);
        said.expect("evidence is an http:// or https:// address of at most 2000 characters").code(2);
    }
    roadmap.run(&["done", "rust"]).expect("evidence is required").code(2);
    let said = roadmap.run(&["done", "rust", "--evidence", &long[..2000]]);
    said.expect("2000 characters are allowed").code(0);
    let umlauts = format!("https://{}", "ü".repeat(1992));
    let said = roadmap.run(&["done", "rust", "--evidence", &umlauts]);
    said.expect("the limit counts characters, and a character may have several bytes").code(0);
}

#[test]
fn an_unknown_need_adds_nothing() {
    let roadmap = Roadmap::empty();
    roadmap.add("rust", &[]);
    let said = roadmap.run(&["add", "http", "--needs", "rust,tcp"]);
    said.expect("a need has to be there first").code(1).one_line_with(&["tcp"]);
    expect("the skill was not added").eq(roadmap.ids(), ["rust"]);
    roadmap.add("sql", &[]);
    roadmap.run(&["add", "sql", "--needs", "rust,tcp"]).expect("a need has to be there first").code(1);
    expect("no need was added").eq(roadmap.list()[1]["needs"].clone(), serde_json::json!([]));
}

#[test]
fn numbers_of_weeks_are_whole_and_positive() {
    let roadmap = Roadmap::empty();
    for number in ["0", "-1", "1.5", "many", ""] {
        let said = roadmap.run(&["plan", "--per-week", number]);
        said.expect("--per-week is a whole number from 1").code(2);
    }
    roadmap.run(&["plan"]).expect("--per-week is required").code(2);
}

#[test]
fn help_is_a_success() {
    let roadmap = Roadmap::empty();
    for command in ["add", "done", "next", "plan", "list"] {
        roadmap.run(&[command, "--help"]).expect("every command explains itself").code(0);
    }
}
