//! The tests of a day, and one mutant before them.

use super::{day::Day, list::Mutant, order::Order, verdicts::Outcome};
use crate::trial::{self, NoProgram, Ready};
use grader::{
    report::TestReport,
    run::{Settings, Test},
    verdict::{Cause, Verdict},
};
use std::{
    fs,
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

/// A test that fails later than this has waited for something that did not come: no deadline of the harness is shorter.
const PATIENCE_MILLIS: u64 = 5000;

/// The tests that the solution passes.
#[derive(Debug)]
pub struct Suite {
    tests: Vec<Test>,
    order: Mutex<Order>,
}

impl Suite {
    /// Finds out whether the solution passes, and how long each test takes. What is skipped for want of a tool is left out.
    ///
    /// # Errors
    /// When the solution fails.
    pub fn new(ready: Ready<'_>, day: &Day<'_>, settings: &Settings<'_>) -> Result<Suite, String> {
        let reports = trial::results(&ready.program, &ready.tests, settings);
        let (mut tests, mut known) = (Vec::new(), Vec::new());
        for (test, report) in ready.tests.into_iter().zip(reports) {
            match report.verdict {
                Verdict::Passed => {
                    known.push((test.name.clone(), report.millis));
                    tests.push(test);
                }
                Verdict::NotRun { cause: Cause::Skipped | Cause::Stopped, .. } => {}
                verdict => {
                    let (id, name, said) = (&ready.exercise.id, &test.name, report.message);
                    return Err(format!(
                        "the solution of {id} itself fails {name}, so its mutants say nothing: {verdict:?}\n{said}"
                    ));
                }
            }
        }
        let mut order = Order::new(known);
        day.verdicts.earlier.iter().for_each(|entry| order.remember(entry));
        Ok(Suite { tests, order: Mutex::new(order) })
    }

    /// What becomes of a mutant; none when the run was called off. An error is a fault of the machine or the course.
    pub fn try_one(
        &self,
        mutant: &Mutant,
        program: Result<PathBuf, NoProgram>,
        settings: &Settings<'_>,
    ) -> Result<Option<Outcome>, String> {
        let program = match program {
            Ok(program) => program,
            Err(NoProgram::Compile(_)) => return Ok(Some(Outcome::NotViable)),
            Err(why) => return Err(why.to_string()),
        };
        let order = self.order.lock().unwrap_or_else(PoisonError::into_inner).of(mutant);
        let tests: Vec<_> = order.iter().map(|&place| self.tests[place].clone()).collect();
        let reports = trial::up_to_first_failure(&program, &tests, settings);
        // Thousands of programs would fill a small disk.
        let _ = fs::remove_file(&program);
        if let Some((place, report)) = order.iter().zip(&reports).find(|(_, report)| trial::is_no(&report.verdict)) {
            self.order.lock().unwrap_or_else(PoisonError::into_inner).learn(mutant, *place);
            let timeout = report.verdict == Verdict::TimedOut || report.millis >= PATIENCE_MILLIS;
            return Ok(Some(Outcome::Caught { by: self.tests[*place].name.clone(), timeout }));
        }
        if settings.cancel.is_cancelled() {
            return Ok(None);
        }
        match reports.iter().find_map(fault) {
            Some(fault) => Err(fault),
            None => Ok(Some(Outcome::Survived)),
        }
    }
}

/// What kept a test from saying anything.
fn fault(report: &TestReport) -> Option<String> {
    match &report.verdict {
        Verdict::NotRun { reason, .. } => Some(format!("{}: {reason}", report.name)),
        _ => None,
    }
}
