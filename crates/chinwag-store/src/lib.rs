//! Chinwag's database: its guarantees, and its interfaces for writing and reading.
//!
//! **Guarantees.** When [`Store::write`] or [`Store::act`] returns `Ok`, the data is on disk. The events of a room are
//! numbered 1, 2, 3 … without gaps, in commit order. An event's position, type, sender and target never change; its
//! content can be erased once, by an event that records the erasure. An operation with a `msg_id` is performed once for
//! each (sender, msg_id). Commits by other processes are detected and passed on like this server's own.
//!
//! **Writing.** A single committer (`committer.rs`) combines the writes of all clients into one transaction. An
//! operation that appends to a room's log is an [`Act`], performed with the [`Right`] to do it (`acts/`, one file
//! each); everything else is a [`Write`] (`writes/`). **Reading** uses a small pool of read-only connections
//! (`reader.rs`, `read/`).
//!
//! The store knows nothing about access control, MQTT or HTTP: permissions are decided in the layer above, by the
//! implementations of [`Right`], and accounts and rooms are kept in memory by a [`View`].

mod act;
mod acts;
mod apply;
pub mod backup;
mod batch;
mod bootstrap;
mod change;
pub mod clock;
mod committed;
mod committer;
mod database;
mod error;
mod follow;
mod lease;
pub mod made_id;
mod migrations;
mod model;
mod news;
mod pending;
mod postgres;
mod read;
mod reader;
mod right;
mod rows;
mod servers;
mod sql;
mod sqlite;
mod store;
pub mod transfer;
mod view;
mod write;
mod writes;

pub use act::{Act, Acted, Action, Permission};
pub use acts::delete::Erase;
pub use acts::membership::{Join, Leave};
pub use acts::room::ChangeRoom;
pub use acts::say::Say;
pub use change::Change;
pub use committed::Committed;
pub use database::Database;
pub use error::StoreError;
pub use lease::{Lease, Role};
pub use model::{
    AccountId, AccountState, BROKER_KEY, CursorMove, MemberState, NewMedia, NewRoomRow, RoomKey,
    SessionChange, SessionRow, SessionWrite, StoredEvent, StoredSession, TokenHash, TokenKind,
};
pub use read::accounts::StoredToken;
pub use read::changes::Changes;
pub use read::followers::Behind;
pub use read::history::{Page, Place};
pub use read::log::Head;
pub use read::media::StoredMedia;
pub use read::messages::Shown;
pub use read::previews::Preview;
pub use reader::Reader;
pub use right::{Key, Right};
pub use servers::Confirmed;
pub use store::{Store, StoreStats};
pub use view::{AccountRow, Contents, RoomRow, View};
pub use write::{Reply, Write};
pub use writes::accounts::{AddAccount, DeleteAccount, LastSeen, SetPassword, SetState};
pub use writes::cursors::MoveCursors;
pub use writes::followers::{FollowFromHere, Followed};
pub use writes::media::{AddMedia, ForgetMedia, SetThumbnails};
pub use writes::rooms::{AddRoom, DeleteRoom};
pub use writes::sessions::{AllSessionsLeft, EndSessions, Sessions};
pub use writes::settings::{Set, SetOnce};
pub use writes::tokens::{AddToken, RevokeToken, TokensUsed};
