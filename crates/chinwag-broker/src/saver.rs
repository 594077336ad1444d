//! Saving sessions: whoever needs one saved waits for the next save, which takes all that gathered meanwhile.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::{Notify, oneshot};

use crate::session::Session;
use crate::{Refusal, SessionChange, SessionKey};

/// A session to save, or the key of one to forget.
#[derive(Debug)]
enum Task {
    Save(Arc<Session>),
    Forget(SessionKey),
}

#[derive(Debug, Default)]
struct Pending {
    tasks: Vec<Task>,
    /// What is to be forgotten with the next save, and what is being forgotten: it must not be loaded any more.
    forgetting: HashSet<SessionKey>,
    in_flight: HashSet<SessionKey>,
    waiting: Vec<oneshot::Sender<Result<(), Refusal>>>,
}

#[derive(Debug, Default)]
pub(crate) struct Saver {
    pending: Mutex<Pending>,
    /// Somebody waits: don't let the interval pass first.
    pub urgent: Notify,
}

/// One save.
#[derive(Debug)]
pub(crate) struct Batch {
    pub changes: Vec<(SessionKey, Option<SessionChange>)>,
    forgotten: Vec<SessionKey>,
    in_flight: HashSet<SessionKey>,
    sessions: Vec<Arc<Session>>,
    waiting: Vec<oneshot::Sender<Result<(), Refusal>>>,
}

impl Saver {
    /// With the next periodic save, unless it waits for one already. The caller holds the session's lock and
    /// has set its `dirty` flag, which this trusts to have been clear.
    pub(crate) fn mark(&self, session: &Arc<Session>) {
        self.pending.lock().tasks.push(Task::Save(Arc::clone(session)));
    }

    /// Saves now and waits until it is durable.
    pub(crate) async fn save(&self, session: &Arc<Session>) -> Result<(), Refusal> {
        self.wait(Task::Save(Arc::clone(session))).await
    }

    /// Forgets what is stored, and waits until that is durable.
    pub(crate) async fn forget(&self, key: SessionKey) -> Result<(), Refusal> {
        self.wait(Task::Forget(key)).await
    }

    /// Forgets what is stored, with the next save.
    pub(crate) fn forget_later(&self, key: SessionKey) {
        let mut pending = self.pending.lock();
        pending.forgetting.insert(key.clone());
        pending.tasks.push(Task::Forget(key));
    }

    /// Whether what is stored under this key is to be forgotten and isn't yet.
    pub(crate) fn is_forgetting(&self, key: &SessionKey) -> bool {
        let pending = self.pending.lock();
        pending.forgetting.contains(key) || pending.in_flight.contains(key)
    }

    async fn wait(&self, task: Task) -> Result<(), Refusal> {
        let (sender, receiver) = oneshot::channel();
        {
            let mut pending = self.pending.lock();
            if let Task::Forget(key) = &task {
                pending.forgetting.insert(key.clone());
            }
            pending.tasks.push(task);
            pending.waiting.push(sender);
        }
        self.urgent.notify_one();
        receiver
            .await
            .unwrap_or_else(|_| Err(Refusal { code: 0x88, reason: "the broker is going down".into() }))
    }

    /// Whether anyone waits.
    pub(crate) fn is_urgent(&self) -> bool {
        !self.pending.lock().waiting.is_empty()
    }

    /// Takes what gathered. Of several tasks for one key the last counts.
    pub(crate) fn take(&self, name: impl Fn(u32) -> Option<Arc<str>>) -> Option<Batch> {
        let (tasks, waiting, in_flight) = {
            let mut pending = self.pending.lock();
            let forgetting = std::mem::take(&mut pending.forgetting);
            pending.in_flight.extend(forgetting.iter().cloned());
            (std::mem::take(&mut pending.tasks), std::mem::take(&mut pending.waiting), forgetting)
        };
        if tasks.is_empty() && waiting.is_empty() {
            return None;
        }
        let mut latest: HashMap<SessionKey, Option<Arc<Session>>> = HashMap::new();
        for task in tasks {
            match task {
                Task::Save(session) => latest.insert(session.key.clone(), Some(session)),
                Task::Forget(key) => latest.insert(key, None),
            };
        }
        let mut batch = Batch {
            changes: Vec::with_capacity(latest.len()),
            forgotten: Vec::new(),
            in_flight,
            sessions: Vec::new(),
            waiting,
        };
        for (key, session) in latest {
            let Some(session) = session else {
                batch.forgotten.push(key.clone());
                batch.changes.push((key, None));
                continue;
            };
            let change = {
                let mut state = session.state.lock();
                state.dirty = false;
                // One that ended meanwhile has a Forget behind it, or never was stored.
                if state.dead {
                    continue;
                }
                let change = state.is_persistent().then(|| state.take_change(&name));
                let was_stored = std::mem::replace(&mut state.stored, change.is_some());
                if change.is_none() && was_stored {
                    state.save_all();
                    // It was to be kept once, and now ends with its connection.
                    batch.forgotten.push(key.clone());
                    batch.changes.push((key.clone(), None));
                }
                change
            };
            if let Some(change) = change {
                batch.changes.push((key, Some(change)));
                batch.sessions.push(session);
            }
        }
        Some(batch)
    }
}

impl Batch {
    /// Tells those who wait. After a failure the sessions wait for the next save.
    pub(crate) fn done(self, saver: &Saver, result: &Result<(), Refusal>) {
        if result.is_err() {
            for session in &self.sessions {
                let mut state = session.state.lock();
                state.save_all();
                if !std::mem::replace(&mut state.dirty, true) {
                    saver.mark(session);
                }
            }
        }
        {
            let mut pending = saver.pending.lock();
            let pending = &mut *pending;
            pending.in_flight.retain(|key| !self.in_flight.contains(key));
            if result.is_err() {
                // In front of what came since: a session of that name may have begun anew.
                pending.forgetting.extend(self.forgotten.iter().cloned());
                pending.tasks.splice(0..0, self.forgotten.into_iter().map(Task::Forget));
            }
        }
        for waiting in self.waiting {
            // Whoever waited may have gone.
            let _ = waiting.send(result.clone());
        }
    }
}
