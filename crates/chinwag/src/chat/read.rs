//! How far somebody has read.

use chinwag_protocol::{Refused, RoomId};

use crate::access;
use crate::app::App;
use crate::store::AccountId;

/// Moves a read cursor forward; it is stored within a second. `tell`: the room is to hear of it from us.
pub fn mark(app: &App, account: AccountId, room: &RoomId, seq: u64, tell: bool) -> Result<(), Refused> {
    let key = access::take_part(app.directory(), account, room)?;
    app.presence.active(account);
    app.cursors.read(account, key, seq, tell)
}
