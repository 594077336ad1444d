//! Periodic work: handles session alarms, ends connections that block buffers others need, saves sessions, and removes
//! expired retained messages.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::clock::{Clock, TICK};
use crate::core::Core;
use crate::session::{Close, Session, State, Testament};
use crate::{Handler, Refusal};

/// How many seconds a client may accept no data while all buffers together are full.
const STUCK: u32 = 60;
/// Number of ticks between checks for such clients.
const LOOK_FOR_STUCK: u32 = 4;
/// Number of ticks between removals of expired retained messages (which are never delivered anyway).
const SWEEP: u32 = 240;

/// What is due for a session now, and when to check it again.
#[derive(Debug, Default)]
struct Findings {
    silent: bool,
    will: Option<Box<Testament>>,
    over: bool,
    next: Option<u32>,
}

fn look(session: &Session, state: &mut State, now: u32) -> Findings {
    let mut found = Findings::default();
    if let Some(link) = &state.link {
        let silent = now.saturating_sub(session.heard.load(Ordering::Relaxed));
        found.silent = link.silence > 0 && silent > link.silence;
        found.next = (link.silence > 0 && !found.silent).then(|| now + link.silence - silent + 1);
        return found;
    }
    let is_due = |due: Option<u32>| due.is_some_and(|due| due <= now);
    found.over = is_due(state.ends);
    // [MQTT-3.1.2-8]: the will is published when the session ends, at the latest.
    if found.over || is_due(state.will_due) {
        found.will = state.will.take();
        state.will_due = None;
    }
    found.next = state.will_due.into_iter().chain(state.ends).min().filter(|_| !found.over);
    found
}

impl<H: Handler> Core<H> {
    /// Saves the queued sessions.
    pub(crate) async fn save(&self) {
        let Some(mut batch) = self.saver.take(|id| self.logs.numbered(id).map(|log| Arc::clone(&log.topic)))
        else {
            return;
        };
        let changes = std::mem::take(&mut batch.changes);
        let result = if changes.is_empty() { Ok(()) } else { self.handler.save_sessions(changes).await };
        if let Err(refusal) = &result {
            tracing::warn!(%refusal, "sessions could not be saved; trying again");
        }
        batch.done(&self.saver, &result);
    }

    /// Starts the tasks that advance the clock and save sessions, until the broker is dropped.
    pub(crate) fn start(self: &Arc<Self>) {
        let weak = Arc::downgrade(self);
        tokio::spawn(async move {
            let mut rounds = 0;
            let mut ticks = tokio::time::interval(TICK);
            ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
            loop {
                ticks.tick().await;
                let Some(core) = weak.upgrade() else { return };
                let now = core.clock.advance();
                core.alarm(now);
                if rounds % LOOK_FOR_STUCK == 0 {
                    core.end_stuck(now);
                }
                rounds = (rounds + 1) % SWEEP;
                if rounds == 0 {
                    core.retained.write().expire(core.clock.ticks());
                }
            }
        });
        let weak = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                let Some(core) = weak.upgrade() else { return };
                if !core.saver.is_urgent() {
                    let interval = core.config.save_interval.max(Duration::from_millis(10));
                    tokio::select! {
                        () = tokio::time::sleep(interval) => {}
                        () = core.saver.urgent.notified() => {}
                    }
                }
                core.save().await;
            }
        });
    }

    /// Schedules a check of the session at tick `due`, or earlier.
    pub(crate) fn look_at(&self, session: &Arc<Session>, due: u32) {
        self.alarms.set(&self.clock, session, due);
    }

    /// Checks the sessions whose alarms are due.
    pub(crate) fn alarm(self: &Arc<Self>, now: u32) {
        for session in self.alarms.due(now) {
            let mut found = Findings::default();
            let over = |state: &mut State| {
                found = look(&session, state, now);
                found.over
            };
            self.end_session_if(&session, None, over);
            if found.silent {
                // [MQTT-3.1.2-22]
                session.close(Close { refusal: Refusal::new(0x8d, "keep alive timeout"), will: true });
            }
            if let Some(testament) = found.will {
                self.publish_will(*testament);
            }
            if let Some(next) = found.next {
                self.look_at(&session, next);
            }
        }
    }

    /// While all buffers together are full, ends connections whose clients have accepted no data for [`STUCK`] seconds.
    fn end_stuck(&self, now: u32) {
        if self.buffered() < self.config.limits.buffer_total {
            return;
        }
        let is_stuck = |session: &Arc<Session>| {
            let state = session.state.lock();
            let blocked = state.link.as_ref().and_then(|link| link.blocked);
            blocked.is_some_and(|since| now.saturating_sub(since) > Clock::ticks_in(STUCK))
        };
        for session in self.sessions.all().into_iter().filter(is_stuck) {
            let reason = "all buffers are full, and this client does not read";
            session.close(Close { refusal: Refusal::new(0x97, reason), will: true });
        }
    }
}
