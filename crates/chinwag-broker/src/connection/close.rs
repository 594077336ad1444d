//! Ending a connection: detaching from its session, its will, and the last packets.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;
use tracing::Level;
use tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use super::publish::settle_later;
use super::{Connection, End, Stream};
use crate::clock::{Clock, unix_now};
use crate::codec::{self, Fault, Words};
use crate::core::Core;
use crate::session::{Close, Link, Session, State, Testament};
use crate::transport::put_header;
use crate::{Handler, Refusal, RefusedPacket};

/// Time limit for writing the last packets.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Time and byte limits for reading after that, so that closing the socket doesn't reset the connection before the peer
/// has received the last packets.
const LINGER: Duration = Duration::from_millis(500);
const LINGER_BYTES: usize = 1 << 20;

/// Reason codes of DISCONNECT.
const STOPPING: u8 = 0x8b;
const SILENT: u8 = 0x8d;
const TAKEN_OVER: u8 = 0x8e;

/// What to do with a will when its connection ends.
enum Will {
    Nothing,
    Now(Box<Testament>),
    Later(u32),
}

impl<H: Handler, S: Stream> Connection<H, S> {
    pub(super) async fn close(mut self, end: End) {
        let end = self.leave(end);
        self.note(&end);
        self.core.handler.disconnected(&self.client);
        self.core.counters.connections.fetch_sub(1, Ordering::Relaxed);
        self.core.unbuffer(std::mem::take(&mut self.counted));
        let acks = std::mem::take(&mut self.acks);
        settle_later(Arc::clone(&self.core), acks, self.task.take(), Arc::clone(&self.session));
        let words = self.last_words(&end);
        if words.is_empty() {
            return;
        }
        // It doesn't matter whether the peer still reads.
        let _ = timeout(LAST_WORDS, async {
            self.io.write_all(&words).await?;
            self.io.shutdown().await
        })
        .await;
        let _ = timeout(LINGER, async {
            let (mut buffer, mut total) = (vec![0; 4096], 0);
            while total < LINGER_BYTES {
                match self.io.read(&mut buffer).await {
                    Ok(count) if count > 0 => total += count,
                    _ => break,
                }
            }
        })
        .await;
    }

    /// Counts and logs why the connection was ended, if the broker ended it.
    fn note(&self, end: &End) {
        let (level, code, reason) = match end {
            End::Lost | End::Left { .. } | End::WebSocket(1000) => return,
            End::Closed(Close { refusal, .. }) if refusal.code == STOPPING => return,
            End::Fault(fault) => (Level::INFO, fault.code, fault.reason),
            End::WebSocket(_) => (Level::INFO, 0x81, "invalid WebSocket frame"),
            End::Closed(Close { refusal: Refusal { code, reason, .. }, .. }) if *code != TAKEN_OVER => {
                (if *code == SILENT { Level::DEBUG } else { Level::INFO }, *code, &**reason)
            }
            // A client whose connection broke takes over its own session. If that happens repeatedly, two clients share
            // an id.
            End::Closed(_) | End::Replaced => (
                Level::INFO,
                TAKEN_OVER,
                "another connection uses this client id; two clients with the same id keep disconnecting each other",
            ),
        };
        self.core.refusals.note(RefusedPacket::Disconnect, level, (&*self.client).into(), code, reason);
    }

    /// Detaches from the session. The reason for the end may change (see [`detach`]).
    fn leave(&mut self, end: End) -> End {
        let (end, link) = detach(&self.core, &self.session, self.client.connection, end);
        if let Some(link) = link {
            self.keep_for_last(&end, link);
        }
        end
    }

    /// If the broker closes the connection deliberately, keeps the packets already encoded for the client, so that they
    /// are still sent.
    fn keep_for_last(&mut self, end: &End, mut link: Link) {
        if !matches!(end, End::Closed(_)) || link.out.is_empty() {
            return;
        }
        let start = super::output::frame(&mut link.out, link.lead, Vec::new());
        self.writing.drain(..self.written);
        self.written = 0;
        self.writing.extend_from_slice(&link.out[start..]);
    }

