//! Reading a room's history: messages in their present state, and the raw log.

use chinwag_protocol::{Refused, RoomId, limits};

use super::{Chat, paging};
use crate::access;
use crate::store::{AccountId, Head, Shown, StoredEvent};

/// Maximum bytes of events in one response; a larger gap takes several.
const EVENTS_BYTES: usize = 1024 * 1024;

/// A range of a room's log.
pub struct Stretch {
    /// The end of the log.
    pub head: Head,
    /// The events in order.
    pub events: Vec<StoredEvent>,
    /// Whether the caller is too far behind to fill the gap.
    pub reset: bool,
}

/// Messages of a room.
pub struct Messages {
    /// The end of the log.
    pub head: Head,
    /// Oldest first.
    pub messages: Vec<Shown>,
}

/// Which messages to return.
pub struct Window {
    /// The maximum number of messages.
    pub limit: Option<u32>,
    /// Only messages before this seq.
    pub before: Option<u64>,
    /// The seq around which to return messages.
    pub around: Option<u64>,
}

/// Returns messages of a room, oldest first: the last 20 unless requested otherwise.
pub async fn messages(
    chat: &Chat,
    account: AccountId,
    room: &RoomId,
    window: Window,
) -> Result<Messages, Refused> {
    let key = access::take_part(&chat.directory, account, room)?;
    let limit = paging::limit(window.limit, limits::MESSAGES_DEFAULT, limits::MESSAGES_MAX)?;
    let reader = chat.store.reader();
    let (room, before) = (key, window.before.unwrap_or(u64::MAX));
    let (head, messages) = match window.around {
        Some(seq) => reader.messages_around(account, room, seq, limit).await?,
        None => reader.messages_before(account, room, before, limit).await?,
    };
    Ok(Messages { head, messages })
}

/// Returns the raw log of a room after `after`. A seq beyond the end is from another epoch: `reset` is set.
pub async fn events(
    chat: &Chat,
    account: AccountId,
    room: &RoomId,
    after: u64,
    limit: Option<u32>,
) -> Result<Stretch, Refused> {
    let key = access::take_part(&chat.directory, account, room)?;
    let limit = paging::limit(limit, limits::EVENTS_MAX, limits::EVENTS_MAX)?;
    let behind = limits::EVENTS_BEHIND_MAX;
    let (head, events) = chat.store.reader().events_within(key, after, behind, limit, EVENTS_BYTES).await?;
    Ok(Stretch { head, reset: events.is_none(), events: events.unwrap_or_default() })
}
