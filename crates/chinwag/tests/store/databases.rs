//! Empty databases of each kind, and stores on them.

use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chinwag::access::{Permit, Rule, operator};
use chinwag::directory::Directory;
use chinwag::store::{self, AccountId, Committed, Database, Key, RoomKey, Say, View};
use chinwag_journeys::Postgres;
use chinwag_protocol::Send;
use tokio::sync::mpsc;

/// Returns a new SQLite file.
pub fn sqlite() -> Database {
    let folder = tempfile::Builder::new().prefix("chinwag-sqlite-").tempdir().unwrap().keep();
    Database::parse(&format!("sqlite:{}", folder.join("chinwag.db").display())).unwrap()
}

/// Returns a new database on a PostgreSQL server.
pub fn postgres(server: &Postgres) -> Database {
    Database::parse(&server.database().unwrap()).unwrap()
}

/// A store with a directory, as in the server.
#[derive(Clone)]
pub struct Store {
    store: store::Store,
    directory: Arc<Directory>,
}

impl Deref for Store {
    type Target = store::Store;

    fn deref(&self) -> &store::Store {
        &self.store
    }
}

impl Store {
    /// Opens a database; blocks on disk or network.
    pub fn open(database: Database) -> Result<(Self, mpsc::Receiver<Committed>), store::StoreError> {
        let directory = Arc::<Directory>::default();
        let view: Arc<dyn View> = directory.clone();
        let (store, commits) = store::Store::open(database, view)?;
        Ok((Self { store, directory }, commits))
    }

    /// Returns the permission by which the operator may act as `account`.
    pub fn permit<A: Rule>(&self, account: AccountId, room: RoomKey, act: A) -> Permit<A> {
        operator(&self.directory, account, room, act)
    }

    /// Returns the operator's permission to send a message.
    pub fn saying(&self, voice: Voice, send: Send, key: Key) -> Permit<Say> {
        self.permit(voice.account, voice.room, Say { send, key })
    }

    /// Returns the current accounts, rooms, members and tokens.
    pub fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }
}

/// A member of a room.
#[derive(Clone, Copy)]
pub struct Voice {
    pub account: AccountId,
    pub room: RoomKey,
}

pub fn voice(account: AccountId, room: RoomKey) -> Voice {
    Voice { account, room }
}

/// Opens a store; returns it with the receiver of its commits.
pub async fn open(database: &Database) -> (Store, mpsc::Receiver<Committed>) {
    let database = database.clone();
    tokio::task::spawn_blocking(move || Store::open(database).unwrap()).await.unwrap()
}

/// Waits until `holds`, polling for commits of other processes as a server does.
pub async fn until(store: &Store, what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < deadline, "still not: {what}");
        store.look();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Runs a statement on the database, bypassing the store.
pub async fn run(database: &Database, statement: &str) {
    let (shown, statement) = (format!("{database:?}"), statement.to_owned());
    match shown.strip_prefix("sqlite:") {
        Some(path) => rusqlite::Connection::open(path).unwrap().execute_batch(&statement).unwrap(),
        None => {
            let name = shown.rsplit('/').next().unwrap();
            Postgres::shared().unwrap().sql(name, &statement).unwrap();
        }
    }
}
