//! The people with whom an account shares a room.

use chinwag_protocol::{Name, Refused, api};

use super::Chat;
use super::paging::Slice;
use crate::clock::rfc3339;
use crate::directory::Acquaintance;
use crate::store::AccountId;

/// Returns a page of them by name, including the account itself.
pub fn list(chat: &Chat, account: AccountId, page: &api::Page) -> Result<api::People, Refused> {
    let slice: Slice<Name> = Slice::of("people", page)?;
    let mut found = chat.directory.people_after(account, slice.after(), slice.wanted());
    let cursor = slice.cut(&mut found, |person| &person.name);
    let person = |Acquaintance { id, name, last_seen: before, live }| {
        let (state, last_seen) = chat.presence.of(id);
        api::Person { name, state, last_seen: last_seen.or(before).map(rfc3339), live }
    };
    Ok(api::People { people: found.into_iter().map(person).collect(), cursor })
}
