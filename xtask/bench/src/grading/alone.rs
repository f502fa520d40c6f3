//! The tests of solved days without a grader around them.

use super::{
    lab::Lab,
    step::{self, Cost},
};
use crate::setting::jobs;
use grader::{
    exercise::Exercise,
    process::Cancel,
    run::{self, Settings, Test},
    verdict::{Cause, Verdict},
};
use std::{path::PathBuf, process::Command};

/// The executables of a day.
#[derive(Debug)]
struct Day {
    program: PathBuf,
    tests: Vec<PathBuf>,
    folder: PathBuf,
}

/// Test executables and programs that are compiled.
#[derive(Debug)]
pub struct Alone {
    days: Vec<Day>,
}

impl Alone {
    /// Those of `days`, compiled as `cargo xtask grade` compiles them.
    pub fn new(lab: &Lab, days: &[&Exercise]) -> Result<Alone, String> {
        let build = lab.warm_learner(days)?;
        let executable = |name: &str| {
            let found = build.executables.get(name).cloned();
            found.ok_or_else(|| format!("{name} does not compile:\n{}", build.errors(name)))
        };
        let day = |day: &&Exercise| {
            let tests = lab.tests(day).iter().map(|test| executable(test)).collect::<Result<_, _>>()?;
            Ok(Day { program: executable(&day.id)?, tests, folder: lab.test_folder(day) })
        };
        Ok(Alone { days: days.iter().map(day).collect::<Result<_, String>>()? })
    }

    /// Runs one executable after the other, each with all its tests, as many at once as the grader runs.
    pub fn run(&self) -> Result<Cost, String> {
        let mut sum = Cost::default();
        for day in &self.days {
            for test in &day.tests {
                let mut command = Command::new(test);
                command.args(["--quiet", "--test-threads", &jobs().to_string()]).current_dir(&day.folder);
                sum += step::run(command.env("SUBMISSION_PROGRAM", &day.program).env("INSTA_UPDATE", "no"))?;
            }
        }
        Ok(sum)
    }

    /// Asks each executable for its tests.
    pub fn list(&self) -> Result<Vec<(Test, &str)>, String> {
        let mut all = Vec::new();
        for day in &self.days {
            let program = day.program.to_str().ok_or("the path of a program is no text")?;
            for test in &day.tests {
                let tests = run::list(test, &day.folder).map_err(|error| error.to_string())?;
                all.extend(tests.into_iter().map(|test| (test, program)));
            }
        }
        Ok(all)
    }

    /// Runs every test in a process of its own, as the grader does so that each has a verdict of its own.
    pub fn run_each(&self, lab: &Lab) -> Result<Cost, String> {
        let tests = self.list()?;
        let settings = Settings {
            jobs: jobs(),
            seed: 30,
            timeout_scale: 1.0,
            root: lab.catalog.root().to_owned(),
            fail_fast: false,
            sandbox: None,
            cancel: Cancel::default(),
        };
        let mut failed = Vec::new();
        let (cost, ()) = step::measured(|| {
            run::run(&tests, &settings, |_, report| match report.verdict {
                Verdict::Passed | Verdict::NotRun { cause: Cause::Skipped, .. } => {}
                _ => failed.push(format!("{}: {}", report.name, report.message)),
            });
            Ok(())
        })?;
        if failed.is_empty() { Ok(cost) } else { Err(format!("tests of solved days fail:\n{}", failed.join("\n"))) }
    }
}
