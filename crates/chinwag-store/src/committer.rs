//! The committer: a thread of its own that combines queued writes into one transaction, and passes on what was
//! committed in commit order.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use chinwag_protocol::{Name, Refused};
use parking_lot::Mutex;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::apply::apply_all;
use super::batch::{Batch, Mark};
use super::change::Change;
use super::clock;
use super::committed::Committed;
use super::database::Database;
use super::error::StoreError;
use super::follow::{follow, heads};
use super::model::{AccountId, RoomKey};
use super::news::Exchange;
use super::pending::Pending;
use super::sql::{Connection, Param};
use super::view::View;

/// Maximum number of writes in one transaction: bounds how long the first of them waits for the last.
const BATCH: usize = 1_024;
/// Rows of the table `changes` that are kept for other processes to read.
const CHANGES_KEPT: i64 = 10_000;
/// How long a write waits for an unreachable database before it is refused.
const PATIENCE: Duration = Duration::from_secs(10);
/// Delay between two attempts to reach the database: at first, and at most.
const RETRY: Duration = Duration::from_millis(10);
const RETRY_MOST: Duration = Duration::from_millis(320);
/// Delay between two attempts while another server is in the way.
const YIELD: Duration = Duration::from_millis(5);
/// How often a conflicting batch is retried as a whole before its halves are tried separately, so that a single write
/// cannot hold up the others for long.
const CONFLICTS: u32 = 20;
/// Maximum number of cached account names; beyond it the cache is cleared.
const NAMES: usize = 100_000;
/// Delay between an erasure and its removal from the disk. Everything erased by then is removed together.
const ERASED_WITHIN: Duration = Duration::from_secs(10);
/// How often the heads of all rooms are compared, in case a server stopped before it notified the others.
const COMPARE: Duration = Duration::from_secs(5);

pub(super) enum Job {
    /// A write, with its reply.
    Write(Box<dyn Pending>),
    /// Look whether another process has committed, then notify the waiting caller, if there is one.
    Look(Option<oneshot::Sender<()>>),
    /// Another server has sent a notification.
    Heard,
    /// Prove that the database accepts writes.
    Prove,
    /// Finish what is queued, then end.
    Stop(oneshot::Sender<()>),
}

/// A callback that receives a duration.
pub type Observer = Box<dyn Fn(Duration) + Send + Sync>;

/// The committer's state that is visible from outside.
pub(super) struct Counters {
    pub commits: AtomicU64,
    pub events: AtomicU64,
    pub failures: AtomicU64,
    /// Receives the duration of each committed transaction.
    pub observer: OnceLock<Observer>,
    /// Since when the database has been unreachable.
    pub away: Mutex<Option<Instant>>,
    /// When the database last accepted a write.
    pub wrote: watch::Sender<Instant>,
    /// Cancelled when the committer has ended, for whatever reason.
    pub ended: CancellationToken,
}

impl Default for Counters {
    fn default() -> Self {
        Self {
            commits: AtomicU64::new(0),
            events: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            observer: OnceLock::new(),
            away: Mutex::new(None),
            wrote: watch::Sender::new(Instant::now()),
            ended: CancellationToken::new(),
        }
    }
}

impl Counters {
    /// Records that the database accepted a write.
    fn reached(&self) {
        self.wrote.send_replace(Instant::now());
        if let Some(since) = self.away.lock().take() {
            tracing::warn!(after = ?since.elapsed(), "the database is reachable again");
        }
    }

    fn missed(&self, why: &str) {
        let mut away = self.away.lock();
        if away.is_none() {
            tracing::warn!(why, "the database is unreachable; writes are waiting");
            *away = Some(Instant::now());
        }
    }
}

/// A transaction whose statements have all been executed.
pub(super) struct Done {
    batch: u64,
    committed: Committed,
    followed: i64,
    pruned: bool,
    repeats: bool,
    mark: Option<Mark>,
}

