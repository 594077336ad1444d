//! Coordination with other servers on the same database.

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

/// Delay between two attempts to reach an unreachable database.
const RETRY: Duration = Duration::from_millis(500);

/// Delay between two checks whether the servers have confirmed.
const LOOK: Duration = Duration::from_millis(20);

/// How long to wait for the servers' external broker. If it is unreachable, it is updated later.
const BROKER: Duration = Duration::from_secs(2);

/// Whether the running servers have applied what another process committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmed {
    /// All of them have.
    ByServer,
    /// All of them have, but their external broker has not been updated yet: most likely it is unreachable.
    NotByBroker,
    /// No server is running.
    NoServer,
    /// At least one server has not confirmed in time.
    NotYet,
}

impl Database {
    /// Acquires a role; returns `None` if another server has held it for all of `patience`.
    pub async fn take_role(&self, role: Role, patience: Duration) -> Result<Option<Lease>, StoreError> {
        match self {
            Self::Sqlite(path) => lease::beside(path, role, patience).await,
            Self::Postgres(address) => postgres::lease::acquire(address, role, patience).await,
        }
    }
}

impl Store {
    /// Acquires a role; returns `None` if another server has held it for all of `patience`.
    pub async fn take_role(&self, role: Role, patience: Duration) -> Result<Option<Lease>, StoreError> {
        self.database.take_role(role, patience).await
    }

    /// Waits until every server on this database has applied what was committed before this call and, if they use an
    /// external broker, until that has been updated, too. `told` is the setting that records how far the broker has
    /// been updated.
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
        // Only PostgreSQL is shared by several servers. Rows of earlier servers on a SQLite file mean nothing.
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

    /// Confirms to a command line that this server has applied all changes before its question.
    pub async fn confirm(&self, question: i64) {
        let confirm = Confirm { server: self.name.clone(), question };
        if let Err(refused) = self.write(confirm).await {
            tracing::warn!(%refused, "cannot confirm a change to a waiting command");
        }
    }

    /// Waits, forever if need be, until this server becomes the one that publishes.
    pub async fn elected(&self) -> Lease {
        let mut told = false;
        loop {
            match self.take_role(Role::Publisher, Duration::MAX).await {
                Ok(Some(lease)) => return lease,
                Ok(None) => {}
                Err(error) if !told => {
                    tracing::warn!(%error, "cannot read from the database which server announces");
                    told = true;
                }
                Err(_) => {}
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Notifies other servers on this database of our commits, receives their notifications, and registers this server
    /// with them. Runs until cancelled.
    pub async fn meet_others(&self) {
        let Database::Postgres(address) = &self.database else { return std::future::pending().await };
        let told = AtomicBool::new(false);
        loop {
            let (jobs, heard) = (self.jobs.clone(), self.jobs.clone());
            // If the queue is full, what was received is processed with the next transaction.
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
                tracing::warn!(%error, "cannot listen for other servers' notifications; polling instead");
            }
            tokio::time::sleep(RETRY).await;
        }
    }

    /// Notifies the other servers that this one is about to stop.
    pub async fn leave_others(&self) {
        let Database::Postgres(address) = &self.database else { return };
        if let Err(error) = postgres::neighbours::leave(address, &self.name).await {
            tracing::debug!(%error, "cannot notify other servers of the shutdown");
        }
    }

    /// Returns the number of servers on this database that have been active within the last ten seconds.
    pub fn live_servers(&self) -> u32 {
        self.exchange.servers.load(Ordering::Relaxed).max(1)
    }
}

/// Asks every server to confirm that it has applied what was committed before; returns the question's number.
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

/// Records the confirmation of this server.
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
