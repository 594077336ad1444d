//! An empty database of each kind.

use std::ops::Deref;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chinwag::access::{Permit, Rule, operator};
use chinwag::directory::Directory;
use chinwag::store::{self, AccountId, Committed, Database, Key, RoomKey, Say, View};
use chinwag_journeys::Postgres;
use chinwag_protocol::Send;
use tokio::sync::mpsc;

/// A fresh SQLite file.
pub fn sqlite() -> Database {
    let folder = tempfile::Builder::new().prefix("chinwag-sqlite-").tempdir().unwrap().keep();
    Database::parse(&format!("sqlite:{}", folder.join("chinwag.db").display())).unwrap()
}

/// A fresh database of a PostgreSQL server.
pub fn postgres(server: &Postgres) -> Database {
    Database::parse(&server.database().unwrap()).unwrap()
}

/// A store, and the directory as the server has it.
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
    /// Opens it; waits for the disk.
    pub fn open(database: Database) -> Result<(Self, mpsc::Receiver<Committed>), store::StoreError> {
        let directory = Arc::<Directory>::default();
        let view: Arc<dyn View> = directory.clone();
        let (store, commits) = store::Store::open(database, view)?;
        Ok((Self { store, directory }, commits))
    }

    /// What whoever operates the server may do in the name of `account`.
    pub fn permit<A: Rule>(&self, account: AccountId, room: RoomKey, act: A) -> Permit<A> {
        operator(&self.directory, account, room, act)
    }

    /// The same, to say something.
    pub fn saying(&self, voice: Voice, send: Send, key: Key) -> Permit<Say> {
        self.permit(voice.account, voice.room, Say { send, key })
    }

    /// Accounts, rooms, members and tokens as they stand.
    pub fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }
}

/// Somebody in a room.
#[derive(Clone, Copy)]
pub struct Voice {
    pub account: AccountId,
    pub room: RoomKey,
}

pub fn voice(account: AccountId, room: RoomKey) -> Voice {
    Voice { account, room }
}

/// A store on it, and what it commits.
pub async fn open(database: &Database) -> (Store, mpsc::Receiver<Committed>) {
    let database = database.clone();
    tokio::task::spawn_blocking(move || Store::open(database).unwrap()).await.unwrap()
}

/// Waits until `holds`, looking for others' commits as a server does.
pub async fn until(store: &Store, what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !holds() {
        assert!(Instant::now() < deadline, "still not: {what}");
        store.look();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Runs a statement on it, past the store.
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
