//! What was committed and is to be published: events in memory where there is room for them, else the rooms in
//! whose logs they stand. So the committer never waits for a broker, and nothing grows.

use std::collections::BTreeSet;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;

use chinwag_store::{RoomKey, StoredEvent};

/// Bytes of events kept in memory at most.
const BYTES: usize = 4 * 1024 * 1024;

/// What is to be published.
#[derive(Debug, Default)]
pub struct Waiting {
    /// Events, in the order of their commits.
    pub events: Vec<StoredEvent>,
    /// Rooms whose logs are to be looked at.
    pub rooms: BTreeSet<RoomKey>,
}

#[derive(Default)]
struct Inner {
    /// Somebody takes from here.
    open: bool,
    bytes: usize,
    waiting: Waiting,
}

/// Filled by the committer's output, emptied by whoever publishes.
#[derive(Default)]
pub struct Backlog {
    inner: Mutex<Inner>,
    wake: Notify,
}

impl Backlog {
    /// From now on (or no more) somebody takes from here; what happened before stands in the database.
    pub fn open(&self, open: bool) {
        *self.inner.lock() = Inner { open, ..Inner::default() };
    }

    /// These were committed here, and others in these rooms by other servers.
    pub fn committed(&self, events: Vec<StoredEvent>, elsewhere: impl Iterator<Item = RoomKey>) {
        let mut inner = self.inner.lock();
        if !inner.open {
            return;
        }
        inner.waiting.rooms.extend(elsewhere);
        for event in events {
            if inner.bytes < BYTES {
                inner.bytes += event.body.len();
                inner.waiting.events.push(event);
            } else {
                inner.waiting.rooms.insert(event.room);
            }
        }
        if !inner.waiting.events.is_empty() || !inner.waiting.rooms.is_empty() {
            self.wake.notify_one();
        }
    }

    /// The content of these was erased: nothing of it is published any more.
    pub fn erase(&self, erased: &[StoredEvent]) {
        if erased.is_empty() {
            return;
        }
        let mut inner = self.inner.lock();
        for waiting in &mut inner.waiting.events {
            if let Some(erased) = erased.iter().find(|it| (it.room, it.seq) == (waiting.room, waiting.seq)) {
                waiting.body = erased.body.clone();
            }
        }
    }

    /// How many events and rooms are waiting.
    pub fn len(&self) -> usize {
        let inner = self.inner.lock();
        inner.waiting.events.len() + inner.waiting.rooms.len()
    }

    /// Takes what is waiting; waits for it, but no longer than `patience`.
    pub async fn take(&self, patience: Duration) -> Waiting {
        if self.len() == 0 {
            let _ = tokio::time::timeout(patience, self.wake.notified()).await;
        }
        let mut inner = self.inner.lock();
        inner.bytes = 0;
        std::mem::take(&mut inner.waiting)
    }
}
