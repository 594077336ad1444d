//! SQLite: one file in the data directory.

mod checkpoints;

use std::path::Path;
use std::time::Duration;

use rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{OpenFlags, OptionalExtension, TransactionBehavior};

use self::checkpoints::Checkpoints;
use super::error::StoreError;
use super::migrations::{announce, to_do};
use super::model::{AccountId, CursorMove, RoomKey, StoredEvent};
use super::rows::{known, stored_event};
use super::sql::{Connection, NewEvent, Param, Place, Row, Tx, Work};

/// How long a statement waits for another process's transaction.
const BUSY: Duration = Duration::from_secs(10);

/// The same timeout where we only want to know whether a write would block.
const BUSY_PROBE: Duration = Duration::from_secs(1);

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::Full,
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => {
                Self::Unavailable(error.to_string())
            }
            _ if error.sqlite_error().is_some_and(|code| code.extended_code == SQLITE_CONSTRAINT_UNIQUE) => {
                Self::Conflict(error.to_string())
            }
            _ => Self::Other(error.to_string()),
        }
    }
}

impl ToSql for Param<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(value) => ValueRef::Integer(*value),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

impl Row for rusqlite::Row<'_> {
    fn maybe_int(&self, column: usize) -> Result<Option<i64>, StoreError> {
        Ok(self.get(column)?)
    }
    fn maybe_text(&self, column: usize) -> Result<Option<String>, StoreError> {
        Ok(self.get(column)?)
    }
    fn maybe_blob(&self, column: usize) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.get(column)?)
    }
}

/// The writer's page cache, in KiB.
const CACHE_KIB: i64 = 16_000;

/// A connection to the SQLite file.
pub struct Sqlite {
    connection: rusqlite::Connection,
    seen_version: i64,
    /// `None` if it is only for reading.
    checkpoints: Option<Checkpoints>,
}

impl Sqlite {
    /// Opens the database for writing; creates and migrates it if necessary.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut connection = rusqlite::Connection::open(path)?;
        Self::prepare(&connection)?;
        // FULL: a commit is on disk before it is acknowledged, not only in the operating system's cache. (On macOS a
        // plain fsync leaves it there, hence `fullfsync`.)
        connection.execute_batch(
            "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA secure_delete=ON;
             PRAGMA fullfsync=ON; PRAGMA checkpoint_fullfsync=ON;",
        )?;
        // Messages in a thousand rooms change the same few thousand pages again and again. With this cache they are
        // found in memory and are written to the file once for many changes.
        connection.pragma_update(None, "cache_size", -CACHE_KIB)?;
        Self::migrate(&mut connection)?;
        let checkpoints = Some(Checkpoints::of(&connection, path)?);
        Ok(Self { connection, seen_version: 0, checkpoints })
    }

    fn migrate(connection: &mut rusqlite::Connection) -> Result<(), StoreError> {
        // The earliest files kept their migration number in `user_version`.
        const MIGRATIONS: &str = "
            CREATE TABLE IF NOT EXISTS migrations (
                step INTEGER PRIMARY KEY, oldest INTEGER NOT NULL) STRICT;
            INSERT INTO migrations SELECT user_version, 1 FROM pragma_user_version WHERE user_version > 0;
            PRAGMA user_version = 0";
        const DONE: &str = "SELECT coalesce(max(step), 0), coalesce(max(oldest), 0) FROM migrations";
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(MIGRATIONS)?;
        let (done, oldest) = transaction.query_row(DONE, (), |row| Ok((row.get(0)?, row.get(1)?)))?;
        for (number, step) in to_do(done, oldest)? {
            announce(done, number);
            transaction.execute_batch(step.sqlite)?;
            transaction.execute("INSERT INTO migrations VALUES ($1, $2)", (number, step.oldest))?;
        }
        Ok(transaction.commit()?)
    }

    /// Opens the database for reading only.
    pub fn open_read_only(path: &Path) -> Result<Self, StoreError> {
        let connection = rusqlite::Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        Self::prepare(&connection)?;
        Ok(Self { connection, seen_version: 0, checkpoints: None })
    }

    fn prepare(connection: &rusqlite::Connection) -> Result<(), StoreError> {
        connection.busy_timeout(BUSY)?;
        connection.set_prepared_statement_cache_capacity(64);
        connection
            .execute_batch("PRAGMA foreign_keys=ON; PRAGMA cache_size=-2000; PRAGMA temp_store=MEMORY;")?;
        Ok(())
    }

    /// Runs a transaction. `begin`, COMMIT and ROLLBACK are cached prepared statements, like all others.
    fn run(&mut self, begin: &'static str, work: &mut Work<'_>) -> Result<(), StoreError> {
        let statement = |sql| self.connection.prepare_cached(sql)?.execute(()).map(drop);
        statement(begin)?;
        let ended = work(&mut Statements(&self.connection)).and_then(|()| Ok(statement("COMMIT")?));
        // Some failures have already ended the transaction.
        if ended.is_err()
            && !self.connection.is_autocommit()
            && let Err(error) = statement("ROLLBACK")
        {
            tracing::error!(%error, "a transaction that failed could not be rolled back");
        }
        ended
    }
}

