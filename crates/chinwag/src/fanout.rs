//! From the committer to the broker: what was committed is announced, in that order, and never anything else.

use std::borrow::Cow;
use std::sync::Arc;

use chinwag_broker::{Broker, Client, Message};
use chinwag_protocol::inbox::InboxNote;
use chinwag_protocol::{ErrorCode, Name, RoomId, mention};
use serde::Deserialize;
use tokio::sync::mpsc;

use crate::app::App;
use crate::mqtt::embedded::{Embedded, signed_in};
use crate::mqtt::{Mqtt, messages};
use crate::store::{AccountId, AccountState, Change, Committed, StoredEvent};

/// Announces commits until the committer ends.
pub async fn run(app: Arc<App>, mqtt: Mqtt, mut commits: mpsc::Receiver<Committed>) {
    while let Some(committed) = commits.recv().await {
        let question = committed.changes.iter().filter_map(question).max();
        mqtt.announce(&app, committed);
        if let Some(question) = question {
            // Not waited for: the committer may be waiting for us.
            let store = app.store.clone();
            tokio::spawn(async move { store.confirm(question).await });
        }
    }
}

fn question(change: &Change) -> Option<i64> {
    match change {
        Change::Asked { question } => Some(*question),
        _ => None,
    }
}

/// Announces on the embedded broker.
pub fn announce(app: &App, broker: &Broker<Embedded>, committed: &Committed) {
    // Removals first: nothing of this commit reaches whoever it removed.
    committed.changes.iter().for_each(|change| withdraw(app, broker, change));
    let entries: Vec<_> = committed.events.iter().map(messages::log_entry).collect();
    broker.publish_log_batch(&entries);
    let of_changes = committed.changes.iter().flat_map(|change| concerned(app, change));
    of_changes.for_each(|(name, note)| broker.publish(messages::note(&name, &note)));
    let mentions = committed.events.iter().flat_map(|event| mentions(app, event));
    mentions.for_each(|(name, note)| broker.publish(messages::note(&name, &note)));
}

/// Takes back at once what a change forbids.
fn withdraw(app: &App, broker: &Broker<Embedded>, change: &Change) {
    match change {
        Change::Left { room, account, .. } => {
            if let Some(topic) = app.directory().with_room_key(*room, |room| room.topic.shared()) {
                broker.revoke(account.0 as u64, &topic);
            }
        }
        Change::TokenRevoked { account, .. } => kick(app, broker, *account, "the token was revoked"),
        Change::PasswordChanged { account, .. } => {
            kick(app, broker, *account, "the password was changed; sign in again");
        }
        Change::AccountState { account, state } if *state != AccountState::Active => {
            end_sessions(broker, *account, "the account is disabled");
        }
        Change::AccountDeleted { account, .. } => end_sessions(broker, *account, "the account is deleted"),
        Change::RoomDeleted { topic, members, .. } => {
            members.iter().for_each(|account| broker.revoke(account.0 as u64, topic.as_str()));
        }
        _ => {}
    }
}

fn end_sessions(broker: &Broker<Embedded>, account: AccountId, reason: &str) {
    let code = ErrorCode::NotAuthorized;
    broker.end_sessions(account.0 as u64, code.reason_code(), &format!("{}: {reason}", code.word()));
}

/// Ends an account's connections whose credential holds no more.
fn kick(app: &App, broker: &Broker<Embedded>, account: AccountId, reason: &str) {
    let void = |client: &Client| !signed_in(&client.identity).credential.holds(app.directory(), account);
    let code = ErrorCode::NotAuthorized;
    broker.kick_where(account.0 as u64, void, code.reason_code(), &format!("{}: {reason}", code.word()));
}

/// Whom a change concerns that they did not make themselves, and what they are told.
fn concerned(app: &App, change: &Change) -> Vec<(Name, InboxNote)> {
    match change {
        Change::Joined { account, by, .. } | Change::Left { account, by, .. } if account == by => Vec::new(),
        _ => notes_of(app, change),
    }
}

/// What those are told who are in a room now, or no more. The operator who deletes a room has no name: its members
/// learn of it as of something that they did on another device.
pub fn notes_of(app: &App, change: &Change) -> Vec<(Name, InboxNote)> {
    if let Change::RoomDeleted { topic, members, .. } = change {
        let names = members.iter().filter_map(|account| app.directory().name_of(*account));
        return names.map(|by| (by.clone(), InboxNote::Removed { topic: topic.clone(), by })).collect();
    }
    note_of(app, change).into_iter().collect()
}

fn note_of(app: &App, change: &Change) -> Option<(Name, InboxNote)> {
    let (Change::Joined { room, account, by, .. } | Change::Left { room, account, by }) = change else {
        return None;
    };
    let directory = app.directory();
    let topic = directory.with_room_key(*room, |room| room.topic.clone())?;
    let (me, by) = (directory.name_of(*account)?, directory.name_of(*by)?);
    let note = match change {
        Change::Joined { .. } => InboxNote::Invited { topic, by },
        _ => InboxNote::Removed { topic, by },
    };
    Some((me, note))
}

/// Notes for the members whom a message mentions.
pub fn mentions(app: &App, event: &StoredEvent) -> Vec<(Name, InboxNote)> {
    // Most messages have none: look at the bytes before parsing anything, and for the text before all the rest.
    if &*event.kind != "message" || !event.body.contains(&b'@') {
        return Vec::new();
    }
    let Ok(Said { text }) = serde_json::from_slice(&event.body) else { return Vec::new() };
    let people = mention::mentions(&text, |name| app.directory().id_named(name)).people;
    let members: Vec<_> =
        people.into_iter().filter(|person| app.directory().is_member(&event.topic, *person)).collect();
    if members.is_empty() {
        return Vec::new();
    }
    let (Ok(topic), Ok(sender)) = (event.topic.parse::<RoomId>(), event.sender.parse::<Name>()) else {
        return Vec::new();
    };
    let note = |member| {
        let (topic, sender) = (topic.clone(), sender.clone());
        Some((app.directory().name_of(member)?, InboxNote::Mention { topic, seq: event.seq, sender }))
    };
    members.into_iter().filter_map(note).collect()
}

/// Of a message's event, what is read here.
#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
}

/// Announces presence on the embedded broker as it changes. It is not kept there: whoever subscribes is told what we
/// know ([`Embedded::retained`](chinwag_broker::Handler::retained)).
pub async fn run_presence(app: Arc<App>, broker: Broker<Embedded>) {
    loop {
        for update in app.presence.updates().await {
            if let Some(name) = app.directory().name_of(update.account) {
                broker.publish(Message { retain: false, ..messages::presence(&name, update) });
            }
        }
    }
}
