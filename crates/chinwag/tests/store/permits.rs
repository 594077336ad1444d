//! Permissions and quotas hold at the moment of the write.

use std::sync::atomic::{AtomicU64, Ordering};

use chinwag::access::ask;
use chinwag::store::{
    AccountId, Action, AddAccount, AddRoom, AddToken, ChangeRoom, Database, Join, Key, Leave, NewRoomRow,
    RevokeToken, Say, TokenKind, TokensUsed,
};
use chinwag_protocol::{Refused, limits};

use super::databases::{Store, open, sqlite};
use super::scene::{account, drain, log, reason, send, texts};

on_both! {
    a_permit_is_asked_for_again_when_it_is_written
    sign_ins_and_access_tokens_are_counted_apart
    nobody_fills_the_rooms_of_another
}

/// A write to submit.
enum Todo {
    Act(Action),
    Room(AddRoom),
    Account(AddAccount),
}

/// Queues writes without waiting in between, so that they share a batch; returns the outcome of each.
async fn in_a_row(store: &Store, writes: Vec<Todo>) -> Vec<Result<(), String>> {
    let mut answers = Vec::new();
    for write in writes {
        let (reply, answer) = tokio::sync::oneshot::channel();
        match write {
            Todo::Act(action) => {
                let reply = move |result: Result<_, Refused>| drop(reply.send(result.map(drop)));
                store.submit_action(action, Box::new(reply)).await;
            }
            Todo::Room(room) => {
                let reply = move |result: Result<_, Refused>| drop(reply.send(result.map(drop)));
                store.submit(room, Box::new(reply)).await;
            }
            Todo::Account(account) => {
                let reply = move |result: Result<_, Refused>| drop(reply.send(result.map(drop)));
                store.submit(account, Box::new(reply)).await;
            }
        }
        answers.push(answer);
    }
    let mut ended = Vec::new();
    for answer in answers {
        ended.push(answer.await.unwrap().map_err(reason));
    }
    ended
}

/// A permission that was valid before queueing is void once the act is forbidden, also by an earlier one in the queue.
async fn a_permit_is_asked_for_again_when_it_is_written(database: Database) {
    let (store, commits) = open(&database).await;
    drain(commits);
    let (ana, bo, cy) =
        (account(&store, "ana").await, account(&store, "bo").await, account(&store, "cy").await);
    let new = NewRoomRow {
        topic: "team".parse().unwrap(),
        title: "Team".into(),
        purpose: String::new(),
        private: true,
    };
    let members = vec![(ana, true), (bo, true)];
    store.write(AddRoom { room: new, by: Some(ana), members }).await.unwrap();
    let directory = store.directory();
    let bos = ["before", "after", "after that", "too soon", "back"].map(|msg_id| {
        let say = Say { send: send("hi", msg_id), key: Key::Given };
        Todo::Act(Action::new(ask(directory, bo, "team", say).unwrap()))
    });
    let [before, after, after_that, too_soon, back] = bos;
    let asked = |account, leave| Todo::Act(Action::new(ask(directory, account, "team", leave).unwrap()));
    let remove = asked(ana, Leave { whom: bo });
    let title = chinwag_protocol::api::ChangeRoom { title: Some("Bo's".into()), ..Default::default() };
    let late = vec![
        before,
        remove,
        after,
        Todo::Act(Action::new(ask(directory, bo, "team", ChangeRoom(title)).unwrap())),
        Todo::Act(Action::new(ask(directory, bo, "team", Join { whom: cy }).unwrap())),
        asked(bo, Leave { whom: ana }),
        after_that,
    ];
    let refused = |reason: &str| Err(reason.to_owned());
    let ended = in_a_row(&store, late).await;
    assert_eq!(ended[..2], [Ok(()), Ok(())]);
    assert_eq!(ended[2..], vec![refused("no_room"); 5]);
    let room = directory.with_room("team", |room| room.key).unwrap();
    let events = log(&store, room).await;
    assert_eq!(texts(&events), ["hi"]);
    assert_eq!(events.last().map(|event| event.body.kind()), Some("leave"));
    assert!(!directory.is_member("team", cy) && directory.is_member("team", ana));

    // A member added back in the same batch may send after that; a public room may be joined until it becomes private.
    let general = directory.with_room("general", |room| room.key).unwrap();
    let open_up = chinwag_protocol::api::ChangeRoom { private: Some(false), ..Default::default() };
    let close = chinwag_protocol::api::ChangeRoom { private: Some(true), ..Default::default() };
    store.act(store.permit(ana, room, ChangeRoom(open_up))).await.unwrap();
    let close = Todo::Act(Action::new(store.permit(ana, room, ChangeRoom(close))));
    let join = |whom| Todo::Act(Action::new(ask(directory, whom, "team", Join { whom }).unwrap()));
    let ended = in_a_row(&store, vec![too_soon, join(bo), back, close, join(cy)]);
    assert_eq!(ended.await, [refused("not_member"), Ok(()), Ok(()), Ok(()), refused("no_room")]);
    assert_eq!(texts(&log(&store, room).await), ["hi", "hi"]);
    assert_eq!(texts(&log(&store, general).await), Vec::<&str>::new());
}

