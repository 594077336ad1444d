//! Talking and listening on a broker that is not the server's own: it stays when a server dies.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Result;
use chinwag_journeys::{Entry, Heard, Journal, Mqtt, Packet, Witness, eventually};
use tokio_util::sync::CancellationToken;

/// Publishes one client has on their way.
const WINDOW: usize = 16;
/// Without any word for so long, it says again what it was not told about, as every good client does.
const AGAIN: Duration = Duration::from_secs(2);

/// Somebody who talks, and knows what was stored by what comes in the inbox.
pub struct Speaker {
    client: Mqtt,
    qos: u8,
    name: &'static str,
    journal: Journal,
    under_way: HashMap<String, Entry>,
    /// How many sends were said again.
    pub repeated: usize,
}

impl Speaker {
    /// Before the first word.
    pub fn new(client: Mqtt, qos: u8, name: &'static str, journal: Journal) -> Self {
        Self { client, qos, name, journal, under_way: HashMap::new(), repeated: 0 }
    }

    /// Talks until `stop`. What was not told of by then stays open.
    pub async fn talk(&mut self, stop: &CancellationToken) {
        self.client.must_subscribe(&format!("users/{}/inbox", self.name), 1).await.unwrap();
        loop {
            while self.under_way.len() < WINDOW {
                let entry = self.journal.attempt();
                self.say(&entry).await;
                self.under_way.insert(entry.msg_id.clone(), entry);
            }
            tokio::select! {
                () = self.hear() => {}
                () = stop.cancelled() => return,
            }
        }
    }

    /// Waits until all that was said is told to be stored.
    pub async fn finish(&mut self) {
        while !self.under_way.is_empty() {
            self.hear().await;
        }
    }

    async fn say(&mut self, entry: &Entry) {
        let topic = format!("users/{}/send/{}", self.name, entry.room);
        self.client.begin_publish(&topic, &entry.payload(), self.qos).await.unwrap();
    }

    async fn hear(&mut self) {
        let Some(packet) = self.client.packet_within(AGAIN).await.unwrap() else {
            for entry in self.under_way.values().cloned().collect::<Vec<_>>() {
                self.say(&entry).await;
                self.repeated += 1;
            }
            return;
        };
        match packet {
            Packet::Message(message) => {
                self.client.acknowledge(&message).await.unwrap();
                let note = message.json().unwrap();
                assert_ne!(note["type"], "refused", "{note}");
                if let Some(entry) = note["msg_id"].as_str().and_then(|msg_id| self.under_way.remove(msg_id))
                {
                    self.journal.acknowledged(&entry.msg_id, note["seq"].as_u64());
                }
            }
            // At QoS 2 the broker has it; what counts is what the server says.
            Packet::Received(ack) => self.client.release(ack.packet_id).await.unwrap(),
            Packet::Acknowledged(ack) => assert!(ack.code < 0x80, "{ack:?}"),
            Packet::Complete(_) => {}
            other => panic!("instead of an answer: {other:?}"),
        }
    }
}

/// Notes what is heard, for as long as the connection stands.
pub async fn listen_on(mut client: Mqtt, heard: Arc<Mutex<Heard>>) -> Result<()> {
    loop {
        // Long silences are part of it.
        if let Some(message) = client.message_within(Duration::from_secs(600)).await? {
            heard.lock().unwrap().note(&message)?;
        }
    }
}

/// In the end everything that stands in the logs, as far as read, is heard; in order, and nothing else.
pub async fn all_is_heard(witness: &Witness, heard: &Mutex<Heard>) {
    let ends: Vec<_> = witness.logs().iter().map(|(room, log)| (room.clone(), log.len() as u64)).collect();
    eventually("all is heard", async || {
        ends.iter().all(|(room, last)| heard.lock().unwrap().last(room) == *last)
    })
    .await;
    let heard = heard.lock().unwrap();
    witness.compare(&heard).unwrap();
    heard.all_in_order(&ends).unwrap();
}
