//! Holds the tests against what should not pass them: the stubs and the flawed variants of all days.

use super::{Day, flawed::Flawed, trials};
use crate::trial::{Made, Order, Pipeline, Variants};
use grader::{catalog::Catalog, run::Settings};
use std::{collections::VecDeque, fs};

/// What is said of a variant: nothing when it proves what it should.
type Outcome = Option<String>;

/// What is said of the programs of a day that should not work.
#[derive(Debug, Default, Clone)]
pub struct Outcomes {
    /// What is wrong with the stub.
    pub stub: Vec<String>,
    /// What is said of each variant.
    pub variants: Vec<Outcome>,
}

/// A program to try, of the day at this place.
enum Subject {
    Stub(usize),
    Variant(usize, Flawed),
}

/// What has become known of the day at this place.
enum Known {
    Stub(usize, Vec<String>),
    Variant(usize, Outcome),
}

/// Tries stubs, builds and tries variants, some for each day. Returns, for each day, what is said of them.
pub fn run(
    catalog: &Catalog,
    days: &[Day<'_>],
    mut variants: Vec<VecDeque<Flawed>>,
    settings: &Settings<'_>,
) -> Result<Vec<Outcomes>, String> {
    let all: usize = variants.iter().map(VecDeque::len).sum();
    let with_variants = days.iter().zip(&variants).filter(|(_, own)| !own.is_empty());
    let packages = with_variants.map(|(day, _)| package(day)).collect();
    let target = crate::target_folder(catalog);
    let workspace = Variants::new(catalog.root(), target.join("flawed"), target, packages, None)?;
    let stubs = days.iter().enumerate().filter_map(|(number, day)| {
        day.stub.as_ref().map(|stub| Made { subject: Subject::Stub(number), program: Ok(stub.clone()) })
    });
    let order = |number: usize, flawed: Flawed| {
        let day = &days[number];
        let order = Order {
            package: package(day),
            solution: catalog.root().join("solutions").join(&day.exercise.id),
            change: flawed.change.clone(),
            name: format!("{}-{}", day.exercise.id, flawed.name),
        };
        (Subject::Variant(number, flawed), order)
    };
    // Each round has one variant of each day, so that both compilers of a small machine are busy.
    let rounds = std::iter::from_fn(|| {
        let next = variants.iter_mut().enumerate().filter_map(|(day, own)| Some((day, own.pop_front()?)));
        let round: Vec<_> = next.map(|(day, flawed)| order(day, flawed)).collect();
        (!round.is_empty()).then_some(round)
    });

    let mut outcomes = vec![Outcomes::default(); days.len()];
    let mut tried = 0;
    let pipeline = Pipeline { workspace: &workspace, jobs: settings.jobs, cancel: &settings.cancel };
    pipeline.run(
        stubs.collect(),
        rounds,
        |made| try_one(days, made, settings),
        |news| match news {
            Known::Stub(day, faults) => outcomes[day].stub = faults,
            Known::Variant(day, outcome) => {
                outcomes[day].variants.push(outcome);
                tried += 1;
                if tried % 100 == 0 {
                    eprintln!("{tried} of {all} flawed variants tried");
                }
            }
        },
    )?;
    Ok(outcomes)
}

/// The package of a day's variants.
fn package(day: &Day<'_>) -> String {
    format!("{}-flawed", day.exercise.id)
}

fn try_one(days: &[Day<'_>], made: Made<Subject>, settings: &Settings<'_>) -> Known {
    match made.subject {
        Subject::Stub(day) => Known::Stub(day, days[day].check_stub(settings)),
        Subject::Variant(day, flawed) => {
            let fault = match made.program {
                Err(why) => Some(format!("flawed/{}.patch: {why}", flawed.name)),
                Ok(program) => {
                    let fault = trials::flawed(days[day].exercise, &flawed, &program, &days[day].tests, settings);
                    if fault.is_none() {
                        // Hundreds of programs would fill a small disk. One that went unnoticed is left to be looked at.
                        let _ = fs::remove_file(&program);
                    }
                    fault
                }
            };
            Known::Variant(day, fault)
        }
    }
}
