//! The people with whom an account shares a room.

use std::collections::HashSet;

use chinwag_protocol::api;

use super::Chat;
use crate::clock::rfc3339;
use crate::store::AccountId;

/// Returns them by name, including the account itself.
pub fn list(chat: &Chat, account: AccountId) -> api::People {
    let told: HashSet<AccountId> = chat.directory.presence_of(account).into_iter().collect();
    let person = |entry: crate::directory::AccountEntry| {
        let (state, last_seen) = chat.presence.of(entry.id);
        let last_seen = last_seen.or(entry.last_seen).map(rfc3339);
        api::Person { name: entry.name, state, last_seen, live: told.contains(&entry.id) }
    };
    let mut people: Vec<_> = chat.directory.people_of(account).into_iter().map(person).collect();
    people.sort_by(|a, b| a.name.cmp(&b.name));
    api::People { people }
}