pub(super) struct Committer {
    pub database: Database,
    pub connection: Box<dyn Connection>,
    pub view: Arc<dyn View>,
    pub out: mpsc::Sender<Committed>,
    pub exchange: Arc<Exchange>,
    /// The last row of `changes` that has been read.
    pub followed: i64,
    pub names: HashMap<AccountId, Name>,
    /// Other processes may have written changes that have not been read.
    pub behind: bool,
    pub changes_since_prune: i64,
    pub heads_compared: Instant,
    /// The number of the current batch.
    pub batch: u64,
    /// Messages are being sent again: each is looked up before it is written.
    pub repeats: bool,
    /// For each room, the seq up to which all changes are known; see [`Batch::known_heads`].
    pub known_heads: HashMap<RoomKey, u64>,
    /// The next transaction begins by reading the changes of other processes.
    pub follow_first: bool,
    /// A transaction that may or may not have been committed, with its connection.
    pub in_doubt: Option<(String, Done)>,
    /// When erased content that may still be on disk was erased.
    pub erased: Option<Instant>,
    pub counters: Arc<Counters>,
}

impl Committer {
    pub fn run(mut self, mut queue: mpsc::Receiver<Job>) {
        // Also on a panic.
        let _ended = self.counters.ended.clone().drop_guard();
        let (mut batch, mut looking) = (Vec::new(), Vec::new());
        while let Some(first) = queue.blocking_recv() {
            let (mut stop, mut look, mut prove) = (None, false, false);
            let mut next = Some(first);
            while let Some(job) = next.take() {
                match job {
                    Job::Write(write) => batch.push(write),
                    Job::Look(waiting) => {
                        look = true;
                        looking.extend(waiting);
                    }
                    Job::Heard => {}
                    Job::Prove => prove = true,
                    Job::Stop(done) => stop = Some(done),
                }
                if batch.len() < BATCH && stop.is_none() {
                    next = queue.try_recv().ok();
                }
            }
            self.look(look);
            for waiting in looking.drain(..) {
                let _ = waiting.send(());
            }
            if !batch.is_empty() {
                self.commit(std::mem::take(&mut batch));
            } else if prove || self.counters.away.lock().is_some() {
                self.prove();
            }
            self.forget_erased();
            if let Some(done) = stop {
                let _ = done.send(());
                return;
            }
        }
    }

    /// Processes notifications from other servers and, if `all`, whatever other processes may have written.
    fn look(&mut self, all: bool) {
        let news = self.exchange.heard();
        if !all && news.is_empty() {
            return;
        }
        let compare = self.exchange.missed(all && self.heads_compared.elapsed() >= COMPARE);
        let looked = self.reconnect().and_then(|()| self.resolve()).and_then(|resolved| {
            if let Some(done) = resolved {
                let committed = self.finish(done);
                self.send(committed);
            }
            if all || news.changes {
                self.follow()?;
            }
            if compare {
                self.heads_compared = Instant::now();
                let heads = self.connection.get(heads)?;
                self.heads_advanced(heads);
            }
            Ok(())
        });
        if let Err(error) = looked {
            self.exchange.miss();
            self.counters.missed(&error.to_string());
        }
        self.heads_advanced(news.heads);
    }

    /// Finds out whether the database accepts writes. Being able to read is not enough: another process may hold the
    /// write lock, or the database server may have become a standby.
    fn prove(&mut self) {
        match self.reconnect().and_then(|()| self.connection.takes_writes()) {
            Ok(()) => self.counters.reached(),
            Err(error) => self.counters.missed(&error.to_string()),
        }
    }

    /// Passes on new heads of rooms, where they are larger than the known ones.
    fn heads_advanced(&mut self, heads: impl IntoIterator<Item = (RoomKey, u64)>) {
        let longer =
            |(room, seq): &(RoomKey, u64)| self.view.last_seq(*room).is_some_and(|known| known < *seq);
        let elsewhere: Vec<_> = heads.into_iter().filter(longer).collect();
        let foreign = Committed { elsewhere, ..Committed::default() };
        self.view.apply(&foreign);
        self.send(foreign);
    }

