//! Moving everything to another database.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::Duration;

use chinwag::store::transfer::{Progress, Transfer};
use chinwag::store::{
    AccountId, Action, AddAccount, AddMedia, AddRoom, AddToken, CursorMove, Database, FollowFromHere, Key,
    LastSeen, Leave, MoveCursors, NewMedia, NewRoomRow, RevokeToken, RoomKey, SessionChange, SessionRow,
    SessionWrite, Sessions, StoreError, TokenKind,
};
use chinwag_journeys::{Postgres, Proxy, Weather, eventually};
use chinwag_protocol::{Attachment, Send};

use super::databases::{Store, open, postgres, run, sqlite, voice};

/// Fills an installation with data of every kind, and `messages` messages in one room.
async fn lived_in(database: &Database, messages: usize) {
    let (store, mut commits) = open(database).await;
    tokio::spawn(async move { while commits.recv().await.is_some() {} });
    let mut people = Vec::new();
    for name in ["ana", "bo", "çem"] {
        let password = (name == "ana").then(|| "$argon2id$…".to_owned());
        let add = AddAccount { name: name.parse().unwrap(), password, admin: name == "ana", first: false };
        let account = store.write(add).await.unwrap();
        let hash = [account.0 as u8; 32];
        store
            .write(AddToken { account, hash, label: "a label".into(), kind: TokenKind::Device })
            .await
            .unwrap();
        people.push(account);
    }
    store.write(RevokeToken { account: people[2], token: 3 }).await.unwrap();
    let room = |topic: &str, private| NewRoomRow {
        topic: topic.parse().unwrap(),
        title: "Räume & more".into(),
        purpose: String::new(),
        private,
    };
    let members = vec![(people[0], true), (people[1], false)];
    for topic in ["team/backend", "家/厨房"] {
        let add = AddRoom { room: room(topic, true), by: Some(people[0]), members: members.clone() };
        store.write(add).await.unwrap();
    }
    let media = Attachment {
        id: "0123456789abcdef0123456789abcdef".into(),
        name: "cat.png".into(),
        media_type: "image/png".into(),
        size: 7,
        width: Some(1),
        height: None,
    };
    store.write(AddMedia(NewMedia { account: people[0], media: media.clone() })).await.unwrap();
    let team = store.directory().with_room("team/backend", |room| room.key).unwrap();
    let attachments = vec![media.id.parse().unwrap()];
    let send = Send { text: "a cat".into(), msg_id: Some("cat".into()), attachments, ..Send::default() };
    store.act(store.saying(voice(people[0], team), send, Key::Given)).await.unwrap();
    let change = Some(SessionChange {
        row: Some(SessionRow { state: "{}".into(), expiry: 60, left_at: Some(1_700_000_000) }),
        cursors: vec![(team, 2)],
        all_cursors: true,
    });
    let session = SessionWrite { account: people[1], client_id: "phone".into(), change };
    store.write(Sessions(vec![session])).await.unwrap();
    let cursor = CursorMove { room: team, account: people[1], seq: 2 };
    store.write(MoveCursors(vec![cursor])).await.unwrap();
    store.write(FollowFromHere { follower: "broker" }).await.unwrap();
    store.write(LastSeen(vec![(people[0], 1_700_000_000_000)])).await.unwrap();
    say(&store, people[0], team, "m", messages).await;
    store.stop().await;
}

async fn say(store: &Store, account: AccountId, room: RoomKey, prefix: &str, count: usize) {
    let (reply, mut replies) = tokio::sync::mpsc::channel(count.max(1));
    for number in 0..count {
        let send =
            Send { text: format!("{number}"), msg_id: Some(format!("{prefix}{number}")), ..Send::default() };
        let (action, reply) =
            (Action::new(store.saying(voice(account, room), send, Key::Made)), reply.clone());
        let told = move |result: Result<_, _>| reply.try_send(result.is_ok()).unwrap();
        store.submit_action(action, Box::new(told)).await;
    }
    for _ in 0..count {
        assert_eq!(replies.recv().await, Some(true));
    }
}

