//! Which database, and how to connect to it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::StoreError;
use super::postgres::{Address, Postgres};
use super::sql::Connection;
use super::sqlite::Sqlite;

/// A database.
#[derive(Clone)]
pub enum Database {
    /// A SQLite file; made if missing.
    Sqlite(Arc<PathBuf>),
    /// A PostgreSQL server.
    Postgres(Arc<Address>),
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(address) => f.write_str(&address.shown()),
        }
    }
}

impl Database {
    /// `sqlite:FILE`, or `postgres://USER:PASSWORD@HOST/NAME`.
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            return Ok(Self::Sqlite(Arc::new(path.strip_prefix("//").unwrap_or(path).into())));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(Arc::new(Address::parse(url)?)));
        }
        Err(StoreError::Other("a database is sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME".into()))
    }

    /// For the committer: made and migrated where needed.
    pub(super) fn open(&self) -> Result<Box<dyn Connection>, StoreError> {
        Ok(match self {
            Self::Sqlite(path) => Box::new(Sqlite::open(path)?),
            Self::Postgres(address) => Box::new(Postgres::open(address)?),
        })
    }

    /// For readers.
    pub(super) fn open_for_reading(&self) -> Result<Box<dyn Connection>, StoreError> {
        Ok(match self {
            Self::Sqlite(path) => Box::new(Sqlite::open_read_only(path)?),
            Self::Postgres(address) => Box::new(Postgres::connect(address)?),
        })
    }
}
