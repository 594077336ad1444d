//! The retained messages for the embedded broker's subscribers: the presence of the people they may see.

use chinwag_broker::Message;
use chinwag_protocol::Name;
use chinwag_protocol::topic::{self, Topic};

use crate::chat::Chat;
use crate::messages;
use crate::presence::Update;
use crate::store::AccountId;

/// Returns the presence messages that `account` may see and `filter` covers, sorted by name, for names after that in
/// the topic `after`; at most `count`. People who have never connected are left out.
pub fn retained(
    chat: &Chat,
    account: AccountId,
    filter: &str,
    after: Option<&str>,
    count: usize,
) -> Vec<Message> {
    let mut people = people(chat, account, filter);
    people.sort_unstable();
    let after = after.and_then(presence_of);
    let rest = people.into_iter().skip_while(|(name, _)| after.as_ref().is_some_and(|after| name <= after));
    rest.filter_map(|(name, account)| message(chat, &name, account)).take(count).collect()
}

fn presence_of(topic: &str) -> Option<Name> {
    match Topic::parse(topic) {
        Ok(Topic::Presence(name)) => Some(name),
        _ => None,
    }
}

fn people(chat: &Chat, account: AccountId, filter: &str) -> Vec<(Name, AccountId)> {
    let directory = &chat.directory;
    if let Some(name) = presence_of(filter) {
        let seen = directory.sees_presence(account, name.as_str());
        return directory.id_named(name.as_str()).filter(|_| seen).map(|id| (name, id)).into_iter().collect();
    }
    // Most filters name a room.
    if !filter.starts_with(['#', '+']) && !topic::is_personal(filter) {
        return Vec::new();
    }
    let people = directory.presence_of(account).into_iter();
    let named = people.filter_map(|id| Some((directory.name_of(id)?, id)));
    named.filter(|(name, _)| topic::covers(filter, &topic::presence(name))).collect()
}

fn message(chat: &Chat, name: &Name, account: AccountId) -> Option<Message> {
    let (state, last_seen) = chat.presence.of(account);
    let noted = || chat.directory.with_account(account, |account| account.last_seen).flatten();
    let last_seen = last_seen.or_else(noted)?;
    Some(messages::presence(name, Update { account, state, last_seen }))
}
