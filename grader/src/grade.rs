//! The whole pipeline for one submission: from exercises to a report.

use crate::{
    catalog::{Catalog, nearest, solution_package},
    compile::{self, Build, Targets, Workspace},
    error::GradeError,
    exercise::Exercise,
    report::{DayReport, Report, TestReport},
    run::{self, Settings, Test},
    verdict::Verdict,
};
use std::collections::BTreeMap;

/// What is graded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// The learner's own work in this checkout.
    Stubs,
    /// The reference implementations.
    Solutions,
    /// Any program: a path, or a command that is split as a shell would.
    Program(String),
}

/// What to grade, and how.
#[derive(Debug, Clone)]
pub struct Request {
    /// What is graded.
    pub subject: Subject,
    /// Only this checkpoint.
    pub checkpoint: Option<String>,
    /// How many tests run at once.
    pub jobs: usize,
    /// The seed of all random input.
    pub seed: u64,
    /// Stretches every deadline.
    pub timeout_scale: f64,
    /// Whether to stop at the first failure.
    pub fail_fast: bool,
    /// Whether the compiler's messages keep their colours.
    pub colour: bool,
}

/// Progress, for whoever watches.
#[derive(Debug)]
pub enum Event<'a> {
    /// cargo begins.
    Compiling {
        /// How many days are built.
        days: usize,
    },
    /// The first test is about to start.
    Running {
        /// How many tests there are.
        tests: usize,
    },
    /// A test has ended.
    Tested {
        /// The exercise.
        day: &'a str,
        /// The checkpoint that it belongs to.
        checkpoint: &'a str,
        /// What came out.
        test: &'a TestReport,
    },
}

/// Grades `exercises` of the course.
///
/// # Errors
/// Faults of the course or of the machine that leave nothing to report.
pub fn grade(
    catalog: &Catalog,
    exercises: &[&Exercise],
    request: &Request,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Report, GradeError> {
    if let Some(name) = &request.checkpoint {
        expect_checkpoint(exercises, name)?;
    }
    let selected = |name: &str| request.checkpoint.as_ref().is_none_or(|only| only == name);
    let plans: Vec<_> = exercises.iter().map(|exercise| Plan::new(catalog, exercise, &request.subject)).collect();

    on_event(Event::Compiling { days: plans.len() });
    let mut targets = Targets::default();
    for plan in &plans {
        targets.programs.extend(plan.program_target.clone());
        targets.tests.extend(plan.test_targets.iter().cloned());
    }
    let workspace = Workspace { root: catalog.root().to_owned(), target_dir: None, colour: request.colour };
    let build = compile::build(&workspace, &targets)?;
    let mut days = plans.into_iter().map(|plan| plan.with(&build)).collect::<Result<Vec<_>, _>>()?;

    let mut tests = Vec::new();
    for (number, day) in days.iter_mut().enumerate() {
        let wanted = std::mem::take(&mut day.tests).into_iter().filter(|test| selected(test.checkpoint()));
        tests.extend(wanted.map(|test| (number, test)));
    }
    on_event(Event::Running { tests: tests.len() });
    let settings = Settings {
        jobs: request.jobs,
        seed: request.seed,
        timeout_scale: request.timeout_scale,
        root: catalog.root().to_owned(),
        fail_fast: request.fail_fast,
    };
    let queue: Vec<_> = tests.iter().map(|(day, test)| (test.clone(), days[*day].program.as_str())).collect();
    let mut results: BTreeMap<usize, TestReport> = BTreeMap::new();
    run::run(&queue, &settings, |number, report| {
        let (day, test) = &tests[number];
        let day = &days[*day].exercise.id;
        on_event(Event::Tested { day, checkpoint: test.checkpoint(), test: &report });
        results.insert(number, report);
    });

    let reports = days.iter().enumerate().map(|(number, day)| {
        let of_checkpoint = |checkpoint: &str| {
            let own =
                tests.iter().enumerate().filter(|(_, (of, test))| *of == number && test.checkpoint() == checkpoint);
            let mut own: Vec<_> = own.filter_map(|(number, _)| results.get(&number).cloned()).collect();
            own.extend(day.fault.clone());
            own
        };
        DayReport::new(day.exercise, day.build_failure.clone(), of_checkpoint, selected)
    });
    let subject = match &request.subject {
        Subject::Stubs => "stubs".to_owned(),
        Subject::Solutions => "solutions".to_owned(),
        Subject::Program(command) => command.clone(),
    };
    Ok(Report::new(subject, request.seed, request.checkpoint.is_some(), reports.collect()))
}

/// What has to be built for a day.
struct Plan<'a> {
    exercise: &'a Exercise,
    program_target: Option<String>,
    /// The program, when it needs no building.
    program: Option<String>,
    /// The folder of the package that has the tests.
    folder: std::path::PathBuf,
    test_targets: Vec<String>,
}

