//! Messages in their present state: as sent, with the later changes.

use chinwag_protocol::api::{Edited, Message, MessageType, Reaction};
use chinwag_protocol::{Event, EventBody, limits};

use crate::error::StoreError;
use crate::model::{AccountId, RoomKey, StoredEvent};
use crate::rows::{known, parse, stored_event};
use crate::sql::{Param, Row, Tx};

/// Number of log positions that one statement searches for messages, as a log may contain very many other events in a
/// row.
const LOOKED_THROUGH: u64 = 1_000;

/// A message.
#[derive(Debug, Clone)]
pub struct Shown {
    /// The stored event: as sent, or what is left of it after an erasure.
    pub event: StoredEvent,
    /// The message in its present state if it has been changed; `None` for most.
    pub altered: Option<Message>,
}

/// A row of a message: the event, the seq of the last event that changed it, and its last edit.
pub(super) struct Found {
    pub event: StoredEvent,
    changed: Option<u64>,
    edit: Option<String>,
}

macro_rules! messages {
    ($which:literal) => {
        concat!(
            "SELECT e.room, r.topic, e.seq, e.kind, s.name, e.body, a.changed, edit.body FROM events e
             JOIN rooms r ON r.id = e.room JOIN accounts s ON s.id = e.sender
             LEFT JOIN altered a ON a.room = e.room AND a.seq = e.seq
             LEFT JOIN events edit ON edit.room = a.room AND edit.seq = a.shown
             WHERE e.room = $1 AND e.seq >= $2 AND e.seq < $3 AND e.kind = 'message' ORDER BY ",
            $which
        )
    };
}

fn found(row: &dyn Row) -> Result<Found, StoreError> {
    let (changed, edit) = (row.maybe_int(6)?.map(i64::cast_unsigned), row.maybe_text(7)?);
    Ok(Found { event: stored_event(row)?, changed, edit })
}

/// Returns the `limit` messages before `before`, oldest first.
pub(super) fn messages_before(
    tx: &mut dyn Tx,
    room: RoomKey,
    before: u64,
    limit: u32,
) -> Result<Vec<Found>, StoreError> {
    let (mut messages, mut before, limit) = (Vec::new(), before, limit as usize);
    while messages.len() < limit && before > 1 {
        let from = before.saturating_sub(LOOKED_THROUGH).max(1);
        let left = Param::Int((limit - messages.len()) as i64);
        let params = [Param::Int(room.0), Param::seq(from), Param::seq(before), left];
        let some = tx.all(messages!("e.seq DESC LIMIT $4"), &params, found)?;
        before = if some.is_empty() { last_message(tx, room, from)? + 1 } else { from };
        messages.extend(some);
    }
    messages.reverse();
    Ok(messages)
}

/// Returns the `limit` messages from `from` on; `last` is the end of the log.
pub(super) fn messages_from(
    tx: &mut dyn Tx,
    room: RoomKey,
    from: u64,
    last: u64,
    limit: u32,
) -> Result<Vec<Found>, StoreError> {
    let (mut messages, mut from, limit) = (Vec::new(), from.max(1), limit as usize);
    while messages.len() < limit && from <= last {
        let until = from + LOOKED_THROUGH;
        let left = Param::Int((limit - messages.len()) as i64);
        let params = [Param::Int(room.0), Param::seq(from), Param::seq(until), left];
        let some = tx.all(messages!("e.seq LIMIT $4"), &params, found)?;
        from = if some.is_empty() && until <= last { next_message(tx, room, until, last)? } else { until };
        messages.extend(some);
    }
    Ok(messages)
}

/// Returns the number of messages in the log up to the event at `seq`.
fn ordinal(tx: &mut dyn Tx, room: RoomKey, seq: u64) -> Result<u64, StoreError> {
    let at = [Param::Int(room.0), Param::seq(seq)];
    let found = tx.first("SELECT ordinal FROM events WHERE room = $1 AND seq = $2", &at, |row| row.int(0))?;
    Ok(found.unwrap_or_default() as u64)
}

/// Returns the first position up to `last` of which `holds` is true, by binary search; `last` if there is none before it.
pub(super) fn first_where(
    last: u64,
    mut holds: impl FnMut(u64) -> Result<bool, StoreError>,
) -> Result<u64, StoreError> {
    let (mut low, mut high) = (1, last);
    while low < high {
        let middle = low + (high - low) / 2;
        if holds(middle)? { high = middle } else { low = middle + 1 }
    }
    Ok(low)
}

