//! Acts: the operations of users that append to a room's log.

use std::fmt::{self, Debug};

use chinwag_protocol::Send;

use super::batch::{Applied, Batch};
use super::model::{AccountId, StoredEvent};
use super::right::{Key, NewMessage, Right};
use super::write::Needs;

/// An operation in a room. It makes its checks before its first change, so that a refused act leaves no trace in the
/// transaction that it shares with other writes.
pub trait Act: Debug + std::marker::Send + Sync + 'static {
    /// Its name in the server's log.
    const KIND: &'static str;

    /// Performs the act; `right` is checked again in the process.
    fn apply(&self, batch: &mut Batch<'_>, right: &dyn Right) -> Applied<Acted>;

    /// Returns the message, if the act is one: messages are written many at a time.
    fn message(&self) -> Option<(&Send, Key)> {
        None
    }

    /// Returns the key that the sender has chosen for it.
    fn msg_id(&self) -> Option<&str> {
        None
    }

    /// Returns whether it changes a room or its membership, which one server at a time may do.
    fn changes_room(&self) -> bool {
        false
    }

    /// Returns the account whose membership it ends.
    fn ends_membership_of(&self) -> Option<AccountId> {
        None
    }
}

/// The right to perform one particular act, together with that act: a caller cannot ask for one thing and do another.
pub trait Permission: Right {
    /// The type of the act.
    type Act: Act;
    /// Returns the act to perform.
    fn act(&self) -> &Self::Act;
}

/// The result of an act.
#[derive(Debug, Clone)]
pub struct Acted {
    /// The event that it created; `None` if there was nothing to change.
    pub event: Option<StoredEvent>,
    /// The act had already been performed, with this event; it was not repeated.
    pub repeat: bool,
}

impl Acted {
    /// The result if there was nothing to change.
    pub const NOTHING: Self = Self { event: None, repeat: false };

    /// Returns the result of an act performed now.
    pub fn now(event: StoredEvent) -> Self {
        Self { event: Some(event), repeat: false }
    }

    /// Returns the result of an act that had been performed before.
    pub fn before(event: StoredEvent) -> Self {
        Self { event: Some(event), repeat: true }
    }
}

/// Any act, with the right to do it.
pub struct Action(Box<dyn Doing>);

impl Action {
    /// Wraps what was permitted.
    pub fn new(permission: impl Permission) -> Self {
        Self(Box::new(permission))
    }

    /// Returns the message, if the act is one, and the origin of its `msg_id`.
    pub fn message(&self) -> Option<(&Send, Key)> {
        self.0.message().map(|message| (message.send, message.origin))
    }

    /// Returns the key that the sender has chosen for it.
    pub fn msg_id(&self) -> Option<&str> {
        self.0.msg_id()
    }

    pub(super) fn doing(&self) -> &dyn Doing {
        &*self.0
    }
}

impl Debug for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Action").field(&self.0.right()).finish()
    }
}

/// A type-erased act.
pub(super) trait Doing: std::marker::Send + Sync {
    fn right(&self) -> &dyn Right;
    fn kind(&self) -> &'static str;
    fn msg_id(&self) -> Option<&str>;
    fn message(&self) -> Option<NewMessage<'_>>;
    fn needs(&self) -> Needs;
    fn apply(&self, batch: &mut Batch<'_>) -> Applied<Acted>;
}

impl<P: Permission> Doing for P {
    fn right(&self) -> &dyn Right {
        self
    }

    fn kind(&self) -> &'static str {
        P::Act::KIND
    }

    fn msg_id(&self) -> Option<&str> {
        self.act().msg_id()
    }

    fn message(&self) -> Option<NewMessage<'_>> {
        let (send, origin) = self.act().message()?;
        Some(NewMessage { right: self, send, origin })
    }

    fn needs(&self) -> Needs {
        let room = self.room();
        Needs {
            changes: self.act().changes_room(),
            room: Some(room),
            members: self.act().ends_membership_of().map(|account| (room, account)).into_iter().collect(),
            ends_memberships: self.act().ends_membership_of().is_some(),
            last: false,
        }
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<Acted> {
        self.act().apply(batch, self)
    }
}
