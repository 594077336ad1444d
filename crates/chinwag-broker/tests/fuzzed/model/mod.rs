//! Well-behaved clients, and a model of what each must receive: live messages and log entries, in order, with the right
//! QoS and flags; retained messages; retransmissions after a reconnect; across takeovers, crashes and restarts. After
//! each step the test waits until everything has settled, so it also detects late deliveries.

mod person;
mod session;
mod wire;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use arbitrary::{Arbitrary, Unstructured};
use chinwag_broker::{Broker, Config, Limits};
use tokio::time::sleep;

use crate::world::{Inner, World, covers};
use person::Person;
use session::{Due, Retained, Subscription};

use crate::packet::Publish;

const TOPICS: [&str; 6] = ["a", "a/b", "b", "$x/b", "log/a", "log/b"];
const LOGS: [&str; 2] = ["log/a", "log/b"];
const FILTERS: [&str; 13] = [
    "a",
    "a/b",
    "b",
    "#",
    "+",
    "a/#",
    "+/b",
    "$x/#",
    "log/a",
    "log/+",
    "log/#",
    "$share/h/a",
    "$share/g/a/+",
];
/// The broker's limit on messages in flight to one client.
const INFLIGHT: usize = 6;
/// The number of a message with an empty payload, which clears a retained message.
const EMPTY: u32 = 0;

/// One step of a test.
#[derive(Debug, Clone)]
pub enum Op {
    Connect {
        who: u8,
        v3: bool,
        clean: bool,
        lasting: bool,
        window: u8,
        aliases: u8,
        will: Option<Will>,
    },
    Leave {
        who: u8,
    },
    Drop {
        who: u8,
    },
    Subscribe {
        who: u8,
        filter: u8,
        qos: u8,
        no_local: bool,
        as_published: bool,
        handling: u8,
        identifier: u8,
    },
    Unsubscribe {
        who: u8,
        filter: u8,
    },
    Publish {
        who: u8,
        topic: u8,
        qos: u8,
        retain: bool,
        clear: bool,
        alias: u8,
    },
    /// Sends a QoS 2 publish again, with DUP.
    Repeat {
        who: u8,
        which: u8,
    },
    Release {
        who: u8,
        which: u8,
    },
    Acknowledge {
        who: u8,
        which: u8,
        refuse: bool,
    },
    Append {
        log: u8,
        count: u8,
    },
    Crash,
    Restart,
}

#[derive(Arbitrary, Debug, Clone)]
pub struct Will {
    pub topic: u8,
    pub qos: u8,
    pub retain: bool,
}

impl Op {
    /// Chooses the operation, with frequencies that produce interesting sequences.
    fn from_input(input: &mut Unstructured<'_>) -> arbitrary::Result<Self> {
        let kind: u8 = input.arbitrary()?;
        let who = input.arbitrary()?;
        let mut any = || input.arbitrary::<u8>();
        Ok(match kind % 100 {
            0..10 => Self::Connect {
                who,
                v3: any()? % 3 == 0,
                clean: any()? % 5 == 0,
                lasting: any()? % 4 != 0,
                window: any()?,
                aliases: any()?,
                will: input.arbitrary()?,
            },
            10..12 => Self::Leave { who },
            12..18 => Self::Drop { who },
            18..36 => Self::Subscribe {
                who,
                filter: any()?,
                qos: any()?,
                no_local: any()? % 4 == 0,
                as_published: any()? % 3 == 0,
                handling: any()?,
                identifier: any()?,
            },
            36..40 => Self::Unsubscribe { who, filter: any()? },
            40..60 => Self::Publish {
                who,
                topic: any()?,
                qos: any()?,
                retain: any()? % 3 == 0,
                clear: any()? % 4 == 0,
                alias: any()?,
            },
            60..63 => Self::Repeat { who, which: any()? },
            63..68 => Self::Release { who, which: any()? },
            68..88 => Self::Acknowledge { who, which: any()?, refuse: any()? % 6 == 0 },
            88..98 => Self::Append { log: who, count: any()? },
            98 => Self::Crash,
            _ => Self::Restart,
        })
    }
}

/// A published message. Its number is its payload.
#[derive(Debug, Clone, Copy)]
pub struct Said {
    pub number: u32,
    pub topic: &'static str,
    pub qos: u8,
    pub retain: bool,
}

/// A message for one member of a shared subscription.
struct Shared {
    said: Said,
    /// The members, with the QoS of their subscriptions.
    members: Vec<(usize, u8)>,
    /// The member that received it, as far as is known: messages that look the same may turn out to have been swapped.
    taken: Option<(usize, Publish)>,
}

impl Shared {
    fn fits(&self, who: usize, message: &Publish) -> bool {
        // Clearing messages all look the same, whatever their QoS.
        let qos_fits = |qos: u8| self.said.number == EMPTY || message.qos == self.said.qos.min(qos);
        let mine = self.members.iter().any(|(member, qos)| *member == who && qos_fits(*qos));
        mine && message.is(&Due::plain(self.said))
    }

