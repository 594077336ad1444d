//! Checkpoints: copying the write-ahead log into the database file.
//!
//! SQLite would do this within a COMMIT, so now and then a commit would take as long as copying the whole log. Here a
//! thread with a connection of its own copies while the writer goes on. What the writer has added to the log by then is
//! little; the writer copies it after a commit, which lets the log begin anew. If the thread can't keep up, the log grows
//! to a few times its usual length; then the writer copies all of it.

use std::cell::Cell;
use std::ffi::c_int;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use rusqlite::Connection;
use rusqlite::hooks::Wal;

use crate::error::StoreError;

/// Length of the log, in pages of 4 KiB, from which on it is copied: 32 MiB.
const LONG: i64 = 8_192;
/// If the log gets this many times longer, the writer copies it.
const TIMES_TOO_LONG: i64 = 4;
/// Number of pages that the thread leaves for the writer to copy, at most.
const REST: i64 = 512;
/// How often the thread copies in a row to get to that.
const PASSES: usize = 4;

/// What happens next. The writer moves from `IDLE` to `COPYING`, the thread from there to `NEARLY` (or back), the writer
/// from `NEARLY` to `IDLE`.
const IDLE: u8 = 0;
const COPYING: u8 = 1;
const NEARLY: u8 = 2;

thread_local! {
    /// Length of the log after the latest commit of this thread, in pages.
    static LENGTH: Cell<i64> = const { Cell::new(0) };
}

/// A hook, which SQLite calls in each commit.
fn note_length(_: &Wal, pages: c_int) -> rusqlite::Result<()> {
    LENGTH.set(pages.into());
    Ok(())
}

/// The thread that copies, and what the writer knows of it.
pub(super) struct Checkpoints {
    long: i64,
    state: Arc<AtomicU8>,
    /// `None` only while it is dropped.
    begin: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    /// Takes over the checkpoints of `writer`, a connection to the file at `path`.
    pub(super) fn of(writer: &Connection, path: &Path) -> Result<Self, StoreError> {
        Self::when(writer, path, LONG)
    }

    fn when(writer: &Connection, path: &Path, long: i64) -> Result<Self, StoreError> {
        let connection = Connection::open(path)?;
        connection.pragma_update(None, "checkpoint_fullfsync", true)?;
        // A hook takes the place of SQLite's own checkpoints.
        writer.wal_hook(Some(note_length));
        let (begin, begun) = sync_channel(1);
        let state = Arc::new(AtomicU8::new(IDLE));
        let thread = std::thread::Builder::new().name("checkpoints".into()).spawn({
            let state = Arc::clone(&state);
            move || copy_when_asked(&connection, &begun, &state)
        });
        let thread =
            thread.map_err(|error| StoreError::Other(format!("a thread for checkpoints: {error}")))?;
        Ok(Self { long, state, begin: Some(begin), thread: Some(thread) })
    }

    /// Called by the writer after each commit.
    pub(super) fn committed(&self, writer: &Connection) {
        let length = LENGTH.get();
        if length < self.long {
            return;
        }
        let nearly = self.state.load(Ordering::Acquire) == NEARLY;
        if nearly || length >= TIMES_TOO_LONG * self.long {
            // Fails while the thread copies, or a reader needs the log; the next commit tries again.
            if let Err(error) = copy(writer) {
                tracing::debug!(%error, "the write-ahead log could not be copied into the database file");
            }
            if nearly {
                self.state.store(IDLE, Ordering::Release);
            }
        } else if self.state.load(Ordering::Acquire) == IDLE {
            self.state.store(COPYING, Ordering::Release);
            // There is room: nothing is sent while it copies. Without the thread, the writer copies.
            let _ = self.begin.as_ref().map(|begin| begin.try_send(()));
        }
    }
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.begin = None;
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread for checkpoints has panicked");
        }
    }
}

fn copy_when_asked(connection: &Connection, begun: &Receiver<()>, state: &AtomicU8) {
    while begun.recv().is_ok() {
        let mut passes = (0..PASSES).map(|_| copy(connection));
        let nearly = passes.find(|rest| rest.as_ref().map_or(true, |rest| *rest <= REST));
        let done = match nearly {
            Some(Err(error)) => {
                tracing::debug!(%error, "the write-ahead log could not be copied into the database file");
                IDLE
            }
            Some(Ok(_)) => NEARLY,
            None => IDLE,
        };
        state.store(done, Ordering::Release);
    }
}

/// Copies as much of the log as readers allow, without waiting for anybody; returns the number of pages left.
fn copy(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", (), |row| {
        let (length, copied): (i64, i64) = (row.get(1)?, row.get(2)?);
        Ok(length - copied)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// However much is written, and beside a reader too, the log stays short; nothing is lost.
    #[test]
    fn the_log_stays_short() {
        const LONG: i64 = 64;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chinwag.db");
        let writer = Connection::open(&path).unwrap();
        writer
            .execute_batch("PRAGMA journal_mode=WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, text)")
            .unwrap();
        let checkpoints = Checkpoints::when(&writer, &path, LONG).unwrap();
        let reader = Connection::open(&path).unwrap();
        let text = "x".repeat(3_000);
        let mut longest = 0;
        for round in 0..20 {
            // A reader keeps the log from beginning anew, for a while.
            if round == 10 {
                reader.execute_batch("BEGIN; SELECT count(*) FROM t").unwrap();
            }
            if round == 11 {
                reader.execute_batch("COMMIT").unwrap();
            }
            for _ in 0..50 {
                writer.execute("INSERT INTO t (text) VALUES ($1)", [&text]).unwrap();
                checkpoints.committed(&writer);
                longest = longest.max(LENGTH.get());
            }
        }
        // In each round about 150 pages are written.
        assert!(longest > LONG && longest < 10 * LONG, "{longest}");
        drop(checkpoints);
        let rows: i64 = reader.query_row("SELECT count(*) FROM t", (), |row| row.get(0)).unwrap();
        assert_eq!(rows, 1_000);
        let whole: String = reader.query_row("PRAGMA integrity_check", (), |row| row.get(0)).unwrap();
        assert_eq!(whole, "ok");
    }
}
