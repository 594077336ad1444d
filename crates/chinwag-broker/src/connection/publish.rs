//! A client's PUBLISH: to the handler in order, and the acknowledgement back in order.

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

/// A publish whose outcome is awaited.
pub(super) struct Pending {
    /// 0 for QoS 0.
    pub id: u16,
    pub qos: Qos,
    pub outcome: Outcome,
}

/// A PUBLISH that is too large is read over to its end, and answered then: until then nothing is known of it.
pub(super) struct Skipping {
    /// Bytes still to come.
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

    /// Begins to read over a PUBLISH. A 3.1.1 client can't be told how large a packet may be: were its connection ended, it
    /// would come back and send the same again, for ever. So this one is acknowledged, and refused by other means.
    pub(super) fn begin_to_skip(&mut self, head: codec::Oversized) {
        self.skipping = Some(Box::new(Skipping { left: head.end, head }));
    }

    /// Reads over so many of the `length` bytes that are there, if there is something to read over; answers it at its
    /// end.
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
        let refusal = Refusal { code: 0x95, reason: reason.into() };
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

    /// Notes a QoS 2 packet id; false if it is a repetition, which is acknowledged again and nothing else
    /// [MQTT-4.3.3-10].
    fn receive(&mut self, id: u16) -> Result<bool, Fault> {
        let mut state = self.session.state.lock();
        if state.receiving.contains(&id) {
            // Of an earlier connection, and its outcome is open: whatever was said now could be wrong. The next try
            // finds it decided.
            return Err(Fault::new(0x89, "that packet id is still being dealt with"));
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

    /// Sends the acknowledgements whose turn has come.
    pub(super) fn poll_acks(&mut self, context: &mut Context<'_>) -> Result<(), End> {
        while let Some(front) = self.acks.front_mut() {
            let answer = match &mut front.outcome {
                Outcome::Now(_) => None,
                Outcome::Later(receiver) => match Pin::new(receiver).poll(context) {
                    Poll::Pending => break,
                    Poll::Ready(answer) => Some(answer),
                },
            };
            // Taken out before anything else: a receiver that has answered must not be asked again, here or at the end.
            let Some(Pending { id, qos, outcome }) = self.acks.pop_front() else { break };
            let result = match (outcome, answer) {
                (Outcome::Now(result), _) | (_, Some(Ok(result))) => result,
                _ if self.client.v5 => Err(unanswered()),
                // Its acknowledgement could only say yes: without one, the client sends it again.
                _ => {
                    decide(&self.core, &self.session, id, false);
                    return Err(Fault::new(0x80, "a publish was not answered").into());
                }
            };
            match result {
                Ok(disposition) => {
                    self.core.settle(disposition, self.session.id);
                    self.answer(id, qos, None);
                }
                Err(refusal) => {
                    let who = (&*self.client).into();
                    let Refusal { code, reason } = &refusal;
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

    /// A refused QoS 0 publish has no answer; a refused one of 3.1.1 is acknowledged without effect.
    fn answer(&mut self, id: u16, qos: Qos, refusal: Option<&Refusal>) {
        let kind = match qos {
            Qos::AtMostOnce => return,
            Qos::AtLeastOnce => Ack::Puback,
            Qos::ExactlyOnce => Ack::Pubrec,
        };
        let (code, reason) = refusal.map_or((0, ""), |refusal| (refusal.code, &*refusal.reason));
        let v5 = self.client.v5;
        codec::ack(&mut self.reply, v5, kind, id, code, Words { reason, room: self.words });
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

/// The outcome of a QoS 2 publish is known. Only one that was taken is remembered by its packet id: had a crash come
/// before, the client's repetition would have been the only copy.
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

/// What the broker itself refuses to have published, by PUBLISH or by will.
pub(super) fn refusal(
    limits: &Limits,
    topic: &str,
    payload: &[u8],
    properties: &Properties,
) -> Option<Refusal> {
    if topic.len() > limits.topic_length || topic.split('/').count() > limits.topic_levels {
        return Some(Refusal { code: 0x90, reason: "topic name too long".into() });
    }
    if properties.payload_is_utf8 && std::str::from_utf8(payload).is_err() {
        return Some(Refusal { code: 0x99, reason: "the payload is not UTF-8".into() });
    }
    None
}

/// Lets publishes run to their end whose client is gone: what was accepted is still routed. One that the handler had
/// not accepted yet is dropped, as if it had never been read.
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
