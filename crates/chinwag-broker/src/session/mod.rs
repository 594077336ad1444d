//! A session: its subscriptions, the messages in flight to the client, and its connection while there is one.
//!
//! All of it is protected by one lock that is held briefly. A publisher appends to the connection's outgoing buffer and
//! wakes the connection's task, which writes what has accumulated. No lock is held across an await, and the router's
//! lock is taken before a session's, never after.

mod cursors;
mod deliver;
mod subscriptions;
mod window;

use std::collections::VecDeque;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::task::Waker;

use parking_lot::Mutex;

pub(crate) use cursors::{Cursor, Cursors, Live};
pub(crate) use deliver::{Fanout, Sent, acked};
pub(crate) use subscriptions::{Grant, Subscription, from_bytes, grant, to_bytes};
pub(crate) use window::{Body, Progress, Window};

use crate::codec::Will;
use crate::encode::Published;
use crate::{Client, Qos, Refusal, SessionChange, SessionHeader, SessionKey};

/// Maximum number of log entries remembered as published by the session itself. Beyond this the oldest are forgotten,
/// and are delivered to it despite No Local.
const MOST_OWN: usize = 1_000;

/// A session, connected or offline.
#[derive(Debug)]
pub(crate) struct Session {
    pub key: SessionKey,
    /// Unique in this process.
    pub id: u64,
    /// Whether there is a connection. Changed under the lock, read without it.
    pub online: AtomicBool,
    /// When data was last received from the client, in the clock's ticks; `u32::MAX` while the broker is not reading
    /// from it.
    pub heard: AtomicU32,
    /// The tick of the alarm in force; `u32::MAX` if there is none. See `alarms.rs`.
    pub alarm: AtomicU32,
    pub state: Mutex<State>,
}

/// The mutable part of a session.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub link: Option<Link>,
    pub subscriptions: Vec<Subscription>,
    pub window: Window,
    pub cursors: Cursors,
    /// Messages of topics without a log, waiting for room in the window or for the client to reconnect.
    pub queue: VecDeque<Queued>,
    pub queued_bytes: usize,
    /// Log number and offset of entries that it published itself and has yet to skip. Kept if it has a No Local
    /// subscription.
    pub own: VecDeque<(u32, u64)>,
    /// Packet ids of QoS 2 publishes whose outcome is not known yet. Not saved: see `decide`.
    pub receiving: Vec<u16>,
    /// Packet ids of received QoS 2 publishes whose PUBREL is outstanding.
    pub received: Vec<u16>,
    /// Seconds the session outlives its connection.
    pub expiry: u32,
    pub will: Option<Box<Testament>>,
    /// The tick at which the will of a disconnected client is to be published.
    pub will_due: Option<u32>,
    /// The tick at which the session ends unless the client reconnects.
    pub ends: Option<u32>,
    /// Its number among the offline sessions.
    pub resting: Option<u64>,
    /// When its client disconnected, in seconds since 1970.
    pub left: Option<u64>,
    /// The latest connection, live or ended.
    pub last: u64,
    /// The session has ended; a task that still holds a reference must not use it.
    pub dead: bool,
    /// Whether there is stored state for it.
    pub stored: bool,
    /// Whether it is waiting to be saved.
    pub dirty: bool,
    /// The header that was last saved.
    pub saved: Saved,
    /// Whether its logs are being looked up for a resume. While they are, nothing live is sent.
    pub syncing: bool,
}

/// A will, and the client and session it belongs to.
#[derive(Debug)]
pub(crate) struct Testament {
    pub will: Will,
    pub client: Arc<Client>,
    /// The session's id, so that No Local applies to the will too.
    pub session: u64,
}

/// A queued message.
#[derive(Debug)]
pub(crate) struct Queued {
    pub published: Arc<Published>,
    pub qos: Qos,
    pub retain: bool,
    pub identifiers: Vec<u32>,
}

impl Queued {
    /// Size in bytes that counts towards the queue limit.
    pub(crate) fn bytes(&self) -> usize {
        self.published.message.payload.len() + self.published.message.topic.len()
    }
}

/// The connection of a session, as publishers see it.
#[derive(Debug)]
pub(crate) struct Link {
    pub client: Arc<Client>,
    pub out: Vec<u8>,
    /// How many bytes of `out` are included in the broker-wide count.
    pub counted: usize,
    /// Bytes the task has taken from `out` and not written yet.
    pub writing: usize,
    /// Bytes reserved at the front of `out` for a WebSocket frame header.
    pub lead: usize,
    pub waker: Option<Waker>,
    /// The socket has accepted no data since this tick; the task is then woken by the socket, not by publishers.
    pub blocked: Option<u32>,
    /// How many ticks the client may be silent; 0 means no limit.
    pub silence: u32,
    pub close: Option<Close>,
    pub receive_maximum: u16,
    pub maximum_packet_size: u32,
    pub alias_maximum: u16,
    pub aliases: Vec<Arc<str>>,
    /// Logs and retained messages to feed to the client when there is room.
    pub work: VecDeque<Work>,
}

/// Why the broker ends a connection.
#[derive(Debug, Clone)]
pub(crate) struct Close {
    pub refusal: Refusal,
    pub will: bool,
}

/// Something that is fed to a client page by page.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    /// A log the session is behind in.
    Log(u32),
    /// Retained messages for a new subscription: those stored by `then` (see `Retained::now`), of topics after `after`.
    Retained { subscription: Box<Subscription>, then: u64, after: Option<Arc<str>> },
}

