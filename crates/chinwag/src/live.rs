//! What is in memory and has to be right before whoever wrote is answered: the directory, and what the embedded broker
//! still holds of rooms' logs.

use std::sync::{Arc, OnceLock};

use chinwag_broker::Broker;
use chinwag_protocol::{Name, RoomId};

use crate::directory::Directory;
use crate::messages;
use crate::mqtt::embedded::Embedded;
use crate::store::{Committed, Contents, RoomKey, View};

/// The directory, and the broker once there is one.
#[derive(Default)]
pub struct Live {
    directory: Arc<Directory>,
    broker: OnceLock<Broker<Embedded>>,
}

impl Live {
    /// Accounts, rooms, members and tokens as they stand.
    pub fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// From now on this broker is told of what is erased.
    pub fn begin(&self, broker: Broker<Embedded>) {
        // There is one broker in a process.
        let _ = self.broker.set(broker);
    }
}

impl View for Live {
    fn load(&self, contents: Contents) {
        self.directory.load(contents);
    }

    fn apply(&self, committed: &Committed) {
        // Whoever has deleted a message may rely on it: nobody who connects from now on gets its content.
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
