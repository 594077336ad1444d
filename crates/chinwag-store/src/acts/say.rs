//! Sending messages, many at a time: each room's log is extended once, and the rows are inserted together. Most
//! messages are new, and the database itself detects one that is not; only then is the batch retried with a lookup of
//! each message first.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use chinwag_protocol::{
    Attachment, ErrorCode, Event, EventBody, Quote, Reason, Refused, RoomId, Send, limits,
};

use super::target::reused;
use crate::act::{Act, Acted};
use crate::batch::{Applied, Batch, Outcome, event_json, stored};
use crate::error::StoreError;
use crate::made_id::Made;
use crate::model::{AccountId, RoomKey, StoredEvent};
use crate::right::{Key, NewMessage, Right};
use crate::rows::attachment;
use crate::sql::{NewEvent, Param};

/// A message without a `msg_id` from its sender is looked for among this many of the sender's newest messages, in case
/// it is a retry …
const RESENT_AMONG: i64 = 2_048;
/// … but not among those older than an hour (in milliseconds): a client that uses the same packet id for everything may
/// send the same content again, and that must not be lost as a retry of the earlier message.
const RESENT_WITHIN: i64 = 60 * 60 * 1_000;

/// A message. `send.msg_id` is set; `key` is its origin.
#[derive(Debug, Clone)]
pub struct Say {
    /// The message.
    pub send: Send,
    /// The origin of its `msg_id`.
    pub key: Key,
}

impl Act for Say {
    const KIND: &'static str = "message";

    fn msg_id(&self) -> Option<&str> {
        self.send.msg_id.as_deref()
    }

    fn message(&self) -> Option<(&Send, Key)> {
        Some((&self.send, self.key))
    }

    fn apply(&self, batch: &mut Batch<'_>, right: &dyn Right) -> Applied<Acted> {
        let message = NewMessage { right, send: &self.send, origin: self.key };
        let outcome = messages(batch, &[message])?.pop();
        Ok(outcome.unwrap_or_else(|| Err(ErrorCode::Internal.into())))
    }
}

/// The planned outcome of one message.
enum Plan {
    Refused(Refused),
    Repeat(StoredEvent),
    /// The same as the message at this index of the batch.
    RepeatOf(usize),
    Append {
        original_message: Option<Quote>,
        attachments: Vec<Attachment>,
    },
}

