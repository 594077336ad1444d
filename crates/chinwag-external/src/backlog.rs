//! Committed events to be published: in memory as long as there is room, otherwise only the rooms whose logs contain
//! them. So the committer never waits for the broker, and memory is bounded.

use std::collections::BTreeSet;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;

use chinwag_store::{RoomKey, StoredEvent};

/// The maximum size of the events kept in memory, in bytes.
const BYTES: usize = 4 * 1024 * 1024;

/// The content of the queue.
#[derive(Debug, Default)]
pub struct Waiting {
    /// Events, in commit order.
    pub events: Vec<StoredEvent>,
    /// Rooms whose logs have more events.
    pub rooms: BTreeSet<RoomKey>,
}

#[derive(Default)]
struct Inner {
    /// Whether this server publishes.
    open: bool,
    bytes: usize,
    waiting: Waiting,
}

/// A queue from the committer to the publisher.
#[derive(Default)]
pub struct Backlog {
    inner: Mutex<Inner>,
    wake: Notify,
}

impl Backlog {
    /// Starts or stops collecting, and clears the queue; earlier events are read from the database.
    pub fn open(&self, open: bool) {
        *self.inner.lock() = Inner { open, ..Inner::default() };
    }

    /// Adds events committed by this server, and rooms in which other servers have committed events.
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

    /// Replaces queued events by their erased form, so that no erased content is published.
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

    /// Returns how many events and rooms are queued.
    pub fn len(&self) -> usize {
        let inner = self.inner.lock();
        inner.waiting.events.len() + inner.waiting.rooms.len()
    }

    /// Takes everything queued; if there is nothing, waits for it for up to `patience`.
    pub async fn take(&self, patience: Duration) -> Waiting {
        if self.len() == 0 {
            let _ = tokio::time::timeout(patience, self.wake.notified()).await;
        }
        let mut inner = self.inner.lock();
        inner.bytes = 0;
        std::mem::take(&mut inner.waiting)
    }
}
