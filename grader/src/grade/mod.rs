//! The whole pipeline for one submission: from exercises to a report.

mod day;
mod submitted;
mod tested;

use crate::{
    catalog::{Catalog, nearest},
    compile::{self, Targets, Workspace},
    error::GradeError,
    exercise::Exercise,
    handout,
    process::Cancel,
    receipt::Conditions,
    report::{DayReport, Report, TestReport},
    run::Settings,
    sandbox::{Launcher, Sandbox},
    store::Verdicts,
    submission::Selection,
};
use day::{Day, Plan};
use std::path::Path;

/// What is graded.
#[derive(Debug, Clone)]
pub enum Subject {
    /// The learner's own work in this checkout.
    Stubs,
    /// The reference implementations.
    Solutions,
    /// Any program: a path, or a command that is split as a shell would.
    Program(String),
    /// Somebody else's files.
    Submission(Submission),
}

/// Somebody else's files, read but not trusted.
#[derive(Debug, Clone)]
pub struct Submission {
    /// Where they came from, as it was given.
    pub source: String,
    /// The revision or time that was asked for.
    pub at: Option<String>,
    /// The files that count.
    pub selection: Selection,
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
    /// Ends the run when it is called off. None: only Ctrl-C in the terminal does.
    pub cancel: Option<Cancel>,
}

/// What is needed for somebody else's submission.
#[derive(Debug)]
pub struct Containment<'a> {
    /// Where its programs run.
    pub sandbox: &'a Sandbox,
    /// The executable that calls [`compile::stand_in`] before anything else.
    pub launcher: &'a Launcher,
    /// Verdicts of earlier runs; none when all is to be graded afresh.
    pub verdicts: Option<&'a Verdicts>,
}

/// Progress, for whoever watches.
#[derive(Debug)]
pub enum Event<'a> {
    /// The compiler begins.
    Compiling {
        /// How many days are built.
        days: usize,
    },
    /// The first test is about to start.
    Running {
        /// Day and checkpoint of each test.
        tests: &'a [(&'a str, &'a str)],
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

/// Grades `exercises` of the course: one's own programs, or those of the course.
///
/// # Errors
/// Faults of the course or of the machine that leave nothing to report, and a submission, which needs containment.
pub fn grade(
    catalog: &Catalog,
    exercises: &[&Exercise],
    request: &Request,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Report, GradeError> {
    if let Subject::Submission(submission) = &request.subject {
        return Err(GradeError::Uncontained(submission.source.clone()));
    }
    expect_checkpoint(exercises, request.checkpoint.as_deref())?;
    let plans: Vec<_> = exercises.iter().map(|exercise| Plan::new(catalog, exercise, &request.subject)).collect();
    on_event(Event::Compiling { days: plans.len() });
    let mut targets = Targets::default();
    for plan in &plans {
        targets.programs.extend(plan.program_target.clone());
        targets.tests.extend(plan.test_targets.iter().cloned());
    }
    std::thread::scope(|scope| {
        // Other programs are asked for them, and a compiler seldom uses all cores.
        let conditions = scope.spawn(|| conditions(catalog, request));
        let build = compile::build(&workspace(catalog.root(), request), &targets)?;
        let days = plans.into_iter().map(|plan| plan.with(&build)).collect::<Result<Vec<_>, _>>()?;
        expect_judged(&days, request.checkpoint.as_deref())?;
        let settings = settings(catalog.root(), request, None);
        let reports = tested::run(days, request, &settings, on_event, |_| {});
        if settings.cancel.is_cancelled() {
            return Err(GradeError::Cancelled);
        }
        Ok(finish(request, exercises, reports, conditions.join().unwrap_or_default()))
    })
}

/// Grades `exercises` of somebody else's submission, contained; any other subject as [`grade`] does.
///
/// # Errors
/// Faults of the course or of the machine that leave nothing to report.
pub fn grade_submission(
    catalog: &Catalog,
    exercises: &[&Exercise],
    request: &Request,
    containment: &Containment<'_>,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<Report, GradeError> {
    if !matches!(request.subject, Subject::Submission(_)) {
        return grade(catalog, exercises, request, on_event);
    }
    on_event(Event::Compiling { days: exercises.len() });
    Desk::new(catalog, exercises, request, containment)?.grade(request, on_event)
}

/// The course, ready to grade one submission after the other: what they have in common is compiled once.
#[derive(Debug)]
pub struct Desk<'a> {
    exercises: Vec<&'a Exercise>,
    prepared: submitted::Prepared<'a>,
    containment: &'a Containment<'a>,
}

impl<'a> Desk<'a> {
    /// Compiles the tests. Of `request` only the conditions matter, not the submission.
    ///
    /// # Errors
    /// Faults of the course or of the machine.
    pub fn new(
        catalog: &'a Catalog,
        exercises: &[&'a Exercise],
        request: &Request,
        containment: &'a Containment<'a>,
    ) -> Result<Desk<'a>, GradeError> {
        expect_checkpoint(exercises, request.checkpoint.as_deref())?;
        let prepared = submitted::prepare(catalog, exercises, request, containment)?;
        Ok(Desk { exercises: exercises.to_vec(), prepared, containment })
    }

    /// The conditions under which every submission is graded here.
    pub fn conditions(&self) -> &Conditions {
        self.prepared.conditions()
    }

    /// The hash of all tests.
    pub fn tests(&self) -> String {
        self.prepared.tests()
    }

    /// Grades a submission.
    ///
    /// # Errors
    /// Faults of the machine that leave nothing to report, and a subject that is no submission.
    pub fn grade(&self, request: &Request, on_event: &mut dyn FnMut(Event<'_>)) -> Result<Report, GradeError> {
        let Subject::Submission(submission) = &request.subject else {
            return Err(GradeError::Submission("what is graded here has to be a submission".to_owned()));
        };
        let (reports, conditions) =
            submitted::grade(&self.prepared, request, &submission.selection, self.containment, on_event)?;
        let mut report = finish(request, &self.exercises, reports, conditions);
        report.at.clone_from(&submission.at);
        report.ignored_changes.clone_from(&submission.selection.ignored);
        Ok(report)
    }
}

/// The report on all days in their order.
fn finish(request: &Request, exercises: &[&Exercise], mut days: Vec<DayReport>, conditions: Conditions) -> Report {
    let place = |id: &str| exercises.iter().position(|exercise| exercise.id == id);
    days.sort_by_key(|day| place(&day.id));
    let subject = match &request.subject {
        Subject::Stubs => "stubs".to_owned(),
        Subject::Solutions => "solutions".to_owned(),
        Subject::Program(command) => command.clone(),
        Subject::Submission(submission) => submission.source.clone(),
    };
    let mut report = Report::new(subject, request.seed, request.checkpoint.is_some(), days);
    report.conditions = conditions;
    report
}

fn workspace(root: &Path, request: &Request) -> Workspace {
    Workspace { colour: request.colour, cancel: request.cancel.clone(), ..Workspace::at(root) }
}

fn settings<'a>(root: &Path, request: &Request, sandbox: Option<&'a Sandbox>) -> Settings<'a> {
    Settings {
        jobs: request.jobs,
        seed: request.seed,
        timeout_scale: request.timeout_scale,
        root: root.to_owned(),
        fail_fast: request.fail_fast,
        sandbox,
        cancel: request.cancel.clone().unwrap_or_default(),
    }
}

