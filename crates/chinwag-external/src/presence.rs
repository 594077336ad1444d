//! Presence on an external broker. The leader gathers it: devices announce themselves, with a will that takes that
//! back; EMQX and RMQTT publish connections; and senders of messages count as present for a while. The other servers
//! mirror what the leader publishes.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chinwag_chat::chat::Chat;
use chinwag_chat::directory::Directory;
use chinwag_chat::messages;
use chinwag_chat::presence::Update;
use chinwag_protocol::inbox::{InboxNote, Presence};
use chinwag_protocol::topic::Topic;
use chinwag_store::AccountId;
use chinwag_store::clock;
use rumqttc::{Publish, QoS};
use serde::Deserialize;
use tokio::sync::mpsc;

use super::link::Link;

/// The topics on which EMQX and RMQTT publish connects and disconnects.
const CONNECTIONS: [&str; 2] =
    ["$SYS/brokers/+/clients/+/connected", "$SYS/brokers/+/clients/+/disconnected"];
/// The maximum number of devices and connections tracked for an account; further ones are ignored.
const DEVICES: usize = 64;

/// Mirrors presence published by the leader. Returns `false` if the message is about something else.
pub fn mirror(chat: &Chat, publish: &Publish) -> bool {
    let Some(Ok(Topic::Presence(name))) = std::str::from_utf8(&publish.topic).ok().map(Topic::parse) else {
        return false;
    };
    let told = serde_json::from_slice::<Presence>(&publish.payload).ok();
    if let (Some(told), Some(account)) = (told, chat.directory.id_named(name.as_str())) {
        let last_seen = clock::parse(&told.last_seen).unwrap_or_else(clock::now);
        chat.presence.told(account, told.state, last_seen);
    }
    true
}

/// Subscribes to the connection events of EMQX and RMQTT. Other brokers do not have these topics, or deny them.
pub async fn listen_to_connections(link: &Link) {
    for filter in CONNECTIONS {
        if let Err(error) = link.subscribe(&[(filter, QoS::AtMostOnce)]).await {
            tracing::debug!(%error, "nothing is told of connections");
        }
    }
}

/// A connection event's payload.
#[derive(Deserialize)]
struct Connection {
    username: Option<String>,
    clientid: String,
}

/// Gathers presence from devices and connections.
pub struct Gather {
    chat: Arc<Chat>,
    arrivals: mpsc::Sender<AccountId>,
    there: HashMap<AccountId, HashSet<String>>,
}

impl Gather {
    /// Creates it, without any device. `arrivals` receives the accounts that have just announced a device.
    pub fn new(chat: Arc<Chat>, arrivals: mpsc::Sender<AccountId>) -> Self {
        Self { chat, arrivals, there: HashMap::new() }
    }

    /// Handles an incoming message.
    pub fn take(&mut self, publish: &Publish) {
        let Ok(topic) = std::str::from_utf8(&publish.topic) else { return };
        if topic.starts_with("$SYS/") {
            return self.connection(topic, &publish.payload);
        }
        let Ok(Topic::Device(name, device)) = Topic::parse(topic) else { return };
        let Some(account) = self.chat.directory.id_named(name.as_str()) else { return };
        let online = !publish.payload.is_empty();
        self.note(account, format!("device/{device}"), online);
        if online && !publish.retain {
            // If the queue is full, the client notices by itself what it has missed.
            let _ = self.arrivals.try_send(account);
        }
    }

    fn connection(&mut self, topic: &str, payload: &[u8]) {
        let Ok(connection) = serde_json::from_slice::<Connection>(payload) else { return };
        let account = connection.username.and_then(|name| self.chat.directory.id_named(&name));
        if let Some(account) = account {
            self.note(account, format!("connection/{}", connection.clientid), topic.ends_with("/connected"));
        }
    }

    fn note(&mut self, account: AccountId, what: String, online: bool) {
        let there = self.there.entry(account).or_default();
        if online {
            if there.len() < DEVICES && there.insert(what) {
                self.chat.presence.connected(account);
            }
        } else if there.remove(&what) {
            self.chat.presence.disconnected(account);
        }
        if there.is_empty() {
            self.there.remove(&account);
        }
    }
}

/// Publishes presence as it changes, and sends the ends of their rooms' logs to accounts whose devices have just
/// arrived. Returns only on failure.
pub async fn run(chat: &Chat, link: &Link, mut arrivals: mpsc::Receiver<AccountId>) -> anyhow::Error {
    loop {
        let done = tokio::select! {
            updates = chat.presence.updates() => tell(&chat.directory, link, updates).await,
            Some(account) = arrivals.recv() => heads(&chat.directory, link, account).await,
        };
        if let Err(error) = done {
            return error;
        }
    }
}

async fn tell(directory: &Directory, link: &Link, updates: Vec<Update>) -> anyhow::Result<()> {
    for update in &updates {
        if let Some(name) = directory.name_of(update.account) {
            link.publish(&messages::presence(&name, *update)).await?;
        }
    }
    Ok(())
}

/// Sends an account the ends of its rooms' logs.
pub async fn heads(directory: &Directory, link: &Link, account: AccountId) -> anyhow::Result<()> {
    let rooms = directory.rooms_of(account, |room| Some((room.topic.clone(), room.last_seq())));
    if let Some(name) = directory.name_of(account) {
        let heads = InboxNote::Heads { rooms: rooms.into_iter().collect() };
        link.publish(&messages::note(&name, &heads)).await?;
    }
    Ok(())
}
