//! The model of a session: the messages it must receive and those in flight.

use std::collections::{BTreeMap, VecDeque};

use super::{EMPTY, LOGS, Said};
use crate::packet::Publish;
use crate::world::covers;

#[derive(Debug, Clone, Copy)]
pub struct Subscription {
    pub qos: u8,
    pub no_local: bool,
    pub as_published: bool,
    pub handling: u8,
    pub identifier: u32,
}

/// The combined subscriptions of a session for one message.
#[derive(Debug, Clone, Default)]
pub struct Grant {
    pub qos: u8,
    pub as_published: bool,
    pub identifiers: Vec<u32>,
}

/// A message that must be received.
#[derive(Debug, Clone)]
pub struct Due {
    pub said: Said,
    pub qos: u8,
    pub retain: bool,
    pub identifiers: Vec<u32>,
}

impl Due {
    pub fn plain(said: Said) -> Self {
        Self { said, qos: 0, retain: false, identifiers: Vec::new() }
    }
}

/// A retained message that must be received for a subscription, unless it is replaced before it is delivered.
#[derive(Debug, Clone)]
pub struct Retained {
    pub said: Said,
    pub subscription: Subscription,
    pub required: bool,
}

impl Retained {
    pub fn new(said: Said, subscription: Subscription) -> Self {
        Self { said, subscription, required: true }
    }

    pub fn is(&self, message: &Publish, v5: bool) -> bool {
        let Subscription { qos, identifier, .. } = self.subscription;
        let identifiers = Vec::from_iter((v5 && identifier > 0).then_some(identifier));
        message.is(&Due::plain(self.said))
            && message.qos == self.said.qos.min(qos)
            && message.identifiers() == identifiers
    }
}

/// A message in flight, or one acknowledged before an older one.
#[derive(Debug, Clone)]
pub struct Flying {
    pub id: u16,
    pub topic: String,
    pub payload: String,
    pub qos: u8,
    pub released: bool,
    pub done: bool,
    /// Whether it was sent on the current connection.
    pub seen: bool,
}

/// The session's position in a log.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub got: u64,
    pub acknowledged: u64,
    /// Whether entries already received may be delivered again.
    pub again: bool,
}

#[derive(Debug, Default)]
pub struct Session {
    pub lasting: bool,
    /// Whether it has ever been persistent, so that some of it may be stored.
    pub lasted: bool,
    /// Whether the broker has restarted and not loaded it yet; until then only log entries are kept for it.
    pub unloaded: bool,
    /// Whether one of its SUBSCRIBEs was answered while it was persistent.
    pub stored: bool,
    pub subscriptions: BTreeMap<&'static str, Subscription>,
    /// QoS 1 and 2 messages by topic.
    pub waiting: BTreeMap<&'static str, VecDeque<Due>>,
    /// QoS 0 messages by topic; they must arrive at once.
    pub now: BTreeMap<&'static str, VecDeque<Due>>,
    pub logs: BTreeMap<&'static str, Place>,
    pub flying: VecDeque<Flying>,
    pub retained: Vec<Retained>,
    /// QoS 2 messages it published whose PUBREL is outstanding.
    pub unreleased: BTreeMap<u16, Said>,
}

impl Publish {
    /// Returns whether this is the given message, ignoring QoS and flags.
    pub fn is(&self, due: &Due) -> bool {
        let payload = if due.said.number == EMPTY { String::new() } else { due.said.number.to_string() };
        self.topic == due.said.topic && self.payload == payload
    }
}

impl Session {
    pub fn grant(&self, topic: &str, own: bool) -> Option<Grant> {
        let mut found: Option<Grant> = None;
        for (filter, subscription) in &self.subscriptions {
            if covers(filter, topic) && !(own && subscription.no_local) {
                let grant = found.get_or_insert_default();
                grant.qos = grant.qos.max(subscription.qos);
                grant.as_published |= subscription.as_published;
                grant.identifiers.extend((subscription.identifier > 0).then_some(subscription.identifier));
            }
        }
        if let Some(grant) = &mut found {
            grant.identifiers.sort_unstable();
        }
        found
    }

