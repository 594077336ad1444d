//! What a transaction brought.

use std::time::Instant;

use super::change::Change;
use super::model::{RoomKey, StoredEvent};

/// What one transaction has brought, in order.
#[derive(Debug, Default)]
pub struct Committed {
    /// New entries of rooms' logs.
    pub events: Vec<StoredEvent>,
    /// Entries whose content was erased, as they stand now.
    pub erased: Vec<StoredEvent>,
    /// Uploads that no message uses any more.
    pub unused_media: Vec<String>,
    /// Changes in the directory; the [`View`](super::View) has them already.
    pub changes: Vec<Change>,
    /// Rooms to whose logs other servers have added, and up to which seq. The log has the events; some of them
    /// may be among `events` of this or another commit too.
    pub elsewhere: Vec<(RoomKey, u64)>,
    /// When it was committed, where that was here.
    pub at: Option<Instant>,
}

impl Committed {
    /// Nothing that anybody has to hear of.
    pub fn is_empty(&self) -> bool {
        let Self { events, erased, unused_media, changes, elsewhere, at: _ } = self;
        events.is_empty()
            && erased.is_empty()
            && unused_media.is_empty()
            && changes.is_empty()
            && elsewhere.is_empty()
    }
}
