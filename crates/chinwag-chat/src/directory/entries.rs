//! An account and a room, as the directory has them.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use chinwag_protocol::{Name, RoomId, limits};

use crate::store::{AccountId, AccountRow, AccountState, MemberState, RoomKey, RoomRow};

/// An account.
#[derive(Debug, Clone)]
pub struct AccountEntry {
    /// Its number.
    pub id: AccountId,
    /// Its name.
    pub name: Name,
    /// May make accounts and manage every room.
    pub admin: bool,
    /// When it was last there, before this server started; milliseconds.
    pub last_seen: Option<i64>,
    /// The rooms it is in; shared, so that a copy of the entry costs little.
    pub rooms: Arc<HashSet<RoomKey>>,
    /// Grows whenever its key for the broker becomes another.
    pub key_generation: i64,
    /// It has a password; without, it signs in with tokens only.
    pub password: bool,
    /// Whether it may be used.
    pub state: AccountState,
    /// How often its password has changed since this server started.
    pub password_generation: u64,
}

impl AccountEntry {
    /// In no room yet.
    pub(super) fn new(row: AccountRow) -> Self {
        let AccountRow { id, name, admin, last_seen, key_generation, password, state } = row;
        let rooms = Arc::default();
        Self { id, name, admin, last_seen, rooms, key_generation, password, state, password_generation: 0 }
    }
}

/// A room.
#[derive(Debug)]
pub struct RoomEntry {
    /// Its number.
    pub key: RoomKey,
    /// Its id.
    pub topic: RoomId,
    /// The title to show.
    pub title: String,
    /// What it is for.
    pub purpose: String,
    /// Only members see it.
    pub private: bool,
    /// Changes when its log was rewound.
    pub epoch: String,
    /// Moved forward by every commit, while others read the directory.
    last_seq: AtomicU64,
    /// Who is in it.
    pub members: HashMap<AccountId, MemberState>,
    /// Their numbers, as the broker wants them at every delivery.
    pub readers: Arc<[u64]>,
}

impl RoomEntry {
    /// With nobody in it yet.
    pub(super) fn new(row: RoomRow) -> Self {
        let RoomRow { key, topic, title, purpose, private, epoch, last_seq } = row;
        let (members, readers) = Default::default();
        let last_seq = last_seq.into();
        Self { key, topic, title, purpose, private, epoch, last_seq, members, readers }
    }

    /// Its log has come to `seq`.
    pub(super) fn reached(&self, seq: u64) {
        self.last_seq.fetch_max(seq, Ordering::AcqRel);
    }

    /// The seq of its last event.
    pub fn last_seq(&self) -> u64 {
        self.last_seq.load(Ordering::Acquire)
    }

    /// Are its members told of each other's presence?
    pub fn tells_presence(&self) -> bool {
        self.members.len() <= limits::PRESENCE_MEMBERS
    }

    /// Are its members told how far the others have read?
    pub fn tells_cursors(&self) -> bool {
        self.members.len() <= limits::CURSOR_MEMBERS
    }

    pub(super) fn list_readers(&mut self) {
        self.readers = self.members.keys().map(|account| account.0 as u64).collect();
    }
}
