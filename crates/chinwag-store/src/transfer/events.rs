//! Copying and comparing the logs. A copy always consists of a log's first events without gaps, so its end shows where
//! to continue.

use std::collections::HashMap;

use aws_lc_rs::digest::{Context, SHA256};

use super::rows::hash_bytes;
use super::{Progress, Reading, Tell, differs};
use crate::error::StoreError;
use crate::model::{AccountId, RoomKey};
use crate::sql::{Connection, NewEvent, Param, Tx, got};

/// Maximum number of events per page …
const PAGE: i64 = 2_000;
/// … and its approximate maximum size in bytes.
const PAGE_BYTES: usize = 4 * 1024 * 1024;

/// For each room, the seq up to which the log is known to be the same on both sides.
pub type Compared = HashMap<RoomKey, u64>;

struct Event {
    seq: u64,
    kind: String,
    sender: AccountId,
    msg_id: Option<String>,
    target: Option<u64>,
    ordinal: u64,
    at: i64,
    body: String,
}

impl Event {
    fn as_new(&self, room: RoomKey) -> NewEvent<'_> {
        let Self { seq, kind, sender, msg_id, target, ordinal, at, body } = self;
        NewEvent {
            room,
            seq: *seq,
            kind,
            sender: *sender,
            msg_id: msg_id.as_deref(),
            target: *target,
            ordinal: *ordinal,
            at: *at,
            body,
        }
    }
}

/// Returns one page of the events of a room after `after`, up to `last`.
fn page(tx: &mut dyn Tx, room: RoomKey, after: u64, last: u64) -> Result<Vec<Event>, StoreError> {
    let (mut events, mut bytes) = (Vec::new(), 0);
    tx.each(
        "SELECT seq, kind, sender, msg_id, target, ordinal, at, body FROM events
         WHERE room = $1 AND seq > $2 AND seq <= $3 ORDER BY seq LIMIT $4",
        &[Param::Int(room.0), Param::seq(after), Param::seq(last), Param::Int(PAGE)],
        &mut |row| {
            let event = Event {
                seq: row.int(0)? as u64,
                kind: row.text(1)?,
                sender: AccountId(row.int(2)?),
                msg_id: row.maybe_text(3)?,
                target: row.maybe_int(4)?.map(i64::cast_unsigned),
                ordinal: row.int(5)? as u64,
                at: row.int(6)?,
                body: row.text(7)?,
            };
            bytes += event.body.len();
            events.push(event);
            Ok(bytes < PAGE_BYTES)
        },
    )?;
    Ok(events)
}

fn total(heads: &[(RoomKey, u64)]) -> u64 {
    heads.iter().map(|(_, last)| last).sum()
}

/// Copies the events up to `heads` that the target does not have.
pub fn copy(
    heads: &[(RoomKey, u64)],
    reading: Reading<'_>,
    target: &mut dyn Connection,
    tell: Tell<'_>,
) -> Result<(), StoreError> {
    let (mut done, all) = (0, total(heads));
    for (room, last) in heads {
        let sql = "SELECT coalesce(max(seq), 0) FROM events WHERE room = $1";
        let mut reached =
            target.get(|tx| tx.one(sql, &[Param::Int(room.0)], |row| Ok(row.int(0)? as u64)))?;
        done += reached;
        while reached < *last {
            let events = got(reading, &mut |tx| page(tx, *room, reached, *last))?;
            let Some(end) = events.last().map(|event| event.seq) else {
                return Err(differs("the length of a log", last, reached));
            };
            let rows: Vec<NewEvent<'_>> = events.iter().map(|event| event.as_new(*room)).collect();
            target.write(&mut |tx| tx.insert_events(&rows))?;
            done += rows.len() as u64;
            reached = end;
            tell(Progress::Copied(done, all));
        }
    }
    Ok(())
}

