//! Days whose solution and tests are built.

use crate::words;
use grader::{
    catalog::{Catalog, solution_package},
    compile::{self, Targets, Workspace},
    exercise::Exercise,
    run::{self, Test},
};
use std::path::PathBuf;

/// A day with its solution and all its tests.
#[derive(Debug)]
pub struct Ready<'a> {
    pub exercise: &'a Exercise,
    /// The solution's program.
    pub program: PathBuf,
    pub tests: Vec<Test>,
}

/// Builds the solutions and the tests of these days, as `grade --solutions` does.
///
/// # Errors
/// When anything of it does not compile.
pub fn solutions<'a>(catalog: &Catalog, exercises: &[&'a Exercise]) -> Result<Vec<Ready<'a>>, String> {
    let folder = |id: &str| catalog.root().join("solutions").join(id);
    let tests_of = |id: &str| {
        let names = ["checkpoints", "tools"].map(|kind| format!("{id}-{kind}"));
        names.into_iter().filter(|name| compile::has_target(&folder(id), name)).collect::<Vec<_>>()
    };
    let mut targets = Targets::default();
    for exercise in exercises {
        targets.programs.push(solution_package(&exercise.id));
        targets.tests.extend(tests_of(&exercise.id));
    }
    let build = compile::build(&Workspace::at(catalog.root()), &targets).map_err(words)?;
    let built = |target: &str| match build.executables.get(target) {
        Some(executable) => Ok(executable.clone()),
        None => Err(format!("{target} does not compile:\n{}", build.errors(target))),
    };
    let ready = |exercise: &&'a Exercise| {
        let folder = folder(&exercise.id);
        let mut tests = Vec::new();
        for target in tests_of(&exercise.id) {
            tests.extend(run::list(&built(&target)?, &folder).map_err(words)?);
        }
        Ok(Ready { exercise, program: built(&solution_package(&exercise.id))?, tests })
    };
    exercises.iter().map(ready).collect()
}
