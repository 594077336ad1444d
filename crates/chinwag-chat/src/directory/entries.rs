//! The entries of the directory: accounts and rooms.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chinwag_protocol::{Name, RoomId, limits};

use crate::store::{AccountId, AccountRow, AccountState, MemberState, RoomKey, RoomRow};

/// An account.
#[derive(Debug, Clone)]
pub struct AccountEntry {
    /// Its database id.
    pub id: AccountId,
    /// Its name.
    pub name: Name,
    /// Whether it may create accounts and manage every room.
    pub admin: bool,
    /// When it was last online before this server started, in milliseconds since 1970.
    pub last_seen: Option<i64>,
    /// The rooms it is in; shared, so that cloning the entry is cheap.
    pub rooms: Arc<HashSet<RoomKey>>,
    /// Increases whenever its key for the broker changes.
    pub key_generation: i64,
    /// Whether it has a password; otherwise it signs in with tokens only.
    pub password: bool,
    /// Whether it may be used.
    pub state: AccountState,
    /// How often its password has changed since this server started.
    pub password_generation: u64,
}

impl AccountEntry {
    /// Creates the entry, without any room.
    pub(super) fn new(row: AccountRow) -> Self {
        let AccountRow { id, name, admin, last_seen, key_generation, password, state } = row;
        let rooms = Arc::default();
        Self { id, name, admin, last_seen, rooms, key_generation, password, state, password_generation: 0 }
    }
}

/// A room.
#[derive(Debug)]
pub struct RoomEntry {
    /// Its database id.
    pub key: RoomKey,
    /// Its id.
    pub topic: RoomId,
    /// The title to show.
    pub title: String,
    /// Its purpose.
    pub purpose: String,
    /// Whether only members can see it.
    pub private: bool,
    /// Identifies this run of the log; changes when the log has been rewound to an older state.
    pub epoch: String,
    /// Atomic, as every commit moves it forward under a read lock.
    last_seq: AtomicU64,
    /// Its members.
    pub members: HashMap<AccountId, MemberState>,
    /// The ids of its members, as the broker needs them for every delivery.
    pub readers: Arc<[u64]>,
}

impl RoomEntry {
    /// Creates the entry, without any member.
    pub(super) fn new(row: RoomRow) -> Self {
        let RoomRow { key, topic, title, purpose, private, epoch, last_seq } = row;
        let (members, readers) = Default::default();
        let last_seq = last_seq.into();
        Self { key, topic, title, purpose, private, epoch, last_seq, members, readers }
    }

    /// Records that its log has reached `seq`.
    pub(super) fn reached(&self, seq: u64) {
        self.last_seq.fetch_max(seq, Ordering::AcqRel);
    }

    /// Returns the seq of its last event.
    pub fn last_seq(&self) -> u64 {
        self.last_seq.load(Ordering::Acquire)
    }

    /// Returns whether its members are sent each other's presence.
    pub fn tells_presence(&self) -> bool {
        self.members.len() <= limits::PRESENCE_MEMBERS
    }

    /// Returns whether its members are sent each other's read cursors.
    pub fn tells_cursors(&self) -> bool {
        self.members.len() <= limits::CURSOR_MEMBERS
    }

    pub(super) fn list_readers(&mut self) {
        self.readers = self.members.keys().map(|account| account.0 as u64).collect();
    }
}
