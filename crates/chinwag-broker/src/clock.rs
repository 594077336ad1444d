//! Coarse time: one task advances it for everybody, so that ten thousand idle connections cost no timers.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use parking_lot::Mutex;
use tokio::time::Instant;

use crate::session::Session;

/// How fine the clock is.
pub(crate) const TICK: Duration = Duration::from_millis(250);
const TICKS_PER_SECOND: u32 = 4;

/// Seconds since 1970, for what outlives the process.
pub(crate) fn unix_now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |now| now.as_secs())
}

/// Something to look at when its time has come.
#[derive(Debug)]
pub(crate) enum Alarm {
    /// Has this connection been heard within `ticks`?
    Silence { session: Weak<Session>, connection: u64, ticks: u32 },
    /// The will of a connection that is gone is due.
    Will { session: Arc<Session>, connection: u64 },
    /// A session nobody came back to ends.
    Expiry { session: Weak<Session>, connection: u64 },
}

#[derive(Debug)]
pub(crate) struct Clock {
    start: Instant,
    ticks: AtomicU32,
    alarms: Mutex<BTreeMap<u32, Vec<Alarm>>>,
}

impl Default for Clock {
    fn default() -> Self {
        Self { start: Instant::now(), ticks: AtomicU32::new(0), alarms: Mutex::default() }
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

    /// Sets an alarm `ticks` from now: a little later, since a tick of the present may have passed, and never
    /// earlier.
    pub(crate) fn set(&self, ticks: u32, alarm: Alarm) {
        let due = self.now().saturating_add(ticks).saturating_add(1);
        self.alarms.lock().entry(due).or_default().push(alarm);
    }

    /// Moves on to the present; returns what is due.
    pub(crate) fn advance(&self) -> Vec<Alarm> {
        let now = self.now();
        self.ticks.store(now, Ordering::Relaxed);
        let mut alarms = self.alarms.lock();
        let mut due = Vec::new();
        while let Some(first) = alarms.first_entry() {
            if *first.key() > now {
                break;
            }
            due.append(&mut first.remove());
        }
        due
    }
}
