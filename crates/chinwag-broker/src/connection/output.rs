//! Writing: all accumulated data, in as few system calls as possible.

use std::pin::Pin;
use std::task::{Context, Poll};

use tungstenite::protocol::frame::coding::{Data, OpCode};

use super::{Connection, End, Stream};
use crate::Handler;
use crate::transport::put_header;

/// A buffer larger than this many bytes isn't kept for the next round.
const KEEP: usize = 16 << 10;

/// The result of gathering data to write.
#[derive(PartialEq, Eq)]
enum Gathered {
    Nothing,
    /// All there is now; a publisher that adds more wakes this task.
    All,
    /// More must be gathered once this is written.
    Part,
}

impl<H: Handler, S: Stream> Connection<H, S> {
    pub(super) fn poll_output(&mut self, context: &mut Context<'_>) -> Result<(), End> {
        let mut gathered = Gathered::Part;
        loop {
            while self.written < self.writing.len() {
                match Pin::new(&mut self.io).poll_write(context, &self.writing[self.written..]) {
                    Poll::Ready(Ok(count)) if count > 0 => {
                        self.written += count;
                        self.unflushed = true;
                    }
                    Poll::Ready(_) => return Err(End::Lost),
                    Poll::Pending => return self.block(context),
                }
            }
            self.core.unbuffer(std::mem::take(&mut self.counted));
            if gathered != Gathered::Part {
                break;
            }
            gathered = self.gather(context)?;
        }
        // An idle connection holds no buffer.
        (self.writing, self.written) = (Vec::new(), 0);
        if self.unflushed {
            match Pin::new(&mut self.io).poll_flush(context) {
                Poll::Ready(Ok(())) => self.unflushed = false,
                Poll::Ready(Err(_)) => return Err(End::Lost),
                Poll::Pending => {}
            }
        }
        Ok(())
    }

    /// The socket accepts no more data: from now on the socket wakes this task, and publishers don't. Closing the
    /// connection still does.
    fn block(&mut self, context: &Context<'_>) -> Result<(), End> {
        let mut state = self.session.state.lock();
        let Some(link) = state.link_of(self.client.connection) else { return Err(End::Replaced) };
        if let Some(close) = link.close.take() {
            return Err(End::Closed(close));
        }
        link.writing = self.writing.len() - self.written;
        link.blocked.get_or_insert(self.core.clock.ticks());
        link.waker = Some(context.waker().clone());
        Ok(())
    }

    /// Collects the data to write.
    fn gather(&mut self, context: &Context<'_>) -> Result<Gathered, End> {
        let mut fanout = self.core.fanout();
        let mut state = self.session.state.lock();
        let Some(link) = state.link_of(self.client.connection) else { return Err(End::Replaced) };
        if let Some(close) = link.close.take() {
            return Err(End::Closed(close));
        }
        link.blocked = None;
        link.writing = 0;
        if super::pages::fill(&self.core, &mut self.page, &mut state, &mut fanout) {
            context.waker().wake_by_ref();
        }
        // Feeding the client page by page may have stopped because the buffer was full.
        let fed = state.link.as_ref().is_some_and(|link| link.work.is_empty())
            && state.queue.is_empty()
            && state.window.is_current();
        let Some(link) = state.link_of(self.client.connection) else { return Err(End::Replaced) };
        if !self.reply.is_empty() {
            link.buffer().append(&mut self.reply);
            self.reply = Vec::new();
        }
        let pongs = self.ws.as_mut().map(|ws| std::mem::take(&mut ws.replies)).unwrap_or_default();
        self.writing.clear();
        if self.writing.capacity() > KEEP {
            self.writing = Vec::new();
        }
        std::mem::swap(&mut link.out, &mut self.writing);
        self.counted = std::mem::take(&mut link.counted);
        self.written = frame(&mut self.writing, link.lead, pongs);
        let length = self.writing.len() - self.written;
        let gathered = match length {
            0 => Gathered::Nothing,
            // Little enough to count as written already, so publishers don't see it as buffered.
            1..=KEEP if fed => Gathered::All,
            _ => Gathered::Part,
        };
        if gathered == Gathered::Part {
            link.writing = length;
        } else {
            link.out = Vec::new();
            if !link.waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
                link.waker = Some(context.waker().clone());
            }
        }
        drop(state);
        // They would only wake this task, which is running.
        fanout.wakers.clear();
        self.core.finish(fanout);
        Ok(gathered)
    }
}

/// Writes a WebSocket header into the bytes reserved for it, preceded by pending pongs; returns the index at which
/// writing starts.
pub(super) fn frame(writing: &mut Vec<u8>, lead: usize, pongs: Vec<u8>) -> usize {
    if lead == 0 {
        return 0;
    }
    let mut before = pongs;
    if writing.len() > lead {
        put_header(&mut before, OpCode::Data(Data::Binary), writing.len() - lead);
    }
    if let Some(start) = lead.min(writing.len()).checked_sub(before.len()) {
        writing[start..start + before.len()].copy_from_slice(&before);
        return start;
    }
    before.extend_from_slice(writing.get(lead..).unwrap_or_default());
    *writing = before;
    0
}
