//! Being seen typing.

use chinwag_protocol::inbox::Typing;
use chinwag_protocol::{Refused, RoomId};

use crate::access;
use crate::app::App;
use crate::store::AccountId;

/// What the members are to be told; nothing where they have been told enough for now.
pub fn take(app: &App, account: AccountId, room: &RoomId, payload: &[u8]) -> Result<Option<Typing>, Refused> {
    let typing = Typing::from_payload(payload)?;
    let key = access::take_part(app.directory(), account, room)?;
    app.presence.active(account);
    Ok(app.rates.typing(account, key).then_some(typing))
}
