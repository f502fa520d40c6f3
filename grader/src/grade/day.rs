//! A day on its way from sources to something that can be tested.

use super::Subject;
use crate::{
    catalog::{Catalog, solution_package},
    compile::{self, Build},
    error::GradeError,
    exercise::Exercise,
    receipt::{self, Receipt},
    report::{Obstacle, TestReport, Withheld},
    run::{self, Test},
    verdict::Verdict,
};
use std::path::PathBuf;

/// What has to be built for a day.
pub(super) struct Plan<'a> {
    pub exercise: &'a Exercise,
    pub program_target: Option<String>,
    /// The program, when it needs no building.
    program: Option<String>,
    /// The folder of the package that has the tests.
    folder: PathBuf,
    pub test_targets: Vec<String>,
    visible_only: bool,
}

/// A day that is ready to be tested, or known not to be.
#[derive(Debug, Clone)]
pub(super) struct Day<'a> {
    pub exercise: &'a Exercise,
    pub program: String,
    pub obstacle: Option<Obstacle>,
    /// A fault of the course or the machine, as a test of every checkpoint that could not be run.
    pub fault: Option<TestReport>,
    pub tests: Vec<Test>,
    /// In a hand-out, the checkpoints of which there is no test.
    pub withheld: Vec<Withheld>,
    pub receipt: Option<Receipt>,
}

impl<'a> Plan<'a> {
    pub(super) fn new(catalog: &Catalog, exercise: &'a Exercise, subject: &Subject) -> Plan<'a> {
        let id = &exercise.id;
        let (program_target, program) = match subject {
            Subject::Stubs => (Some(id.clone()), None),
            Subject::Solutions => (Some(solution_package(id)), None),
            Subject::Program(command) => (None, Some(command.clone())),
            Subject::Submission(_) => (None, None),
        };
        // A hand-out has no solutions and no hidden tests; the visible ones are then built from the exercise itself.
        let visible_only = catalog.is_handout();
        let solution = catalog.root().join("solutions").join(id);
        let (folder, names) = if solution.is_dir() && !visible_only {
            (solution, ["checkpoints", "tools"].as_slice())
        } else {
            (catalog.root().join("exercises").join(id), ["visible"].as_slice())
        };
        let targets = names.iter().map(|name| format!("{id}-{name}"));
        let test_targets = targets.filter(|target| compile::has_target(&folder, target)).collect();
        Plan { exercise, program_target, program, folder, test_targets, visible_only }
    }

    /// The day with what came out of the build.
    pub(super) fn with(self, build: &Build) -> Result<Day<'a>, GradeError> {
        let mut day = Day {
            exercise: self.exercise,
            program: self.program.unwrap_or_default(),
            obstacle: None,
            fault: None,
            tests: Vec::new(),
            withheld: Vec::new(),
            receipt: None,
        };
        if let Some(target) = &self.program_target {
            match build.executables.get(target) {
                Some(program) => day.program = program.to_string_lossy().into_owned(),
                None => {
                    day.obstacle = Some(Obstacle::Build(build.errors(target)));
                    if !self.visible_only {
                        return Ok(day);
                    }
                }
            }
        }
        for target in &self.test_targets {
            match build.executables.get(target) {
                Some(executable) => day.tests.extend(run::list(executable, &self.folder)?),
                None => {
                    let reason = format!("the tests {target} of the course do not compile");
                    day.fail(&reason, build.errors(target));
                }
            }
        }
        if self.visible_only && day.fault.is_none() {
            let tested = |name: &str| day.tests.iter().any(|test| test.checkpoint() == name);
            let without = day.exercise.metadata.checkpoints.iter().filter(|checkpoint| !tested(&checkpoint.name));
            let withheld = without.map(|it| Withheld { name: it.name.clone(), tier: it.tier, points: it.points });
            day.withheld = withheld.collect();
        }
        // What does not compile cannot be tested; its tests were wanted for their names only.
        if day.obstacle.is_some() {
            day.tests.clear();
            day.fault = None;
        }
        Ok(day)
    }
}

impl Day<'_> {
    /// Something other than the learner's work stands in the way of a verdict.
    pub(super) fn fail(&mut self, reason: &str, message: String) {
        let name = "it_can_be_graded".to_owned();
        self.fault = Some(TestReport { name, hidden: false, verdict: Verdict::fault(reason), message, millis: 0 });
    }

    /// The hashes of the test executables, by the names of their targets.
    pub(super) fn test_hashes(&self) -> Result<Vec<(String, String)>, GradeError> {
        let mut executables: Vec<_> = self.tests.iter().map(|test| &test.executable).collect();
        executables.dedup();
        let hashes = executables.into_iter().map(|executable| {
            let hash = receipt::hash_of_file(executable).map_err(GradeError::reading(executable))?;
            // cargo appends a hash of its own to the name.
            let name = executable.file_stem().unwrap_or_default().to_string_lossy();
            let name = name.rsplit_once('-').map_or(&*name, |(name, _)| name).to_owned();
            Ok((name, hash))
        });
        hashes.collect()
    }
}
