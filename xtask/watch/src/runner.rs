//! Grades on a thread, and tells what happens as it happens.

use grader::{
    catalog::Catalog,
    exercise::Exercise,
    grade::{Event, Request, Subject, grade},
    process::Cancel,
    report::{Report, TestReport},
    store::Store,
    verdict::Verdict,
};
use std::{
    sync::mpsc::{Receiver, Sender, channel},
    thread,
    time::{SystemTime, UNIX_EPOCH},
};

/// What happens during a run.
#[derive(Debug)]
pub enum News {
    /// The compiler begins.
    Compiling,
    /// The tests begin: the checkpoint of each.
    Running(Vec<String>),
    /// A test of a checkpoint has ended.
    Tested(String, TestReport),
    /// All verdicts.
    Finished(Box<Report>),
    /// A fault of the course or the machine.
    Fault(String),
}

/// A run. When it is dropped it is called off.
#[derive(Debug)]
pub struct Run {
    cancel: Cancel,
    news: Receiver<News>,
}

impl Drop for Run {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

impl Run {
    /// Starts to grade a day. Its report is kept when it is complete.
    pub fn start(catalog: &Catalog, exercise: &Exercise) -> Run {
        let cancel = Cancel::default();
        let (sender, news) = channel();
        let (catalog, exercise, stop) = (catalog.clone(), exercise.clone(), cancel.clone());
        thread::spawn(move || {
            // Nobody listens any more when the run was called off.
            let _ = sender.send(match run(&catalog, &exercise, stop, &sender) {
                Ok(report) => News::Finished(Box::new(report)),
                Err(fault) => News::Fault(fault),
            });
        });
        Run { cancel, news }
    }

    /// What has happened since the last time.
    pub fn news(&self) -> impl Iterator<Item = News> + '_ {
        self.news.try_iter()
    }

    /// Waits for what happens next; none when nothing more can.
    pub fn next(&self, timeout: std::time::Duration) -> Option<News> {
        self.news.recv_timeout(timeout).ok()
    }
}

fn run(catalog: &Catalog, exercise: &Exercise, cancel: Cancel, sender: &Sender<News>) -> Result<Report, String> {
    let request = Request {
        subject: Subject::Stubs,
        checkpoint: None,
        // Tests wait more than they compute.
        jobs: 2 * thread::available_parallelism().map_or(1, usize::from),
        seed: SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |elapsed| u64::from(elapsed.subsec_nanos())),
        timeout_scale: 1.0,
        fail_fast: false,
        colour: false,
        cancel: Some(cancel.clone()),
    };
    let mut on_event = |event: Event<'_>| {
        let news = match event {
            Event::Compiling { .. } => News::Compiling,
            Event::Running { tests } => News::Running(tests.iter().map(|(_, name)| (*name).to_owned()).collect()),
            // What was stopped was not tested.
            Event::Tested { test: TestReport { verdict: Verdict::NotRun { .. }, .. }, .. } if cancel.is_cancelled() => {
                return;
            }
            Event::Tested { checkpoint, test, .. } => News::Tested(checkpoint.to_owned(), test.clone()),
        };
        // The receiver is gone when the run was called off; it ends by itself.
        let _ = sender.send(news);
    };
    let report = grade(catalog, &[exercise], &request, &mut on_event).map_err(|error| error.to_string())?;
    Store::of(catalog.root()).keep(&report).map_err(|error| error.to_string())?;
    Ok(report)
}
