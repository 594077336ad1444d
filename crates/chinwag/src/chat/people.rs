//! Everybody one shares a room with.

use chinwag_protocol::api;

use crate::app::App;
use crate::clock::rfc3339;
use crate::store::AccountId;

/// By name, oneself included.
pub fn list(app: &App, account: AccountId) -> api::People {
    let person = |entry: crate::directory::AccountEntry| {
        let (state, last_seen) = app.presence.of(entry.id);
        api::Person { name: entry.name, state, last_seen: last_seen.or(entry.last_seen).map(rfc3339) }
    };
    let mut people: Vec<_> = app.directory().people_of(account).into_iter().map(person).collect();
    people.sort_by(|a, b| a.name.cmp(&b.name));
    api::People { people }
}