/// Writes messages in order; returns one outcome for each.
pub(crate) fn messages(
    batch: &mut Batch<'_>,
    messages: &[NewMessage<'_>],
) -> Result<Vec<Outcome<Acted>>, StoreError> {
    let plans = batch.plan(messages)?;
    let appended = batch.append_messages(messages, &plans)?;
    let event = |index: usize| appended.get(&index).cloned().ok_or(Refused::from(ErrorCode::Internal));
    let outcome = |(index, plan): (usize, Plan)| match plan {
        Plan::Refused(refused) => Err(refused),
        Plan::Repeat(event) => Ok(Acted::before(event)),
        Plan::RepeatOf(first) => event(first).map(Acted::before),
        Plan::Append { .. } => event(index).map(Acted::now),
    };
    Ok(plans.into_iter().enumerate().map(outcome).collect())
}

impl Batch<'_> {
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
                self.repeat(message, event)?
            } else if let Some(first) = first_of.get(&(sender, msg_id)) {
                let same = messages[*first].right.room() == message.right.room()
                    && messages[*first].send == message.send;
                *self.repeats = true;
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

    /// Finds the original of a message that its client may have sent before, without a `msg_id` of its own: it is the
    /// newest message that the same client sent with the same packet id, provided that the content is the same.
    /// `earlier` are the earlier messages of this batch with their `plans`, `recent` caches the senders' recent
    /// generated ids.
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
            let same = other.right.room() == message.right.room()
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
        let found = self.tx.sent_before(&[(sender, key.as_str())])?.pop();
        let Some((.., event)) = found else { return Ok(None) };
        let same =
            event.room == message.right.room() && self.says(&event, &Self::without_key(message.send))?;
        *self.repeats |= same;
        Ok(same.then_some(Plan::Repeat(event)))
    }

    fn without_key(send: &Send) -> Send {
        Send { msg_id: None, ..send.clone() }
    }

    /// Returns the ids generated for a sender's newest messages, newest first.
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

    /// Decides about a message whose (sender, msg_id) is already stored: a repeat if it is the same message, refused if
    /// not.
    fn repeat(&mut self, message: &NewMessage<'_>, event: &StoredEvent) -> Result<Plan, StoreError> {
        *self.repeats = true;
        if event.room != message.right.room() || !self.says(event, &Self::without_key(message.send))? {
            return Ok(Plan::Refused(reused(message.key().1)));
        }
        Ok(Plan::Repeat(event.clone()))
    }

    fn check(&mut self, message: &NewMessage<'_>) -> Result<Plan, StoreError> {
        if let Err(refused) = self.may(message.right, None) {
            self.others_wrote()?;
            return Ok(Plan::Refused(refused));
        }
        let (room, sender) = (message.right.room(), message.right.account());
        let refuse = |reason: Reason<'_>| Ok(Plan::Refused(reason.into()));
        let original_message = match message.send.original_message {
            None => None,
            Some(seq) => match self.quote(room, seq)? {
                Some(quote) => Some(quote),
                None => return refuse(Reason::NoOriginal { seq }),
            },
        };
        let mut attachments = Vec::with_capacity(message.send.attachments.len());
        for id in &message.send.attachments {
            match self.attachment(sender, id.as_str())? {
                Some(attachment) => attachments.push(attachment),
                None => return refuse(Reason::NoUpload { attachment: id.as_str() }),
            }
        }
        Ok(Plan::Append { original_message, attachments })
    }

    /// Returns the quote of a message for a reply, with its current text.
    fn quote(&mut self, room: RoomKey, seq: u64) -> Result<Option<Quote>, StoreError> {
        let Some(target) = self.message(room, seq)? else { return Ok(None) };
        let text = target.text();
        let shown = &text[..text.floor_char_boundary(limits::QUOTE_BYTES)];
        let text = if shown.len() < text.len() { format!("{shown}…") } else { text.to_owned() };
        Ok(Some(Quote { seq, sender: target.event.sender, text }))
    }

    fn attachment(&mut self, sender: AccountId, id: &str) -> Result<Option<Attachment>, StoreError> {
        self.tx.first(
            "SELECT id, name, type, size, width, height FROM media
             WHERE id = $1 AND account = $2 AND size > 0",
            &[Param::Text(id), Param::Int(sender.0)],
            attachment,
        )
    }

    /// Appends the planned messages to the logs; returns the events by the index of their message.
    fn append_messages(
        &mut self,
        messages: &[NewMessage<'_>],
        plans: &[Plan],
    ) -> Result<HashMap<usize, StoredEvent>, StoreError> {
        let mut counts: BTreeMap<RoomKey, u64> = BTreeMap::new();
        for (message, plan) in messages.iter().zip(plans) {
            if matches!(plan, Plan::Append { .. }) {
                *counts.entry(message.right.room()).or_default() += 1;
            }
        }
        let lengths: Vec<_> = counts.iter().map(|(room, count)| (*room, *count)).collect();
        let taken = self.tx.lengthen(&lengths, true)?;
        let mut next: HashMap<RoomKey, Next> = HashMap::with_capacity(taken.len());
        for place in taken {
            let count = counts.get(&place.room).copied().unwrap_or_default();
            let (seq, ordinal) = (place.last_seq + 1 - count, place.messages + 1 - count);
            next.insert(place.room, Next { seq, ordinal, topic: place.topic });
        }
        // No other writer can append to these rooms until the commit, so no membership of them can end either.
        if next.iter().any(|(room, next)| !self.is_next(*room, next.seq)) {
            self.others_wrote()?;
        }
        let mut events = Vec::new();
        for (index, (message, plan)) in messages.iter().zip(plans).enumerate() {
            let Plan::Append { original_message, attachments } = plan else { continue };
            let Some(next) = next.get_mut(&message.right.room()) else { continue };
            let body = EventBody::Message {
                msg_id: message.key().1.to_owned(),
                text: message.send.text.clone(),
                original_message: original_message.clone(),
                attachments: attachments.clone(),
                deleted: None,
            };
            let event = Event {
                seq: next.seq,
                topic: next.topic.clone(),
                sender: self.name(message.right.account())?,
                sent_at: self.sent_at.clone(),
                body,
            };
            events.push((index, event_json(&event)?, event, next.ordinal));
            next.seq += 1;
            next.ordinal += 1;
        }
        self.insert_messages(messages, &events)?;
        let mut appended = HashMap::with_capacity(events.len());
        for (index, json, event, _) in events {
            let stored = stored(messages[index].right.room(), &event, json);
            self.appended(&stored);
            appended.insert(index, stored);
        }
        Ok(appended)
    }

    fn insert_messages(
        &mut self,
        messages: &[NewMessage<'_>],
        events: &[(usize, String, Event, u64)],
    ) -> Result<(), StoreError> {
        let rows: Vec<_> = events
            .iter()
            .map(|(index, json, event, ordinal)| {
                let message = &messages[*index];
                let (sender, msg_id) = message.key();
                let (room, kind) = (message.right.room(), event.body.kind());
                NewEvent {
                    room,
                    seq: event.seq,
                    kind,
                    sender,
                    msg_id: Some(msg_id),
                    target: message.send.original_message,
                    ordinal: *ordinal,
                    at: self.now,
                    body: json,
                }
            })
            .collect();
        self.tx.insert_events(&rows)?;
        for (index, _, event, _) in events {
            let message = &messages[*index];
            for id in &message.send.attachments {
                self.tx.execute(
                    "INSERT INTO uses (media, room, seq) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
                    &[Param::Text(id.as_str()), Param::Int(message.right.room().0), Param::seq(event.seq)],
                )?;
            }
        }
        Ok(())
    }
}

/// The next position in a room's log.
struct Next {
    seq: u64,
    ordinal: u64,
    topic: RoomId,
}
