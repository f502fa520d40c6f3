//! Builds mutants and lets the tests at them.

use super::{day::Day, list::Mutant, suite::Suite, verdicts::Outcome};
use crate::trial::{self, Change, Made, Pipeline, Variants};
use grader::{catalog::Catalog, run::Settings};
use std::{
    path::{Path, PathBuf},
    thread,
};

/// How many mutants each core compiles in one round. cargo takes a third of a second for each round whatever is in it, and
/// a round ends with its slowest mutant; but each place in it has to compile a day as a whole first.
const PER_CORE: usize = 3;

/// A mutant, by the places of its day and in its day.
#[derive(Debug, Clone, Copy)]
struct Place {
    day: usize,
    mutant: usize,
}

/// Tries the mutants of which nothing is known. Each verdict is kept as soon as it is there. What is returned are faults of
/// the machine or the course, each of which has cost a verdict.
///
/// # Errors
/// When nothing can be built, when a solution fails, or when a verdict cannot be kept.
pub fn run(
    catalog: &Catalog,
    folder: &Path,
    days: &mut [Day<'_>],
    settings: &Settings<'_>,
) -> Result<Vec<String>, String> {
    let open: Vec<_> = days.iter().map(Day::open).collect();
    let all: usize = open.iter().map(Vec::len).sum();
    if all == 0 {
        return Ok(Vec::new());
    }
    let suites = suites(catalog, &folder.join("tests"), days, settings)?;
    let mutants: Vec<Vec<Mutant>> = days.iter().map(|day| day.mutants.clone()).collect();
    let places = open.iter().enumerate();
    let places: Vec<_> = places.flat_map(|(day, own)| own.iter().map(move |&mutant| Place { day, mutant })).collect();
    let round = (PER_CORE * thread::available_parallelism().map_or(1, usize::from)).min(places.len());
    let packages: Vec<_> = (1..=round).map(|number| format!("mutant-{number}")).collect();
    let target = crate::target_folder(catalog);
    let workspace =
        Variants::new(catalog.root(), folder.join("workspace"), target, packages.clone(), Some(&settings.cancel))?;

    let solutions = days.iter().map(|day| snapshot(catalog, &folder.join("workspace/solutions"), &day.exercise.id));
    let solutions = solutions.collect::<Result<Vec<_>, _>>()?;
    let order = |place: &Place, package: &String| trial::Order {
        package: package.clone(),
        solution: solutions[place.day].clone(),
        change: mutants[place.day][place.mutant].change.clone(),
        name: format!("{}-{}", place.day, place.mutant),
    };
    let mut day = None;
    let rounds = places.chunks(round).map(|chunk| {
        let first = chunk.first().map(|place| place.day);
        if day != first {
            // What is remembered of the day before is of no use any more, and thirty days would fill a small disk.
            workspace.forget();
            day = first;
        }
        chunk.iter().zip(&packages).map(|(place, package)| (*place, order(place, package))).collect()
    });
    let try_one = |made: Made<Place>| {
        let place = made.subject;
        let mutant = &mutants[place.day][place.mutant];
        (place, suites[place.day].as_ref().map_or(Ok(None), |suite| suite.try_one(mutant, made.program, settings)))
    };
    let (mut faults, mut broken, mut tried) = (Vec::new(), None, 0);
    let pipeline = Pipeline { workspace: &workspace, jobs: settings.jobs, cancel: &settings.cancel };
    eprintln!("compiling and trying {all} mutants");
    let built = pipeline.run(Vec::new(), rounds, try_one, |(place, outcome)| {
        let (day, mutant) = (&mut days[place.day], &mutants[place.day][place.mutant]);
        match outcome {
            Ok(None) => return,
            Err(fault) => faults.push(format!("{} {}: {fault}", day.exercise.id, mutant.name())),
            Ok(Some(outcome)) => {
                if outcome == Outcome::Survived && !day.is_explained(mutant) {
                    eprintln!("{} {}:{} survived: {}", day.exercise.id, mutant.file, mutant.line, mutant.words);
                }
                if let Err(error) = day.verdicts.add(mutant, outcome) {
                    // Without a place to keep verdicts, further ones are worth nothing.
                    broken.get_or_insert(error);
                    settings.cancel.cancel();
                }
            }
        }
        tried += 1;
        if tried % 50 == 0 {
            eprintln!("{tried} of {all} mutants tried");
        }
    });
    workspace.forget();
    built.and(broken.map_or(Ok(()), Err)).map(|()| faults)
}

/// A copy of a solution. Somebody may go on working on it, and mutants of other sources would get wrong verdicts.
fn snapshot(catalog: &Catalog, into: &Path, day: &str) -> Result<PathBuf, String> {
    let copy = into.join(day);
    Change::new("").apply(&catalog.root().join("solutions").join(day), &copy)?;
    Ok(copy)
}

/// Builds what is needed to try mutants, and makes sure that the solutions pass. None for a day without open mutants.
fn suites(
    catalog: &Catalog,
    folder: &Path,
    days: &[Day<'_>],
    settings: &Settings<'_>,
) -> Result<Vec<Option<Suite>>, String> {
    let with_open: Vec<_> = days.iter().filter(|day| !day.open().is_empty()).map(|day| day.exercise).collect();
    eprintln!("compiling solutions and tests of {} days", with_open.len());
    let mut suites = Vec::new();
    let mut ready = trial::aside(trial::solutions(catalog, &with_open)?, folder)?.into_iter().peekable();
    for day in days {
        let own = ready.next_if(|ready| ready.exercise.id == day.exercise.id);
        suites.push(own.map(|ready| Suite::new(ready, day, settings)).transpose()?);
    }
    Ok(suites)
}
