//! Delivery of messages to one session.

use std::sync::Arc;
use std::task::Waker;

use super::{Body, Grant, Live, Progress, Queued, State};
use crate::codec::{Ack, Words};
use crate::encode::{Alias, Kind, Published};
use crate::gate::ALWAYS;
use crate::{Limits, Qos};

/// One round of deliveries: the limits that apply, the counts, and the tasks to wake at the end.
#[derive(Debug)]
pub(crate) struct Fanout<'a> {
    pub limits: &'a Limits,
    /// Current time in the clock's ticks.
    pub now: u32,
    /// Whether all outgoing buffers together have reached their limit.
    pub full: bool,
    pub bytes: usize,
    pub delivered: u64,
    pub dropped: u64,
    pub skipped: u64,
    pub wakers: Vec<Waker>,
}

/// The result of an attempt to send.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sent {
    Yes,
    /// No room in the window or the buffer at the moment.
    Later,
    /// It will never be sent: expired, no longer allowed, or larger than the client accepts.
    Never,
}

/// How a message is encoded as a PUBLISH for this session.
#[derive(Debug, Clone, Copy)]
struct Manner<'a> {
    qos: Qos,
    retain: bool,
    identifiers: &'a [u32],
    /// For a retransmission, the packet id used before.
    resend: Option<u16>,
}

impl<'a> Manner<'a> {
    fn first(qos: Qos, retain: bool, identifiers: &'a [u32]) -> Self {
        Self { qos, retain, identifiers, resend: None }
    }
}

impl State {
    /// Returns whether the outgoing buffer accepts more. A small amount is always accepted, so that clients that don't
    /// read cannot stop deliveries to the others.
    pub(crate) fn has_room(&self, fanout: &Fanout<'_>) -> bool {
        let limit = if fanout.full { ALWAYS } else { fanout.limits.buffer_per_connection };
        self.link.as_ref().is_some_and(|link| link.buffered() < limit)
    }

    /// Returns whether the window has room for new QoS 1 and 2 messages.
    pub(crate) fn has_window(&self, fanout: &Fanout<'_>) -> bool {
        self.window.is_current()
            && self.link.as_ref().is_some_and(|link| {
                self.window.len() < usize::from(link.receive_maximum.min(fanout.limits.inflight))
            })
    }

    /// Encodes into the outgoing buffer. `body` is called only once it is certain that the packet will be sent.
    fn put(
        &mut self,
        published: &Published,
        manner: Manner<'_>,
        body: impl FnOnce() -> Body,
        fanout: &mut Fanout<'_>,
    ) -> Sent {
        let Manner { qos, retain, identifiers, resend } = manner;
        let expiry = match published.expires_in(fanout.now) {
            Some(0) => return Sent::Never, // [MQTT-3.3.2-5]
            left if left == published.message.properties.message_expiry => None,
            left => left, // [MQTT-3.3.2-6]
        };
        let Some(link) = &mut self.link else { return Sent::Later };
        let v5 = link.client.v5;
        let alias = if v5 {
            alias(&mut link.aliases, link.alias_maximum, &published.message.topic)
        } else {
            Alias::None
        };
        let mut kind = Kind { v5, qos, retain, alias, identifiers, expiry, bare: false };
        let most = link.maximum_packet_size as usize;
        // User properties are left out only if the message would otherwise be too large for the client.
        kind.bare = most < u32::MAX as usize && published.with(&kind, |encoded| encoded.len() > most);
        let window = &mut self.window;
        published.with(&kind, |encoded| {
            if encoded.len() > most {
                fanout.skipped += 1;
                if let Alias::Set(_) = alias {
                    link.aliases.pop();
                }
                return Sent::Never; // [MQTT-3.1.2-24, -25]
            }
            let id = match (qos, resend) {
                (Qos::AtMostOnce, _) => 0,
                (_, Some(id)) => id,
                (_, None) => window.push(body(), qos),
            };
            encoded.append(link.buffer(), id, resend.is_some());
            link.counted += encoded.len();
            fanout.bytes += encoded.len();
            fanout.delivered += 1;
            if let Some(waker) = link.wake() {
                fanout.wakers.push(waker);
            }
            Sent::Yes
        })
    }