async fn token(store: &Store, account: AccountId, kind: TokenKind) -> Result<i64, String> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let mut hash = [0; 32];
    hash[..8].copy_from_slice(&NUMBER.fetch_add(1, Ordering::Relaxed).to_be_bytes());
    let label = "x".to_owned();
    store.write(AddToken { account, hash, label, kind }).await.map_err(reason)
}

/// A new sign-in never revokes a device's token, a sign-in in use, or the requester's own; of the others it revokes the
/// one used longest ago.
async fn sign_ins_and_access_tokens_are_counted_apart(database: Database) {
    let (store, commits) = open(&database).await;
    drain(commits);
    let ana = account(&store, "ana").await;
    let sign_in = |asking| TokenKind::SignIn { asking };
    let in_use = token(&store, ana, sign_in(None)).await.unwrap();
    let asking = token(&store, ana, sign_in(None)).await.unwrap();
    let idle = token(&store, ana, sign_in(None)).await.unwrap();
    let mut devices = Vec::new();
    for _ in 0..limits::TOKENS_PER_ACCOUNT {
        devices.push(token(&store, ana, TokenKind::Device).await.unwrap());
    }
    assert_eq!(token(&store, ana, TokenKind::Device).await, Err("tokens".to_owned()));
    let mut latest = 0;
    for number in 0..2 * limits::SIGN_INS_PER_ACCOUNT {
        if number % 50 == 0 {
            store.write(TokensUsed(vec![in_use])).await.unwrap();
        }
        latest = token(&store, ana, sign_in(Some(asking))).await.unwrap();
    }
    let directory = store.directory();
    assert!([in_use, asking, latest].iter().all(|token| directory.has_token(ana, *token)));
    assert!(!directory.has_token(ana, idle), "the one used longest ago has ended");
    assert!(devices.iter().all(|token| directory.has_token(ana, *token)), "devices are no sign-ins");
    assert_eq!(directory.token_count(ana), limits::SIGN_INS_PER_ACCOUNT + limits::TOKENS_PER_ACCOUNT);
    store.write(RevokeToken { account: ana, token: devices[0] }).await.unwrap();
    token(&store, ana, TokenKind::Device).await.unwrap();
}

fn made(topic: &str, by: AccountId, with: &[AccountId]) -> Todo {
    let topic = topic.parse().unwrap();
    let room = NewRoomRow { topic, title: "x".into(), purpose: String::new(), private: false };
    let members = [by].iter().chain(with).map(|account| (*account, *account == by)).collect();
    Todo::Room(AddRoom { room, by: Some(by), members })
}

