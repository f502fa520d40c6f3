//! A learner edits a day, and wants its verdict.
//!
//! The plain way is `cargo test` with cargo's defaults of the package that has the program and all its tests, ours is
//! `cargo xtask grade`, or a `cargo xtask watch` that runs already, with the same program in the exercise and the same tests;
//! beside them stands what cargo takes to build the changed program and nothing else.

use super::{Scope, Session, alone::Alone, lab::cargo_in, step, watched};
use crate::table::{Amount, Goal, Row};
use grader::exercise::Exercise;

/// Of different kinds: a command, a service, a service with a database.
const DAYS: [&str; 3] = ["1", "3", "13"];
/// For `--quick`.
const SMALL: [&str; 1] = ["3"];

pub fn run(session: &mut Session<'_>) -> Result<(), String> {
    let names = if session.scope == Scope::Quick { SMALL.as_slice() } else { DAYS.as_slice() };
    let names: Vec<_> = names.iter().map(|&name| name.to_owned()).collect();
    let selected = session.lab.catalog.select(&names).map_err(|error| error.to_string())?;
    let days: Vec<_> = selected.into_iter().cloned().collect();
    for day in &days {
        one(session, day)?;
    }
    Ok(())
}

fn one(session: &mut Session<'_>, day: &Exercise) -> Result<(), String> {
    let (lab, rounds) = (&session.lab, session.setting.rounds);
    lab.warm_plain(&lab.defaults, &[day])?;
    let alone = Alone::new(lab, &[day])?;
    let build = || {
        let mut command = cargo_in(&lab.learner);
        // The second target gives dependencies the features that they have anyway; there is nothing to compile for it.
        command.args(["build", "--quiet", "--workspace", "--bin", &day.id, "--test", "same-features"]);
        command
    };
    let mut plain = || {
        lab.edit_plain(day)?;
        step::run(&mut lab.plain_test(&lab.defaults, day))
    };
    let mut saved = || watched::saved(lab, day);
    let mut bare = || {
        lab.edit_own(day)?;
        step::run(&mut build())
    };
    let mut ours = || {
        lab.edit_own(day)?;
        step::run(&mut lab.xtask(&lab.learner, &["grade"], &[day]))
    };
    let mut start = || step::run(&mut lab.xtask(&lab.learner, &["completions", "bash"], &[]));
    let mut idle = || step::run(&mut build());
    let mut tests = || alone.run();
    let costs =
        step::in_turn(rounds, &mut [&mut plain, &mut ours, &mut saved, &mut bare, &mut idle, &mut tests, &mut start])?;
    let [plain, ours, saved, bare, idle, tests, start] =
        [0, 1, 2, 3, 4, 5, 6].map(|side: usize| Amount::wall(costs[side].wall));

    let id = &day.id;
    let reason = "beside the compiler there are the tests, and cargo looks at the whole workspace to start `cargo xtask`; see below";
    let mut rows = Vec::new();
    for (way, ours) in [("grade", ours), ("watch", saved)] {
        let name = format!("day {:02}, edited, to its verdict by `cargo xtask {way}`", day.number);
        let row = |beside, title, theirs| Row::new(format!("edit/{id}/{way}/{beside}"), &name, title, (theirs, ours));
        rows.push(row("test", "`cargo test`", plain).aims_at(Goal::Share(0.55), reason));
        rows.push(row("build", "`cargo build`", bare).aims_at(Goal::Share(1.15), reason));
    }
    session.rows.extend(rows);
    session.floor(format!("day {:02}: `cargo xtask` until it has started", day.number), start);
    session.floor(format!("day {:02}: `cargo build` with nothing changed", day.number), idle);
    session.floor(format!("day {:02}: its test executables alone", day.number), tests);
    Ok(())
}
