//! The operations we need of a database, and nothing more: transactions, statements with parameters, rows. The
//! statements are the same for SQLite and PostgreSQL; the two differ only where PostgreSQL executes a whole batch in
//! one round trip, and where its concurrent writers need locks.

use chinwag_protocol::RoomId;

use super::error::StoreError;
use super::model::{AccountId, CursorMove, RoomKey, StoredEvent};

/// A parameter of a statement.
#[derive(Debug, Clone, Copy)]
pub enum Param<'a> {
    /// NULL.
    Null,
    /// Any integer, and 0 or 1 for a bool.
    Int(i64),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Blob(&'a [u8]),
}

impl Param<'_> {
    /// Converts a seq or a count. Nothing is numbered beyond `i64::MAX`; a larger value means "the end".
    pub fn seq(seq: u64) -> Self {
        Self::Int(i64::try_from(seq).unwrap_or(i64::MAX))
    }
}

/// A row of a result.
pub trait Row {
    /// Returns an integer or NULL.
    fn maybe_int(&self, column: usize) -> Result<Option<i64>, StoreError>;
    /// Returns text or NULL.
    fn maybe_text(&self, column: usize) -> Result<Option<String>, StoreError>;
    /// Returns bytes or NULL.
    fn maybe_blob(&self, column: usize) -> Result<Option<Vec<u8>>, StoreError>;

    /// Returns an integer; an error if NULL.
    fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.maybe_int(column)?.ok_or_else(|| StoreError::Other(format!("column {column} is NULL")))
    }
    /// Returns text; an error if NULL.
    fn text(&self, column: usize) -> Result<String, StoreError> {
        self.maybe_text(column)?.ok_or_else(|| StoreError::Other(format!("column {column} is NULL")))
    }
    /// Returns bytes; an error if NULL.
    fn blob(&self, column: usize) -> Result<Vec<u8>, StoreError> {
        self.maybe_blob(column)?.ok_or_else(|| StoreError::Other(format!("column {column} is NULL")))
    }
    /// Returns a 0 or 1 as a bool; an error if NULL.
    fn flag(&self, column: usize) -> Result<bool, StoreError> {
        Ok(self.int(column)? != 0)
    }
}

/// A row for the table `events`.
pub struct NewEvent<'a> {
    /// The room.
    pub room: RoomKey,
    /// Its position in the room's log.
    pub seq: u64,
    /// Its `type`.
    pub kind: &'a str,
    /// The account that caused it.
    pub sender: AccountId,
    /// The sender's key for it, if it must be unique among the sender's events.
    pub msg_id: Option<&'a str>,
    /// The seq of the message that it is about, in the same room.
    pub target: Option<u64>,
    /// The number of messages in the room's log up to here, including this one.
    pub ordinal: u64,
    /// When it was sent, in milliseconds since 1970.
    pub at: i64,
    /// The JSON event.
    pub body: &'a str,
}

/// Space reserved at the end of a room's log.
pub struct Place {
    /// The room.
    pub room: RoomKey,
    /// The room's id.
    pub topic: RoomId,
    /// The last seq of its log after the reservation.
    pub last_seq: u64,
    /// The number of messages in its log after the reservation.
    pub messages: u64,
}

/// A transaction, in which statements run.
pub trait Tx {
    /// Runs a statement; returns the number of affected rows.
    fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, StoreError>;

    /// Passes rows to `read` until it returns false.
    fn each(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        read: &mut dyn FnMut(&dyn Row) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError>;

    /// Runs a statement once for each row of parameters.
    fn execute_each(&mut self, sql: &'static str, rows: &[Vec<Param<'_>>]) -> Result<(), StoreError>;

    /// Reserves space at the end of rooms' logs, for messages only or for other events only. The rooms' rows stay
    /// locked until the commit, so that no other writer can reserve a later position and commit earlier.
    fn lengthen(&mut self, rooms: &[(RoomKey, u64)], messages: bool) -> Result<Vec<Place>, StoreError>;

    /// Locks what [`Tx::lengthen`] will lock, all at once and in the order that all servers use.
    fn lock_rooms(&mut self, rooms: &[RoomKey]) -> Result<(), StoreError>;

    /// Locks memberships that will be changed or deleted, all at once and in the order that all servers use.
    fn lock_members(&mut self, members: &[(RoomKey, AccountId)]) -> Result<(), StoreError>;