    /// Reads the directory changes of other processes.
    fn follow(&mut self) -> Result<(), StoreError> {
        // Asked again only after the changes that the last answer announced have been read.
        if !self.behind && !self.connection.others_may_have_written()? {
            return Ok(());
        }
        self.behind = true;
        let mut foreign = Committed::default();
        let mut followed = self.followed;
        self.connection.read(&mut |tx| {
            foreign = Committed::default();
            followed = follow(tx, self.followed, &mut foreign)?;
            Ok(())
        })?;
        (self.followed, self.behind) = (followed, false);
        self.forget_deleted(&foreign);
        self.view.apply(&foreign);
        self.send(foreign);
        Ok(())
    }

    /// Commits a batch and sends the replies. If it fails for a reason that may lie in one of its writes, each half is
    /// tried by itself, down to single writes: only the faulty one is refused, at the cost of a few transactions.
    fn commit(&mut self, mut batch: Vec<Box<dyn Pending>>) {
        match self.commit_all(&mut batch) {
            Ok(committed) => {
                batch.into_iter().for_each(|write| write.answer(Ok(())));
                self.send(committed);
            }
            Err(StoreError::Other(why) | StoreError::Conflict(why)) if batch.len() > 1 => {
                tracing::debug!(
                    writes = batch.len(),
                    why,
                    "a transaction failed; trying its halves separately"
                );
                let later = batch.split_off(batch.len() / 2);
                self.commit(batch);
                self.commit(later);
            }
            Err(error) => {
                self.counters.failures.fetch_add(1, Ordering::Relaxed);
                // What was to be written, without its content.
                let kinds: BTreeSet<&str> = batch.iter().map(|write| write.kind()).collect();
                tracing::error!(?kinds, writes = batch.len(), %error, "nothing was written");
                let refused = Refused::from(error);
                batch.into_iter().for_each(|write| write.answer(Err(refused.clone())));
            }
        }
    }

