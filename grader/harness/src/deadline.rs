//! Bounded waiting. Every deadline of the harness goes through [`timeout`], so that one variable stretches them all.

use crate::expect;
use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

/// `duration`, stretched by `HARNESS_TIMEOUT_SCALE` where that is set to a number above zero.
pub fn timeout(duration: Duration) -> Duration {
    static SCALE: OnceLock<f64> = OnceLock::new();
    let scale = SCALE.get_or_init(|| {
        let text = std::env::var("HARNESS_TIMEOUT_SCALE").unwrap_or_default();
        text.parse().ok().filter(|scale| (0.01..=1000.0).contains(scale)).unwrap_or(1.0)
    });
    duration.mul_f64(*scale)
}

/// Tries `probe` until it returns a value, at most for `within` (stretched), and returns that value.
///
/// This is the one way to wait for something that the program does in its own time. A bare sleep would be too short on a
/// busy machine and too long on an idle one.
#[track_caller]
pub fn eventually<T>(requirement: &str, within: Duration, mut probe: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + timeout(within);
    loop {
        if let Some(value) = probe() {
            return value;
        }
        if Instant::now() >= deadline {
            expect(requirement)
                .expected(format!("this to become true within {} ms", timeout(within).as_millis()))
                .fail("it did not");
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}