/// Returns everything in a database that a client or an operator can see, as text.
async fn seen(database: &Database) -> Vec<String> {
    let (store, _commits) = open(database).await;
    let directory = store.directory();
    let mut seen = Vec::new();
    let mut rooms = directory.all_rooms(|room| {
        let mut members: Vec<_> = room.members.iter().collect();
        members.sort_by_key(|(account, _)| **account);
        let (topic, epoch, last) = (&room.topic, &room.epoch, room.last_seq());
        let text =
            format!("{:?} {topic} {} {} {epoch} {last} {members:?}", room.key, room.title, room.private);
        Some((room.key, text))
    });
    rooms.sort_by_key(|(key, _)| *key);
    for (room, text) in rooms {
        seen.push(text);
        let cursors = store.reader().read_cursors(room, directory.account_ids()).await.unwrap();
        let cursors: BTreeMap<_, _> = cursors.into_iter().collect();
        seen.push(format!("{cursors:?}"));
        for event in store.reader().events(room, 0, 1_000_000, usize::MAX).await.unwrap() {
            seen.push(format!("{} {} {}", event.kind, event.sender, String::from_utf8_lossy(&event.body)));
        }
    }
    let accounts = directory.account_ids().into_iter().filter_map(|id| directory.account(id));
    let mut people: Vec<_> = accounts.map(|account| (account.id, account.name, account.last_seen)).collect();
    people.sort();
    for (account, name, last_seen) in people {
        let token = directory.token(&[account.0 as u8; 32]);
        let (tokens, password) =
            (store.reader().tokens(account).await.unwrap(), store.reader().password(account).await.unwrap());
        let session = store.reader().session(account, "phone".into()).await.unwrap();
        seen.push(format!("{name} {last_seen:?} {token:?} {tokens:?} {password:?} {session:?}"));
    }
    let media = store.reader().media("0123456789abcdef0123456789abcdef".into()).await.unwrap();
    seen.push(format!("{media:?} {:?}", store.reader().behind("broker").await.unwrap()));
    seen.push(format!("{:?}", store.reader().changes_after(0).await.unwrap()));
    store.stop().await;
    seen
}

async fn transfer(
    from: &Database,
    to: &Database,
    steps: impl FnOnce(&mut Transfer) -> Result<(), StoreError> + std::marker::Send + 'static,
) -> Result<(), String> {
    let (from, to) = (from.clone(), to.clone());
    tokio::task::spawn_blocking(move || {
        let mut transfer = Transfer::begin(&from, &to)?;
        steps(&mut transfer)
    })
    .await
    .unwrap()
    .map_err(|error: StoreError| error.to_string())
}

fn all(transfer: &mut Transfer) -> Result<(), StoreError> {
    transfer.copy_logs(&mut |_| {})?;
    transfer.finish(&mut |_| {})
}

async fn refuses_to_open(database: &Database, why: &str) {
    let database = database.clone();
    let opened = tokio::task::spawn_blocking(move || Store::open(database).map(drop)).await.unwrap();
    let words = opened.unwrap_err().to_string();
    assert!(words.contains(why), "{words}");
}

