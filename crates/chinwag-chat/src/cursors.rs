//! Pending read cursors. Cursors move with every line that somebody reads and with everything they send, so they are
//! gathered here, stored about once a second, and announced once they are stored: only the newest for each account and
//! room.
//!
//! A crash loses the last second of them; a cursor never moves backward.

use std::collections::HashMap;
use std::time::Duration;

use chinwag_protocol::{Reason, Refused};
use parking_lot::Mutex;
use tokio::sync::{Notify, watch};
use tokio::time::timeout;

use crate::directory::Directory;
use crate::store::{AccountId, CursorMove, MoveCursors, RoomKey, Store, StoredEvent};

/// Maximum number of cursors waiting to be stored. Further ones are refused; a later cursor will make up for them.
const WAITING: usize = 100_000;
/// Number of cursors stored with one write: messages can be committed between two of them.
const AT_ONCE: usize = 1_000;
/// How long a request for an account's rooms waits for its own cursors to be stored.
const PATIENCE: Duration = Duration::from_secs(5);

/// The newest seq read, for each account and room.
pub type ByPerson = HashMap<AccountId, HashMap<RoomKey, u64>>;

#[derive(Default)]
struct Inner {
    waiting: ByPerson,
    /// The number of cursors in `waiting`.
    count: usize,
    /// Cursors that are being stored.
    writing: ByPerson,
    /// Number of rounds of storing that have begun.
    round: u64,
    /// Cursors that are stored, and are to be announced.
    moved: ByPerson,
}

impl Inner {
    fn note(&mut self, account: AccountId, room: RoomKey, seq: u64) -> bool {
        let rooms = self.waiting.entry(account).or_default();
        match rooms.get_mut(&room) {
            Some(known) => *known = seq.max(*known),
            None if self.count >= WAITING => return false,
            None => {
                rooms.insert(room, seq);
                self.count += 1;
            }
        }
        true
    }
}

/// The cursors that are not stored or not announced yet.
pub struct Cursors {
    inner: Mutex<Inner>,
    /// Notified when a request waits for cursors to be stored.
    wanted: Notify,
    /// The last round that has ended.
    done: watch::Sender<u64>,
}

impl Default for Cursors {
    fn default() -> Self {
        Self { inner: Mutex::default(), wanted: Notify::new(), done: watch::Sender::new(0) }
    }
}

impl Cursors {
    /// Records that an account has read up to `seq`. Refused while too many cursors wait to be stored.
    pub fn read(&self, account: AccountId, room: RoomKey, seq: u64) -> Result<(), Refused> {
        if self.inner.lock().note(account, room, seq) {
            return Ok(());
        }
        Err(Reason::Cursors.into())
    }

    /// Moves the cursors of senders to their messages: sending counts as reading everything before.
    pub fn said(&self, directory: &Directory, events: &[StoredEvent]) {
        let mut inner = self.inner.lock();
        for event in events.iter().filter(|event| &*event.kind == "message") {
            if let Some(sender) = directory.id_named(&event.sender) {
                inner.note(sender, event.room, event.seq);
            }
        }
    }

    /// Waits until the cursors that an account moved before this call are stored, or could not be.
    pub async fn settle(&self, account: AccountId) {
        let (round, mut done) = {
            let inner = self.inner.lock();
            let waits = inner.waiting.contains_key(&account);
            if !waits && !inner.writing.contains_key(&account) {
                return;
            }
            (inner.round + u64::from(waits), self.done.subscribe())
        };
        self.wanted.notify_one();
        let _ = timeout(PATIENCE, done.wait_for(|done| *done >= round)).await;
    }

    /// Takes the waiting cursors, to be stored.
    fn take(&self) -> Vec<CursorMove> {
        let mut inner = self.inner.lock();
        inner.round += 1;
        inner.count = 0;
        let taken = std::mem::take(&mut inner.waiting);
        // Some of a cancelled round may still be here; storing them again is harmless.
        for (account, rooms) in taken {
            inner.writing.entry(account).or_default().extend(rooms);
        }
        let moves = inner.writing.iter().flat_map(|(account, rooms)| {
            rooms.iter().map(|(room, seq)| CursorMove { account: *account, room: *room, seq: *seq })
        });
        let mut moves: Vec<_> = moves.collect();
        moves.sort_unstable();
        moves
    }

