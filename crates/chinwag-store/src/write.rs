//! What is written beside rooms' logs.

use chinwag_protocol::Refused;

use super::batch::{Applied, Batch};
use super::model::{AccountId, RoomKey};

/// One thing to write. It checks first and changes only when nothing stands against it, so that a refused one leaves no
/// trace in the transaction it shares with others. It may be applied several times, each time in another transaction,
/// until one is committed.
pub trait Write: Send + 'static {
    /// What its writer gets.
    type Done: Send + 'static;

    /// What it is called in the server's log.
    fn kind(&self) -> &'static str;

    /// What the transaction has to lock for it.
    fn needs(&self) -> Needs {
        Needs::default()
    }

    /// Does it.
    fn apply(&self, batch: &mut Batch<'_>) -> Applied<Self::Done>;
}

/// What is told once what became of it.
pub type Reply<T> = Box<dyn FnOnce(Result<T, Refused>) + Send>;

/// What a write needs for itself: several servers may write to one database.
#[derive(Debug, Default)]
pub struct Needs {
    /// The table `changes`, or rows that those touch who write there: one server at a time.
    pub changes: bool,
    /// A room whose log it may lengthen.
    pub room: Option<RoomKey>,
    /// The members whose rows it changes or deletes.
    pub members: Vec<(RoomKey, AccountId)>,
    /// It deletes some of them.
    pub ends_memberships: bool,
    /// It is to be done after all others of its transaction: a server that waits for another's rows then holds nothing
    /// that the other could want.
    pub last: bool,
}

impl Needs {
    /// One server at a time.
    pub fn changes() -> Self {
        Self { changes: true, ..Self::default() }
    }
}