#[tokio::test(flavor = "multi_thread")]
async fn there_and_back_everything_is_the_same() {
    let server = Postgres::shared().unwrap();
    let (here, there, back) = (sqlite(), postgres(&server), sqlite());
    lived_in(&here, 5_000).await;
    let before = seen(&here).await;
    transfer(&here, &there, all).await.unwrap();
    refuses_to_open(&here, "was moved to postgres://").await;
    assert_eq!(seen(&there).await, before);

    // The copy is in use: ids continue where they were.
    let (store, mut commits) = open(&there).await;
    tokio::spawn(async move { while commits.recv().await.is_some() {} });
    let add = AddAccount { name: "dee".parse().unwrap(), password: None, admin: false, first: false };
    assert_eq!(store.write(add).await.unwrap(), AccountId(4));
    let team = store.directory().with_room("team/backend", |room| room.key).unwrap();
    say(&store, AccountId(4), team, "later", 10).await;
    store.stop().await;
    drop(store);

    let before = seen(&there).await;
    transfer(&there, &back, all).await.unwrap();
    refuses_to_open(&there, "was moved to sqlite:").await;
    assert_eq!(seen(&back).await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_during_the_copy_comes_too() {
    let server = Postgres::shared().unwrap();
    for (here, there) in [(sqlite(), postgres(&server)), (postgres(&server), sqlite())] {
        lived_in(&here, 3_000).await;
        let (store, mut commits) = open(&here).await;
        tokio::spawn(async move { while commits.recv().await.is_some() {} });
        let team = store.directory().with_room("team/backend", |room| room.key).unwrap();
        let runtime = tokio::runtime::Handle::current();
        let copied = transfer(&here, &there, move |transfer| {
            let (mut said, mut pages) = (false, 0);
            transfer.copy_logs(&mut |progress| {
                pages += 1;
                if matches!(progress, Progress::Copied(..)) && !std::mem::replace(&mut said, true) {
                    runtime.block_on(say(&store, AccountId(2), team, "meanwhile", 100));
                    let permit = store.permit(AccountId(2), team, Leave { whom: AccountId(2) });
                    let gone = store.act(permit);
                    runtime.block_on(gone).unwrap();
                }
            })?;
            assert!(said && pages > 2);
            runtime.block_on(store.stop());
            transfer.finish(&mut |_| {})
        });
        copied.await.unwrap();
        let there = seen(&there).await;
        let meanwhile = there.iter().filter(|line| line.contains("meanwhile")).count();
        assert_eq!(meanwhile, 100);
        assert!(there.iter().any(|line| line.starts_with("leave bo")));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_with_something_in_it_is_refused() {
    let server = Postgres::shared().unwrap();
    let (here, other) = (sqlite(), sqlite());
    lived_in(&here, 10).await;
    lived_in(&other, 10).await;
    let refused = transfer(&here, &other, all).await.unwrap_err();
    assert!(refused.contains("the target is not empty: accounts has 3 rows"), "{refused}");
    let there = postgres(&server);
    transfer(&here, &there, |transfer| transfer.copy_logs(&mut |_| {})).await.unwrap();
    refuses_to_open(&there, "unfinished copy").await;
    let refused = transfer(&other, &there, all).await.unwrap_err();
    assert!(refused.contains("an unfinished copy of another installation"), "{refused}");
    // The copy has been tampered with.
    let name =
        server.sql("postgres", "SELECT max(datname) FROM pg_database WHERE datname LIKE 'test_%'").unwrap();
    server.sql(&name, "UPDATE events SET body = replace(body, 'a cat', 'a dog')").unwrap();
    let refused = transfer(&here, &there, all).await.unwrap_err();
    assert!(refused.contains("differs between the databases"), "{refused}");
    server.sql(&name, "UPDATE events SET body = replace(body, 'a dog', 'a cat')").unwrap();
    transfer(&here, &there, all).await.unwrap();
    let refused = transfer(&here, &postgres(&server), all).await.unwrap_err();
    assert!(refused.contains("was already moved to postgres://"), "{refused}");
    // Interrupted between marking the source and releasing the target: a retry completes both.
    run(&there, "INSERT INTO settings SELECT 'copying_from', value FROM settings WHERE key = 'installation'")
        .await;
    refuses_to_open(&there, "unfinished copy").await;
    refuses_to_open(&here, "was moved to postgres://").await;
    transfer(&here, &there, all).await.unwrap();
    assert!(seen(&there).await.iter().any(|line| line.contains("a cat")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_migration_goes_on_where_it_was() {
    let server = Postgres::start().unwrap();
    let proxy = Proxy::before(([127, 0, 0, 1], server.port()).into()).await.unwrap();
    let (here, url) = (sqlite(), server.database().unwrap());
    lived_in(&here, 40_000).await;
    let before = seen(&here).await;
    let slow = url.replace(&server.port().to_string(), &proxy.address.port().to_string());
    let migrate = |to: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_chinwag"));
        command.args(["migrate", "--from", &format!("{here:?}"), "--to", to]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    let copied = || -> u64 {
        let name = url.rsplit('/').next().unwrap();
        server.sql(name, "SELECT count(*) FROM events").unwrap_or_default().parse().unwrap_or_default()
    };
    // Every page is slow enough that the copy cannot be complete before the process is killed.
    proxy.set(Weather::Rough { late: Duration::from_millis(50), lost: 0.0 });
    let mut killed = migrate(&slow).spawn().unwrap();
    eventually("something is copied", async || copied() > 0).await;
    proxy.set(Weather::Frozen);
    killed.kill().unwrap();
    killed.wait().unwrap();
    drop(proxy);
    let reached = copied();
    assert!(reached > 0 && reached < 40_000, "{reached} events were copied before it was killed");
    let output = migrate(&url).output().unwrap();
    let (said, log) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{log}");
    assert!(said.contains("done: everything is in postgres://"), "{said}");
    assert_eq!(seen(&Database::parse(&url).unwrap()).await, before);
}
