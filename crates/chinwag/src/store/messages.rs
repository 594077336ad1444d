//! Messages, many at a time: each room's log is lengthened once, and the rows go in together. Most messages are new,
//! and the database itself finds one that is not; only then is the batch tried again with a look at each first.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use bytes::Bytes;
use chinwag_protocol::{
    Attachment, ErrorCode, Event, EventBody, MediaId, Quote, Refused, RoomId, Send, limits,
};

use super::made_id::Made;
use super::read;
use super::sql::{NewEvent, Param};
use super::write::{Key, Outcome, Scribe, Trace, Written, parse};
use super::{AccountId, RoomKey, StoreError, StoredEvent};
use crate::access::{Permit, TakePart};

/// A message that is sent again without a key of its own is looked for among so many of its sender's newest …
const RESENT_AMONG: i64 = 2_048;
/// … and not among those that are older than an hour: a client that uses one packet id for everything may say the same
/// thing again, and lose the first try.
const RESENT_WITHIN: i64 = 60 * 60 * 1_000;

/// One message to write.
#[derive(Clone, Copy)]
pub(super) struct NewMessage<'a> {
    pub permit: Permit<TakePart>,
    pub send: &'a Send,
    /// Where its `msg_id` comes from.
    pub origin: Key,
}

impl<'a> NewMessage<'a> {
    fn key(&self) -> (AccountId, &'a str) {
        (self.permit.account(), self.send.msg_id.as_deref().unwrap_or_default())
    }
}

/// What will become of one message.
enum Plan {
    Refused(Refused),
    Repeat(StoredEvent),
    /// The same as the message at this place of the same batch.
    RepeatOf(usize),
    Append {
        original_message: Option<Quote>,
        attachments: Vec<Attachment>,
    },
}