fn conditions(catalog: &Catalog, request: &Request) -> Conditions {
    let root = catalog.root();
    let percent = (request.timeout_scale * 100.0).round().clamp(1.0, f64::from(u32::MAX));
    let toolchain = match request.subject {
        Subject::Program(_) => String::new(),
        _ => compile::toolchain(root),
    };
    Conditions {
        course: course(catalog),
        visible_only: catalog.is_handout(),
        toolchain,
        deadlines_percent: percent as u32,
        ..Conditions::default()
    }
}

/// The course's version. The history of a hand-out is the learner's own and says nothing about it.
fn course(catalog: &Catalog) -> String {
    match handout::Manifest::read(catalog.root()) {
        Ok(None) => compile::course_version(catalog.root()),
        Ok(Some(manifest)) => manifest.course,
        Err(_) => "unknown".to_owned(),
    }
}

/// A single checkpoint that is asked for has to be part of a hand-out.
fn expect_judged(days: &[Day<'_>], name: Option<&str>) -> Result<(), GradeError> {
    let Some(name) = name else { return Ok(()) };
    let mut having = days.iter().filter(|day| day.exercise.checkpoint(name).is_some());
    if having.all(|day| day.withheld.iter().any(|withheld| withheld.name == name)) {
        return Err(GradeError::Withheld(name.to_owned()));
    }
    Ok(())
}

fn expect_checkpoint(exercises: &[&Exercise], name: Option<&str>) -> Result<(), GradeError> {
    let Some(name) = name else { return Ok(()) };
    if exercises.iter().any(|exercise| exercise.checkpoint(name).is_some()) {
        return Ok(());
    }
    let names = exercises.iter().flat_map(|exercise| &exercise.metadata.checkpoints);
    let names = names.map(|checkpoint| (checkpoint.name.as_str(), checkpoint.name.as_str()));
    Err(GradeError::UnknownCheckpoint { name: name.to_owned(), suggestion: nearest(name, names) })
}
