//! `cargo xtask check`: proves for every day that its parts agree, and that its tests are tested.
//!
//! - The page has its sections; its table of checkpoints, `exercise.toml` and the test modules agree both ways.
//! - The stub compiles without warnings, starts, and passes no checkpoint; it is the one that is recorded.
//! - The solution passes every checkpoint.
//! - Every flawed variant fails the checkpoint that it names, and passes another one of the core.
//!
//! And for the course as a whole: each link of its pages leads somewhere, and each `cargo xtask` command on them is one.

mod agreement;
mod documents;
mod flawed;
mod outcomes;
mod page;
mod stubs;
mod trials;

use crate::{
    grade::{default_jobs, random_seed, timeout_scale},
    journal,
    trial::Change,
    words,
};
use documents::Documents;
use flawed::Flawed;
use grader::{
    catalog::{Catalog, solution_package},
    compile::{self, Build, Targets, Workspace},
    exercise::Exercise,
    process::Cancel,
    run::{self, Settings, Test},
};
use outcomes::Outcomes;
use std::{collections::VecDeque, path::PathBuf};

/// Fewer plausible mistakes do not test the tests of a day.
const FLAWED: usize = 5;

/// Prove that the parts of each day agree, and that plausible mistakes are caught
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Days; all when none is given
    #[arg(value_name = "DAY")]
    days: Vec<String>,
    /// Only the flawed variants whose name contains this
    #[arg(long, value_name = "TEXT")]
    flawed: Option<String>,
    /// Record the stubs as they are now, by which `reset` finds them again, and check nothing
    #[arg(long, conflicts_with = "flawed")]
    record_stubs: bool,
}

/// A day, its tests, and the programs that they are held against.
struct Day<'a> {
    exercise: &'a Exercise,
    stub: Option<PathBuf>,
    solution: Option<PathBuf>,
    tests: Vec<Test>,
    /// How many tests want a tool that is not there.
    skipped: usize,
    faults: Vec<String>,
}

/// Checks, prints a line for each day and its faults below. Exit status 1 when there are any.
pub fn run(args: &Args) -> Result<u8, String> {
    let catalog = crate::catalog()?;
    let exercises = catalog.select(&args.days).map_err(words)?;
    if args.record_stubs {
        return stubs::record(&catalog, &exercises);
    }
    // Two checks would take the variants out of each other's hands.
    let _alone = journal::take(&crate::target_folder(&catalog).join("flawed.lock"))?;
    let settings = Settings {
        jobs: default_jobs(),
        seed: random_seed(),
        timeout_scale: timeout_scale()?,
        root: catalog.root().to_owned(),
        fail_fast: false,
        sandbox: None,
        cancel: Cancel::default(),
    };

    eprintln!("compiling stubs, solutions and tests of {} days", exercises.len());
    let build = build_days(&catalog, &exercises)?;
    let mut days = Vec::new();
    for exercise in exercises {
        days.push(Day::new(&catalog, exercise, &build)?);
    }
    eprintln!("trying {} solutions", days.len());
    for day in &mut days {
        day.check_solution(&settings);
    }
    let variants: Vec<_> = days.iter_mut().map(|day| day.variants(&catalog, args.flawed.as_deref())).collect();
    eprintln!("compiling and trying {} flawed variants", variants.iter().map(VecDeque::len).sum::<usize>());
    let outcomes = outcomes::run(&catalog, &days, variants, &settings)?;

    let mut faults = check_documents(&catalog)?;
    for (day, outcomes) in days.iter_mut().zip(outcomes) {
        let line = day.conclude(outcomes);
        println!("{} {line}", if day.faults.is_empty() { "✓" } else { "✗" });
        for fault in &day.faults {
            println!("    {}", fault.replace('\n', "\n    "));
        }
        faults += day.faults.len();
    }
    println!("\n{} days checked, {faults} faults (seed {})", days.len(), settings.seed);
    Ok(u8::from(faults > 0))
}

/// Prints a line for all documents and their faults below; returns how many.
fn check_documents(catalog: &Catalog) -> Result<usize, String> {
    let documents = documents::look(catalog.root(), crate::expect_command)?;
    let Documents { pages, links, commands, faults } = &documents;
    let mark = if faults.is_empty() { "✓" } else { "✗" };
    println!("{mark} {pages} documents: {links} links, {commands} commands of cargo xtask");
    for fault in faults {
        println!("    {fault}");
    }
    Ok(faults.len())
}

