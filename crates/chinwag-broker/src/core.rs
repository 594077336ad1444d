//! State shared by all connections of one broker.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::atomic::{AtomicIsize, AtomicU64, Ordering};
use std::sync::{Arc, Weak};

use parking_lot::{Mutex, RwLock};
use tokio::sync::watch;

use crate::alarms::Alarms;
use crate::clock::Clock;
use crate::gate::Gate;
use crate::logs::Logs;
use crate::refusals::Refusals;
use crate::retained::Retained;
use crate::router::Router;
use crate::saver::Saver;
use crate::session::{Close, Fanout, Session, State};
use crate::{Config, Handler, SessionKey};

/// Number of locks that serialize CONNECTs for the same session; a session's lock is chosen by its hash.
const ATTACH_LOCKS: usize = 64;

pub(crate) struct Core<H> {
    pub handler: Arc<H>,
    pub config: Config,
    pub sessions: Sessions,
    pub router: RwLock<Router>,
    pub retained: RwLock<Retained>,
    pub logs: Logs,
    pub clock: Clock,
    pub alarms: Alarms,
    pub saver: Saver,
    pub gate: Arc<Gate>,
    pub counters: Counters,
    pub refusals: Refusals,
    /// Bytes in all outgoing buffers. A task may write and subtract bytes before the publisher has added them, so this
    /// can be negative for a moment.
    pub buffered: AtomicIsize,
    pub stopping: watch::Sender<bool>,
    /// Sessions whose clients are offline, the longest offline first. This lock is taken after a session's.
    resting: Mutex<BTreeMap<u64, Weak<Session>>>,
    attach: Vec<tokio::sync::Mutex<()>>,
    next: AtomicU64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub connections: AtomicU64,
    pub accepted: AtomicU64,
    pub refused: AtomicU64,
    pub received: AtomicU64,
    pub delivered: AtomicU64,
    pub dropped: AtomicU64,
    pub skipped: AtomicU64,
}

impl<H: Handler> Core<H> {
    pub(crate) fn new(handler: Arc<H>, config: Config) -> Self {
        Self {
            handler,
            config,
            sessions: Sessions::default(),
            router: RwLock::default(),
            retained: RwLock::default(),
            logs: Logs::default(),
            clock: Clock::default(),
            alarms: Alarms::default(),
            saver: Saver::default(),
            gate: Arc::default(),
            counters: Counters::default(),
            refusals: Refusals::default(),
            buffered: AtomicIsize::new(0),
            stopping: watch::Sender::new(false),
            resting: Mutex::default(),
            attach: (0..ATTACH_LOCKS).map(|_| tokio::sync::Mutex::default()).collect(),
            next: AtomicU64::new(1),
        }
    }

    /// Returns a number that is unique in this process.
    pub(crate) fn unique(&self) -> u64 {
        self.next.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn attach_lock(&self, key: &SessionKey) -> &tokio::sync::Mutex<()> {
        use std::hash::{DefaultHasher, Hash, Hasher};
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        &self.attach[hasher.finish() as usize % ATTACH_LOCKS]
    }

    pub(crate) fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }

