//! A session: what a client subscribes to, what is on its way to it, and its connection while it has one.
//!
//! All of it stands behind one short lock. Whoever publishes appends to the connection's outgoing buffer and
//! wakes its task; the task writes what has gathered. No lock is held across an await, and the router's lock is
//! taken before a session's, never after.

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
use crate::{Client, Qos, SessionChange, SessionHeader, SessionKey};

/// Most log entries of its own that a session remembers; of more, the first come back to it.
const MOST_OWN: usize = 1_000;

/// A session, connected or waiting for its client.
#[derive(Debug)]
pub(crate) struct Session {
    pub key: SessionKey,
    /// Unique in this process.
    pub id: u64,
    /// Whether there is a connection; changes under the lock, read without.
    pub online: AtomicBool,
    /// When the client was last heard, in the clock's ticks.
    pub heard: AtomicU32,
    /// The tick of the alarm that counts; `u32::MAX` if there is none. See `alarms.rs`.
    pub alarm: AtomicU32,
    pub state: Mutex<State>,
}

/// What changes about a session.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub link: Option<Link>,
    pub subscriptions: Vec<Subscription>,
    pub window: Window,
    pub cursors: Cursors,
    /// Messages of topics without a log that wait for the window or for the client to come back.
    pub queue: VecDeque<Queued>,
    pub queued_bytes: usize,
    /// Log entries that it sent itself and has yet to pass, where a subscription of its wants none of those (No Local).
    pub own: VecDeque<(u32, u64)>,
    /// Packet ids of QoS 2 publishes whose outcome is not known yet. Not saved: see `decide`.
    pub receiving: Vec<u16>,
    /// Packet ids of QoS 2 publishes received, PUBREL outstanding.
    pub received: Vec<u16>,
    /// Seconds it outlives its connection.
    pub expiry: u32,
    pub will: Option<Box<Testament>>,
    /// The tick at which the will of a client that is gone is due.
    pub will_due: Option<u32>,
    /// The tick at which it ends if nobody comes back to it.
    pub ends: Option<u32>,
    /// Its number among the sessions whose clients have gone.
    pub resting: Option<u64>,
    /// When its client left, in seconds since 1970.
    pub left: Option<u64>,
    /// The latest connection, live or gone.
    pub last: u64,
    /// It has ended; whoever still holds it must not use it.
    pub dead: bool,
    /// Something is stored for it.
    pub stored: bool,
    /// It waits to be saved.
    pub dirty: bool,
    /// What was saved of it last.
    pub saved: Saved,
    /// Its logs are being looked up for a resume: nothing live is sent.
    pub syncing: bool,
}

/// A will and whose it is.
#[derive(Debug)]
pub(crate) struct Testament {
    pub will: Will,
    pub client: Arc<Client>,
    /// The session's number: no-local keeps it from its own will.
    pub session: u64,
}

/// A message that waits.
#[derive(Debug)]
pub(crate) struct Queued {
    pub published: Arc<Published>,
    pub qos: Qos,
    pub retain: bool,
    pub identifiers: Vec<u32>,
}

impl Queued {
    /// What it counts for.
    pub(crate) fn bytes(&self) -> usize {
        self.published.message.payload.len() + self.published.message.topic.len()
    }
}

/// The connection of a session, as those who publish to it see it.
#[derive(Debug)]
pub(crate) struct Link {
    pub client: Arc<Client>,
    pub out: Vec<u8>,
    /// How many of its bytes the broker-wide count has, too.
    pub counted: usize,
    /// Bytes the task has taken from `out` and not yet written.
    pub writing: usize,
    /// Room left at the front of `out` for a WebSocket frame header.
    pub lead: usize,
    pub waker: Option<Waker>,
    /// The socket has taken no more since this tick: the task is woken by it, not by us.
    pub blocked: Option<u32>,
    /// How many ticks the client may be silent; 0 is for ever.
    pub silence: u32,
    pub close: Option<Close>,
    pub receive_maximum: u16,
    pub maximum_packet_size: u32,
    pub alias_maximum: u16,
    pub aliases: Vec<Arc<str>>,
    /// What is to be fed to the client when it has room.
    pub work: VecDeque<Work>,
}

/// Why the broker ends a connection.
#[derive(Debug, Clone)]
pub(crate) struct Close {
    pub code: u8,
    pub reason: Arc<str>,
    pub will: bool,
}

