//! Grading everybody on the roster, or a shard of it.

use crate::{
    LAUNCH, TRY_AGAIN, handed_in,
    late::{self, Rule},
    roster::{self, Learner},
    shelf::{Manifest, Record, Shelf},
    state,
};
use grader::{
    catalog::Catalog,
    error::GradeError,
    exercise::Exercise,
    grade::{Containment, Desk, Request, Subject, Submission},
    report::Report,
    sandbox::{Launcher, Limits, Sandbox, SandboxTier},
    store::Verdicts,
    submission::Selection,
};
use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
    thread,
    time::{Duration, Instant},
};

/// Grade the submissions of a roster, or a shard of it; what is graded already is not graded again
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Who is expected: a .csv with the columns id, name, email, submission, submitted_at, or a .toml with tables named learner
    #[arg(long, value_name = "FILE")]
    roster: PathBuf,
    /// Where their folders and archives are
    #[arg(long, value_name = "FOLDER")]
    submissions: PathBuf,
    /// Where reports are put
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    #[command(flatten)]
    how: How,
    /// When submissions are due (2026-03-01T23:59:59Z). Of a Git repository the last commit before counts
    #[arg(long, value_name = "TIME")]
    due: Option<String>,
    /// What later ones cost: accept, refuse, or a share of the points for each day that has begun, as in 10%/day
    #[arg(long, value_name = "RULE", default_value = "accept", requires = "due")]
    late: Rule,
}

/// What grading and grading again have in common.
#[derive(Debug, clap::Args)]
struct How {
    /// Days: 3, day03 or day03-notes-api; all days when none is given
    #[arg(long, value_name = "DAY", value_delimiter = ',')]
    days: Vec<String>,
    /// Only this part of the roster, as in 3/16
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// How many tests run at once [default: twice the number of cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
    /// The seed of all random input; the same for everybody
    #[arg(long, value_name = "NUMBER", default_value_t = 30)]
    seed: u64,
    /// Grade everything afresh, also what was graded before and has not changed
    #[arg(long)]
    fresh: bool,
    /// Grade even where no sandbox contains the submissions
    #[arg(long)]
    allow_unsandboxed: bool,
    /// Take the sandbox of this tier, 1 to 4, instead of the best that works
    #[arg(long, value_name = "TIER")]
    sandbox: Option<u8>,
}

/// Grade everybody again under the course as it is now, and say who changed, by which checkpoint, and why
#[derive(Debug, clap::Args)]
pub struct RegradeArgs {
    /// The folder of the earlier run; its reports are kept in it, in a folder before-1, before-2 …
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
    /// Where folders and archives of the learners are
    #[arg(long, value_name = "FOLDER")]
    submissions: PathBuf,
    /// Another roster, as of new submissions
    #[arg(long, value_name = "FILE")]
    roster: Option<PathBuf>,
    #[command(flatten)]
    how: How,
}

/// One part of a roster: every n-th learner, from the i-th on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    index: usize,
    count: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Shard, String> {
        let parts = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match parts {
            Some((index, count)) if (1..=count).contains(&index) => Ok(Shard { index, count }),
            _ => Err(format!("{text:?} is no shard: the first of four is 1/4, the last one 4/4")),
        }
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.index, self.count)
    }
}

impl Shard {
    fn holds(self, place: usize) -> bool {
        place % self.count + 1 == self.index
    }
}

/// Grades. Exit status 0 when everybody has a verdict or a reason, 75 when the machine failed somebody.
pub fn run(args: &Args) -> Result<u8, String> {
    if let Some(due) = &args.due {
        late::time(due).map_err(|why| format!("--due: {why}"))?;
    }
    let roster = roster::read(&args.roster)?;
    with_desk(&args.how, |hall| {
        let manifest = Manifest { due: args.due.clone(), late: args.late, ..hall.manifest(roster) };
        let shelf = Shelf::begin(&args.out, manifest)?;
        hall.grade_all(&shelf, &args.submissions, args.how.shard)
    })
}

