//! `cargo xtask verify REPORT`: grades what a report was made from once more, and says what differs.

use crate::{
    grade::{default_jobs, timeout_scale},
    progress::Progress,
    sandbox, show, words,
};
use grader::{
    grade::{Containment, Request, Subject, grade_submission},
    report::{DayReport, differences},
    submission,
};
use std::path::PathBuf;

/// Grade again what a report was made from, and say what differs
#[derive(Debug, clap::Args)]
pub struct Args {
    /// A report, as `grade --submission … --format json --out REPORT` writes it
    #[arg(value_name = "REPORT")]
    report: PathBuf,
    /// Where the submission is now, when it has moved
    #[arg(long, value_name = "PATH")]
    submission: Option<String>,
    /// Verify even where no sandbox contains somebody else's program
    #[arg(long)]
    allow_unsandboxed: bool,
}

/// Returns 0 when the report is what comes out again, 1 when it is not.
pub fn run(args: &Args) -> Result<u8, String> {
    let path = args.report.display();
    let before = show::read(&args.report)?;
    if before.days.iter().all(|day| day.receipt.is_none() && day.refusal.is_none()) {
        return Err(format!("{path} is no report on a submission: it names no files"));
    }
    let catalog = crate::catalog()?;
    let days: Vec<_> = before.days.iter().map(|day: &DayReport| day.id.clone()).collect();
    let exercises = catalog.select(&days).map_err(words)?;
    let source = args.submission.as_ref().unwrap_or(&before.subject);
    let submission = submission::read(&catalog, &exercises, source, before.at.as_deref()).map_err(words)?;
    let sandbox = sandbox::sandbox(None, args.allow_unsandboxed)?;
    let request = Request {
        subject: Subject::Submission(submission),
        checkpoint: None,
        jobs: default_jobs(),
        seed: before.seed,
        timeout_scale: timeout_scale()?,
        fail_fast: false,
        colour: false,
        cancel: None,
    };
    let launcher = sandbox::launcher()?;
    let containment = Containment { sandbox: &sandbox, launcher: &launcher, verdicts: None };
    let progress = Progress::new();
    let after = grade_submission(&catalog, &exercises, &request, &containment, &mut |event| {
        progress.on(&event);
    });
    progress.finish();
    let differences = differences(&before, &after.map_err(words)?);
    for difference in &differences {
        println!("{difference}");
    }
    match differences.len() {
        0 => println!("{path}: the same verdicts from the same files, tests and conditions"),
        1 => println!("{path}: one difference"),
        many => println!("{path}: {many} differences"),
    }
    Ok(u8::from(!differences.is_empty()))
}
