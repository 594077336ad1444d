//! A well-behaved client: the packets it sends, and the handling of those it receives.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use chinwag_broker::Broker;
use mqtt_protocol_core::mqtt::packet::{
    Property, Qos, ReceiveMaximum, RetainHandling, SessionExpiryInterval, SubOpts, TopicAlias,
    TopicAliasMaximum,
};
use tokio::io::AsyncWriteExt;
use tokio::time::sleep;

use super::session::{Retained, Session, Subscription};
use super::wire::Wire;
use super::{INFLIGHT, Said, Will};
use crate::packet::{self, Options, Packet, Publish};
use crate::world::{World, covers};

pub struct Person {
    name: String,
    wire: Option<Wire>,
    session: Option<Session>,
    /// The stored state of the session is unknown, so the next connect uses a clean start.
    uncertain: bool,
    /// A session of this client has just ended; its stored state may not have been deleted yet.
    ghost: bool,
    /// Packet ids are never reused.
    next_id: u16,
    wills: u32,
}

fn qos(qos: u8) -> Qos {
    [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce][usize::from(qos) % 3]
}

impl Person {
    pub fn new(number: usize) -> Self {
        let name = format!("person-{number}");
        Self {
            name,
            wire: None,
            session: None,
            uncertain: false,
            ghost: false,
            next_id: 0,
            wills: 1_000_000 * (number as u32 + 1),
        }
    }

    /// Returns whether it uses MQTT 5; `None` if it isn't connected.
    pub fn version(&self) -> Option<bool> {
        self.wire.as_ref().map(|wire| wire.v5)
    }

    fn id(&mut self) -> u16 {
        self.next_id += 1;
        self.next_id
    }

    async fn send(&mut self, bytes: &[u8]) {
        if let Some(wire) = &mut self.wire {
            wire.stream.write_all(bytes).await.unwrap();
        }
    }

    /// Connects or reconnects. Returns the will of the previous connection, if there was one, and whether the session
    /// is new.
    #[expect(clippy::too_many_arguments, reason = "they are what a CONNECT says")]
    pub async fn connect(
        &mut self,
        broker: &Broker<World>,
        v3: bool,
        clean: bool,
        lasting: bool,
        window: u8,
        aliases: u8,
        will: Option<Will>,
    ) -> (Option<(Will, u32)>, bool) {
        let clean = clean || self.uncertain;
        (self.uncertain, self.ghost) = (false, false);
        let lasting = if v3 { !clean } else { lasting };
        let window = if v3 || window == 0 { u16::MAX } else { u16::from(window % 9) + 1 };
        let old = self.wire.take();
        let resumed = !clean && self.session.as_ref().is_some_and(|session| session.lasting);
        let mut session = self.session.take().filter(|_| resumed).unwrap_or_default();
        session.lasting = lasting;
        session.lasted |= lasting;
        session.unloaded = false;
        session.flying.iter_mut().for_each(|flying| flying.seen = false);
        session.retained.iter_mut().for_each(|retained| retained.required = false);
        self.session = Some(session);
        self.wills += 1;
        let wire = self.open(broker, v3, clean, lasting, window, u16::from(aliases % 4), will).await;
        let answer = wire.next().unwrap();
        assert!(
            matches!(answer, Packet::Connack { code: 0, present, .. } if present == resumed),
            "{answer:?} {resumed}"
        );
        let Some(mut old) = old else { return (None, !resumed) };
        // After a takeover, the old connection's last packet must be DISCONNECT 0x8E.
        old.pump().await;
        let mut last = None;
        while let Some(packet) = old.next() {
            last = Some(packet);
        }
        assert!(!old.v5 || matches!(last, Some(Packet::Disconnect { code: 0x8e, .. })), "{last:?}");
        (old.will, !resumed)
    }

