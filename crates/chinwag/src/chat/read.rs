//! How far somebody has read.

use chinwag_protocol::{ErrorCode, Refused, RoomId};

use crate::access;
use crate::app::App;
use crate::store::AccountId;

/// A cursor's payload: a whole number in decimal.
pub fn parse_cursor(payload: &[u8]) -> Result<u64, Refused> {
    std::str::from_utf8(payload)
        .ok()
        .and_then(|text| text.trim().parse().ok())
        .ok_or_else(|| Refused::new(ErrorCode::PayloadInvalid, "a read cursor is a seq: a whole number"))
}

/// Moves a read cursor forward; it is stored within a second. `tell`: the room is to hear of it from us.
pub fn mark(app: &App, account: AccountId, room: &RoomId, seq: u64, tell: bool) -> Result<(), Refused> {
    let permit = access::take_part(app.directory(), account, room)?;
    app.presence.active(account);
    app.cursors.read(account, permit.room(), seq, tell)
}