/// Repeats on the target all erasures made on the source, including those of events copied earlier.
pub fn copy_erased(reading: Reading<'_>, target: &mut dyn Connection) -> Result<(), StoreError> {
    let (mut room, mut seq) = (-1, 0);
    loop {
        let deleted = got(reading, &mut |tx| {
            tx.all(
                "SELECT room, seq FROM altered WHERE deleted IS NOT NULL AND (room, seq) > ($1, $2)
                 ORDER BY room, seq LIMIT $3",
                &[Param::Int(room), Param::Int(seq), Param::Int(PAGE)],
                |row| Ok((row.int(0)?, row.int(1)?)),
            )
        })?;
        let Some(last) = deleted.last() else { return Ok(()) };
        (room, seq) = *last;
        for (room, seq) in deleted {
            let events = got(reading, &mut |tx| {
                tx.all(
                    "SELECT seq, body, digest FROM events WHERE room = $1 AND (seq = $2 OR target = $2)",
                    &[Param::Int(room), Param::Int(seq)],
                    |row| Ok((row.int(0)?, row.text(1)?, row.maybe_blob(2)?)),
                )
            })?;
            let rows = events.iter().map(|(seq, body, digest)| {
                let digest = digest.as_deref().map_or(Param::Null, Param::Blob);
                vec![Param::Text(body), digest, Param::Int(room), Param::Int(*seq)]
            });
            let rows: Vec<_> = rows.collect();
            let erase =
                "UPDATE events SET body = $1, digest = $2 WHERE room = $3 AND seq = $4 AND body <> $1";
            target.write(&mut |tx| tx.execute_each(erase, &rows))?;
        }
    }
}

/// Compares the events up to `heads` that have not been compared yet.
pub fn compare(
    heads: &[(RoomKey, u64)],
    reading: Reading<'_>,
    target: &mut dyn Connection,
    compared: &mut Compared,
    tell: Tell<'_>,
) -> Result<(), StoreError> {
    let (mut done, all) = (compared.values().sum(), total(heads));
    for (room, last) in heads {
        let reached = compared.entry(*room).or_default();
        while *reached < *last {
            let until = (*reached + PAGE as u64).min(*last);
            let here = got(reading, &mut |tx| fingerprint(tx, *room, *reached, until))?;
            let there = target.get(|tx| fingerprint(tx, *room, *reached, until))?;
            if here != there || here.0 != until - *reached {
                let what = format!("the log of room {} after {reached}", room.0);
                return Err(differs(&what, here, there));
            }
            done += until - *reached;
            *reached = until;
            tell(Progress::Compared(done, all));
        }
    }
    let copied = target.get(|tx| tx.one("SELECT count(*) FROM events", &[], |row| Ok(row.int(0)? as u64)))?;
    if copied != all { Err(differs("the number of events", all, copied)) } else { Ok(()) }
}

/// Returns the number of events after `after` up to `until`, and a hash of them.
fn fingerprint(tx: &mut dyn Tx, room: RoomKey, after: u64, until: u64) -> Result<(u64, Vec<u8>), StoreError> {
    let (mut count, mut reached, mut hash) = (0, after, Context::new(&SHA256));
    loop {
        let events = page(tx, room, reached, until)?;
        let Some(last) = events.last() else { return Ok((count, hash.finish().as_ref().to_vec())) };
        reached = last.seq;
        count += events.len() as u64;
        for event in &events {
            hash.update(&event.seq.to_be_bytes());
            hash.update(&event.sender.0.to_be_bytes());
            hash_bytes(event.kind.as_bytes(), &mut hash);
            // Distinguishes a missing msg_id from an empty one.
            hash.update(&[u8::from(event.msg_id.is_some())]);
            hash_bytes(event.msg_id.as_deref().unwrap_or_default().as_bytes(), &mut hash);
            hash.update(&event.target.unwrap_or_default().to_be_bytes());
            hash.update(&event.ordinal.to_be_bytes());
            hash.update(&event.at.to_be_bytes());
            hash_bytes(event.body.as_bytes(), &mut hash);
        }
    }
}
