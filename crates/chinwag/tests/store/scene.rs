//! Small steps that the tests of the store share.

use chinwag::store::{AccountId, AddAccount, Committed, Key, RoomKey};
use chinwag_protocol::{Event, EventBody, Refused, Send};
use tokio::sync::mpsc;

use super::databases::{Store, Voice};

pub fn send(text: &str, msg_id: &str) -> Send {
    Send { text: text.into(), msg_id: Some(msg_id.into()), ..Send::default() }
}

pub async fn account(store: &Store, name: &str) -> AccountId {
    let write = AddAccount { name: name.parse().unwrap(), password: None, admin: false, first: false };
    store.write(write).await.unwrap()
}

pub fn general(store: &Store) -> RoomKey {
    store.directory().with_room("general", |room| room.key).unwrap()
}

pub async fn say(store: &Store, permit: Voice, send: Send) -> Result<(u64, bool), Refused> {
    let acted = store.act(store.saying(permit, send, Key::Given)).await?;
    Ok((acted.event.unwrap().seq, acted.repeat))
}

pub async fn log(store: &Store, room: RoomKey) -> Vec<Event> {
    let events = store.reader().events(room, 0, 100_000, usize::MAX).await.unwrap();
    events.iter().map(|event| serde_json::from_slice(&event.body).unwrap()).collect()
}

pub fn text(event: &Event) -> Option<&str> {
    match &event.body {
        EventBody::Message { text, .. } => Some(text),
        _ => None,
    }
}

pub fn texts(events: &[Event]) -> Vec<&str> {
    events.iter().filter_map(text).collect()
}

/// Drains the channel of commits; returns the seqs of their events.
pub fn drain(mut commits: mpsc::Receiver<Committed>) -> tokio::task::JoinHandle<Vec<u64>> {
    tokio::spawn(async move {
        let mut seqs = Vec::new();
        while let Some(committed) = commits.recv().await {
            seqs.extend(committed.events.iter().map(|event| event.seq));
        }
        seqs
    })
}

/// Returns the word of the reason for a refusal.
pub fn reason(refused: Refused) -> String {
    refused.params.reason().unwrap_or_default().to_owned()
}