    /// Assigns a received message to a shared message it fits; reassigns other members' messages if necessary
    /// (bipartite matching).
    fn give(all: &mut [Self], who: usize, message: Publish, tried: &mut [bool]) -> bool {
        for index in 0..all.len() {
            if tried[index] || !all[index].fits(who, &message) {
                continue;
            }
            tried[index] = true;
            if let Some((other, others)) = all[index].taken.clone()
                && !Self::give(all, other, others, tried)
            {
                continue;
            }
            all[index].taken = Some((who, message));
            return true;
        }
        false
    }
}

pub struct Model {
    world: Arc<World>,
    broker: Broker<World>,
    people: Vec<Person>,
    retained: BTreeMap<&'static str, Said>,
    shared: Vec<Shared>,
    said: u32,
}

/// Decodes an input into steps.
pub fn steps(input: &[u8]) -> Vec<Op> {
    let mut input = Unstructured::new(input);
    let mut ops = Vec::new();
    while !input.is_empty() && ops.len() < 300 {
        ops.extend(Op::from_input(&mut input));
    }
    ops
}

pub fn run(ops: &[Op]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
    runtime.unwrap().block_on(async {
        let mut model = Model::start();
        for op in ops {
            model.step(op.clone()).await;
        }
        model.finish().await;
    });
}

fn config() -> Config {
    Config {
        limits: Limits {
            inflight: INFLIGHT as u16,
            topic_aliases: 3,
            recent_bytes: 4_000,
            queued_messages: 100_000,
            queued_bytes: 1 << 30,
            ..Limits::default().rates_off()
        },
        retain_from_clients: true,
        save_interval: Duration::from_millis(20),
        ..Config::default()
    }
}

impl Model {
    fn start() -> Self {
        let mut inner = Inner::default();
        inner.logs.extend(LOGS.map(|log| (Arc::from(log), Vec::new())));
        let (world, broker) = World::start(inner, config());
        let people = (0..3).map(Person::new).collect();
        Self { world, broker, people, retained: BTreeMap::new(), shared: Vec::new(), said: EMPTY }
    }

    async fn step(&mut self, op: Op) {
        match op {
            Op::Connect { .. } => self.connect(op).await,
            Op::Leave { who } | Op::Drop { who } => {
                let said_goodbye = matches!(op, Op::Leave { .. });
                let will = self.people[usize::from(who) % 3].go(said_goodbye).await;
                sleep(Duration::from_millis(1)).await;
                if let Some(will) = will {
                    self.publish_will(usize::from(who) % 3, &will);
                }
                self.people[usize::from(who) % 3].gone();
            }
            Op::Subscribe { .. } => self.subscribe(op).await,
            Op::Unsubscribe { who, filter } => {
                let filter = FILTERS[usize::from(filter) % FILTERS.len()];
                self.people[usize::from(who) % 3].unsubscribe(filter).await;
            }
            Op::Publish { .. } => self.publish(op).await,
            Op::Repeat { who, which } => self.people[usize::from(who) % 3].repeat(which).await,
            Op::Release { who, which } => self.people[usize::from(who) % 3].release(which).await,
            Op::Acknowledge { who, which, refuse } => {
                self.people[usize::from(who) % 3].acknowledge(which, refuse).await;
            }
            Op::Append { log, count } => {
                let (log, count) = (LOGS[usize::from(log) % 2], u64::from(count) % 30 + 1);
                let head = self.world.head(log);
                self.world.append(log, (head + 1..=head + count).map(|offset| offset.to_string()));
                (head + 1..=head + count).for_each(|offset| self.entry(log, offset));
            }
            Op::Crash => self.begin_again(true).await,
            Op::Restart => self.begin_again(false).await,
        }
        self.settle().await;
    }

    async fn connect(&mut self, op: Op) {
        let Op::Connect { who, v3, clean, lasting, window, aliases, will } = op else { return };
        let who = usize::from(who) % 3;
        let (old, new) =
            self.people[who].connect(&self.broker, v3, clean, lasting, window, aliases, will).await;
        if let Some(will) = old {
            // The old connection ended without DISCONNECT.
            self.publish_will_for(who, &will, new);
        }
    }

    /// Connects the client if it isn't connected.
    async fn be_there(&mut self, who: usize) {
        if self.people[who].version().is_none() {
            self.people[who].connect(&self.broker, false, false, true, 0, 0, None).await;
            self.settle().await;
        }
    }

