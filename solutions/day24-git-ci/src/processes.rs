//! Ends everything that a run has started. A process group is not enough: a child that calls `setsid` leaves it. What no
//! child loses by itself is its environment, so every process of a run carries a mark there.

use std::{fs, time::Duration};

/// The variable with the mark.
pub const MARK: &str = "CI_MARK";

/// Kills every process with this mark, and those that they start meanwhile. Returns when none is left.
pub async fn kill_all(mark: &str) {
    let wanted = format!("{MARK}={mark}");
    loop {
        let wanted = wanted.clone();
        let killed = tokio::task::spawn_blocking(move || kill_once(&wanted)).await;
        if !matches!(killed, Ok(1..)) {
            return;
        }
        // A killed process is there until the kernel has taken it apart.
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

/// Kills those that are there now. Returns how many.
fn kill_once(wanted: &str) -> usize {
    let mut killed = 0;
    for entry in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<i32>().ok()) else { continue };
        // Other people's processes cannot be read, and zombies have no environment any more.
        let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
        let is_marked = environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes());
        if let (true, Some(process)) = (is_marked, rustix::process::Pid::from_raw(id)) {
            // One that has just ended needs no signal.
            let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
            killed += 1;
        }
    }
    killed
}