/// Grades again, and compares.
pub fn regrade(args: &RegradeArgs) -> Result<u8, String> {
    if args.how.shard.is_some() {
        return Err("regrade takes no --shard: grade the shards into new folders, and merge them".to_owned());
    }
    let before = Shelf::open(&args.folder)?;
    let roster = args.roster.as_deref().map_or_else(|| Ok(before.manifest.roster.clone()), roster::read)?;
    let mut how = args.how.clone_with_days(&before.manifest.days);
    how.seed = before.manifest.seed;
    with_desk(&how, |hall| {
        let manifest =
            Manifest { due: before.manifest.due.clone(), late: before.manifest.late, ..hall.manifest(roster) };
        let (before, shelf) = before.begin_anew(manifest)?;
        let code = hall.grade_all(&shelf, &args.submissions, None)?;
        state::compare(&before, &shelf)?;
        Ok(code)
    })
}

impl How {
    /// The days of an earlier run, unless others are asked for.
    fn clone_with_days(&self, days: &[String]) -> How {
        let days = if self.days.is_empty() { days.to_vec() } else { self.days.clone() };
        How { days, ..*self }
    }
}

/// Everything that grades, ready.
struct Hall<'a> {
    catalog: &'a Catalog,
    exercises: Vec<&'a Exercise>,
    desk: Desk<'a>,
    request: Request,
}

fn with_desk(how: &How, work: impl FnOnce(&Hall<'_>) -> Result<u8, String>) -> Result<u8, String> {
    let words = |error: GradeError| error.to_string();
    let folder = std::env::current_dir().map_err(|error| format!("there is no current folder: {error}"))?;
    let catalog = Catalog::find(&folder).map_err(words)?;
    let exercises = catalog.select(&how.days).map_err(words)?;
    let launcher = Launcher { executable: own_path()?, arguments: vec![LAUNCH.to_owned()] };
    let sandbox = sandbox(&launcher, how)?;
    let verdicts = Verdicts::of(catalog.root());
    let verdicts = if how.fresh { verdicts.afresh() } else { verdicts };
    let containment = Containment { sandbox: &sandbox, launcher: &launcher, verdicts: Some(&verdicts) };
    let nobody = Submission { source: String::new(), at: None, selection: Selection::default() };
    let request = Request {
        subject: Subject::Submission(nobody),
        checkpoint: None,
        jobs: how.jobs.map_or_else(|| 2 * thread::available_parallelism().map_or(1, usize::from), usize::from),
        seed: how.seed,
        timeout_scale: 1.0,
        fail_fast: false,
        colour: false,
        cancel: None,
    };
    eprintln!("preparing the tests of {} days", exercises.len());
    let desk = Desk::new(&catalog, &exercises, &request, &containment).map_err(words)?;
    work(&Hall { catalog: &catalog, exercises, desk, request })
}

fn own_path() -> Result<PathBuf, String> {
    std::env::current_exe().map_err(|error| format!("the path of this program is unknown: {error}"))
}

fn sandbox(launcher: &Launcher, how: &How) -> Result<Sandbox, String> {
    let tier = how.sandbox.map(SandboxTier::try_from).transpose()?;
    let sandbox =
        Sandbox::new(launcher.clone(), Limits::default(), tier).map_err(|error| format!("no sandbox: {error}"))?;
    if !sandbox.tier().contains_strangers() && !how.allow_unsandboxed {
        return Err(format!(
            "nobody's program is run in sandbox {}; see `cargo xtask doctor` for what is missing, or allow it with \
             --allow-unsandboxed",
            sandbox.tier()
        ));
    }
    Ok(sandbox)
}

impl Hall<'_> {
    fn manifest(&self, roster: Vec<Learner>) -> Manifest {
        let days = self.exercises.iter().map(|exercise| exercise.id.clone()).collect();
        Manifest::new(days, self.request.seed, self.desk.conditions().clone(), self.desk.tests(), roster)
    }

    fn grade_all(&self, shelf: &Shelf, submissions: &Path, shard: Option<Shard>) -> Result<u8, String> {
        let own = shelf.manifest.roster.iter().enumerate();
        let own: Vec<_> = own.filter(|(place, _)| shard.is_none_or(|shard| shard.holds(*place))).collect();
        let mut progress = Progress::new(own.len(), shard);
        let mut faults = 0;
        for (_, learner) in own {
            // What a fault of the machine left open is tried again.
            if shelf.record(&learner.id)?.is_some_and(|record| !record.has_fault()) {
                progress.skip();
                continue;
            }
            let seconds_late = late::seconds_late(&learner.submitted_at, shelf.manifest.due.as_deref())?;
            let outcome = self.grade(learner, submissions, shelf.manifest.due.as_deref());
            let record = match outcome {
                Ok(outcome) => Record::of(learner, seconds_late, outcome),
                Err(fault) => {
                    faults += 1;
                    progress.say(&learner.id, &format!("not graded, through no fault of the learner: {fault}"));
                    continue;
                }
            };
            shelf.keep(&record)?;
            faults += usize::from(record.has_fault());
            progress.say(&learner.id, &state::summary(&record));
        }
        progress.end();
        if faults > 0 {
            eprintln!("{faults} could not be graded through no fault of theirs; the same command tries again");
            return Ok(TRY_AGAIN);
        }
        Ok(0)
    }

    /// The report on a learner's submission, or why there is none: the inner error is for the learner, the outer one the
    /// machine's.
    fn grade(
        &self,
        learner: &Learner,
        submissions: &Path,
        due: Option<&str>,
    ) -> Result<Result<Report, String>, String> {
        let submission = match handed_in::read(self.catalog, &self.exercises, learner, submissions, due)? {
            Ok(submission) => submission,
            Err(why) => return Ok(Err(why)),
        };
        let request = Request { subject: Subject::Submission(submission), ..self.request.clone() };
        self.desk.grade(&request, &mut |_| {}).map(Ok).map_err(|error| error.to_string())
    }
}

