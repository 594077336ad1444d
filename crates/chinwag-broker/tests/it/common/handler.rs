//! An in-memory handler.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use chinwag_broker::{
    Client as Peer, Connect, Credential, Disposition, Handler, Identity, LogEntry, LogHead, Message, Origin,
    Outcome, Properties, PublishResult, Refusal, SessionChange, SessionKey, SessionState,
};
use parking_lot::Mutex;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

use super::PATIENCE;

/// A call of the handler, recorded in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Connected(String),
    Disconnected(String),
    Published(String, Vec<u8>),
    Will(String, Vec<u8>),
    Subscribed(String),
    /// The broker itself refused a PUBLISH on this topic.
    Refused(String, u8),
}

#[derive(Default)]
pub struct Inner {
    pub events: Vec<Event>,
    pub logs: BTreeMap<Arc<str>, Vec<LogEntry>>,
    /// The messages passed to `publish`, as received.
    pub messages: Vec<Message>,
    /// Publishes whose outcome the test still has to decide.
    pub waiting: Vec<(Message, oneshot::Sender<PublishResult>)>,
    /// Number of publishes whose `publish` call has not returned.
    pub slow: usize,
    pub stored: HashMap<SessionKey, SessionState>,
    /// (account, topic) pairs that may not be read.
    pub denied: HashSet<(u64, String)>,
    /// The offset at which every account may start reading a log; 0 means from the beginning.
    pub first: u64,
    pub accounts: HashMap<String, u64>,
    pub pages_read: usize,
    /// If set, `read_log` waits for a permit before it returns a page.
    pub pages_held: Option<Arc<Semaphore>>,
    pub saves: usize,
    pub fail_saves: bool,
    pub certificates: Vec<bytes::Bytes>,
    /// Credentials that are revoked by the time `connected` is called.
    pub revoked: HashSet<Credential>,
    /// Retained messages that the handler stores itself, sorted by topic; `pages_of_known` counts the calls for them.
    pub known: Option<Vec<Message>>,
    pub pages_of_known: usize,
    /// The latest connection for each client id, live or ended.
    pub clients: HashMap<String, Peer>,
}

/// Accepts every client: each user name is an account, and clients without one share account 1. A credential's number
/// is the length of the client id. A PUBLISH on `refuse/…` is refused with 0x87; on `later/…` it waits for the test; on
/// `slow/…` it is never accepted; on `taken/…` it is taken without routing; on `instead/…` an empty QoS 0 message is
/// routed in its place; on other topics it is routed. Filters under `secret/` are refused. If a refused topic, filter or
/// password ends with `explained`, the refusal has a user property.
#[derive(Default)]
pub struct Memory(pub Mutex<Inner>);

impl Memory {
    pub fn events(&self) -> Vec<Event> {
        self.0.lock().events.clone()
    }

    /// Waits until the condition holds.
    pub async fn until(&self, what: impl Fn(&Inner) -> bool) {
        let wait = async {
            while !what(&self.0.lock()) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        timeout(PATIENCE, wait).await.expect("it never happened");
    }

    /// Returns the latest connection with this client id.
    pub fn client(&self, id: &str) -> Peer {
        self.0.lock().clients[id].clone()
    }

    /// Appends an entry to a log, as an embedder does before announcing it.
    pub fn append(&self, topic: &str, payload: &str) -> LogEntry {
        let mut inner = self.0.lock();
        let log = inner.logs.entry(topic.into()).or_default();
        let message = Message {
            topic: topic.into(),
            payload: payload.to_owned().into(),
            qos: chinwag_broker::Qos::AtLeastOnce,
            retain: false,
            properties: Properties::default(),
        };
        let entry = LogEntry { offset: log.len() as u64 + 1, message };
        log.push(entry.clone());
        entry
    }

    /// Replaces an entry's content, as an embedder does before calling `Broker::replace`.
    pub fn replace(&self, topic: &str, offset: u64, payload: &str) -> LogEntry {
        let mut inner = self.0.lock();
        let entry = &mut inner.logs.get_mut(topic).unwrap()[offset as usize - 1];
        entry.message.payload = payload.to_owned().into();
        entry.clone()
    }
}

/// Included in `Inner::slow` while it exists.
struct Slow<'a>(&'a Memory);

impl<'a> Slow<'a> {
    fn of(memory: &'a Memory) -> Self {
        memory.0.lock().slow += 1;
        Self(memory)
    }
}

impl Drop for Slow<'_> {
    fn drop(&mut self) {
        self.0.0.lock().slow -= 1;
    }
}

/// Returns a refusal with a user property.
pub fn explained(code: u8) -> Refusal {
    Refusal { properties: vec![("reason".into(), "outsider".into())], ..Refusal::new(code, "not for you") }
}

impl Handler for Memory {
    async fn connect(&self, connect: Connect) -> Result<Identity, Refusal> {
        match connect.password.as_deref() {
            Some(b"wrong") => return Err(Refusal::new(0x86, "wrong password")),
            Some(b"explained") => return Err(explained(0x86)),
            _ => {}
        }
        let name = connect.username.unwrap_or_default();
        let mut inner = self.0.lock();
        inner.certificates.extend(connect.certificate);
        let next = inner.accounts.len() as u64 + 2;
        let account = if name.is_empty() { 1 } else { *inner.accounts.entry(name.clone()).or_insert(next) };
        let credential = Credential { number: connect.client_id.len() as u64, generation: 0 };
        Ok(connect.transport.unwrap_or(Identity { account, name: name.into(), credential }))
    }

