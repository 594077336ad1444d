//! Failures of the database: a server that disappears and returns or stops responding, and a locked file.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chinwag::store::{AddAccount, AddRoom, Database, Key, NewRoomRow};
use chinwag_journeys::{Postgres, Proxy, Weather, eventually};
use chinwag_protocol::{ErrorCode, Send};
use tokio::task::JoinHandle;

use super::databases::{Store, Voice, open, postgres, run, sqlite, voice};

/// Opens a store with one account in `general`; its commits are discarded.
async fn talking(database: &Database) -> (Store, Voice) {
    let (store, mut commits) = open(database).await;
    tokio::spawn(async move { while commits.recv().await.is_some() {} });
    let add = AddAccount { name: "ana".parse().unwrap(), password: None, admin: false, first: false };
    let ana = store.write(add).await.unwrap();
    let room = store.directory().with_room("general", |room| room.key).unwrap();
    (store, voice(ana, room))
}

/// Sends messages until told to stop; returns how many were acknowledged. Refused messages are sent again, as a client
/// would do.
fn writers(store: &Store, permit: Voice, over: &Arc<AtomicBool>) -> Vec<JoinHandle<usize>> {
    let writer = |writer: usize| {
        let (store, over) = (store.clone(), Arc::clone(over));
        tokio::spawn(async move {
            let mut number = 0;
            while !over.load(Ordering::Relaxed) {
                let msg_id = Some(format!("{writer}-{number}"));
                let send = Send { text: "hi".into(), msg_id, ..Send::default() };
                let saying = || store.saying(permit, send.clone(), Key::Given);
                while let Err(refused) = store.act(saying()).await {
                    assert_eq!(refused.code, ErrorCode::Unavailable);
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
                number += 1;
            }
            number
        })
    };
    (0..4).map(writer).collect()
}

/// Checks that the log contains every acknowledged message exactly once, and nothing else.
async fn compare(store: &Store, permit: Voice, writers: Vec<JoinHandle<usize>>) {
    let mut acknowledged = 0;
    for writer in writers {
        acknowledged += writer.await.unwrap();
    }
    let events = store.reader().events(permit.room, 0, 1_000_000, usize::MAX).await.unwrap();
    let seqs: Vec<u64> = events.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (1..=events.len() as u64).collect::<Vec<_>>());
    assert_eq!(events.len(), acknowledged + 1, "the join, and every message once");
    assert!(acknowledged > 100, "only {acknowledged} messages: this shows nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_of_the_server_loses_and_doubles_nothing() {
    let server = Arc::new(Postgres::start().unwrap());
    let (store, permit) = talking(&postgres(&server)).await;
    let over = Arc::new(AtomicBool::new(false));
    let writers = writers(&store, permit, &over);
    for _ in 0..3 {
        until_more_is_stored(&store, 50).await;
        let server = Arc::clone(&server);
        let restart = move || {
            server.down().unwrap();
            server.up().unwrap();
        };
        tokio::task::spawn_blocking(restart).await.unwrap();
    }
    until_more_is_stored(&store, 50).await;
    over.store(true, Ordering::Relaxed);
    compare(&store, permit, writers).await;
    store.stop().await;
}

async fn until_more_is_stored(store: &Store, events: u64) {
    let before = store.stats().events;
    eventually("something is stored", async || store.stats().events >= before + events).await;
}

async fn through_a_proxy(server: &Postgres) -> (Proxy, Database) {
    let proxy = Proxy::before(([127, 0, 0, 1], server.port()).into()).await.unwrap();
    let url = server.database().unwrap();
    let url = url.replace(&server.port().to_string(), &proxy.address.port().to_string());
    (proxy, Database::parse(&url).unwrap())
}

/// A room can be created only once, so this detects a transaction that is repeated, or reported as failed although it
/// was committed.
#[tokio::test(flavor = "multi_thread")]
async fn connections_cut_at_any_moment_lose_and_double_nothing() {
    let server = Postgres::shared().unwrap();
    let (proxy, database) = through_a_proxy(&server).await;
    let (store, permit) = talking(&database).await;
    let over = Arc::new(AtomicBool::new(false));
    let writers = writers(&store, permit, &over);
    let (beside, ended) = (store.clone(), Arc::clone(&over));
    let rooms = tokio::spawn(async move {
        let mut made = 0;
        while !ended.load(Ordering::Relaxed) {
            let (topic, title) = (format!("room-{made}").parse().unwrap(), String::new());
            let room = NewRoomRow { topic, title, purpose: String::new(), private: true };
            beside.write(AddRoom { room, by: None, members: vec![] }).await.unwrap();
            made += 1;
        }
        made
    });
    for number in 0..25 {
        until_more_is_stored(&store, 10).await;
        tokio::time::sleep(Duration::from_millis(number * 7 % 30)).await;
        proxy.set(Weather::Cut);
        tokio::time::sleep(Duration::from_millis(5)).await;
        proxy.set(Weather::Fair);
    }
    over.store(true, Ordering::Relaxed);
    let made = rooms.await.unwrap();
    assert_eq!(store.directory().counts().1, made + 1);
    compare(&store, permit, writers).await;
    store.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_falls_silent_is_given_up() {
    let server = Postgres::shared().unwrap();
    let (proxy, database) = through_a_proxy(&server).await;
    let (store, permit) = talking(&database).await;
    let over = Arc::new(AtomicBool::new(false));
    let writers = writers(&store, permit, &over);
    until_more_is_stored(&store, 50).await;
    proxy.set(Weather::Frozen);
    eventually("the silence is noticed", async || store.stats().away.is_some()).await;
    // The stuck transaction still holds the room's lock on the server, until the store terminates it.
    proxy.set(Weather::Fair);
    until_more_is_stored(&store, 100).await;
    over.store(true, Ordering::Relaxed);
    compare(&store, permit, writers).await;
    assert!(store.stats().away.is_none());
    store.stop().await;
}

/// Another process holds the write lock: the file can be read, but that is not enough.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_takes_no_writes_is_noticed() {
    let database = sqlite();
    let (store, permit) = talking(&database).await;
    let other = rusqlite::Connection::open(format!("{database:?}").strip_prefix("sqlite:").unwrap()).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    eventually("it is noticed", async || {
        // The number of concurrent checks does not matter.
        let asked = (0..100).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { store.takes_writes().await })
        });
        let mut all_say_no = true;
        for answer in asked.collect::<Vec<_>>() {
            all_say_no &= answer.await.unwrap().is_err();
        }
        all_say_no
    })
    .await;
    store.look();
    store.reader().events(permit.room, 0, 1, usize::MAX).await.unwrap();
    assert!(store.takes_writes().await.is_err(), "that it can be read again does not count");
    other.execute_batch("ROLLBACK").unwrap();
    eventually("it takes writes again", async || {
        store.look();
        store.takes_writes().await.is_ok()
    })
    .await;
    store.stop().await;
}

