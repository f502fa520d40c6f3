//! Somebody else's days: from selected files to reports, with nothing done twice.

use super::{Containment, Day, Event, Plan, Request, conditions, settings, tested, workspace};
use crate::{
    catalog::Catalog,
    compile::{self, Compiled, Kitchen, Targets},
    error::GradeError,
    exercise::Exercise,
    receipt::{Conditions, Receipt, hash},
    report::{DayReport, Obstacle},
    store::Key,
    submission::{self, Selection, SubmittedFile},
    temporary::Temporary,
};
use std::{
    collections::BTreeMap,
    fs, io,
    path::Path,
    sync::{Mutex, OnceLock, PoisonError},
};

/// What all submissions have in common: the tests, compiled and listed, and how each day is compiled.
#[derive(Debug)]
pub(super) struct Prepared<'a> {
    catalog: &'a Catalog,
    kitchen: Kitchen,
    /// Each day as it is before anything of a submission is known, and the hashes of its tests.
    days: Vec<(Day<'a>, BTreeMap<String, String>)>,
    conditions: Conditions,
}

impl Prepared<'_> {
    pub(super) fn conditions(&self) -> &Conditions {
        &self.conditions
    }

    pub(super) fn tests(&self) -> String {
        let tests: Vec<_> = self.days.iter().map(|(day, tests)| (&day.exercise.id, tests)).collect();
        hash(serde_json::json!(tests).to_string().as_bytes())
    }
}

/// Compiles the tests, and finds out how programs are compiled.
pub(super) fn prepare<'a>(
    catalog: &'a Catalog,
    exercises: &[&'a Exercise],
    request: &Request,
    containment: &Containment<'_>,
) -> Result<Prepared<'a>, GradeError> {
    let plans: Vec<_> = exercises.iter().map(|exercise| Plan::new(catalog, exercise, &request.subject)).collect();
    let mut targets = Targets::default();
    for plan in &plans {
        targets.tests.extend(plan.test_targets.iter().cloned());
    }
    // First: it may make cargo forget what it has built for these days.
    let programs: Vec<_> = exercises.iter().map(|exercise| exercise.id.clone()).collect();
    let kitchen = compile::prepare(catalog.root(), &programs, &containment.launcher.executable)?;
    let build = compile::build(&workspace(catalog.root(), request), &targets)?;
    let mut conditions = conditions(catalog, request);
    conditions.toolchain.clone_from(&kitchen.toolchain);
    conditions.sandbox_tier = containment.sandbox.tier();
    conditions.limits = Some(*containment.sandbox.limits());
    let day = |plan: Plan<'a>| {
        let day = plan.with(&build)?;
        let hashes = day.test_hashes()?.into_iter().collect();
        Ok((day, hashes))
    };
    let days = plans.into_iter().map(day).collect::<Result<_, GradeError>>()?;
    Ok(Prepared { catalog, kitchen, days, conditions })
}

/// Grades the days of a selection.
pub(super) fn grade(
    prepared: &Prepared<'_>,
    request: &Request,
    selection: &Selection,
    containment: &Containment<'_>,
    on_event: &mut dyn FnMut(Event<'_>),
) -> Result<(Vec<DayReport>, Conditions), GradeError> {
    let Prepared { catalog, kitchen, days, conditions } = prepared;
    let mut reports = Vec::new();
    let mut open = Vec::new();
    for (day, tests) in days {
        let mut day = day.clone();
        let id = &day.exercise.id;
        let files = match (selection.refused.get(id), selection.days.get(id)) {
            (Some(refusal), _) => {
                day.obstacle = Some(Obstacle::Refused(format!("{} {}", refusal.path, refusal.why)));
                open.push((day, None));
                continue;
            }
            (None, None) => {
                day.obstacle = Some(Obstacle::Refused("nothing was submitted for this day".to_owned()));
                open.push((day, None));
                continue;
            }
            (None, Some(files)) => files,
        };
        let receipt = Receipt {
            files: files.iter().map(|(path, SubmittedFile(bytes))| (path.clone(), hash(bytes))).collect(),
            tests: tests.clone(),
        };
        let recipe = kitchen.recipes.get(id);
        let key = Key::new(id, &receipt, conditions, request.seed, request.checkpoint.as_deref(), &recipe);
        day.receipt = Some(receipt);
        match containment.verdicts.and_then(|verdicts| verdicts.get(&key)) {
            Some(report) => reports.push(report),
            None => open.push((day, Some((key, files)))),
        }
    }

    let ground = Temporary::new("submission").map_err(GradeError::writing(std::env::temp_dir()))?;
    let cook = Cook { catalog, kitchen, containment, ground: &ground, control: OnceLock::new() };
    cook.compile_all(&mut open)?;
    let keys: BTreeMap<String, Key> =
        open.iter().filter_map(|(day, rest)| Some((day.exercise.id.clone(), rest.as_ref()?.0.clone()))).collect();
    let days = open.into_iter().map(|(mut day, _)| {
        if day.obstacle.is_some() || day.fault.is_some() {
            day.tests.clear();
        }
        day
    });
    let settings = settings(catalog.root(), request, Some(containment.sandbox));
    let mut unsaved = None;
    reports.extend(tested::run(days.collect(), request, &settings, on_event, |report| {
        // What a fault left open is open again the next time.
        if let (Some(key), true, Some(verdicts)) = (keys.get(&report.id), report.is_settled(), containment.verdicts) {
            unsaved = unsaved.take().or(verdicts.keep(key, report).err());
        }
    }));
    match unsaved {
        Some(error) => Err(error),
        None => Ok((reports, conditions.clone())),
    }
}

type Files = BTreeMap<String, SubmittedFile>;
type Open<'a, 'f> = (Day<'a>, Option<(Key, &'f Files)>);

