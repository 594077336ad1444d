//! Coarse time: one task advances it for everybody, so that ten thousand idle connections cost no timers.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

/// How fine the clock is.
pub(crate) const TICK: Duration = Duration::from_millis(250);
const TICKS_PER_SECOND: u32 = 4;

/// Seconds since 1970, for what outlives the process.
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

    /// Whole seconds that have surely passed between two readings: the first may be a tick old.
    pub(crate) fn seconds_between(earlier: u32, later: u32) -> u32 {
        later.saturating_sub(earlier).saturating_sub(1) / TICKS_PER_SECOND
    }

    pub(crate) fn ticks_in(seconds: u32) -> u32 {
        seconds.saturating_mul(TICKS_PER_SECOND)
    }

    /// The present, not as it was when it was last moved on to: whoever does that may be late.
    fn now(&self) -> u32 {
        (self.start.elapsed().as_millis() / TICK.as_millis()) as u32
    }

    /// The tick at which `ticks` from now have passed: a little later, since a tick of the present may have passed,
    /// and never earlier.
    pub(crate) fn after(&self, ticks: u32) -> u32 {
        self.now().saturating_add(ticks).saturating_add(1)
    }

    /// Moves on to the present, which it returns.
    pub(crate) fn advance(&self) -> u32 {
        let now = self.now();
        self.ticks.store(now, Ordering::Relaxed);
        now
    }
}
