//! Measuring two sides in turn, so that whatever else the machine does meets both.

use std::{
    process::{Command, Stdio},
    time::{Duration, Instant},
};

/// The median times of two sides.
#[derive(Debug, Clone, Copy)]
pub struct Medians {
    pub ours: Duration,
    pub theirs: Duration,
}

impl Medians {
    /// How many times as long the other side takes.
    pub fn ratio(self) -> f64 {
        self.theirs.as_secs_f64() / self.ours.as_secs_f64()
    }
}

/// Runs both sides in turn, `rounds` times after one run that does not count.
pub fn in_turn(
    rounds: usize,
    ours: impl Fn() -> Result<Duration, String>,
    theirs: impl Fn() -> Result<Duration, String>,
) -> Result<Medians, String> {
    ours()?;
    let mut times = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        times.0.push(ours()?);
        times.1.push(theirs()?);
    }
    Ok(Medians { ours: median(times.0), theirs: median(times.1) })
}

/// How long a command takes. Its output is not looked at.
pub fn timed(command: &mut Command) -> Result<Duration, String> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let begin = Instant::now();
    let status = command.status().map_err(|error| format!("{:?} cannot be started: {error}", command.get_program()))?;
    let elapsed = begin.elapsed();
    if status.success() { Ok(elapsed) } else { Err(format!("{:?} ended with {status}", command.get_program())) }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
