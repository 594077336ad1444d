//! Periodic background work.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::accounts::Accounts;
use crate::chat::Chat;
use crate::media::Media;
use crate::store::{EndSessions, Erase, LastSeen, Store, TokensUsed};

/// How often commits of other processes are looked for, so that access changed at the command line takes effect within
/// a second.
const FOLLOW: Duration = Duration::from_millis(250);
/// How often members' last-seen times are saved.
const NOTE: Duration = Duration::from_secs(1);
/// How often everything else is done.
const SWEEP: Duration = Duration::from_secs(60);

/// Exchanges commit notifications and heartbeats with other servers on the database, if it can have several.
pub async fn meet(store: Store) {
    store.meet_others().await;
}

/// Follows the commits of other processes, and divides the rate limits by the number of live servers.
pub async fn follow(chat: Arc<Chat>, media: Arc<Media>) {
    let mut told = false;
    let mut ticks = interval(FOLLOW);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        chat.store.look();
        let servers = chat.store.live_servers();
        chat.rates.share(servers);
        if servers > 1 && !media.is_shared() && !std::mem::replace(&mut told, true) {
            tracing::warn!(
                "several servers store uploads in folders of their own: give all of them the same --media"
            );
        }
    }
}

/// Periodically drops idle state and expired sessions, saves presence, and removes unused uploads.
pub async fn sweep(chat: Arc<Chat>, accounts: Arc<Accounts>, media: Arc<Media>) {
    let mut ticks = interval(SWEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        chat.rates.forget_idle();
        chat.refusals.forget_idle();
        note_present(&chat, &accounts).await;
        if let Err(refused) = chat.store.write(EndSessions).await {
            tracing::warn!(%refused, "expired sessions could not be deleted");
        }
        go_on_erasing(&chat.store).await;
        if let Err(refused) = media.remove_unused().await {
            tracing::warn!(%refused, "unused uploads could not be deleted");
        }
        if let Err(refused) = media.count().await {
            tracing::warn!(%refused, "uploads could not be counted");
        }
    }
}

/// Saves last-seen times as members come and go. Presence itself never waits for the database.
pub async fn note_last_seen(chat: Arc<Chat>) {
    let mut ticks = interval(NOTE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let seen = chat.presence.take_unsaved();
        if seen.is_empty() {
            continue;
        }
        if let Err(refused) = chat.store.write(LastSeen(seen.clone())).await {
            tracing::warn!(%refused, "last-seen times could not be stored yet");
            chat.presence.keep_unsaved(seen);
        }
    }
}

/// Saves last-seen times, including those of present members, and which tokens were used.
pub async fn note_present(chat: &Chat, accounts: &Accounts) {
    let used = accounts.used_tokens.take();
    let mut seen = chat.presence.take_unsaved();
    seen.extend(chat.presence.present());
    if !seen.is_empty()
        && let Err(refused) = chat.store.write(LastSeen(seen)).await
    {
        tracing::warn!(%refused, "last-seen times could not be stored");
    }
    if !used.is_empty()
        && let Err(refused) = chat.store.write(TokensUsed(used)).await
    {
        tracing::warn!(%refused, "token use could not be stored");
    }
}

/// Erases what could not be erased along with a deletion, one batch at a time: a message may have very many replies.
pub async fn go_on_erasing(store: &Store) {
    loop {
        match store.write(Erase).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(refused) => {
                tracing::warn!(%refused, "deleted content could not be erased everywhere yet");
                return;
            }
        }
    }
}
