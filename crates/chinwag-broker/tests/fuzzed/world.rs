//! An in-memory handler: topics under `log/` are logs; publishes on some other topics are refused, answered late or
//! never.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use chinwag_broker::{
    Broker, Client, Config, Connect, Disposition, Handler, Identity, LogEntry, LogHead, Message, Origin,
    Outcome, Qos, Refusal, SessionChange, SessionKey, SessionState,
};
use parking_lot::Mutex;
use tokio::sync::oneshot;

#[derive(Debug, Default, Clone)]
pub struct Inner {
    pub logs: BTreeMap<Arc<str>, Vec<LogEntry>>,
    pub stored: HashMap<SessionKey, SessionState>,
    pub denied: HashSet<String>,
    pub fail_saves: bool,
}

#[derive(Default)]
pub struct World {
    pub inner: Mutex<Inner>,
    broker: Mutex<Option<Broker<World>>>,
}

impl World {
    /// Creates a broker with this handler.
    pub fn start(inner: Inner, config: Config) -> (Arc<Self>, Broker<Self>) {
        let world = Arc::new(Self { inner: Mutex::new(inner), broker: Mutex::new(None) });
        let broker = Broker::new(Arc::clone(&world), config);
        *world.broker.lock() = Some(broker.clone());
        (world, broker)
    }

    /// Drops the reference to the broker, so that both can be freed.
    pub fn part(&self) {
        *self.broker.lock() = None;
    }

    /// Appends entries and announces them.
    pub fn append(&self, topic: &str, payloads: impl IntoIterator<Item = String>) {
        let entries: Vec<LogEntry> = {
            let mut inner = self.inner.lock();
            let log = inner.logs.entry(topic.into()).or_default();
            let before = log.len();
            for payload in payloads {
                let offset = log.len() as u64 + 1;
                let qos = Qos::AtLeastOnce;
                let message =
                    Message { topic: topic.into(), payload: payload.into(), qos, ..Default::default() };
                log.push(LogEntry { offset, message });
            }
            log[before..].to_vec()
        };
        let broker = self.broker.lock().clone();
        if let Some(broker) = broker {
            broker.publish_log_batch(&entries);
        }
    }

    pub fn head(&self, topic: &str) -> u64 {
        self.inner.lock().logs.get(topic).map_or(0, |log| log.len() as u64)
    }
}

/// Returns whether a filter covers a topic; compares level by level.
pub fn covers(filter: &str, topic: &str) -> bool {
    let (filters, topics): (Vec<_>, Vec<_>) = (filter.split('/').collect(), topic.split('/').collect());
    if topic.starts_with('$') && !filter.starts_with('$') {
        return false;
    }
    for (n, level) in filters.iter().enumerate() {
        match (*level, topics.get(n)) {
            ("#", _) => return true,
            ("+", Some(_)) => {}
            (level, Some(name)) if level == *name => {}
            _ => return false,
        }
    }
    filters.len() == topics.len()
}

impl Handler for World {
    async fn connect(&self, connect: Connect) -> Result<Identity, Refusal> {
        if connect.password.as_deref() == Some(b"no") {
            return Err(Refusal::new(0x86, "no"));
        }
        let name = connect.username.unwrap_or_default();
        Ok(Identity { account: 1 + name.len() as u64 % 3, name: name.into(), credential: Default::default() })
    }

    async fn subscribe(&self, _client: &Client, filter: &str) -> Result<(), Refusal> {
        match filter.starts_with("secret") {
            true => Err(Refusal::new(0x87, "secret")),
            false => Ok(()),
        }
    }

    fn subscribed(&self, _client: &Client, _filters: &[Arc<str>]) {}

    async fn publish(&self, _client: &Client, message: Message, _origin: Origin) -> Outcome {
        match message.topic.split('/').next() {
            Some("refuse") => Outcome::Now(Err(Refusal::new(0x97, "too much"))),
            Some("log") => {
                self.append(&message.topic, [String::from_utf8_lossy(&message.payload).into_owned()]);
                Outcome::Now(Ok(Disposition::Taken))
            }
            Some("later") => {
                let (sender, receiver) = oneshot::channel();
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_millis(300)).await;
                    sender.send(Ok(Disposition::Route(Box::new(message))))
                });
                Outcome::Later(receiver)
            }
            Some("never") => Outcome::Later(oneshot::channel().1),
            Some("slow") => {
                tokio::time::sleep(Duration::from_millis(700)).await;
                Outcome::Now(Ok(Disposition::Route(Box::new(message))))
            }
            _ => Outcome::Now(Ok(Disposition::Route(Box::new(message)))),
        }
    }

    fn may_read(&self, _account: u64, topic: &str) -> bool {
        !self.inner.lock().denied.contains(topic)
    }

    fn connected(&self, _client: &Client) -> Result<(), Refusal> {
        Ok(())
    }

    fn disconnected(&self, _client: &Client) {}

    fn logs(&self, _account: u64, filter: &str) -> Vec<LogHead> {
        let inner = self.inner.lock();
        let readable = inner.logs.iter().filter(|(topic, _)| !inner.denied.contains(&***topic));
        readable
            .filter(|(topic, _)| covers(filter, topic))
            .map(|(topic, log)| LogHead { topic: Arc::clone(topic), head: log.len() as u64, first: 1 })
            .collect()
    }

    async fn read_log(&self, topic: &str, after: u64, max_bytes: usize) -> Result<Vec<LogEntry>, Refusal> {
        // Yields, so that live entries can arrive while a page is being read.
        tokio::task::yield_now().await;
        let inner = self.inner.lock();
        let log = inner.logs.get(topic).map(Vec::as_slice).unwrap_or_default();
        let count = (max_bytes / 4_096).max(1);
        Ok(log.iter().skip(after as usize).take(count).cloned().collect())
    }

    async fn load_session(&self, key: &SessionKey) -> Result<Option<SessionState>, Refusal> {
        Ok(self.inner.lock().stored.get(key).cloned())
    }

    async fn save_sessions(&self, changes: Vec<(SessionKey, Option<SessionChange>)>) -> Result<(), Refusal> {
        let mut inner = self.inner.lock();
        if inner.fail_saves {
            return Err(Refusal::new(0x88, "the disk is full"));
        }
        for (key, change) in changes {
            match change {
                Some(change) => change.apply(inner.stored.entry(key).or_default()),
                None => drop(inner.stored.remove(&key)),
            }
        }
        Ok(())
    }
}
