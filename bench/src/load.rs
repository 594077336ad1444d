//! Runs a workload of senders and listeners against one server and checks every delivery.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use hdrhistogram::Histogram;
use serde::Serialize;

use crate::fleet::Fleet;
use crate::process;
use crate::server::Target;
use crate::wire::{self, Frame, Template, Version};

/// Numbers of rooms, listeners and senders, and the pace.
#[derive(Debug, Clone, Copy)]
pub struct Workload {
    /// Number of rooms.
    pub rooms: usize,
    /// Number of listening connections per room.
    pub readers: usize,
    /// The sending connections of each room.
    pub senders: Senders,
    /// QoS of publishes and subscriptions.
    pub qos: u8,
    /// The pace of each sender.
    pub pace: Pace,
}

/// Which connections send.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Senders {
    /// Every listener.
    Readers,
    /// This number of separate connections per room.
    Apart(usize),
}

/// The pace of each sender.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Pace {
    /// This number of messages per second, whatever happens.
    PerSecond(f64),
    /// At most this number of messages that have not reached all listeners (and, at QoS 1, are not acknowledged).
    Undelivered(u64),
    /// At most this number of unacknowledged messages.
    Unacknowledged(u64),
}

/// The figures of one run, by name.
pub type Figures = std::collections::BTreeMap<String, f64>;

/// Durations of a run.
#[derive(Debug, Clone, Copy)]
pub struct Timing {
    /// Time before the measurement starts.
    pub warm_up: Duration,
    /// Time of the measurement.
    pub measured: Duration,
}

/// The results of a run.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// Number of messages delivered to a listener during the measurement.
    pub deliveries: u64,
    /// Number of messages acknowledged during the measurement.
    pub acknowledged: u64,
    /// Duration of the measurement in seconds.
    pub seconds: f64,
    /// CPU seconds of the server during the measurement.
    pub server_cpu: f64,
    /// CPU seconds of this generator during the measurement.
    pub generator_cpu: f64,
    /// Median latency from send to receipt, in microseconds.
    pub p50: u64,
    /// 99th percentile of the latency, in microseconds.
    pub p99: u64,
    /// Maximum latency, in microseconds.
    pub max: u64,
    /// Resident bytes of the server before any connection.
    pub resident_before: u64,
    /// Resident bytes with all connections, before any message.
    pub resident_connected: u64,
    /// Resident bytes at the end.
    pub resident_after: u64,
    /// Peak resident bytes.
    pub resident_peak: u64,
    /// Number of deliveries that never arrived, over the whole run.
    pub missing: u64,
    /// Number of duplicate deliveries.
    pub repeated: u64,
    /// Number of deliveries that arrived after a later one of the same sender.
    pub disordered: u64,
    /// Number of connections.
    pub connections: usize,
}

impl Outcome {
    /// Returns the server's CPU microseconds per delivery.
    pub fn cpu_per_delivery(&self) -> f64 {
        self.server_cpu * 1e6 / self.deliveries.max(1) as f64
    }
    /// Server CPU microseconds per acknowledged publish; none at QoS 0.
    pub fn cpu_per_message(&self) -> Option<f64> {
        (self.acknowledged > 0).then(|| self.server_cpu * 1e6 / self.acknowledged as f64)
    }
    /// Deliveries a second.
    pub fn rate(&self) -> f64 {
        self.deliveries as f64 / self.seconds
    }
    /// Returns the acknowledged publishes per second.
    pub fn acknowledged_rate(&self) -> f64 {
        self.acknowledged as f64 / self.seconds
    }
}

struct Sender {
    connection: usize,
    template: Template,
    sent: u64,
    delivered: u64,
    acknowledged: u64,
    next: Duration,
}

/// What a listener has received from one sender: the last number, and how many numbers are still missing before it.
#[derive(Clone, Copy, Default)]
struct Heard {
    last: u32,
    skipped: u32,
}

