//! Builds the flawed variants of all days, and tries stubs and variants that are built while the next ones are compiled:
//! compilers keep the cores busy, and trials of programs that do not work mostly wait.

use super::{
    Day,
    flawed::Flawed,
    trials,
    variants::{Order, Variants},
};
use grader::{catalog::Catalog, run::Settings};
use std::{
    collections::VecDeque,
    fs,
    path::PathBuf,
    sync::{Mutex, PoisonError, mpsc},
    thread,
};

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

/// A variant that waits for its trial.
struct Ready {
    /// Whose it is, by the place among the days.
    day: usize,
    flawed: Flawed,
    program: PathBuf,
}

/// A program that waits for its trial.
enum Waiting {
    /// The stub of the day at this place.
    Stub(usize),
    Variant(Ready),
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
    variants: Vec<VecDeque<Flawed>>,
    settings: &Settings<'_>,
) -> Result<Vec<Outcomes>, String> {
    let all: usize = variants.iter().map(VecDeque::len).sum();
    let (ready, waiting) = mpsc::channel();
    let waiting = Mutex::new(waiting);
    let (known, news) = mpsc::channel();
    let mut outcomes = vec![Outcomes::default(); days.len()];
    thread::scope(|scope| {
        for _ in 0..settings.jobs {
            let (waiting, known) = (&waiting, known.clone());
            scope.spawn(move || {
                let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
                while let Ok(waiting) = next() {
                    let new = match waiting {
                        Waiting::Stub(day) => Known::Stub(day, days[day].check_stub(settings)),
                        Waiting::Variant(ready) => {
                            Known::Variant(ready.day, try_one(&days[ready.day], &ready, settings))
                        }
                    };
                    if known.send(new).is_err() {
                        return;
                    }
                }
            });
        }
        // What says `ready` goes with it: at its end the trials know that nothing follows.
        let build = scope.spawn(move || {
            for day in 0..days.len() {
                let _ = ready.send(Waiting::Stub(day));
            }
            build(catalog, days, variants, &ready, &known)
        });
        let mut tried = 0;
        for new in news {
            match new {
                Known::Stub(day, faults) => outcomes[day].stub = faults,
                Known::Variant(day, outcome) => {
                    outcomes[day].variants.push(outcome);
                    tried += 1;
                    if tried % 100 == 0 {
                        eprintln!("{tried} of {all} flawed variants tried");
                    }
                }
            }
        }
        build.join().unwrap_or_else(|_| Err("the build of the variants broke off".to_owned()))
    })?;
    Ok(outcomes)
}

fn try_one(day: &Day<'_>, ready: &Ready, settings: &Settings<'_>) -> Outcome {
    let fault = trials::flawed(day.exercise, &ready.flawed, &ready.program, &day.tests, settings);
    if fault.is_none() {
        // Hundreds of programs would fill a small disk. One that went unnoticed is left to be looked at.
        let _ = fs::remove_file(&ready.program);
    }
    fault
}

/// Each round builds one variant of each day, so that both compilers of a small machine are busy.
fn build(
    catalog: &Catalog,
    days: &[Day<'_>],
    mut variants: Vec<VecDeque<Flawed>>,
    ready: &mpsc::Sender<Waiting>,
    known: &mpsc::Sender<Known>,
) -> Result<(), String> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| catalog.root().join("target"), PathBuf::from);
    let with_variants = days.iter().zip(&variants).filter(|(_, own)| !own.is_empty());
    let with_variants: Vec<_> = with_variants.map(|(day, _)| day.exercise.id.as_str()).collect();
    let workspace = Variants::new(catalog.root(), target, &with_variants)?;
    loop {
        let round: Vec<_> =
            variants.iter_mut().enumerate().filter_map(|(day, own)| Some((day, own.pop_front()?))).collect();
        if round.is_empty() {
            return Ok(());
        }
        let order = |(day, flawed): &(usize, Flawed)| {
            let id = &days[*day].exercise.id;
            Order { day: id.clone(), solution: catalog.root().join("solutions").join(id), flawed: flawed.clone() }
        };
        let built = workspace.build(&round.iter().map(order).collect::<Vec<_>>())?;
        for ((day, flawed), built) in round.into_iter().zip(built) {
            // Nobody listens any more only after a panic, which says itself what has happened.
            let _ = match built {
                Ok(program) => ready.send(Waiting::Variant(Ready { day, flawed, program })).map_err(drop),
                Err(fault) => {
                    let fault = format!("flawed/{}.patch: {fault}", flawed.name);
                    known.send(Known::Variant(day, Some(fault))).map_err(drop)
                }
            };
        }
    }
}