/// Compiles days.
struct Cook<'a> {
    catalog: &'a Catalog,
    kitchen: &'a Kitchen,
    containment: &'a Containment<'a>,
    ground: &'a Temporary,
    /// Whether the course's own stub compiles here, once it has been asked for.
    control: OnceLock<Result<(), String>>,
}

impl Cook<'_> {
    /// As many at once as there are cores.
    fn compile_all(&self, open: &mut [Open<'_, '_>]) -> Result<(), GradeError> {
        let queue = Mutex::new(open.iter_mut().filter(|(day, _)| day.obstacle.is_none()));
        let errors = Mutex::new(Vec::new());
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        std::thread::scope(|scope| {
            for _ in 0..workers {
                scope.spawn(|| {
                    loop {
                        let next = queue.lock().unwrap_or_else(PoisonError::into_inner).next();
                        let Some((day, Some((_, files)))) = next else { break };
                        if let Err(error) = self.compile(day, files) {
                            errors.lock().unwrap_or_else(PoisonError::into_inner).push(error);
                        }
                    }
                });
            }
        });
        errors.into_inner().unwrap_or_else(PoisonError::into_inner).pop().map_or(Ok(()), Err)
    }

    fn compile(&self, day: &mut Day<'_>, files: &Files) -> Result<(), GradeError> {
        let id = &day.exercise.id;
        let folder = self.ground.path().join(id);
        match self.compile_in(&folder, day.exercise, Some(files)) {
            Ok(Compiled::Program(program)) => day.program = program.to_string_lossy().into_owned(),
            Ok(Compiled::Failure(messages)) => day.obstacle = Some(Obstacle::Build(messages)),
            Ok(Compiled::Unclear(said)) => match self.control(day.exercise) {
                // The same compiler compiles the course's own sources, so it is these sources.
                Ok(()) => day.obstacle = Some(Obstacle::Build(said)),
                Err(why) => {
                    let first = why.lines().next().unwrap_or("it says nothing");
                    let reason = format!(
                        "the compiler fails on the course's own sources, too: {first}; look for a full disk or a missing \
                         linker, and see `cargo xtask doctor`"
                    );
                    day.fail(&reason, said);
                }
            },
            Err(error) => {
                day.fail(
                    &format!("the submission could not be compiled: {error}; make room, or see `cargo xtask doctor`"),
                    String::new(),
                );
            }
        }
        Ok(())
    }

    /// Whether the course's own stub of this day compiles.
    fn control(&self, exercise: &Exercise) -> Result<(), String> {
        let control = self.control.get_or_init(|| {
            let folder = self.ground.path().join("control");
            match self.compile_in(&folder, exercise, None) {
                Ok(Compiled::Program(_)) => Ok(()),
                Ok(Compiled::Failure(said) | Compiled::Unclear(said)) => Err(said),
                Err(error) => Err(error.to_string()),
            }
        });
        control.clone()
    }

    /// Compiles a day in a clean tree: the course's own files, with `files` where a learner edits.
    fn compile_in(&self, folder: &Path, exercise: &Exercise, files: Option<&Files>) -> io::Result<Compiled> {
        let Some(recipe) = self.kitchen.recipes.get(&exercise.id) else {
            return Err(io::Error::other(format!("the course does not know how to compile {}", exercise.id)));
        };
        let (course, output) = (folder.join("course"), folder.join("output"));
        let tree = course.join("exercises").join(&exercise.id);
        for folder in [&tree, &output] {
            fs::create_dir_all(folder)?;
        }
        submission::lay_out(&self.catalog.root().join("exercises").join(&exercise.id), exercise, files, &tree)?;
        compile::compile(self.containment.sandbox, self.kitchen, recipe, &course, &output)
    }
}
