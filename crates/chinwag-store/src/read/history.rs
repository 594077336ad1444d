//! Pages of a room's history: messages in their present state, and what else a client draws between them.

use super::log::{Head, head};
use super::messages::{Found, Shown, first_where, messages_before, messages_from, shown};
use crate::error::StoreError;
use crate::model::{AccountId, RoomKey, StoredEvent};
use crate::reader::Reader;
use crate::rows::stored_event;
use crate::sql::{Param, Tx};

/// Where a page is in a room's log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// The last messages before this seq.
    Before(u64),
    /// The first messages after this seq.
    After(u64),
    /// Half of the messages before this seq, the rest from it on.
    Around(u64),
    /// The same around the first event at or after this time, in milliseconds since 1970.
    At(i64),
}

/// A page of a room's history: all messages of a stretch of the log, and all notes if they were asked for.
#[derive(Debug, Clone)]
pub struct Page {
    /// The end of the log.
    pub head: Head,
    /// The first seq of the stretch.
    pub from: u64,
    /// Its last seq; `from - 1` if the stretch is empty.
    pub to: u64,
    /// Oldest first.
    pub messages: Vec<Shown>,
    /// Joins, leaves and changes of the room, oldest first.
    pub notes: Option<Vec<StoredEvent>>,
}

/// Maximum number of notes in one direction of a page.
const NOTES_MAX: usize = 500;

/// Maximum number of log positions that one direction of a page with notes covers: reactions to a message may be so many.
const NOTES_WITHIN: u64 = 10_000;

/// One direction of a page.
struct Stretch {
    from: u64,
    to: u64,
    messages: Vec<Found>,
    notes: Vec<StoredEvent>,
}

impl Reader {
    /// Returns at most `limit` messages of a room at `place`, as `account` sees them, and with `notes` also the joins,
    /// leaves and changes of the room between them. The page may cover less than `limit` messages need, if the notes
    /// are very many.
    pub async fn page(
        &self,
        account: AccountId,
        room: RoomKey,
        place: Place,
        limit: u32,
        notes: bool,
    ) -> Result<Page, StoreError> {
        self.run(move |tx| {
            let head = head(tx, room)?;
            let log = Log { room, last: head.last_seq, notes };
            let Stretch { from, to, messages, notes: found } = match place {
                Place::Before(seq) => log.before(tx, seq, limit)?,
                Place::After(seq) => log.from(tx, seq.saturating_add(1), limit)?,
                Place::Around(seq) => log.around(tx, seq, limit)?,
                Place::At(at) => {
                    let seq = log.seq_at(tx, at)?;
                    log.around(tx, seq, limit)?
                }
            };
            let messages = shown(tx, account, messages)?;
            Ok(Page { head, from, to, messages, notes: notes.then_some(found) })
        })
        .await
    }
}

macro_rules! notes {
    ($order:literal) => {
        concat!(
            "SELECT e.room, r.topic, e.seq, e.kind, s.name, e.body FROM events e
             JOIN rooms r ON r.id = e.room JOIN accounts s ON s.id = e.sender
             WHERE e.room = $1 AND e.seq >= $2 AND e.seq <= $3 AND e.kind IN ('join', 'leave', 'room')
             ORDER BY e.seq ",
            $order,
            " LIMIT $4"
        )
    };
}

/// The log of which a page is read.
struct Log {
    room: RoomKey,
    last: u64,
    notes: bool,
}

impl Log {
    fn before(&self, tx: &mut dyn Tx, before: u64, limit: u32) -> Result<Stretch, StoreError> {
        let before = before.clamp(1, self.last + 1);
        let messages = messages_before(tx, self.room, before, limit)?;
        let from = match messages.first() {
            _ if limit == 0 => before,
            Some(first) if messages.len() >= limit as usize => first.event.seq,
            _ => 1,
        };
        let mut stretch = Stretch { from, to: before - 1, messages, notes: Vec::new() };
        if self.notes {
            stretch.from = stretch.from.max(before.saturating_sub(NOTES_WITHIN)).max(1);
            stretch.notes = self.notes(tx, &stretch, true)?;
            stretch.notes.reverse();
            // Where notes were left out, the stretch ends.
            if stretch.notes.len() > NOTES_MAX {
                stretch.notes.drain(..stretch.notes.len() - NOTES_MAX);
                stretch.from = stretch.notes[0].seq;
            }
            stretch.messages.retain(|found| found.event.seq >= stretch.from);
        }
        Ok(stretch)
    }

    fn from(&self, tx: &mut dyn Tx, from: u64, limit: u32) -> Result<Stretch, StoreError> {
        let from = from.clamp(1, self.last + 1);
        let messages = messages_from(tx, self.room, from, self.last, limit)?;
        let is_full = messages.len() >= limit as usize;
        let to = messages.last().filter(|_| is_full).map_or(self.last, |found| found.event.seq);
        let mut stretch = Stretch { from, to, messages, notes: Vec::new() };
        if self.notes {
            stretch.to = stretch.to.min(from - 1 + NOTES_WITHIN);
            stretch.notes = self.notes(tx, &stretch, false)?;
            if stretch.notes.len() > NOTES_MAX {
                stretch.notes.truncate(NOTES_MAX);
                stretch.to = stretch.notes[NOTES_MAX - 1].seq;
            }
            stretch.messages.retain(|found| found.event.seq <= stretch.to);
        }
        Ok(stretch)
    }

    fn around(&self, tx: &mut dyn Tx, seq: u64, limit: u32) -> Result<Stretch, StoreError> {
        let seq = seq.clamp(1, self.last + 1);
        let mut older = self.before(tx, seq, limit / 2)?;
        let newer = self.from(tx, seq, limit - limit / 2)?;
        older.messages.extend(newer.messages);
        older.notes.extend(newer.notes);
        Ok(Stretch { to: newer.to, ..older })
    }

    /// Returns one note more than a page may have, to tell whether there are more.
    fn notes(
        &self,
        tx: &mut dyn Tx,
        &Stretch { from, to, .. }: &Stretch,
        newest_first: bool,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let statement = if newest_first { notes!("DESC") } else { notes!("ASC") };
        let params =
            [Param::Int(self.room.0), Param::seq(from), Param::seq(to), Param::Int(NOTES_MAX as i64 + 1)];
        tx.all(statement, &params, stored_event)
    }

    /// Returns the seq of the first event at or after a time; the one after the last if there is none. The server's
    /// clock may have been set back: then it is one of several such places.
    fn seq_at(&self, tx: &mut dyn Tx, at: i64) -> Result<u64, StoreError> {
        let end = self.last + 1;
        first_where(end, |seq| {
            let params = [Param::Int(self.room.0), Param::seq(seq)];
            let sent =
                tx.first("SELECT at FROM events WHERE room = $1 AND seq = $2", &params, |row| row.int(0))?;
            Ok(sent.is_none_or(|sent| sent >= at))
        })
    }
}
