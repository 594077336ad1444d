//! Alarms: check a session when its client may have been silent too long, a will may be due, or the session may have
//! expired.
//!
//! A session has one alarm in force, set only a short time ahead; when it goes off, the check determines when to look
//! again. This bounds the entries left behind by a client that reconnects often.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};

use parking_lot::Mutex;

use crate::clock::Clock;
use crate::session::Session;

/// Maximum number of seconds an alarm is set ahead. Entries of ended sessions are kept no longer than that.
const AHEAD: u32 = 15;

/// Alarms by the tick at which they go off.
#[derive(Debug, Default)]
pub(crate) struct Alarms(Mutex<BTreeMap<u32, Vec<Weak<Session>>>>);

impl Alarms {
    /// Schedules a check of the session at tick `due`, or earlier.
    pub(crate) fn set(&self, clock: &Clock, session: &Arc<Session>, due: u32) {
        let due = due.min(clock.after(Clock::ticks_in(AHEAD)));
        if session.alarm.fetch_min(due, Ordering::AcqRel) > due {
            self.0.lock().entry(due).or_default().push(Arc::downgrade(session));
        }
    }

    /// Removes and returns the sessions to check now.
    pub(crate) fn due(&self, now: u32) -> Vec<Arc<Session>> {
        let mut alarms = self.0.lock();
        let mut due = Vec::new();
        while let Some(first) = alarms.first_entry()
            && *first.key() <= now
        {
            let (at, sessions) = first.remove_entry();
            // An alarm no longer in force was superseded by an earlier one.
            let counts = |session: &Arc<Session>| {
                let (order, failed) = (Ordering::AcqRel, Ordering::Relaxed);
                session.alarm.compare_exchange(at, u32::MAX, order, failed).is_ok()
            };
            due.extend(sessions.iter().filter_map(Weak::upgrade).filter(counts));
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SessionKey;

    /// A client that reconnects often sets alarms for its keep-alive and its session's expiry each time. They don't
    /// accumulate, and the session is checked once.
    #[test]
    fn alarms_do_not_pile_up() {
        let (alarms, clock) = (Alarms::default(), Clock::default());
        let key = SessionKey { account: 1, client_id: "a".into() };
        let session = Arc::new(Session::new(key, 1));
        for _ in 0..10_000 {
            alarms.set(&clock, &session, clock.after(Clock::ticks_in(97_302)));
            alarms.set(&clock, &session, clock.after(Clock::ticks_in(2_592_000)));
        }
        let kept = || alarms.0.lock().values().map(Vec::len).sum::<usize>();
        assert_eq!(kept(), 1);
        alarms.set(&clock, &session, clock.after(2));
        assert_eq!(kept(), 2, "an earlier one comes in front");
        assert!(alarms.due(0).is_empty());
        assert_eq!(alarms.due(u32::MAX).len(), 1);
        assert_eq!(kept(), 0);
    }
}
