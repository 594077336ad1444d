//! Names that look alike are detected here, so that no new name can be mistaken for another.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use chinwag_protocol::RoomId;
use chinwag_protocol::name::skeleton;

/// The appearances of all names of accounts and rooms. Direct conversations are named by the server and do not count.
#[derive(Default)]
pub(super) struct Lookalikes {
    pub names: Skeletons,
    pub rooms: Skeletons,
}

impl Lookalikes {
    pub fn add_room(&mut self, topic: &RoomId) {
        if !topic.is_direct() {
            self.rooms.add(topic.as_str());
        }
    }

    pub fn remove_room(&mut self, topic: &RoomId) {
        if !topic.is_direct() {
            self.rooms.remove(topic.as_str());
        }
    }
}

/// The number of names for each skeleton, as old names may share one.
#[derive(Default)]
pub(super) struct Skeletons(HashMap<String, usize>);

impl Skeletons {
    pub fn add(&mut self, name: &str) {
        *self.0.entry(skeleton(name)).or_default() += 1;
    }

    pub fn remove(&mut self, name: &str) {
        if let Entry::Occupied(mut count) = self.0.entry(skeleton(name)) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
    }

    pub fn contains(&self, name: &str) -> bool {
        self.0.contains_key(&skeleton(name))
    }
}