/// Something that is fed to a client page by page.
#[derive(Debug, Clone)]
pub(crate) enum Work {
    /// A log it is behind in.
    Log(u32),
    /// Retained messages for a new subscription: those of `then`, of topics after `after`.
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

    /// A key that keeps one account's sessions together.
    pub(crate) fn order(&self) -> (u64, u64) {
        (self.key.account, self.id)
    }

    pub(crate) fn is_online(&self) -> bool {
        self.online.load(Ordering::Acquire)
    }

    /// Asks the connection, if there is one, to end.
    pub(crate) fn close(&self, close: Close) {
        self.close_if(&|_| true, close);
    }

    /// The same, if it is one of those that `which` means.
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
    /// Whether it outlives its connection.
    pub(crate) fn is_persistent(&self) -> bool {
        self.expiry > 0
    }

    /// This entry of a log is its own. It is remembered if a subscription asks for that.
    pub(crate) fn sent(&mut self, log: u32, offset: u64) {
        if self.subscriptions.iter().any(|subscription| subscription.no_local) {
            if self.own.len() >= MOST_OWN {
                self.own.pop_front();
            }
            self.own.push_back((log, offset));
        }
    }

    /// Whether this entry is its own and is to be passed over; only asked once.
    pub(crate) fn is_own(&mut self, log: u32, offset: u64, grant: &Grant) -> bool {
        let place = if grant.own { None } else { self.own.iter().position(|own| *own == (log, offset)) };
        place.is_some_and(|place| self.own.remove(place).is_some())
    }

    /// Replaces the content of log entries that are kept as messages: those that came by a shared subscription.
    pub(crate) fn replace(&mut self, content: impl Fn(&Published) -> Option<Arc<Published>>) {
        let waiting = self.queue.iter_mut().map(|queued| &mut queued.published);
        for published in waiting.chain(self.window.messages_mut()).filter(|published| published.offset > 0) {
            if let Some(content) = content(published) {
                *published = content;
            }
        }
        self.queued_bytes = self.queue.iter().map(Queued::bytes).sum();
    }

    /// The link, if it is still that of `connection`.
    pub(crate) fn link_of(&mut self, connection: u64) -> Option<&mut Link> {
        self.link.as_mut().filter(|link| link.client.connection == connection)
    }

    /// The next save has all of it: what is stored is not known.
    pub(crate) fn save_all(&mut self) {
        self.saved = Saved::default();
        self.cursors.save_all();
    }

    /// Takes what changed since it was last saved; `name` gives a log's topic by its number.
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

/// Which header of a session was last saved, to save it again only if it is another.
#[derive(Debug, Default)]
pub(crate) struct Saved(Option<u64>);

impl Saved {
    /// Whether `header` is not the one that was saved last; it is from now on.
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

    /// The connection is to end; whom to wake for that.
    pub(crate) fn close(&mut self, close: Close) -> Option<Waker> {
        self.close.get_or_insert(close);
        self.waker.take()
    }

    /// Puts `work` in line unless it stands there already.
    pub(crate) fn add_log(&mut self, log: u32) {
        if !self.work.iter().any(|work| matches!(work, Work::Log(id) if *id == log)) {
            self.work.push_back(Work::Log(log));
        }
    }

    /// The outgoing buffer, ready to append to.
    pub(crate) fn buffer(&mut self) -> &mut Vec<u8> {
        if self.out.is_empty() && self.lead > 0 {
            self.out.resize(self.lead, 0);
        }
        &mut self.out
    }

    /// Appends an answer; one larger than the client takes ends the connection instead [MQTT-3.1.2-24].
    pub(crate) fn answer(&mut self, encode: impl FnOnce(&mut Vec<u8>)) {
        let start = self.buffer().len();
        encode(&mut self.out);
        if self.out.len() - start > self.maximum_packet_size as usize {
            self.out.truncate(start);
            let reason = "the answer is larger than the client takes".into();
            self.close.get_or_insert(Close { code: 0x95, reason, will: true });
        }
    }

    /// The waker of a task that should look at what was appended.
    pub(crate) fn wake(&mut self) -> Option<Waker> {
        if self.blocked.is_some() { None } else { self.waker.take() }
    }
}
