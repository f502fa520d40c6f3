//! Days whose solution and tests are built.

use crate::words;
use grader::{
    catalog::{Catalog, solution_package},
    compile::{self, Targets, Workspace},
    exercise::Exercise,
    run::{self, Test},
};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

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

/// The same days, with links to their programs and tests in `folder`: a build meanwhile would replace the originals.
///
/// # Errors
/// When the folder cannot be written.
pub fn aside<'a>(mut days: Vec<Ready<'a>>, folder: &Path) -> Result<Vec<Ready<'a>>, String> {
    let cannot = |error| format!("cannot write below {}: {error}", folder.display());
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(cannot)?;
    }
    fs::create_dir_all(folder).map_err(cannot)?;
    for day in &mut days {
        day.program = link(&day.program, folder).map_err(cannot)?;
        for test in &mut day.tests {
            test.executable = link(&test.executable, folder).map_err(cannot)?;
        }
    }
    Ok(days)
}

/// A link costs no space. What cannot be linked, on another file system, is copied.
fn link(file: &Path, folder: &Path) -> io::Result<PathBuf> {
    let link = folder.join(file.file_name().unwrap_or_default());
    if !link.exists() {
        fs::hard_link(file, &link).or_else(|_| fs::copy(file, &link).map(drop))?;
    }
    Ok(link)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_is_what_the_file_was() {
        let folder = tempfile::tempdir().unwrap();
        let (file, links) = (folder.path().join("program"), folder.path().join("links"));
        fs::create_dir(&links).unwrap();
        fs::write(&file, "built first").unwrap();
        let link = link(&file, &links).unwrap();
        // As linkers do.
        fs::remove_file(&file).unwrap();
        fs::write(&file, "built next").unwrap();
        assert_eq!(fs::read_to_string(link).unwrap(), "built first");
    }
}
