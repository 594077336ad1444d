//! "Typing" notices.

use chinwag_protocol::inbox::Typing;
use chinwag_protocol::{Refused, RoomId};

use super::Chat;
use crate::access;
use crate::store::AccountId;

/// Returns the notice for the members; `None` if it exceeds the rate limit.
pub fn take(
    chat: &Chat,
    account: AccountId,
    room: &RoomId,
    payload: &[u8],
) -> Result<Option<Typing>, Refused> {
    let typing = Typing::from_payload(payload)?;
    let key = access::take_part(&chat.directory, account, room)?;
    chat.presence.active(account);
    Ok(chat.rates.typing(account, key).then_some(typing))
}
