//! The open database, as the rest of the server uses it.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::{Duration, Instant};

use chinwag_protocol::Refused;
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot};

use super::act::{Acted, Action};
use super::committed::Committed;
use super::committer::{Committer, Counters, Job, Observer};
use super::database::Database;
use super::error::StoreError;
use super::follow::last_change;
use super::news::Exchange;
use super::pending::{self, Pending};
use super::reader::Reader;
use super::view::{Contents, View};
use super::write::{Reply, Write};
use super::{Permission, bootstrap};

/// Capacity of the committer's queue; when it is full, callers that want to write wait.
const QUEUE: usize = 4_096;
/// A write no older than this shows that the database accepts writes.
const FRESH: Duration = Duration::from_secs(1);
/// How long to wait for proof that the database accepts writes.
const SIGN: Duration = Duration::from_secs(2);
/// How long to wait for that proof before the committer is asked again.
const AGAIN: Duration = Duration::from_secs(10);
/// Transactions that may be committed but not yet fanned out.
const AHEAD: usize = 64;

/// The open database.
#[derive(Clone)]
pub struct Store {
    pub(super) database: Database,
    pub(super) jobs: mpsc::Sender<Job>,
    pub(super) exchange: Arc<Exchange>,
    /// The name by which other servers on the same database know this one.
    pub(super) name: Arc<str>,
    reader: Reader,
    counters: Arc<Counters>,
    /// When the committer was last asked to prove that it can write.
    proving: Arc<Mutex<Option<Instant>>>,
    broker_secret: Arc<str>,
}

/// Statistics for the metrics.
#[derive(Debug, Clone, Copy)]
pub struct StoreStats {
    /// Writes waiting for the committer.
    pub queued: u64,
    /// Transactions committed.
    pub commits: u64,
    /// Events committed.
    pub events: u64,
    /// Transactions that failed.
    pub failures: u64,
    /// How long the database has been unreachable; `None` while it is reachable.
    pub away: Option<Duration>,
}

impl Store {
    /// Opens the database, loads the view and starts the committer. The receiver yields everything committed from now
    /// on, by this or another process, in commit order. Blocks on the disk or the network, so don't call it on an async
    /// thread.
    pub fn open(
        database: Database,
        view: Arc<dyn View>,
    ) -> Result<(Self, mpsc::Receiver<Committed>), StoreError> {
        let mut connection = database.open()?;
        connection.read(&mut super::transfer::check)?;
        bootstrap::ensure_general(connection.as_mut())?;
        let broker_secret = bootstrap::ensure_broker_secret(connection.as_mut())?.into();
        let mut followed = 0;
        connection.others_may_have_written()?;
        connection.read(&mut |tx| {
            view.load(Contents::read(tx)?);
            followed = last_change(tx)?;
            Ok(())
        })?;
        let reader = Reader::open(database.clone())?;
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (out, committed) = mpsc::channel(AHEAD);
        let (exchange, counters) = (Arc::<Exchange>::default(), Arc::<Counters>::default());
        let committer = Committer {
            database: database.clone(),
            connection,
            view,
            out,
            exchange: Arc::clone(&exchange),
            followed,
            names: HashMap::new(),
            behind: false,
            changes_since_prune: 0,
            heads_compared: Instant::now(),
            batch: 0,
            repeats: false,
            known_heads: HashMap::new(),
            follow_first: false,
            in_doubt: None,
            // A server that stopped earlier may have left erased content on disk.
            erased: Some(Instant::now()),
            counters: Arc::clone(&counters),
        };
        thread::Builder::new()
            .name("committer".into())
            .spawn(move || committer.run(queue))
            .map_err(|error| StoreError::Other(error.to_string()))?;
        let name = uuid::Uuid::new_v4().simple().to_string().into();
        let proving = Arc::default();
        let store = Self { database, jobs, exchange, name, reader, counters, proving, broker_secret };
        Ok((store, committed))
    }

    async fn queue(&self, pending: Box<dyn Pending>) {
        if let Err(mpsc::error::SendError(Job::Write(pending))) = self.jobs.send(Job::Write(pending)).await {
            pending.answer(Err(StoreError::Unavailable("the server is stopping".into()).into()));
        }
    }

    /// Queues a write; `reply` is called once the write is on disk or has been refused. Waits only while the queue is
    /// full. Writes queued by one caller are committed in the order of its calls.
    pub async fn submit<W: Write>(&self, write: W, reply: Reply<W::Done>) {
        self.queue(pending::write(write, reply)).await;
    }

    /// Performs a write and waits until it is on disk.
    pub async fn write<W: Write>(&self, write: W) -> Result<W::Done, Refused> {
        let (reply, written) = oneshot::channel();
        self.submit(write, Box::new(move |result| drop(reply.send(result)))).await;
        written.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the committer ended".into()).into()))
    }

