//! What a message costs that goes into one of many rooms, beside one of many that go into the same room; and how long
//! the list of that many rooms takes.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use crate::fleet::Fleet;
use crate::load::{Figures, Timing};
use crate::server::Target;
use crate::web::Client;
use crate::wire::{Frame, Template, Version};

/// Publishing connections.
const PUBLISHERS: usize = 8;
/// Messages that each has on their way while the rate is measured.
const IN_FLIGHT: u64 = 16;
/// The same while the rooms are filled.
const IN_FLIGHT_FILLING: u64 = 128;
/// How often the list of rooms is requested.
const LISTS: usize = 51;

/// Fills the rooms with so many messages in all; then alternates between one room and all, twice; then requests the
/// list of rooms.
pub fn run(target: &Target, rooms: usize, stored: u64, timing: Timing) -> Result<Figures> {
    let http = target.http.context("this server has no HTTP")?;
    let mut publishers = Publishers::connect(target, rooms)?;
    publishers.publish(rooms, IN_FLIGHT_FILLING, |accepted, _| accepted >= stored)?;
    let stretch = timing.measured / 2;
    let mut rates = [0.0; 2];
    for _ in 0..2 {
        for (into, rate) in [1, rooms].into_iter().zip(&mut rates) {
            *rate += publishers.publish(into, IN_FLIGHT, |_, since| since >= stretch)? / 2.0;
        }
    }
    let [one, all] = rates;
    let list = list(http, &target.accounts[0].1, rooms)?;
    Ok([
        ("one_room_per_s", one),
        ("all_rooms_per_s", all),
        ("all_to_one_room", all / one),
        ("room_list_ms", list),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into())
}

/// Milliseconds that `GET /rooms` takes: the median.
fn list(http: SocketAddr, token: &str, rooms: usize) -> Result<f64> {
    let mut client = Client::new(http, token)?;
    let answer: serde_json::Value = serde_json::from_slice(client.ask("GET", "/rooms", "")?)?;
    let listed = answer["rooms"].as_array().map_or(0, Vec::len);
    // `general` is another one.
    ensure!(listed == rooms + 1, "{listed} rooms are listed instead of {}", rooms + 1);
    let mut took = Vec::new();
    for _ in 0..LISTS {
        let start = Instant::now();
        client.ask("GET", "/rooms", "")?;
        took.push(start.elapsed());
    }
    took.sort();
    Ok(took[LISTS / 2].as_secs_f64() * 1000.0)
}

struct Publisher {
    /// One for each room.
    templates: Vec<Template>,
    sent: u64,
    acknowledged: u64,
}

struct Publishers {
    fleet: Fleet<Version>,
    all: Vec<Publisher>,
    began: Instant,
    random: u64,
}

impl Publishers {
    fn connect(target: &Target, rooms: usize) -> Result<Self> {
        let mut fleet = Fleet::new(target.version)?;
        let mut all = Vec::new();
        for number in 0..PUBLISHERS {
            fleet.open(target.mqtt, &target.connect_packet(number)?)?;
            let template = |room| Template::new(target.version, &target.room(room), 1, number as u32);
            let templates = (0..rooms).map(template).collect::<Result<_>>()?;
            all.push(Publisher { templates, sent: 0, acknowledged: 0 });
        }
        let (mut connected, start) = (0, Instant::now());
        while connected < PUBLISHERS {
            ensure!(start.elapsed() < Duration::from_secs(20), "connecting takes longer than 20 s");
            fleet.turn(Duration::from_millis(100), |_, frame| {
                if let Frame::ConnAck(code) = frame {
                    ensure!(code == 0, "connection refused with {code:#x}");
                    connected += 1;
                }
                Ok(())
            })?;
        }
        Ok(Self { fleet, all, began: Instant::now(), random: 7 })
    }

    /// Publishes to the first `rooms` rooms at random until `over`, which is given how many messages were accepted and
    /// how long it took; returns accepted messages per second.
    fn publish(&mut self, rooms: usize, in_flight: u64, over: impl Fn(u64, Duration) -> bool) -> Result<f64> {
        let (before, start) = (self.acknowledged(), Instant::now());
        let rate = loop {
            let (accepted, since) = (self.acknowledged() - before, start.elapsed());
            if over(accepted, since) {
                break accepted as f64 / since.as_secs_f64();
            }
            for number in 0..self.all.len() {
                self.fill_window(number, rooms, in_flight)?;
            }
            self.turn()?;
        };
        let stopped = Instant::now();
        while self.all.iter().any(|publisher| publisher.acknowledged < publisher.sent) {
            ensure!(stopped.elapsed() < Duration::from_secs(20), "messages are not acknowledged");
            self.turn()?;
        }
        Ok(rate)
    }

    fn fill_window(&mut self, number: usize, rooms: usize, in_flight: u64) -> Result<()> {
        let publisher = &mut self.all[number];
        while publisher.sent - publisher.acknowledged < in_flight {
            self.random =
                self.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let room = (self.random >> 33) as usize % rooms;
            publisher.sent += 1;
            let packet_id = (publisher.sent % 65_535 + 1) as u16;
            let nanos = self.began.elapsed().as_nanos() as u64;
            let out = self.fleet.out(number);
            publisher.templates[room].write(packet_id, publisher.sent as u32, nanos, out);
        }
        self.fleet.flush(number)
    }

    fn turn(&mut self) -> Result<()> {
        let Self { fleet, all, .. } = self;
        fleet.turn(Duration::from_millis(20), |reply, frame| {
            match frame {
                Frame::PubAck(_, code) => {
                    ensure!(code < 0x80, "a publish was refused with {code:#x}");
                    all[reply.id].acknowledged += 1;
                }
                Frame::Disconnect(code) => anyhow::bail!("the server disconnected with {code:#x}"),
                _ => {}
            }
            Ok(())
        })
    }

    fn acknowledged(&self) -> u64 {
        self.all.iter().map(|publisher| publisher.acknowledged).sum()
    }
}