impl Connection for Sqlite {
    fn write(&mut self, work: &mut Work<'_>) -> Result<(), StoreError> {
        self.run("BEGIN IMMEDIATE", work)?;
        if let Some(checkpoints) = &self.checkpoints {
            checkpoints.committed(&self.connection);
        }
        Ok(())
    }

    fn read(&mut self, work: &mut Work<'_>) -> Result<(), StoreError> {
        self.run("BEGIN", work)
    }

    fn takes_writes(&mut self) -> Result<(), StoreError> {
        self.connection.busy_timeout(BUSY_PROBE)?;
        let locked = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map(drop);
        self.connection.busy_timeout(BUSY)?;
        Ok(locked?)
    }

    fn others_may_have_written(&mut self) -> Result<bool, StoreError> {
        let version = self.connection.pragma_query_value(None, "data_version", |row| row.get(0))?;
        Ok(std::mem::replace(&mut self.seen_version, version) != version)
    }

    fn end_other(&mut self, _: &str) -> Result<(), StoreError> {
        // There is no remote transaction that could outlive a connection to a file.
        Ok(())
    }

    fn is_broken(&self) -> bool {
        // A transaction could not be rolled back, so no other can begin.
        !self.connection.is_autocommit()
    }

    fn forget_erased(&mut self) -> Result<bool, StoreError> {
        // In the file, rows are overwritten with zeros (`secure_delete`). Older pages stay in the write-ahead log until
        // it is truncated, which fails while a reader is using it.
        let busy =
            self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", (), |row| row.get::<_, i64>(0));
        Ok(busy? == 0)
    }
}

struct Statements<'a>(&'a rusqlite::Connection);

impl Statements<'_> {
    /// Parameters are passed by position, and SQLite numbers them in the order of their first occurrence in the
    /// statement.
    fn prepare(&self, sql: &'static str) -> Result<rusqlite::CachedStatement<'_>, StoreError> {
        let statement = self.0.prepare_cached(sql)?;
        debug_assert!(
            (1..=statement.parameter_count()).all(|n| statement.parameter_name(n) == Some(&*format!("${n}"))),
            "the parameters are not numbered in the order in which they come: {sql}"
        );
        Ok(statement)
    }
}

