//! The tests of day 1 that you can read. One module per checkpoint; each name is a claim about your program.

pub mod support;

mod add_and_list {
    use super::support::Roadmap;
    use harness::expect;
    use serde_json::json;

    #[test]
    fn what_was_added_is_listed() {
        let roadmap = Roadmap::empty();
        expect("a new roadmap is empty").request("list --json").eq(roadmap.list(), json!([]));
        roadmap.add("rust", &[]);
        roadmap.add("http", &["rust"]);
        let expected = json!([
            {"id": "http", "needs": ["rust"], "done": false, "evidence": null},
            {"id": "rust", "needs": [], "done": false, "evidence": null},
        ]);
        expect("list --json shows all skills in order of id").request("list --json").eq(roadmap.list(), expected);
    }

    #[test]
    fn a_roadmap_is_kept_in_its_folder() {
        let (mine, yours) = (Roadmap::empty(), Roadmap::empty());
        mine.add("rust", &[]);
        expect("another --data-dir is another roadmap").eq(yours.ids(), Vec::<String>::new());
        expect("and the first still has its skill").eq(mine.ids(), ["rust"]);
    }
}

mod done_unlocks_next {
    use super::support::Roadmap;
    use harness::expect;

    #[test]
    fn next_shows_what_can_be_learnt_now() {
        let roadmap = Roadmap::empty();
        roadmap.add("rust", &[]);
        roadmap.add("http", &["rust"]);
        roadmap.add("axum", &["http", "rust"]);
        expect("only rust needs nothing").request("next").eq(roadmap.next(), ["rust"]);
        roadmap.done("rust");
        expect("once rust is done, http is next").request("next").eq(roadmap.next(), ["http"]);
        roadmap.done("http");
        expect("once both are done, axum is next").request("next").eq(roadmap.next(), ["axum"]);
    }

    #[test]
    fn what_is_done_is_listed_with_its_evidence() {
        let roadmap = Roadmap::empty();
        roadmap.add("rust", &[]);
        roadmap.done("rust");
        let list = roadmap.list();
        expect("the skill is done").request("list --json").eq(&list[0]["done"], &serde_json::json!(true));
        expect("and shows its evidence").eq(list[0]["evidence"].as_str(), Some("https://example.org/proof"));
    }
}

mod plan_respects_needs {
    use super::support::Roadmap;
    use harness::expect;

    #[test]
    fn a_skill_comes_after_what_it_needs() {
        let roadmap = Roadmap::empty();
        roadmap.add("zsh", &[]);
        roadmap.add("linux", &["zsh"]);
        roadmap.add("docker", &["linux"]);
        roadmap.add("git", &[]);
        let weeks = [vec!["git", "zsh"], vec!["linux", "docker"]];
        expect("two skills a week, each after its needs, and otherwise by the alphabet")
            .request("plan --per-week 2")
            .eq(roadmap.plan(2), weeks.map(|week| week.into_iter().map(str::to_owned).collect::<Vec<_>>()));
    }
}

mod bad_input {
    use super::support::Roadmap;

    #[test]
    fn a_wrong_command_line_is_exit_status_2() {
        let roadmap = Roadmap::empty();
        for arguments in [&["add", "Rust"][..], &["add"], &["fly"], &["plan", "--per-week", "0"]] {
            roadmap.run(arguments).expect("a wrong command line is exit status 2").code(2);
        }
    }

    #[test]
    fn an_unknown_skill_is_exit_status_1_and_named() {
        let roadmap = Roadmap::empty();
        let said = roadmap.run(&["done", "cobol", "--evidence", "https://example.org"]);
        said.expect("a skill that was never added cannot be done").code(1).one_line_with(&["cobol"]);
    }
}

mod cycles_are_refused {
    use super::support::Roadmap;
    use harness::expect;

    #[test]
    fn two_skills_cannot_need_each_other() {
        let roadmap = Roadmap::empty();
        roadmap.add("hen", &[]);
        roadmap.add("egg", &["hen"]);
        let said = roadmap.run(&["add", "hen", "--needs", "egg"]);
        said.expect("a cycle is refused and its skills are named").code(1).one_line_with(&["hen", "egg"]);
        expect("nothing has changed").request("next").eq(roadmap.next(), ["hen"]);
    }
}

mod damaged_file_is_reported {
    use super::support::Roadmap;
    use harness::expect;
    use std::fs;

    #[test]
    fn a_damaged_file_is_an_error_and_stays_as_it_is() {
        let roadmap = Roadmap::empty();
        roadmap.add("rust", &[]);
        let file = roadmap.folder.path().join("roadmap.json");
        let damaged = "{\"skills\": ";
        fs::write(&file, damaged).unwrap();
        for arguments in [&["list"][..], &["add", "http"]] {
            let said = roadmap.run(arguments);
            said.expect("a damaged file is named").code(1).one_line_with(&["roadmap.json"]);
        }
        expect("the damaged file is not overwritten")
            .eq(String::from_utf8_lossy(&harness::read_written(&file)), damaged);
    }
}

mod parallel_writers {
    use super::support::Roadmap;
    use harness::expect;
    use std::thread;

    #[test]
    fn twenty_programs_at_once_lose_nothing() {
        let roadmap = Roadmap::empty();
        let ids: Vec<_> = (10..30).map(|number| format!("skill-{number}")).collect();
        thread::scope(|scope| {
            for id in &ids {
                scope.spawn(|| roadmap.add(id, &[]));
            }
        });
        expect("all twenty skills are there").request("list --json").eq(roadmap.ids(), ids);
    }
}

mod kill9 {
    use super::support::Roadmap;
    use harness::{kill_while_running, random};

    #[test]
    fn a_killed_program_loses_nothing_that_was_acknowledged() {
        let roadmap = Roadmap::empty();
        let acknowledged = kill_while_running(&mut random(), 40, |number| {
            let mut command = harness::std_command();
            command.arg("--data-dir").arg(roadmap.folder.path()).args(["add", &format!("skill-{number}")]);
            command
        });
        let stored = roadmap.ids().iter().filter_map(|id| id.strip_prefix("skill-")?.parse().ok()).collect();
        acknowledged.expect_all_in(&stored);
    }
}

mod json_is_stable {
    use super::support::Roadmap;
    use harness::expect;

    #[test]
    fn the_order_of_adding_makes_no_difference() {
        let (one, other) = (Roadmap::empty(), Roadmap::empty());
        let ids = ["rust", "git", "sql", "tls", "linux", "docker", "json", "regex"];
        for id in ids {
            one.add(id, &[]);
        }
        for id in ids.iter().rev() {
            other.add(id, &[]);
        }
        one.add("http", &["sql", "git"]);
        other.add("http", &["git", "sql"]);
        let print = |roadmap: &Roadmap| roadmap.run(&["list", "--json"]).stdout;
        expect("the same roadmap is the same text, byte for byte").eq(print(&one), print(&other));
    }
}

mod broken_pipe {
    use super::support::{Roadmap, Said};
    use std::process::Stdio;

    #[test]
    fn a_reader_that_has_gone_is_no_error() {
        let roadmap = Roadmap::empty();
        roadmap.add("rust", &[]);
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = harness::std_command();
        command.arg("--data-dir").arg(roadmap.folder.path()).arg("list");
        let output = command.stdout(writer).stderr(Stdio::piped()).output().unwrap();
        let said = Said::new("list | (a reader that has gone)".to_owned(), &output);
        said.expect("a reader that has gone, as head does, is no error").code(0);
        harness::expect("and is not worth a word").eq(said.stderr, String::new());
    }
}
