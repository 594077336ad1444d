//! Reading a room's history: messages in their present state, and the raw log.

use chinwag_protocol::{ErrorCode, Refused, RoomId, limits};

use super::{Chat, paging};
use crate::access;
use crate::store::{AccountId, Head, Page, Place, StoredEvent, clock};

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

/// Which messages to return. At most one place may be given; without one, the last messages are returned.
#[derive(Default)]
pub struct Window {
    /// The maximum number of messages.
    pub limit: Option<u32>,
    /// Only messages before this seq.
    pub before: Option<u64>,
    /// Only messages after this seq.
    pub after: Option<u64>,
    /// The seq around which to return messages.
    pub around: Option<u64>,
    /// The time (RFC 3339) around which to return messages.
    pub at: Option<String>,
    /// Whether to return the joins, leaves and changes of the room between the messages, too.
    pub notes: bool,
}

impl Window {
    fn place(&self) -> Result<Place, Refused> {
        let refused = |detail: &str| Refused::new(ErrorCode::BadRequest, detail);
        let at = match &self.at {
            Some(at) => {
                let detail = "at must be a time as in RFC 3339, such as 2026-11-28T12:00:00Z";
                Some(Place::At(clock::parse(at).ok_or_else(|| refused(detail))?))
            }
            None => None,
        };
        let places = [
            self.before.map(Place::Before),
            self.after.map(Place::After),
            self.around.map(Place::Around),
            at,
        ];
        let mut given = places.into_iter().flatten();
        let place = given.next().unwrap_or(Place::Before(u64::MAX));
        if given.next().is_some() {
            return Err(refused("before, after, around and at exclude each other; use one of them"));
        }
        Ok(place)
    }
}

/// Returns messages of a room, oldest first: the last 20 unless requested otherwise.
pub async fn messages(
    chat: &Chat,
    account: AccountId,
    room: &RoomId,
    window: Window,
) -> Result<Page, Refused> {
    let key = access::take_part(&chat.directory, account, room)?;
    let limit = paging::limit(window.limit, limits::MESSAGES_DEFAULT, limits::MESSAGES_MAX)?;
    Ok(chat.store.reader().page(account, key, window.place()?, limit, window.notes).await?)
}

/// Returns the raw log of a room before `before`: the last events of it, in order.
pub async fn events_before(
    chat: &Chat,
    account: AccountId,
    room: &RoomId,
    before: u64,
    limit: Option<u32>,
) -> Result<Stretch, Refused> {
    let key = access::take_part(&chat.directory, account, room)?;
    let limit = paging::limit(limit, limits::EVENTS_MAX, limits::EVENTS_MAX)?;
    let (head, events) = chat.store.reader().events_before(key, before, limit, EVENTS_BYTES).await?;
    Ok(Stretch { head, reset: false, events })
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
