//! The lease for serving a database: exclusive with the embedded broker, shared with an external one.

use std::time::Duration;

use anyhow::{Context, bail};

use crate::store::{Lease, Role, Store};

/// How long a server that has just ended may still appear to be running.
const PATIENCE: Duration = Duration::from_secs(10);
/// The delay between attempts to reach an unavailable database.
const RETRY: Duration = Duration::from_millis(500);

/// The lease for serving the database.
pub struct Serving {
    store: Store,
    role: Role,
    lease: Lease,
}

impl Serving {
    /// Acquires the lease, or fails with an explanation of why it cannot be had.
    pub async fn begin(store: &Store, role: Role) -> anyhow::Result<Self> {
        let unreachable = "cannot read from the database whether other servers are running";
        let mut lease = store.take_role(role, Duration::ZERO).await.context(unreachable)?;
        if lease.is_none() {
            tracing::info!("another server seems to be running; waiting a little, in case it has just ended");
            lease = store.take_role(role, PATIENCE).await.context(unreachable)?;
        }
        match lease {
            Some(lease) => Ok(Self { store: store.clone(), role, lease }),
            None => bail!("{}", explanation(role)),
        }
    }

    /// Keeps the lease across restarts of the database. Returns the reason once another server holds it.
    pub async fn keep(mut self) -> &'static str {
        loop {
            self.lease.lost().await;
            tracing::warn!("the lease was lost with the connection to the database; acquiring it again");
            self.lease = loop {
                match self.store.take_role(self.role, PATIENCE).await {
                    Ok(Some(lease)) => break lease,
                    Ok(None) => return explanation(self.role),
                    Err(error) => {
                        tracing::debug!(%error, "the database is unreachable");
                        tokio::time::sleep(RETRY).await;
                    }
                }
            };
        }
    }
}

fn explanation(role: Role) -> &'static str {
    match role {
        Role::AmongOthers => {
            "a server with an embedded broker uses this database, and cannot learn of other servers' commits in time; stop it, or give it the same --broker"
        }
        Role::Alone | Role::Publisher => {
            "another server uses this database. An embedded broker knows only its own clients: several servers on one \
             database need a common external broker, --broker URL for each"
        }
    }
}