impl Tx for Statements<'_> {
    fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, StoreError> {
        Ok(self.prepare(sql)?.execute(rusqlite::params_from_iter(params))? as u64)
    }

    fn each(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        read: &mut dyn FnMut(&dyn Row) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query(rusqlite::params_from_iter(params))?;
        while let Some(row) = rows.next()? {
            if !read(row)? {
                break;
            }
        }
        Ok(())
    }

    fn execute_each(&mut self, sql: &'static str, rows: &[Vec<Param<'_>>]) -> Result<(), StoreError> {
        let mut statement = self.prepare(sql)?;
        for row in rows {
            statement.execute(rusqlite::params_from_iter(row))?;
        }
        Ok(())
    }

    fn lengthen(&mut self, rooms: &[(RoomKey, u64)], messages: bool) -> Result<Vec<Place>, StoreError> {
        // Not a single statement with RETURNING: SQLite would build a temporary table for it each time.
        let mut look = self
            .prepare("SELECT last_seq, topic, messages FROM heads JOIN rooms ON id = room WHERE room = $1")?;
        let mut move_on = self.prepare(if messages {
            "UPDATE heads SET last_seq = $1, last_message_seq = $1, messages = $2 WHERE room = $3"
        } else {
            "UPDATE heads SET last_seq = $1, messages = $2 WHERE room = $3"
        })?;
        let one = |(room, count): &(RoomKey, u64)| {
            let (last_seq, topic, before) = look.query_row([room.0], |row| {
                Ok((row.get::<_, i64>(0)? as u64, row.get(1)?, row.get::<_, i64>(2)? as u64))
            })?;
            let last_seq = last_seq + count;
            let messages = if messages { before + count } else { before };
            move_on.execute((last_seq as i64, messages as i64, room.0))?;
            Ok(Place { room: *room, topic: known(topic)?, last_seq, messages })
        };
        rooms.iter().map(one).collect()
    }

    fn lock_rooms(&mut self, _: &[RoomKey]) -> Result<(), StoreError> {
        // Only one transaction writes at a time anyway.
        Ok(())
    }

    fn lock_members(&mut self, _: &[(RoomKey, AccountId)]) -> Result<(), StoreError> {
        // Only one transaction writes at a time anyway.
        Ok(())
    }

    fn sent_before(
        &mut self,
        keys: &[(AccountId, &str)],
    ) -> Result<Vec<(AccountId, String, StoredEvent)>, StoreError> {
        let mut found = Vec::new();
        for (sender, msg_id) in keys {
            self.each(
                "SELECT e.room, r.topic, e.seq, e.kind, a.name, e.body FROM events e
                 JOIN rooms r ON r.id = e.room JOIN accounts a ON a.id = e.sender
                 WHERE e.sender = $1 AND e.msg_id = $2",
                &[Param::Int(sender.0), Param::Text(msg_id)],
                &mut |row| {
                    found.push((*sender, (*msg_id).to_owned(), stored_event(row)?));
                    Ok(false)
                },
            )?;
        }
        Ok(found)
    }

    fn read_cursors(
        &mut self,
        room: RoomKey,
        accounts: &[AccountId],
    ) -> Result<Vec<(AccountId, u64)>, StoreError> {
        let mut statement = self.prepare("SELECT read_seq FROM members WHERE room = $1 AND account = $2")?;
        let mut found = Vec::new();
        for &account in accounts {
            let seq = statement.query_row((room.0, account.0), |row| row.get::<_, i64>(0)).optional()?;
            found.extend(seq.map(|seq| (account, seq as u64)));
        }
        Ok(found)
    }

    fn move_cursors(&mut self, cursors: &[CursorMove]) -> Result<Vec<CursorMove>, StoreError> {
        let mut statement = self.prepare(
            "UPDATE members SET read_seq = min($1, h.last_seq) FROM heads h
             WHERE h.room = $2 AND members.room = $2 AND account = $3 AND read_seq < min($1, h.last_seq)
             RETURNING read_seq",
        )?;
        let mut moved = Vec::new();
        for &CursorMove { room, account, seq } in cursors {
            let seq = i64::try_from(seq).unwrap_or(i64::MAX);
            let now = statement.query_row((seq, room.0, account.0), |row| row.get::<_, i64>(0)).optional()?;
            moved.extend(now.map(|seq| CursorMove { room, account, seq: seq as u64 }));
        }
        Ok(moved)
    }

    fn insert_events(&mut self, events: &[NewEvent<'_>]) -> Result<(), StoreError> {
        let mut statement = self.prepare(
            "INSERT INTO events (room, seq, kind, sender, msg_id, target, ordinal, at, body)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        )?;
        for event in events {
            statement.execute((
                event.room.0,
                event.seq as i64,
                event.kind,
                event.sender.0,
                event.msg_id,
                event.target.map(u64::cast_signed),
                event.ordinal as i64,
                event.at,
                event.body,
            ))?;
        }
        Ok(())
    }

    fn keep_others_from_writing(&mut self, _: &'static str) -> Result<(), StoreError> {
        // Only one transaction writes at a time anyway.
        Ok(())
    }

    fn number_on(&mut self) -> Result<(), StoreError> {
        // SQLite continues after the largest id by itself.
        Ok(())
    }

    fn lock_changes(&mut self) -> Result<(), StoreError> {
        // Only one transaction writes at a time anyway.
        Ok(())
    }
}
