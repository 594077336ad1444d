//! Writing: all that has gathered, in as few system calls as it takes.

use std::pin::Pin;
use std::task::{Context, Poll};

use tungstenite::protocol::frame::coding::{Data, OpCode};

use super::{Connection, End, Stream};
use crate::Handler;
use crate::transport::put_header;

/// A buffer larger than this isn't kept for the next round.
const KEEP: usize = 16 << 10;

impl<H: Handler, S: Stream> Connection<H, S> {
    pub(super) fn poll_output(&mut self, context: &mut Context<'_>) -> Result<bool, End> {
        let mut progress = false;
        loop {
            while self.written < self.writing.len() {
                match Pin::new(&mut self.io).poll_write(context, &self.writing[self.written..]) {
                    Poll::Ready(Ok(count)) if count > 0 => {
                        self.written += count;
                        self.unflushed = true;
                    }
                    Poll::Ready(_) => return Err(End::Lost),
                    Poll::Pending => {
                        self.block(context)?;
                        return Ok(progress);
                    }
                }
            }
            let more = self.gather(context)?;
            progress |= more || self.has_new_page();
            if !more {
                break;
            }
        }
        if self.unflushed {
            match Pin::new(&mut self.io).poll_flush(context) {
                Poll::Ready(Ok(())) => self.unflushed = false,
                Poll::Ready(Err(_)) => return Err(End::Lost),
                Poll::Pending => {}
            }
        }
        Ok(progress)
    }

    /// The socket takes no more: it wakes us, not those who publish. Whoever ends the connection still does.
    fn block(&mut self, context: &Context<'_>) -> Result<(), End> {
        let mut state = self.session.state.lock();
        let Some(link) = state.link_of(self.client.connection) else { return Err(End::Replaced) };
        if let Some(close) = link.close.take() {
            return Err(End::Closed(close));
        }
        link.blocked.get_or_insert(self.core.clock.ticks());
        link.waker = Some(context.waker().clone());
        Ok(())
    }

    /// Collects what there is to write; false if there is nothing, and then whoever adds something wakes us.
    fn gather(&mut self, context: &Context<'_>) -> Result<bool, End> {
        self.core.unbuffer(std::mem::take(&mut self.counted));
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
        let Some(link) = state.link_of(self.client.connection) else { return Err(End::Replaced) };
        if !self.reply.is_empty() {
            link.buffer().append(&mut self.reply);
            self.reply = Vec::new();
        }
        let pongs = self.ws.as_mut().map(|ws| std::mem::take(&mut ws.replies)).unwrap_or_default();
        let more = !link.out.is_empty() || !pongs.is_empty();
        if more {
            self.writing.clear();
            if self.writing.capacity() > KEEP {
                self.writing = Vec::new();
            }
            std::mem::swap(&mut link.out, &mut self.writing);
            self.counted = std::mem::take(&mut link.counted);
            self.written = frame(&mut self.writing, link.lead, pongs);
            link.writing = self.writing.len() - self.written;
        } else {
            link.out = Vec::new();
            self.writing = Vec::new();
            self.written = 0;
            if !link.waker.as_ref().is_some_and(|waker| waker.will_wake(context.waker())) {
                link.waker = Some(context.waker().clone());
            }
        }
        drop(state);
        // It is this task that would be woken.
        fanout.wakers.clear();
        self.core.finish(fanout);
        Ok(more)
    }
}

/// Puts a WebSocket header into the room left for it, and pongs before that; where writing begins.
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