    async fn subscribe(&self, _client: &Peer, filter: &str) -> Result<(), Refusal> {
        if filter.starts_with("secret/") {
            return Err(if filter.ends_with("explained") {
                explained(0x87)
            } else {
                Refusal::new(0x87, "secret")
            });
        }
        Ok(())
    }

    fn subscribed(&self, _client: &Peer, filters: &[Arc<str>]) {
        let filters = filters.iter().map(|filter| Event::Subscribed(filter.to_string()));
        self.0.lock().events.extend(filters);
    }

    async fn publish(&self, _client: &Peer, message: Message, origin: Origin) -> Outcome {
        let (topic, payload) = (message.topic.to_string(), message.payload.to_vec());
        if topic.starts_with("slow/") {
            let _slow = Slow::of(self);
            std::future::pending::<()>().await;
        }
        let mut inner = self.0.lock();
        let instead = Message { topic: Arc::clone(&message.topic), ..Message::default() };
        inner.messages.push(message.clone());
        inner.events.push(if origin == Origin::Will {
            Event::Will(topic.clone(), payload.clone())
        } else {
            Event::Published(topic.clone(), payload.clone())
        });
        match topic.split('/').next() {
            Some("refuse") if topic.ends_with("explained") => Outcome::Now(Err(explained(0x87))),
            Some("refuse") => Outcome::Now(Err(Refusal::new(0x87, "not for you"))),
            Some("instead") => Outcome::Now(Ok(Disposition::Route(Box::new(instead)))),
            Some("taken") => Outcome::Now(Ok(Disposition::Taken)),
            Some("later") => {
                let (sender, receiver) = oneshot::channel();
                inner.waiting.push((message, sender));
                Outcome::Later(receiver)
            }
            _ => Outcome::Now(Ok(Disposition::Route(Box::new(message)))),
        }
    }

    fn refused(&self, _client: &Peer, topic: &str, refusal: &Refusal) {
        self.0.lock().events.push(Event::Refused(topic.into(), refusal.code));
    }

    fn may_read(&self, account: u64, topic: &str) -> bool {
        !self.0.lock().denied.contains(&(account, topic.to_owned()))
    }

    fn retained(&self, _: u64, filter: &str, after: Option<&str>, count: usize) -> Option<Vec<Message>> {
        let mut inner = self.0.lock();
        inner.pages_of_known += 1;
        let known = inner.known.as_ref()?.iter();
        let rest = known.filter(|message| filter == "#" || filter == &*message.topic);
        let rest = rest.filter(|message| after.is_none_or(|after| &*message.topic > after));
        Some(rest.take(count).cloned().collect())
    }

    fn connected(&self, client: &Peer) -> Result<(), Refusal> {
        let mut inner = self.0.lock();
        if inner.revoked.contains(&client.identity.credential) {
            return Err(Refusal::new(0x86, "revoked"));
        }
        inner.clients.insert(client.client_id.to_string(), client.clone());
        inner.events.push(Event::Connected(client.client_id.to_string()));
        Ok(())
    }

    fn disconnected(&self, client: &Peer) {
        self.0.lock().events.push(Event::Disconnected(client.client_id.to_string()));
    }

    fn logs(&self, account: u64, filter: &str) -> Vec<LogHead> {
        let inner = self.0.lock();
        let covers = |topic: &str| {
            filter == topic
                || filter == "#"
                || filter.strip_suffix("/#").is_some_and(|p| topic.starts_with(p))
        };
        inner
            .logs
            .iter()
            .filter(|(topic, _)| covers(topic) && !inner.denied.contains(&(account, topic.to_string())))
            .map(|(topic, log)| LogHead {
                topic: Arc::clone(topic),
                head: log.len() as u64,
                first: inner.first.max(1),
            })
            .collect()
    }

    async fn read_log(&self, topic: &str, after: u64, max_bytes: usize) -> Result<Vec<LogEntry>, Refusal> {
        // Yields, so that live entries can arrive while a page is being read.
        tokio::task::yield_now().await;
        let (page, held) = {
            let mut inner = self.0.lock();
            inner.pages_read += 1;
            let mut left = max_bytes;
            let log = inner.logs.get(topic).map(Vec::as_slice).unwrap_or_default();
            let page = log.iter().skip(after as usize).take_while(|entry| {
                let fits = left > 0;
                left = left.saturating_sub(entry.message.payload.len());
                fits
            });
            (page.cloned().collect(), inner.pages_held.clone())
        };
        if let Some(held) = held {
            held.acquire().await.unwrap().forget();
        }
        Ok(page)
    }

    async fn load_session(&self, key: &SessionKey) -> Result<Option<SessionState>, Refusal> {
        Ok(self.0.lock().stored.get(key).cloned())
    }

    async fn save_sessions(&self, changes: Vec<(SessionKey, Option<SessionChange>)>) -> Result<(), Refusal> {
        let mut inner = self.0.lock();
        if inner.fail_saves {
            return Err(Refusal::new(0x88, "the disk is full"));
        }
        inner.saves += 1;
        for (key, change) in changes {
            match change {
                Some(change) => change.apply(inner.stored.entry(key).or_default()),
                None => drop(inner.stored.remove(&key)),
            }
        }
        Ok(())
    }
}
