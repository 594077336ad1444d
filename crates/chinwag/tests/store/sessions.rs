//! Persistent MQTT sessions.

use chinwag::store::{
    AccountId, AddRoom, AllSessionsLeft, Database, DeleteRoom, EndSessions, NewRoomRow, RoomKey,
    SessionChange, SessionRow, SessionWrite, Sessions, StoredSession,
};

use super::databases::{Store, open};
use super::scene::{account, drain, general};

on_both! {
    a_session_is_changed_bit_by_bit
    cursors_end_with_their_room_or_session
    sessions_end_when_their_time_has_passed
}

fn row(state: &str, expiry: u32, left_at: Option<i64>) -> SessionRow {
    SessionRow { state: state.into(), expiry, left_at }
}

async fn write(store: &Store, account: AccountId, client_id: &str, change: Option<SessionChange>) {
    let write = SessionWrite { account, client_id: client_id.to_owned(), change };
    store.write(Sessions(vec![write])).await.unwrap();
}

async fn read(store: &Store, account: AccountId, client_id: &str) -> Option<StoredSession> {
    store.reader().session(account, client_id.into()).await.unwrap()
}

async fn room(store: &Store, topic: &str) -> RoomKey {
    let (title, purpose, private) = (String::new(), String::new(), false);
    let room = NewRoomRow { topic: topic.parse().unwrap(), title, purpose, private };
    store.write(AddRoom { room, by: None, members: vec![] }).await.unwrap()
}

async fn a_session_is_changed_bit_by_bit(database: Database) {
    let (store, commits) = open(&database).await;
    drain(commits);
    let ana = account(&store, "ana").await;
    let (one, two) = (general(&store), room(&store, "two").await);
    let whole = SessionChange {
        row: Some(row("first", u32::MAX, None)),
        cursors: vec![(one, 3), (two, 5)],
        all_cursors: true,
    };
    write(&store, ana, "phone", Some(whole)).await;
    let cursor = SessionChange { cursors: vec![(two, 6)], ..SessionChange::default() };
    write(&store, ana, "phone", Some(cursor)).await;
    let stored = read(&store, ana, "phone").await.unwrap();
    assert_eq!(
        stored,
        StoredSession { row: row("first", u32::MAX, None), cursors: vec![(one, 3), (two, 6)] }
    );

    let header = SessionChange { row: Some(row("second", 60, Some(7))), ..SessionChange::default() };
    write(&store, ana, "phone", Some(header)).await;
    let stored = read(&store, ana, "phone").await.unwrap();
    assert_eq!(stored, StoredSession { row: row("second", 60, Some(7)), cursors: vec![(one, 3), (two, 6)] });

    let only = SessionChange { cursors: vec![(one, 4)], all_cursors: true, ..SessionChange::default() };
    write(&store, ana, "phone", Some(only)).await;
    assert_eq!(read(&store, ana, "phone").await.unwrap().cursors, [(one, 4)]);

    write(&store, ana, "phone", None).await;
    assert_eq!(read(&store, ana, "phone").await, None);
    store.stop().await;
}

async fn cursors_end_with_their_room_or_session(database: Database) {
    let (store, commits) = open(&database).await;
    drain(commits);
    let ana = account(&store, "ana").await;
    let (one, two) = (general(&store), room(&store, "two").await);
    let whole = || SessionChange {
        row: Some(row("s", 60, None)),
        cursors: vec![(one, 3), (two, 5)],
        all_cursors: true,
    };
    write(&store, ana, "phone", Some(whole())).await;
    store.write(DeleteRoom { room: two }).await.unwrap();
    assert_eq!(read(&store, ana, "phone").await.unwrap().cursors, [(one, 3)]);
    // A save that was on its way when the room was deleted, and one when the session was.
    write(&store, ana, "phone", Some(whole())).await;
    assert_eq!(read(&store, ana, "phone").await.unwrap().cursors, [(one, 3)]);
    write(&store, ana, "phone", None).await;
    let cursor = SessionChange { cursors: vec![(one, 9)], ..SessionChange::default() };
    write(&store, ana, "phone", Some(cursor)).await;
    assert_eq!(read(&store, ana, "phone").await, None);
    let fresh = SessionChange { row: Some(row("s", 60, None)), ..SessionChange::default() };
    write(&store, ana, "phone", Some(fresh)).await;
    assert_eq!(read(&store, ana, "phone").await.unwrap().cursors, []);
    store.stop().await;
}

async fn sessions_end_when_their_time_has_passed(database: Database) {
    let (store, commits) = open(&database).await;
    drain(commits);
    let ana = account(&store, "ana").await;
    // Expired sessions end, whether or not a disconnect was recorded.
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs().cast_signed();
    let sessions = [
        ("over", row("s", 60, Some(now - 120))),
        ("not over", row("s", 600, Some(now - 120))),
        ("for ever", row("s", u32::MAX, Some(7))),
        ("connected", row("s", 1, None)),
    ];
    let general = general(&store);
    for (client_id, row) in sessions {
        let change = SessionChange { row: Some(row), cursors: vec![(general, 1)], all_cursors: true };
        write(&store, ana, client_id, Some(change)).await;
    }
    let there = async || {
        let mut there = Vec::new();
        for client_id in ["over", "not over", "for ever", "connected"] {
            if read(&store, ana, client_id).await.is_some() {
                there.push(client_id);
            }
        }
        assert_eq!(store.reader().sessions_of(ana).await.unwrap(), there.len());
        there
    };
    store.write(EndSessions).await.unwrap();
    assert_eq!(there().await, ["not over", "for ever", "connected"]);
    store.write(AllSessionsLeft).await.unwrap();
    let left = read(&store, ana, "connected").await.unwrap().row.left_at;
    assert!(left.is_some_and(|left| left >= now), "{left:?}");
    store.stop().await;
}
