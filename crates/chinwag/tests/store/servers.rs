//! Several servers on one PostgreSQL database.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use chinwag::access::ask;
use chinwag::store::{
    AccountId, AddAccount, AddRoom, Behind, Committed, CursorMove, Database, FollowFromHere, Followed, Join,
    Key, Leave, MoveCursors, NewRoomRow, Role, RoomKey, Say, Set, SetOnce,
};
use chinwag_journeys::{Postgres, eventually};
use chinwag_protocol::{Event, EventBody, Send};
use parking_lot::Mutex;
use tokio::task::AbortHandle;

use super::databases::{Store, open, postgres, sqlite, voice};

const AT_ONCE: Duration = Duration::ZERO;

/// A server, and the commits it was notified of.
struct Server {
    store: Store,
    told: Arc<Mutex<Committed>>,
    meeting: AbortHandle,
}

impl Server {
    async fn start(database: &Database) -> Self {
        let (store, mut commits) = open(database).await;
        let told = Arc::<Mutex<Committed>>::default();
        let keep = Arc::clone(&told);
        tokio::spawn(async move {
            while let Some(committed) = commits.recv().await {
                let mut told = keep.lock();
                told.events.extend(committed.events);
                told.changes.extend(committed.changes);
                told.elsewhere.extend(committed.elsewhere);
            }
        });
        let meeting = store.clone();
        let meeting = tokio::spawn(async move { meeting.meet_others().await }).abort_handle();
        Self { store, told, meeting }
    }

    async fn account(&self, name: &str) -> AccountId {
        let add = AddAccount { name: name.parse().unwrap(), password: None, admin: false, first: false };
        self.store.write(add).await.unwrap()
    }

    async fn room(&self, topic: &str) -> RoomKey {
        let (topic, title) = (topic.parse().unwrap(), String::new());
        let room = NewRoomRow { topic, title, purpose: String::new(), private: false };
        self.store.write(AddRoom { room, by: None, members: vec![] }).await.unwrap()
    }

    async fn say(&self, account: AccountId, room: RoomKey, msg_id: &str) -> (u64, bool) {
        let send = Send { text: "hi".into(), msg_id: Some(msg_id.into()), ..Send::default() };
        let acted = self.store.act(self.store.saying(voice(account, room), send, Key::Given)).await.unwrap();
        (acted.event.unwrap().seq, acted.repeat)
    }

    fn general(&self) -> RoomKey {
        self.store.directory().with_room("general", |room| room.key).unwrap()
    }
}

async fn servers(database: &Database, count: u32) -> Vec<Server> {
    let mut servers = Vec::new();
    for _ in 0..count {
        servers.push(Server::start(database).await);
    }
    eventually("all know of all", async || servers.iter().all(|server| server.store.live_servers() == count))
        .await;
    servers
}

#[tokio::test(flavor = "multi_thread")]
async fn one_publishes_at_a_time() {
    let postgres_server = Postgres::start().unwrap();
    let database = postgres(&postgres_server);
    let servers = servers(&database, 2).await;
    let (one, other) = (&servers[0].store, &servers[1].store);
    let first = one.elected().await;
    assert!(other.take_role(Role::Publisher, AT_ONCE).await.unwrap().is_none());
    drop(first);
    let second = other.elected().await;
    assert!(second.is_held());
    // Simulates a lost connection: the database ends the holder's session.
    let holder = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'";
    postgres_server.sql(&database_name(&postgres_server), holder).unwrap();
    second.lost().await;
    assert!(one.elected().await.is_held() && !second.is_held());
}