struct Run {
    fleet: Fleet<Version>,
    workload: Workload,
    began: Instant,
    senders: Vec<Sender>,
    /// For each connection: the sender that uses it, and what it has received from each sender in its room.
    sender_of: Vec<Option<usize>>,
    heard: Vec<Vec<Heard>>,
    per_room: usize,
    ready: Vec<usize>,
    measuring: bool,
    latency: Histogram<u64>,
    deliveries: u64,
    acknowledged: u64,
    all_deliveries: u64,
    repeated: u64,
    disordered: u64,
}

/// Runs a workload.
pub fn run(target: &Target, version: Version, workload: Workload, timing: Timing) -> Result<Outcome> {
    let resident_before = process::resident(target.pid)?;
    let mut run = Run::new(version, workload)?;
    run.connect(target)?;
    let resident_connected = process::resident(target.pid)?;
    run.talk(Some(timing.warm_up))?;

    let (cpu, own, start) = (process::cpu(target.pid)?, process::cpu(std::process::id())?, Instant::now());
    run.measuring = true;
    run.talk(Some(timing.measured))?;
    run.measuring = false;
    let seconds = start.elapsed().as_secs_f64();
    let server_cpu = (process::cpu(target.pid)? - cpu).as_secs_f64();
    let generator_cpu = (process::cpu(std::process::id())? - own).as_secs_f64();

    run.talk(None)?;
    let sent: u64 = run.senders.iter().map(|sender| sender.sent).sum();
    let expected = sent * workload.readers as u64;
    let micros = |quantile: f64| run.latency.value_at_quantile(quantile);
    Ok(Outcome {
        deliveries: run.deliveries,
        acknowledged: run.acknowledged,
        seconds,
        server_cpu,
        generator_cpu,
        p50: micros(0.5),
        p99: micros(0.99),
        max: run.latency.max(),
        resident_before,
        resident_connected,
        resident_after: process::resident(target.pid)?,
        resident_peak: process::resident_peak(target.pid)?,
        missing: expected.saturating_sub(run.all_deliveries),
        repeated: run.repeated,
        disordered: run.disordered,
        connections: run.fleet.len(),
    })
}

impl Run {
    fn new(version: Version, workload: Workload) -> Result<Self> {
        Ok(Self {
            fleet: Fleet::new(version)?,
            workload,
            began: Instant::now(),
            senders: Vec::new(),
            sender_of: Vec::new(),
            heard: Vec::new(),
            per_room: match workload.senders {
                Senders::Readers => workload.readers,
                Senders::Apart(count) => count,
            },
            ready: Vec::new(),
            measuring: false,
            latency: Histogram::new_with_bounds(1, 120_000_000, 3)?,
            deliveries: 0,
            acknowledged: 0,
            all_deliveries: 0,
            repeated: 0,
            disordered: 0,
        })
    }

    /// Opens all connections and subscribes the listeners.
    fn connect(&mut self, target: &Target) -> Result<()> {
        let version = target.version;
        for room in 0..self.workload.rooms {
            let topic = target.room(room);
            for reader in 0..self.workload.readers {
                let speaks = self.workload.senders == Senders::Readers;
                self.open(target, target.mqtt, &topic, speaks.then_some(room * self.per_room + reader))?;
                let heard = vec![Heard::default(); self.per_room];
                self.heard.push(heard);
            }
            if let Senders::Apart(count) = self.workload.senders {
                for sender in 0..count {
                    self.open(target, target.mqtt, &topic, Some(room * self.per_room + sender))?;
                    self.heard.push(Vec::new());
                }
            }
        }
        let subscribe: Vec<_> = (0..self.workload.rooms)
            .map(|room| wire::subscribe(version, &target.room(room), self.workload.qos))
            .collect::<Result<_>>()?;
        let connections_per_room = self.fleet.len() / self.workload.rooms;
        let listeners: Vec<_> = (0..self.fleet.len()).filter(|id| !self.heard[*id].is_empty()).collect();
        for chunk in listeners.chunks(200) {
            for id in chunk {
                self.fleet.out(*id).extend_from_slice(&subscribe[id / connections_per_room]);
                self.fleet.flush(*id)?;
            }
            let mut subscribed = 0;
            self.until("subscribing", |fleet| {
                fleet.turn(Duration::from_millis(100), |_, frame| {
                    if let Frame::SubAck(code) = frame {
                        ensure!(code < 0x80, "subscription refused with {code:#x}");
                        subscribed += 1;
                    }
                    Ok(())
                })?;
                Ok(subscribed == chunk.len())
            })?;
        }
        Ok(())
    }

