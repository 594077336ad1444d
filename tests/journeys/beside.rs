//! Sending and listening on an external broker, which keeps running when a server dies.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Result;
use chinwag_journeys::{Entry, Heard, Journal, Mqtt, Packet, Witness, eventually};
use tokio_util::sync::CancellationToken;

/// Maximum number of unconfirmed messages per client.
const WINDOW: usize = 16;
/// After this time without a packet, unconfirmed messages are sent again, as a well-behaved client does.
const AGAIN: Duration = Duration::from_secs(2);

/// A sender that learns from the notes in its inbox what was stored.
pub struct Speaker {
    client: Mqtt,
    qos: u8,
    name: &'static str,
    journal: Journal,
    under_way: HashMap<String, Entry>,
    /// How many messages were resent.
    pub repeated: usize,
}

impl Speaker {
    /// Creates a sender; `client` is not yet subscribed to anything.
    pub fn new(client: Mqtt, qos: u8, name: &'static str, journal: Journal) -> Self {
        Self { client, qos, name, journal, under_way: HashMap::new(), repeated: 0 }
    }

    /// Sends until `stop`. Messages not confirmed by then stay pending.
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

    /// Waits until all messages sent are confirmed to be stored.
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
            // At QoS 2 a PUBREC only means that the broker has it; the server's note in the inbox decides.
            Packet::Received(ack) => self.client.release(ack.packet_id).await.unwrap(),
            Packet::Acknowledged(ack) => assert!(ack.code < 0x80, "{ack:?}"),
            Packet::Complete(_) => {}
            other => panic!("instead of an answer: {other:?}"),
        }
    }
}

/// Records received events until the connection breaks.
pub async fn listen_on(mut client: Mqtt, heard: Arc<Mutex<Heard>>) -> Result<()> {
    loop {
        // Long silences are normal here.
        if let Some(message) = client.message_within(Duration::from_secs(600)).await? {
            heard.lock().unwrap().note(&message)?;
        }
    }
}

/// Waits until every event in the logs (as read so far) was received; checks that it was in order and nothing else.
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