    async fn subscribe(&mut self, op: Op) {
        let Op::Subscribe { who, filter, qos, no_local, as_published, handling, identifier } = op else {
            return;
        };
        let filter = FILTERS[usize::from(filter) % FILTERS.len()];
        self.be_there(usize::from(who) % 3).await;
        let person = &mut self.people[usize::from(who) % 3];
        let Some(v5) = person.version() else { return };
        let subscription = Subscription {
            qos: qos % 3,
            no_local: v5 && no_local && !filter.starts_with("$share"),
            as_published: v5 && as_published,
            handling: if v5 { handling % 3 } else { 0 },
            identifier: if v5 { u32::from(identifier % 4) } else { 0 },
        };
        let heads = LOGS.map(|log| (log, self.world.head(log)));
        let new = person.subscribe(filter, subscription, heads).await;
        if filter.starts_with("$share") || subscription.handling == 2 || subscription.handling == 1 && !new {
            return;
        }
        for said in self.retained.values().filter(|said| covers(filter, said.topic)) {
            person.owe_retained(Retained::new(*said, subscription));
        }
    }

    async fn publish(&mut self, op: Op) {
        let Op::Publish { who, topic, qos, retain, clear, alias } = op else { return };
        let who = usize::from(who) % 3;
        self.be_there(who).await;
        let topic = TOPICS[usize::from(topic) % TOPICS.len()];
        let log = LOGS.contains(&topic);
        let clear = clear && retain && !log;
        let number = if log { self.world.head(topic) as u32 + 1 } else { self.next_number(clear) };
        let said = Said { number, topic, qos: qos % 3, retain };
        if !self.people[who].say(said, alias).await {
            return;
        }
        if log {
            self.entry(topic, u64::from(number));
        } else {
            self.route(said, Some(who));
        }
    }

    fn next_number(&mut self, clear: bool) -> u32 {
        self.said += 1;
        if clear { EMPTY } else { self.said }
    }

    fn publish_will(&mut self, who: usize, will: &(Will, u32)) {
        self.publish_will_for(who, will, false);
    }

    /// `new`: the client now has a different session from the one the will belonged to.
    fn publish_will_for(&mut self, who: usize, (will, number): &(Will, u32), new: bool) {
        let topic = TOPICS[usize::from(will.topic) % 4];
        let said = Said { number: *number, topic, qos: will.qos % 3, retain: will.retain };
        self.route(said, (!new).then_some(who));
    }

    /// Records who must receive a message.
    fn route(&mut self, said: Said, from: Option<usize>) {
        if said.retain {
            for person in &mut self.people {
                person.retained_changed(said);
            }
            if said.number == EMPTY {
                self.retained.remove(said.topic);
            } else {
                self.retained.insert(said.topic, said);
            }
        }
        for (who, person) in self.people.iter_mut().enumerate() {
            person.owe(said, from == Some(who));
        }
        for group in ["$share/h/a", "$share/g/a/+"] {
            let may =
                |(who, person): (usize, &Person)| person.shares(group, said.topic).map(|qos| (who, qos));
            let members: Vec<_> = self.people.iter().enumerate().filter_map(may).collect();
            if !members.is_empty() {
                self.shared.push(Shared { said, members, taken: None });
            }
        }
    }

    fn entry(&mut self, log: &'static str, offset: u64) {
        for person in &mut self.people {
            person.owe_entry(log, offset);
        }
    }

    /// Waits until everything has settled, and checks that every client has received what it must.
    async fn settle(&mut self) {
        sleep(Duration::from_millis(2)).await;
        for (who, person) in self.people.iter_mut().enumerate() {
            for stray in person.read().await {
                let mut tried = vec![false; self.shared.len()];
                let owed = Shared::give(&mut self.shared, who, stray.clone(), &mut tried);
                assert!(owed, "{who} got {stray:?}, which nobody owed");
            }
            person.check(&self.world);
        }
    }

    async fn begin_again(&mut self, crash: bool) {
        let mut inner = self.world.inner.lock().clone();
        if !crash {
            self.broker.shutdown(Duration::from_secs(1)).await;
            inner = self.world.inner.lock().clone();
        }
        self.world.part();
        for person in &mut self.people {
            person.begin_again(crash);
        }
        (self.world, self.broker) = World::start(inner, config());
        self.retained.clear();
        self.shared.clear();
    }

    /// Reconnects every client that has a session, acknowledges everything, and checks that everything was received.
    async fn finish(&mut self) {
        for who in 0..3 {
            if self.people[who].must_come_back() {
                self.be_there(who).await;
            }
        }
        while self.people.iter().any(Person::owes_acknowledgements) {
            for who in 0..3 {
                self.people[who].acknowledge(0, false).await;
            }
            self.settle().await;
        }
        for person in &mut self.people {
            person.check_complete(&self.world);
            person.go(true).await;
        }
        sleep(Duration::from_millis(5)).await;
        assert_eq!(self.broker.stats().connections, 0);
        assert_eq!(self.broker.stats().buffered_bytes, 0);
        self.broker.shutdown(Duration::from_secs(1)).await;
        self.world.part();
    }
}
