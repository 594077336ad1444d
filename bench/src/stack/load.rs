//! `POST /message` on many connections at once, each with one request in flight, while one listener per room
//! receives what is published.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use hdrhistogram::Histogram;

use super::http::{Http, Request};
use super::stacks::Stack;
use crate::fleet::Fleet;
use crate::load::Timing;
use crate::wire::{self, Frame, Version};

/// Number of connections and rate.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Workload {
    /// Number of connections, each with at most one request in flight.
    pub connections: usize,
    /// Messages per second over all connections; None: as fast as they are answered.
    pub per_second: Option<f64>,
}

/// The results of a run.
#[derive(Debug, Clone, Copy)]
pub struct Outcome {
    /// Number of messages accepted during the measurement.
    pub accepted: u64,
    /// Duration of the measurement in seconds.
    pub seconds: f64,
    /// CPU time of the servers, the broker, the database and the generator.
    pub cpu: [Duration; 4],
    /// Median latency from request to response, in microseconds.
    pub p50: u64,
    /// 99th percentile of the latency, in microseconds.
    pub p99: u64,
    /// Number of messages accepted over the whole run but never published.
    pub unpublished: u64,
}

struct Sender {
    request: Request,
    sent: u32,
    /// Whether no request of it is in flight.
    free: bool,
}

struct Run<'a> {
    stack: &'a Stack<'a>,
    workload: Workload,
    id: u64,
    began: Instant,
    fleet: Fleet<Http>,
    senders: Vec<Sender>,
    listeners: Fleet<Version>,
    /// How many times each message was published, by sender and number.
    published: HashMap<(u32, u32), u32>,
    next: Duration,
    /// The sender whose turn is next.
    first: usize,
    accepted: u64,
    latency: Histogram<u64>,
}

/// Runs a workload against a stack.
pub fn run(stack: &Stack<'_>, workload: Workload, timing: Timing, id: u64) -> Result<Outcome> {
    let mut run = Run::new(stack, workload, id)?;
    run.talk(timing.warm_up)?;
    run.latency.reset();
    let (cpu, accepted, start) = (stack.cpu()?, run.accepted, Instant::now());
    run.talk(timing.measured)?;
    let (seconds, after) = (start.elapsed().as_secs_f64(), stack.cpu()?);
    let measured = run.accepted - accepted;
    let latency = [0.5, 0.99].map(|quantile| run.latency.value_at_quantile(quantile));
    run.drain()?;
    let repeated = run.published.values().filter(|times| **times > 1).count();
    ensure!(repeated == 0, "{repeated} messages were published more than once");
    Ok(Outcome {
        accepted: measured,
        seconds,
        cpu: std::array::from_fn(|part| after[part].saturating_sub(cpu[part])),
        p50: latency[0],
        p99: latency[1],
        unpublished: run.accepted.saturating_sub(run.published.len() as u64),
    })
}

impl<'a> Run<'a> {
    fn new(stack: &'a Stack<'a>, workload: Workload, id: u64) -> Result<Self> {
        let mut fleet = Fleet::new(Http)?;
        let mut senders = Vec::new();
        for number in 0..workload.connections {
            fleet.open(stack.http(number), b"")?;
            let request = Request::new(&stack.room(number), number as u32, stack.token(number))?;
            senders.push(Sender { request, sent: 0, free: true });
        }
        let mut run = Self {
            stack,
            workload,
            id,
            began: Instant::now(),
            fleet,
            senders,
            listeners: Fleet::new(Version::V3)?,
            published: HashMap::new(),
            next: Duration::ZERO,
            first: 0,
            accepted: 0,
            latency: Histogram::new_with_bounds(1, 120_000_000, 3)?,
        };
        run.listen()?;
        Ok(run)
    }

