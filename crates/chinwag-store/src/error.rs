//! What can go wrong with a database.

use chinwag_protocol::{ErrorCode, Refused};

/// The database did not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk or the quota is full.
    #[error("the disk is full")]
    Full,
    /// Stopping, or out of reach.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The connection broke in a transaction: nobody knows yet whether it was committed.
    #[error("the database is not available: {why}")]
    InDoubt {
        /// Whose transaction it was, for [`Connection::end_other`](super::sql::Connection::end_other).
        connection: String,
        /// What broke.
        why: String,
    },
    /// Something is there already, or another server was in the way; the same transaction may well succeed now.
    #[error("something was in the way: {0}")]
    Conflict(String),
    /// Anything else: a fault of ours or of the file's.
    #[error("database: {0}")]
    Other(String),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        // The words of a database are for the log, not for whoever asked.
        let code = match error {
            StoreError::Full => ErrorCode::StorageFull,
            StoreError::Unavailable(_) | StoreError::InDoubt { .. } | StoreError::Conflict(_) => {
                ErrorCode::Unavailable
            }
            StoreError::Other(_) => ErrorCode::Internal,
        };
        tracing::error!(%error, "the database refused");
        code.into()
    }
}
