//! A publish without a `msg_id` that a client resends as the standard requires is stored once.

use std::collections::BTreeMap;
use std::time::Duration;

use chinwag_journeys::{Mqtt, Options, Person, Postgres, Server, Version, from_environment};
use tokio::task::JoinSet;

/// Version, QoS, and whether the session is persistent.
const SENDERS: [(Version, u8, bool); 6] = [
    (Version::V3, 1, false),
    (Version::V5, 1, true),
    (Version::V3, 2, true),
    (Version::V5, 2, false),
    (Version::V3, 1, true),
    (Version::V5, 1, false),
];
/// Maximum number of unacknowledged publishes per sender.
const WINDOW: usize = 16;

async fn connect(server: &Server, person: &Person, sender: usize) -> Mqtt {
    let (version, _, kept) = SENDERS[sender];
    let id = format!("kettle-{sender}");
    let options = if kept { Options::persistent(version, &id) } else { Options::new(version, &id) };
    Mqtt::connect(server.mqtt, person, &options).await.unwrap()
}

/// Returns how many times each text is in the room.
async fn texts(server: &Server, person: &Person) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for message in server.as_person(person).messages("general").await.unwrap() {
        *counts.entry(message["text"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    counts
}

async fn cut_off_before_the_acknowledgement(server: Server) {
    let ana = server.person("ana").await.unwrap();
    for (sender, (_, qos, _)) in SENDERS.into_iter().enumerate() {
        let said = format!("from {sender}");
        let mut client = connect(&server, &ana, sender).await;
        let id = client.begin_publish("general", said.as_bytes(), qos).await.unwrap();
        // The server answers, but the connection is dropped before the client sees the answer.
        client.answer().await.unwrap();
        drop(client);
        let mut client = connect(&server, &ana, sender).await;
        for _ in 0..2 {
            assert_eq!(client.publish_again("general", said.as_bytes(), qos, id).await.unwrap(), id);
            let ack = client.acknowledgement().await.unwrap();
            assert_eq!((ack.packet_id, ack.code), (id, 0));
        }
        // The same packet id with another text, and then with the first one again: both are new messages.
        for said in [format!("other from {sender}"), said] {
            client.publish_again("general", said.as_bytes(), qos, id).await.unwrap();
            assert_eq!(client.acknowledgement().await.unwrap().code, 0);
        }
    }
    let texts = texts(&server, &ana).await;
    for sender in 0..SENDERS.len() {
        assert_eq!((texts[&format!("from {sender}")], texts[&format!("other from {sender}")]), (2, 1));
    }
}

#[tokio::test]
async fn what_is_sent_again_without_a_key_is_stored_once() {
    cut_off_before_the_acknowledgement(Server::start_with(&["--limits", "off"]).await.unwrap()).await;
}

#[tokio::test]
async fn what_is_sent_again_without_a_key_is_stored_once_in_postgresql() {
    let postgres = Postgres::shared().unwrap();
    let database = postgres.database().unwrap();
    let server = Server::start_with(&["--limits", "off", "--database", &database]).await.unwrap();
    cut_off_before_the_acknowledgement(server).await;
}

/// Both copies may be in the same transaction.
#[tokio::test]
async fn both_copies_at_once_are_one_message() {
    let server = Server::start_with(&["--limits", "off"]).await.unwrap();
    let ana = server.person("ana").await.unwrap();
    for round in 0..20 {
        let said = format!("round {round}");
        let mut first = connect(&server, &ana, 0).await;
        let id = first.begin_publish("general", said.as_bytes(), 1).await.unwrap();
        drop(first);
        let mut second = connect(&server, &ana, 0).await;
        second.publish_again("general", said.as_bytes(), 1, id).await.unwrap();
        second.publish_again("general", said.as_bytes(), 1, id).await.unwrap();
        for _ in 0..2 {
            assert_eq!(second.acknowledgement().await.unwrap().code, 0);
        }
    }
    let texts = texts(&server, &ana).await;
    assert!(texts.len() == 20 && texts.values().all(|count| *count == 1), "{texts:?}");
}

/// Resends unacknowledged messages, then sends new ones until the connection breaks; returns those not acknowledged
/// then.
async fn talk(
    mut client: Mqtt,
    sender: usize,
    round: u64,
    open: BTreeMap<u16, String>,
) -> BTreeMap<u16, String> {
    let qos = SENDERS[sender].1;
    let mut under_way = open.clone();
    for (id, said) in open {
        if client.publish_again("general", said.as_bytes(), qos, id).await.is_err() {
            return under_way;
        }
    }
    for number in 0_u64.. {
        while under_way.len() < WINDOW {
            let said = format!("{sender}: {round}/{number}/{}", under_way.len());
            let Ok(id) = client.begin_publish("general", said.as_bytes(), qos).await else {
                return under_way;
            };
            under_way.insert(id, said);
        }
        let Ok(ack) = client.acknowledgement().await else { break };
        assert_eq!(ack.code, 0, "{}", ack.reason);
        under_way.remove(&ack.packet_id);
    }
    under_way
}

/// The server is killed repeatedly, and each sender resends what was not acknowledged.
#[tokio::test(flavor = "multi_thread")]
async fn a_crash_doubles_nothing_that_is_sent_again_without_a_key() {
    let mut server = Server::start_with(&["--limits", "off"]).await.unwrap();
    let mut people = Vec::new();
    for sender in 0..SENDERS.len() {
        people.push(server.person(&format!("sender-{sender}")).await.unwrap());
    }
    let mut open = vec![BTreeMap::new(); SENDERS.len()];
    for round in 0..from_environment("CRASH_ROUNDS", 5) {
        let mut talking = JoinSet::new();
        for (sender, open) in open.iter().cloned().enumerate() {
            let mut client = connect(&server, &people[sender], sender).await;
            client.skip_packet_ids((round as u16).wrapping_mul(5_000));
            talking.spawn(async move { (sender, talk(client, sender, round, open).await) });
        }
        tokio::time::sleep(Duration::from_millis(fastrand::u64(30..400))).await;
        server.kill().await.unwrap();
        while let Some(ended) = talking.join_next().await {
            let (sender, left) = ended.unwrap();
            open[sender] = left;
        }
        server.start_again().await.unwrap();
    }
    for (sender, open) in open.into_iter().enumerate() {
        let mut client = connect(&server, &people[sender], sender).await;
        for (id, said) in &open {
            client.publish_again("general", said.as_bytes(), SENDERS[sender].1, *id).await.unwrap();
        }
        for _ in &open {
            assert_eq!(client.acknowledgement().await.unwrap().code, 0);
        }
    }
    let texts = texts(&server, &people[0]).await;
    let doubled: Vec<_> = texts.iter().filter(|(_, count)| **count > 1).collect();
    assert!(doubled.is_empty() && texts.len() > 100, "{doubled:?} of {}", texts.len());
}
