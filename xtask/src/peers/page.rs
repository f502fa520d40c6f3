//! `docs/peers.md`: what came out for all servers, and what they deliberately do otherwise.

use super::{outcome::Outcome, url};
use grader::exercise::{Difference, Exercise};
use std::{fmt::Write as _, path::Path};

/// Where the page is.
pub const PATH: &str = "docs/peers.md";

/// A page with a table of `outcomes`, and below it the differences of each day, also of those that are held against servers
/// which are given `by_url`.
pub fn page(outcomes: &[Outcome], by_url: &[&Exercise]) -> String {
    let mut page = format!(
        "# The tests against the real servers\n\n\
         Where a day imitates an existing server, that server passes the day's tests, visible and hidden, but for differences \
         that are meant. This page was written by `cargo xtask peers --markdown {PATH}`, with the versions that were \
         installed there; the gate runs the same comparison for every change.\n\n\
         | Day | Real server | Tests passed | Deliberate differences | Skipped |\n| --- | --- | ---: | ---: | ---: |\n"
    );
    for Outcome { number, title, server, passed, skipped, differences, .. } in outcomes {
        let count = differences.len();
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| {number:02} {title} | {server} | {passed} | {count} | {skipped} |");
    }
    for outcome in outcomes.iter().filter(|outcome| !outcome.differences.is_empty()) {
        let _ = writeln!(page, "\n{}where {} differs\n", heading(outcome.number), outcome.server);
        page += &bullets(&outcome.differences);
    }
    for exercise in by_url {
        let Some(peer) = &exercise.metadata.peer else { continue };
        let servers = peer.url.as_deref().unwrap_or_default();
        let number = exercise.number;
        let _ = writeln!(page, "\n{}servers that are given by their URL\n", heading(number));
        let _ = writeln!(page, "Nothing starts them, so they are not in the table: `{}`", url::command(number));
        let _ = writeln!(page, "takes {servers}. What they deliberately do otherwise:\n");
        page += &bullets(&peer.differences);
    }
    page
}

/// What `exercise.toml` says of a day's differences and the page does not, or the page alone.
pub fn fault(root: &Path, exercise: &Exercise) -> Option<String> {
    let listed = exercise.metadata.peer.as_ref().map(|peer| bullets(&peer.differences)).unwrap_or_default();
    let page = match std::fs::read_to_string(root.join(PATH)) {
        Ok(page) => page,
        Err(error) => return (!listed.is_empty()).then(|| format!("{PATH} cannot be read: {error}")),
    };
    let own = page.split("\n## ").find(|part| format!("## {part}").starts_with(&heading(exercise.number)));
    let on_page: Vec<_> = own.unwrap_or_default().lines().filter(|line| line.starts_with("- ")).collect();
    (on_page != listed.lines().collect::<Vec<_>>()).then(|| {
        format!("{PATH} has other differences than exercise.toml; `cargo xtask peers --markdown {PATH}` writes it anew")
    })
}

fn heading(number: u8) -> String {
    format!("## Day {number:02}: ")
}

/// A line for each reason, with all tests in a row that it is the reason for.
fn bullets(differences: &[Difference]) -> String {
    let groups = differences.chunk_by(|one, next| one.reason == next.reason);
    let line = |group: &[Difference]| {
        let tests: Vec<_> = group.iter().map(|difference| format!("`{}`", difference.test)).collect();
        format!("- {}: {}.\n", tests.join(", "), group[0].reason.trim_end_matches('.'))
    };
    groups.map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "title = \"T\"\nweek = 1\nkind = \"command\"\nthemes = []\nminutes = 1\neditable = []\n";

    const CHECKPOINT: &str =
        "[[checkpoint]]\nname = \"a\"\ntier = \"core\"\npoints = 10\nsummary = \"s\"\nhints = [\"h\"]\n";

    fn exercise(peer: &str) -> Exercise {
        Exercise::parse("day04-t", &format!("{HEAD}{peer}{CHECKPOINT}")).unwrap()
    }

    fn difference(test: &str, reason: &str) -> Difference {
        Difference { test: test.to_owned(), reason: reason.to_owned() }
    }

    fn outcome(differences: Vec<Difference>) -> Outcome {
        let (title, server) = ("Static files".to_owned(), "nginx 1.2.3".to_owned());
        Outcome { number: 4, title, server, passed: 80, skipped: 2, differences, faults: Vec::new() }
    }

    #[test]
    fn a_page_has_a_row_for_each_day_and_a_reason_for_each_difference() {
        let differences = [("r::none", "it answers 416"), ("r::two", "it answers 416"), ("s::three", "no such flag.")];
        let differences = differences.map(|(test, reason)| difference(test, reason)).to_vec();
        let with = page(&[outcome(differences)], &[]);
        assert!(with.contains("\n| 04 Static files | nginx 1.2.3 | 80 | 3 | 2 |\n"), "{with}");
        let expected = "\n## Day 04: where nginx 1.2.3 differs\n\n- `r::none`, `r::two`: it answers 416.\n- `s::three`: no such flag.\n";
        assert!(with.ends_with(expected), "{with}");
        let without = page(&[outcome(Vec::new())], &[]);
        assert!(!without.contains("##"), "{without}");
    }

    #[test]
    fn servers_by_url_are_listed_with_their_command() {
        let peer = "[peer]\nurl = \"any S3\"\n[[peer.difference]]\ntest = \"a::b\"\nreason = \"Others can.\"\n";
        let page = page(&[], &[&exercise(peer)]);
        assert!(page.contains("`cargo xtask peers 4 --url http://HOST:PORT`\ntakes any S3. "), "{page}");
        assert!(page.ends_with("\n\n- `a::b`: Others can.\n"), "{page}");
    }

    #[test]
    fn a_page_and_metadata_that_differ_are_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let peer = |test: &str| {
            let head = "[peer]\nserver = \"nginx\"\npackage = \"nginx-light\"\n[[peer.difference]]\n";
            exercise(&format!("{head}test = \"{test}\"\nreason = \"Because.\"\n"))
        };
        assert_eq!(fault(folder.path(), &exercise("")), None);
        assert!(fault(folder.path(), &peer("a::b")).is_some_and(|fault| fault.contains("cannot be read")));

        std::fs::create_dir_all(folder.path().join("docs")).unwrap();
        let text = page(&[outcome(vec![difference("a::b", "Because.")])], &[]);
        std::fs::write(folder.path().join(PATH), text).unwrap();
        assert_eq!(fault(folder.path(), &peer("a::b")), None);
        assert!(fault(folder.path(), &peer("a::c")).is_some());
        assert!(fault(folder.path(), &exercise("")).is_some());
    }
}