    /// Records the cursors that were stored and have moved.
    fn stored(&self, moved: &[CursorMove]) {
        let mut inner = self.inner.lock();
        for &CursorMove { account, room, seq } in moved {
            inner.moved.entry(account).or_default().insert(room, seq);
        }
    }

    /// Ends a round. Cursors that could not be stored wait for the next one.
    fn end_round(&self, stored: bool) {
        let mut inner = self.inner.lock();
        let written = std::mem::take(&mut inner.writing);
        if !stored {
            for (account, rooms) in written {
                for (room, seq) in rooms {
                    inner.note(account, room, seq);
                }
            }
        }
        self.done.send_replace(inner.round);
    }

    /// Waits until a request needs cursors that are not stored yet.
    pub async fn wanted(&self) {
        self.wanted.notified().await;
    }

    /// Stores the waiting cursors.
    pub async fn store(&self, store: &Store) {
        let mut stored = true;
        for moves in self.take().chunks(AT_ONCE) {
            match store.write(MoveCursors(moves.to_vec())).await {
                Ok(moved) => self.stored(&moved),
                Err(refused) => {
                    tracing::warn!(%refused, "read cursors could not be stored yet");
                    stored = false;
                    break;
                }
            }
        }
        self.end_round(stored);
    }

    /// Takes the stored cursors, to be announced.
    pub fn take_moved(&self) -> ByPerson {
        std::mem::take(&mut self.inner.lock().moved)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    const ANA: AccountId = AccountId(1);
    const GENERAL: RoomKey = RoomKey(1);

    fn seqs(moves: &[CursorMove]) -> Vec<u64> {
        moves.iter().map(|cursor| cursor.seq).collect()
    }

    #[test]
    fn the_newest_of_each_person_and_room_is_stored() {
        let cursors = Cursors::default();
        for seq in [3, 9, 4] {
            cursors.read(ANA, GENERAL, seq).unwrap();
        }
        cursors.read(ANA, RoomKey(2), 1).unwrap();
        assert_eq!(seqs(&cursors.take()), [9, 1]);
        cursors.end_round(true);
        assert!(cursors.take().is_empty());
    }

    #[test]
    fn what_could_not_be_stored_waits_and_never_goes_back() {
        let cursors = Cursors::default();
        cursors.read(ANA, GENERAL, 5).unwrap();
        assert_eq!(seqs(&cursors.take()), [5]);
        cursors.read(ANA, GENERAL, 7).unwrap();
        cursors.end_round(false);
        assert_eq!(seqs(&cursors.take()), [7]);
        cursors.read(ANA, GENERAL, 6).unwrap();
        cursors.end_round(false);
        assert_eq!(seqs(&cursors.take()), [7]);
    }

    #[test]
    fn no_more_wait_than_there_is_room_for() {
        let cursors = Cursors::default();
        for room in 0..WAITING {
            cursors.read(ANA, RoomKey(room as i64), 1).unwrap();
        }
        let refused = cursors.read(ANA, RoomKey(-1), 1).unwrap_err();
        assert_eq!(refused.params.reason(), Some("cursors"));
        cursors.read(ANA, RoomKey(7), 2).unwrap();
    }

    #[tokio::test]
    async fn whoever_asks_waits_for_their_own_cursors() {
        let cursors = Arc::new(Cursors::default());
        // ANA has no pending cursors.
        cursors.settle(ANA).await;
        cursors.read(ANA, GENERAL, 5).unwrap();
        let asking = tokio::spawn({
            let cursors = Arc::clone(&cursors);
            async move { cursors.settle(ANA).await }
        });
        cursors.wanted.notified().await;
        assert_eq!(seqs(&cursors.take()), [5]);
        assert!(!asking.is_finished());
        cursors.end_round(true);
        asking.await.unwrap();
    }
}
