//! Runs the tests of many days as one queue, and reports each day as soon as its last test has ended.

use super::{Day, Event, Request};
use crate::{
    report::{DayReport, TestReport},
    run::{self, Settings},
};

/// Runs everything; `on_day` sees each day's report when it is complete.
pub(super) fn run(
    mut days: Vec<Day<'_>>,
    request: &Request,
    settings: &Settings<'_>,
    on_event: &mut dyn FnMut(Event<'_>),
    mut on_day: impl FnMut(&DayReport),
) -> Vec<DayReport> {
    let selected = |name: &str| request.checkpoint.as_ref().is_none_or(|only| only == name);
    let is_judged = |day: &Day<'_>, name: &str| !day.withheld.iter().any(|withheld| withheld.name == name);
    let mut tests = Vec::new();
    for (number, day) in days.iter_mut().enumerate() {
        let wanted = std::mem::take(&mut day.tests).into_iter().filter(|test| selected(test.checkpoint()));
        tests.extend(wanted.map(|test| (number, test)));
    }
    let mut open: Vec<usize> = (0..days.len()).map(|day| tests.iter().filter(|(of, _)| *of == day).count()).collect();
    let mut results: Vec<Vec<(String, TestReport)>> = days.iter().map(|_| Vec::new()).collect();
    let mut reports = Vec::new();
    let mut complete = |day: &Day<'_>, results: &mut Vec<(String, TestReport)>| {
        // Tests end in any order, and are reported in theirs.
        let of_checkpoint = |checkpoint: &str| {
            let own = results.iter().filter(|(of, _)| of == checkpoint).map(|(_, report)| report.clone());
            own.chain(day.fault.clone()).collect()
        };
        let judged = |name: &str| selected(name) && is_judged(day, name);
        let report = DayReport::new(day.exercise, day.obstacle.clone(), of_checkpoint, judged);
        let withheld = day.withheld.iter().filter(|withheld| selected(&withheld.name)).cloned();
        let mut report = report.withholding(withheld.collect());
        report.receipt.clone_from(&day.receipt);
        on_day(&report);
        reports.push(report);
    };
    for (day, results) in days.iter().zip(&mut results).zip(&open).filter(|(_, open)| **open == 0).map(|(day, _)| day) {
        complete(day, results);
    }

    let places: Vec<_> = tests.iter().map(|(day, test)| (days[*day].exercise.id.as_str(), test.checkpoint())).collect();
    on_event(Event::Running { tests: &places });
    let queue: Vec<_> = tests.iter().map(|(day, test)| (test.clone(), days[*day].program.as_str())).collect();
    let mut numbered: Vec<Vec<(usize, TestReport)>> = days.iter().map(|_| Vec::new()).collect();
    run::run(&queue, settings, |number, report| {
        let (day, test) = &tests[number];
        let id = &days[*day].exercise.id;
        on_event(Event::Tested { day: id, checkpoint: test.checkpoint(), test: &report });
        numbered[*day].push((number, report));
        open[*day] -= 1;
        if open[*day] == 0 {
            let mut ended = std::mem::take(&mut numbered[*day]);
            ended.sort_by_key(|(number, _)| *number);
            results[*day] =
                ended.into_iter().map(|(number, report)| (tests[number].1.checkpoint().to_owned(), report)).collect();
            complete(&days[*day], &mut results[*day]);
        }
    });
    reports
}
