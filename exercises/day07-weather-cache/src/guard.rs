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
        match state.circuit {
            Circuit::Closed { failures } if failures < u32::MAX && state.quiet_until.is_none() => Ok(()),
            Circuit::Closed { .. } => todo!("is {:?} over at {now:?}?", state.quiet_until),
            Circuit::HalfOpen => todo!("one call is out already: come back after {:?}", self.pause),
            Circuit::Open { until } => {
                state.circuit = Circuit::HalfOpen;
                todo!("only if it is {until:?} at {now:?}")
            }
        }
    }

    /// Takes in what came of a call.
    pub fn leave(&self, now: Instant, trouble: Option<&Trouble>) {
        let mut state = self.state();
        state.circuit = match trouble {
            // Nobody has so much patience. When is it time to open? And what does Trouble::Busy ask for?
            Some(Trouble::Bad(_) | Trouble::Slow) if self.allowed_failures == u32::MAX => {
                Circuit::Open { until: now + self.pause }
            }
            _ => Circuit::Closed { failures: 0 },
        };
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
