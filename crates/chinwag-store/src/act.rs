//! What people do in rooms: whatever lengthens a room's log.

use std::fmt::{self, Debug};

use chinwag_protocol::Send;

use super::batch::{Applied, Batch};
use super::model::{AccountId, StoredEvent};
use super::right::{Key, NewMessage, Right};
use super::write::Needs;

/// Something done in a room. It checks first and changes only when nothing stands against it, so that a refused act
/// leaves no trace in the transaction it shares with others.
pub trait Act: Debug + std::marker::Send + Sync + 'static {
    /// What it is called in the server's log.
    const KIND: &'static str;

    /// Does it; `right` is asked again on the way.
    fn apply(&self, batch: &mut Batch<'_>, right: &dyn Right) -> Applied<Acted>;

    /// The message that it is: messages are written many at a time.
    fn message(&self) -> Option<(&Send, Key)> {
        None
    }

    /// The sender's own key for it.
    fn msg_id(&self) -> Option<&str> {
        None
    }

    /// It changes who is in a room, or what the room is: one server at a time does that.
    fn changes_room(&self) -> bool {
        false
    }

    /// Whose membership it ends.
    fn ends_membership_of(&self) -> Option<AccountId> {
        None
    }
}

/// The right to do one certain act, and the act itself: nobody can ask for one thing and do another.
pub trait Permission: Right {
    /// What kind of act.
    type Act: Act;
    /// What is to be done.
    fn act(&self) -> &Self::Act;
}

/// What came of an act.
#[derive(Debug, Clone)]
pub struct Acted {
    /// The event it made; `None` where there was nothing to change.
    pub event: Option<StoredEvent>,
    /// It had been done before, with this event: nothing was done again.
    pub repeat: bool,
}

impl Acted {
    /// There was nothing to change.
    pub const NOTHING: Self = Self { event: None, repeat: false };

    /// It was done now.
    pub fn now(event: StoredEvent) -> Self {
        Self { event: Some(event), repeat: false }
    }

    /// It had been done before.
    pub fn before(event: StoredEvent) -> Self {
        Self { event: Some(event), repeat: true }
    }
}

/// Any act, with the right to do it.
pub struct Action(Box<dyn Doing>);

impl Action {
    /// What was permitted.
    pub fn new(permission: impl Permission) -> Self {
        Self(Box::new(permission))
    }

    /// The message that it is, and where its `msg_id` comes from.
    pub fn message(&self) -> Option<(&Send, Key)> {
        self.0.message().map(|message| (message.send, message.origin))
    }

    /// The sender's own key for it.
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

/// An act whose type is not known any more.
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
