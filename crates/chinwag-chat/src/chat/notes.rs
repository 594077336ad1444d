//! Inbox notes: whom a commit concerns besides the members of the room, and what they are sent.

use std::borrow::Cow;

use chinwag_protocol::inbox::InboxNote;
use chinwag_protocol::{Name, RoomId, mention};
use serde::Deserialize;

use crate::directory::Directory;
use crate::store::{Change, StoredEvent};

/// Returns the notes about a change for the accounts that it concerns, unless they made it themselves.
pub fn concerned(directory: &Directory, change: &Change) -> Vec<(Name, InboxNote)> {
    match change {
        Change::Joined { account, by, .. } | Change::Left { account, by, .. } if account == by => Vec::new(),
        _ => notes_of(directory, change),
    }
}

/// Returns the notes for accounts whose membership of a room has begun or ended. An operator who deletes a room has no
/// name, so each member is notified as of something done by themselves on another device.
pub fn notes_of(directory: &Directory, change: &Change) -> Vec<(Name, InboxNote)> {
    if let Change::RoomDeleted { topic, members, .. } = change {
        let names = members.iter().filter_map(|account| directory.name_of(*account));
        return names.map(|by| (by.clone(), InboxNote::Removed { topic: topic.clone(), by })).collect();
    }
    note_of(directory, change).into_iter().collect()
}

fn note_of(directory: &Directory, change: &Change) -> Option<(Name, InboxNote)> {
    let (Change::Joined { room, account, by, .. } | Change::Left { room, account, by }) = change else {
        return None;
    };
    let topic = directory.with_room_key(*room, |room| room.topic.clone())?;
    let (me, by) = (directory.name_of(*account)?, directory.name_of(*by)?);
    let note = match change {
        Change::Joined { .. } => InboxNote::Invited { topic, by },
        _ => InboxNote::Removed { topic, by },
    };
    Some((me, note))
}

/// Returns notes for the members whom a message mentions.
pub fn mentions(directory: &Directory, event: &StoredEvent) -> Vec<(Name, InboxNote)> {
    // Most messages mention nobody: look for the byte before parsing anything, and parse only the text first.
    if &*event.kind != "message" || !event.body.contains(&b'@') {
        return Vec::new();
    }
    let Ok(Said { text }) = serde_json::from_slice(&event.body) else { return Vec::new() };
    let people = mention::mentions(&text, |name| directory.id_named(name)).people;
    let members: Vec<_> =
        people.into_iter().filter(|person| directory.is_member(&event.topic, *person)).collect();
    if members.is_empty() {
        return Vec::new();
    }
    let (Ok(topic), Ok(sender)) = (event.topic.parse::<RoomId>(), event.sender.parse::<Name>()) else {
        return Vec::new();
    };
    let note = |member| {
        let (topic, sender) = (topic.clone(), sender.clone());
        Some((directory.name_of(member)?, InboxNote::Mention { topic, seq: event.seq, sender }))
    };
    members.into_iter().filter_map(note).collect()
}

/// The part of a message's event that is read here.
#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
}
