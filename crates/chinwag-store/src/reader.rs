//! Reading: a small pool of read-only connections, used outside the async threads.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::sync::Semaphore;

use super::database::Database;
use super::error::StoreError;
use super::sql::{Connection, Tx};

/// Concurrent reads; further readers wait.
const CONNECTIONS: usize = 4;

/// The pool of read-only connections.
#[derive(Clone)]
pub struct Reader {
    database: Database,
    idle: Arc<Mutex<Vec<Box<dyn Connection>>>>,
    permits: Arc<Semaphore>,
}

impl Reader {
    pub(super) fn open(database: Database) -> Result<Self, StoreError> {
        let first = database.open_for_reading()?;
        Ok(Self {
            database,
            idle: Arc::new(Mutex::new(vec![first])),
            permits: Arc::new(Semaphore::new(CONNECTIONS)),
        })
    }

    /// Returns whether other servers can use this database at the same time.
    pub fn is_shared(&self) -> bool {
        matches!(self.database, Database::Postgres(_))
    }

    /// Runs `read` over one snapshot.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        mut read: impl FnMut(&mut dyn Tx) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let gone = || StoreError::Unavailable("the server is stopping".into());
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| gone())?;
        let (idle, database) = (Arc::clone(&self.idle), self.database.clone());
        tokio::task::spawn_blocking(move || {
            // Held until the work is done, even if the caller has stopped waiting. So there are never more connections
            // than permits.
            let _permit = permit;
            let kept = idle.lock().pop();
            let may_be_stale = kept.is_some();
            let mut connection = kept.map_or_else(|| database.open_for_reading(), Ok)?;
            let mut result = connection.get(&mut read);
            if connection.is_broken() && may_be_stale {
                // The database went away while the connection was idle; it may be back.
                connection = database.open_for_reading()?;
                result = connection.get(&mut read);
            }
            if !connection.is_broken() {
                idle.lock().push(connection);
            }
            result
        })
        .await
        .map_err(|_| gone())?
    }

    /// Closes the idle connections, outside the async threads.
    pub(super) async fn close(&self) {
        let idle = std::mem::take(&mut *self.idle.lock());
        let _ = tokio::task::spawn_blocking(move || drop(idle)).await;
    }
}
