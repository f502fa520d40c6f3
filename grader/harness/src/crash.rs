//! Acknowledged before the kill, so there after it.
//!
//! A write that a program has acknowledged must survive SIGKILL. The shape of such a test is always the same: write and
//! note what was acknowledged, kill at a moment that nobody planned, start again, and look for everything noted.
//! [`kill_while_running`] is that for command lines; `harness_net::write_until_killed` is it for services.

use crate::{Random, expect, kill, timeout};
use std::{
    collections::BTreeSet,
    fmt::Debug,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// What was acknowledged before a kill.
#[derive(Debug, Clone)]
pub struct Acknowledged<T> {
    items: BTreeSet<T>,
}

impl<T: Ord + Debug> Acknowledged<T> {
    /// Everything that was acknowledged.
    pub fn items(&self) -> &BTreeSet<T> {
        &self.items
    }

    /// Every acknowledged item has to be among `stored`. More may be stored: a write can be complete and its
    /// acknowledgement cut off.
    #[track_caller]
    pub fn expect_all_in(&self, stored: &BTreeSet<T>) {
        let lost: Vec<_> = self.items.difference(stored).take(5).collect();
        expect("every write that was acknowledged before a kill -9 is still there after a restart")
            .expected(format!("all {} acknowledged writes", self.items.len()))
            .that(lost.is_empty(), format!("lost, among others: {lost:?}"));
    }
}

impl<T: Ord> FromIterator<T> for Acknowledged<T> {
    fn from_iter<I: IntoIterator<Item = T>>(items: I) -> Self {
        Acknowledged { items: items.into_iter().collect() }
    }
}

/// SIGKILL, without waiting for the end.
fn kill_soon(process: &mut Child) {
    #[cfg(unix)]
    crate::send_kill(process.id());
    #[cfg(not(unix))]
    let _ = process.kill();
}

/// Runs `command(n)` for n = 0, 1, 2 … `rounds`, kills about every second one with SIGKILL after a random part of the
/// time that an undisturbed run takes, and returns the `n` of those that ended with exit status 0.
///
/// # Panics
/// When no run at all ended with exit status 0, for then the test would show nothing.
#[track_caller]
pub fn kill_while_running(
    random: &mut Random,
    rounds: usize,
    command: impl Fn(usize) -> Command,
) -> Acknowledged<usize> {
    let mut usual = Duration::from_millis(20);
    let mut acknowledged = BTreeSet::new();
    for round in 0..rounds {
        let mut process = match command(round).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
        {
            Ok(process) => process,
            Err(error) => panic!("the program could not be started: {error}"),
        };
        let started = Instant::now();
        let killed = round > 0 && random.one_in(2);
        if killed {
            let part = u32::try_from(random.between(0..=120)).unwrap_or(100);
            // Not synchronisation: the length of this pause is the experiment.
            std::thread::sleep(usual * part / 100);
            kill_soon(&mut process);
        }
        let limit = timeout(Duration::from_secs(10));
        let status = loop {
            match process.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) if started.elapsed() < limit => std::thread::sleep(Duration::from_millis(1)),
                _ => {
                    let _ = kill(&mut process);
                    panic!("run {round} of the program had not ended after {} s", limit.as_secs());
                }
            }
        };
        if !killed {
            usual = started.elapsed();
        }
        if status.success() {
            acknowledged.insert(round);
        }
    }
    assert!(!acknowledged.is_empty(), "none of {rounds} runs ended with exit status 0");
    Acknowledged { items: acknowledged }
}
