//! Routing: finds the sessions that receive a message and delivers it to them.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::core::Core;
use crate::encode::Published;
use crate::logs::Log;
use crate::router::{Entry, Router, Slot};
use crate::session::{Grant, Session, Testament};
use crate::{Disposition, Handler, LogEntry, Message, Origin, Outcome, PublishResult, Refusal};

/// With fewer subscribers than this to a filter, checking each one is cheaper than asking for a list of readers.
const WORTH_A_LIST: usize = 32;

/// A session that a message is delivered to, and the combined options of its matching subscriptions.
struct Target<'a> {
    session: &'a Arc<Session>,
    grant: Grant,
    /// Whether it was chosen as the member of a shared subscription.
    shared: bool,
}

impl<H: Handler> Core<H> {
    /// Routes a message without a log; `from` is the session that published it.
    pub(crate) fn publish(&self, message: Message, from: Option<u64>) {
        let published = Arc::new(Published::new(message, 0, self.clock.ticks()));
        // Held until the message is delivered: a client that subscribed in between would receive it twice, once as a
        // retained message.
        let router = self.router.read();
        if published.message.retain
            && !self.retained.write().store(&published, self.config.limits.retained_messages)
        {
            tracing::warn!(topic = %published.message.topic, "no room for another retained message");
        }
        let mut fanout = self.fanout();
        self.each(&router, &published.message.topic, from, &mut |target| {
            let retain = published.message.retain && target.grant.retain_as_published;
            let mut state = target.session.state.lock();
            if state.dead {
                return false;
            }
            state.live_message(&published, &target.grant, retain, &mut fanout);
            true
        });
        drop(router);
        self.finish(fanout);
    }

    /// Routes a message to one account's sessions.
    pub(crate) fn publish_to(&self, account: u64, message: Message) {
        let published = Arc::new(Published::new(message, 0, self.clock.ticks()));
        let mut fanout = self.fanout();
        for session in self.sessions.of(account) {
            let mut state = session.state.lock();
            if let Some(grant) = crate::session::grant(&state.subscriptions, &published.message.topic) {
                state.live_message(&published, &grant, false, &mut fanout);
            }
        }
        self.finish(fanout);
    }

    /// Announces log entries. Each is encoded once per kind of subscriber, and each subscriber is woken once.
    pub(crate) fn publish_log(&self, entries: &[LogEntry]) {
        let mut fanout = self.fanout();
        let mut last: Option<Arc<Log>> = None;
        for entry in entries.iter().filter(|entry| entry.offset > 0) {
            let topic = &entry.message.topic;
            let log = match last.take() {
                Some(log) if log.topic == *topic => log,
                _ => self.logs.named(topic),
            };
            let published = Arc::new(Published::new(entry.message.clone(), entry.offset, self.clock.ticks()));
            // Cached before any session can find itself behind and look for the entry.
            self.logs.keep(&log, &published, self.config.limits.recent_bytes);
            self.each(&self.router.read(), topic, None, &mut |target| {
                // An offline session catches up from the log when it is resumed.
                if !target.session.is_online() {
                    return false;
                }
                let mut state = target.session.state.lock();
                if target.shared {
                    // Only one member of the group receives the entry, which a cursor cannot represent.
                    state.live_message(&published, &target.grant, false, &mut fanout);
                } else {
                    state.live_entry(log.id, &published, &target.grant, &mut fanout);
                }
                true
            });
            last = Some(log);
        }
        self.finish(fanout);
    }

    /// Replaces the content of log entries everywhere it is held in memory.
    pub(crate) fn replace(&self, entries: &[LogEntry]) {
        for entry in entries {
            self.logs.replace(entry);
        }
        let by_place: HashMap<(&str, u64), &LogEntry> =
            entries.iter().map(|entry| ((&*entry.message.topic, entry.offset), entry)).collect();
        let content = |published: &Published| {
            let place = (&*published.message.topic, published.offset);
            by_place.get(&place).map(|entry| published.replaced_by(entry))
        };
        // A task that holds a session's lock may already have found the old content. It sends that content before this
        // loop gets the lock; afterwards only the new content can be found.
        for session in self.sessions.all() {
            session.state.lock().replace(content);
        }
    }

