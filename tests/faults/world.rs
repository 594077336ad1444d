//! The installation under test and its users.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use chinwag_journeys::{Disk, Heard, Http, Person, Postgres, Proxy, Server, Version, Witness};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::Pace;
use crate::clients::{self, Listener, MqttSender, Order, Places};
use crate::fault::{Between, Fault, Role};
use crate::installation::Installation;
use crate::report::Felt;
use crate::shape::Shape;

const ROOMS: [&str; 2] = ["general", "team/backend"];
/// The first three send over MQTT, the other two over HTTP.
const SENDERS: [&str; 5] = ["ana", "bo", "cy", "dee", "eve"];
const LISTENERS: [&str; 2] = ["lu", "mo"];
/// Time limit after a fault until everything is acknowledged, and for listeners to receive it.
pub const RECOVERY: Duration = Duration::from_secs(60);

/// An installation, and everything that clients have seen of it.
pub struct World {
    shape: Shape,
    here: Installation,
    senders: Vec<Person>,
    listeners: Vec<Person>,
    witness: Witness,
    runs: usize,
}

impl World {
    /// Starts the installation and creates the accounts.
    pub async fn begin(shape: Shape) -> Result<Self> {
        let here = Installation::start(shape).await?;
        let server = here.servers.first().context("no server")?;
        let mut senders = Vec::new();
        for name in SENDERS {
            senders.push(server.person(name).await?);
        }
        let mut listeners = Vec::new();
        for name in LISTENERS {
            listeners.push(server.person(name).await?);
        }
        server.room(ROOMS[1], &[], &senders.iter().chain(&listeners).collect::<Vec<_>>()).await?;
        let witness = Witness::new(&SENDERS, &ROOMS);
        let mut world = Self { shape, here, senders, listeners, witness, runs: 0 };
        world.read_on().await?;
        Ok(world)
    }