    pub fn owe(&mut self, said: Said, own: bool, connected: bool) {
        let Some(grant) = self.grant(said.topic, own).filter(|_| !self.unloaded) else { return };
        let qos = grant.qos.min(said.qos);
        let due =
            Due { said, qos, retain: said.retain && grant.as_published, identifiers: grant.identifiers };
        if qos > 0 {
            self.waiting.entry(said.topic).or_default().push_back(due);
        } else if connected {
            self.now.entry(said.topic).or_default().push_back(due);
        }
    }

    pub fn owe_entry(&mut self, log: &'static str, offset: u64, connected: bool) {
        let Some(grant) = self.grant(log, false) else { return };
        if grant.qos == 0 && connected {
            let said = Said { number: offset as u32, topic: log, qos: 0, retain: false };
            let due = Due { said, qos: 0, retain: false, identifiers: grant.identifiers };
            self.now.entry(log).or_default().push_back(due);
        }
    }

    /// Starts newly followed logs at their heads, and forgets those no longer followed.
    pub fn place_cursors(&mut self, heads: [(&'static str, u64); 2]) {
        for (log, head) in heads {
            if self.grant(log, false).is_some_and(|grant| grant.qos > 0) {
                self.logs.entry(log).or_insert(Place { got: head, acknowledged: head, again: false });
            } else {
                self.logs.remove(log);
            }
        }
    }

    /// Removes the oldest messages once they are done, and advances the cursors of their logs.
    pub fn leave(&mut self) {
        while self.flying.front().is_some_and(|flying| flying.done) {
            let Some(gone) = self.flying.pop_front() else { return };
            if let Some(log) = LOGS.iter().find(|log| **log == gone.topic)
                && let Some(place) = self.logs.get_mut(log)
            {
                place.acknowledged = place.acknowledged.max(gone.payload.parse().unwrap());
            }
        }
    }

    /// Handles a received message; returns false if it was not owed.
    pub fn take(&mut self, message: &Publish, v5: bool) -> bool {
        let logged = LOGS.iter().find(|log| **log == message.topic);
        if let (Some(log), true) = (logged, message.qos > 0) {
            let Some(place) = self.logs.get_mut(log) else { return false };
            let offset: u64 = message.payload.parse().unwrap();
            assert!(offset <= place.got + 1, "{log} jumps from {} to {offset}", place.got);
            assert!(place.again || offset == place.got + 1, "{log} goes back from {} to {offset}", place.got);
            place.again &= offset <= place.got;
            place.got = place.got.max(offset);
            // An entry delivered again must be acknowledged again.
            place.acknowledged = place.acknowledged.min(offset - 1);
            assert_eq!(message.qos, 1);
            let grant = self.grant(log, false).unwrap_or_default();
            assert!(!v5 || sorted(message.identifiers()) == grant.identifiers, "{message:?}");
            return true;
        }
        let line = if message.qos > 0 { &mut self.waiting } else { &mut self.now };
        if let Some(line) = line.get_mut(&*message.topic)
            && let Some(due) = line.front()
            && message.is(due)
            && (message.retain, message.qos) == (due.retain, due.qos)
            && (!v5 || sorted(message.identifiers()) == due.identifiers)
        {
            line.pop_front();
            return true;
        }
        let is = |retained: &&Retained| message.retain && retained.is(message, v5);
        let Some(found) = self.retained.iter().filter(is).max_by_key(|retained| retained.required) else {
            return false;
        };
        let found: *const Retained = found;
        self.retained.retain(|retained| !std::ptr::eq(retained, found));
        true
    }
}

fn sorted(mut identifiers: Vec<u32>) -> Vec<u32> {
    identifiers.sort_unstable();
    identifiers
}