/// A line for each learner, with an estimate of what is left.
struct Progress {
    all: usize,
    done: usize,
    graded: u32,
    shard: String,
    begin: Instant,
}

impl Progress {
    fn new(all: usize, shard: Option<Shard>) -> Progress {
        let shard = shard.map(|shard| format!("shard {shard} ")).unwrap_or_default();
        Progress { all, done: 0, graded: 0, shard, begin: Instant::now() }
    }

    fn skip(&mut self) {
        self.done += 1;
    }

    fn say(&mut self, id: &str, what: &str) {
        self.done += 1;
        self.graded += 1;
        let left = u32::try_from(self.all - self.done).unwrap_or(u32::MAX);
        let estimate = (self.begin.elapsed() / self.graded).saturating_mul(left);
        let estimate = if left == 0 { String::new() } else { format!("; about {} left", coarse(estimate)) };
        eprintln!("{}[{}/{}] {id}: {what}{estimate}", self.shard, self.done, self.all);
    }

    fn end(&self) {
        let known = self.done - usize::try_from(self.graded).unwrap_or(self.done).min(self.done);
        eprintln!("{}{} of {} graded, {known} were graded before", self.shard, self.graded, self.all);
    }
}

fn coarse(duration: Duration) -> String {
    match duration.as_secs() {
        seconds @ 0..90 => format!("{seconds} s"),
        seconds @ 90..5400 => format!("{} min", seconds.div_ceil(60)),
        seconds => format!("{:.1} h", seconds as f64 / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_hold_everybody_once() {
        let shards: Vec<Shard> = (1..=4).map(|index| format!("{index}/4").parse().unwrap()).collect();
        for place in 0..23 {
            assert_eq!(shards.iter().filter(|shard| shard.holds(place)).count(), 1);
        }
        for wrong in ["0/4", "5/4", "1", "1/0", "a/b", "1/4/2"] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}
