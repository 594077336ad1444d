//! What only one server may be at a time, or what it must know that no other is.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::error::StoreError;

/// What a server holds beside others on one database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Publishes what was committed on an external broker: one at a time.
    Publisher,
    /// Serves, and nobody else does.
    Alone,
    /// Serves, and so may others of this kind.
    AmongOthers,
}

/// A role, while it is held: until this is dropped, or the database gave it to somebody else.
#[derive(Debug)]
pub struct Lease {
    lost: CancellationToken,
    _held: Held,
}

#[derive(Debug)]
enum Held {
    /// By a session with a database server.
    Session(#[expect(dead_code, reason = "held, not used")] AbortOnDropHandle<()>),
    /// By a lock on a file.
    File(#[expect(dead_code, reason = "held, not used")] File),
    /// Nobody else can have it.
    Always,
}

impl Lease {
    /// Returns when the role is ours no longer: it must not be used then. A new one may be asked for.
    pub async fn lost(&self) {
        self.lost.cancelled().await;
    }

    /// Is it ours still?
    pub fn is_held(&self) -> bool {
        !self.lost.is_cancelled()
    }

    pub(super) fn kept_by(keeper: AbortOnDropHandle<()>, lost: CancellationToken) -> Self {
        Self { lost, _held: Held::Session(keeper) }
    }
}

/// For a SQLite file: one server at a time by a lock beside it, and that one publishes.
pub(super) async fn beside(
    database: &Path,
    role: Role,
    patience: Duration,
) -> Result<Option<Lease>, StoreError> {
    let lost = CancellationToken::new();
    if role == Role::Publisher {
        return Ok(Some(Lease { lost, _held: Held::Always }));
    }
    let failed = |error: std::io::Error| StoreError::Other(format!("the lock beside the database: {error}"));
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
