//! Coarse clock: one task advances it for all connections, so that ten thousand idle connections need no timers.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// Resolution of the clock.
pub(crate) const TICK: Duration = Duration::from_millis(250);
const TICKS_PER_SECOND: u32 = 4;

/// Returns the seconds since 1970, for state that outlives the process.
pub(crate) fn unix_now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |now| now.as_secs())
}

#[derive(Debug)]
pub(crate) struct Clock {
    start: Instant,
    ticks: AtomicU32,
}

impl Default for Clock {
    fn default() -> Self {
        Self { start: Instant::now(), ticks: AtomicU32::new(0) }
    }
}

impl Clock {
    pub(crate) fn ticks(&self) -> u32 {
        self.ticks.load(Ordering::Relaxed)
    }

    /// Returns the whole seconds that have certainly passed between two readings; the first may be a tick old.
    pub(crate) fn seconds_between(earlier: u32, later: u32) -> u32 {
        later.saturating_sub(earlier).saturating_sub(1) / TICKS_PER_SECOND
    }

    pub(crate) fn ticks_in(seconds: u32) -> u32 {
        seconds.saturating_mul(TICKS_PER_SECOND)
    }

    /// Returns the tick of the current time. The stored tick may lag behind, because the task that advances it may be
    /// late.
    fn now(&self) -> u32 {
        (self.start.elapsed().as_millis() / TICK.as_millis()) as u32
    }

    /// Returns the tick at which `ticks` from now have passed. Rounded up because the current tick has partly passed,
    /// so it is never too early.
    pub(crate) fn after(&self, ticks: u32) -> u32 {
        self.now().saturating_add(ticks).saturating_add(1)
    }

    /// Advances the clock to the current time; returns the tick.
    pub(crate) fn advance(&self) -> u32 {
        let now = self.now();
        self.ticks.store(now, Ordering::Relaxed);
        now
    }
}
