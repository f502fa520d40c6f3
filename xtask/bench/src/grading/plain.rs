//! The plain way for a whole submission: `cargo test`, day by day, with sources that nobody has compiled before.

use super::{
    Session,
    step::{self, Cost, median},
};
use grader::{compile::Workspace, exercise::Exercise};
use std::{collections::BTreeMap, fs, io};

/// What the plain way took for each day, so that several benches can be held against it.
#[derive(Debug, Default)]
pub struct PlainDays {
    defaults: BTreeMap<String, Cost>,
    best: BTreeMap<String, Cost>,
}

/// How cargo is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settings {
    Defaults,
    Best,
}

impl Session<'_> {
    /// What the plain way takes for `days` one by one, the median of each day. Days that were measured before are not
    /// measured again.
    pub(super) fn plain_way(&mut self, days: &[Exercise], settings: Settings) -> Result<Cost, String> {
        let known = |plain: &PlainDays, day: &Exercise| match settings {
            Settings::Defaults => plain.defaults.get(&day.id).copied(),
            Settings::Best => plain.best.get(&day.id).copied(),
        };
        let open: Vec<_> = days.iter().filter(|day| known(&self.plain, day).is_none()).collect();
        if !open.is_empty() {
            let workspace = match settings {
                Settings::Defaults => &self.lab.defaults,
                Settings::Best => &self.lab.best,
            };
            self.lab.warm_plain(workspace, &open)?;
            let mut costs: BTreeMap<String, Vec<Cost>> = BTreeMap::new();
            for _ in 0..self.rounds_of_the_whole() {
                for day in &open {
                    self.lab.edit_plain(day)?;
                    forget(workspace, day).map_err(|error| format!("cannot forget earlier sources: {error}"))?;
                    let cost = step::run(&mut self.lab.plain_test(workspace, day))?;
                    costs.entry(day.id.clone()).or_default().push(cost);
                }
            }
            let medians = costs.into_iter().map(|(day, costs)| (day, median(&costs)));
            match settings {
                Settings::Defaults => self.plain.defaults.extend(medians),
                Settings::Best => self.plain.best.extend(medians),
            }
        }
        let mut sum = Cost::default();
        for cost in days.iter().filter_map(|day| known(&self.plain, day)) {
            sum += cost;
        }
        Ok(sum)
    }
}

/// Removes what an incremental compiler knows of a day's program: another learner's sources have nothing in common with the
/// ones before, and one edit has nearly everything.
fn forget(workspace: &Workspace, day: &Exercise) -> io::Result<()> {
    let Some(folder) = workspace.target_dir.as_ref().map(|target| target.join("debug/incremental")) else {
        return Ok(());
    };
    if !folder.exists() {
        return Ok(());
    }
    let program = grader::catalog::solution_package(&day.id).replace('-', "_") + "-";
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&program) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}
