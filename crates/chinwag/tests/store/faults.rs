//! What only a database server can do: go away and come back, or fall silent.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chinwag::access::{Permit, TakePart, operator};
use chinwag::store::{Database, Key, NewRoomRow, Store, Write, Written};
use chinwag_journeys::{Postgres, Proxy, Weather, eventually};
use chinwag_protocol::{ErrorCode, Send};
use tokio::task::JoinHandle;

use super::databases::{open, postgres};

/// A store with one account in `general`, and nobody who reads what it commits.
async fn talking(database: &Database) -> (Store, Permit<TakePart>) {
    let (store, mut commits) = open(database).await;
    tokio::spawn(async move { while commits.recv().await.is_some() {} });
    let add = Write::AddAccount { name: "ana".parse().unwrap(), password: None, admin: false, first: false };
    let Written::Account(ana) = store.write(add).await.unwrap() else { panic!("not an account") };
    let room = store.directory().with_room("general", |room| room.key).unwrap();
    (store, operator(ana, room, TakePart))
}

/// Says things until told to stop; gives how many were acknowledged. What is refused is said again, as a client
/// would.
fn writers(store: &Store, permit: Permit<TakePart>, over: &Arc<AtomicBool>) -> Vec<JoinHandle<usize>> {
    let writer = |writer: usize| {
        let (store, over) = (store.clone(), Arc::clone(over));
        tokio::spawn(async move {
            let mut number = 0;
            while !over.load(Ordering::Relaxed) {
                let msg_id = Some(format!("{writer}-{number}"));
                let send = Send { text: "hi".into(), msg_id, ..Send::default() };
                let write = || Write::Message { permit, send: send.clone(), key: Key::Given };
                while let Err(refused) = store.write(write()).await {
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

/// Every message that was acknowledged stands in the log once, and nothing else does.
async fn compare(store: &Store, permit: Permit<TakePart>, writers: Vec<JoinHandle<usize>>) {
    let mut acknowledged = 0;
    for writer in writers {
        acknowledged += writer.await.unwrap();
    }
    let events = store.reader().events(permit.room(), 0, 1_000_000, usize::MAX).await.unwrap();
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

/// Rooms can be made once only, so a transaction that is done twice, or given up although it was done, shows.
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
            beside.write(Write::AddRoom { room, by: None, members: vec![] }).await.unwrap();
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
    // Its transaction still holds the room on the server's side, until we take it away.
    proxy.set(Weather::Fair);
    until_more_is_stored(&store, 100).await;
    over.store(true, Ordering::Relaxed);
    compare(&store, permit, writers).await;
    assert!(store.stats().away.is_none());
    store.stop().await;
}