fn build_days(catalog: &Catalog, exercises: &[&Exercise]) -> Result<Build, String> {
    let mut targets = Targets::default();
    for exercise in exercises {
        let id = &exercise.id;
        // cargo would refuse to build anything if it were asked for a target that is not there.
        let has = |folder: &str, target: &str| compile::has_target(&catalog.root().join(folder).join(id), target);
        let programs = [("exercises", id.clone()), ("solutions", solution_package(id))];
        targets.programs.extend(programs.into_iter().filter(|(folder, name)| has(folder, name)).map(|(_, name)| name));
        let tests = [("exercises", "visible"), ("solutions", "checkpoints"), ("solutions", "tools")];
        let tests = tests.map(|(folder, kind)| (folder, format!("{id}-{kind}")));
        targets.tests.extend(tests.into_iter().filter(|(folder, name)| has(folder, name)).map(|(_, name)| name));
    }
    compile::build(&Workspace::at(catalog.root()), &targets).map_err(words)
}

impl<'a> Day<'a> {
    /// Finds out what was built for a day, and what is missing.
    fn new(catalog: &Catalog, exercise: &'a Exercise, build: &Build) -> Result<Day<'a>, String> {
        let id = &exercise.id;
        let mut faults = Vec::new();
        let mut built = |target: &str, what: &str| {
            let executable = build.executables.get(target).cloned();
            match (&executable, build.errors(target)) {
                (Some(_), _) => {}
                (None, errors) if errors.is_empty() => faults.push(format!("Cargo.toml has no target named {target}")),
                (None, errors) => faults.push(format!("{what} does not compile:\n{errors}")),
            }
            executable
        };
        let stub = built(id, "the stub");
        let solution = built(&solution_package(id), "the solution");
        let mut tests = Vec::new();
        let folder = catalog.root().join("solutions").join(id);
        let tools = format!("{id}-tools");
        let has_tools = compile::has_target(&folder, &tools).then_some(tools);
        for target in [Some(format!("{id}-checkpoints")), has_tools].into_iter().flatten() {
            if let Some(executable) = built(&target, "a test executable") {
                tests.extend(run::list(&executable, &folder).map_err(words)?);
            }
        }
        built(&format!("{id}-visible"), "tests/visible.rs on its own");
        for warning in build.warnings(id) {
            faults.push(format!("the stub compiles with a warning:\n{}", warning.trim_end()));
        }
        faults.extend(agreement::faults(catalog.root(), exercise, &tests));
        faults.extend(stubs::fault(catalog, exercise));
        Ok(Day { exercise, stub, solution, tests, skipped: 0, faults })
    }

    /// Runs the tests against the stub; what is wrong with it.
    fn check_stub(&self, settings: &Settings<'_>) -> Vec<String> {
        let faults = |stub: &PathBuf| trials::stub(self.exercise, stub, &self.tests, settings);
        self.stub.as_ref().map(faults).unwrap_or_default()
    }

    /// Runs the tests against the solution.
    fn check_solution(&mut self, settings: &Settings<'_>) {
        if let Some(solution) = &self.solution {
            let (faults, skipped) = trials::solution(solution, &self.tests, settings);
            self.faults.extend(faults);
            self.skipped = skipped;
        }
    }

    /// Its flawed variants, or those whose name contains `only`.
    fn variants(&mut self, catalog: &Catalog, only: Option<&str>) -> VecDeque<Flawed> {
        let solution = catalog.root().join("solutions").join(&self.exercise.id);
        let own = Flawed::all(&solution).unwrap_or_else(|fault| {
            self.faults.push(fault);
            Vec::new()
        });
        if own.len() < FLAWED {
            self.faults.push(format!("{} flawed variants; a day has at least {FLAWED}", own.len()));
        }
        own.into_iter().filter(|flawed| only.is_none_or(|only| flawed.name.contains(only))).collect()
    }

    /// Adds what is said of stub and variants to the faults; returns what to say about the day in one line.
    fn conclude(&mut self, outcomes: Outcomes) -> String {
        let all = outcomes.variants.len();
        let caught = outcomes.variants.iter().filter(|fault| fault.is_none()).count();
        self.faults.extend(outcomes.stub);
        self.faults.extend(outcomes.variants.into_iter().flatten());
        let mut line = format!("day {:02}: {} tests", self.exercise.number, self.tests.len());
        if self.skipped > 0 {
            line.push_str(&format!(", {} skipped for want of a tool", self.skipped));
        }
        format!("{line}, {caught} of {all} flawed variants caught")
    }
}