    /// Calls `deliver` once for every session that subscribes to `topic` and may read it. `deliver` returns whether it
    /// could deliver; of each shared group, only one member receives the message.
    fn each(
        &self,
        router: &Router,
        topic: &Arc<str>,
        from: Option<u64>,
        deliver: &mut dyn FnMut(Target<'_>) -> bool,
    ) {
        let mut slots = Vec::new();
        router.visit(topic, &mut |slot| slots.push(slot));
        if let [slot] = slots[..] {
            self.readers(slot, topic, &mut |entry| {
                if wants(entry, from) {
                    deliver(Target { session: &entry.session, grant: one(entry), shared: false });
                }
            });
        } else if !slots.is_empty() {
            let mut targets: BTreeMap<(u64, u64), Target<'_>> = BTreeMap::new();
            for slot in &slots {
                self.readers(slot, topic, &mut |entry| {
                    if wants(entry, from) {
                        targets
                            .entry(entry.session.order())
                            .or_insert_with(|| Target {
                                session: &entry.session,
                                grant: Grant::default(),
                                shared: false,
                            })
                            .grant
                            .add(entry.qos, entry.no_local, entry.retain_as_published, entry.identifier);
                    }
                });
            }
            for (_, target) in targets {
                deliver(target);
            }
        }
        for group in slots.iter().flat_map(|slot| &slot.shared) {
            // Connected members first, then offline ones that queue the message until they reconnect [MQTT-4.8.2-4,
            // -5].
            let may = |entry: &&Entry| self.handler.may_read(entry.session.key.account, topic);
            let members: Vec<&Entry> = group.in_turn().filter(may).collect();
            let (online, away): (Vec<_>, Vec<_>) = members.into_iter().partition(|e| e.session.is_online());
            for entry in online.into_iter().chain(away) {
                if deliver(Target { session: &entry.session, grant: one(entry), shared: true }) {
                    break;
                }
            }
        }
    }

    /// Calls `f` with the entries of a slot whose owners may read `topic`.
    fn readers<'a>(&self, slot: &'a Slot, topic: &str, f: &mut dyn FnMut(&'a Entry)) {
        if slot.plain.len() >= WORTH_A_LIST
            && let Some(readers) = self.handler.readers(topic)
            && readers.len() < slot.plain.len()
        {
            for &account in readers.iter() {
                slot.plain.range((account, 0)..=(account, u64::MAX)).for_each(|(_, entry)| f(entry));
            }
            return;
        }
        // Sessions of one account are adjacent: ask once for all of them.
        let mut last = None;
        for (&(account, _), entry) in &slot.plain {
            let may = match last {
                Some((asked, answer)) if asked == account => answer,
                _ => self.handler.may_read(account, topic),
            };
            last = Some((account, may));
            if may {
                f(entry);
            }
        }
    }

    /// Carries out the handler's decision on an accepted PUBLISH.
    pub(crate) fn settle(&self, disposition: Disposition, from: u64) {
        match disposition {
            Disposition::Route(message) => self.publish(*message, Some(from)),
            Disposition::Taken => {}
        }
    }

    /// Publishes a will, like any other publish of its client [MQTT-3.1.2-8].
    pub(crate) fn publish_will(self: &Arc<Self>, testament: Testament) {
        let core = Arc::clone(self);
        tokio::spawn(async move {
            let Testament { will, client, session } = testament;
            let message = Message {
                topic: will.topic,
                payload: will.payload,
                qos: will.qos,
                retain: will.retain && core.config.retain_from_clients,
                properties: will.properties,
            };
            let outcome = core.handler.publish(&client, message, Origin::Will).await;
            match resolve(outcome).await {
                Ok(disposition) => core.settle(disposition, session),
                Err(refusal) => tracing::debug!(client = %client.client_id, %refusal, "will refused"),
            }
        });
    }
}

/// Waits for an outcome.
pub(crate) async fn resolve(outcome: Outcome) -> PublishResult {
    match outcome {
        Outcome::Now(result) => result,
        Outcome::Later(receiver) => receiver.await.unwrap_or_else(|_| Err(unanswered())),
    }
}

pub(crate) fn unanswered() -> Refusal {
    Refusal::new(0x83, "the publish was not answered")
}

/// Applies No Local [MQTT-3.8.3-3]: a session does not receive its own messages.
fn wants(entry: &Entry, from: Option<u64>) -> bool {
    !(entry.no_local && from == Some(entry.session.id))
}

fn one(entry: &Entry) -> Grant {
    let mut grant = Grant::default();
    grant.add(entry.qos, entry.no_local, entry.retain_as_published, entry.identifier);
    grant
}
