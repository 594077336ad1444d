//! Being seen typing.

use chinwag_protocol::inbox::Typing;
use chinwag_protocol::{Refused, RoomId};

use super::Chat;
use crate::access;
use crate::store::AccountId;

/// What is published to the members; `None` beyond the rate of such notices.
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
