//! Somebody has cloned the course and wants the verdict of day 1: with nothing compiled, beside a build of everything. What
//! is downloaded once is there already. Each side runs once. Then all days are solved and graded there, and the folder of
//! what was compiled is what a learner has in the end: in any other folder there is something of earlier commits as well.

use super::{Session, lab, size, step};
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
    lab::hand_in(&session.lab.catalog, &course)?;
    step::run(&mut session.lab.xtask(&workspace("grade"), &["grade"], &[]))?;
    let room = size::size(&folder.join("grade"));
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
    session.rows.push(Row {
        id: "target/size".to_owned(),
        what: "the target folder of a learner who has solved 30 days".to_owned(),
        beside: String::new(),
        theirs: None,
        ours: Amount::Bytes(room),
        goal: Some(Goal::AtMost(Amount::Bytes(2_500_000_000))),
        reason: Some(
            "with the tests of a day cargo compiles the program of the same package, its solution; and each program and each \
             test is a file with its own copy of what it uses"
                .to_owned(),
        ),
    });
    Ok(())
}
