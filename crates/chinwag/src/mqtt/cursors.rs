//! Read cursors, stored and published once a second.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use chinwag_protocol::Refused;
use chinwag_protocol::inbox::{Activity, InboxNote, RoomUnread};
use tokio::time::{MissedTickBehavior, interval};

use super::Mqtt;
use crate::chat::Chat;
use crate::directory::RoomEntry;
use crate::messages;
use crate::store::{AccountId, RoomKey};

/// How often cursors are stored and published.
const EVERY: Duration = Duration::from_secs(1);
/// How many cursors' unread counts are queried at once.
const CURSORS_AT_ONCE: usize = 1_000;
/// The maximum number of rooms in one note.
const ROOMS_IN_A_NOTE: usize = 100;

/// Stores and publishes cursors once a second; stores them at once if somebody waits for that.
pub async fn run(chat: Arc<Chat>, mqtt: Mqtt) {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let ticked = tokio::select! {
            _ = ticks.tick() => true,
            () = chat.cursors.wanted() => false,
        };
        chat.cursors.store(&chat.store).await;
        if ticked {
            tell(&chat, &mqtt).await;
        }
    }
}

/// Publishes the cursors that have moved, to the members of small rooms and to the account's own devices.
async fn tell(chat: &Chat, mqtt: &Mqtt) {
    let directory = &chat.directory;
    let mut own: Vec<(AccountId, RoomKey, u64)> = Vec::new();
    for (account, rooms) in chat.cursors.take_moved() {
        let Some(name) = directory.name_of(account) else { continue };
        for (room, seq) in rooms {
            own.push((account, room, seq));
            let small = |room: &RoomEntry| room.tells_cursors().then(|| room.topic.clone());
            if let Some(topic) = directory.with_room_key(room, small).flatten() {
                mqtt.tell(messages::activity(&name, &topic, &Activity::Read { read_seq: seq }));
            }
        }
    }
    own.retain(|(account, ..)| chat.presence.is_there(*account));
    for moved in own.chunks(CURSORS_AT_ONCE) {
        if let Err(refused) = tell_owners(chat, mqtt, moved).await {
            tracing::debug!(%refused, "read cursors could not be published to people's own devices");
        }
    }
}

async fn tell_owners(chat: &Chat, mqtt: &Mqtt, moved: &[(AccountId, RoomKey, u64)]) -> Result<(), Refused> {
    let directory = &chat.directory;
    let level = |room, seq| directory.with_room_key(room, |room| room.last_seq() <= seq).unwrap_or(true);
    let behind = moved.iter().copied().filter(|(_, room, seq)| !level(*room, *seq)).collect();
    let unread = chat.store.reader().unread(behind).await?;
    let mut notes: HashMap<AccountId, BTreeMap<_, _>> = HashMap::new();
    for &(account, room, read_seq) in moved {
        if let Some(topic) = directory.with_room_key(room, |room| room.topic.clone()) {
            let unread = unread.get(&(account, room)).copied().unwrap_or_default();
            notes.entry(account).or_default().insert(topic, RoomUnread { read_seq, unread });
        }
    }
    for (account, mut rooms) in notes {
        let Some(name) = directory.name_of(account) else { continue };
        while !rooms.is_empty() {
            let rest = rooms.keys().nth(ROOMS_IN_A_NOTE).cloned();
            let later = rest.map(|first| rooms.split_off(&first)).unwrap_or_default();
            let note = InboxNote::Unread { rooms: std::mem::replace(&mut rooms, later) };
            mqtt.tell(messages::passing_note(&name, &note));
        }
    }
    Ok(())
}
