//! Stubs are recorded by a hash, with which `cargo xtask reset` finds them in the history of a learner's checkout.

use crate::words;
use grader::{
    catalog::Catalog,
    error::GradeError,
    exercise::Exercise,
    work::{Stubs, Work, hash_of_stub},
};

/// Records the stubs as they are now.
pub fn record(catalog: &Catalog, exercises: &[&Exercise]) -> Result<u8, String> {
    let mut stubs = Stubs::of(catalog.root()).map_err(words)?;
    for exercise in exercises {
        let hash = hash_now(catalog, exercise).map_err(words)?;
        stubs.record(&exercise.id, hash).map_err(words)?;
    }
    println!("recorded: {} stubs", exercises.len());
    Ok(0)
}

/// What is wrong when the stub is not the recorded one.
pub fn fault(catalog: &Catalog, exercise: &Exercise) -> Option<String> {
    let compare = || Ok(Stubs::of(catalog.root())?.hash(&exercise.id) == Some(&hash_now(catalog, exercise)?));
    let is_recorded: Result<bool, GradeError> = compare();
    match is_recorded {
        Ok(true) => None,
        Ok(false) => {
            let number = exercise.number;
            Some(format!("the stub is not the recorded one: cargo xtask check {number} --record-stubs"))
        }
        Err(error) => Some(error.to_string()),
    }
}

fn hash_now(catalog: &Catalog, exercise: &Exercise) -> Result<String, GradeError> {
    Ok(hash_of_stub(&Work::of(catalog, exercise)?.files()?))
}
