//! Other servers on the same database.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chinwag_protocol::Refused;
use tokio::time::{Instant, sleep};

use super::batch::{Applied, Batch};
use super::change::Change;
use super::committer::Job;
use super::database::Database;
use super::error::StoreError;
use super::lease::{self, Lease, Role};
use super::postgres;
use super::sql::Param;
use super::store::Store;
use super::write::{Needs, Write};

/// Between two attempts to reach a database that is away.
const RETRY: Duration = Duration::from_millis(500);

/// Between two looks whether the servers have confirmed.
const LOOK: Duration = Duration::from_millis(20);

/// How long a broker of the servers' own is waited for. One that is out of reach is told later.
const BROKER: Duration = Duration::from_secs(2);

/// Whether the servers on a database know what was committed beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    /// All of them do.
    ByServer,
    /// All of them do, but the broker of their own has not been told yet: most likely it is out of reach.
    NotByBroker,
    /// There is none.
    NoServer,
    /// One has not said so in time.
    NotYet,
}

impl Database {
    /// Asks for a role until it is ours; `None` when another server has held it for all of `patience`.
    pub async fn take_role(&self, role: Role, patience: Duration) -> Result<Option<Lease>, StoreError> {
        match self {
            Self::Sqlite(path) => lease::beside(path, role, patience).await,
            Self::Postgres(address) => postgres::lease::acquire(address, role, patience).await,
        }
    }
}

impl Store {
    /// Asks for a role until it is ours; `None` when another server has held it for all of `patience`.
    pub async fn take_role(&self, role: Role, patience: Duration) -> Result<Option<Lease>, StoreError> {
        self.database.take_role(role, patience).await
    }

    /// Waits until every server on this database has taken up what was committed before this call; beside a broker of
    /// its own, until that broker has been told, too.
    pub async fn confirmed(
        &self,
        told: Option<&'static str>,
        patience: Duration,
    ) -> Result<Confirmed, Refused> {
        if self.take_role(Role::Alone, Duration::ZERO).await?.is_some() {
            return Ok(Confirmed::NoServer);
        }
        let question = self.write(Ask).await?;
        let until = Instant::now() + patience;
        // Several servers are on PostgreSQL only. What an earlier one on a file has left means nothing.
        let shared = self.reader().is_shared();
        loop {
            let (one, others) = self.reader().confirmed(question).await?;
            if one && !(others && shared) {
                break;
            }
            if Instant::now() >= until {
                return Ok(Confirmed::NotYet);
            }
            sleep(LOOK).await;
        }
        let Some(told) = told else { return Ok(Confirmed::ByServer) };
        let until = Instant::now() + BROKER;
        loop {
            let reached = self.reader().setting(told).await?.and_then(|told| told.parse::<i64>().ok());
            if reached.is_none_or(|reached| reached >= question) {
                return Ok(Confirmed::ByServer);
            }
            if Instant::now() >= until {
                return Ok(Confirmed::NotByBroker);
            }
            sleep(LOOK).await;
        }
    }

    /// Tells a command line that we have taken up what stood before its question.
    pub async fn confirm(&self, question: i64) {
        let confirm = Confirm { server: self.name.clone(), question };
        if let Err(refused) = self.write(confirm).await {
            tracing::warn!(%refused, "a command line waits in vain for a confirmation");
        }
    }

    /// Waits, for ever if need be, until this server is the one that publishes.
    pub async fn elected(&self) -> Lease {
        let mut told = false;
        loop {
            match self.take_role(Role::Publisher, Duration::MAX).await {
                Ok(Some(lease)) => return lease,
                Ok(None) => {}
                Err(error) if !told => {
                    tracing::warn!(%error, "the database cannot say who publishes");
                    told = true;
                }
                Err(_) => {}
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Wakes other servers on this database after our commits, is woken after theirs, and notes that this one is
    /// there. Until cancelled.
    pub async fn meet_others(&self) {
        let Database::Postgres(address) = &self.database else { return std::future::pending().await };
        let told = AtomicBool::new(false);
        loop {
            let (jobs, heard) = (self.jobs.clone(), self.jobs.clone());
            // Where the queue is full, what was heard is looked at after the transaction that comes next.
            let woken = move || drop(heard.try_send(Job::Heard));
            let joined = || {
                told.store(false, Ordering::Relaxed);
                self.exchange.miss();
                let _ = jobs.try_send(Job::Look(None));
            };
            let met = postgres::neighbours::meet(address, &self.name, &self.exchange, joined, woken).await;
            if let Err(error) = met
                && !told.swap(true, Ordering::Relaxed)
            {
                tracing::warn!(%error, "other servers are not heard; we look now and then");
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Tells the others that this server is about to end.
    pub async fn leave_others(&self) {
        let Database::Postgres(address) = &self.database else { return };
        if let Err(error) = postgres::neighbours::leave(address, &self.name).await {
            tracing::debug!(%error, "others are not told that this server ends");
        }
    }

    /// How many servers work on this database: those that have been heard of within ten seconds.
    pub fn live_servers(&self) -> u32 {
        self.exchange.servers.load(Ordering::Relaxed).max(1)
    }
}

/// Asks every server to confirm that it has taken up what was committed before; gives the question's number.
struct Ask;

impl Write for Ask {
    type Done = i64;

    fn kind(&self) -> &'static str {
        "question to all servers"
    }

    fn needs(&self) -> Needs {
        Needs::changes()
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<i64> {
        batch.enter_changes()?;
        let question = batch.followed.unwrap_or(batch.followed_before);
        batch.change(Change::Asked { question })?;
        Ok(Ok(question))
    }
}

/// This server confirms it.
struct Confirm {
    server: Arc<str>,
    question: i64,
}

impl Write for Confirm {
    type Done = ();

    fn kind(&self) -> &'static str {
        "confirmation of a server"
    }

    fn apply(&self, batch: &mut Batch<'_>) -> Applied<()> {
        batch.tx.execute(
            "INSERT INTO servers (id, version, started_at, seen_at, confirmed) VALUES ($1, $2, $3, $3, $4)
             ON CONFLICT (id) DO UPDATE SET confirmed = CASE WHEN servers.confirmed > excluded.confirmed
             THEN servers.confirmed ELSE excluded.confirmed END",
            &[
                Param::Text(&self.server),
                Param::Text(env!("CARGO_PKG_VERSION")),
                Param::Int(batch.now),
                Param::Int(self.question),
            ],
        )?;
        Ok(Ok(()))
    }
}