    /// Commits a batch in one transaction. Waits for an unreachable database; retries after a conflict with another
    /// server, and after a transaction in doubt once it is known not to have been committed.
    fn commit_all(&mut self, batch: &mut [Box<dyn Pending>]) -> Result<Committed, StoreError> {
        self.batch += 1;
        let since = batch.iter().map(|write| write.since()).min().unwrap_or_else(Instant::now);
        let (mut pause, mut following, mut conflicts) = (RETRY, false, 0);
        loop {
            let tried = self.attempt(batch);
            let waits = since.elapsed() < PATIENCE;
            match tried {
                Err(StoreError::Conflict(why)) if waits && conflicts < CONFLICTS => {
                    conflicts += 1;
                    tracing::debug!(why, "trying a transaction again");
                    // Most likely one of the messages is already stored. Otherwise another server is in the way.
                    let follows = self.follow_first && !std::mem::replace(&mut following, true);
                    if !follows && std::mem::replace(&mut self.repeats, true) {
                        thread::sleep(YIELD);
                    }
                }
                Err(StoreError::Unavailable(why)) => {
                    self.counters.missed(&why);
                    if !waits {
                        return Err(StoreError::Unavailable(why));
                    }
                    thread::sleep(pause);
                    pause = (2 * pause).min(RETRY_MOST);
                }
                Ok(done) => {
                    self.counters.reached();
                    return Ok(self.finish(done));
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn attempt(&mut self, batch: &mut [Box<dyn Pending>]) -> Result<Done, StoreError> {
        self.reconnect()?;
        match self.resolve()? {
            // The writes still hold their outcomes from that transaction.
            Some(done) if done.batch == self.batch => Ok(done),
            Some(done) => {
                // It belongs to an earlier batch, whose senders were told that the outcome is unknown. It is announced
                // now.
                let committed = self.finish(done);
                self.send(committed);
                self.transaction(batch)
            }
            None => self.transaction(batch),
        }
    }

    /// Resolves a transaction in doubt; returns its results if it was committed.
    fn resolve(&mut self) -> Result<Option<Done>, StoreError> {
        let Some((connection, done)) = &self.in_doubt else { return Ok(None) };
        self.connection.end_other(connection)?;
        let there = match &done.mark {
            Some(mark) => self.connection.get(|tx| mark.is_there(tx))?,
            // A transaction that leaves no mark can be repeated.
            None => false,
        };
        tracing::info!(committed = there, "the outcome of a transaction is now known");
        Ok(self.in_doubt.take().filter(|_| there).map(|(_, done)| done))
    }

    fn transaction(&mut self, writes: &mut [Box<dyn Pending>]) -> Result<Done, StoreError> {
        let mut committed = Committed::default();
        let pruned = self.changes_since_prune >= CHANGES_KEPT;
        if self.names.len() > NAMES {
            self.names.clear();
        }
        let (names, followed_before, look_first) = (&mut self.names, self.followed, self.repeats);
        let (known_heads, follow_first, view) = (&self.known_heads, &mut self.follow_first, &*self.view);
        let (mut followed, mut mark, mut repeats) = (None, None, false);
        let began = Instant::now();
        let ended = self.connection.write(&mut |tx| {
            (committed, followed, mark, repeats) = (Committed::default(), None, None, false);
            let now = clock::now();
            let mut batch = Batch {
                tx,
                view,
                now,
                sent_at: clock::rfc3339(now),
                names,
                followed: &mut followed,
                followed_before,
                known_heads,
                follow_first: &mut *follow_first,
                look_first,
                repeats: &mut repeats,
                committed: &mut committed,
                mark: &mut mark,
            };
            apply_all(&mut batch, writes)?;
            if pruned {
                let kept = [Param::Int(CHANGES_KEPT)];
                tx.execute("DELETE FROM changes WHERE id <= (SELECT max(id) FROM changes) - $1", &kept)?;
            }
            Ok(())
        });
        let followed = followed.unwrap_or(followed_before);
        let done = Done { batch: self.batch, committed, followed, pruned, repeats, mark };
        match ended {
            Ok(()) => {
                if let Some(observe) = self.counters.observer.get() {
                    observe(began.elapsed());
                }
                Ok(done)
            }
            Err(error) => {
                // Ids of accounts that were rolled back may be assigned again.
                self.names.clear();
                let StoreError::InDoubt { connection, why } = error else { return Err(error) };
                self.in_doubt = Some((connection, done));
                Err(StoreError::Unavailable(why))
            }
        }
    }

    /// Takes over the results of a commit; returns what is to be announced.
    fn finish(&mut self, done: Done) -> Committed {
        let Done { mut committed, followed, pruned, repeats, .. } = done;
        committed.at = Some(Instant::now());
        self.repeats = repeats;
        self.counters.commits.fetch_add(1, Ordering::Relaxed);
        self.counters.events.fetch_add(committed.events.len() as u64, Ordering::Relaxed);
        self.followed = followed;
        self.follow_first = false;
        for event in &committed.events {
            // Changes up to this event have been read, or are our own.
            let known = self.known_heads.entry(event.room).or_default();
            *known = event.seq.max(*known);
        }
        self.forget_deleted(&committed);
        self.changes_since_prune =
            if pruned { 0 } else { self.changes_since_prune } + committed.changes.len() as i64;
        if !committed.erased.is_empty() {
            self.erased.get_or_insert_with(Instant::now);
        }
        self.view.apply(&committed);
        self.exchange.ring(&committed);
        committed
    }

    /// Removes erased content from the disk some time after the erasure. The regular checks for commits of other
    /// processes wake the committer often enough.
    fn forget_erased(&mut self) {
        if self.erased.is_none_or(|since| since.elapsed() < ERASED_WITHIN) {
            return;
        }
        match self.connection.forget_erased() {
            Ok(true) => self.erased = None,
            // Readers are in the way; the next attempt may find none.
            Ok(false) => {}
            Err(error) => tracing::debug!(%error, "erased content is still on the disk"),
        }
    }

    /// Forgets deleted rooms, whose ids may be assigned again.
    fn forget_deleted(&mut self, committed: &Committed) {
        for change in &committed.changes {
            if let Change::RoomDeleted { room, .. } = change {
                self.known_heads.remove(room);
            }
        }
    }

    fn reconnect(&mut self) -> Result<(), StoreError> {
        if self.connection.is_broken() {
            self.connection = self.database.open()?;
        }
        Ok(())
    }

    fn send(&self, committed: Committed) {
        if !committed.is_empty() && self.out.blocking_send(committed).is_err() {
            tracing::debug!("commits are no longer received");
        }
    }
}