impl Session {
    pub(crate) fn new(key: SessionKey, id: u64) -> Self {
        Self {
            key,
            id,
            online: AtomicBool::new(false),
            heard: AtomicU32::new(0),
            alarm: AtomicU32::new(u32::MAX),
            state: Mutex::new(State::default()),
        }
    }

    /// Returns a sort key that keeps one account's sessions adjacent.
    pub(crate) fn order(&self) -> (u64, u64) {
        (self.key.account, self.id)
    }

    pub(crate) fn is_online(&self) -> bool {
        self.online.load(Ordering::Acquire)
    }

    /// Asks the connection, if there is one, to close.
    pub(crate) fn close(&self, close: Close) {
        self.close_if(&|_| true, close);
    }

    /// Asks the connection, if there is one, to close if `which` returns true for its client.
    pub(crate) fn close_if(&self, which: &dyn Fn(&Client) -> bool, close: Close) {
        let waker = {
            let mut state = self.state.lock();
            state.link.as_mut().filter(|link| which(&link.client)).and_then(|link| link.close(close))
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl State {
    /// Returns whether the session outlives its connection.
    pub(crate) fn is_persistent(&self) -> bool {
        self.expiry > 0
    }

    /// Records that the session itself published this log entry. Remembered only if it has a No Local subscription.
    pub(crate) fn sent(&mut self, log: u32, offset: u64) {
        if self.subscriptions.iter().any(|subscription| subscription.no_local) {
            if self.own.len() >= MOST_OWN {
                self.own.pop_front();
            }
            self.own.push_back((log, offset));
        }
    }

    /// Returns whether the session itself published this entry and must skip it. Forgets the entry, so it can be asked
    /// only once.
    pub(crate) fn is_own(&mut self, log: u32, offset: u64, grant: &Grant) -> bool {
        let place = if grant.own { None } else { self.own.iter().position(|own| *own == (log, offset)) };
        place.is_some_and(|place| self.own.remove(place).is_some())
    }

    /// Replaces the content of log entries that are held as messages, i.e. those delivered through a shared
    /// subscription.
    pub(crate) fn replace(&mut self, content: impl Fn(&Published) -> Option<Arc<Published>>) {
        let waiting = self.queue.iter_mut().map(|queued| &mut queued.published);
        for published in waiting.chain(self.window.messages_mut()).filter(|published| published.offset > 0) {
            if let Some(content) = content(published) {
                *published = content;
            }
        }
        self.queued_bytes = self.queue.iter().map(Queued::bytes).sum();
    }

    /// Returns the link if it still belongs to `connection`.
    pub(crate) fn link_of(&mut self, connection: u64) -> Option<&mut Link> {
        self.link.as_mut().filter(|link| link.client.connection == connection)
    }

    /// Makes the next save a complete one, because it is unknown what is stored.
    pub(crate) fn save_all(&mut self) {
        self.saved = Saved::default();
        self.cursors.save_all();
    }

    /// Returns what changed since the last save; `name` returns the topic of a log.
    pub(crate) fn take_change(&mut self, name: impl Fn(u32) -> Option<Arc<str>>) -> SessionChange {
        let header = SessionHeader {
            expiry: self.expiry,
            left: self.left,
            subscriptions: to_bytes(&self.subscriptions),
            received: self.received.clone(),
        };
        let (cursors, all_cursors) = self.cursors.take_unsaved();
        let cursors = cursors.into_iter().filter_map(|(log, acked)| Some((name(log)?, acked))).collect();
        SessionChange { header: self.saved.differs(&header).then_some(header), cursors, all_cursors }
    }
}

/// A digest of the header that was last saved, so that an unchanged one is not saved again.
#[derive(Debug, Default)]
pub(crate) struct Saved(Option<u64>);

impl Saved {
    /// Whether `header` differs from the last one, which it replaces.
    fn differs(&mut self, header: &SessionHeader) -> bool {
        let mut hasher = DefaultHasher::new();
        header.hash(&mut hasher);
        let digest = Some(hasher.finish());
        std::mem::replace(&mut self.0, digest) != digest
    }
}

impl Link {
    pub(crate) fn buffered(&self) -> usize {
        self.out.len() + self.writing
    }

    /// Requests that the connection close; returns the waker of its task.
    pub(crate) fn close(&mut self, close: Close) -> Option<Waker> {
        self.close.get_or_insert(close);
        self.waker.take()
    }

    /// Queues `log` to be fed unless it is already queued.
    pub(crate) fn add_log(&mut self, log: u32) {
        if !self.work.iter().any(|work| matches!(work, Work::Log(id) if *id == log)) {
            self.work.push_back(Work::Log(log));
        }
    }

    /// Returns the outgoing buffer, ready for appending.
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        if self.out.is_empty() && self.lead > 0 {
            self.out.resize(self.lead, 0);
        }
        &mut self.out
    }

    /// Appends an answer. One larger than the client accepts closes the connection instead [MQTT-3.1.2-24].
    pub(crate) fn answer(&mut self, encode: impl FnOnce(&mut Vec<u8>)) {
        let start = self.buffer().len();
        encode(&mut self.out);
        if self.out.len() - start > self.maximum_packet_size as usize {
            self.out.truncate(start);
            let refusal = Refusal::new(0x95, "the response is larger than the client accepts");
            self.close.get_or_insert(Close { refusal, will: true });
        }
    }

    /// Returns the waker of the task that should write the appended data, if publishers are to wake it.
    pub(crate) fn wake(&mut self) -> Option<Waker> {
        if self.blocked.is_some() { None } else { self.waker.take() }
    }
}
