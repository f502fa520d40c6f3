//! Somebody has cloned the course and wants the verdict of day 1: with nothing compiled, beside a build of everything. What
//! is downloaded once is there already. Each side runs once.

use super::{Session, lab, step};
use crate::table::{Amount, Goal, Row};
use grader::compile::Workspace;
use std::fs;

pub fn run(session: &mut Session<'_>) -> Result<(), String> {
    let folder = session.lab.folder.join("first");
    let course = folder.join("course");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| format!("cannot remove {}: {error}", folder.display()))?;
    }
    fs::create_dir_all(&folder).map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
    let workspace = |target: &str| Workspace { target_dir: Some(folder.join(target)), ..Workspace::at(&course) };
    let root = session.setting.catalog.root();

    lab::check_out(root, &course, &session.lab.commit)?;
    // A stub does not pass, and a verdict is what was asked for.
    let mut grade = session.lab.xtask(&workspace("grade"), &["grade", "1", "--format", "json", "--out"], &[]);
    let report = folder.join("report.json");
    let (ours, _) = step::measured(|| grade.arg(&report).output().map_err(|error| error.to_string()))?;
    if !report.exists() {
        return Err("`cargo xtask grade 1` in a fresh clone has written no report".to_owned());
    }
    let mut build = lab::cargo_in(&workspace("build"));
    let whole = step::run(build.args(["build", "--quiet", "--locked", "--workspace", "--all-targets"]))?;
    // Many gigabytes that no later run could use.
    fs::remove_dir_all(&folder).map_err(|error| format!("cannot remove {}: {error}", folder.display()))?;
    let row = Row::new(
        "first-contact",
        "from a fresh clone to the verdict of day 01",
        "`cargo build --workspace --all-targets`",
        (Amount::wall(whole.wall), Amount::wall(ours.wall)),
    );
    session.rows.push(row.aims_at(Goal::Share(0.35), "the grader and what its tests need are compiled first"));
    Ok(())
}
