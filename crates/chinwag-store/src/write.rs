//! Writes other than appending to rooms' logs.

use chinwag_protocol::Refused;

use super::batch::{Applied, Batch};
use super::model::{AccountId, RoomKey};

/// An operation that writes. It makes its checks before its first change, so that a refused write leaves no trace in
/// the transaction that it shares with other writes. It may be applied several times, each time in another transaction,
/// until one is committed.
pub trait Write: Send + 'static {
    /// The result that the caller gets.
    type Done: Send + 'static;

    /// Returns its name in the server's log.
    fn kind(&self) -> &'static str;

    /// Returns what the transaction has to lock for it.
    fn needs(&self) -> Needs {
        Needs::default()
    }

    /// Performs the write.
    fn apply(&self, batch: &mut Batch<'_>) -> Applied<Self::Done>;
}

/// A callback that is called once with the outcome.
pub type Reply<T> = Box<dyn FnOnce(Result<T, Refused>) + Send>;

/// The locks that a write needs, as several servers may write to one database.
#[derive(Debug, Default)]
pub struct Needs {
    /// The table `changes`, or rows that writers to it modify, too: one server at a time.
    pub changes: bool,
    /// A room to whose log it may append.
    pub room: Option<RoomKey>,
    /// The memberships whose rows it changes or deletes.
    pub members: Vec<(RoomKey, AccountId)>,
    /// Whether it deletes some of them.
    pub ends_memberships: bool,
    /// Whether it must be applied after all other writes of its transaction: a server that then waits for another
    /// server's rows holds no lock that the other one could want.
    pub last: bool,
}

impl Needs {
    /// Returns the need for the table `changes`, to which one server at a time writes.
    pub fn changes() -> Self {
        Self { changes: true, ..Self::default() }
    }
}
