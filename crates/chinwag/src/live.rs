//! In-memory state that has to be up to date before a write is acknowledged: the directory, and the entries of rooms'
//! logs that the embedded broker still buffers.

use std::sync::{Arc, OnceLock};

use chinwag_broker::Broker;
use chinwag_protocol::{Name, RoomId};

use crate::directory::Directory;
use crate::messages;
use crate::mqtt::embedded::Embedded;
use crate::store::{Committed, Contents, RoomKey, View};

/// The directory, and the embedded broker once it has started.
#[derive(Default)]
pub struct Live {
    directory: Arc<Directory>,
    broker: OnceLock<Broker<Embedded>>,
}

impl Live {
    /// Returns the current accounts, rooms, members and tokens.
    pub fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// Registers the broker that is to be notified of erased content.
    pub fn begin(&self, broker: Broker<Embedded>) {
        // A process has only one broker, so this cannot already be set.
        let _ = self.broker.set(broker);
    }
}

impl View for Live {
    fn load(&self, contents: Contents) {
        self.directory.load(contents);
    }

    fn apply(&self, committed: &Committed) {
        // A member who has deleted a message may rely on it: no client that connects from now on receives its content.
        if let Some(broker) = self.broker.get().filter(|_| !committed.erased.is_empty()) {
            broker.replace(&committed.erased.iter().map(messages::log_entry).collect::<Vec<_>>());
        }
        self.directory.apply(committed);
    }

    fn last_seq(&self, room: RoomKey) -> Option<u64> {
        self.directory.last_seq(room)
    }

    fn looks_like_an_account(&self, name: &Name) -> bool {
        self.directory.looks_like_an_account(name)
    }

    fn looks_like_a_room(&self, topic: &RoomId) -> bool {
        self.directory.looks_like_a_room(topic)
    }
}
