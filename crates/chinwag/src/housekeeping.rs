//! What is done now and then, in the background.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::app::App;
use crate::media;
use crate::store::{EndSessions, Erase, LastSeen, TokensUsed};

/// How often we look for what other processes committed: access changed at the command line holds within a
/// second.
const FOLLOW: Duration = Duration::from_millis(250);
/// How often it is noted when people were last there.
const NOTE: Duration = Duration::from_secs(1);
/// How often the rest is done.
const SWEEP: Duration = Duration::from_secs(60);

/// Keeps in touch with other servers on the database, where there can be some.
pub async fn meet(app: Arc<App>) {
    app.store.meet_others().await;
}

/// Follows what other processes commit, and shares the limits with the servers that are there.
pub async fn follow(app: Arc<App>) {
    let mut told = false;
    let mut ticks = interval(FOLLOW);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        app.store.look();
        let servers = app.store.live_servers();
        app.rates.share(servers);
        if servers > 1 && !app.media.is_shared() && !std::mem::replace(&mut told, true) {
            tracing::warn!("several servers, and uploads in a folder of each: give all the same --media");
        }
    }
}

/// Forgets and notes what has gathered.
pub async fn sweep(app: Arc<App>) {
    let mut ticks = interval(SWEEP);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        app.rates.forget_idle();
        app.refusals.forget_idle();
        note_present(&app).await;
        if let Err(refused) = app.store.write(EndSessions).await {
            tracing::warn!(%refused, "sessions that are over stay for now");
        }
        go_on_erasing(&app).await;
        if let Err(refused) = media::remove_unused(&app).await {
            tracing::warn!(%refused, "unused uploads stay for now");
        }
    }
}

/// Notes in the database when people were last there, as they come and go. Presence itself never waits for it.
pub async fn note_last_seen(app: Arc<App>) {
    let mut ticks = interval(NOTE);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        let seen = app.presence.take_unsaved();
        if seen.is_empty() {
            continue;
        }
        if let Err(refused) = app.store.write(LastSeen(seen.clone())).await {
            tracing::warn!(%refused, "when people were last there is not noted yet");
            app.presence.keep_unsaved(seen);
        }
    }
}

/// Notes in the database who is there now, and which tokens were used.
pub async fn note_present(app: &App) {
    let used = app.used_tokens.take();
    let mut seen = app.presence.take_unsaved();
    seen.extend(app.presence.present());
    if !seen.is_empty()
        && let Err(refused) = app.store.write(LastSeen(seen)).await
    {
        tracing::warn!(%refused, "when people were last there is not noted");
    }
    if !used.is_empty()
        && let Err(refused) = app.store.write(TokensUsed(used)).await
    {
        tracing::warn!(%refused, "which tokens were used is not noted");
    }
}

/// Erases what could not be erased with the deletion itself, a part at a time: a message may have very many answers.
pub async fn go_on_erasing(app: &App) {
    loop {
        match app.store.write(Erase).await {
            Ok(true) => {}
            Ok(false) => return,
            Err(refused) => {
                tracing::warn!(%refused, "what is deleted is not erased everywhere yet");
                return;
            }
        }
    }
}
