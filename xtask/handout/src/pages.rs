//! The files that a hand-out has instead of the course's: its README, the workflow that grades on each push, and what
//! prepares a dev container.

use crate::{File, Files, Kind};
use grader::{
    catalog::Catalog,
    exercise::{Exercise, title_of_week},
};

/// Adds them.
pub fn add(files: &mut Files, catalog: &Catalog, exercises: &[&Exercise]) {
    let own = |bytes: String, kind| File { bytes: bytes.into_bytes(), kind };
    files.insert("README.md".to_owned(), own(readme(catalog, exercises), Kind::Course));
    let workflow = include_str!("pages/grade.yml").to_owned();
    files.insert(".github/workflows/grade.yml".to_owned(), own(workflow, Kind::Course));
    let first = exercises.first().map(|exercise| exercise.id.as_str()).unwrap_or_default();
    let needed = exercises.iter().flat_map(|exercise| packages(exercise)).copied().collect::<Vec<_>>();
    let install = match needed.as_slice() {
        [] => String::new(),
        packages => format!(
            "sudo apt-get update -qq\nsudo apt-get install -y -qq --no-install-recommends {}\n",
            packages.join(" ")
        ),
    };
    let install = include_str!("pages/install").replace("{install}\n", &install).replace("{first}", first);
    files.insert(".devcontainer/install".to_owned(), own(install, Kind::Program));
}

/// What visible tests of a day cannot do without.
fn packages(exercise: &Exercise) -> &'static [&'static str] {
    match exercise.number {
        15 => &["postgresql"],
        _ => &[],
    }
}

fn readme(catalog: &Catalog, exercises: &[&Exercise]) -> String {
    let mut table = String::new();
    let mut week = 0;
    for exercise in exercises {
        let metadata = &exercise.metadata;
        if metadata.week != week {
            week = metadata.week;
            table.push_str(&format!("| | **{}** | |\n", title_of_week(week)));
        }
        table.push_str(&format!(
            "| {:02} | [{}](exercises/{}/README.md) | {} |\n",
            exercise.number,
            metadata.title,
            exercise.id,
            metadata.themes.join(", ")
        ));
    }
    let all = catalog.exercises().len();
    let given = match exercises.len() {
        given if given == all => format!("all {all} days"),
        1 => format!("one of {all} days; more may follow"),
        given => format!("{given} of {all} days; more may follow"),
    };
    // The first day that is here stands for any in the examples.
    let (id, number) = exercises.first().map(|it| (it.id.as_str(), it.number)).unwrap_or_default();
    include_str!("pages/README.md")
        .replace("{given}", &given)
        .replace("{days}", &table)
        .replace("{id}", id)
        .replace("{number}", &number.to_string())
}