impl Scribe<'_> {
    /// Writes messages in their order; one outcome for each.
    pub(super) fn messages(&mut self, messages: &[NewMessage<'_>]) -> Result<Vec<Outcome>, StoreError> {
        let plans = self.plan(messages)?;
        let appended = self.append_messages(messages, &plans)?;
        let outcome = |(index, plan): (usize, Plan)| match plan {
            Plan::Refused(refused) => Err(refused),
            Plan::Repeat(event) => Ok(Written::Message { event, repeat: true }),
            Plan::RepeatOf(first) => match appended.get(&first) {
                Some(event) => Ok(Written::Message { event: event.clone(), repeat: true }),
                None => Err(ErrorCode::Internal.into()),
            },
            Plan::Append { .. } => match appended.get(&index) {
                Some(event) => Ok(Written::Message { event: event.clone(), repeat: false }),
                None => Err(ErrorCode::Internal.into()),
            },
        };
        Ok(plans.into_iter().enumerate().map(outcome).collect())
    }

    fn plan(&mut self, messages: &[NewMessage<'_>]) -> Result<Vec<Plan>, StoreError> {
        let to_look_up = messages.iter().filter(|message| self.look_first && message.origin == Key::Given);
        let keys: Vec<_> = to_look_up.map(NewMessage::key).collect();
        let found = if keys.is_empty() { Vec::new() } else { self.tx.sent_before(&keys)? };
        let before: HashMap<(AccountId, String), StoredEvent> =
            found.into_iter().map(|(sender, msg_id, event)| ((sender, msg_id), event)).collect();
        let mut first_of: HashMap<(AccountId, &str), usize> = HashMap::new();
        let mut plans: Vec<Plan> = Vec::with_capacity(messages.len());
        let mut recent = HashMap::new();
        for (index, message) in messages.iter().enumerate() {
            let (sender, msg_id) = message.key();
            let earlier = before.get(&(sender, msg_id.to_owned()));
            let original = match message.origin {
                Key::Resent => self.original(message, &messages[..index], &plans, &mut recent)?,
                Key::Given | Key::Made => None,
            };
            let plan = if let Some(original) = original {
                original
            } else if let Some(event) = earlier {
                Self::repeat(message, event)
            } else if let Some(first) = first_of.get(&(sender, msg_id)) {
                let same = messages[*first].permit.room() == message.permit.room()
                    && messages[*first].send == message.send;
                if same { Plan::RepeatOf(*first) } else { Plan::Refused(reused(msg_id)) }
            } else {
                let plan = self.check(message)?;
                if matches!(plan, Plan::Append { .. }) {
                    first_of.insert((sender, msg_id), index);
                }
                plan
            };
            plans.push(plan);
        }
        Ok(plans)
    }

    /// What becomes of a message that its client may have sent before, without a key of its own: the newest message
    /// that the same client sent under the same packet id is the same message, if it says the same. `earlier` are
    /// those of this batch with their `plans`, `recent` what was read of the senders' keys.
    fn original(
        &mut self,
        message: &NewMessage<'_>,
        earlier: &[NewMessage<'_>],
        plans: &[Plan],
        recent: &mut HashMap<AccountId, Vec<(Made, String)>>,
    ) -> Result<Option<Plan>, StoreError> {
        let (sender, msg_id) = message.key();
        let Some(made) = Made::read(msg_id) else { return Ok(None) };
        for (index, (other, plan)) in earlier.iter().zip(plans).enumerate().rev() {
            let theirs = Made::read(other.key().1);
            if other.key().0 != sender || !theirs.is_some_and(|theirs| theirs.same_packet(&made)) {
                continue;
            }
            let same = other.permit.room() == message.permit.room()
                && Self::without_key(other.send) == Self::without_key(message.send);
            return Ok(match plan {
                Plan::Append { .. } if same => Some(Plan::RepeatOf(index)),
                Plan::RepeatOf(first) if same => Some(Plan::RepeatOf(*first)),
                Plan::Repeat(event) if same => Some(Plan::Repeat(event.clone())),
                _ => None,
            });
        }
        let recent = match recent.entry(sender) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => unknown.insert(self.recently_made(sender, msg_id)?),
        };
        let newest = recent.iter().find(|(theirs, _)| theirs.same_packet(&made));
        let Some((_, key)) = newest.filter(|(theirs, _)| theirs.same_content(&made)) else { return Ok(None) };
        let found = self.tx.sent_before(&[(sender, key.as_str())])?;
        let same = |event: &StoredEvent| {
            event.room == message.permit.room() && says_the_same(&event.body, message.send)
        };
        Ok(found.into_iter().map(|(_, _, event)| event).find(same).map(Plan::Repeat))
    }

    fn without_key(send: &Send) -> Send {
        Send { msg_id: None, ..send.clone() }
    }

    /// The keys that we made for a sender's newest messages, the newest first.
    fn recently_made(&mut self, sender: AccountId, now: &str) -> Result<Vec<(Made, String)>, StoreError> {
        let keys = self.tx.all(
            "SELECT msg_id FROM events WHERE sender = $1 AND msg_id IS NOT NULL AND msg_id < $2
             ORDER BY msg_id DESC LIMIT $3",
            &[Param::Int(sender.0), Param::Text(now), Param::Int(RESENT_AMONG)],
            |row| row.text(0),
        )?;
        let since = self.now - RESENT_WITHIN;
        let made = |key: String| Made::read(&key).filter(|made| made.at >= since).map(|made| (made, key));
        Ok(keys.into_iter().filter_map(made).collect())
    }

    /// This (sender, msg_id) is stored already: the same message, or another?
    fn repeat(message: &NewMessage<'_>, event: &StoredEvent) -> Plan {
        if event.room != message.permit.room() || !says_the_same(&event.body, message.send) {
            return Plan::Refused(reused(message.key().1));
        }
        Plan::Repeat(event.clone())
    }

    fn check(&mut self, message: &NewMessage<'_>) -> Result<Plan, StoreError> {
        if let Err(refused) = self.may(message.permit) {
            self.others_wrote()?;
            return Ok(Plan::Refused(refused));
        }
        let (room, sender) = (message.permit.room(), message.permit.account());
        let refuse = |detail: String| Ok(Plan::Refused(Refused::new(ErrorCode::BadRequest, detail)));
        let original_message = match message.send.original_message {
            None => None,
            Some(seq) => match self.quote(room, seq)? {
                Some(quote) => Some(quote),
                None => return refuse(format!("original_message {seq} is no message of this room")),
            },
        };
        let mut attachments = Vec::with_capacity(message.send.attachments.len());
        for id in &message.send.attachments {
            match self.attachment(sender, id.as_str())? {
                Some(attachment) => attachments.push(attachment),
                None => {
                    return refuse(format!(
                        "attachment {id} is not an upload of yours; upload it with POST /media"
                    ));
                }
            }
        }
        Ok(Plan::Append { original_message, attachments })
    }

    fn quote(&mut self, room: RoomKey, seq: u64) -> Result<Option<Quote>, StoreError> {
        let body = self.tx.first(
            "SELECT body FROM events WHERE room = $1 AND seq = $2 AND kind = 'message'",
            &[Param::Int(room.0), Param::seq(seq)],
            |row| row.text(0),
        )?;
        let Some(body) = body else { return Ok(None) };
        let event: Event = parse(&body)?;
        let EventBody::Message { text, .. } = event.body else { return Ok(None) };
        let shown = &text[..text.floor_char_boundary(limits::QUOTE_BYTES)];
        let text = if shown.len() < text.len() { format!("{shown}…") } else { text };
        Ok(Some(Quote { seq, sender: event.sender, text }))
    }

    fn attachment(&mut self, sender: AccountId, id: &str) -> Result<Option<Attachment>, StoreError> {
        self.tx.first(
            "SELECT id, name, type, size, width, height FROM media
             WHERE id = $1 AND account = $2 AND size > 0",
            &[Param::Text(id), Param::Int(sender.0)],
            read::attachment,
        )
    }

    /// Lengthens the logs by what is to be appended; gives the events by their message's place in the batch.
    fn append_messages(
        &mut self,
        messages: &[NewMessage<'_>],
        plans: &[Plan],
    ) -> Result<HashMap<usize, StoredEvent>, StoreError> {
        let mut counts: BTreeMap<RoomKey, u64> = BTreeMap::new();
        for (message, plan) in messages.iter().zip(plans) {
            if matches!(plan, Plan::Append { .. }) {
                *counts.entry(message.permit.room()).or_default() += 1;
            }
        }
        let lengths: Vec<_> = counts.iter().map(|(room, count)| (*room, *count)).collect();
        let taken = self.tx.lengthen(&lengths, true)?;
        let mut next: HashMap<RoomKey, (u64, RoomId)> =
            taken.into_iter().map(|(room, last, topic)| (room, (last + 1 - counts[&room], topic))).collect();
        // From here to the commit nobody else writes to these rooms, so nobody's membership of them ends either.
        if next.iter().any(|(room, (first, _))| !self.is_next(*room, *first)) {
            self.others_wrote()?;
        }
        let mut events = Vec::new();
        for (index, (message, plan)) in messages.iter().zip(plans).enumerate() {
            let Plan::Append { original_message, attachments } = plan else { continue };
            let Some((seq, topic)) = next.get_mut(&message.permit.room()) else { continue };
            let body = EventBody::Message {
                msg_id: message.key().1.to_owned(),
                text: message.send.text.clone(),
                original_message: original_message.clone(),
                attachments: attachments.clone(),
            };
            let event = Event {
                seq: *seq,
                topic: topic.clone(),
                sender: self.name(message.permit.account())?,
                sent_at: self.sent_at(),
                body,
            };
            *seq += 1;
            events.push((index, event_json(&event)?, event));
        }
        self.insert_messages(messages, &events)?;
        let mut appended = HashMap::with_capacity(events.len());
        for (index, json, event) in events {
            let stored = stored(messages[index].permit.room(), &event, json);
            *self.trace = Some(Trace::Event(stored.room, stored.seq, stored.body.clone()));
            self.committed.events.push(stored.clone());
            appended.insert(index, stored);
        }
        Ok(appended)
    }

    /// Is this the place behind the last of the room that we know of?
    fn is_next(&self, room: RoomKey, seq: u64) -> bool {
        let ours = self.committed.events.iter().rev().find(|event| event.room == room).map(|event| event.seq);
        ours.or_else(|| self.known_heads.get(&room).copied()) == Some(seq - 1)
    }

    fn insert_messages(
        &mut self,
        messages: &[NewMessage<'_>],
        events: &[(usize, String, Event)],
    ) -> Result<(), StoreError> {
        let rows: Vec<_> = events
            .iter()
            .map(|(index, json, event)| {
                let message = &messages[*index];
                let (sender, msg_id) = message.key();
                let (room, kind) = (message.permit.room(), event.body.kind());
                NewEvent { room, seq: event.seq, kind, sender, msg_id: Some(msg_id), body: json }
            })
            .collect();
        self.tx.insert_events(&rows)?;
        for (index, ..) in events {
            let message = &messages[*index];
            for id in &message.send.attachments {
                self.tx.execute(
                    "INSERT INTO media_rooms (media, room) VALUES ($1, $2) ON CONFLICT DO NOTHING",
                    &[Param::Text(id.as_str()), Param::Int(message.permit.room().0)],
                )?;
            }
        }
        Ok(())
    }
}

pub(super) fn event_json(event: &Event) -> Result<String, StoreError> {
    serde_json::to_string(event).map_err(|error| StoreError::Other(error.to_string()))
}

pub(super) fn stored(room: RoomKey, event: &Event, json: String) -> StoredEvent {
    StoredEvent {
        room,
        topic: event.topic.shared(),
        seq: event.seq,
        kind: event.body.kind().into(),
        sender: event.sender.shared(),
        body: Bytes::from(json),
    }
}

fn reused(msg_id: &str) -> Refused {
    let detail = format!("{msg_id:?} already stands for another message of yours; make a new msg_id");
    Refused::new(ErrorCode::MsgIdReused, detail)
}

fn says_the_same(body: &[u8], send: &Send) -> bool {
    let Ok(Event { body: EventBody::Message { text, original_message, attachments, .. }, .. }) =
        serde_json::from_slice(body)
    else {
        return false;
    };
    text == send.text
        && original_message.map(|quote| quote.seq) == send.original_message
        && attachments.iter().map(|a| a.id.as_str()).eq(send.attachments.iter().map(MediaId::as_str))
}
