//! What we ask of a database, and nothing more: transactions, statements with parameters, rows. The statements
//! are the same for SQLite and PostgreSQL; the two differ only where PostgreSQL takes a whole batch in one round
//! trip, and where its many writers must lock.

use chinwag_protocol::RoomId;

use super::error::StoreError;
use super::model::{AccountId, CursorMove, RoomKey, StoredEvent};

/// A value on its way into a statement.
#[derive(Debug, Clone, Copy)]
pub enum Param<'a> {
    /// NULL.
    Null,
    /// Any whole number, and 0 or 1 for a bool.
    Int(i64),
    /// Text.
    Text(&'a str),
    /// Bytes.
    Blob(&'a [u8]),
}

impl Param<'_> {
    /// A seq or a count. Nothing is numbered beyond `i64::MAX`; whoever asks for it means "the end".
    pub fn seq(seq: u64) -> Self {
        Self::Int(i64::try_from(seq).unwrap_or(i64::MAX))
    }
}

/// A row on its way out.
pub trait Row {
    /// A whole number or NULL.
    fn maybe_int(&self, column: usize) -> Result<Option<i64>, StoreError>;
    /// Text or NULL.
    fn maybe_text(&self, column: usize) -> Result<Option<String>, StoreError>;
    /// Bytes or NULL.
    fn maybe_blob(&self, column: usize) -> Result<Option<Vec<u8>>, StoreError>;

    /// A whole number.
    fn int(&self, column: usize) -> Result<i64, StoreError> {
        self.maybe_int(column)?.ok_or_else(|| StoreError::Other(format!("column {column} is NULL")))
    }
    /// Text.
    fn text(&self, column: usize) -> Result<String, StoreError> {
        self.maybe_text(column)?.ok_or_else(|| StoreError::Other(format!("column {column} is NULL")))
    }
    /// Bytes.
    fn blob(&self, column: usize) -> Result<Vec<u8>, StoreError> {
        self.maybe_blob(column)?.ok_or_else(|| StoreError::Other(format!("column {column} is NULL")))
    }
    /// A 0 or 1.
    fn flag(&self, column: usize) -> Result<bool, StoreError> {
        Ok(self.int(column)? != 0)
    }
}

/// A row for the table `events`.
pub struct NewEvent<'a> {
    /// The room.
    pub room: RoomKey,
    /// Its place.
    pub seq: u64,
    /// Its `type`.
    pub kind: &'a str,
    /// Who did it.
    pub sender: AccountId,
    /// The sender's key for it, where another event of theirs may not have the same.
    pub msg_id: Option<&'a str>,
    /// The seq of the message that it is about, in the same room.
    pub target: Option<u64>,
    /// How many messages the room's log has up to here, this one included.
    pub ordinal: u64,
    /// When it was sent; milliseconds since 1970.
    pub at: i64,
    /// The JSON event.
    pub body: &'a str,
}

/// A place at the end of a room's log.
pub struct Place {
    /// The room.
    pub room: RoomKey,
    /// Its id.
    pub topic: RoomId,
    /// The last seq of its log now.
    pub last_seq: u64,
    /// How many messages its log has now.
    pub messages: u64,
}

