//! `cargo xtask bench`: speed, always as a ratio of two things that are measured in the same run on the same machine.

mod etl;
mod gateway;
mod log_analyzer;
mod rounds;
mod sandbox;

use crate::words;
use grader::catalog::Catalog;
use std::path::PathBuf;

/// Measure speed, as ratios within one run
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to measure: the day of a solution that has a rival (2, 9, 23), or what containment costs (sandbox)
    #[arg(value_name = "WHAT")]
    what: Vec<String>,
    /// How often each side runs; the median counts
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..))]
    rounds: u16,
}

/// One thing that can be measured.
struct Bench {
    name: &'static str,
    run: fn(&Setting) -> Result<(), String>,
}

/// Where and how often to measure.
struct Setting {
    catalog: Catalog,
    /// For generated input. It is kept, so that a second run need not make it again.
    folder: PathBuf,
    rounds: usize,
}

const ALL: [Bench; 4] = [
    Bench { name: "2", run: log_analyzer::run },
    Bench { name: "9", run: etl::run },
    Bench { name: "23", run: gateway::run },
    Bench { name: "sandbox", run: sandbox::run },
];

pub fn run(args: &Args) -> Result<u8, String> {
    let names: Vec<_> = args.what.iter().map(|what| what.trim_start_matches('0')).collect();
    if let Some(unknown) = names.iter().find(|name| !ALL.iter().any(|bench| bench.name == **name)) {
        let known: Vec<_> = ALL.iter().map(|bench| bench.name).collect();
        return Err(format!("nothing called {unknown:?} is measured; there are: {}", known.join(", ")));
    }
    let catalog = crate::catalog()?;
    let folder = catalog.root().join("target/bench");
    std::fs::create_dir_all(&folder).map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    let setting = Setting { catalog, folder, rounds: usize::from(args.rounds) };
    for bench in ALL.iter().filter(|bench| names.is_empty() || names.contains(&bench.name)) {
        (bench.run)(&setting)?;
    }
    Ok(0)
}

/// Builds the release program of a day's solution and returns its path.
fn release_program(setting: &Setting, day: &str) -> Result<PathBuf, String> {
    let days = [day.to_owned()];
    let id = setting.catalog.select(&days).map_err(words)?.first().map(|exercise| exercise.id.clone());
    let package = id.map(|id| format!("{id}-solution")).ok_or("the course has no such day")?;
    let mut cargo = grader::compile::cargo();
    cargo.current_dir(setting.catalog.root()).args(["build", "--release", "--quiet", "--package", &package]);
    let status = cargo.status().map_err(|error| format!("cargo cannot be started: {error}"))?;
    if !status.success() {
        return Err(format!("{package} cannot be built"));
    }
    Ok(setting.catalog.root().join("target/release").join(package))
}