    /// Delivers a live entry of a log.
    pub(crate) fn live_entry(
        &mut self,
        log: u32,
        published: &Published,
        grant: &Grant,
        fanout: &mut Fanout<'_>,
    ) {
        // If the subscription is QoS 1 or 2, a cursor counts every entry, whatever the entry's own QoS.
        if grant.qos == Qos::AtMostOnce {
            if self.is_own(log, published.offset, grant) {
                return;
            }
            if self.syncing || !self.has_room(fanout) {
                fanout.dropped += 1;
                return;
            }
            let manner = Manner::first(Qos::AtMostOnce, false, &grant.identifiers);
            self.put(published, manner, || Body::Nothing, fanout);
            return;
        }
        let syncing = self.syncing;
        let known = self.cursors.get_mut(log).is_some();
        let cursor = self.cursors.entry(log, published.offset - 1);
        cursor.fresh |= syncing && !known;
        match cursor.live(published.offset) {
            Live::Skip => {}
            Live::Next if !syncing && self.has_window(fanout) && self.has_room(fanout) => {
                self.entry(log, published, grant, fanout);
            }
            Live::Next | Live::Behind => {
                if let Some(link) = &mut self.link {
                    let idle = link.work.is_empty();
                    link.add_log(log);
                    // A task with queued work checks again by itself when an acknowledgement or the socket makes room.
                    if idle && let Some(waker) = link.wake() {
                        fanout.wakers.push(waker);
                    }
                }
            }
        }
    }

    /// Sends the next entry of a log, whether live or read from the log. The caller has checked that it is the next
    /// one.
    pub(crate) fn entry(
        &mut self,
        log: u32,
        published: &Published,
        grant: &Grant,
        fanout: &mut Fanout<'_>,
    ) -> Sent {
        let qos = grant.qos.min(published.message.qos);
        let offset = published.offset;
        if self.is_own(log, offset, grant) {
            if let Some(cursor) = self.cursors.get_mut(log) {
                cursor.skip_to(offset);
            }
            self.pass(log, offset);
            return Sent::Never;
        }
        if qos != Qos::AtMostOnce && !self.has_window(fanout) || !self.has_room(fanout) {
            return Sent::Later;
        }
        let body = || Body::Log { topic: log, offset };
        let sent = self.put(published, Manner::first(qos, false, &grant.identifiers), body, fanout);
        if let Some(cursor) = self.cursors.get_mut(log) {
            cursor.skip_to(offset);
        }
        if sent == Sent::Never || qos == Qos::AtMostOnce {
            self.pass(log, offset);
        }
        sent
    }

    /// Moves the cursor past an entry that needs no acknowledgement, once those before it are acknowledged.
    pub(crate) fn pass(&mut self, log: u32, offset: u64) {
        let cursors = &mut self.cursors;
        self.window.push_done(Body::Log { topic: log, offset }, |body| {
            acked(cursors, &body);
        });
    }

    /// Delivers a message of a topic without a log.
    pub(crate) fn live_message(
        &mut self,
        published: &Arc<Published>,
        grant: &Grant,
        retain: bool,
        fanout: &mut Fanout<'_>,
    ) {
        let qos = grant.qos.min(published.message.qos);
        if qos == Qos::AtMostOnce {
            if !self.has_room(fanout) {
                fanout.dropped += 1;
                return;
            }
            self.put(published, Manner::first(qos, retain, &grant.identifiers), || Body::Nothing, fanout);
            return;
        }
        if self.queue.is_empty()
            && self.message(published, qos, retain, &grant.identifiers, fanout) != Sent::Later
        {
            return;
        }
        let queued =
            Queued { published: Arc::clone(published), qos, retain, identifiers: grant.identifiers.clone() };
        if self.link.is_none() && !self.is_persistent()
            || self.queue.len() >= fanout.limits.queued_messages
            || self.queued_bytes + queued.bytes() > fanout.limits.queued_bytes
        {
            fanout.dropped += 1;
            return;
        }
        self.queued_bytes += queued.bytes();
        self.queue.push_back(queued);
    }

    fn message(
        &mut self,
        published: &Arc<Published>,
        qos: Qos,
        retain: bool,
        identifiers: &[u32],
        fanout: &mut Fanout<'_>,
    ) -> Sent {
        if self.syncing || !self.has_room(fanout) || !self.has_window(fanout) {
            return Sent::Later;
        }
        let body =
            || Body::Message { published: Arc::clone(published), retain, identifiers: identifiers.to_vec() };
        self.put(published, Manner::first(qos, retain, identifiers), body, fanout)
    }

