//! Attacks on the grader, the machine, or the others, as submissions for real days. Most come from the corpus of the
//! grader's own tests.

use super::{
    DayTruth, repository,
    work::{Day, Work},
};
use std::fs;

const COMMAND: Day = Day { id: "day01-roadmap-cli" };
const SERVICE: Day = Day { id: "day03-notes-api" };

/// Programs of the corpus that do nothing else, and what comes of them.
const ALONE: [(&str, DayTruth); 7] = [
    ("exits_with_success", DayTruth::Nothing),
    ("forges_results", DayTruth::Nothing),
    ("announces_a_foreign_port", DayTruth::Nothing),
    ("floods_stdout", DayTruth::Nothing),
    ("takes_memory", DayTruth::Nothing),
    ("includes_the_tests", DayTruth::DoesNotCompile),
    ("includes_a_file_of_the_machine", DayTruth::DoesNotCompile),
];

/// Programs of the corpus that try something and serve when all of it has failed: put before a solution, they have to
/// leave its verdict alone.
const BEFORE: [&str; 7] = [
    "connects_out",
    "reads_what_is_not_its_own",
    "looks_for_a_solution",
    "inherits_descriptors",
    "takes_uncounted_memory",
    "kills_everybody",
    "leaves_orphans",
];

/// What a solution of day 1 does instead of a plan. It costs the checkpoint of plans, and nothing else.
const INSTEAD_OF_A_PLAN: [&str; 2] = [
    // A fork bomb of 127 processes. The corpus has one without an end, for limits that are reached quickly: with those of
    // every day it would take the machine from everybody else.
    "let depth: u32 = std::env::var(\"DEPTH\").map_or(Ok(0), |depth| depth.parse())?; \
     let bomb = || std::process::Command::new(std::env::current_exe()?).args(std::env::args_os().skip(1)) \
         .env(\"DEPTH\", (depth + 1).to_string()).spawn(); \
     if depth < 6 { let _ = (bomb(), bomb()); } \
     loop { std::thread::park(); }",
    // A hang.
    "loop { std::thread::park(); }",
];

pub const COUNT: usize = ALONE.len() + BEFORE.len() + INSTEAD_OF_A_PLAN.len() + 1;

/// An attack by its number.
pub fn attack(number: usize) -> Work {
    let (before, instead) = (number.wrapping_sub(ALONE.len()), number.wrapping_sub(ALONE.len() + BEFORE.len()));
    if let Some((name, truth)) = ALONE.get(number) {
        let main = corpus(name).into_bytes();
        Work::new(SERVICE, [("src/main.rs".to_owned(), main)].into(), truth.clone())
    } else if let Some(name) = BEFORE.get(before) {
        before_a_solution(name)
    } else if let Some(code) = INSTEAD_OF_A_PLAN.get(instead) {
        instead_of_a_plan(code)
    } else {
        changes_the_course()
    }
}

fn corpus(name: &str) -> String {
    fs::read_to_string(repository().join("grader/tests/attacks/corpus").join(name).with_extension("rs")).unwrap()
}

fn before_a_solution(name: &str) -> Work {
    let mut work = Work::solution(SERVICE);
    // What it tries becomes a module; serving is the solution's part.
    let attempt = replaced(&corpus(name), "fn main() {", "pub fn attempt() {");
    let attempt = replaced(&attempt, "fn serve() {", "fn serve() {}\n#[allow(dead_code)]\nfn serve_no_more() {");
    // Inner comments belong at the head of a file.
    let lines: Vec<_> = attempt.lines().filter(|line| !line.starts_with("//!")).collect();
    work.files.insert("src/attempt.rs".to_owned(), lines.join("\n").into_bytes());
    change_main(&mut work, "mod api;", "#[allow(unsafe_code)]\nmod attempt;\nmod api;");
    // Before the runtime, whose threads and descriptors would be in the way.
    let main = "#[tokio::main]\nasync fn main() -> ExitCode {";
    let split = "fn main() -> ExitCode {\n    attempt::attempt();\n    serve_notes()\n}\n\n";
    change_main(&mut work, main, &format!("{split}{}", main.replace(" main()", " serve_notes()")));
    work
}

fn instead_of_a_plan(code: &str) -> Work {
    let mut work = Work::solution(COMMAND);
    let arm = "Command::Plan { per_week } =>";
    change_main(
        &mut work,
        arm,
        &format!("Command::Plan {{ per_week }} if *per_week > 0 => {{ {code} }}\n        {arm}"),
    );
    work.truth = DayTruth::Fails("plan_respects_needs".to_owned());
    work
}

/// Files that run when somebody else's course is built, and tests that always pass. None of them counts.
fn changes_the_course() -> Work {
    let mut work = Work::stub(SERVICE);
    let day = format!("exercises/{}", SERVICE.id);
    for (path, text) in [
        ("Cargo.toml".to_owned(), "[workspace]\n"),
        (".cargo/config.toml".to_owned(), "[build]\nrustc = \"/bin/true\"\n"),
        ("rust-toolchain.toml".to_owned(), "[toolchain]\npath = \"/tmp\"\n"),
        (format!("{day}/build.rs"), "fn main() { panic!(\"built\"); }\n"),
        (format!("{day}/tests/visible.rs"), "#[test]\nfn passes() {}\n"),
        (format!("{day}/exercise.toml"), "title = \"Mine\"\n"),
    ] {
        work.elsewhere.insert(path, text.into());
    }
    work
}

fn change_main(work: &mut Work, from: &str, to: &str) {
    let main = work.files.get_mut("src/main.rs").unwrap();
    *main = replaced(std::str::from_utf8(main).unwrap(), from, to).into_bytes();
}

#[track_caller]
fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "there is no {from:?} any more in:\n{text}");
    text.replacen(from, to, 1)
}
