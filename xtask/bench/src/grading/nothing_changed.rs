//! A learner grades days that have not changed: everything is compiled, so only the tests should take time.

use super::{Session, Set, alone::Alone, step};
use crate::table::{Amount, Goal, Row};
use grader::compile::Workspace;
use std::{
    fs,
    time::{Duration, SystemTime},
};

pub fn run(session: &mut Session<'_>) -> Result<(), String> {
    for set in session.sets()? {
        one(session, &set)?;
    }
    Ok(())
}

fn one(session: &mut Session<'_>, set: &Set) -> Result<(), String> {
    let rounds = if set.is_all() { session.rounds_of_the_whole() } else { session.setting.rounds };
    let lab = &session.lab;
    let days: Vec<_> = set.days.iter().collect();
    let alone = Alone::new(lab, &days)?;
    let grade = || step::run(&mut lab.xtask(&lab.learner, &["grade"], &days));
    let mut ours = || {
        let begin = SystemTime::now();
        let cost = grade()?;
        expect_nothing_compiled(&lab.learner, begin)?;
        Ok(cost)
    };
    let mut tests = || alone.run();
    let mut start = || step::run(&mut lab.xtask(&lab.learner, &["completions", "bash"], &[]));
    let mut fresh = || step::run(&mut lab.cargo_build(&days));
    let mut list = || step::measured(|| alone.list()).map(|(cost, _)| cost);
    // Compiles whatever is left to compile.
    start()?;
    let costs = step::counted(rounds, &mut [&mut tests, &mut ours, &mut start, &mut fresh, &mut list])?;
    let [tests, ours, start, fresh, list] = [0, 1, 2, 3, 4].map(|side: usize| Amount::wall(costs[side].wall));

    let title = &set.title;
    let row = Row::new(
        format!("nothing-changed/{}", set.name),
        format!("{title}, nothing changed, to their verdicts"),
        "their test executables alone",
        (tests, ours),
    );
    if !set.is_all() {
        session.rows.push(row);
        return Ok(());
    }
    let reason = "each test is a process of its own, so that it has a verdict of its own whatever it does; see below";
    session.rows.push(row.aims_at(Goal::Share(1.5), reason));
    let each = Amount::wall(session.tests_alone()?.wall);
    session.floor("`cargo xtask` until it has started", start);
    session.floor(format!("{title}: `cargo build` finds that nothing has changed"), fresh);
    session.floor(format!("{title}: test executables list their tests"), list);
    session.floor(format!("{title}: each test as a process of its own, nothing else"), each);
    Ok(())
}

/// What a compiler writes is newer than the moment before it was started.
fn expect_nothing_compiled(workspace: &Workspace, begin: SystemTime) -> Result<(), String> {
    let Some(folder) = workspace.target_dir.as_ref().map(|target| target.join("debug/deps")) else { return Ok(()) };
    let entries = fs::read_dir(&folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    // The clock of a file system may be a little behind.
    let begin = begin - Duration::from_millis(20);
    let is_new = |entry: &fs::DirEntry| entry.metadata().and_then(|it| it.modified()).is_ok_and(|time| time > begin);
    match entries.flatten().find(is_new) {
        Some(entry) => Err(format!("{} was compiled, although nothing had changed", entry.path().display())),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compiled_is_noticed() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = Workspace { target_dir: Some(folder.path().to_owned()), ..Workspace::at(".") };
        let deps = folder.path().join("debug/deps");
        fs::create_dir_all(&deps).unwrap();
        fs::write(deps.join("old"), "").unwrap();
        let later = SystemTime::now() + Duration::from_secs(1);
        expect_nothing_compiled(&workspace, later).unwrap();
        fs::File::create(deps.join("new")).unwrap().set_modified(later + Duration::from_secs(1)).unwrap();
        assert!(expect_nothing_compiled(&workspace, later).unwrap_err().contains("new was compiled"));
    }
}