    /// Opens one connection and waits for its CONNACK, because the server's accept queue is finite.
    fn open(
        &mut self,
        target: &Target,
        address: SocketAddr,
        topic: &str,
        sender: Option<usize>,
    ) -> Result<()> {
        let connect = target.connect_packet(self.fleet.len())?;
        let id = self.fleet.open(address, &connect)?;
        self.sender_of.push(sender);
        if let Some(number) = sender {
            self.senders.push(Sender {
                connection: id,
                template: Template::new(target.version, topic, self.workload.qos, number as u32)?,
                sent: 0,
                delivered: 0,
                acknowledged: 0,
                next: Duration::ZERO,
            });
        }
        let mut connected = false;
        self.until("connecting", |fleet| {
            fleet.turn(Duration::from_millis(100), |_, frame| {
                if let Frame::ConnAck(code) = frame {
                    ensure!(code == 0, "connection refused with {code:#x}");
                    connected = true;
                }
                Ok(())
            })?;
            Ok(connected)
        })
    }

    fn until(&mut self, what: &str, mut done: impl FnMut(&mut Fleet<Version>) -> Result<bool>) -> Result<()> {
        let start = Instant::now();
        while !done(&mut self.fleet)? {
            ensure!(start.elapsed() < Duration::from_secs(20), "{what} takes longer than 20 s");
        }
        Ok(())
    }

    /// Sends for this time; None: only listens until everything has arrived, or nothing has for five seconds.
    fn talk(&mut self, time: Option<Duration>) -> Result<()> {
        let start = Instant::now();
        let mut last_delivery = (self.all_deliveries, Instant::now());
        if time.is_some() {
            let now = self.began.elapsed();
            for index in 0..self.senders.len() {
                self.senders[index].next = self.senders[index].next.max(now);
                self.ready.push(index);
            }
        }
        loop {
            match time {
                Some(time) if start.elapsed() >= time => return Ok(()),
                Some(_) => self.send_what_is_due()?,
                None => {
                    if last_delivery.0 != self.all_deliveries {
                        last_delivery = (self.all_deliveries, Instant::now());
                    }
                    if self.all_in() || last_delivery.1.elapsed() > Duration::from_secs(5) {
                        return Ok(());
                    }
                }
            }
            self.listen()?;
        }
    }

    fn all_in(&self) -> bool {
        self.senders.iter().all(|sender| {
            sender.delivered >= sender.sent * self.workload.readers as u64
                && (self.workload.qos == 0 || sender.acknowledged >= sender.sent)
        })
    }

    fn send_what_is_due(&mut self) -> Result<()> {
        if let Pace::PerSecond(rate) = self.workload.pace {
            let now = self.began.elapsed();
            for index in 0..self.senders.len() {
                while self.senders[index].next <= now {
                    // The stamp is the time when the message was due, so that a late generator does not hide latency.
                    let due = self.senders[index].next;
                    self.senders[index].next = due + Duration::from_secs_f64(1.0 / rate);
                    self.send(index, due)?;
                }
            }
            return Ok(());
        }
        for index in std::mem::take(&mut self.ready) {
            while self.may_send(index) {
                self.send(index, self.began.elapsed())?;
            }
            self.fleet.flush(self.senders[index].connection)?;
        }
        Ok(())
    }

