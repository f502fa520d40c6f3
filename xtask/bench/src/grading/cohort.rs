//! One more submission of a cohort: what it computes beside its compiler alone, what it needs in memory, what it leaves on
//! the disk.

use super::{
    Session,
    compilers::{self, Until},
    lab::{Lab, cargo_in, hand_in},
    size::size,
    step::{self, Cost},
};
use crate::table::{Amount, Goal, Row};
use grader::{
    compile::{Targets, build},
    exercise::Exercise,
    report::Report,
};
use serde::Deserialize;
use std::{fs, path::PathBuf, process::Command};

/// How many hand in.
const LEARNERS: [&str; 2] = ["ada", "grace"];

pub fn run(session: &mut Session<'_>) -> Result<(), String> {
    let set = session.whole()?;
    let (lab, days) = (&session.lab, &set.days);
    lab.seed(&lab.submissions)?;
    let cohort = Cohort::new(lab, days)?;
    // Whoever has handed in nothing: compiles what all submissions have in common.
    cohort.grade(&["nobody"], |_| {})?;
    let before = cohort.kept();
    let mut memory = Vec::new();
    let all = cohort.grade(&LEARNERS, |id| memory.push(resident(id)))?;
    cohort.expect_passed()?;
    let kept = cohort.kept().saturating_sub(before) / LEARNERS.len() as u64;
    // Everybody has a report now, so what is left is what the whole cohort pays once.
    let again = cohort.grade(&LEARNERS, |_| {})?;
    let of_one = |time: fn(&Cost) -> f64| (time(&all) - time(&again)) / LEARNERS.len() as f64;
    let (wall, cpu) = (of_one(|cost| cost.wall.as_secs_f64()), of_one(|cost| cost.cpu.as_secs_f64()));

    let objects = compilers::run(lab, days, Until::Objects)?.cpu.as_secs_f64();
    let programs = compilers::run(lab, days, Until::Program)?;
    let tests = session.tests_alone()?.cpu.as_secs_f64();
    let rustc = programs.cpu.as_secs_f64();
    let (first, second) = memory.split_at(memory.len() / 2);
    let peak = |half: &[u64]| Amount::Bytes(half.iter().copied().max().unwrap_or(0));

    let name = format!("one more submission of {}", set.title);
    let compiling = (Amount::CpuSeconds(rustc), Amount::CpuSeconds(cpu - tests));
    let disk = Row::new("cohort/disk", format!("{name}, on the disk"), "", (Amount::Bytes(0), Amount::Bytes(kept)));
    let rows = [
        Row::new("cohort/cpu", format!("{name}, without its tests"), "rustc alone", compiling).aims_at(
            Goal::Share(1.10),
            "contained tests compute more than the same tests alone, which is all that is subtracted",
        ),
        Row::new(
            "cohort/memory",
            "memory in the second half of a cohort",
            "the first half",
            (peak(first), peak(second)),
        )
        .aims_at(Goal::Share(1.10), "something of each submission is kept in memory"),
        Row { theirs: None, ..disk }
            .aims_at(Goal::AtMost(Amount::Bytes(5_000_000)), "reports and verdicts hold what each test has said"),
    ];
    session.rows.extend(rows);
    session.floor(format!("{name}: as long as"), Amount::Seconds(wall));
    session.floor(format!("{name}: everything"), Amount::CpuSeconds(cpu));
    session.floor(format!("{name}: rustc alone, as long as"), Amount::wall(programs.wall));
    session.floor(format!("{name}: rustc alone"), Amount::CpuSeconds(rustc));
    session.floor(format!("{name}: of it the linker"), Amount::CpuSeconds(rustc - objects));
    session.floor(format!("{name}: its tests alone, each a process"), Amount::CpuSeconds(tests));
    session.floor(format!("{name}: the rest"), Amount::CpuSeconds(cpu - tests - rustc));
    Ok(())
}

/// A cohort below the lab's folder.
struct Cohort<'a> {
    lab: &'a Lab,
    program: PathBuf,
    folder: PathBuf,
    /// As `--days` takes them.
    days: String,
}

impl Cohort<'_> {
    /// Everybody hands in the same, but for an edit of each day.
    fn new<'a>(lab: &'a Lab, days: &[Exercise]) -> Result<Cohort<'a>, String> {
        let folder = lab.folder.join("ours/cohort");
        let out = folder.join("out");
        if out.exists() {
            fs::remove_dir_all(&out).map_err(|error| format!("cannot remove {}: {error}", out.display()))?;
        }
        for learner in LEARNERS {
            let submission = folder.join("handed-in").join(learner);
            hand_in(&lab.catalog, &submission)?;
            days.iter().try_for_each(|day| lab.edit_handed_in(&submission, day))?;
        }
        let targets = Targets { programs: vec!["xtask-cohort".to_owned()], tests: Vec::new() };
        let mut built = build(&lab.submissions, &targets).map_err(|error| error.to_string())?;
        let program = built.executables.remove("xtask-cohort").ok_or_else(|| built.errors("xtask-cohort"))?;
        let days = days.iter().map(|day| day.id.as_str()).collect::<Vec<_>>().join(",");
        Ok(Cohort { lab, program, folder, days })
    }

    /// Grades everybody who is named; `look` is called with the grader's process id while it runs.
    fn grade(&self, learners: &[&str], look: impl FnMut(u32)) -> Result<Cost, String> {
        let roster = self.folder.join("roster.csv");
        let lines: String = learners.iter().map(|id| format!("{id}\n")).collect();
        fs::write(&roster, format!("id\n{lines}"))
            .map_err(|error| format!("cannot write {}: {error}", roster.display()))?;
        // One for each roster: a folder is begun for one.
        let out = self.folder.join("out").join(learners.len().to_string());
        let template = cargo_in(&self.lab.submissions);
        let mut command = Command::new(&self.program);
        command.current_dir(&self.lab.submissions.root).args(["grade", "--days", &self.days]);
        command.envs(template.get_envs().filter_map(|(name, value)| Some((name, value?))));
        command.arg("--roster").arg(&roster).arg("--submissions").arg(self.folder.join("handed-in"));
        step::run_watched(command.arg("--out").arg(out), &self.folder.join("log"), look)
    }

    /// Bytes of reports and verdicts.
    fn kept(&self) -> u64 {
        size(&self.folder.join("out")) + size(&self.lab.catalog.root().join(".thirty"))
    }

    fn expect_passed(&self) -> Result<(), String> {
        for learner in LEARNERS {
            let path = self.folder.join("out").join(LEARNERS.len().to_string()).join(format!("reports/{learner}.json"));
            let text = fs::read(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
            let record: Record =
                serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", path.display()))?;
            if record.report.exit_code() != 0 {
                return Err(format!("the solutions do not pass as a submission, see {}", path.display()));
            }
        }
        Ok(())
    }
}

/// The record of a learner, as far as we care.
#[derive(Deserialize)]
struct Record {
    report: Report,
}

/// Bytes of memory that a process has; none where the system does not say (only Linux does), or once it has ended.
fn resident(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok()).unwrap_or(0) * 1024
}
