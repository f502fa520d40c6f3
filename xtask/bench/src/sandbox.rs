//! What containment costs: the solutions as a submission, in the best sandbox and without one.

use crate::{
    Setting,
    grading::hand_in,
    setting::{jobs, launcher},
};
use grader::{
    grade::{Containment, Event, Request, Subject, grade_submission},
    sandbox::{Limits, Sandbox, SandboxTier},
    submission,
};
use std::{
    path::Path,
    time::{Duration, Instant},
};

/// Of all random input, as submissions have it.
const SEED: u64 = 30;

/// The times of one submission.
struct Times {
    /// Until the first test starts, for one day.
    day: Duration,
    /// From then on, for one test.
    test: Duration,
}

pub fn run(setting: &Setting) -> Result<(), String> {
    let submission = setting.folder.join("solutions");
    hand_in(&setting.catalog, &submission)?;
    let contained =
        Sandbox::new(launcher()?, Limits::default(), None).map_err(|error| format!("no sandbox: {error}"))?;
    let open = Sandbox::new(launcher()?, Limits::default(), Some(SandboxTier::ProcessGroup));
    let open = open.map_err(|error| error.to_string())?;
    // The first run builds the course's own parts.
    once(setting, &submission, &open)?;
    let (mut inside, mut outside) = (Vec::new(), Vec::new());
    for _ in 0..setting.rounds {
        inside.push(once(setting, &submission, &contained)?);
        outside.push(once(setting, &submission, &open)?);
    }
    let days = setting.catalog.exercises().len();
    println!("sandbox: {days} solutions as a submission, medians of {} rounds in turn", setting.rounds);
    for (name, times) in [(contained.tier(), &inside), (open.tier(), &outside)] {
        let (day, test) = medians(times);
        println!("  {name}");
        println!("    compiling  {:7.0} ms a day", day * 1e3);
        println!("    running    {:7.1} ms a test, several at once", test * 1e3);
    }
    let ((day, test), (open_day, open_test)) = (medians(&inside), medians(&outside));
    println!("  contained takes {:.2} times as long to compile, {:.2} times to test", day / open_day, test / open_test);
    Ok(())
}

fn once(setting: &Setting, submission: &Path, sandbox: &Sandbox) -> Result<Times, String> {
    let catalog = &setting.catalog;
    let exercises = catalog.select(&[]).map_err(|error| error.to_string())?;
    let source = submission.to_string_lossy();
    let request = Request {
        subject: Subject::Submission(
            submission::read(catalog, &exercises, &source, None).map_err(|error| error.to_string())?,
        ),
        checkpoint: None,
        jobs: jobs(),
        seed: SEED,
        timeout_scale: 1.0,
        fail_fast: false,
        colour: false,
        cancel: None,
    };
    let launcher = launcher()?;
    let containment = Containment { sandbox, launcher: &launcher, verdicts: None };
    let (begin, mut first, mut tests) = (Instant::now(), None, 0);
    let report = grade_submission(catalog, &exercises, &request, &containment, &mut |event| {
        if let Event::Running { tests: places } = event {
            (first, tests) = (Some(Instant::now()), places.len());
        }
    });
    let end = Instant::now();
    let (Some(first), true) = (first, report.map_err(|error| error.to_string())?.exit_code() == 0) else {
        return Err(format!("the solutions do not pass in sandbox {}", sandbox.tier()));
    };
    let share = |time: Duration, among: usize| time / u32::try_from(among.max(1)).unwrap_or(u32::MAX);
    Ok(Times { day: share(first - begin, exercises.len()), test: share(end - first, tests) })
}

/// The medians in seconds: of a day, of a test.
fn medians(times: &[Times]) -> (f64, f64) {
    let median = |of: fn(&Times) -> Duration| {
        let mut all: Vec<_> = times.iter().map(of).collect();
        all.sort_unstable();
        all.get(all.len() / 2).copied().unwrap_or_default().as_secs_f64()
    };
    (median(|times| times.day), median(|times| times.test))
}