    #[expect(clippy::too_many_arguments, reason = "they are what a CONNECT says")]
    async fn open(
        &mut self,
        broker: &Broker<World>,
        v3: bool,
        clean: bool,
        lasting: bool,
        window: u16,
        aliases: u16,
        will: Option<Will>,
    ) -> &mut Wire {
        let (near, stream) = tokio::io::duplex(1 << 20);
        let broker = broker.clone();
        tokio::spawn(async move { broker.serve_stream(near, "10.0.0.1:1".parse().unwrap()).await });
        let will = will.map(|will| (will, self.wills));
        let mut options = Options { v3, keep: !clean, id: self.name.clone(), ..Options::default() };
        options.will = will.as_ref().map(|(will, number)| {
            let topic = super::TOPICS[usize::from(will.topic) % 4];
            (topic.into(), number.to_string(), qos(will.qos), will.retain)
        });
        let expiry = if lasting { u32::MAX } else { 0 };
        options.props.push(Property::SessionExpiryInterval(SessionExpiryInterval::new(expiry).unwrap()));
        options.props.push(Property::ReceiveMaximum(ReceiveMaximum::new(window).unwrap()));
        if aliases > 0 {
            options.props.push(Property::TopicAliasMaximum(TopicAliasMaximum::new(aliases).unwrap()));
        }
        let wire = self.wire.insert(Wire {
            stream,
            buffer: Vec::new(),
            v5: !v3,
            window: usize::from(window).min(INFLIGHT),
            will,
            aliases: HashMap::new(),
            own_aliases: HashMap::new(),
            most_aliases: aliases,
            answers: VecDeque::new(),
            releases: VecDeque::new(),
        });
        wire.stream.write_all(&options.bytes()).await.unwrap();
        sleep(Duration::from_millis(1)).await;
        wire.pump().await;
        wire
    }

    /// Disconnects, with or without DISCONNECT; returns the will if it is to be published.
    pub async fn go(&mut self, said_goodbye: bool) -> Option<(Will, u32)> {
        if said_goodbye {
            self.send(&[0xe0, 0]).await;
        }
        let wire = self.wire.take()?;
        if said_goodbye { None } else { wire.will }
    }

    /// Ends a session that isn't persistent. A persistent one keeps what it is owed, but retained messages are optional
    /// then.
    pub fn gone(&mut self) {
        let ends = |session: &mut Session| !session.lasting && self.wire.is_none();
        if let Some(session) = self.session.take_if(ends) {
            self.ghost |= session.lasted;
        }
        if let (Some(session), None) = (&mut self.session, &self.wire) {
            session.retained.iter_mut().for_each(|retained| retained.required = false);
        }
    }

