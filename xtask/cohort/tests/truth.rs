//! Sixty made submissions for real days of this course: every verdict is the truth.
//!
//! The choice is random. The seed is printed; `COHORT_SEED=…` repeats it, and `COHORT_SIZE=…` takes another number of learners.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

#[allow(dead_code, reason = "steady cohorts are the business of another test")]
mod made;

use made::{DAYS, DUE, Made, number, records, repository};
use std::process::Command;

#[test]
fn every_verdict_on_a_made_cohort_is_the_truth() {
    let seed = number("COHORT_SEED", fastrand::u64(..1 << 32));
    let size = number("COHORT_SIZE", 60);
    println!("COHORT_SEED={seed} COHORT_SIZE={size}");
    let folder = tempfile::tempdir().unwrap();
    let made = Made::new(&folder.path().join("cohort"), usize::try_from(size).unwrap(), seed);
    let out = folder.path().join("graded");
    let mut grade = Command::new(env!("CARGO_BIN_EXE_xtask-cohort"));
    grade.current_dir(repository()).args(["grade", "--fresh", "--due", DUE, "--late", "10%/day", "--jobs", "8"]);
    grade.arg("--days").arg(DAYS.join(",")).arg("--roster").arg(&made.roster);
    grade.arg("--submissions").arg(&made.submissions).arg("--out").arg(&out);
    let status = grade.status().unwrap();
    assert_eq!(status.code(), Some(0));

    let records = records(&out);
    assert_eq!(records.keys().collect::<Vec<_>>(), made.truth.keys().collect::<Vec<_>>());
    let wrong = made
        .truth
        .iter()
        .flat_map(|(id, truth)| truth.wrong_in(&records[id]).into_iter().map(move |wrong| format!("{id}: {wrong}")));
    let wrong: Vec<_> = wrong.collect();
    assert!(wrong.is_empty(), "{}\n\nCOHORT_SEED={seed} COHORT_SIZE={size}", wrong.join("\n\n"));
}
