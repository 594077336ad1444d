//! An empty database of each kind.

use std::time::{Duration, Instant};

use chinwag::store::{Committed, Database, Store};
use chinwag_journeys::Postgres;
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
