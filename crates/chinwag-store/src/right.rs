//! Rights to act in rooms. The store does not decide about them: it asks again, in the transaction that uses one.

use std::fmt::Debug;

use chinwag_protocol::Refused;

use super::change::Change;
use super::model::{AccountId, RoomKey};

/// The right of an account to do something in a room.
pub trait Right: Debug + Send + Sync + 'static {
    /// Who acts.
    fn account(&self) -> AccountId;
    /// Where.
    fn room(&self) -> RoomKey;
    /// Was it given by whoever operates the server?
    fn by_operator(&self) -> bool;
    /// Does it hold now? `changes` have come about in this transaction, and the [`View`](super::View) does not have them
    /// yet. `author` sent the message that the act is about; `None` where it is about none, or that is not known yet.
    fn check(&self, changes: &[Change], author: Option<AccountId>) -> Result<(), Refused>;
}

/// Where a message's `msg_id` comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    /// From the sender: what was sent with it before is the same message.
    Given,
    /// The server has just made it: there is no need to look whether it has been sent before.
    Made,
    /// Likewise, but the client may have sent the message before; then it was stored with another key of ours.
    Resent,
}

/// A message to be written, and the right to do so.
#[derive(Clone, Copy)]
pub(super) struct NewMessage<'a> {
    pub right: &'a dyn Right,
    pub send: &'a chinwag_protocol::Send,
    /// Where its `msg_id` comes from.
    pub origin: Key,
}

impl<'a> NewMessage<'a> {
    /// What it is recognised by.
    pub fn key(&self) -> (AccountId, &'a str) {
        (self.right.account(), self.send.msg_id.as_deref().unwrap_or_default())
    }
}
