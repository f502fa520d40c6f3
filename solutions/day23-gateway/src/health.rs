//! Whether an upstream is well.

use crate::{config, upstream::Upstream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::time::{MissedTickBehavior, interval, timeout};

/// Up until probes have said otherwise, so that a gateway works from its start.
#[derive(Debug, Default)]
pub struct Health(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    down: bool,
    /// Probes in a row that say the contrary of `down`.
    contrary: u32,
}

impl Health {
    pub fn is_up(&self) -> bool {
        !self.lock().down
    }

    /// Forgets what probes have said.
    pub fn forget(&self) {
        *self.lock() = State::default();
    }

    /// Counts a probe. Returns whether the upstream is down now, when that is news.
    fn note(&self, success: bool, settings: &config::Health) -> Option<bool> {
        let mut state = self.lock();
        if success != state.down {
            state.contrary = 0;
            return None;
        }
        state.contrary += 1;
        let enough = if state.down { settings.recover_after } else { settings.fail_after };
        (state.contrary >= enough.get()).then(|| {
            *state = State { down: !state.down, contrary: 0 };
            state.down
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Probes an upstream until this task is aborted. Each upstream has its own, so one that hangs holds up no other.
pub async fn watch(upstream: Arc<Upstream>, settings: config::Health) {
    let mut ticks = interval(settings.interval);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let success = timeout(settings.timeout, upstream.is_well(&settings.path)).await.unwrap_or(false);
        if let Some(down) = upstream.health.note(success, &settings) {
            eprintln!("{} is {}", upstream.address, if down { "down" } else { "up again" });
        }
    }
}