    fn may_send(&self, index: usize) -> bool {
        let sender = &self.senders[index];
        let unacknowledged = if self.workload.qos == 0 { 0 } else { sender.sent - sender.acknowledged };
        match self.workload.pace {
            Pace::PerSecond(_) => false,
            Pace::Unacknowledged(most) => unacknowledged < most,
            Pace::Undelivered(most) => {
                let readers = self.workload.readers as u64;
                unacknowledged < most && sender.sent * readers < sender.delivered + most * readers
            }
        }
    }

    fn send(&mut self, index: usize, stamp: Duration) -> Result<()> {
        let sender = &mut self.senders[index];
        sender.sent += 1;
        let packet_id = (sender.sent % 65_535 + 1) as u16;
        let nanos = stamp.as_nanos() as u64;
        sender.template.write(packet_id, sender.sent as u32, nanos, self.fleet.out(sender.connection));
        if matches!(self.workload.pace, Pace::PerSecond(_)) {
            self.fleet.flush(sender.connection)?;
        }
        Ok(())
    }

    /// Returns the time until the next message is due, between 50 µs and 20 ms.
    fn patience(&self) -> Duration {
        let most = Duration::from_millis(20);
        if !matches!(self.workload.pace, Pace::PerSecond(_)) {
            return most;
        }
        let now = self.began.elapsed();
        let next = self.senders.iter().map(|sender| sender.next).min().unwrap_or(now + most);
        next.saturating_sub(now).clamp(Duration::from_micros(50), most)
    }

    fn listen(&mut self) -> Result<()> {
        let wait = self.patience();
        let Self { fleet, senders, sender_of, heard, ready, latency, .. } = self;
        let (began, per_room, readers) = (self.began, self.per_room, self.workload.readers as u64);
        let (measuring, mut deliveries, mut acknowledged) = (self.measuring, 0, 0);
        let (mut repeated, mut disordered) = (0, 0);
        fleet.turn(wait, |reply, frame| {
            match frame {
                Frame::Publish(packet_id, payload) => {
                    if let Some(packet_id) = packet_id {
                        let [high, low] = packet_id.to_be_bytes();
                        reply.out().extend_from_slice(&[0x40, 2, high, low]);
                    }
                    let Some(stamp) = wire::stamp(payload) else { return Ok(()) };
                    let heard = &mut heard[reply.id][stamp.sender as usize % per_room];
                    match hear(heard, stamp.number) {
                        Hearing::New => {}
                        Hearing::Late => disordered += 1,
                        Hearing::Again => {
                            repeated += 1;
                            return Ok(());
                        }
                    }
                    deliveries += 1;
                    let index = stamp.sender as usize;
                    senders[index].delivered += 1;
                    if senders[index].delivered % readers == 0 {
                        ready.push(index);
                    }
                    if measuring {
                        let now = reply.now().duration_since(began).as_nanos() as u64;
                        latency.saturating_record(now.saturating_sub(stamp.nanos) / 1000);
                    }
                }
                Frame::PubAck(_, code) => {
                    ensure!(code < 0x80, "a publish was refused with {code:#x}");
                    acknowledged += 1;
                    if let Some(index) = sender_of[reply.id] {
                        senders[index].acknowledged += 1;
                        ready.push(index);
                    }
                }
                Frame::Disconnect(code) => anyhow::bail!("the server hung up with {code:#x}"),
                _ => {}
            }
            Ok(())
        })?;
        self.all_deliveries += deliveries;
        self.repeated += repeated;
        self.disordered += disordered;
        if measuring {
            self.deliveries += deliveries;
            self.acknowledged += acknowledged;
        }
        Ok(())
    }
}

enum Hearing {
    New,
    Late,
    Again,
}

/// Records a number. A number not above the last one is late if any are missing, otherwise a duplicate.
fn hear(heard: &mut Heard, number: u32) -> Hearing {
    if number > heard.last {
        heard.skipped += number - heard.last - 1;
        heard.last = number;
        Hearing::New
    } else if heard.skipped > 0 {
        heard.skipped -= 1;
        Hearing::Late
    } else {
        Hearing::Again
    }
}
