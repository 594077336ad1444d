//! From the committer to the broker: what was committed is announced, in that order, and never anything else.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::Mqtt;
use crate::app::App;
use crate::store::{Change, Committed};
use crate::{housekeeping, media};

/// Announces commits until the committer ends.
pub async fn run(app: Arc<App>, mqtt: Mqtt, mut commits: mpsc::Receiver<Committed>) {
    while let Some(mut committed) = commits.recv().await {
        let question = committed.changes.iter().filter_map(question).max();
        let unused = std::mem::take(&mut committed.unused_media);
        let deleted = committed.events.iter().any(|event| &*event.kind == "delete");
        mqtt.announce(&app, committed);
        // None of these is waited for: the committer may be waiting for us.
        if let Some(question) = question {
            let store = app.store.clone();
            tokio::spawn(async move { store.confirm(question).await });
        }
        if deleted {
            let app = Arc::clone(&app);
            tokio::spawn(async move { housekeeping::go_on_erasing(&app).await });
        }
        if !unused.is_empty() {
            let app = Arc::clone(&app);
            tokio::spawn(async move { media::remove(&app, unused).await });
        }
    }
}

fn question(change: &Change) -> Option<i64> {
    match change {
        Change::Asked { question } => Some(*question),
        _ => None,
    }
}