/// Returns the name of the only database that the test has created.
fn database_name(server: &Postgres) -> String {
    server.sql("postgres", "SELECT datname FROM pg_database WHERE datname LIKE 'test_%'").unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn one_serves_alone_or_several_among_others() {
    let server = Postgres::shared().unwrap();
    for database in [postgres(&server), sqlite()] {
        let ((one, _commits), (other, _others)) = (open(&database).await, open(&database).await);
        let alone = one.take_role(Role::Alone, AT_ONCE).await.unwrap().unwrap();
        for role in [Role::Alone, Role::AmongOthers] {
            assert!(other.take_role(role, AT_ONCE).await.unwrap().is_none(), "{role:?} on {database:?}");
        }
        drop(alone);
        eventually("the place is free", async || {
            other.take_role(Role::Alone, AT_ONCE).await.unwrap().is_some()
        })
        .await;
    }
    let (one, _commits) = open(&postgres(&server)).await;
    let among = one.take_role(Role::AmongOthers, Duration::from_secs(5)).await.unwrap();
    assert!(among.is_some() && one.take_role(Role::AmongOthers, AT_ONCE).await.unwrap().is_some());
    assert!(one.take_role(Role::Alone, AT_ONCE).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_wakes_the_others() {
    let server = Postgres::shared().unwrap();
    let database = postgres(&server);
    let servers = servers(&database, 2).await;
    let (one, other) = (&servers[0], &servers[1]);
    let (ana, general) = (one.account("ana").await, one.general());
    // Nothing calls `look` here: everything arrives by notification.
    eventually("the account is known", async || other.store.directory().account(ana).is_some()).await;
    let (seq, _) = one.say(ana, general, "m").await;
    eventually("the room's head is known", async || {
        other.told.lock().elsewhere.contains(&(general, seq))
            && other.store.directory().with_room("general", |room| room.last_seq()) == Some(seq)
    })
    .await;
    assert!(one.told.lock().elsewhere.is_empty(), "a server does not hear itself");
    one.store.act(one.store.permit(ana, general, Leave { whom: ana })).await.unwrap();
    eventually("the removal holds", async || !other.store.directory().is_member("general", ana)).await;
    // Without a notification, as after a command line change, periodic polling finds the same.
    let (beside, _ignored) = open(&database).await;
    let send = Send { text: "hi".into(), msg_id: Some("beside".into()), ..Send::default() };
    let acted = beside.act(beside.saying(voice(ana, general), send, Key::Given)).await.unwrap();
    let event = acted.event.unwrap();
    eventually("what the bell did not bring is found", async || {
        other.store.look();
        other.told.lock().elsewhere.contains(&(general, event.seq))
    })
    .await;
    one.meeting.abort();
    one.store.leave_others().await;
    eventually("one is left", async || other.store.live_servers() == 1).await;
}

/// A server that has not yet learned of a member's removal stores no further messages of that member.
#[tokio::test(flavor = "multi_thread")]
async fn a_removal_on_another_server_holds_before_it_is_heard_of() {
    let server = Postgres::shared().unwrap();
    let database = postgres(&server);
    // Nothing listens or polls here: each server knows only what its own transactions have read.
    let (one, _one) = open(&database).await;
    let add = AddAccount { name: "ana".parse().unwrap(), password: None, admin: false, first: false };
    let whom = one.write(add).await.unwrap();
    let (other, _other) = open(&database).await;
    let message = |text: &str, msg_id: &str| {
        let send = Send { text: text.into(), msg_id: Some(msg_id.into()), ..Send::default() };
        Say { send, key: Key::Given }
    };
    let say = async |store: &Store, msg_id: &str| {
        store.act(ask(store.directory(), whom, "general", message("hi", msg_id))?).await
    };
    // Each finds the other's messages before its own, which is no reason to refuse anything.
    for number in 0..3 {
        say(&one, &format!("one {number}")).await.unwrap();
        say(&other, &format!("other {number}")).await.unwrap();
    }
    let room = one.directory().with_room("general", |room| room.key).unwrap();
    let stale = ask(other.directory(), whom, "general", message("late", "late")).unwrap();
    let stale_repeat = ask(other.directory(), whom, "general", message("hi", "one 1")).unwrap();
    one.act(one.permit(whom, room, Leave { whom })).await.unwrap();
    assert!(other.directory().is_member("general", whom), "the other has not heard of it");
    let refused = other.act(stale).await.unwrap_err();
    assert_eq!(refused.code, chinwag_protocol::ErrorCode::NotAuthorized);
    assert!(!other.directory().is_member("general", whom), "now it knows");
    let events = one.reader().events(room, 0, 100, usize::MAX).await.unwrap();
    assert_eq!(events.last().map(|event| &*event.kind), Some("leave"));
    // Afterwards it works normally, also with a retry in the same batch as the news of the membership.
    one.act(one.permit(whom, room, Join { whom })).await.unwrap();
    assert!(other.act(stale_repeat).await.unwrap().repeat);
    say(&other, "back").await.unwrap();
}

/// Three servers, five rooms, members who join and leave, the same message sent to several servers at once.
#[tokio::test(flavor = "multi_thread")]
async fn three_writing_servers_make_logs_without_holes() {
    let server = Postgres::shared().unwrap();
    let servers = Arc::new(servers(&postgres(&server), 3).await);
    let mut accounts = Vec::new();
    for name in ["ana", "bo", "cy", "dee"] {
        accounts.push(servers[0].account(name).await);
    }
    let mut rooms = vec![servers[0].general()];
    for topic in ["a", "b", "c", "d"] {
        rooms.push(servers[1].room(topic).await);
    }
    let writer = |writer: usize| {
        let (servers, accounts, rooms) = (Arc::clone(&servers), accounts.clone(), rooms.clone());
        tokio::spawn(async move {
            for number in 0..40_usize {
                let server = &servers[writer % 3];
                let account = accounts[writer % 4];
                let room = rooms[(writer * 7 + number * 3) % 5];
                let msg_id = format!("{writer}-{number}");
                if number % 8 == 7 {
                    let whom = account;
                    let store = &server.store;
                    store.act(store.permit(account, room, Join { whom })).await.unwrap();
                    store.act(store.permit(account, room, Leave { whom })).await.unwrap();
                    let cursor =
                        |account: &AccountId| CursorMove { room, account: *account, seq: number as u64 };
                    let cursors = accounts.iter().rev().map(cursor).collect();
                    server.store.write(MoveCursors(cursors)).await.unwrap();
                }
                let other = &servers[(writer + 1) % 3];
                let (here, there) =
                    tokio::join!(server.say(account, room, &msg_id), other.say(account, room, &msg_id));
                assert_eq!(here.0, there.0, "one message, one place");
                assert!(here.1 != there.1, "one of them is the repeat");
            }
        })
    };
    for writer in (0..12).map(writer).collect::<Vec<_>>() {
        writer.await.unwrap();
    }
    let mut messages = HashSet::new();
    let mut joined = BTreeMap::new();
    for room in &rooms {
        let events = servers[2].store.reader().events(*room, 0, 100_000, usize::MAX).await.unwrap();
        for (place, event) in events.iter().enumerate() {
            assert_eq!(event.seq, place as u64 + 1);
            let event: Event = serde_json::from_slice(&event.body).unwrap();
            match event.body {
                EventBody::Message { msg_id, .. } => assert!(messages.insert((event.sender, msg_id))),
                EventBody::Join { name } => assert!(joined.insert((*room, name), ()).is_none()),
                EventBody::Leave { name } => assert!(joined.remove(&(*room, name)).is_some()),
                _ => {}
            }
        }
    }
    assert_eq!(messages.len(), 12 * 40);
    // All three have arrived at the same directory.
    for server in servers.iter() {
        eventually("the directories agree", async || {
            rooms.iter().all(|room| {
                let members = server.store.directory().with_room_key(*room, |room| room.members.len());
                members == Some(joined.keys().filter(|(of, _)| of == room).count())
            })
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_outbox_remembers_how_far_a_room_is_published() {
    let server = Postgres::shared().unwrap();
    let followed = |rooms| Followed { follower: "broker", rooms };
    for database in [postgres(&server), sqlite()] {
        let server = Server::start(&database).await;
        let (store, general) = (&server.store, server.general());
        let ana = server.account("ana").await;
        let room = server.room("a").await;
        server.say(ana, general, "1").await;
        let open = store.reader().behind("broker").await.unwrap();
        assert_eq!(open, [Behind { room: general, seq: 0, last_seq: 2 }]);
        store.write(FollowFromHere { follower: "broker" }).await.unwrap();
        assert_eq!(store.reader().behind("broker").await.unwrap(), []);
        server.say(ana, room, "2").await;
        server.say(ana, general, "3").await;
        store.write(followed(vec![(general, 3), (room, 1)])).await.unwrap();
        store.write(followed(vec![(general, 1)])).await.unwrap();
        assert_eq!(store.reader().behind("broker").await.unwrap(), []);
        let changes = store.reader().changes_after(0).await.unwrap();
        assert_eq!((changes.changes.len(), changes.gap, changes.more), (4, false, false));
        assert_eq!(changes.reached, store.reader().last_change().await.unwrap());
        assert!(store.reader().changes_after(changes.reached).await.unwrap().changes.is_empty());
        for value in ["one", "two"] {
            store.write(SetOnce { key: "k", value: value.into() }).await.unwrap();
            assert_eq!(store.reader().setting("k").await.unwrap().as_deref(), Some("one"));
        }
        store.write(Set { key: "k", value: None }).await.unwrap();
        assert_eq!(store.reader().setting("k").await.unwrap(), None);
        store.stop().await;
    }
}
