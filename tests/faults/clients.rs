//! The load: senders and listeners that never give up.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use chinwag_journeys::{Entry, Heard, Http, Journal, Mqtt, Options, Packet, Person, Version};
use serde_json::Value;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::world::RECOVERY;

/// Maximum number of unacknowledged messages per MQTT sender.
const WINDOW: usize = 4;
/// Minimum time between two messages of one sender.
const PAUSE: Duration = Duration::from_millis(10);
/// Time without an answer after which a client drops its connection and opens another.
const PATIENCE: Duration = Duration::from_secs(3);
/// Delay before a refused client tries again.
const AGAIN: Duration = Duration::from_millis(50);

/// Addresses for the clients.
#[derive(Debug, Clone)]
pub struct Places {
    /// The servers; clients use any of them, as behind a load balancer.
    pub http: Vec<SocketAddr>,
    /// The brokers; clients use any of them.
    pub mqtt: Vec<SocketAddr>,
    /// Whether a PUBACK means stored: the broker is the embedded one.
    pub stored_on_ack: bool,
    /// Whether a present session implies that its subscriptions are present too.
    pub keeps_subscriptions: bool,
}

/// Instructions for the clients.
#[derive(Debug, Clone, PartialEq)]
pub enum Order {
    /// Send and listen.
    Go,
    /// Senders: send no new messages, and end when the last one is acknowledged.
    Finish,
    /// Listeners: end when everything up to these seqs has been received, or nothing for a long time.
    Until(BTreeMap<String, u64>),
}

/// A list of addresses used in rotation.
struct Turn {
    addresses: Vec<SocketAddr>,
    next: usize,
}

impl Turn {
    fn starting_at(addresses: &[SocketAddr], next: usize) -> Self {
        Self { addresses: addresses.to_vec(), next }
    }

    fn next(&mut self) -> SocketAddr {
        self.next += 1;
        self.addresses[(self.next - 1) % self.addresses.len()]
    }
}

