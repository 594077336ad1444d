//! Reading: decodes bytes into packets and dispatches them.

use std::cell::RefCell;
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use tokio::io::ReadBuf;

use super::{Connection, End, Stream};
use crate::codec::{self, Ack, Fault, Frame, Packet, Words};
use crate::session::Progress;
use crate::{Handler, Qos};

/// The packet type of PUBLISH.
const PUBLISH: u8 = 3;
/// Size of one read, in bytes.
const SCRATCH: usize = 64 << 10;

thread_local! {
    /// Scratch buffer for reading, shared by all connections of a thread.
    static SCRATCH_BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

fn take_scratch() -> Vec<u8> {
    let mut scratch = SCRATCH_BUFFER.take();
    scratch.resize(SCRATCH, 0);
    scratch
}

impl<H: Handler, S: Stream> Connection<H, S> {
    /// Returns whether reading from the client is suspended.
    pub(super) fn is_held_back(&self) -> bool {
        self.waits()
            || self.yields
            || self.reply.len() + self.writing.len() - self.written
                > self.core.config.limits.buffer_per_connection
    }

    /// Returns whether the broker or its handler must finish something before more is read from the client.
    fn waits(&self) -> bool {
        let limit = usize::from(self.core.config.limits.receive_maximum);
        // MQTT 5 clients know the limit and are disconnected for exceeding it, so the broker must read far enough to
        // notice.
        let limit = if self.client.v5 { 2 * limit } else { limit };
        self.task.is_some() || self.acks.len() >= limit
    }

    pub(super) fn poll_input(&mut self, context: &mut Context<'_>) -> Result<(), End> {
        self.read_on(context)?;
        // A client that isn't read from is not silent: the keep-alive restarts when reading resumes.
        let heard = &self.session.heard;
        if self.waits() {
            heard.store(u32::MAX, Ordering::Relaxed);
        } else if heard.load(Ordering::Relaxed) == u32::MAX {
            heard.store(self.core.clock.ticks(), Ordering::Relaxed);
        }
        if !self.place.hold(self.partial.len(), self.core.config.limits.incoming_total) {
            return Err(Fault::new(0x97, "the broker has too much incoming data").into());
        }
        Ok(())
    }

    fn read_on(&mut self, context: &mut Context<'_>) -> Result<(), End> {
        if !self.partial.is_empty() && !self.is_held_back() {
            self.parse_partial(context)?;
        }
        while !self.is_held_back() {
            let mut scratch = take_scratch();
            let mut buffer = ReadBuf::new(&mut scratch);
            let read = Pin::new(&mut self.io).poll_read(context, &mut buffer);
            let length = buffer.filled().len();
            let result = match read {
                Poll::Pending => {
                    SCRATCH_BUFFER.set(scratch);
                    self.has_yielded = false;
                    return Ok(());
                }
                Poll::Ready(Ok(())) if length > 0 => self.take(&mut scratch[..length], context),
                Poll::Ready(_) => Err(End::Lost),
            };
            SCRATCH_BUFFER.set(scratch);
            result?;
        }
        Ok(())
    }

    /// Handles bytes as they were read from the stream.
    fn take(&mut self, bytes: &mut [u8], context: &mut Context<'_>) -> Result<(), End> {
        self.session.heard.store(self.core.clock.ticks(), Ordering::Relaxed);
        let Some(ws) = &mut self.ws else { return self.take_mqtt(bytes, context) };
        let mut ranges = Vec::new();
        let result = ws.feed(bytes, &mut ranges);
        for range in ranges {
            self.take_mqtt(&bytes[range], context)?;
        }
        result.map_err(|fault| End::WebSocket(fault.close))
    }

    fn take_mqtt(&mut self, bytes: &[u8], context: &mut Context<'_>) -> Result<(), End> {
        if self.partial.is_empty() && !self.is_held_back() {
            let used = self.parse(bytes, context)?;
            self.partial.extend_from_slice(&bytes[used..]);
        } else {
            self.partial.extend_from_slice(bytes);
            if !self.is_held_back() {
                self.parse_partial(context)?;
            }
        }
        Ok(())
    }

    /// Handles the packets waiting in `partial`.
    fn parse_partial(&mut self, context: &mut Context<'_>) -> Result<(), End> {
        let mut partial = std::mem::take(&mut self.partial);
        let used = self.parse(&partial, context)?;
        if used < partial.len() {
            partial.drain(..used);
            self.partial = partial;
        }
        Ok(())
    }

    /// Handles packets from the front of `bytes` until there is no whole one left or reading is suspended; returns the
    /// number of bytes used.
    fn parse(&mut self, bytes: &[u8], context: &mut Context<'_>) -> Result<usize, End> {
        let mut used = 0;
        while !self.is_held_back() {
            let rest = &bytes[used..];
            if let Some(skipped) = self.skip(rest.len())? {
                used += skipped;
                if self.skipping.is_some() {
                    break;
                }
                continue;
            }
            let limits = &self.core.config.limits;
            let frame = match codec::frame(rest, limits.packet_size) {
                Err(fault) if fault.code == 0x95 && !self.client.v5 => {
                    let Some(head) = codec::oversized(rest, limits.skipped_size)? else { break };
                    self.begin_to_skip(head);
                    continue;
                }
                frame => frame?,
            };
            match frame {
                Frame::Partial => break,
                Frame::Whole { first, .. } if first >> 4 == PUBLISH && !self.has_yielded => {
                    // Sockets that become readable at the same time are not served in the order in which their clients
                    // wrote: the runtime starts with the one it saw last. By yielding once before a PUBLISH, this task
                    // still lets another client's SUBSCRIBE that was written earlier go first.
                    (self.has_yielded, self.yields) = (true, true);
                    context.waker().wake_by_ref();
                }
                Frame::Whole { first, body, end } => {
                    let packet = codec::decode(self.client.v5, first, &bytes[used + body..used + end])?;
                    used += end;
                    self.packet(packet, context)?;
                }
            }
        }
        Ok(used)
    }

    fn packet(&mut self, packet: Packet, context: &mut Context<'_>) -> Result<(), End> {
        match packet {
            Packet::Publish(publish) => self.publish(*publish, context)?,
            Packet::Ack { kind, id, failed } => self.acknowledged(kind, id, failed),
            Packet::Subscribe(subscribe) => self.subscribe(*subscribe, context),
            Packet::Unsubscribe(unsubscribe) => self.unsubscribe(*unsubscribe, context),
            Packet::Ping => codec::pingresp(&mut self.reply, self.client.v5),
            Packet::Disconnect { code, session_expiry } => return Err(End::Left { code, session_expiry }),
            // [MQTT-4.12.0-1]: CONNECT specified no authentication method.
            Packet::Auth => return Err(Fault::protocol("AUTH without an authentication method").into()),
        }
        Ok(())
    }

    /// Handles an acknowledgement from the client; `failed` means its reason code is an error.
    fn acknowledged(&mut self, kind: Ack, id: u16, failed: bool) {
        let v5 = self.client.v5;
        let mut state = self.session.state.lock();
        let moved = match kind {
            Ack::Puback => state.acknowledge(id, Qos::AtLeastOnce, Progress::Sent),
            Ack::Pubrec if failed => state.acknowledge(id, Qos::ExactlyOnce, Progress::Sent),
            Ack::Pubrec => {
                // [MQTT-4.3.3-3]
                let code = if state.window.release(id) || !v5 { 0 } else { 0x92 };
                codec::ack(&mut self.reply, v5, Ack::Pubrel, id, code, Words::default());
                false
            }
            Ack::Pubcomp => state.acknowledge(id, Qos::ExactlyOnce, Progress::Released),
            Ack::Pubrel => {
                let known = state.received.iter().position(|&received| received == id);
                if let Some(index) = known {
                    state.received.swap_remove(index);
                    self.unacknowledged = self.unacknowledged.saturating_sub(1);
                }
                let code = if known.is_some() || !v5 { 0 } else { 0x92 };
                // [MQTT-4.3.3-11]
                codec::ack(&mut self.reply, v5, Ack::Pubcomp, id, code, Words::default());
                known.is_some()
            }
        };
        if moved && state.is_persistent() && !std::mem::replace(&mut state.dirty, true) {
            self.core.saver.mark(&self.session);
        }
    }
}
