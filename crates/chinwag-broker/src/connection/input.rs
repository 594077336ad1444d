//! Reading: from bytes to packets to what they ask for.

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
/// How much is read at once.
const SCRATCH: usize = 64 << 10;

thread_local! {
    /// Every connection of a thread reads into this one.
    static SCRATCH_BUFFER: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

fn take_scratch() -> Vec<u8> {
    let mut scratch = SCRATCH_BUFFER.take();
    scratch.resize(SCRATCH, 0);
    scratch
}

impl<H: Handler, S: Stream> Connection<H, S> {
    /// Whether the client is read no further for now.
    pub(super) fn is_held_back(&self) -> bool {
        self.waits()
            || self.yields
            || self.reply.len() + self.writing.len() - self.written
                > self.core.config.limits.buffer_per_connection
    }

    /// Whether it is the broker or its handler that must do something before the client is read on.
    fn waits(&self) -> bool {
        let limit = usize::from(self.core.config.limits.receive_maximum);
        // An MQTT 5 client was told the limit and is disconnected beyond it, so it must be read that far.
        let limit = if self.client.v5 { 2 * limit } else { limit };
        self.task.is_some() || self.acks.len() >= limit
    }

    pub(super) fn poll_input(&mut self, context: &mut Context<'_>) -> Result<(), End> {
        self.read_on(context)?;
        // Who isn't listened to isn't silent: the keep-alive begins anew when it is read again.
        let heard = &self.session.heard;
        if self.waits() {
            heard.store(u32::MAX, Ordering::Relaxed);
        } else if heard.load(Ordering::Relaxed) == u32::MAX {
            heard.store(self.core.clock.ticks(), Ordering::Relaxed);
        }
        if !self.place.hold(self.partial.len(), self.core.config.limits.incoming_total) {
            return Err(Fault::new(0x97, "too much is on its way to the broker").into());
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

    /// Takes bytes as they were read.
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

    /// Takes the packets that wait.
    fn parse_partial(&mut self, context: &mut Context<'_>) -> Result<(), End> {
        let mut partial = std::mem::take(&mut self.partial);
        let used = self.parse(&partial, context)?;
        if used < partial.len() {
            partial.drain(..used);
            self.partial = partial;
        }
        Ok(())
    }

    /// Takes packets from the front of `bytes` until they end or the client is held back; how many bytes.
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
                    // Sockets that become readable together are not served in the order in which their clients
                    // wrote: the runtime begins with the one it saw last. Another client's SUBSCRIBE that was
                    // written before this PUBLISH comes before it all the same when this task goes to the end of
                    // the line once.
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
            // [MQTT-4.12.0-1]: no method was agreed on in CONNECT.
            Packet::Auth => return Err(Fault::protocol("AUTH without an authentication method").into()),
        }
        Ok(())
    }

    /// The client acknowledges, one way or the other.
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