/// A day that is ready to be tested.
struct Day<'a> {
    exercise: &'a Exercise,
    program: String,
    build_failure: Option<String>,
    /// A fault of the course, as a test of every checkpoint that could not be run.
    fault: Option<TestReport>,
    tests: Vec<Test>,
}

impl<'a> Plan<'a> {
    fn new(catalog: &Catalog, exercise: &'a Exercise, subject: &Subject) -> Plan<'a> {
        let id = &exercise.id;
        let (program_target, program) = match subject {
            Subject::Stubs => (Some(id.clone()), None),
            Subject::Solutions => (Some(solution_package(id)), None),
            Subject::Program(command) => (None, Some(command.clone())),
        };
        // A hand-out has no solutions and no hidden tests; the visible ones are then built from the exercise itself.
        let solution = catalog.root().join("solutions").join(id);
        let (folder, names) = if solution.is_dir() {
            (solution, ["checkpoints", "tools"].as_slice())
        } else {
            (catalog.root().join("exercises").join(id), ["visible"].as_slice())
        };
        let targets = names.iter().map(|name| format!("{id}-{name}"));
        let test_targets = targets.filter(|target| compile::has_target(&folder, target)).collect();
        Plan { exercise, program_target, program, folder, test_targets }
    }

    fn with(self, build: &Build) -> Result<Day<'a>, GradeError> {
        let mut day = Day {
            exercise: self.exercise,
            program: self.program.unwrap_or_default(),
            build_failure: None,
            fault: None,
            tests: Vec::new(),
        };
        if let Some(target) = &self.program_target {
            match build.executables.get(target) {
                Some(program) => day.program = program.to_string_lossy().into_owned(),
                None => {
                    day.build_failure = Some(build.errors(target));
                    return Ok(day);
                }
            }
        }
        for target in &self.test_targets {
            match build.executables.get(target) {
                Some(executable) => day.tests.extend(run::list(executable, &self.folder)?),
                None => {
                    let reason = format!("the tests {target} of the course do not compile");
                    day.fault = Some(course_fault(&reason, build.errors(target)));
                }
            }
        }
        Ok(day)
    }
}

fn course_fault(reason: &str, message: String) -> TestReport {
    let name = "the_tests_compile".to_owned();
    TestReport { name, hidden: false, verdict: Verdict::fault(reason), message, millis: 0 }
}

fn expect_checkpoint(exercises: &[&Exercise], name: &str) -> Result<(), GradeError> {
    if exercises.iter().any(|exercise| exercise.checkpoint(name).is_some()) {
        return Ok(());
    }
    let names = exercises.iter().flat_map(|exercise| &exercise.metadata.checkpoints);
    let names = names.map(|checkpoint| (checkpoint.name.as_str(), checkpoint.name.as_str()));
    Err(GradeError::UnknownCheckpoint { name: name.to_owned(), suggestion: nearest(name, names) })
}
