//! The results of a transaction.

use std::time::Instant;

use super::change::Change;
use super::model::{RoomKey, StoredEvent};

/// The results of one transaction, in order.
#[derive(Debug, Default)]
pub struct Committed {
    /// New entries in rooms' logs.
    pub events: Vec<StoredEvent>,
    /// Entries whose content was erased, in their present form.
    pub erased: Vec<StoredEvent>,
    /// Uploads that no message uses any longer.
    pub unused_media: Vec<String>,
    /// Changes of the directory; the [`View`](super::View) already has them.
    pub changes: Vec<Change>,
    /// Rooms to whose logs other servers have appended, with the last seq. The events can be read from the log; some of
    /// them may also be among the `events` of this or another commit.
    pub elsewhere: Vec<(RoomKey, u64)>,
    /// When it was committed, if by this server.
    pub at: Option<Instant>,
}

impl Committed {
    /// Returns whether there is nothing to announce.
    pub fn is_empty(&self) -> bool {
        let Self { events, erased, unused_media, changes, elsewhere, at: _ } = self;
        events.is_empty()
            && erased.is_empty()
            && unused_media.is_empty()
            && changes.is_empty()
            && elsewhere.is_empty()
    }
}