/// Where statements run.
pub trait Tx {
    /// Runs a statement; gives the number of rows it touched.
    fn execute(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<u64, StoreError>;

    /// Rows through `read`, until it gives false.
    fn each(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        read: &mut dyn FnMut(&dyn Row) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError>;

    /// Runs a statement once for each row of parameters.
    fn execute_each(&mut self, sql: &'static str, rows: &[Vec<Param<'_>>]) -> Result<(), StoreError>;

    /// Takes places at the end of rooms' logs, all for messages or none. The rooms' rows stay locked until the commit, so
    /// nobody can take a later place and commit before us.
    fn lengthen(&mut self, rooms: &[(RoomKey, u64)], messages: bool) -> Result<Vec<Place>, StoreError>;

    /// Locks what [`Tx::lengthen`] will, all at once and in the order of all servers.
    fn lock_rooms(&mut self, rooms: &[RoomKey]) -> Result<(), StoreError>;

    /// Locks memberships that will be changed or deleted, all at once and in the order of all servers.
    fn lock_members(&mut self, members: &[(RoomKey, AccountId)]) -> Result<(), StoreError>;

    /// Which of these (sender, msg_id) are stored, with their events.
    fn sent_before(
        &mut self,
        keys: &[(AccountId, &str)],
    ) -> Result<Vec<(AccountId, String, StoredEvent)>, StoreError>;

    /// How far these accounts have read in a room; those that are not in it are left out.
    fn read_cursors(
        &mut self,
        room: RoomKey,
        accounts: &[AccountId],
    ) -> Result<Vec<(AccountId, u64)>, StoreError>;

    /// Moves read cursors forward, none beyond the end of its room's log; `cursors` are sorted, one for each room and
    /// account. Gives those that have moved.
    fn move_cursors(&mut self, cursors: &[CursorMove]) -> Result<Vec<CursorMove>, StoreError>;

    /// Inserts rows into `events`. That it failed may be told by a later statement of the transaction, or by its
    /// commit.
    fn insert_events(&mut self, events: &[NewEvent<'_>]) -> Result<(), StoreError>;

    /// From now on until the end of this transaction nobody else writes to any table. `lock` is the statement for databases
    /// that need one.
    fn keep_others_from_writing(&mut self, lock: &'static str) -> Result<(), StoreError>;

    /// After rows were put in with their numbers: new ones are numbered after them.
    fn number_on(&mut self) -> Result<(), StoreError>;

    /// Whoever writes to `changes` holds this until the commit, so that their ids grow in its order.
    fn lock_changes(&mut self) -> Result<(), StoreError>;
}

impl dyn Tx + '_ {
    /// All rows, each through `read`.
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

    /// The first row, if there is one, through `read`.
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

    /// The one row that an aggregate or a RETURNING clause gives, through `read`.
    pub fn one<T>(
        &mut self,
        sql: &'static str,
        params: &[Param<'_>],
        read: impl Fn(&dyn Row) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.first(sql, params, read)?.ok_or_else(|| StoreError::Other(format!("no row from: {sql}")))
    }

    /// Is there a row?
    pub fn exists(&mut self, sql: &'static str, params: &[Param<'_>]) -> Result<bool, StoreError> {
        Ok(self.first(sql, params, |_| Ok(()))?.is_some())
    }
}

/// What runs in a transaction.
pub type Work<'a> = dyn FnMut(&mut dyn Tx) -> Result<(), StoreError> + 'a;

/// A connection. Not for the async threads: every call may wait for a disk or a network.
pub trait Connection: Send {
    /// Runs `work` in one transaction: all of it, or nothing.
    fn write(&mut self, work: &mut Work<'_>) -> Result<(), StoreError>;

    /// Runs `work` over one snapshot, which it must not change.
    fn read(&mut self, work: &mut Work<'_>) -> Result<(), StoreError>;

    /// Makes sure that a broken connection's transaction has ended, one way or the other, and holds no locks. An
    /// error where it has not yet: ask again.
    fn end_other(&mut self, connection: &str) -> Result<(), StoreError>;

    /// Whether a transaction could write now; an error where not. Gives up soon.
    fn takes_writes(&mut self) -> Result<(), StoreError>;

    /// Whether another process may have committed since this was last asked.
    fn others_may_have_written(&mut self) -> Result<bool, StoreError>;

    /// Whether this connection is of no more use.
    fn is_broken(&self) -> bool;

    /// Has nothing left of what was erased, beside what the database needs to survive a crash: gives whether that is so.
    fn forget_erased(&mut self) -> Result<bool, StoreError>;
}

impl dyn Connection + '_ {
    /// What `read` gives over one snapshot.
    pub fn get<T>(
        &mut self,
        mut read: impl FnMut(&mut dyn Tx) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        got(&mut |work| self.read(work), &mut read)
    }
}

/// What `read` gives in the transaction that `reading` runs it in.
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
