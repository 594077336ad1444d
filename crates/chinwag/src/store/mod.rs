//! The database: what it promises, and the two ways to talk to it.
//!
//! **Promises.** What [`Store::write`] answered with `Ok` is on disk. Events of a room are numbered 1, 2,
//! 3 … without holes, in the order of their commits. A message is stored once for each (sender, msg_id),
//! for ever. Writers in other processes are noticed: what they committed is handed on like our own.
//!
//! **Writing** goes through one committer (`committer.rs`), which gathers what all clients want into one
//! transaction. **Reading** goes through a small pool of read-only connections (`read.rs`).

pub mod backup;
mod bell;
mod bootstrap;
mod change;
mod committer;
mod database;
mod error;
mod handle;
mod lease;
pub mod made_id;
mod messages;
mod migrations;
mod others;
mod outbox;
mod postgres;
mod read;
mod sql;
mod sqlite;
pub mod transfer;
mod write;

pub use change::{AccountId, AccountState, BROKER_KEY, Change, MemberState, RoomKey, TokenHash};
pub use committer::{Committed, Reply};
pub use database::Database;
pub use error::StoreError;
pub use handle::{Store, StoreStats};
pub use lease::{Lease, Role};
pub use others::Confirmed;
pub use outbox::{Changes, Unpublished};
pub use read::{Head, Preview, Reader, StoredMedia};
pub use write::accounts::DISABLED;
pub use write::{CursorMove, Key, NewMedia, NewRoomRow, SessionRow, SessionWrite, TokenKind, Write, Written};

use std::sync::Arc;

use bytes::Bytes;

/// One event as it stands in a log.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    /// The database's number for the room.
    pub room: RoomKey,
    /// The room's topic.
    pub topic: Arc<str>,
    /// Its place in the room's log.
    pub seq: u64,
    /// The event's `type`.
    pub kind: Arc<str>,
    /// Who did it.
    pub sender: Arc<str>,
    /// The JSON event, exactly as stored and published.
    pub body: Bytes,
}
