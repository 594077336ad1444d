//! Copying a SQLite database while it is in use, and preparing a restored copy.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use rusqlite::OpenFlags;
use rusqlite::backup::{Backup, StepResult};

use super::bootstrap;
use super::database::Database;
use super::error::StoreError;
use super::sql::Connection;
use super::sqlite::Sqlite;

/// Pages copied between two progress reports.
const PAGES: i32 = 4_096;
/// How long a statement waits for another process's lock.
const BUSY: Duration = Duration::from_secs(10);
/// Delay between two attempts at a step that met a lock.
const RETRY: Duration = Duration::from_millis(50);

/// The contents of a copy.
#[derive(Debug, Clone, Copy)]
pub struct Copied {
    /// Rooms.
    pub rooms: u64,
    /// Events in their logs.
    pub events: u64,
}

impl Database {
    /// Returns the path if the database is a file.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::Sqlite(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }

    /// Gives every room's log a new epoch, so that no client relies on what it knows of later sequence numbers. For a
    /// restored database that no server uses. Returns the number of rooms.
    pub fn renew_epochs(&self) -> Result<u64, StoreError> {
        let mut connection = self.open()?;
        bootstrap::renew_epochs(connection.as_mut())
    }
}

/// Copies a SQLite file in its present state to a path that does not exist yet, and verifies the copy. Other processes
/// may write meanwhile: everything is read in one transaction, so their commits neither appear in the copy nor restart
/// it. `tell` receives the number of pages copied and the total.
pub fn copy(from: &Path, to: &Path, tell: &mut dyn FnMut(u64, u64)) -> Result<Copied, StoreError> {
    let source = rusqlite::Connection::open_with_flags(from, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    source.busy_timeout(BUSY)?;
    let snapshot = source.unchecked_transaction()?;
    // The snapshot begins with the first read.
    let count = |sql| snapshot.query_row(sql, (), |row| row.get::<_, i64>(0));
    let rooms = count("SELECT count(*) FROM rooms")?;
    let events = count("SELECT coalesce(sum(last_seq), 0) FROM heads")?;
    let mut target = rusqlite::Connection::open(to)?;
    // The whole file is synced at the end.
    target.execute_batch("PRAGMA synchronous=OFF")?;
    {
        let backup = Backup::new(&source, &mut target)?;
        loop {
            let step = backup.step(PAGES)?;
            let progress = backup.progress();
            let all = progress.pagecount.unsigned_abs();
            tell((all - progress.remaining.unsigned_abs()).into(), all.into());
            match step {
                StepResult::Done => break,
                StepResult::More => {}
                _ => std::thread::sleep(RETRY),
            }
        }
    }
    drop(snapshot);
    // A single file without -wal and -shm; the server that opens it changes that back.
    target.execute_batch("PRAGMA journal_mode=DELETE")?;
    let sound: String = target.query_row("PRAGMA integrity_check", (), |row| row.get(0))?;
    let there: i64 = target.query_row("SELECT count(*) FROM events", (), |row| row.get(0))?;
    target.close().map_err(|(_, error)| error)?;
    if sound != "ok" {
        return Err(StoreError::Other(format!("the copy of {} is damaged: {sound}", from.display())));
    }
    if there != events {
        let words = format!("the copy has {there} events, and should have {events}");
        return Err(StoreError::Other(words));
    }
    let synced = File::open(to).and_then(|file| file.sync_all());
    synced.map_err(|error| StoreError::Other(format!("{}: {error}", to.display())))?;
    Ok(Copied { rooms: rooms.unsigned_abs(), events: events.unsigned_abs() })
}

/// Returns the uploads recorded in a SQLite file, each with whether a message uses it.
pub fn uploads(file: &Path) -> Result<Vec<(String, bool)>, StoreError> {
    let mut connection: Box<dyn Connection> = Box::new(Sqlite::open_read_only(file)?);
    connection.get(|tx| {
        tx.all(
            "SELECT id, CASE WHEN EXISTS (SELECT 1 FROM uses WHERE uses.media = media.id)
             THEN 1 ELSE 0 END FROM media",
            &[],
            |row| Ok((row.text(0)?, row.flag(1)?)),
        )
    })
}