    /// Returns the index of the server that has this role now.
    pub async fn find(&self, role: Role) -> Result<usize> {
        let servers = &self.here.servers;
        let began = Instant::now();
        while began.elapsed() < RECOVERY {
            for (number, server) in servers.iter().enumerate() {
                let announces = server.metrics().await?.contains("broker_announcing 1");
                if announces || servers.len() == 1 {
                    return Ok(if role == Role::First { number } else { (number + 1) % servers.len() });
                }
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::bail!("no server announces")
    }

    /// Returns a server.
    pub fn server(&mut self, number: usize) -> &mut Server {
        &mut self.here.servers[number]
    }

    /// Returns the disk that [`Fault::FullDisk`] fills.
    pub fn disk(&self) -> Option<&Disk> {
        self.here.disk.as_ref()
    }

    /// Returns the database server.
    pub fn database(&self) -> Result<&Postgres> {
        self.here.database.as_ref().context("no database server")
    }

    /// Returns the installation.
    pub fn here(&mut self) -> &mut Installation {
        &mut self.here
    }

    /// Returns the proxies for these connections; `first` is the index of the leader.
    pub fn proxies(&self, between: Between, first: usize) -> Vec<&Proxy> {
        let Installation { paths, before_http, before_mqtt, .. } = &self.here;
        match between {
            Between::Clients => before_http.iter().chain(before_mqtt).collect(),
            Between::Broker => vec![&paths[first].broker],
            Between::Database => vec![&paths[first].database],
            Between::All => paths.iter().flat_map(|path| [&path.broker, &path.database]).collect(),
        }
    }

    fn places(&self) -> Places {
        let addresses = |proxies: &[Proxy]| proxies.iter().map(|proxy| proxy.address).collect();
        Places {
            http: addresses(&self.here.before_http),
            mqtt: addresses(&self.here.before_mqtt),
            stored_on_ack: self.shape.has_its_own_broker(),
            keeps_subscriptions: self.shape.keeps_subscriptions(),
        }
    }

    /// Runs the load while a fault is injected and repaired, then checks everything.
    pub async fn under(&mut self, fault: Fault, pace: Pace) -> Result<Felt> {
        self.runs += 1;
        let heads = self.heads();
        let (order, orders) = watch::channel(Order::Go);
        let mut listening = self.listen(&orders).await?;
        let mut sending = self.send(&orders);
        let start = Instant::now();
        tokio::time::sleep(pace.before).await;
        let broke = Instant::now();
        fault.strike(self).await.with_context(|| format!("doing: {}", fault.name()))?;
        let lasted = broke.elapsed();
        tokio::time::sleep(pace.after).await;
        let over = Instant::now();
        order.send_replace(Order::Finish);
        timeout(RECOVERY, ended(&mut sending)).await.context("messages are still not acknowledged")??;
        self.read_on().await?;
        for server in 1..self.here.servers.len() {
            self.witness.compare_events(&self.reader(server), &heads).await?;
        }
        self.witness.acknowledged_are_stored()?;
        self.witness.all_are_stored()?;
        order.send_replace(Order::Until(self.heads()));
        let heard = timeout(RECOVERY, ended(&mut listening)).await.context("listeners do not end")??;
        let heard = self.check(&heads, &heard)?;
        let silence = self.witness.book.longest_silence(start, over);
        let (slowest, messages) = self.witness.book.slowest(start);
        Ok(Felt { fault, lasted, silence, slowest, messages, heard })
    }

    async fn listen(&self, orders: &watch::Receiver<Order>) -> Result<JoinSet<Result<Heard>>> {
        let mut listening = JoinSet::new();
        for (number, person) in self.listeners.iter().enumerate() {
            let listener = Listener {
                places: self.places(),
                person: person.clone(),
                client_id: format!("listener-{number}-{}", self.runs),
                number,
                filters: ROOMS.map(str::to_owned).to_vec(),
                order: orders.clone(),
            };
            listening.spawn(listener.begin().await?);
        }
        Ok(listening)
    }

    fn send(&self, orders: &watch::Receiver<Order>) -> JoinSet<Result<()>> {
        let mut sending = JoinSet::new();
        for (number, person) in self.senders.iter().enumerate() {
            let journal = self.witness.journal(number, format!("{}-{number}", self.runs));
            let (places, person, order) = (self.places(), person.clone(), orders.clone());
            if number >= 3 {
                sending.spawn(clients::send_by_http(places, person, number, journal, order));
            } else {
                let version = if number == 1 { Version::V3 } else { Version::V5 };
                sending.spawn(MqttSender { places, person, number, version, journal, order }.run());
            }
        }
        sending
    }

    fn reader(&self, server: usize) -> Http {
        self.here.servers[server].as_person(&self.listeners[0])
    }

    async fn read_on(&mut self) -> Result<()> {
        let reader = self.reader(0);
        self.witness.read_on(&reader).await
    }

    fn heads(&self) -> BTreeMap<String, u64> {
        self.witness.logs().iter().map(|(room, log)| (room.clone(), log.len() as u64)).collect()
    }

    /// Checks that every received event is in the log; with the embedded broker, also that none is missing or out of
    /// order.
    /// Returns the number of events received and the number expected, over all listeners.
    fn check(&self, before: &BTreeMap<String, u64>, heard: &[Heard]) -> Result<(usize, usize)> {
        let (mut count, mut all) = (0, 0);
        for heard in heard {
            self.witness.compare(heard)?;
            for (room, seq) in self.heads() {
                let new = heard.new_seqs(&room, before[&room]);
                let expected: Vec<_> = (before[&room] + 1..=seq).collect();
                if self.shape.has_its_own_broker() {
                    ensure!(
                        new == expected,
                        "{room}: missed or out of order: {new:?} instead of {expected:?}"
                    );
                }
                count += new.len();
                all += expected.len();
            }
        }
        Ok((count, all))
    }

    /// Prints the ends of the servers' logs, and adds the fault and the shape to the error.
    pub fn explain(&self, fault: Fault, error: anyhow::Error) -> anyhow::Error {
        for (number, server) in self.here.servers.iter().enumerate() {
            let log = server.log();
            let lines: Vec<_> = log.lines().collect();
            eprintln!("--- the end of the log of server {number} ---");
            lines[lines.len().saturating_sub(30)..].iter().for_each(|line| eprintln!("{line}"));
        }
        error.context(format!("BROKEN under: {} ({})", fault.name(), self.shape.title()))
    }

    /// Runs the last checks: `/messages` agrees with `/events` on every server, and the servers stop cleanly.
    pub async fn end(mut self) -> Result<()> {
        for server in 0..self.here.servers.len() {
            self.witness.compare_messages(&self.reader(server)).await?;
        }
        for server in &mut self.here.servers {
            let status = server.stop().await?;
            ensure!(status.success(), "the server ended with {status}");
        }
        Ok(())
    }
}

/// Waits for all tasks and returns their results; returns the first error at once.
async fn ended<T: 'static>(tasks: &mut JoinSet<Result<T>>) -> Result<Vec<T>> {
    let mut all = Vec::new();
    while let Some(ended) = tasks.join_next().await {
        all.push(ended??);
    }
    Ok(all)
}
