//! Handling of a client's PUBLISHes: passed to the handler in order, and acknowledged in order.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tracing::Level;

use super::{Connection, End, Stream, Task, pause};
use crate::codec::{self, Ack, Fault, Words};
use crate::core::Core;
use crate::route::{resolve, unanswered};
use crate::session::Session;
use crate::{
    Disposition, Handler, Limits, Message, Origin, Outcome, Properties, Qos, Refusal, RefusedPacket, topic,
};

/// A publish waiting for its outcome.
pub(super) struct Pending {
    /// 0 for QoS 0.
    pub id: u16,
    pub qos: Qos,
    pub outcome: Outcome,
}

/// A PUBLISH that is too large. It is skipped to its end, and only then counted and answered.
pub(super) struct Skipping {
    /// Bytes still to skip.
    left: usize,
    head: codec::Oversized,
}

impl<H: Handler, S: Stream> Connection<H, S> {
    pub(super) fn publish(
        &mut self,
        mut publish: codec::Publish,
        context: &mut Context<'_>,
    ) -> Result<(), End> {
        self.core.counters.received.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        self.alias(&mut publish)?;
        if !topic::is_name(&publish.topic) {
            return Err(Fault::new(0x90, "topic name invalid").into()); // [MQTT-3.3.2-2]
        }
        if publish.qos != Qos::AtMostOnce {
            if self.client.v5 && self.unacknowledged >= self.core.config.limits.receive_maximum {
                return Err(Fault::new(0x93, "receive maximum exceeded").into()); // [MQTT-3.3.4-7]
            }
            self.unacknowledged = self.unacknowledged.saturating_add(1);
        }
        if publish.qos == Qos::ExactlyOnce && !self.receive(publish.id)? {
            return Ok(());
        }
        let (id, qos) = (publish.id, publish.qos);
        let limits = &self.core.config.limits;
        if let Some(refusal) = refusal(limits, &publish.topic, &publish.payload, &publish.properties) {
            self.core.handler.refused(&self.client, &publish.topic, &refusal);
            self.acks.push_back(Pending { id, qos, outcome: Outcome::Now(Err(refusal)) });
            return Ok(());
        }
        let wait = self.publishes.spend(1, limits.publish_rate, limits.publish_burst);
        let origin = Origin::Packet { id, dup: publish.dup };
        let message = Message {
            topic: publish.topic,
            payload: publish.payload,
            qos,
            retain: publish.retain && self.core.config.retain_from_clients,
            properties: publish.properties,
        };
        let (core, client) = (Arc::clone(&self.core), Arc::clone(&self.client));
        let task = Box::pin(async move {
            pause(wait).await;
            Pending { id, qos, outcome: core.handler.publish(&client, message, origin).await }
        });
        self.begin(Task::Publish(id, task), context);
        Ok(())
    }

    /// Begins to skip a PUBLISH. A 3.1.1 client cannot be told the maximum packet size. If its connection were closed,
    /// it would reconnect and send the same packet forever. So the packet is acknowledged, and the refusal is reported
    /// through [`Handler::refused`].
    pub(super) fn begin_to_skip(&mut self, head: codec::Oversized) {
        self.skipping = Some(Box::new(Skipping { left: head.end, head }));
    }

    /// Skips as many of the `length` available bytes as belong to an oversized PUBLISH, and answers it at its end.
    /// Returns the number of bytes skipped, or `None` if there is nothing to skip.
    pub(super) fn skip(&mut self, length: usize) -> Result<Option<usize>, End> {
        let Some(skipping) = &mut self.skipping else { return Ok(None) };
        let skipped = skipping.left.min(length);
        skipping.left -= skipped;
        if skipping.left == 0
            && let Some(skipping) = self.skipping.take()
        {
            self.refuse_oversized(skipping.head)?;
        }
        Ok(Some(skipped))
    }

    fn refuse_oversized(&mut self, head: codec::Oversized) -> Result<(), End> {
        let codec::Oversized { topic, id, qos, end } = head;
        self.core.counters.received.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        if !topic::is_name(&topic) {
            return Err(Fault::new(0x90, "topic name invalid").into());
        }
        if qos != Qos::AtMostOnce {
            self.unacknowledged = self.unacknowledged.saturating_add(1);
        }
        if qos == Qos::ExactlyOnce && !self.receive(id)? {
            return Ok(());
        }
        let most = self.core.config.limits.packet_size;
        let reason = format!("at most {most} bytes in one packet; this one has {end}");
        let refusal = Refusal::new(0x95, reason);
        self.core.handler.refused(&self.client, &topic, &refusal);
        let outcome = Outcome::Now(Err(refusal));
        self.acks.push_back(Pending { id, qos, outcome });
        Ok(())
    }

    /// Resolves or sets a topic alias [MQTT-3.3.2-7 and following].
    fn alias(&mut self, publish: &mut codec::Publish) -> Result<(), Fault> {
        let Some(alias) = publish.alias else {
            return if publish.topic.is_empty() && self.client.v5 {
                Err(Fault::protocol("neither topic nor topic alias"))
            } else {
                Ok(())
            };
        };
        if alias == 0 || alias > self.core.config.limits.topic_aliases {
            return Err(Fault::new(0x94, "topic alias invalid"));
        }
        let index = usize::from(alias) - 1;
        if publish.topic.is_empty() {
            let known = self.aliases.get(index).and_then(Option::as_ref);
            publish.topic = Arc::clone(known.ok_or(Fault::protocol("a topic alias that was not set"))?);
        } else {
            if self.aliases.len() <= index {
                self.aliases.resize(index + 1, None);
            }
            self.aliases[index] = Some(Arc::clone(&publish.topic));
        }
        Ok(())
    }

