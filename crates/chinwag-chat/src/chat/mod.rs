//! What people do in rooms, one file each; `verbs.rs` lists what is done by MQTT and by HTTP alike. Each asks
//! [`access`](crate::access) first, and gives what is to be written to the committer, with the permit it got.

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

/// What it takes to do them.
pub struct Chat {
    /// The database.
    pub store: Store,
    /// Accounts, rooms, members and tokens as they stand.
    pub directory: Arc<Directory>,
    /// The rate limits.
    pub rates: Arc<Rates>,
    /// Who is there.
    pub presence: Presence,
    /// Read cursors that are not stored yet.
    pub cursors: Cursors,
    /// Which publishes were refused.
    pub refusals: Refusals,
}

impl Chat {
    /// On a database, with what is known of it.
    pub fn new(store: Store, directory: Arc<Directory>, rates: Arc<Rates>) -> Self {
        let (presence, cursors, refusals) = Default::default();
        Self { store, directory, rates, presence, cursors, refusals }
    }
}
