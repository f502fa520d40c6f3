//! Linux: which processes can belong to one that we have started, without a look into every process of the machine. There
//! may be hundreds, and a grading asks for each of its tests, and many times for a long one.
//!
//! Ids of processes are handed out in ascending order, and from the lowest again after the highest. Whatever a process
//! starts has therefore a higher id than its own, unless the highest has been passed meanwhile.

use std::fs;

/// A process that we have started, and all that it starts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Family {
    /// The process that we have started.
    pub(super) eldest: u32,
    /// How many processes the system had started before.
    forks_before: Option<u64>,
}

/// How many processes and threads the system has started.
#[derive(Debug, Clone, Copy)]
pub(super) struct Forks(Option<u64>);

impl Forks {
    pub(super) fn so_far() -> Forks {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        Forks(stat.lines().find_map(|line| line.strip_prefix("processes ")?.trim().parse().ok()))
    }

    /// The family of a process that was started after the count.
    pub(super) fn family(self, eldest: u32) -> Family {
        Family { eldest, forks_before: self.0 }
    }
}

impl Family {
    /// The ids of all processes that can belong to it, and of others.
    pub(super) fn candidates(&self) -> Vec<u32> {
        // In this order: what begins after the list was read is in a later list.
        let all = processes();
        let lowest = if self.ids_began_again() { 0 } else { self.eldest };
        all.into_iter().filter(|&id| id >= lowest).collect()
    }

    /// Whether ids below that of the eldest may have been handed out since. In doubt they were.
    fn ids_began_again(&self) -> bool {
        let (Some(before), Forks(Some(now))) = (self.forks_before, Forks::so_far()) else { return true };
        let (Some(last), Some(highest)) = (last_id(), highest_id()) else { return true };
        // With so few starts nobody can have come around to an id above the eldest's.
        last < u64::from(self.eldest) || now.saturating_sub(before) >= highest / 2
    }
}

/// The ids of all processes.
pub(super) fn processes() -> Vec<u32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// The id that was handed out last.
fn last_id() -> Option<u64> {
    fs::read_to_string("/proc/loadavg").ok()?.split_whitespace().last()?.parse().ok()
}

fn highest_id() -> Option<u64> {
    fs::read_to_string("/proc/sys/kernel/pid_max").ok()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::{
        super::sweep::{forget, start},
        *,
    };
    use std::process::{Child, Command};

    #[test]
    fn what_is_older_is_left_out_and_what_is_younger_is_not() {
        // Started as the grader starts them, or a sweep of another test could collect them.
        let sleep = || start(|| Command::new("sleep").arg("600").spawn(), Child::id).unwrap();
        let ((mut eldest, family), (mut younger, _)) = (sleep(), sleep());
        let candidates = family.candidates();
        assert!(candidates.contains(&eldest.id()) && candidates.contains(&younger.id()));
        let is_older = |id: &u32| *id == std::process::id();
        // While this runs the ids may begin again, and then everybody is looked at.
        assert!(!candidates.iter().any(is_older) || eldest.id() < std::process::id() || younger.id() < eldest.id());
        for child in [&mut eldest, &mut younger] {
            child.kill().unwrap();
            child.wait().unwrap();
            forget(child.id());
        }
    }

    #[test]
    fn everybody_is_looked_at_when_ids_may_have_begun_again() {
        let ourselves = std::process::id();
        let none_is_higher = Forks::so_far().family(u32::MAX).candidates();
        assert!(none_is_higher.contains(&ourselves), "the last id is lower than the eldest's");
        assert!(Forks(None).family(ourselves + 1).candidates().contains(&ourselves), "nothing is known");
    }
}
