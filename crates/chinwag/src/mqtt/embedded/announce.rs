//! Announces commits on the embedded broker.

use std::sync::Arc;

use chinwag_broker::{Broker, Client, Message};
use chinwag_protocol::{ErrorCode, Reason};

use super::{Embedded, refusal, signed_in};
use crate::chat::{Chat, notes};
use crate::directory::Directory;
use crate::messages;
use crate::store::{AccountId, AccountState, Change, Committed};

/// Announces a commit.
pub fn announce(directory: &Directory, broker: &Broker<Embedded>, committed: &Committed) {
    // Removals first: nothing in this commit reaches a member whom it removes.
    committed.changes.iter().for_each(|change| withdraw(directory, broker, change));
    // Once more, in the order of commits: the erased entry may have been announced after the first replacement.
    if !committed.erased.is_empty() {
        let erased: Vec<_> = committed.erased.iter().map(messages::log_entry).collect();
        broker.replace(&erased);
    }
    let entries: Vec<_> = committed.events.iter().map(messages::log_entry).collect();
    broker.publish_log_batch(&entries);
    let of_changes = committed.changes.iter().flat_map(|change| notes::concerned(directory, change));
    of_changes.for_each(|(name, note)| broker.publish(messages::note(&name, &note)));
    let mentions = committed.events.iter().flat_map(|event| notes::mentions(directory, event));
    mentions.for_each(|(name, note)| broker.publish(messages::note(&name, &note)));
}

/// Enforces at once what a change forbids.
fn withdraw(directory: &Directory, broker: &Broker<Embedded>, change: &Change) {
    match change {
        Change::Left { room, account, .. } => {
            if let Some(topic) = directory.with_room_key(*room, |room| room.topic.shared()) {
                broker.revoke(account.0 as u64, &topic);
            }
        }
        Change::TokenRevoked { account, .. } => kick(directory, broker, *account, Reason::TokenRevoked),
        Change::PasswordChanged { account, .. } => kick(directory, broker, *account, Reason::PasswordChanged),
        Change::AccountState { account, state } if *state != AccountState::Active => {
            end_sessions(broker, *account, Reason::AccountDisabled);
        }
        Change::AccountDeleted { account, .. } => end_sessions(broker, *account, Reason::AccountDeleted),
        Change::RoomDeleted { topic, members, .. } => {
            members.iter().for_each(|account| broker.revoke(account.0 as u64, topic.as_str()));
        }
        _ => {}
    }
}

fn end_sessions(broker: &Broker<Embedded>, account: AccountId, reason: Reason<'_>) {
    broker.end_sessions(account.0 as u64, &refusal(&reason.into(), ErrorCode::reason_code));
}

/// Ends those connections of an account whose credential is no longer valid.
fn kick(directory: &Directory, broker: &Broker<Embedded>, account: AccountId, reason: Reason<'_>) {
    let void = |client: &Client| !signed_in(&client.identity).credential.holds(directory, account);
    broker.kick_where(account.0 as u64, void, &refusal(&reason.into(), ErrorCode::reason_code));
}

/// Publishes presence on the embedded broker as it changes. It is not retained there: new subscribers get it from
/// [`Embedded::retained`](chinwag_broker::Handler::retained).
pub async fn run_presence(chat: Arc<Chat>, broker: Broker<Embedded>) {
    loop {
        for update in chat.presence.updates().await {
            if let Some(name) = chat.directory.name_of(update.account) {
                broker.publish(Message { retain: false, ..messages::presence(&name, update) });
            }
        }
    }
}