/// A cancelled request keeps its connection until the database has answered.
#[tokio::test(flavor = "multi_thread")]
async fn reads_that_are_cancelled_open_no_further_connections() {
    let server = Postgres::start().unwrap();
    let url = server.database().unwrap();
    let (store, permit) = talking(&Database::parse(&url).unwrap()).await;
    let (locking, driver) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(driver);
    locking.batch_execute("BEGIN; LOCK TABLE members IN ACCESS EXCLUSIVE MODE").await.unwrap();
    let count = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'chinwag %'";
    let connections = async || locking.query_one(count, &[]).await.unwrap().get::<_, i64>(0);
    for _ in 0..40 {
        let read = store.reader().read_cursors(permit.room, vec![permit.account]);
        assert!(
            tokio::time::timeout(Duration::from_millis(20), read).await.is_err(),
            "it waits for the lock"
        );
    }
    let during = connections().await;
    assert!((2..=5).contains(&during), "{during} connections");
    locking.batch_execute("ROLLBACK").await.unwrap();
    store.reader().read_cursors(permit.room, vec![permit.account]).await.unwrap();
    let after = connections().await;
    assert!((2..=5).contains(&after), "{after} connections");
    store.stop().await;
}

/// Settings made by an administrator for other programs must not break a promise.
#[tokio::test(flavor = "multi_thread")]
async fn a_commit_is_on_disk_whatever_is_set_for_the_database() {
    let server = Postgres::shared().unwrap();
    let url = server.database().unwrap();
    let database = Database::parse(&url).unwrap();
    let name = url.rsplit('/').next().unwrap();
    run(&database, &format!("ALTER DATABASE {name} SET synchronous_commit = off")).await;
    let (store, permit) = talking(&database).await;
    run(
        &database,
        "CREATE TABLE seen (how TEXT);
         CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN new; END $$;
         CREATE TRIGGER note BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION note()",
    )
    .await;
    let send = Send { text: "hi".into(), msg_id: Some("1".into()), ..Send::default() };
    store.act(store.saying(permit, send, Key::Made)).await.unwrap();
    assert_eq!(server.sql(name, "SELECT how FROM seen").unwrap(), "on");
    store.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_cannot_hold_every_text_is_refused() {
    let server = Postgres::shared().unwrap();
    let create = "CREATE DATABASE plain ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0";
    server.sql("postgres", create).unwrap();
    let database = Database::parse(&server.url("plain")).unwrap();
    let refused = tokio::task::spawn_blocking(move || Store::open(database).err().unwrap()).await.unwrap();
    assert!(refused.to_string().contains("ENCODING 'UTF8'"), "{refused}");
}
