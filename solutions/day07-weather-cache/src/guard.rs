//! When the weather service may be asked: not while it has asked for a pause, and not while it keeps failing.

use crate::upstream::Trouble;
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// A circuit breaker that also keeps the pauses which the other side asks for.
#[derive(Debug)]
pub struct Guard {
    allowed_failures: u32,
    pause: Duration,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    circuit: Circuit,
    /// The other side wants to be left alone until then.
    quiet_until: Option<Instant>,
}

#[derive(Debug)]
enum Circuit {
    /// Calls go through; so many in a row have failed.
    Closed { failures: u32 },
    /// No calls until then.
    Open { until: Instant },
    /// One call is trying whether the other side is well again; all others wait for what it finds out.
    HalfOpen,
}

impl Guard {
    pub fn new(allowed_failures: u32, pause: Duration) -> Guard {
        let state = State { circuit: Circuit::Closed { failures: 0 }, quiet_until: None };
        Guard { allowed_failures: allowed_failures.max(1), pause, state: Mutex::new(state) }
    }

    /// Asks for permission to call. Whoever gets it has to tell the outcome with [`Guard::leave`].
    ///
    /// # Errors
    /// The time after which to ask again.
    pub fn enter(&self, now: Instant) -> Result<(), Duration> {
        let mut state = self.state();
        if let Some(wait) = state.quiet_until.and_then(|until| later(until, now)) {
            return Err(wait);
        }
        match state.circuit {
            Circuit::Closed { .. } => Ok(()),
            Circuit::HalfOpen => Err(self.pause),
            Circuit::Open { until } => match later(until, now) {
                Some(wait) => Err(wait),
                None => {
                    state.circuit = Circuit::HalfOpen;
                    Ok(())
                }
            },
        }
    }

    /// Takes in what came of a call.
    pub fn leave(&self, now: Instant, trouble: Option<&Trouble>) {
        let mut state = self.state();
        if let Some(Trouble::Busy(wait)) = trouble {
            state.quiet_until = now.checked_add(*wait);
        }
        let failed = matches!(trouble, Some(Trouble::Bad(_) | Trouble::Slow));
        state.circuit = match state.circuit {
            // Any answer shows that somebody is there, "no such city" and "not so fast" as well.
            _ if !failed => Circuit::Closed { failures: 0 },
            Circuit::Closed { failures } if failures + 1 < self.allowed_failures => {
                Circuit::Closed { failures: failures + 1 }
            }
            _ => Circuit::Open { until: now + self.pause },
        };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The time from `now` to `until`, if there is any left.
fn later(until: Instant, now: Instant) -> Option<Duration> {
    until.checked_duration_since(now).filter(|left| !left.is_zero())
}