    /// Sends queued messages as far as there is room; drops those the client may no longer read.
    pub(crate) fn drain_queue(&mut self, may_read: impl Fn(&str) -> bool, fanout: &mut Fanout<'_>) {
        while let Some(queued) = self.queue.pop_front() {
            let Queued { published, qos, retain, identifiers } = &queued;
            if may_read(&published.message.topic)
                && self.message(published, *qos, *retain, identifiers, fanout) == Sent::Later
            {
                self.queue.push_front(queued);
                return;
            }
            self.queued_bytes -= queued.bytes();
        }
        if self.queue.capacity() > 0 {
            self.queue = Default::default();
        }
    }

    /// Retransmits the message in the next slot of the window, if the client `may` still read it. `entry` is the
    /// content if the message is a log entry.
    pub(crate) fn resend(
        &mut self,
        id: u16,
        may: bool,
        entry: Option<&Published>,
        grant: &Grant,
        fanout: &mut Fanout<'_>,
    ) -> Sent {
        let maximum = self.link.as_ref().map_or(0, |link| usize::from(link.receive_maximum));
        if !self.has_room(fanout) {
            return Sent::Later;
        }
        let Some((_, slot)) = self.window.next_resend(maximum) else { return Sent::Later };
        let (qos, progress, body) = (slot.qos, slot.progress, slot.body.clone());
        let sent = match (progress, &body) {
            (Progress::Done, _) => Sent::Yes,
            (Progress::Released, _) => {
                let Some(link) = &mut self.link else { return Sent::Later };
                let v5 = link.client.v5;
                crate::codec::ack(link.buffer(), v5, Ack::Pubrel, id, 0, Words::default());
                Sent::Yes
            }
            (Progress::Sent, Body::Message { published, retain, identifiers }) if may => {
                let manner = Manner { qos, retain: *retain, identifiers, resend: Some(id) };
                self.put(published, manner, || Body::Nothing, fanout)
            }
            (Progress::Sent, Body::Log { .. }) => match entry {
                Some(entry) => {
                    let manner =
                        Manner { qos, retain: false, identifiers: &grant.identifiers, resend: Some(id) };
                    self.put(entry, manner, || Body::Nothing, fanout)
                }
                None => Sent::Never,
            },
            (Progress::Sent, Body::Message { .. } | Body::Nothing) => Sent::Never,
        };
        match sent {
            Sent::Yes => self.window.resent(),
            Sent::Never => {
                let cursors = &mut self.cursors;
                self.window.give_up(|body| {
                    acked(cursors, &body);
                });
            }
            Sent::Later => {}
        }
        sent
    }

    /// Handles PUBACK (QoS 1), PUBCOMP (QoS 2), or a PUBREC that refuses. Returns whether a cursor moved.
    pub(crate) fn acknowledge(&mut self, id: u16, qos: Qos, from: Progress) -> bool {
        let cursors = &mut self.cursors;
        let mut moved = false;
        self.window.finish(id, qos, from, |body| moved |= acked(cursors, &body));
        moved
    }
}

/// Moves the cursor of a log up to the entry of a slot that left the window; returns whether it moved.
pub(crate) fn acked(cursors: &mut super::Cursors, body: &Body) -> bool {
    let Body::Log { topic, offset } = body else { return false };
    let Some(cursor) = cursors.get_mut(*topic) else { return false };
    let moved = *offset > cursor.acked;
    cursor.acked = cursor.acked.max(*offset);
    cursor.unsaved |= moved;
    moved
}

/// Chooses the alias for a topic: a known one is reused; otherwise the topic gets one while any are free
/// [MQTT-3.1.2-26, -27].
fn alias(aliases: &mut Vec<Arc<str>>, maximum: u16, topic: &Arc<str>) -> Alias {
    if maximum == 0 {
        return Alias::None;
    }
    if let Some(index) = aliases.iter().position(|known| known == topic) {
        return Alias::Use(index as u16 + 1);
    }
    if aliases.len() < usize::from(maximum) {
        aliases.push(Arc::clone(topic));
        return Alias::Set(aliases.len() as u16);
    }
    Alias::None
}
