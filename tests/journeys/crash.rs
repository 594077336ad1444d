//! Kills the server with SIGKILL at random moments under load, restarts it, and checks every guarantee against what
//! clients saw: with the embedded broker, which dies with the server, and with external brokers, which keep running.
//! CRASH_ROUNDS sets the number of rounds (default 20, with an external broker 8). The seed is printed; CRASH_SEED repeats
//! its random choices.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use chinwag_journeys::{
    Entry, Heard, Http, Journal, Mqtt, Options, Person, Server, Version, Witness, from_environment,
};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::beside::{Speaker, all_is_heard, listen_on};

const ROOMS: [&str; 2] = ["general", "team/backend"];
const NAMES: [&str; 5] = ["ana", "bo", "cy", "dee", "eve"];
/// MQTT version and QoS of the senders that use MQTT.
const VERSIONS: [(Version, u8); 3] = [(Version::V5, 1), (Version::V3, 1), (Version::V5, 2)];
/// Maximum number of unacknowledged publishes per MQTT client.
const WINDOW: usize = 16;

struct Trial {
    server: Server,
    people: Vec<Person>,
    witness: Witness,
    random: fastrand::Rng,
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_or_doubled() {
    let mut trial = Trial::begin(Server::start().await.unwrap()).await.unwrap();
    let rounds = from_environment("CRASH_ROUNDS", 20);
    for round in 0..rounds {
        let heard = trial.talk_until_killed(round).await.unwrap();
        trial.server.start_again().await.unwrap();
        trial.read_on().await.unwrap();
        trial.witness.compare(&heard).unwrap();
        assert_without_a_gap(&heard);
        trial.check_round().await.unwrap();
    }
    trial.check_all(rounds).await.unwrap();
}

on_every_other_broker!(nothing_stored_stays_unpublished);

/// With an external broker, a connected listener receives every event in order despite server crashes, some of them
/// twice.
async fn nothing_stored_stays_unpublished(server: Server) {
    let mut trial = Trial::begin(server).await.unwrap();
    let rounds = from_environment("CRASH_ROUNDS", 8);
    let mut listener =
        Mqtt::connect(trial.server.mqtt, &trial.people[0], &Options::new(Version::V5, "listener"))
            .await
            .unwrap();
    listener.must_subscribe("general", 1).await.unwrap();
    listener.must_subscribe(ROOMS[1], 1).await.unwrap();
    let heard = Arc::new(Mutex::new(Heard::default()));
    let listening = tokio::spawn(listen_on(listener, Arc::clone(&heard)));
    for round in 0..rounds {
        trial.talk_beside_until_killed(round).await.unwrap();
        trial.server.start_again().await.unwrap();
        trial.read_on().await.unwrap();
        trial.check_round().await.unwrap();
    }
    trial.check_all(rounds).await.unwrap();
    all_is_heard(&trial.witness, &heard).await;
    listening.abort();
}

impl Trial {
    async fn begin(server: Server) -> Result<Self> {
        let seed = from_environment("CRASH_SEED", fastrand::u64(..));
        eprintln!("CRASH_SEED={seed}");
        let mut people = Vec::new();
        for name in NAMES {
            people.push(server.person(name).await?);
        }
        server.room(ROOMS[1], &[], &people.iter().collect::<Vec<_>>()).await?;
        let witness = Witness::new(&NAMES, &ROOMS);
        Ok(Self { server, people, witness, random: fastrand::Rng::with_seed(seed) })
    }

    /// Checks after a round that no acknowledged message is lost, and that the others are stored once they are resent.
    async fn check_round(&mut self) -> Result<()> {
        self.witness.acknowledged_are_stored()?;
        self.retry().await?;
        self.read_on().await?;
        self.witness.acknowledged_are_stored()?;
        self.witness.all_are_stored()
    }

    async fn check_all(&self, rounds: u64) -> Result<()> {
        self.witness.compare_messages(&self.server.as_person(&self.people[1])).await?;
        let count = self.witness.count();
        eprintln!("{rounds} rounds, {count} messages: none lost, none doubled");
        ensure!(count as u64 > rounds * 10, "only {count} messages were tried: this shows nothing");
        Ok(())
    }

    /// Runs three MQTT senders, two HTTP senders and a listener until the server is killed. Returns what was received.
    async fn talk_until_killed(&mut self, round: u64) -> Result<Heard> {
        let options = Options::new(Version::V5, "listener");
        let mut listener = Mqtt::connect(self.server.mqtt, &self.people[0], &options).await?;
        listener.must_subscribe("#", 1).await?;
        let listening = tokio::spawn(listen(listener));
        let mut senders = JoinSet::new();
        for (sender, (version, qos)) in VERSIONS.into_iter().enumerate() {
            let options = Options::new(version, &format!("sender-{sender}"));
            let client = Mqtt::connect(self.server.mqtt, &self.people[sender], &options).await?;
            let journal = self.witness.journal(sender, format!("{round}-{sender}"));
            senders.spawn(send_by_mqtt(client, qos, NAMES[sender], journal));
        }
        self.send_by_http_too(round, &mut senders);
        self.kill_soon().await?;
        while let Some(ended) = senders.join_next().await {
            ended?;
        }
        listening.await?
    }