/// Returns the seq of the last message up to `seq`; 0 if there is none.
fn last_message(tx: &mut dyn Tx, room: RoomKey, seq: u64) -> Result<u64, StoreError> {
    match ordinal(tx, room, seq)? {
        0 => Ok(0),
        count => first_where(seq, |at| Ok(ordinal(tx, room, at)? >= count)),
    }
}

/// Returns the seq of the next message from `seq` on; `last + 1` if there is none.
fn next_message(tx: &mut dyn Tx, room: RoomKey, seq: u64, last: u64) -> Result<u64, StoreError> {
    let before = ordinal(tx, room, seq - 1)?;
    if ordinal(tx, room, last)? == before {
        return Ok(last + 1);
    }
    first_where(last, |at| Ok(ordinal(tx, room, at)? > before))
}

/// Returns the messages in their present state, as `account` sees them.
pub(super) fn shown(
    tx: &mut dyn Tx,
    account: AccountId,
    found: Vec<Found>,
) -> Result<Vec<Shown>, StoreError> {
    let one = |Found { event, changed, edit }| {
        let altered = match changed {
            Some(changed) => Some(altered(tx, account, &event, changed, edit.as_deref())?),
            None => None,
        };
        Ok(Shown { event, altered })
    };
    found.into_iter().map(one).collect()
}

/// Returns a message in its present state. `changed_seq` is the seq of the last event that changed it, `edit` the last
/// edit of its text.
fn altered(
    tx: &mut dyn Tx,
    account: AccountId,
    stored: &StoredEvent,
    changed_seq: u64,
    edit: Option<&str>,
) -> Result<Message, StoreError> {
    let Event { seq, topic, sender, sent_at, body } = parse(&String::from_utf8_lossy(&stored.body))?;
    let EventBody::Message { msg_id, text, original_message, attachments, deleted } = body else {
        return Err(StoreError::Other(format!("event {seq} of {topic} is no message")));
    };
    let (mut text, mut edited) = (text, None);
    if let Some(Event { seq, sent_at, body: EventBody::Edit { text: now, .. }, .. }) =
        edit.map(parse).transpose()?
    {
        (text, edited) = (now, Some(Edited { seq, at: sent_at }));
    }
    let reactions = reactions(tx, account, stored.room, seq)?;
    Ok(Message {
        seq,
        topic,
        sender,
        sent_at,
        kind: MessageType::Message,
        msg_id,
        text,
        original_message,
        attachments,
        deleted,
        changed_seq,
        edited,
        reactions,
    })
}

fn reactions(
    tx: &mut dyn Tx,
    account: AccountId,
    room: RoomKey,
    target: u64,
) -> Result<Vec<Reaction>, StoreError> {
    let mut reactions: Vec<Reaction> = Vec::new();
    tx.each(
        "SELECT emoji, total, mine, name FROM (
             SELECT r.emoji, r.seq, a.name, count(*) OVER same AS total, min(r.seq) OVER same AS begun,
                 CAST(max(CASE WHEN r.account = $1 THEN 1 ELSE 0 END) OVER same AS BIGINT) AS mine,
                 row_number() OVER (PARTITION BY r.emoji ORDER BY r.seq) AS place
             FROM reactions r JOIN accounts a ON a.id = r.account
             WHERE r.room = $2 AND r.target = $3 WINDOW same AS (PARTITION BY r.emoji)) AS counted
         WHERE place <= $4 ORDER BY begun, seq",
        &[
            Param::Int(account.0),
            Param::Int(room.0),
            Param::seq(target),
            Param::Int(limits::REACTION_NAMES as i64),
        ],
        &mut |row| {
            let (emoji, name) = (row.text(0)?, known(row.text(3)?)?);
            match reactions.last_mut() {
                Some(same) if same.emoji == emoji => same.names.push(name),
                _ => {
                    let (count, mine) = (row.int(1)? as u64, row.int(2)? != 0);
                    reactions.push(Reaction { emoji, count, names: vec![name], mine });
                }
            }
            Ok(true)
        },
    )?;
    Ok(reactions)
}
