//! Rooms: create, change, get, list.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;

use chinwag_protocol::reason::Line;
use chinwag_protocol::{Name, Reason, Refused, RoomId, api, limits, text};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::Chat;
use super::paging::Slice;
use crate::access;
use crate::clock;
use crate::directory::{AccountEntry, Directory, RoomEntry};
use crate::store::{AccountId, AddRoom, ChangeRoom, NewRoomRow, Preview, RoomKey, View};

/// Tolerated difference between the clocks of several servers, in milliseconds.
const CLOCKS_DIFFER: i64 = 60_000;

/// Validates a room to be created. The id may be given in upper case; it is normalized.
pub fn check_new(directory: &Directory, new: &api::NewRoom) -> Result<NewRoomRow, Refused> {
    let topic = RoomId::new(&new.topic)?;
    if topic.is_direct() {
        return Err(Reason::DirectReserved.into());
    }
    if directory.looks_like_a_room(&topic) {
        // The same refusal for a private room, and without its name: it may be one that the caller must not see.
        return Err(Reason::Room { room: topic.as_str() }.into());
    }
    let title = text::line(Line::Title, &new.title, limits::TITLE_CHARS)?;
    let title = if title.is_empty() { topic.to_string() } else { title.to_owned() };
    let purpose = text::line(Line::Purpose, &new.purpose, limits::PURPOSE_CHARS)?.to_owned();
    Ok(NewRoomRow { topic, title, purpose, private: new.private })
}

/// Creates a room; its creator is its owner and first member.
pub async fn create(chat: &Chat, account: AccountId, new: &api::NewRoom) -> Result<api::Room, Refused> {
    let room = check_new(&chat.directory, new)?;
    let topic = room.topic.clone();
    chat.rates.new_room(account)?;
    chat.store.write(AddRoom { room, by: Some(account), members: vec![(account, true)] }).await?;
    get(chat, account, &topic).await
}

/// Creates a room from the command line.
pub async fn create_as_operator(chat: &Chat, new: &api::NewRoom) -> Result<RoomKey, Refused> {
    let room = check_new(&chat.directory, new)?;
    chat.store.write(AddRoom { room, by: None, members: vec![] }).await
}

/// Changes title, purpose or privacy.
pub async fn change(
    chat: &Chat,
    account: &AccountEntry,
    topic: &str,
    mut change: api::ChangeRoom,
) -> Result<api::Room, Refused> {
    // First of all, so that a caller without permission learns nothing else about the change.
    access::ask(&chat.directory, account.id, topic, ChangeRoom::default())?;
    for (what, text, most) in [
        (Line::Title, &mut change.title, limits::TITLE_CHARS),
        (Line::Purpose, &mut change.purpose, limits::PURPOSE_CHARS),
    ] {
        if let Some(typed) = text {
            *typed = text::line(what, typed, most)?.to_owned();
        }
    }
    if change.title.as_deref() == Some("") {
        return Err(Reason::TitleEmpty.into());
    }
    if change.private == Some(true) && topic == RoomId::general().as_str() {
        return Err(Reason::GeneralPublic.into());
    }
    chat.rates.room_change(account.id)?;
    chat.store.act(access::ask(&chat.directory, account.id, topic, ChangeRoom(change))?).await?;
    get(chat, account.id, &topic.parse()?).await
}

/// Returns a room if the account may see it: public rooms are visible to everybody, private ones to their members and,
/// except for direct conversations, to administrators, who manage them.
pub async fn get(chat: &Chat, account: AccountId, topic: &RoomId) -> Result<api::Room, Refused> {
    let admin = chat.directory.account(account).is_some_and(|account| account.admin);
    let seen = chat.directory.with_room(topic.as_str(), |room| {
        let managed = admin && !room.topic.is_direct();
        let visible = !room.private || managed || room.members.contains_key(&account);
        visible.then(|| Seen::of(room, account))
    });
    let seen = seen.flatten().ok_or_else(|| access::missing(&chat.directory, account, topic.as_str()))?;
    chat.cursors.settle(account).await;
    // The messages of a public room are for its members; others see only its description.
    let mut previews = match seen.member {
        true => chat.store.reader().previews(account, Some(seen.key)).await?,
        false => HashMap::new(),
    };
    let preview = previews.remove(&seen.key).unwrap_or_default();
    Ok(seen.into_room(chat.directory.name_of(account).as_ref(), preview))
}