    /// Returns the last bytes to write: the rest of a partly written packet, DISCONNECT, the WebSocket close frame.
    fn last_words(&mut self, end: &End) -> Vec<u8> {
        if matches!(end, End::Lost) || (matches!(end, End::Left { .. }) && self.ws.is_none()) {
            return Vec::new();
        }
        let mut packet = std::mem::take(&mut self.reply);
        let mut disconnect = |refusal: &Refusal| {
            codec::disconnect(&mut packet, refusal.code, Words::of(refusal, self.words));
        };
        match end {
            End::Fault(fault) if self.client.v5 => disconnect(&fault.clone().into()),
            End::Closed(close) if self.client.v5 => disconnect(&close.refusal),
            // [MQTT-3.1.4-3]
            End::Replaced if self.client.v5 => disconnect(&Refusal::new(TAKEN_OVER, "session taken over")),
            _ => {}
        }
        let mut words = self.writing.split_off(self.written.min(self.writing.len()));
        if self.ws.is_none() {
            words.extend(packet);
            return words;
        }
        if !packet.is_empty() {
            put_header(&mut words, OpCode::Data(Data::Binary), packet.len());
            words.extend(packet);
        }
        let code: u16 = match end {
            End::WebSocket(code) => *code,
            End::Fault(_) => 1002,
            _ => 1000,
        };
        put_header(&mut words, OpCode::Control(Control::Close), 2);
        words.extend(code.to_be_bytes());
        words
    }
}

/// Detaches a connection from its session; returns how it ended and its link with the data not yet written.
pub(super) fn detach<H: Handler>(
    core: &Arc<Core<H>>,
    session: &Arc<Session>,
    connection: u64,
    end: End,
) -> (End, Option<Link>) {
    let mut guard = session.state.lock();
    let state = &mut *guard;
    if state.link_of(connection).is_none() {
        return (End::Replaced, None);
    }
    let end = change_expiry(state, end, core.config.limits.session_expiry);
    let link = state.link.take();
    session.online.store(false, Ordering::Release);
    let will = settle_will(state, &end);
    state.left = Some(unix_now());
    let (dead, expiry) = (state.dead, state.expiry);
    let clock = &core.clock;
    state.ends = (expiry != u32::MAX).then(|| clock.after(Clock::ticks_in(expiry)));
    if let Will::Later(delay) = will {
        state.will_due = Some(clock.after(Clock::ticks_in(delay)));
    }
    let due = state.ends.into_iter().chain(state.will_due).min();
    if expiry > 0 && !dead && !std::mem::replace(&mut state.dirty, true) {
        core.saver.mark(session);
    }
    drop(guard);
    if let Some(link) = &link {
        core.unbuffer(link.counted);
    }
    if let Will::Now(testament) = will {
        core.publish_will(*testament);
    }
    if dead {
        return (end, link);
    }
    if expiry == 0 {
        core.end_session(session, None);
    } else {
        core.rest(session);
        if let Some(due) = due {
            core.look_at(session, due);
        }
    }
    (end, link)
}

/// DISCONNECT may change the session's expiry, but not from 0 [MQTT-3.14.2-2].
fn change_expiry(state: &mut State, end: End, limit: u32) -> End {
    let End::Left { session_expiry: Some(seconds), .. } = end else { return end };
    if state.expiry == 0 && seconds > 0 {
        return End::Fault(Fault::protocol(
            "DISCONNECT cannot extend a session that ends with the connection",
        ));
    }
    state.expiry = seconds.min(limit);
    end
}

/// [MQTT-3.1.2-8] [MQTT-3.1.2-10] [MQTT-3.14.4-3]
fn settle_will(state: &mut State, end: &End) -> Will {
    let discard = match end {
        End::Left { code, .. } => *code == 0,
        End::Closed(close) => !close.will,
        _ => false,
    };
    let Some(testament) = state.will.take() else { return Will::Nothing };
    let delay = testament.will.delay.min(state.expiry);
    if discard {
        Will::Nothing
    } else if delay == 0 {
        Will::Now(testament)
    } else {
        state.will = Some(testament);
        Will::Later(delay)
    }
}
