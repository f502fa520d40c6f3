//! Without a terminal: the report of each run as plain text.

use crate::{
    following,
    runner::{News, Run},
    saved::Saved,
};
use grader::{
    catalog::Catalog,
    exercise::Exercise,
    render::{self, Paint},
};
use std::{
    io::{self, Write},
    time::Duration,
};

/// How often files are looked at.
const TICK: Duration = Duration::from_millis(50);

/// Runs until it is stopped, or until nobody reads any more.
pub fn run<'a>(catalog: &'a Catalog, mut exercise: &'a Exercise, go_on: bool) -> Result<(), String> {
    let mut saved = Saved::of(catalog, exercise);
    let mut run = Run::start(catalog, exercise);
    loop {
        let news = run.next(TICK);
        if saved.changed() {
            run = Run::start(catalog, exercise);
            continue;
        }
        let text = match news {
            Some(News::Finished(report)) => {
                let passes = report.days.iter().all(|day| day.outcome.is_pass());
                let text = render::terminal(&report, Paint::new(false));
                if let Some(next) = following(catalog, exercise).filter(|_| passes && go_on) {
                    exercise = next;
                    saved = Saved::of(catalog, exercise);
                    run = Run::start(catalog, exercise);
                }
                format!("{text}\nWaiting for a file of {} to be saved. Ctrl-C ends.\n", exercise.id)
            }
            Some(News::Fault(fault)) => format!("error: {fault}\n"),
            Some(_) => continue,
            None => {
                // A channel whose run has ended returns at once.
                std::thread::sleep(TICK);
                continue;
            }
        };
        let mut stdout = io::stdout().lock();
        if stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()).is_err() {
            return Ok(());
        }
    }
}
