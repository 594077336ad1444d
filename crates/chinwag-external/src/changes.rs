//! What changes in who may read what: the broker's rules follow it, and those whom it concerns are told. By the
//! table of changes, with a place in it that is kept: nothing is left out, whichever server does it.

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

/// How often we look without having been told.
const LOOK: Duration = Duration::from_secs(1);

/// Follows the changes; comes back only when something fails. Says in `ruled` when the rules are what they should be.
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
        // They stand in the directory from here on.
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

/// Tells those whom it concerns, once the broker's rules follow it. A room's events reach its members only from then
/// on, so whoever joins one by themselves hears where its log ends by now; and the other devices of somebody who
/// leaves one hear of that here, for the room's events reach them no more.
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

/// A new account has no device yet that could miss anything.
fn is_new(who: AccountId, changes: &[Change]) -> bool {
    changes.iter().any(|change| matches!(change, Change::AccountAdded { account, .. } if *account == who))
}
