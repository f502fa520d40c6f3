//! `cargo xtask grade`: which days pass, and why the others do not.

use crate::{
    progress::Progress,
    sandbox,
    show::{Format, show},
    words,
};
use grader::{
    catalog::Catalog,
    exercise::Exercise,
    grade::{Containment, Request, Subject, grade},
    store::{Store, Verdicts},
    submission,
};
use std::{
    io::{IsTerminal, Write},
    path::PathBuf,
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

/// Grade your days: build each program, let the tests talk to it, and show what passes
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Days: 3, 03, day03 or day03-notes-api; all days when none is given
    #[arg(value_name = "DAY")]
    days: Vec<String>,
    /// Grade the reference solutions instead of your own work
    #[arg(long, conflicts_with_all = ["program", "submission"])]
    solutions: bool,
    /// Grade this program instead, in any language: a path, or a command as a shell splits it
    #[arg(long, value_name = "COMMAND")]
    program: Option<String>,
    /// Grade somebody else's work, in a sandbox: a folder, a .zip, a .tar.gz, or the URL of a Git repository
    #[arg(long, value_name = "PATH", conflicts_with = "program")]
    submission: Option<String>,
    /// Of a Git repository: a branch, a tag, a commit, or the last commit before a time (2026-03-01T23:59:59Z)
    #[arg(long, value_name = "REV|TIME", requires = "submission")]
    at: Option<String>,
    /// Grade everything afresh, also what was graded before and has not changed
    #[arg(long, requires = "submission")]
    fresh: bool,
    /// Grade somebody else's work even where no sandbox contains it
    #[arg(long, requires = "submission")]
    allow_unsandboxed: bool,
    /// Take the sandbox of this tier, 1 to 4, instead of the best that works
    #[arg(long, value_name = "TIER", requires = "submission")]
    sandbox: Option<u8>,
    /// Only this checkpoint, with everything that fails in it
    #[arg(long, value_name = "NAME")]
    checkpoint: Option<String>,
    /// How to show the report
    #[arg(long, value_enum, default_value = "terminal")]
    format: Format,
    /// Write the report to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Start no further test after the first failure
    #[arg(long)]
    fail_fast: bool,
    /// How many tests run at once [default: twice the number of cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// Repeat a run with the same random input
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
}

impl Args {
    /// Whether the reference solutions are graded.
    pub fn of_solutions(&self) -> bool {
        self.solutions
    }
}

/// Grades, shows and keeps the report. Returns the exit status.
pub fn run(args: Args) -> Result<u8, String> {
    let catalog = crate::catalog()?;
    let exercises = catalog.select(&args.days).map_err(words)?;
    if args.program.is_some() && exercises.len() != 1 {
        return Err("a program is graded against the tests of one day: name it, as in `grade 3 --program …`".to_owned());
    }
    if let Some(source) = &args.submission {
        return grade_submission(&args, source, &catalog, &exercises);
    }
    let subject = match args.program {
        Some(command) => Subject::Program(located(&command)?),
        None if args.solutions => Subject::Solutions,
        None => Subject::Stubs,
    };
    let colour = colours(args.out.is_none());
    let request = Request {
        subject,
        checkpoint: args.checkpoint,
        jobs: args.jobs.map_or_else(default_jobs, usize::from),
        seed: args.seed.unwrap_or_else(random_seed),
        timeout_scale: timeout_scale()?,
        fail_fast: args.fail_fast,
        colour: colour && matches!(args.format, Format::Terminal),
        cancel: None,
    };
    let progress = Progress::new();
    let report = grade(&catalog, &exercises, &request, &mut |event| progress.on(&event)).map_err(words)?;
    progress.finish();

    if matches!(request.subject, Subject::Stubs) && !report.partial {
        Store::of(catalog.root()).keep(&report).map_err(words)?;
    }
    show(&report, args.format, args.out.as_deref())
}

/// Somebody else's work. All submissions get the same random input, or the one whose seed is lucky would be better off.
fn grade_submission(args: &Args, source: &str, catalog: &Catalog, exercises: &[&Exercise]) -> Result<u8, String> {
    let sandbox = sandbox::sandbox(args.sandbox, args.allow_unsandboxed)?;
    let submission = submission::read(catalog, exercises, source, args.at.as_deref()).map_err(words)?;
    let request = Request {
        subject: Subject::Submission(submission),
        checkpoint: args.checkpoint.clone(),
        jobs: args.jobs.map_or_else(default_jobs, usize::from),
        seed: args.seed.unwrap_or(SEED_OF_ALL),
        timeout_scale: timeout_scale()?,
        fail_fast: args.fail_fast,
        colour: false,
        cancel: None,
    };
    let verdicts = Verdicts::of(catalog.root());
    let verdicts = if args.fresh { verdicts.afresh() } else { verdicts };
    let launcher = sandbox::launcher()?;
    let containment = Containment { sandbox: &sandbox, launcher: &launcher, verdicts: Some(&verdicts) };
    let progress = Progress::new();
    let report =
        grader::grade::grade_submission(catalog, exercises, &request, &containment, &mut |event| progress.on(&event));
    progress.finish();
    show(&report.map_err(words)?, args.format, args.out.as_deref())
}

/// The seed of submissions, unless another one is asked for.
pub const SEED_OF_ALL: u64 = 30;

/// The command with the path of its program, so that it can be started from any folder.
fn located(command: &str) -> Result<String, String> {
    let wrong = |why: String| format!("--program {command:?}: {why}");
    let mut words = shell_words::split(command).map_err(|error| wrong(error.to_string()))?;
    let program = words.first_mut().ok_or_else(|| wrong("there is no command in it".to_owned()))?;
    let here = PathBuf::from(program.as_str());
    if here.components().count() > 1 {
        let path = std::path::absolute(&here).map_err(|error| wrong(error.to_string()))?;
        if !path.is_file() {
            return Err(wrong(format!("there is no file {}", path.display())));
        }
        *program = path.to_string_lossy().into_owned();
    }
    // An argument that names a file here would not name it elsewhere, as in `python3 notes.py`.
    for argument in words.iter_mut().skip(1).filter(|argument| !argument.starts_with('-')) {
        if let (true, Ok(path)) = (PathBuf::from(argument.as_str()).is_file(), std::path::absolute(&argument)) {
            *argument = path.to_string_lossy().into_owned();
        }
    }
    Ok(shell_words::join(words))
}

/// A reader that has seen enough (`| head`) is no failure.
pub fn print(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
}

/// `NO_COLOR` (no-color.org) switches colours off, whatever its value.
pub fn colours(to_terminal: bool) -> bool {
    let unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    to_terminal && !unwanted && std::io::stdout().is_terminal()
}

/// Tests wait more than they compute.
pub fn default_jobs() -> usize {
    2 * thread::available_parallelism().map_or(1, usize::from)
}

/// What `HARNESS_TIMEOUT_SCALE` says, for slow machines.
pub fn timeout_scale() -> Result<f64, String> {
    let Ok(text) = std::env::var("HARNESS_TIMEOUT_SCALE") else { return Ok(1.0) };
    match text.parse() {
        Ok(scale) if scale > 0.0 && scale < 1e6 => Ok(scale),
        _ => {
            Err(format!("HARNESS_TIMEOUT_SCALE={text} is no number above 0; 4 makes every deadline four times as long"))
        }
    }
}

/// Different each time; the report names it.
pub fn random_seed() -> u64 {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |elapsed| elapsed.subsec_nanos());
    u64::from(time) ^ u64::from(std::process::id()).rotate_left(20)
}