/// Returns an account's rooms, the one with the latest message first.
pub async fn mine(chat: &Chat, account: AccountId) -> Result<api::Rooms, Refused> {
    let seen = chat.directory.rooms_of(account, |room| Some(Seen::of(room, account)));
    // Cursors that were just moved must count.
    chat.cursors.settle(account).await;
    let mut previews = chat.store.reader().previews(account, None).await?;
    let me = chat.directory.name_of(account);
    let inside = |room: Seen| {
        let preview = previews.remove(&room.key).unwrap_or_default();
        room.into_room(me.as_ref(), preview)
    };
    let mut rooms: Vec<_> = seen.into_iter().map(inside).collect();
    let latest = clock::rfc3339(clock::now() + CLOCKS_DIFFER);
    rooms.sort_by_cached_key(|room| (Reverse(said_at(room, &latest)), room.topic.clone()));
    Ok(api::Rooms { rooms, cursor: None })
}

/// Returns when the last message of a room was sent. A time in the future is ignored: some server's clock was wrong,
/// and the room would stay on top until then.
fn said_at(room: &api::Room, latest: &str) -> Option<String> {
    let Said { sent_at } = serde_json::from_str(room.last_message.as_ref()?.get()).ok()?;
    (*sent_at <= *latest).then(|| sent_at.into_owned())
}

/// The part of a message's event that is read here.
#[derive(Deserialize)]
struct Said<'a> {
    #[serde(borrow)]
    sent_at: Cow<'a, str>,
}

/// Returns a page of the public rooms that an account is not in, by topic.
pub fn joinable(chat: &Chat, account: AccountId, page: &api::Page) -> Result<api::Rooms, Refused> {
    let slice: Slice<RoomId> = Slice::of("joinable", page)?;
    let look = |room: &RoomEntry| Seen::of(room, account);
    let mut seen = chat.directory.joinable_after(account, slice.after(), slice.wanted(), look);
    let cursor = slice.cut(&mut seen, |room| &room.topic);
    let me = chat.directory.name_of(account);
    let outside = |room: Seen| room.into_room(me.as_ref(), Preview::default());
    Ok(api::Rooms { rooms: seen.into_iter().map(outside).collect(), cursor })
}

/// A room as one account sees it: a snapshot from the directory.
struct Seen {
    key: RoomKey,
    topic: RoomId,
    title: String,
    purpose: String,
    private: bool,
    epoch: String,
    members: u64,
    member: bool,
    owner: bool,
}

impl Seen {
    fn of(room: &RoomEntry, account: AccountId) -> Self {
        let member = room.members.get(&account);
        Self {
            key: room.key,
            topic: room.topic.clone(),
            title: room.title.clone(),
            purpose: room.purpose.clone(),
            private: room.private,
            epoch: room.epoch.clone(),
            members: room.members.len() as u64,
            member: member.is_some(),
            owner: member.is_some_and(|member| member.owner),
        }
    }

    fn into_room(self, me: Option<&Name>, preview: Preview) -> api::Room {
        let pair = self.topic.direct_pair();
        let title = match &pair {
            Some((a, b)) if me == Some(a) => b.to_string(),
            Some((a, _)) => a.to_string(),
            None => self.title,
        };
        let last_message = preview.last_message.and_then(|body| RawValue::from_string(body).ok());
        api::Room {
            topic: self.topic,
            title,
            purpose: self.purpose,
            private: self.private,
            direct: pair.is_some(),
            member: self.member,
            owner: self.owner,
            members: self.members,
            epoch: self.epoch,
            last_seq: preview.last_seq,
            read_seq: preview.read_seq,
            unread: preview.unread,
            last_message,
        }
    }
}