    pub async fn subscribe(
        &mut self,
        filter: &'static str,
        subscription: Subscription,
        heads: [(&'static str, u64); 2],
    ) -> bool {
        let (Some(wire), Some(session)) = (&mut self.wire, &mut self.session) else { return false };
        let handling = [
            RetainHandling::SendRetained,
            RetainHandling::SendRetainedIfNotExists,
            RetainHandling::DoNotSendRetained,
        ][usize::from(subscription.handling)];
        let options = SubOpts::new()
            .set_qos(qos(subscription.qos))
            .set_nl(subscription.no_local)
            .set_rap(subscription.as_published)
            .set_rh(handling);
        let id = |n| mqtt_protocol_core::mqtt::packet::SubscriptionIdentifier::new(n).unwrap();
        let identifier = (subscription.identifier > 0)
            .then(|| Property::SubscriptionIdentifier(id(subscription.identifier)));
        let bytes = packet::subscribe_bytes(wire.v5, vec![(filter, options)], Vec::from_iter(identifier));
        wire.answers.push_back((9, 1));
        let new = session.subscriptions.insert(filter, subscription).is_none();
        session.stored |= session.lasting;
        session.place_cursors(heads);
        self.send(&bytes).await;
        new
    }

    pub async fn unsubscribe(&mut self, filter: &'static str) {
        let (Some(wire), Some(session)) = (&mut self.wire, &mut self.session) else { return };
        wire.answers.push_back((11, 1));
        session.subscriptions.remove(filter);
        session.stored |= session.lasting;
        // UNSUBSCRIBE creates no cursor, so the heads don't matter.
        session.place_cursors(super::LOGS.map(|log| (log, 0)));
        let bytes = packet::unsubscribe_bytes(wire.v5, &[filter]);
        self.send(&bytes).await;
    }

    /// Publishes a message; returns false if it isn't connected.
    pub async fn say(&mut self, said: Said, alias: u8) -> bool {
        let id = if said.qos > 0 { self.id() } else { 0 };
        let (Some(wire), Some(session)) = (&mut self.wire, &mut self.session) else { return false };
        let alias = if wire.v5 { alias % 4 } else { 0 };
        let known = alias > 0 && wire.own_aliases.insert(alias, said.topic) == Some(said.topic);
        let topic = if known { "" } else { said.topic };
        let property = (alias > 0).then(|| Property::TopicAlias(TopicAlias::new(u16::from(alias)).unwrap()));
        let payload = if said.number == super::EMPTY { String::new() } else { said.number.to_string() };
        let props = Vec::from_iter(property);
        let bytes = packet::publish_bytes(wire.v5, topic, &payload, qos(said.qos), id, said.retain, props);
        match said.qos {
            0 => {}
            1 => wire.answers.push_back((4, id)),
            _ => {
                wire.answers.push_back((5, id));
                session.unreleased.insert(id, said);
            }
        }
        self.send(&bytes).await;
        true
    }

    pub async fn repeat(&mut self, which: u8) {
        let (Some(wire), Some(session)) = (&mut self.wire, &mut self.session) else { return };
        let Some((&id, said)) = session.unreleased.iter().nth(usize::from(which)) else { return };
        let payload = if said.number == super::EMPTY { String::new() } else { said.number.to_string() };
        let qos = Qos::ExactlyOnce;
        let mut bytes =
            packet::publish_bytes(wire.v5, said.topic, &payload, qos, id, said.retain, Vec::new());
        bytes[0] |= 8;
        wire.answers.push_back((5, id));
        self.send(&bytes).await;
    }

    pub async fn release(&mut self, which: u8) {
        let (Some(wire), Some(session)) = (&mut self.wire, &mut self.session) else { return };
        let Some(&id) = session.unreleased.keys().nth(usize::from(which)) else { return };
        session.unreleased.remove(&id);
        wire.answers.push_back((7, id));
        self.send(&packet::ack_bytes(6, id)).await;
    }

    /// Acknowledges a message that is in flight to this client.
    pub async fn acknowledge(&mut self, which: u8, refuse: bool) {
        let (Some(wire), Some(session)) = (&mut self.wire, &mut self.session) else { return };
        let open: Vec<_> = session.flying.iter_mut().filter(|flying| flying.seen && !flying.done).collect();
        let count = open.len();
        let Some(flying) = open.into_iter().nth(usize::from(which) % count.max(1)) else { return };
        let kind = match (flying.qos, flying.released) {
            (1, _) => 4,
            (_, false) => 5,
            (_, true) => 7,
        };
        let refuse = refuse && wire.v5 && kind != 7;
        if kind == 5 && !refuse {
            flying.released = true;
            wire.releases.push_back(flying.id);
        } else {
            flying.done = true;
        }
        let mut bytes = packet::ack_bytes(kind, flying.id).to_vec();
        if refuse {
            bytes[1] = 3;
            bytes.push(0x80);
        }
        session.leave();
        self.send(&bytes).await;
    }

    /// Handles everything received. Returns messages that the model does not owe to this client itself.
    pub async fn read(&mut self) -> Vec<Publish> {
        let mut strays = Vec::new();
        let (Some(wire), Some(session)) = (&mut self.wire, &mut self.session) else { return strays };
        wire.pump().await;
        while let Some(packet) = wire.next() {
            match packet {
                Packet::Publish(message) => strays.extend(wire.message(session, message)),
                Packet::Ack(6, id, 0, _) => wire.released(session, id),
                Packet::Ack(kind, id, 0, _) => assert_eq!(wire.answers.pop_front(), Some((kind, id))),
                Packet::Suback { id, codes, .. } => {
                    assert_eq!(wire.answers.pop_front(), Some((9, id)));
                    assert!(codes[0] < 3, "{codes:?}");
                }
                Packet::Unsuback { id, .. } => assert_eq!(wire.answers.pop_front(), Some((11, id))),
                other => panic!("{} got {other:?}", self.name),
            }
        }
        strays
    }

    pub fn owe(&mut self, said: Said, own: bool) {
        let connected = self.wire.is_some();
        if let Some(session) = &mut self.session {
            session.owe(said, own, connected);
        }
    }

    pub fn owe_entry(&mut self, log: &'static str, offset: u64) {
        let connected = self.wire.is_some();
        if let Some(session) = &mut self.session {
            session.owe_entry(log, offset, connected);
        }
    }

    pub fn owe_retained(&mut self, retained: Retained) {
        if let Some(session) = &mut self.session {
            session.retained.push(retained);
        }
    }

    pub fn retained_changed(&mut self, said: Said) {
        let Some(session) = &mut self.session else { return };
        for retained in session.retained.iter_mut().filter(|retained| retained.said.topic == said.topic) {
            retained.required = false;
        }
    }

    /// Returns the QoS of its shared subscription in this group, if it covers the topic.
    pub fn shares(&self, group: &str, topic: &str) -> Option<u8> {
        let (_, filter) = group.strip_prefix("$share/")?.split_once('/')?;
        let session = self.session.as_ref().filter(|session| !session.unloaded)?;
        let subscription = session.subscriptions.get(group)?;
        covers(filter, topic).then_some(subscription.qos)
    }

    /// Checks that nothing is late: anything not received must be waiting for acknowledgements.
    pub fn check(&self, world: &World) {
        let (Some(wire), Some(session)) = (&self.wire, &self.session) else { return };
        let name = &self.name;
        assert!(wire.answers.is_empty() && wire.releases.is_empty(), "{name} waits for {:?}", wire.answers);
        assert!(session.now.values().all(VecDeque::is_empty), "{name} was to get at once {:?}", session.now);
        let sent = session.flying.iter().filter(|flying| flying.seen || flying.done).count();
        if let Some(first) = session.flying.iter().position(|flying| !flying.seen && !flying.done) {
            assert!(first >= wire.window, "{name} was to get {:?} again", session.flying[first]);
            return;
        }
        if sent >= wire.window {
            return;
        }
        assert!(session.waiting.values().all(VecDeque::is_empty), "{name} waits for {:?}", session.waiting);
        for (log, place) in &session.logs {
            assert!(
                place.got >= world.head(log),
                "{name} is behind in {log}: {place:?} of {}",
                world.head(log)
            );
        }
        let owed = session.retained.iter().find(|retained| retained.required);
        assert!(owed.is_none(), "{name} waits for {owed:?}");
    }

    pub fn check_complete(&self, world: &World) {
        self.check(world);
        assert!(!self.owes_acknowledgements());
    }

    pub fn owes_acknowledgements(&self) -> bool {
        self.wire.is_some() && self.session.as_ref().is_some_and(|session| !session.flying.is_empty())
    }

    pub fn must_come_back(&self) -> bool {
        self.wire.is_none() && !self.uncertain && self.session.is_some()
    }

    /// Adjusts to a new broker, which knows only the stored state.
    pub fn begin_again(&mut self, crash: bool) {
        self.wire = None;
        self.uncertain |= crash && std::mem::take(&mut self.ghost);
        let Some(session) = self.session.take() else { return };
        if !session.lasting || (crash && !session.stored) {
            self.uncertain |= crash;
            return;
        }
        let mut kept = Session {
            lasting: true,
            lasted: true,
            unloaded: true,
            stored: true,
            subscriptions: session.subscriptions,
            logs: session.logs,
            ..Session::default()
        };
        kept.logs.values_mut().for_each(|place| {
            place.got = place.acknowledged;
            place.again |= crash;
        });
        if !crash {
            kept.unreleased = session.unreleased;
        }
        self.session = Some(kept);
    }
}
