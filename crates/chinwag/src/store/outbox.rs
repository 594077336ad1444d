//! How far what is stored has been published, and what else the servers on one database must agree on.

use super::read::Reader;
use super::sql::Param;
use super::write::{Applied, Scribe, Written};
use super::{Change, RoomKey, StoreError};

/// Rows of `changes` that are read at a time.
const PAGE: i64 = 1_000;

/// A room of whose log something is not published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unpublished {
    /// The room.
    pub room: RoomKey,
    /// How far it is published.
    pub published_seq: u64,
    /// How far it goes.
    pub last_seq: u64,
}

/// What has changed in the directory after some change.
#[derive(Debug, Default)]
pub struct Changes {
    /// The last of them; from here the next are asked for.
    pub reached: i64,
    /// In order. Those that another version of Chinwag made and this one does not know are left out.
    pub changes: Vec<Change>,
    /// Some are forgotten already: whoever follows them must look at everything anew.
    pub gap: bool,
    /// There are more.
    pub more: bool,
}

impl Reader {
    /// Rooms with events that are not published.
    pub async fn unpublished(&self) -> Result<Vec<Unpublished>, StoreError> {
        self.run(|tx| {
            tx.all(
                "SELECT r.id, coalesce(o.published_seq, 0), r.last_seq FROM rooms r
                 LEFT JOIN outbox o ON o.room = r.id WHERE r.last_seq > coalesce(o.published_seq, 0)",
                &[],
                |row| {
                    let (room, published_seq) = (RoomKey(row.int(0)?), row.int(1)? as u64);
                    Ok(Unpublished { room, published_seq, last_seq: row.int(2)? as u64 })
                },
            )
        })
        .await
    }

    /// How far a room's log is published.
    pub async fn published(&self, room: RoomKey) -> Result<u64, StoreError> {
        self.run(move |tx| {
            let key = [Param::Int(room.0)];
            let row = tx.first("SELECT published_seq FROM outbox WHERE room = $1", &key, |row| row.int(0))?;
            Ok(row.unwrap_or_default() as u64)
        })
        .await
    }

    /// Changes in the directory after `after`.
    pub async fn changes_after(&self, after: i64) -> Result<Changes, StoreError> {
        self.run(move |tx| {
            let rows = tx.all(
                "SELECT id, body FROM changes WHERE id > $1 ORDER BY id LIMIT $2",
                &[Param::Int(after), Param::Int(PAGE)],
                |row| Ok((row.int(0)?, row.text(1)?)),
            )?;
            // Forgotten are the oldest: as long as the one before ours is there, nothing is missing.
            let first = tx.one("SELECT coalesce(min(id), 0) FROM changes", &[], |row| row.int(0))?;
            Ok(Changes {
                reached: rows.last().map_or(after, |(id, _)| *id),
                gap: first > after + 1 && after > 0,
                more: rows.len() as i64 == PAGE,
                changes: rows.iter().filter_map(|(_, body)| Change::parse(body)).collect(),
            })
        })
        .await
    }

    /// The number of the last change in the directory.
    pub async fn last_change(&self) -> Result<i64, StoreError> {
        self.run(super::read::last_change).await
    }

    /// What all servers have agreed on for `key`.
    pub async fn setting(&self, key: &'static str) -> Result<Option<String>, StoreError> {
        self.run(move |tx| {
            tx.first("SELECT value FROM settings WHERE key = $1", &[Param::Text(key)], |row| row.text(0))
        })
        .await
    }
}

impl Scribe<'_> {
    pub(super) fn published(&mut self, rooms: &[(RoomKey, u64)]) -> Applied {
        let mut rooms = rooms.to_vec();
        rooms.sort_unstable();
        let row = |(room, seq): (RoomKey, u64)| vec![Param::Int(room.0), Param::seq(seq)];
        let rows: Vec<_> = rooms.into_iter().map(row).collect();
        self.tx.execute_each(
            "INSERT INTO outbox (room, published_seq) VALUES ($1, $2) ON CONFLICT (room)
             DO UPDATE SET published_seq = excluded.published_seq
             WHERE outbox.published_seq < excluded.published_seq",
            &rows,
        )?;
        Ok(Ok(Written::Done))
    }

    pub(super) fn publish_from_here(&mut self) -> Applied {
        self.tx.execute("DELETE FROM outbox", &[])?;
        self.tx.execute("INSERT INTO outbox (room, published_seq) SELECT id, last_seq FROM rooms", &[])?;
        Ok(Ok(Written::Done))
    }

    pub(super) fn set(&mut self, key: &str, value: Option<&str>) -> Applied {
        match value {
            Some(value) => self.tx.execute(
                "INSERT INTO settings (key, value) VALUES ($1, $2)
                 ON CONFLICT (key) DO UPDATE SET value = excluded.value",
                &[Param::Text(key), Param::Text(value)],
            )?,
            None => self.tx.execute("DELETE FROM settings WHERE key = $1", &[Param::Text(key)])?,
        };
        Ok(Ok(Written::Done))
    }

    pub(super) fn set_once(&mut self, key: &str, value: &str) -> Applied {
        self.tx.execute(
            "INSERT INTO settings (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING",
            &[Param::Text(key), Param::Text(value)],
        )?;
        Ok(Ok(Written::Done))
    }
}
