//! The same wait with rustlings, whose exercises are one file each without dependencies.
//!
//! It is no equal rival, as there is nearly nothing to compile and to test, but it is what learners of Rust know: an edited
//! exercise, from the change to its verdict.

use super::{
    Session,
    lab::{edited, write_edit},
    step,
};
use crate::table::{Amount, Goal, Row};
use std::{fs, path::Path, process::Command};

/// Ours: the smallest day.
const DAY: &str = "1";
/// Theirs: a small exercise that has tests.
const EXERCISE: &str = "if1";
/// Where it is.
const FILE: &str = "exercises/03_if/if1.rs";
/// What is open in it, and what closes it.
const OPEN: &str = "// TODO: Complete this function to return the bigger number!";
const CLOSED: &str = "if a > b { a } else { b }";

pub fn run(session: &mut Session<'_>) -> Result<(), String> {
    let Some(version) = version() else {
        println!(
            "rustlings: skipped, because rustlings is not installed, install it with: cargo install --locked rustlings"
        );
        return Ok(());
    };
    let (lab, rounds) = (&session.lab, session.setting.rounds);
    // Nowhere in a workspace: rustlings would enter itself in the manifest of that.
    let outside = tempfile::tempdir().map_err(|error| format!("there is no folder for rustlings: {error}"))?;
    let folder = outside.path().join("rustlings");
    initialise(outside.path(), &folder.join(FILE))?;
    let days = lab.catalog.select(&[DAY.to_owned()]).map_err(|error| error.to_string())?;
    let file = folder.join(FILE);
    let mut theirs = || {
        write_edit(&file)?;
        step::run(Command::new("rustlings").current_dir(&folder).args(["run", EXERCISE]))
    };
    let mut ours = || {
        days.iter().try_for_each(|day| lab.edit_own(day))?;
        step::run(&mut lab.xtask(&lab.learner, &["grade"], &days))
    };
    let costs = step::in_turn(rounds, &mut [&mut theirs, &mut ours])?;
    let of = (Amount::wall(costs[0].wall), Amount::wall(costs[1].wall));
    let row = Row::new(
        "rustlings",
        "day 01, edited, to its verdict",
        format!("`rustlings run {EXERCISE}`, {version}, {EXERCISE} edited"),
        of,
    );
    let reason = "the program has dependencies to be linked, and its tests start it some hundred times; cargo looks at a \
        workspace of many packages before it starts `cargo xtask`";
    session.rows.push(row.aims_at(Goal::Share(1.0), reason));
    Ok(())
}

/// What `rustlings --version` says; none when it is not installed.
fn version() -> Option<String> {
    let output = Command::new("rustlings").arg("--version").output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// Has rustlings make its exercises in `outside`, and solves the one in `file`.
fn initialise(outside: &Path, file: &Path) -> Result<(), String> {
    // It asks whether to go on, and takes the end of its input for a yes.
    step::run(Command::new("rustlings").arg("init").current_dir(outside))?;
    let shown = file.display();
    let text = fs::read_to_string(file).map_err(|error| format!("cannot read {shown}: {error}"))?;
    let solved = text.replace(OPEN, CLOSED);
    if edited(&solved, 0).is_none() || !solved.contains(CLOSED) {
        return Err(format!("{shown} is not the exercise that is known here: rustlings has changed it"));
    }
    fs::write(file, solved).map_err(|error| format!("cannot write {shown}: {error}"))
}
