//! Leases: roles that only one server may hold at a time, or that exclude other servers.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::error::StoreError;

/// A role of a server among the servers on one database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Publishes committed events on an external broker; held by one server at a time.
    Publisher,
    /// Serves exclusively: no other server does.
    Alone,
    /// Serves, as other servers with this role may.
    AmongOthers,
}

/// A held role. It ends when this is dropped, or when the database gives the role to another server.
#[derive(Debug)]
pub struct Lease {
    lost: CancellationToken,
    _held: Held,
}

#[derive(Debug)]
enum Held {
    /// By a session on a database server.
    Session(#[expect(dead_code, reason = "held, not used")] AbortOnDropHandle<()>),
    /// By a lock on a file.
    File(#[expect(dead_code, reason = "held, not used")] File),
    /// Unconditionally: no other server can hold it.
    Always,
}

impl Lease {
    /// Returns when the lease is lost: the role must not be used after that, but may be acquired again.
    pub async fn lost(&self) {
        self.lost.cancelled().await;
    }

    /// Returns whether the role is still held.
    pub fn is_held(&self) -> bool {
        !self.lost.is_cancelled()
    }

    pub(super) fn kept_by(keeper: AbortOnDropHandle<()>, lost: CancellationToken) -> Self {
        Self { lost, _held: Held::Session(keeper) }
    }
}

/// Acquires a role on a SQLite file. A lock file beside it admits one server at a time, and that one publishes. Returns
/// `None` if another server holds the lock for all of `patience`.
pub(super) async fn beside(
    database: &Path,
    role: Role,
    patience: Duration,
) -> Result<Option<Lease>, StoreError> {
    let lost = CancellationToken::new();
    if role == Role::Publisher {
        return Ok(Some(Lease { lost, _held: Held::Always }));
    }
    let failed =
        |error: std::io::Error| StoreError::Other(format!("the lock file next to the database: {error}"));
    let mut path = database.as_os_str().to_owned();
    path.push(".lock");
    let file = File::create(path).map_err(failed)?;
    let until = Instant::now().checked_add(patience);
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Some(Lease { lost, _held: Held::File(file) })),
            Err(TryLockError::WouldBlock) if until.is_some_and(|until| Instant::now() >= until) => {
                return Ok(None);
            }
            Err(TryLockError::WouldBlock) => tokio::time::sleep(Duration::from_millis(300)).await,
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
    }
}
