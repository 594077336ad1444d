//! Writes in the committer's queue, each with its reply.

use std::time::Instant;

use chinwag_protocol::Refused;

use super::act::{Acted, Action};
use super::batch::{Applied, Batch, Outcome};
use super::error::StoreError;
use super::right::NewMessage;
use super::write::{Needs, Reply, Write};

/// A type-erased write. It keeps its outcome until the transaction is committed.
pub(super) trait Pending: Send {
    /// Returns when it was queued.
    fn since(&self) -> Instant;
    /// Returns its name in the server's log.
    fn kind(&self) -> &'static str;
    fn needs(&self) -> Needs;
    /// Returns the message, if it is one: messages are written many at a time.
    fn message(&self) -> Option<NewMessage<'_>>;
    /// Stores the outcome of the message.
    fn written(&mut self, outcome: Outcome<Acted>);
    fn apply(&mut self, batch: &mut Batch<'_>) -> Result<(), StoreError>;
    /// Sends the reply: the outcome, or the error of the transaction.
    fn answer(self: Box<Self>, done: Result<(), Refused>);
}

struct Waiting<T> {
    since: Instant,
    outcome: Option<Outcome<T>>,
    reply: Reply<T>,
}

impl<T> Waiting<T> {
    fn new(reply: Reply<T>) -> Self {
        Self { since: Instant::now(), outcome: None, reply }
    }

    fn take(&mut self, applied: Applied<T>) -> Result<(), StoreError> {
        self.outcome = Some(applied?);
        Ok(())
    }

    fn answer(self, done: Result<(), Refused>) {
        let outcome = self.outcome.unwrap_or_else(|| Err(chinwag_protocol::ErrorCode::Internal.into()));
        (self.reply)(done.and(outcome));
    }
}

struct Writing<W: Write> {
    write: W,
    waiting: Waiting<W::Done>,
}

/// Wraps a write for the queue.
pub(super) fn write<W: Write>(write: W, reply: Reply<W::Done>) -> Box<dyn Pending> {
    Box::new(Writing { write, waiting: Waiting::new(reply) })
}

impl<W: Write> Pending for Writing<W> {
    fn since(&self) -> Instant {
        self.waiting.since
    }

    fn kind(&self) -> &'static str {
        self.write.kind()
    }

    fn needs(&self) -> Needs {
        self.write.needs()
    }

    fn message(&self) -> Option<NewMessage<'_>> {
        None
    }

    fn written(&mut self, _: Outcome<Acted>) {}

    fn apply(&mut self, batch: &mut Batch<'_>) -> Result<(), StoreError> {
        self.waiting.take(self.write.apply(batch))
    }

    fn answer(self: Box<Self>, done: Result<(), Refused>) {
        self.waiting.answer(done);
    }
}

struct Acting {
    action: Action,
    waiting: Waiting<Acted>,
}

/// Wraps an act for the queue.
pub(super) fn act(action: Action, reply: Reply<Acted>) -> Box<dyn Pending> {
    Box::new(Acting { action, waiting: Waiting::new(reply) })
}

impl Pending for Acting {
    fn since(&self) -> Instant {
        self.waiting.since
    }

    fn kind(&self) -> &'static str {
        self.action.doing().kind()
    }

    fn needs(&self) -> Needs {
        self.action.doing().needs()
    }

    fn message(&self) -> Option<NewMessage<'_>> {
        self.action.doing().message()
    }

    fn written(&mut self, outcome: Outcome<Acted>) {
        self.waiting.outcome = Some(outcome);
    }

    fn apply(&mut self, batch: &mut Batch<'_>) -> Result<(), StoreError> {
        self.waiting.take(self.action.doing().apply(batch))
    }

    fn answer(self: Box<Self>, done: Result<(), Refused>) {
        self.waiting.answer(done);
    }
}
