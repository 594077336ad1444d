//! The choice of database, and how to connect to it.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::error::StoreError;
use super::postgres::{Address, Postgres};
use super::sql::Connection;
use super::sqlite::Sqlite;

/// A database.
#[derive(Clone)]
pub enum Database {
    /// A SQLite file; created if missing.
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
    /// Parses `sqlite:FILE` or `postgres://USER:PASSWORD@HOST/NAME`.
    pub fn parse(url: &str) -> Result<Self, StoreError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            let path = PathBuf::from(path.strip_prefix("//").unwrap_or(path));
            return Ok(Self::Sqlite(Arc::new(std::path::absolute(&path).unwrap_or(path))));
        }
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(Arc::new(Address::parse(url)?)));
        }
        Err(StoreError::Other("a database must be sqlite:FILE or postgres://USER:PASSWORD@HOST/NAME".into()))
    }

    /// Returns whether it is on a database server, which may be unreachable for a while.
    pub fn is_remote(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Returns whether it contains an installation, without creating anything. Blocks on the disk or the network.
    pub fn exists(&self) -> Result<bool, StoreError> {
        if let Self::Sqlite(path) = self
            && std::fs::metadata(&**path).map_or(true, |file| file.len() == 0)
        {
            return Ok(false);
        }
        let tables = match self {
            Self::Sqlite(_) => "SELECT 1 FROM sqlite_master WHERE name = 'accounts'",
            Self::Postgres(_) => {
                "SELECT 1 FROM information_schema.tables
                 WHERE table_schema = current_schema() AND table_name = 'accounts'"
            }
        };
        self.open_for_reading()?.get(|tx| tx.exists(tables, &[]))
    }

    /// Opens the connection of the committer; creates and migrates the database if necessary.
    pub(super) fn open(&self) -> Result<Box<dyn Connection>, StoreError> {
        Ok(match self {
            Self::Sqlite(path) => {
                if let Some(folder) = path.parent().filter(|folder| !folder.is_dir()) {
                    return Err(StoreError::Other(format!(
                        "there is no folder {}; create it first",
                        folder.display()
                    )));
                }
                Box::new(Sqlite::open(path)?)
            }
            Self::Postgres(address) => Box::new(Postgres::open(address)?),
        })
    }

    /// Opens a connection for reading.
    pub(super) fn open_for_reading(&self) -> Result<Box<dyn Connection>, StoreError> {
        Ok(match self {
            Self::Sqlite(path) => Box::new(Sqlite::open_read_only(path)?),
            Self::Postgres(address) => Box::new(Postgres::connect(address)?),
        })
    }
}