    /// Subscribes one listener per room.
    fn listen(&mut self) -> Result<()> {
        let address: SocketAddr = self.stack.mqtt();
        for room in 0..self.stack.rooms() {
            let listener = self.listeners.open(address, &self.stack.connect_packet(room)?)?;
            let mut subscribed = false;
            let start = Instant::now();
            let subscribe = wire::subscribe(Version::V3, &self.stack.room(room), 1)?;
            while !subscribed {
                ensure!(start.elapsed() < Duration::from_secs(20), "listener {room} cannot subscribe");
                self.listeners.turn(Duration::from_millis(100), |reply, frame| {
                    match frame {
                        Frame::ConnAck(code) => {
                            ensure!(code == 0, "listener {room} was refused: {code:#x}");
                            reply.out().extend_from_slice(&subscribe);
                        }
                        Frame::SubAck(code) => {
                            ensure!(code < 0x80, "listener {room} may not subscribe: {code:#x}");
                            subscribed = reply.id == listener;
                        }
                        _ => {}
                    }
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    fn talk(&mut self, time: Duration) -> Result<()> {
        let start = Instant::now();
        self.next = self.began.elapsed();
        while start.elapsed() < time {
            self.send_what_is_due()?;
            self.turn()?;
        }
        Ok(())
    }

    fn send_what_is_due(&mut self) -> Result<()> {
        let now = self.began.elapsed();
        let (first, all) = (self.first, self.senders.len());
        // In rotation, so that no connection is idle for so long that the server closes it.
        for number in (first..all).chain(0..first) {
            if !self.senders[number].free {
                continue;
            }
            let mut due = now;
            if let Some(rate) = self.workload.per_second {
                if self.next > now {
                    return Ok(());
                }
                // The stamp is the time when the message was due, so that a late generator does not hide latency.
                due = self.next;
                self.next += Duration::from_secs_f64(1.0 / rate);
            }
            self.first = (number + 1) % all;
            let sender = &mut self.senders[number];
            (sender.free, sender.sent) = (false, sender.sent + 1);
            let out = self.fleet.out(number);
            sender.request.write(self.id, number as u32, sender.sent, due.as_nanos() as u64, out);
            self.fleet.flush(number)?;
        }
        Ok(())
    }

    /// Handles responses and published messages.
    fn turn(&mut self) -> Result<()> {
        let now = self.began.elapsed();
        let pause = Duration::from_millis(5);
        let wait = self.workload.per_second.map_or(pause, |_| self.next.saturating_sub(now).min(pause));
        let Self { fleet, senders, latency, accepted, began, .. } = self;
        fleet.turn(wait, |reply, answer| {
            let body = || String::from_utf8_lossy(answer.body).into_owned();
            ensure!(answer.status == 201, "POST /message: {} {}", answer.status, body());
            let stamp = wire::stamp(answer.body);
            let ours = stamp.filter(|stamp| stamp.sender as usize == reply.id);
            let now = reply.now().duration_since(*began);
            let sender = &mut senders[reply.id];
            let took = ours.filter(|stamp| stamp.number == sender.sent);
            let took = took.map(|stamp| (now.as_nanos() as u64).saturating_sub(stamp.nanos) / 1000);
            ensure!(took.is_some(), "the answer to another request: {}", body());
            latency.saturating_record(took.unwrap_or_default());
            sender.free = true;
            *accepted += 1;
            Ok(())
        })?;
        self.hear(Duration::ZERO)
    }

    fn hear(&mut self, wait: Duration) -> Result<()> {
        let published = &mut self.published;
        self.listeners.turn(wait, |reply, frame| {
            if let Frame::Publish(packet_id, payload) = frame {
                if let Some(packet_id) = packet_id {
                    let [high, low] = packet_id.to_be_bytes();
                    reply.out().extend_from_slice(&[0x40, 2, high, low]);
                }
                if let Some(stamp) = wire::stamp(payload) {
                    *published.entry((stamp.sender, stamp.number)).or_default() += 1;
                }
            }
            Ok(())
        })
    }

    /// Waits for the last responses and published messages; gives up five seconds after the last one arrived.
    fn drain(&mut self) -> Result<()> {
        let mut last = (0, Instant::now());
        while last.1.elapsed() < Duration::from_secs(5) {
            let answered = self.senders.iter().all(|sender| sender.free);
            let known = self.published.len();
            if answered && known as u64 >= self.accepted {
                break;
            }
            if known != last.0 || !answered {
                last = (known, Instant::now());
            }
            self.turn()?;
            self.hear(Duration::from_millis(5))?;
        }
        Ok(())
    }
}
