//! Other servers on the same database.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::committer::Job;
use super::database::Database;
use super::lease::{self, Lease, Role};
use super::postgres;
use super::{Store, StoreError};

/// Between two attempts to reach a database that is away.
const RETRY: Duration = Duration::from_millis(500);

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
        let Database::Postgres(address) = &self.database else { return };
        let told = AtomicBool::new(false);
        loop {
            let (jobs, heard) = (self.jobs.clone(), self.jobs.clone());
            // Where the queue is full, what was heard is looked at after the transaction that comes next.
            let woken = move || drop(heard.try_send(Job::Heard));
            let joined = || {
                told.store(false, Ordering::Relaxed);
                self.bell.miss();
                let _ = jobs.try_send(Job::Look(None));
            };
            let met = postgres::neighbours::meet(address, &self.name, &self.bell, joined, woken).await;
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
        self.bell.servers.load(Ordering::Relaxed).max(1)
    }
}