    /// Queues an act; `reply` is called once it is on disk or has been refused. Otherwise like [`Store::submit`].
    pub async fn submit_action(&self, action: Action, reply: Reply<Acted>) {
        self.queue(pending::act(action, reply)).await;
    }

    /// Performs the permitted act and waits until it is on disk.
    pub async fn act(&self, permission: impl Permission) -> Result<Acted, Refused> {
        self.act_as(Action::new(permission)).await
    }

    /// Performs an act and waits until it is on disk.
    pub async fn act_as(&self, action: Action) -> Result<Acted, Refused> {
        let (reply, acted) = oneshot::channel();
        self.submit_action(action, Box::new(move |result| drop(reply.send(result)))).await;
        acted.await.unwrap_or_else(|_| Err(StoreError::Unavailable("the committer ended".into()).into()))
    }

    /// Returns the pool of read-only connections.
    pub fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Returns the secret from which the accounts' keys for the broker and the key of signed addresses are derived.
    pub fn broker_secret(&self) -> &str {
        &self.broker_secret
    }

    /// Sets the observer of transaction durations. Only the first call has an effect.
    pub fn observe_commits(&self, observer: Observer) {
        // A second observer is ignored.
        let _ = self.counters.observer.set(observer);
    }

    /// Returns the size of the database in bytes.
    pub async fn bytes(&self) -> Result<u64, StoreError> {
        if let Database::Sqlite(path) = &self.database {
            let mut log = path.as_os_str().to_owned();
            log.push("-wal");
            let length = async |path: &Path| tokio::fs::metadata(path).await.map_or(0, |file| file.len());
            return Ok(length(path).await + length(Path::new(&log)).await);
        }
        let asked = "SELECT pg_database_size(current_database())";
        let bytes = self.reader.run(move |tx| tx.one(asked, &[], |row| row.int(0))).await?;
        Ok(bytes.unsigned_abs())
    }

    /// Returns the statistics for the metrics.
    pub fn stats(&self) -> StoreStats {
        let Counters { commits, events, failures, away, .. } = &*self.counters;
        StoreStats {
            queued: (self.jobs.max_capacity() - self.jobs.capacity()) as u64,
            commits: commits.load(Ordering::Relaxed),
            events: events.load(Ordering::Relaxed),
            failures: failures.load(Ordering::Relaxed),
            away: away.lock().map(|since| since.elapsed()),
        }
    }

    /// Returns when the committer has ended: nothing can be written any more.
    pub async fn ended(&self) {
        self.counters.ended.cancelled().await;
    }

    /// Checks whether the database accepts writes; the error says why not. However many callers ask, the committer gets
    /// one request at a time, and none if it has just written.
    pub async fn takes_writes(&self) -> Result<(), String> {
        if self.counters.ended.is_cancelled() {
            return Err("the committer has ended; the server has to be restarted".into());
        }
        if let Some(since) = *self.counters.away.lock() {
            return Err(format!(
                "the database has been unreachable for {} s; writes are waiting",
                since.elapsed().as_secs()
            ));
        }
        let mut wrote = self.counters.wrote.subscribe();
        let last = *wrote.borrow();
        if last.elapsed() < FRESH {
            return Ok(());
        }
        let asked = self.ask_for_sign(last);
        let sign = wrote.wait_for(|at| *at > asked);
        match tokio::time::timeout(SIGN.saturating_sub(asked.elapsed()), sign).await {
            Ok(Ok(_)) => Ok(()),
            _ => Err("the database does not accept writes; they are waiting".into()),
        }
    }

    /// Asks the committer to prove that it can write, unless it has been asked since the `last` write. Returns when it
    /// was asked.
    fn ask_for_sign(&self, last: Instant) -> Instant {
        let mut proving = self.proving.lock();
        let asked = proving.filter(|asked| *asked > last && asked.elapsed() < AGAIN).unwrap_or_else(|| {
            // If the queue is full, the writes in it will prove the same.
            let _ = self.jobs.try_send(Job::Prove);
            Instant::now()
        });
        *proving = Some(asked);
        asked
    }

    /// Asks the committer to look for commits of other processes. Called a few times a second.
    pub fn look(&self) {
        // If the queue is full, the transactions in it do the same check.
        let _ = self.jobs.try_send(Job::Look(None));
    }

    /// Looks for commits of other processes now: on return, the directory includes everything they committed before
    /// this call.
    pub async fn refresh(&self) {
        let (done, looked) = oneshot::channel();
        if self.jobs.send(Job::Look(Some(done))).await.is_ok() {
            let _ = looked.await;
        }
    }

    /// Commits what is queued and ends the committer.
    pub async fn stop(&self) {
        // Readers first: the last connection to close a SQLite file cleans up its write-ahead log, and a reader can't
        // do that.
        self.reader.close().await;
        let (done, stopped) = oneshot::channel();
        if self.jobs.send(Job::Stop(done)).await.is_ok() {
            let _ = stopped.await;
        }
    }
}
