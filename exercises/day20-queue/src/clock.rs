//! How long a second is.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Turns seconds of the protocol into times of the wall clock, which mean the same after a restart.
#[derive(Debug, Clone, Copy)]
pub struct Clock {
    second_ms: i64,
}

impl Clock {
    pub fn new(second_ms: u32) -> Clock {
        Clock { second_ms: i64::from(second_ms) }
    }

    /// Milliseconds since 1970, in so many seconds.
    pub fn in_seconds(self, seconds: i64) -> i64 {
        now_ms().saturating_add(seconds.saturating_mul(self.second_ms))
    }
}

/// Milliseconds since 1970.
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

/// How long it is until then: at least a millisecond, so that nobody waits in a busy loop.
pub fn until(then_ms: i64) -> Duration {
    Duration::from_millis(u64::try_from(then_ms - now_ms()).unwrap_or(0).max(1))
}