/// One account creates as many rooms as it can and adds another to them, who can still create rooms of their own.
async fn nobody_fills_the_rooms_of_another(database: Database) {
    let (store, commits) = open(&database).await;
    drain(commits);
    let (mallory, ana) = (account(&store, "mallory").await, account(&store, "ana").await);
    let directory = store.directory();
    let rooms = || (0..limits::ROOMS_PER_PERSON - 1).map(|number| format!("r/{number}"));
    let ended = in_a_row(&store, rooms().map(|room| made(&room, mallory, &[])).collect()).await;
    assert!(ended.iter().all(Result::is_ok), "with general, that is all the rooms one can be in");
    let refused = |reason: &str| Err(reason.to_owned());
    assert_eq!(in_a_row(&store, vec![made("more", mallory, &[])]).await, [refused("rooms")]);

    let put =
        |room: &str, whom| Todo::Act(Action::new(ask(directory, mallory, room, Join { whom }).unwrap()));
    let ended = in_a_row(&store, rooms().map(|room| put(&room, ana)).collect()).await;
    assert_eq!(ended[..limits::ROOMS_BY_OTHERS], vec![Ok(()); limits::ROOMS_BY_OTHERS]);
    assert!(ended[limits::ROOMS_BY_OTHERS..].iter().all(|ended| *ended == refused("rooms_by_others")));
    let own = |room: &str| Todo::Act(Action::new(ask(directory, ana, room, Join { whom: ana }).unwrap()));
    let free = limits::ROOMS_BY_OTHERS + 10;
    let room = directory.with_room("r/700", |room| room.key).unwrap();
    let hers = vec![
        own(&format!("r/{free}")),
        made("hers", ana, &[]),
        made("dm/ana/mallory", mallory, &[ana]),
        Todo::Act(Action::new(store.permit(ana, room, Join { whom: ana }))),
    ];
    assert_eq!(in_a_row(&store, hers).await, vec![Ok(()); 4]);
    let back = Todo::Act(Action::new(ask(directory, ana, "hers", Join { whom: mallory }).unwrap()));
    assert_eq!(in_a_row(&store, vec![back]).await, [refused("rooms_of_other")]);

    // Rooms count towards their creator's quota even after the creator has left them.
    let whom = mallory;
    let leave = |room: &str| Todo::Act(Action::new(ask(directory, mallory, room, Leave { whom }).unwrap()));
    let mut writes: Vec<_> = rooms().take(10).map(|room| leave(&room)).collect();
    writes.extend([made("one/more", mallory, &[]), made("one/too/many", mallory, &[])]);
    let ended = in_a_row(&store, writes).await;
    assert_eq!(ended[ended.len() - 2..], [Ok(()), refused("rooms_made")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_leaves_general_may_come_back_however_many_are_there() {
    let (store, commits) = open(&sqlite()).await;
    drain(commits);
    let add = |number: usize| {
        let name = format!("p{number}").parse().unwrap();
        Todo::Account(AddAccount { name, password: None, admin: false, first: false })
    };
    let ended = in_a_row(&store, (0..limits::ROOM_MEMBERS + 2).map(add).collect()).await;
    assert!(ended.iter().all(Result::is_ok));
    let (directory, whom) = (store.directory(), store.directory().id_named("p7").unwrap());
    let leave = Todo::Act(Action::new(ask(directory, whom, "general", Leave { whom }).unwrap()));
    let join = Todo::Act(Action::new(ask(directory, whom, "general", Join { whom }).unwrap()));
    assert_eq!(in_a_row(&store, vec![leave, join]).await, [Ok(()), Ok(())]);
    assert!(directory.is_member("general", whom));

    // Any other room can be full.
    let everybody = directory.member_ids("general");
    let everybody: Vec<_> = everybody.iter().map(|id| AccountId(*id as i64)).collect();
    let (last, first) = everybody.split_last().unwrap();
    let made = made("full", first[0], &first[1..limits::ROOM_MEMBERS]);
    let join = |whom| {
        Todo::Act(Action::new(store.permit(
            whom,
            directory.with_room("full", |room| room.key).unwrap(),
            Join { whom },
        )))
    };
    assert_eq!(in_a_row(&store, vec![made]).await, [Ok(())]);
    assert_eq!(in_a_row(&store, vec![join(*last)]).await, [Err("room_full".to_owned())]);
}
