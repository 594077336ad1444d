//! Whom a commit concerns beside a room's members, and what they are told in their inbox.

use std::borrow::Cow;

use chinwag_protocol::inbox::InboxNote;
use chinwag_protocol::{Name, RoomId, mention};
use serde::Deserialize;

use crate::directory::Directory;
use crate::store::{Change, StoredEvent};

/// Whom a change concerns that they did not make themselves, and what they are told.
pub fn concerned(directory: &Directory, change: &Change) -> Vec<(Name, InboxNote)> {
    match change {
        Change::Joined { account, by, .. } | Change::Left { account, by, .. } if account == by => Vec::new(),
        _ => notes_of(directory, change),
    }
}

/// What those are told who are in a room now, or no more. The operator who deletes a room has no name: its members
/// learn of it as of something that they did on another device.
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

/// Notes for the members whom a message mentions.
pub fn mentions(directory: &Directory, event: &StoredEvent) -> Vec<(Name, InboxNote)> {
    // Most messages have none: look at the bytes before parsing anything, and for the text before all the rest.
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

/// Of a message's event, what is read here.
#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow)]
    text: Cow<'a, str>,
}
