//! Takes over the broker session of a server that no longer exists: it ran on SQLite, for example, and the installation
//! has moved to PostgreSQL. The broker keeps that session for a day, and until then assigns it a share of what clients
//! send. So the next server handles what is queued there, and ends the session.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use chinwag_protocol::Refused;
use chinwag_store::{Set, Store};
use tokio::sync::mpsc;

use super::{intake_purpose, keeps_strangers_out, sort};
use crate::intake::{self, Intake};
use crate::link::Link;
use crate::{IN_HAND, Shared};

/// The setting with the id of the server whose session the broker keeps.
const SETTING: &str = "lasting_session";
/// The queued messages are complete once nothing more has arrived for this time.
const QUIET: Duration = Duration::from_secs(1);

/// Stores for which server the broker keeps a session from now on.
pub async fn note(store: &Store, server: Option<&String>) -> Result<(), Refused> {
    if store.reader().setting(SETTING).await?.as_ref() != server {
        store.write(Set { key: SETTING, value: server.cloned() }).await?;
    }
    Ok(())
}

/// Handles what is queued for another server's session, if there is one, and ends that session.
pub async fn take_over(shared: &Shared, intake: &mut Intake) -> anyhow::Result<()> {
    let Some(other) =
        shared.chat.store.reader().setting(SETTING).await?.filter(|other| *other != shared.server)
    else {
        return Ok(());
    };
    tracing::info!(server = other, "handling the messages that the broker has queued for an earlier server");
    let (queue, mut arriving) = mpsc::channel(2 * IN_HAND);
    let link = Link::open(&shared.config, &intake_purpose(&other, 0, true), sort(shared, queue)).await?;
    keeps_strangers_out(&shared.config).await?;
    for filter in intake::filters() {
        link.unsubscribe(&filter).await?;
    }
    let quiet = async {
        let mut seen = None;
        while seen.replace(shared.counts.received.load(Relaxed)) != Some(shared.counts.received.load(Relaxed))
        {
            tokio::time::sleep(QUIET).await;
        }
    };
    intake.run(&link, &mut arriving, quiet).await?;
    link.close().await;
    Ok(())
}