    /// Runs the same senders on an external broker, which queues messages for the server while it is down.
    async fn talk_beside_until_killed(&mut self, round: u64) -> Result<()> {
        let mut senders = JoinSet::new();
        let pulled = CancellationToken::new();
        for (sender, (version, qos)) in VERSIONS.into_iter().enumerate() {
            let options = Options::new(version, &format!("sender-{sender}"));
            let client = Mqtt::connect(self.server.mqtt, &self.people[sender], &options).await?;
            let journal = self.witness.journal(sender, format!("{round}-{sender}"));
            let (mut speaker, pulled) = (Speaker::new(client, qos, NAMES[sender], journal), pulled.clone());
            // Messages not confirmed when the server is killed stay unacknowledged in the book.
            senders.spawn(async move { speaker.talk(&pulled).await });
        }
        self.send_by_http_too(round, &mut senders);
        self.kill_soon().await?;
        pulled.cancel();
        while let Some(ended) = senders.join_next().await {
            ended?;
        }
        Ok(())
    }

    fn send_by_http_too(&self, round: u64, senders: &mut JoinSet<()>) {
        for sender in [3, 4] {
            let http = self.server.as_person(&self.people[sender]);
            senders.spawn(send_by_http(http, self.witness.journal(sender, format!("{round}-{sender}"))));
        }
    }

    async fn kill_soon(&mut self) -> Result<()> {
        tokio::time::sleep(Duration::from_millis(self.random.u64(30..600))).await;
        self.server.kill().await
    }

    async fn read_on(&mut self) -> Result<()> {
        self.witness.read_on(&self.server.as_person(&self.people[0])).await
    }

    /// Resends all unacknowledged messages and some acknowledged ones; none may be stored twice.
    async fn retry(&mut self) -> Result<()> {
        let (mut again, known): (Vec<_>, Vec<_>) = {
            let book = self.witness.book.open();
            let all = book.iter().map(|(id, attempt)| (id.clone(), attempt.clone()));
            all.partition(|(_, attempt)| attempt.acknowledged.is_none())
        };
        again.extend((0..20).filter_map(|_| self.random.choice(&known).cloned()));
        for (msg_id, attempt) in again {
            let http = self.server.as_person(&self.people[attempt.sender]);
            let entry = Entry { msg_id, room: attempt.room.clone(), number: 0 };
            let (status, event) = http.post("/message", entry.body()).await?;
            // A message queued on an external broker may have been stored since the log was read.
            let stored =
                self.witness.is_stored(&entry.msg_id) || self.server.broker.is_some() && status == 200;
            ensure!(status == if stored { 200 } else { 201 }, "retry of {entry:?}: {status} {event}");
            let seq = event["seq"].as_u64().context("seq")?;
            // The witness compares this seq with the log later.
            if let Some(attempt) = self.witness.book.open().get_mut(&entry.msg_id) {
                attempt.acknowledged.get_or_insert_with(std::time::Instant::now);
                ensure!(attempt.seq.is_none_or(|known| known == seq), "another original: {event}");
                attempt.seq = Some(seq);
            }
        }
        Ok(())
    }
}

/// Checks that one connection to the embedded broker received every event once.
fn assert_without_a_gap(heard: &Heard) {
    for (room, heard) in &heard.0 {
        for pair in heard.windows(2) {
            assert_eq!(pair[1].0, pair[0].0 + 1, "{room}: the listener missed something or heard it twice");
        }
    }
}

/// Sends until the connection breaks.
async fn send_by_mqtt(mut client: Mqtt, qos: u8, name: &'static str, mut journal: Journal) {
    let mut under_way: HashMap<u16, String> = HashMap::new();
    loop {
        while under_way.len() < WINDOW {
            let entry = journal.attempt();
            let topic = if entry.number.is_multiple_of(3) {
                entry.room.clone()
            } else {
                format!("users/{name}/send/{}", entry.room)
            };
            let Ok(packet_id) = client.begin_publish(&topic, &entry.payload(), qos).await else { return };
            under_way.insert(packet_id, entry.msg_id);
        }
        let Ok(ack) = client.acknowledgement().await else { return };
        assert_eq!(ack.code, 0, "{}", ack.reason);
        let msg_id = under_way.remove(&ack.packet_id).expect("an acknowledgement of nothing");
        journal.acknowledged(&msg_id, None);
    }
}

async fn send_by_http(http: Http, mut journal: Journal) {
    loop {
        let entry = journal.attempt();
        let Ok((status, answer)) = http.post("/message", entry.body()).await else { return };
        assert_eq!(status, 201, "{answer}");
        journal.acknowledged(&entry.msg_id, answer["seq"].as_u64());
    }
}

async fn listen(mut client: Mqtt) -> Result<Heard> {
    let mut heard = Heard::default();
    while let Ok(message) = client.message().await {
        heard.note(&message)?;
    }
    Ok(heard)
}
