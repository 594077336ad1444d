//! The errors of a database.

use chinwag_protocol::{ErrorCode, Refused};

/// A database operation failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The disk or the quota is full.
    #[error("the disk is full")]
    Full,
    /// The server is stopping, or the database is unreachable.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// The connection broke during a transaction: it is not known yet whether that was committed.
    #[error("the database is not available: {why}")]
    InDoubt {
        /// The connection of the transaction, for [`Connection::end_other`](super::sql::Connection::end_other).
        connection: String,
        /// The error that broke the connection.
        why: String,
    },
    /// Something already exists, or another server was in the way; the same transaction may well succeed now.
    #[error("a conflict: {0}")]
    Conflict(String),
    /// Any other error: a bug or a damaged database.
    #[error("database: {0}")]
    Other(String),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        // A database's error messages are for the log, not for the caller.
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
