//! Somebody hands days in: all new, with one day changed, with nothing changed.
//!
//! The plain way is `cargo test` day by day on sources that were never compiled. Ours is `cargo xtask grade --submission`:
//! the same sources and the same tests, and contained.

use super::{Session, Set, plain::Settings, step};
use crate::table::{Amount, Goal, Row};
use std::process::Command;

/// Both in the set of a few days and in that of all.
const CHANGED: &str = "3";

pub fn whole(session: &mut Session<'_>) -> Result<(), String> {
    let set = session.whole()?;
    let days = &set.days;
    let defaults = session.plain_way(days, Settings::Defaults)?;
    let best = session.plain_way(days, Settings::Best)?;
    prepare(session, &set)?;
    let lab = &session.lab;
    let mut ours = || {
        for day in days {
            lab.edit_handed_in(&lab.handed_in, day)?;
        }
        step::run(&mut grade(session, &set, true))
    };
    let costs = step::counted(session.rounds_of_the_whole(), &mut [&mut ours])?;
    let ours = costs[0];

    let name = format!("a new submission of {}", set.title);
    let beside = ["`cargo test`, its defaults", "`cargo test`, its best settings"];
    let reason = "the tests are the same on both sides, and contained they compute more";
    let (wall, cpu) = (Amount::wall, Amount::cpu);
    let row = |id: &str, beside: &str, of| Row::new(format!("submission/{id}"), &name, beside, of);
    session.rows.extend([
        row("defaults/wall", beside[0], (wall(defaults.wall), wall(ours.wall))).aims_at(Goal::Share(1.0 / 5.0), reason),
        row("defaults/cpu", beside[0], (cpu(defaults.cpu), cpu(ours.cpu))).aims_at(Goal::Share(1.0 / 4.0), reason),
        row("best/wall", beside[1], (wall(best.wall), wall(ours.wall))).aims_at(Goal::Share(1.0 / 3.0), reason),
        row("best/cpu", beside[1], (cpu(best.cpu), cpu(ours.cpu))),
    ]);
    Ok(())
}

pub fn one_day_changed(session: &mut Session<'_>) -> Result<(), String> {
    for set in session.sets()? {
        again(session, &set, "one-day-changed", "one day changed", 1.0 / 25.0, true)?;
    }
    Ok(())
}

pub fn unchanged(session: &mut Session<'_>) -> Result<(), String> {
    for set in session.sets()? {
        again(session, &set, "unchanged", "nothing changed", 0.02, false)?;
    }
    Ok(())
}

/// The same submission again, beside the plain way for the whole.
fn again(
    session: &mut Session<'_>,
    set: &Set,
    id: &str,
    what: &str,
    goal: f64,
    is_changed: bool,
) -> Result<(), String> {
    let plain = session.plain_way(&set.days, Settings::Defaults)?;
    prepare(session, set)?;
    let lab = &session.lab;
    let changed = lab.catalog.select(&[CHANGED.to_owned()]).map_err(|error| error.to_string())?;
    let mut ours = || {
        if is_changed {
            changed.iter().try_for_each(|day| lab.edit_handed_in(&lab.handed_in, day))?;
        }
        step::run(&mut grade(session, set, false))
    };
    let costs = step::in_turn(session.setting.rounds, &mut [&mut ours])?;
    let of = (Amount::wall(plain.wall), Amount::wall(costs[0].wall));
    let name = format!("a submission of {}, {what}", set.title);
    let row = Row::new(format!("{id}/{}", set.name), name, "`cargo test` of all, its defaults", of);
    let reason = "cargo looks at the workspace to start `cargo xtask`, and a day with tests that cannot run in a sandbox is graded again";
    session.rows.push(if set.is_all() { row.aims_at(Goal::Share(goal), reason) } else { row });
    Ok(())
}

/// Compiles what all submissions have in common, and grades what was not graded before.
fn prepare(session: &Session<'_>, set: &Set) -> Result<(), String> {
    session.lab.seed(&session.lab.submissions)?;
    step::run(&mut grade(session, set, false)).map(drop)
}

fn grade(session: &Session<'_>, set: &Set, is_fresh: bool) -> Command {
    let lab = &session.lab;
    let mut command = lab.xtask(&lab.submissions, &["grade"], &set.days.iter().collect::<Vec<_>>());
    command.arg("--submission").arg(&lab.handed_in);
    if is_fresh {
        command.arg("--fresh");
    }
    command
}
