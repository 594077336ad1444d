//! The actions of users in rooms, one file each; `verbs.rs` lists those available by both MQTT and HTTP. Each checks
//! [`access`](crate::access) first, and passes the write to the committer with the resulting permit.

pub mod direct;
pub mod history;
pub mod members;
pub mod notes;
pub mod paging;
pub mod people;
pub mod read;
pub mod refusals;
pub mod rooms;
pub mod send;
pub mod typing;
pub mod verbs;
pub mod way;

use std::sync::Arc;

use crate::cursors::Cursors;
use crate::directory::Directory;
use crate::presence::Presence;
use crate::rates::Rates;
use crate::store::Store;
use refusals::Refusals;

/// The dependencies of these actions.
pub struct Chat {
    /// The database.
    pub store: Store,
    /// Accounts, rooms, members and tokens, in memory.
    pub directory: Arc<Directory>,
    /// The rate limits.
    pub rates: Arc<Rates>,
    /// The presence of all accounts.
    pub presence: Presence,
    /// Read cursors that are not stored or announced yet.
    pub cursors: Cursors,
    /// Counts and limits of refused publishes.
    pub refusals: Refusals,
}

impl Chat {
    /// Creates the chat on a database, with its directory and rate limits.
    pub fn new(store: Store, directory: Arc<Directory>, rates: Arc<Rates>) -> Self {
        let (presence, cursors, refusals) = Default::default();
        Self { store, directory, rates, presence, cursors, refusals }
    }
}
