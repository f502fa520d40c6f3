//! What is kept of a test that failed: what it said, and how it is repeated.

use super::record::Record;
use grader::{exercise::Exercise, run::Test};
use std::{fs, path::Path};

/// Writes `<run>-<day>-<test>.log` below `folder`, and says where.
pub fn keep(
    folder: &Path,
    record: &Record,
    day: &Exercise,
    test: &Test,
    program: &str,
    message: &str,
) -> Result<(), String> {
    let path = folder.join(format!("{}-{}-{}.log", record.run, day.id, test.name.replace("::", "-")));
    eprintln!("{} {} failed: {}", day.id, test.name, path.display());
    let text = format!("{}\n{message}\n", head(record, day, test, program));
    fs::write(&path, text).map_err(|error| format!("cannot write {}: {error}", path.display()))
}

fn head(record: &Record, day: &Exercise, test: &Test, program: &str) -> String {
    let Record { run, seed, course, verdict, millis, .. } = record;
    let (name, number, checkpoint) = (&test.name, day.number, test.checkpoint());
    let (folder, executable) = (test.folder.display(), test.executable.display());
    format!(
        "{} {name}\n\
         {verdict:?} after {millis} ms, in run {run} with seed {seed}, course {course}\n\
         \n\
         its checkpoint with the same random input:\n  \
         cargo xtask grade {number} --solutions --checkpoint {checkpoint} --seed {seed}\n\
         this test alone:\n  \
         cd {folder} && HARNESS_SEED={seed} SUBMISSION_PROGRAM={program} {executable} --exact {name} --nocapture\n\
         its day on a busy machine, with the same random input first:\n  \
         cargo xtask soak {number} --runs 100 --seed {seed}\n",
        day.id
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use grader::verdict::Verdict;

    #[test]
    fn a_failure_is_kept_with_its_seed_and_the_commands_that_repeat_it() {
        let day = "title = \"T\"\nweek = 1\nkind = \"command\"\nthemes = []\nminutes = 1\neditable = []\n\
                   [[checkpoint]]\nname = \"race\"\ntier = \"core\"\npoints = 1\nsummary = \"\"\nhints = []\n";
        let day = Exercise::parse("day07-seven", day).unwrap();
        let name = "hidden::race::one_wins".to_owned();
        let test = Test { executable: "/t/checkpoints".into(), folder: "/s".into(), name: name.clone() };
        let record = Record {
            course: "c0ffee".to_owned(),
            run: 4,
            seed: 99,
            day: day.id.clone(),
            test: name,
            verdict: Verdict::Failed,
            millis: 12,
        };
        let folder = tempfile::tempdir().unwrap();
        keep(folder.path(), &record, &day, &test, "/p/seven", "expected: one").unwrap();
        let text = fs::read_to_string(folder.path().join("4-day07-seven-hidden-race-one_wins.log")).unwrap();
        assert!(text.contains("cargo xtask grade 7 --solutions --checkpoint race --seed 99\n"), "{text}");
        assert!(
            text.contains("HARNESS_SEED=99 SUBMISSION_PROGRAM=/p/seven /t/checkpoints --exact hidden::race::one_wins")
        );
        assert!(text.trim_end().ends_with("expected: one"));
    }
}