/// Sends over HTTP; repeats each message until it is acknowledged.
pub async fn send_by_http(
    places: Places,
    person: Person,
    number: usize,
    mut journal: Journal,
    order: watch::Receiver<Order>,
) -> Result<()> {
    let mut turn = Turn::starting_at(&places.http, number);
    let mut http = Http::new(turn.next(), Some(&person.token));
    while *order.borrow() == Order::Go {
        let entry = journal.attempt();
        loop {
            match timeout(PATIENCE, http.post("/message", entry.body())).await {
                Ok(Ok((200 | 201, event))) => {
                    ensure!(event["msg_id"] == entry.msg_id, "the answer to another message: {event}");
                    journal.acknowledged(&entry.msg_id, event["seq"].as_u64());
                    break;
                }
                Ok(Ok((502..=504 | 507, _))) | Ok(Err(_)) | Err(_) => {
                    tokio::time::sleep(AGAIN).await;
                    http = Http::new(turn.next(), Some(&person.token));
                }
                Ok(Ok((status, problem))) => bail!("POST /message: {status} {problem}"),
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

/// A message that is not yet acknowledged.
struct InHand {
    entry: Entry,
    packet_id: u16,
    sent: Instant,
}

/// Sends over MQTT; repeats each message until it is acknowledged by the PUBACK or by a note in the inbox.
pub struct MqttSender {
    pub places: Places,
    pub person: Person,
    pub number: usize,
    pub version: Version,
    pub journal: Journal,
    pub order: watch::Receiver<Order>,
}

impl MqttSender {
    /// Runs until [`Order::Finish`].
    pub async fn run(mut self) -> Result<()> {
        let mut in_hand: Vec<InHand> = Vec::new();
        let mut turn = Turn::starting_at(&self.places.mqtt, self.number);
        loop {
            // An error means that the connection broke or could not be opened: continue on the next one.
            if let Ok(mut client) = self.connect(turn.next()).await
                && self.talk(&mut client, &mut in_hand).await?
            {
                return Ok(());
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn connect(&self, address: SocketAddr) -> Result<Mqtt> {
        let options = Options::new(self.version, &format!("sender-{}", self.number));
        let mut client = timeout(PATIENCE, Mqtt::connect(address, &self.person, &options)).await??;
        if !self.places.stored_on_ack {
            let inbox = format!("users/{}/inbox", self.person.name);
            timeout(PATIENCE, client.must_subscribe(&inbox, 1)).await??;
        }
        Ok(client)
    }

    /// Returns true when everything is sent and acknowledged, false when the connection broke, and an error when the
    /// server broke a guarantee.
    async fn talk(&mut self, client: &mut Mqtt, in_hand: &mut Vec<InHand>) -> Result<bool> {
        for sent in in_hand.iter_mut() {
            let Ok(packet_id) = self.publish(client, &sent.entry).await else { return Ok(false) };
            (sent.packet_id, sent.sent) = (packet_id, Instant::now());
        }
        let (mut heard, mut next) = (Instant::now(), Instant::now());
        loop {
            let going = *self.order.borrow() == Order::Go;
            if !going && in_hand.is_empty() {
                return Ok(true);
            }
            if going && in_hand.len() < WINDOW && next <= Instant::now() {
                next = Instant::now() + PAUSE;
                let entry = self.journal.attempt();
                let sent = self.publish(client, &entry).await;
                let (packet_id, broken) = (*sent.as_ref().unwrap_or(&0), sent.is_err());
                in_hand.push(InHand { entry, packet_id, sent: Instant::now() });
                if broken {
                    return Ok(false);
                }
            }
            match client.packet_within(PAUSE).await {
                Ok(Some(packet)) => {
                    heard = Instant::now();
                    if !self.take(client, in_hand, packet).await? {
                        return Ok(false);
                    }
                }
                Ok(None) if heard.elapsed() < PATIENCE && oldest(in_hand) < PATIENCE => {}
                Ok(None) | Err(_) => return Ok(false),
            }
        }
    }

    async fn publish(&self, client: &mut Mqtt, entry: &Entry) -> Result<u16> {
        let topic = format!("users/{}/send/{}", self.person.name, entry.room);
        timeout(PATIENCE, client.begin_publish(&topic, &entry.payload(), 1)).await?
    }

    /// Handles a packet from the broker. Returns false if a message was refused temporarily: retry on another
    /// connection.
    async fn take(&mut self, client: &mut Mqtt, in_hand: &mut Vec<InHand>, packet: Packet) -> Result<bool> {
        match packet {
            Packet::Acknowledged(ack) if ack.code < 0x80 => {
                if self.places.stored_on_ack
                    && let Some(at) = in_hand.iter().position(|sent| sent.packet_id == ack.packet_id)
                {
                    self.journal.acknowledged(&in_hand.swap_remove(at).entry.msg_id, None);
                }
                Ok(true)
            }
            Packet::Acknowledged(ack) if is_for_now(&ack.reason) => {
                tokio::time::sleep(AGAIN).await;
                Ok(false)
            }
            Packet::Acknowledged(ack) => bail!("refused: {:#x} {}", ack.code, ack.reason),
            Packet::Message(message) => {
                let acknowledged = client.acknowledge(&message).await.is_ok();
                Ok(acknowledged && self.note(in_hand, &message.json()?)?)
            }
            Packet::Disconnect(..) => Ok(false),
            other => bail!("not for a sender: {other:?}"),
        }
    }

    /// Handles a note in the inbox. Returns false if a message was refused temporarily.
    fn note(&self, in_hand: &mut Vec<InHand>, note: &Value) -> Result<bool> {
        let Some(at) = in_hand.iter().position(|sent| note["msg_id"] == sent.entry.msg_id) else {
            return Ok(true);
        };
        match note["type"].as_str() {
            Some("sent") => {
                let seq = note["seq"].as_u64().context("a note without a seq")?;
                self.journal.acknowledged(&in_hand.swap_remove(at).entry.msg_id, Some(seq));
                Ok(true)
            }
            Some("refused") => {
                ensure!(is_for_now(note["code"].as_str().unwrap_or_default()), "refused: {note}");
                Ok(false)
            }
            _ => Ok(true),
        }
    }
}

/// Returns whether the error code means that the same message may be accepted later.
fn is_for_now(reason: &str) -> bool {
    reason.starts_with("unavailable") || reason.starts_with("storage_full")
}

fn oldest(in_hand: &[InHand]) -> Duration {
    in_hand.iter().map(|sent| sent.sent.elapsed()).max().unwrap_or_default()
}

/// Listens in a persistent session, over as many connections as necessary.
pub struct Listener {
    pub places: Places,
    pub person: Person,
    pub client_id: String,
    pub number: usize,
    pub filters: Vec<String>,
    pub order: watch::Receiver<Order>,
}

impl Listener {
    /// Connects and subscribes; the returned future then listens until [`Order::Until`] is fulfilled.
    pub async fn begin(self) -> Result<impl Future<Output = Result<Heard>> + Send> {
        let mut turn = Turn::starting_at(&self.places.mqtt, self.number);
        let began = Instant::now();
        loop {
            match self.connect(turn.next()).await {
                Ok(client) => return Ok(self.listen(turn, client)),
                Err(error) => ensure!(began.elapsed() < RECOVERY, "a listener cannot begin: {error:#}"),
            }
            tokio::time::sleep(AGAIN).await;
        }
    }

    async fn connect(&self, address: SocketAddr) -> Result<Mqtt> {
        let options = Options::persistent(Version::V5, &self.client_id);
        let mut client = timeout(PATIENCE, Mqtt::connect(address, &self.person, &options)).await??;
        if !(client.connected.session_present && self.places.keeps_subscriptions) {
            for filter in &self.filters {
                timeout(PATIENCE, client.must_subscribe(filter, 1)).await??;
            }
        }
        Ok(client)
    }

    async fn listen(mut self, mut turn: Turn, client: Mqtt) -> Result<Heard> {
        let mut heard = Heard::default();
        let mut client = Some(client);
        let mut last = Instant::now();
        loop {
            let Some(connected) = &mut client else {
                tokio::time::sleep(AGAIN).await;
                client = self.connect(turn.next()).await.ok();
                ensure!(last.elapsed() < Duration::from_secs(60), "no listening for a minute");
                continue;
            };
            let order = self.order.borrow_and_update().clone();
            if let Order::Until(heads) = &order
                && heads.iter().all(|(room, seq)| heard.last(room) >= *seq)
            {
                break;
            }
            match self.hear(connected, &mut heard).await? {
                Some(true) => last = Instant::now(),
                // A connection on which nothing arrives may be dead. If it is not, replacing it does no harm.
                Some(false) if last.elapsed() < PATIENCE => {}
                Some(false) if matches!(order, Order::Until(_)) && last.elapsed() > PATIENCE * 3 => break,
                Some(false) | None => client = None,
            }
        }
        // Discards the session, which would otherwise be kept for an hour.
        if let Ok(client) =
            Mqtt::connect(turn.next(), &self.person, &Options::new(Version::V5, &self.client_id)).await
        {
            client.disconnect().await?;
        }
        Ok(heard)
    }

    /// Returns true if a packet arrived, false if none did, and None if the connection broke.
    async fn hear(&self, client: &mut Mqtt, heard: &mut Heard) -> Result<Option<bool>> {
        match client.packet_within(Duration::from_millis(100)).await {
            Ok(Some(Packet::Message(message))) => {
                heard.note(&message)?;
                Ok(client.acknowledge(&message).await.is_ok().then_some(true))
            }
            Ok(Some(_)) => Ok(Some(true)),
            Ok(None) => Ok(Some(false)),
            Err(_) => Ok(None),
        }
    }
}