    /// Returns those of these (sender, msg_id) that are stored, with their events.
    fn sent_before(
        &mut self,
        keys: &[(AccountId, &str)],
    ) -> Result<Vec<(AccountId, String, StoredEvent)>, StoreError>;

    /// Returns the read cursors of these accounts in a room; accounts that are not members are omitted.
    fn read_cursors(
        &mut self,
        room: RoomKey,
        accounts: &[AccountId],
    ) -> Result<Vec<(AccountId, u64)>, StoreError>;

    /// Moves read cursors forward, none beyond the end of its room's log; `cursors` are sorted, one for each room and
    /// account. Returns those that moved.
    fn move_cursors(&mut self, cursors: &[CursorMove]) -> Result<Vec<CursorMove>, StoreError>;

    /// Inserts rows into `events`. A failure may be reported only by a later statement of the transaction, or by its
    /// commit.
    fn insert_events(&mut self, events: &[NewEvent<'_>]) -> Result<(), StoreError>;

    /// Prevents all other writes to any table until the end of this transaction. `lock` is the statement for databases
    /// that need one.
    fn keep_others_from_writing(&mut self, lock: &'static str) -> Result<(), StoreError>;

    /// Sets the id sequences to continue after rows that were inserted with their ids.
    fn number_on(&mut self) -> Result<(), StoreError>;

    /// Takes the lock that every writer to `changes` holds until its commit, so that ids grow in commit order.
    fn lock_changes(&mut self) -> Result<(), StoreError>;
}

impl dyn Tx + '_ {
    /// Returns all rows, each converted by `read`.
    pub fn all<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        read: impl Fn(&dyn Row) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let mut found = Vec::new();
        self.each(sql, params, &mut |row| {
            found.push(read(row)?);
            Ok(true)
        })?;
        Ok(found)
    }

    /// Returns the first row, if there is one, converted by `read`.
    pub fn first<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        read: impl Fn(&dyn Row) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let mut found = None;
        self.each(sql, params, &mut |row| {
            found = Some(read(row)?);
            Ok(false)
        })?;
        Ok(found)
    }

    /// Returns the single row of an aggregate or a RETURNING clause, converted by `read`.
    pub fn one<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        read: impl Fn(&dyn Row) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.first(sql, params, read)?.ok_or_else(|| StoreError::Other(format!("no row from: {sql}")))
    }

    /// Returns whether there is a row.
    pub fn exists(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<bool, StoreError> {
        Ok(self.first(sql, params, |_| Ok(()))?.is_some())
    }
}

/// The work to run in a transaction.
pub type Work<'a> = dyn FnMut(&mut dyn Tx) -> Result<(), StoreError> + 'a;

/// A connection. Not for async threads: every call may block on a disk or a network.
pub trait Connection: Send {
    /// Runs `work` in one transaction: all of it is committed, or nothing.
    fn write(&mut self, work: &mut Work<'_>) -> Result<(), StoreError>;

    /// Runs `work` over one snapshot, which it must not change.
    fn read(&mut self, work: &mut Work<'_>) -> Result<(), StoreError>;

    /// Makes sure that the transaction of a broken connection has ended, either way, and holds no locks. Returns an
    /// error if it has not ended yet: try again.
    fn end_other(&mut self, connection: &str) -> Result<(), StoreError>;

    /// Checks that a transaction could write now. Gives up after a short timeout.
    fn takes_writes(&mut self) -> Result<(), StoreError>;

    /// Returns whether another process may have committed since the last call.
    fn others_may_have_written(&mut self) -> Result<bool, StoreError>;

    /// Returns whether this connection can no longer be used.
    fn is_broken(&self) -> bool;

    /// Removes the remains of erased content, except what the database needs to survive a crash. Returns whether all of
    /// it is gone.
    fn forget_erased(&mut self) -> Result<bool, StoreError>;
}

impl dyn Connection + '_ {
    /// Returns the result of `read` over one snapshot.
    pub fn get<T>(
        &mut self,
        mut read: impl FnMut(&mut dyn Tx) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        got(&mut |work| self.read(work), &mut read)
    }
}

/// Returns the result of `read`, run in the transaction that `reading` provides.
pub fn got<T>(
    reading: &mut dyn FnMut(&mut Work<'_>) -> Result<(), StoreError>,
    read: &mut dyn FnMut(&mut dyn Tx) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let mut value = None;
    reading(&mut |tx| {
        value = Some(read(tx)?);
        Ok(())
    })?;
    value.ok_or_else(|| StoreError::Other("nothing was read".into()))
}