    /// Registers a QoS 2 packet id. Returns false for a duplicate, which is only acknowledged again [MQTT-4.3.3-10].
    fn receive(&mut self, id: u16) -> Result<bool, Fault> {
        let mut state = self.session.state.lock();
        if state.receiving.contains(&id) {
            // A publish with this id, usually from an earlier connection, is still undecided, so any answer now could
            // be wrong. It will be decided when the client tries again.
            return Err(Fault::new(0x89, "that packet id is still in use"));
        }
        if !state.received.contains(&id) {
            state.receiving.push(id);
            return Ok(true);
        }
        drop(state);
        self.unacknowledged = self.unacknowledged.saturating_sub(1);
        self.acks.push_back(Pending {
            id,
            qos: Qos::ExactlyOnce,
            outcome: Outcome::Now(Ok(Disposition::Taken)),
        });
        Ok(false)
    }

    /// Sends the acknowledgements that are next in order and decided.
    pub(super) fn poll_acks(&mut self, context: &mut Context<'_>) -> Result<(), End> {
        while let Some(front) = self.acks.front_mut() {
            let answer = match &mut front.outcome {
                Outcome::Now(_) => None,
                Outcome::Later(receiver) => match Pin::new(receiver).poll(context) {
                    Poll::Pending => break,
                    Poll::Ready(answer) => Some(answer),
                },
            };
            // Removed before anything else: a receiver that has completed must not be polled again, here or in
            // `settle_later`.
            let Some(Pending { id, qos, outcome }) = self.acks.pop_front() else { break };
            let result = match (outcome, answer) {
                (Outcome::Now(result), _) | (_, Some(Ok(result))) => result,
                _ if self.client.v5 => Err(unanswered()),
                // A 3.1.1 acknowledgement could only mean success; without one, the client sends the message again.
                _ => {
                    decide(&self.core, &self.session, id, false);
                    return Err(Fault::new(0x80, "a publish was not processed").into());
                }
            };
            match result {
                Ok(disposition) => {
                    self.core.settle(disposition, self.session.id);
                    self.answer(id, qos, None);
                }
                Err(refusal) => {
                    let who = (&*self.client).into();
                    let Refusal { code, reason, .. } = &refusal;
                    self.core.refusals.note(RefusedPacket::Publish, Level::DEBUG, who, *code, reason);
                    self.answer(id, qos, Some(&refusal));
                }
            }
        }
        if self.acks.is_empty() && self.acks.capacity() > 0 {
            self.acks = Default::default();
        }
        Ok(())
    }

    /// Acknowledges a publish. A refused QoS 0 publish gets no answer; a refused 3.1.1 publish is acknowledged but has
    /// no effect.
    fn answer(&mut self, id: u16, qos: Qos, refusal: Option<&Refusal>) {
        let kind = match qos {
            Qos::AtMostOnce => return,
            Qos::AtLeastOnce => Ack::Puback,
            Qos::ExactlyOnce => Ack::Pubrec,
        };
        let (code, v5) = (refusal.map_or(0, |refusal| refusal.code), self.client.v5);
        let words = refusal.map(|refusal| Words::of(refusal, self.words)).unwrap_or_default();
        codec::ack(&mut self.reply, v5, kind, id, code, words);
        // A PUBREC that refuses ends the exchange [MQTT-4.3.3-9].
        let goes_on = qos == Qos::ExactlyOnce && (code < 0x80 || !v5);
        if !goes_on {
            self.unacknowledged = self.unacknowledged.saturating_sub(1);
        }
        if qos == Qos::ExactlyOnce {
            decide(&self.core, &self.session, id, goes_on);
        }
    }
}

/// Records the outcome of a QoS 2 publish. The packet id is remembered only if the publish was accepted. If it were
/// remembered earlier and the broker crashed in between, the client's retransmission, by then the only copy, would be
/// discarded.
fn decide<H: Handler>(core: &Core<H>, session: &Arc<Session>, id: u16, taken: bool) {
    let mut state = session.state.lock();
    state.receiving.retain(|&receiving| receiving != id);
    if !taken || state.received.contains(&id) {
        return;
    }
    state.received.push(id);
    if state.is_persistent() && !std::mem::replace(&mut state.dirty, true) {
        core.saver.mark(session);
    }
}

/// Returns why the broker itself refuses a message, sent by PUBLISH or as a will, if it does.
pub(super) fn refusal(
    limits: &Limits,
    topic: &str,
    payload: &[u8],
    properties: &Properties,
) -> Option<Refusal> {
    if topic.len() > limits.topic_length || topic.split('/').count() > limits.topic_levels {
        return Some(Refusal::new(0x90, "topic name too long"));
    }
    if properties.payload_is_utf8 && std::str::from_utf8(payload).is_err() {
        return Some(Refusal::new(0x99, "the payload is not UTF-8"));
    }
    None
}

/// Completes the pending publishes of a client whose connection has ended: accepted ones are still routed. One that the
/// handler had not accepted yet is dropped, as if it had never been read.
pub(super) fn settle_later<H: Handler>(
    core: Arc<Core<H>>,
    acks: VecDeque<Pending>,
    task: Option<Task>,
    session: Arc<Session>,
) {
    match task {
        Some(Task::Publish(id, _)) => decide(&core, &session, id, false),
        Some(Task::Subscribe(request)) => drop(tokio::spawn(request)),
        None => {}
    }
    if acks.is_empty() {
        return;
    }
    tokio::spawn(async move {
        for pending in acks {
            let result = resolve(pending.outcome).await;
            let taken = result.is_ok();
            if let Ok(disposition) = result {
                core.settle(disposition, session.id);
            }
            if pending.qos == Qos::ExactlyOnce {
                decide(&core, &session, pending.id, taken);
            }
        }
    });
}