    pub(crate) fn fanout(&self) -> Fanout<'_> {
        Fanout {
            limits: &self.config.limits,
            now: self.clock.ticks(),
            full: self.buffered() >= self.config.limits.buffer_total,
            bytes: 0,
            delivered: 0,
            dropped: 0,
            skipped: 0,
            wakers: Vec::new(),
        }
    }

    /// Adds the results of a delivery round to the counters, and wakes the tasks concerned.
    pub(crate) fn finish(&self, fanout: Fanout<'_>) {
        if fanout.bytes > 0 {
            self.buffered.fetch_add(fanout.bytes as isize, Ordering::Relaxed);
        }
        if fanout.delivered > 0 {
            self.counters.delivered.fetch_add(fanout.delivered, Ordering::Relaxed);
        }
        if fanout.dropped > 0 {
            self.counters.dropped.fetch_add(fanout.dropped, Ordering::Relaxed);
        }
        if fanout.skipped > 0 {
            self.counters.skipped.fetch_add(fanout.skipped, Ordering::Relaxed);
        }
        for waker in fanout.wakers {
            waker.wake();
        }
    }

    pub(crate) fn buffered(&self) -> usize {
        self.buffered.load(Ordering::Relaxed).max(0) as usize
    }

    /// Subtracts bytes that left a buffer, either written or discarded with their connection.
    pub(crate) fn unbuffer(&self, bytes: usize) {
        if bytes > 0 {
            self.buffered.fetch_sub(bytes as isize, Ordering::Relaxed);
        }
    }

    /// Ends a session: see [`Core::end_session_if`].
    pub(crate) fn end_session(&self, session: &Arc<Session>, close: Option<Close>) {
        self.end_session_if(session, close, |_| true);
    }

    /// Removes a session from all collections and marks it dead, unless it has already ended or `still` returns false.
    /// Both are checked under the session's lock, so that no client can resume it meanwhile. Publishing its will, if
    /// any, is up to the caller.
    pub(crate) fn end_session_if(
        &self,
        session: &Arc<Session>,
        close: Option<Close>,
        still: impl FnOnce(&mut State) -> bool,
    ) -> bool {
        let (subscriptions, waker) = {
            let mut state = session.state.lock();
            if state.dead || !still(&mut state) {
                return false;
            }
            state.dead = true;
            self.wake_up(&mut state);
            state.queue.clear();
            if std::mem::take(&mut state.stored) {
                self.saver.forget_later(session.key.clone());
            }
            // Under the same lock: nothing more must be sent to a session that is no longer in `sessions`.
            let waker = close.zip(state.link.as_mut()).and_then(|(close, link)| link.close(close));
            (std::mem::take(&mut state.subscriptions), waker)
        };
        self.sessions.remove(session);
        if !subscriptions.is_empty() {
            let mut router = self.router.write();
            for subscription in &subscriptions {
                router.unsubscribe(session, subscription);
            }
        }
        if let Some(waker) = waker {
            waker.wake();
        }
        true
    }

    /// Keeps a session whose client has gone offline until it expires, or until too many other sessions have gone
    /// offline after it. In that case it is dropped from memory, and its stored state is kept.
    pub(crate) fn rest(self: &Arc<Self>, session: &Arc<Session>) {
        let mut evicted = Vec::new();
        {
            let mut state = session.state.lock();
            if state.dead || state.link.is_some() {
                return;
            }
            self.wake_up(&mut state);
            let number = self.unique();
            state.resting = Some(number);
            let mut resting = self.resting.lock();
            resting.insert(number, Arc::downgrade(session));
            while resting.len() > self.config.limits.offline_sessions {
                evicted.extend(resting.pop_first());
            }
        }
        for (number, session) in evicted {
            let Some(session) = session.upgrade() else { continue };
            let mut will = None;
            self.end_session_if(&session, None, |state| {
                // A session that was resumed or isn't saved yet stays in memory. The stored state of an evicted one is
                // kept.
                let goes = state.resting == Some(number) && !state.dirty;
                state.stored &= !goes;
                will = if goes { state.will.take() } else { None };
                goes
            });
            if let Some(testament) = will {
                self.publish_will(*testament);
            }
        }
    }

    /// Removes the session from the offline sessions.
    pub(crate) fn wake_up(&self, state: &mut State) {
        if let Some(number) = state.resting.take() {
            self.resting.lock().remove(&number);
        }
    }
}

type ByAccount = BTreeMap<(u64, Arc<str>), Arc<Session>>;

/// All sessions by account and client id.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<ByAccount>);

impl Sessions {
    pub(crate) fn len(&self) -> usize {
        self.0.lock().len()
    }

    pub(crate) fn get(&self, key: &SessionKey) -> Option<Arc<Session>> {
        self.0.lock().get(&(key.account, Arc::clone(&key.client_id))).cloned()
    }

    pub(crate) fn insert(&self, session: &Arc<Session>) {
        let key = (session.key.account, Arc::clone(&session.key.client_id));
        self.0.lock().insert(key, Arc::clone(session));
    }

    fn remove(&self, session: &Arc<Session>) {
        let key = (session.key.account, Arc::clone(&session.key.client_id));
        let mut all = self.0.lock();
        if all.get(&key).is_some_and(|found| Arc::ptr_eq(found, session)) {
            all.remove(&key);
        }
    }

    /// Returns the sessions of one account.
    pub(crate) fn of(&self, account: u64) -> Vec<Arc<Session>> {
        let start = Bound::Included((account, Arc::from("")));
        let all = self.0.lock();
        all.range((start, Bound::Unbounded))
            .take_while(|((owner, _), _)| *owner == account)
            .map(|(_, session)| Arc::clone(session))
            .collect()
    }

    pub(crate) fn all(&self) -> Vec<Arc<Session>> {
        self.0.lock().values().cloned().collect()
    }
}
