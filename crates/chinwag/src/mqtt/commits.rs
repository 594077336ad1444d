//! Passes commits from the committer to the broker: what was committed is announced, in that order, and nothing else
//! is.

use std::sync::Arc;

use tokio::sync::mpsc;

use super::Mqtt;
use crate::chat::Chat;
use crate::housekeeping;
use crate::media::Media;
use crate::metrics::Times;
use crate::store::{Change, Committed};

/// Announces commits until the committer ends.
pub async fn run(
    chat: Arc<Chat>,
    media: Arc<Media>,
    times: Arc<Times>,
    mqtt: Mqtt,
    mut commits: mpsc::Receiver<Committed>,
) {
    while let Some(mut committed) = commits.recv().await {
        let question = committed.changes.iter().filter_map(question).max();
        let unused = std::mem::take(&mut committed.unused_media);
        let deleted = committed.events.iter().any(|event| &*event.kind == "delete");
        let at = committed.at.filter(|_| !committed.events.is_empty());
        chat.cursors.said(&chat.directory, &committed.events);
        mqtt.announce(&chat.directory, committed);
        if let (Some(at), Mqtt::Embedded(_)) = (at, &mqtt) {
            times.delivered(at.elapsed());
        }
        // None of these is awaited: the committer may be waiting for this task.
        if let Some(question) = question {
            let store = chat.store.clone();
            tokio::spawn(async move { store.confirm(question).await });
        }
        if deleted {
            let store = chat.store.clone();
            tokio::spawn(async move { housekeeping::go_on_erasing(&store).await });
        }
        if !unused.is_empty() {
            let media = Arc::clone(&media);
            tokio::spawn(async move { media.remove(unused).await });
        }
    }
}

fn question(change: &Change) -> Option<i64> {
    match change {
        Change::Asked { question } => Some(*question),
        _ => None,
    }
}
