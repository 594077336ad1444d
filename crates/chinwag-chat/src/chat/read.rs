//! Read cursors of members.

use chinwag_protocol::{Refused, RoomId};

use super::Chat;
use crate::access;
use crate::store::AccountId;

/// Moves a read cursor forward; it is stored within a second.
pub fn mark(chat: &Chat, account: AccountId, room: &RoomId, seq: u64) -> Result<(), Refused> {
    let key = access::take_part(&chat.directory, account, room)?;
    chat.presence.active(account);
    chat.cursors.read(account, key, seq)
}
