//! What a session is owed, and what is on its way to it.

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

/// What all subscriptions of a session come to for one message.
#[derive(Debug, Clone, Default)]
pub struct Grant {
    pub qos: u8,
    pub as_published: bool,
    pub identifiers: Vec<u32>,
}

/// A message that must come.
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

/// A retained message that must come for a subscription, unless another takes its place before it comes.
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

/// On its way, or acknowledged before something older was.
#[derive(Debug, Clone)]
pub struct Flying {
    pub id: u16,
    pub topic: String,
    pub payload: String,
    pub qos: u8,
    pub released: bool,
    pub done: bool,
    /// Sent on the present connection.
    pub seen: bool,
}

/// Where it stands in a log.
#[derive(Debug, Clone, Copy)]
pub struct Place {
    pub got: u64,
    pub acknowledged: u64,
    /// What was had already may come again.
    pub again: bool,
}

#[derive(Debug, Default)]
pub struct Session {
    pub lasting: bool,
    /// It was to be kept at some time: something of it may be stored.
    pub lasted: bool,
    /// The broker began anew and loads it when its client comes: until then only logs are kept for it.
    pub unloaded: bool,
    /// A SUBSCRIBE of it was answered while it was to be kept.
    pub stored: bool,
    pub subscriptions: BTreeMap<&'static str, Subscription>,
    /// QoS 1 and 2, by topic.
    pub waiting: BTreeMap<&'static str, VecDeque<Due>>,
    /// QoS 0, by topic: they come at once.
    pub now: BTreeMap<&'static str, VecDeque<Due>>,
    pub logs: BTreeMap<&'static str, Place>,
    pub flying: VecDeque<Flying>,
    pub retained: Vec<Retained>,
    /// Its own QoS 2 publishes, PUBREL outstanding.
    pub unreleased: BTreeMap<u16, Said>,
}

impl Publish {
    /// Whether this is that message, leaving aside how it was sent.
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

    /// Logs it follows now begin at their heads, those it no longer follows are forgotten.
    pub fn place_cursors(&mut self, heads: [(&'static str, u64); 2]) {
        for (log, head) in heads {
            if self.grant(log, false).is_some_and(|grant| grant.qos > 0) {
                self.logs.entry(log).or_insert(Place { got: head, acknowledged: head, again: false });
            } else {
                self.logs.remove(log);
            }
        }
    }

    /// The oldest leave when they are done, and with them the cursors of their logs move.
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

    /// Takes a message in; false if it was not owed.
    pub fn take(&mut self, message: &Publish, v5: bool) -> bool {
        let logged = LOGS.iter().find(|log| **log == message.topic);
        if let (Some(log), true) = (logged, message.qos > 0) {
            let Some(place) = self.logs.get_mut(log) else { return false };
            let offset: u64 = message.payload.parse().unwrap();
            assert!(offset <= place.got + 1, "{log} jumps from {} to {offset}", place.got);
            assert!(place.again || offset == place.got + 1, "{log} goes back from {} to {offset}", place.got);
            place.again &= offset <= place.got;
            place.got = place.got.max(offset);
            // What comes again is to be acknowledged again.
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
