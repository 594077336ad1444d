//! What is done now and then, in the background.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::accounts::Accounts;
use crate::chat::Chat;
use crate::media::Media;
use crate::store::{EndSessions, Erase, LastSeen, Store, TokensUsed};

/// How often we look for what other processes committed: access changed at the command line holds within a
/// second.
const FOLLOW: Duration = Duration::from_millis(250);
/// How often it is noted when people were last there.
const NOTE: Duration = Duration::from_secs(1);
/// How often the rest is done.
const SWEEP: Duration = Duration::from_secs(60);

/// Keeps in touch with other servers on the database, where there can be some.
pub async fn meet(store: Store) {
    store.meet_others().await;
}

/// Follows what other processes commit, and shares the limits with the servers that are there.
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
            tracing::warn!("several servers, and uploads in a folder of each: give all the same --media");
        }
    }
}

/// Forgets and notes what has gathered.
pub async fn sweep(chat: Arc<Chat>, accounts: Arc<Accounts>, media: Arc<Media>) {
    let mut ticks = interval(SWEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        chat.rates.forget_idle();
        chat.refusals.forget_idle();
        note_present(&chat, &accounts).await;
        if let Err(refused) = chat.store.write(EndSessions).await {
            tracing::warn!(%refused, "sessions that are over stay for now");
        }
        go_on_erasing(&chat.store).await;
        if let Err(refused) = media.remove_unused().await {
            tracing::warn!(%refused, "unused uploads stay for now");
        }
        if let Err(refused) = media.count().await {
            tracing::warn!(%refused, "uploads are not counted again yet");
        }
    }
}

/// Notes in the database when people were last there, as they come and go. Presence itself never waits for it.
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
            tracing::warn!(%refused, "when people were last there is not noted yet");
            chat.presence.keep_unsaved(seen);
        }
    }
}

/// Notes in the database who is there now, and which tokens were used.
pub async fn note_present(chat: &Chat, accounts: &Accounts) {
    let used = accounts.used_tokens.take();
    let mut seen = chat.presence.take_unsaved();
    seen.extend(chat.presence.present());
    if !seen.is_empty()
        && let Err(refused) = chat.store.write(LastSeen(seen)).await
    {
        tracing::warn!(%refused, "when people were last there is not noted");
    }
    if !used.is_empty()
        && let Err(refused) = chat.store.write(TokensUsed(used)).await
    {
        tracing::warn!(%refused, "which tokens were used is not noted");
    }
}

/// Erases what could not be erased with the deletion itself, a part at a time: a message may have very many answers.
pub async fn go_on_erasing(store: &Store) {
    loop {
        match store.write(Erase).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(refused) => {
                tracing::warn!(%refused, "what is deleted is not erased everywhere yet");
                return;
            }
        }
    }
}
