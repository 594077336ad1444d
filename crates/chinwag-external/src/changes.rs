//! Follows changes of access: updates the broker's rules, and notifies the accounts concerned. Changes are read from
//! their table in the database from a stored offset, so that none is left out, whichever server is the leader.

use std::sync::Arc;
use std::time::Duration;

use chinwag_chat::chat::notes;
use chinwag_chat::directory::Directory;
use chinwag_chat::messages;
use chinwag_store::{AccountId, Change, Changes, Set};
use tokio::sync::watch;

use super::link::Link;
use super::rules::Rules;
use super::{Shared, TOLD, presence};

/// How often to check for changes without a notification.
const LOOK: Duration = Duration::from_secs(1);

/// Follows the changes; returns only on failure. Sets `ruled` once the rules are complete.
pub async fn run(
    shared: &Shared,
    link: &Arc<Link>,
    mut rules: Rules,
    ruled: watch::Sender<bool>,
) -> anyhow::Error {
    match follow(shared, link, &mut rules, &ruled).await {
        Ok(never) => match never {},
        Err(error) => error,
    }
}

async fn follow(
    shared: &Shared,
    link: &Arc<Link>,
    rules: &mut Rules,
    ruled: &watch::Sender<bool>,
) -> anyhow::Result<std::convert::Infallible> {
    let chat = &shared.chat;
    let told = chat.store.reader().setting(TOLD).await?.and_then(|told| told.parse().ok());
    let mut told = told.unwrap_or_default();
    rules.reconcile().await?;
    ruled.send_replace(true);
    loop {
        let Changes { reached, changes, gap, .. } = chat.store.reader().changes_after(told).await?;
        if reached == told {
            let _ = tokio::time::timeout(LOOK, shared.changed.notified()).await;
            continue;
        }
        told = reached;
        // After this the directory contains the changes.
        chat.store.refresh().await;
        let gone =
            |change: &Change| matches!(change, Change::AccountDeleted { .. } | Change::RoomDeleted { .. });
        if gap || changes.iter().any(gone) {
            rules.reconcile().await?
        } else {
            rules.apply(&changes).await?
        }
        tell(&chat.directory, link, &changes).await?;
        chat.store.write(Set { key: TOLD, value: Some(told.to_string()) }).await?;
    }
}

/// Notifies the accounts concerned, after the broker's rules were updated. Members receive a room's events only from
/// that moment on, so those who join by themselves are sent the current ends of their rooms' logs; and the other
/// devices of a member who leaves are notified here, because the room's events no longer reach them.
async fn tell(directory: &Directory, link: &Link, changes: &[Change]) -> anyhow::Result<()> {
    for change in changes {
        match change {
            Change::Joined { account, by, .. } if account == by => {
                if !is_new(*account, changes) {
                    presence::heads(directory, link, *account).await?;
                }
            }
            _ => {
                for (name, note) in notes::notes_of(directory, change) {
                    link.publish(&messages::note(&name, &note)).await?;
                }
            }
        }
    }
    Ok(())
}

/// Whether the account is new, and so has no device yet that could miss anything.
fn is_new(who: AccountId, changes: &[Change]) -> bool {
    changes.iter().any(|change| matches!(change, Change::AccountAdded { account, .. } if *account == who))
}
