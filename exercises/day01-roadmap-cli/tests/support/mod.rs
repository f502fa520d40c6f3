//! What the tests of this day share.

use harness::{Random, expect, scratch};
use serde_json::Value;
use std::process::Output;

/// A roadmap in a folder of its own, which goes with it.
#[derive(Debug)]
pub struct Roadmap {
    pub folder: tempfile::TempDir,
}

/// What the program said and how it ended.
#[derive(Debug)]
pub struct Said {
    command: String,
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Roadmap {
    pub fn empty() -> Roadmap {
        Roadmap { folder: scratch() }
    }

    /// Runs the program on this roadmap.
    pub fn run(&self, arguments: &[&str]) -> Said {
        let output = harness::command().arg("--data-dir").arg(self.folder.path()).args(arguments).output();
        let command = format!("--data-dir DIR {}", arguments.join(" "));
        match output {
            Ok(output) => Said::new(command, &output),
            Err(error) => expect("the program can be started and comes to an end").request(command).fail(error),
        }
    }

    /// Adds a skill, which has to work.
    #[track_caller]
    pub fn add(&self, id: &str, needs: &[&str]) {
        let needs = needs.join(",");
        let arguments: &[&str] = if needs.is_empty() { &["add", id] } else { &["add", id, "--needs", &needs] };
        self.run(arguments).expect("a new skill is added").code(0);
    }

    /// Notes that a skill is learnt, which has to work.
    #[track_caller]
    pub fn done(&self, id: &str) {
        let said = self.run(&["done", id, "--evidence", "https://example.org/proof"]);
        said.expect("a skill whose needs are done can be done").code(0);
    }

    /// What `list --json` prints.
    #[track_caller]
    pub fn list(&self) -> Value {
        let said = self.run(&["list", "--json"]);
        said.expect("the list can be printed").code(0);
        serde_json::from_str(&said.stdout).unwrap_or_else(|error| {
            expect("list --json prints JSON").request(&said.command).fail(format!("{error}\n{}", said.stdout))
        })
    }

    /// The ids in what `list --json` prints, in its order.
    #[track_caller]
    pub fn ids(&self) -> Vec<String> {
        let list = self.list();
        let skills = list.as_array().cloned().unwrap_or_default();
        skills.iter().filter_map(|skill| Some(skill["id"].as_str()?.to_owned())).collect()
    }

    /// The ids that `next` prints.
    #[track_caller]
    pub fn next(&self) -> Vec<String> {
        let said = self.run(&["next"]);
        said.expect("next can be asked").code(0);
        said.stdout.lines().map(str::to_owned).collect()
    }

    /// The weeks that `plan` prints, each with its ids.
    #[track_caller]
    pub fn plan(&self, per_week: usize) -> Vec<Vec<String>> {
        let said = self.run(&["plan", "--per-week", &per_week.to_string()]);
        said.expect("a plan can be made").code(0);
        let week = |(number, line): (usize, &str)| {
            let Some(ids) = line.strip_prefix(&format!("week {}: ", number + 1)) else {
                expect("a plan has one line a week").expected(format!("week {}: ID, ID …", number + 1)).fail(line)
            };
            ids.split(", ").map(str::to_owned).collect()
        };
        said.stdout.lines().enumerate().map(week).collect()
    }
}

impl Said {
    pub fn new(command: String, output: &Output) -> Said {
        Said {
            command,
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    pub fn expect(&self, requirement: &str) -> Expected<'_> {
        Expected { said: self, requirement: requirement.to_owned() }
    }
}

/// One requirement about what the program said.
#[derive(Debug)]
pub struct Expected<'a> {
    said: &'a Said,
    requirement: String,
}

impl Expected<'_> {
    /// The exit status.
    #[track_caller]
    pub fn code(&self, code: i32) -> &Self {
        self.check(self.said.code == Some(code), format!("exit status {code}"))
    }

    /// Nothing on standard output, and one line on standard error that contains all of `parts`.
    #[track_caller]
    pub fn one_line_with(&self, parts: &[&str]) -> &Self {
        let lines = self.said.stderr.lines().count();
        self.check(self.said.stdout.is_empty(), "nothing on standard output".to_owned());
        self.check(lines == 1, "one line on standard error".to_owned());
        let all = parts.iter().all(|part| self.said.stderr.contains(part));
        self.check(all, format!("a line on standard error with {}", parts.join(" and ")))
    }

    /// Exactly this on standard output.
    #[track_caller]
    pub fn stdout(&self, text: &str) -> &Self {
        self.check(self.said.stdout == text, format!("on standard output: {text:?}"))
    }

    #[track_caller]
    fn check(&self, holds: bool, expected: String) -> &Self {
        let said = self.said;
        let code = said.code.map_or_else(|| "ended by a signal".to_owned(), |code| format!("exit status {code}"));
        let actual = format!("{code}\nstandard output: {:?}\nstandard error: {:?}", said.stdout, said.stderr);
        expect(self.requirement.clone()).request(&said.command).expected(expected).that(holds, actual);
        self
    }
}

/// A random roadmap of `count` skills: each may need some that stand before it. The ids say nothing about the order.
pub fn random_skills(random: &mut Random, count: usize) -> Vec<(String, Vec<String>)> {
    let mut skills: Vec<(String, Vec<String>)> = Vec::new();
    while skills.len() < count {
        let id = random.word();
        if skills.iter().any(|(other, _)| *other == id) {
            continue;
        }
        let mut needs: Vec<String> = Vec::new();
        for _ in 0..random.below(4).min(skills.len()) {
            let need = random.pick(&skills).0.clone();
            if !needs.contains(&need) {
                needs.push(need);
            }
        }
        skills.push((id, needs));
    }
    skills
}
