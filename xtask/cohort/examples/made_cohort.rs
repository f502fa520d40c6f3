//! Writes a made cohort, to rehearse with before real people hand in, and to measure with.
//!
//! ```console
//! cargo run -p xtask-cohort --example made_cohort -- made 60 7
//! cargo xtask cohort grade --roster made/roster.csv --submissions made/submissions --days 1,3,5 --out made/graded
//! ```

#![expect(clippy::unwrap_used, reason = "only contributors run it")]

#[allow(dead_code, reason = "the truth is the business of the tests")]
#[path = "../tests/made/mod.rs"]
mod made;

use made::{DAYS, DUE, Made};
use std::path::Path;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, size, seed] = arguments.as_slice() else {
        panic!("expected a folder, a number of learners, and a seed")
    };
    std::fs::create_dir_all(folder).unwrap();
    let folder = Path::new(folder).canonicalize().unwrap();
    let made = Made::new(&folder, size.parse().unwrap(), seed.parse().unwrap());
    let (learners, roster) = (made.truth.len(), made.roster.display());
    println!("{learners} learners in {roster}, days {}, due {DUE}", DAYS.join(","));
}
