//! The store's promises, one test each; every test runs on SQLite and on PostgreSQL.

use std::collections::BTreeSet;

use chinwag::store::{
    AccountId, Action, AddAccount, AddMedia, AddRoom, AddToken, CursorMove, Database, ForgetMedia, Join, Key,
    Leave, MoveCursors, NewMedia, NewRoomRow, Place, RoomKey, SetThumbnails, Shown, TokenKind,
};
use chinwag_protocol::{Attachment, ErrorCode, Event, EventBody, Send, limits};

use super::databases::{Store, open, run, until, voice};
use super::scene::{account, drain, general, log, reason, say, send, texts};

on_both! {
    two_writers_make_one_log_without_holes
    a_message_is_stored_once_for_each_sender_and_msg_id
    repeats_in_one_batch_are_one_message
    a_refused_write_leaves_no_trace
    what_another_process_commits_is_followed
    of_names_that_look_alike_only_one_is_given
    read_cursors_only_move_forward
    read_cursors_are_those_of_the_members_asked_for
    an_answer_quotes_and_history_pages
    previews_skip_what_is_no_message
    an_upload_is_seen_once_it_has_arrived
    everything_is_there_after_reopening
    a_write_that_fails_takes_no_other_with_it
    tables_of_a_newer_version_are_used_only_where_it_says_so
}

async fn two_writers_make_one_log_without_holes(database: Database) {
    let (one, one_commits) = open(&database).await;
    let (other, other_commits) = open(&database).await;
    let (heard, also_heard) = (drain(one_commits), drain(other_commits));
    let ana = account(&one, "ana").await;
    let room = general(&one);
    let mut writers = Vec::new();
    for writer in 0..8 {
        let store = if writer % 2 == 0 { one.clone() } else { other.clone() };
        writers.push(tokio::spawn(async move {
            for number in 0..50 {
                say(&store, voice(ana, room), send("hi", &format!("{writer}-{number}"))).await.unwrap();
            }
        }));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    let seqs: Vec<u64> = log(&one, room).await.iter().map(|event| event.seq).collect();
    assert_eq!(seqs, (1..=401).collect::<Vec<_>>());
    one.stop().await;
    other.stop().await;
    drop((one, other));
    // Each store has announced its events in order, and together they have announced all.
    let (heard, also_heard) = (heard.await.unwrap(), also_heard.await.unwrap());
    let all: BTreeSet<u64> = heard.iter().chain(&also_heard).copied().collect();
    assert_eq!(all, seqs.into_iter().collect());
}

async fn a_message_is_stored_once_for_each_sender_and_msg_id(database: Database) {
    let (store, commits) = open(&database).await;
    drain(commits);
    let (ana, bo) = (account(&store, "ana").await, account(&store, "bo").await);
    let room = general(&store);
    assert_eq!(say(&store, voice(ana, room), send("hello", "m")).await, Ok((3, false)));
    assert_eq!(say(&store, voice(ana, room), send("hello", "m")).await, Ok((3, true)));
    assert_eq!(say(&store, voice(bo, room), send("hello", "m")).await, Ok((4, false)));
    let reused = say(&store, voice(ana, room), send("something else", "m")).await.unwrap_err();
    assert_eq!(reused.code, ErrorCode::MsgIdReused);
    assert_eq!(texts(&log(&store, room).await), ["hello", "hello"]);
    store.stop().await;
}

async fn repeats_in_one_batch_are_one_message(database: Database) {
    let (store, commits) = open(&database).await;
    drain(commits);
    let ana = account(&store, "ana").await;
    let permit = voice(ana, general(&store));
    // All at once: most of them share a transaction, and some fall into the next.
    let sends = (0..200).map(|number| {
        let store = store.clone();
        tokio::spawn(
            async move { say(&store, permit, send("same", &format!("m{}", number % 10))).await.unwrap() },
        )
    });
    let mut first = 0;
    for task in sends.collect::<Vec<_>>() {
        first += usize::from(!task.await.unwrap().1);
    }
    assert_eq!(first, 10);
    assert_eq!(texts(&log(&store, general(&store)).await).len(), 10);
    store.stop().await;
}

async fn a_refused_write_leaves_no_trace(database: Database) {
    let (store, commits) = open(&database).await;
    drain(commits);
    let ana = account(&store, "ana").await;
    let room = general(&store);
    let permit = voice(ana, room);
    let answer = Send { original_message: Some(999), ..send("to nothing", "a") };
    let file = Send { attachments: vec!["nothing".parse().unwrap()], ..send("a file", "b") };
    let tasks = [answer, file, send("fine", "c")].map(|send| {
        let store = store.clone();
        tokio::spawn(async move { say(&store, permit, send).await })
    });
    let [answer, file, fine] = tasks;
    assert_eq!(answer.await.unwrap().unwrap_err().code, ErrorCode::BadRequest);
    assert_eq!(file.await.unwrap().unwrap_err().code, ErrorCode::BadRequest);
    assert_eq!(fine.await.unwrap(), Ok((2, false)));
    let twice = AddAccount { name: "ana".parse().unwrap(), password: None, admin: true, first: false };
    assert_eq!(store.write(twice).await.unwrap_err().code, ErrorCode::AlreadyExists);
    let password = || Some("$argon2id$…".to_owned());
    let first = |name: &str| AddAccount {
        name: name.parse().unwrap(),
        password: password(),
        admin: true,
        first: true,
    };
    store.write(first("cy")).await.expect("nobody who can sign in administers yet");
    assert_eq!(store.write(first("dee")).await.unwrap_err().code, ErrorCode::AlreadyExists);
    assert_eq!(log(&store, room).await.len(), 3);
    store.stop().await;
}

/// The first to request a name gets it: in one transaction, and on two servers.
async fn of_names_that_look_alike_only_one_is_given(database: Database) {
    let (here, commits) = open(&database).await;
    drain(commits);
    let (beside, commits) = open(&database).await;
    drain(commits);
    let add =
        |name: &str| AddAccount { name: name.parse().unwrap(), password: None, admin: false, first: false };
    let room = |topic: &str| {
        let (title, purpose) = ("T".into(), String::new());
        let room = NewRoomRow { topic: topic.parse().unwrap(), title, purpose, private: false };
        AddRoom { room, by: None, members: vec![] }
    };
    for (number, other) in [&here, &beside].into_iter().enumerate() {
        let names = [format!("paypal-{number}"), format!("paypa1-{number}")];
        let both = tokio::join!(here.write(add(&names[0])), other.write(add(&names[1])));
        let refused: Vec<_> = [both.0, both.1].into_iter().filter_map(Result::err).collect();
        assert_eq!(refused.len(), 1, "{names:?}: {refused:?}");
        assert_eq!(refused[0].code, ErrorCode::AlreadyExists);
        let topics = [format!("bill-{number}"), format!("bi1l-{number}")];
        let both = tokio::join!(here.write(room(&topics[0])), other.write(room(&topics[1])));
        let refused: Vec<_> = [both.0, both.1].into_iter().filter_map(Result::err).collect();
        assert_eq!(refused.len(), 1, "{topics:?}: {refused:?}");
        assert_eq!(refused[0].code, ErrorCode::AlreadyExists);
    }
    here.stop().await;
    beside.stop().await;
}

async fn what_another_process_commits_is_followed(database: Database) {
    let (server, mut commits) = open(&database).await;
    let (beside, ignored) = open(&database).await;
    drain(ignored);
    let ana = account(&beside, "ana").await;
    let row = NewRoomRow {
        topic: "team".parse().unwrap(),
        title: "T".into(),
        purpose: String::new(),
        private: true,
    };
    let team = beside.write(AddRoom { room: row, by: None, members: vec![] }).await.unwrap();
    beside.act(beside.permit(ana, team, Join { whom: ana })).await.unwrap();
    beside
        .write(AddToken { account: ana, hash: [7; 32], label: "t".into(), kind: TokenKind::Device })
        .await
        .unwrap();
    until(&server, "ana is in team", || server.directory().is_member("team", ana)).await;
    until(&server, "the token is known", || server.directory().token(&[7; 32]).is_some()).await;
    beside.act(beside.permit(ana, team, Leave { whom: ana })).await.unwrap();
    until(&server, "ana has left", || !server.directory().is_member("team", ana)).await;
    // By then everything followed has been passed on.
    server.refresh().await;
    let mut kinds = Vec::new();
    while let Ok(committed) = commits.try_recv() {
        kinds.extend(committed.events.iter().map(|event| format!("{} {}", event.topic, event.kind)));
    }
    assert_eq!(kinds, ["general join", "team join", "team leave"]);
    server.stop().await;
    beside.stop().await;
}

async fn read_cursors_only_move_forward(database: Database) {
    let (store, commits) = open(&database).await;
    drain(commits);
    let (ana, bo) = (account(&store, "ana").await, account(&store, "bo").await);
    let room = general(&store);
    for number in 0..3 {
        say(&store, voice(ana, room), send("hi", &format!("m{number}"))).await.unwrap();
    }
    let at = |account, seq| CursorMove { room, account, seq };
    // Accounts that are not in the room, and rooms that do not exist, are skipped.
    let nobody = [at(AccountId(77), 3), CursorMove { room: RoomKey(77), account: ana, seq: 3 }];
    for (seq, moves_to) in [(3, Some(3)), (2, None), (4, Some(4)), (4, None), (u64::MAX, Some(5))] {
        let cursors = [nobody.as_slice(), &[at(ana, seq)]].concat();
        let moved = store.write(MoveCursors(cursors)).await.unwrap();
        assert_eq!(moved, Vec::from_iter(moves_to.map(|seq| at(ana, seq))));
    }
    let moved = store.write(MoveCursors(vec![at(bo, 5), at(ana, 5)])).await.unwrap();
    assert_eq!(moved, [at(bo, 5)]);
    let cursors = store.reader().read_cursors(room, vec![ana, bo]).await.unwrap();
    assert_eq!(cursors, [(ana, 5), (bo, 5)].into());
    store.stop().await;
}

async fn read_cursors_are_those_of_the_members_asked_for(database: Database) {
    let (store, commits) = open(&database).await;
    drain(commits);
    let (ana, bo) = (account(&store, "ana").await, account(&store, "bo").await);
    let (cy, room) = (account(&store, "cy").await, general(&store));
    say(&store, voice(ana, room), send("hi", "1")).await.unwrap();
    let new = NewRoomRow {
        topic: "team".parse().unwrap(),
        title: "Team".into(),
        purpose: String::new(),
        private: true,
    };
    let team = store.write(AddRoom { room: new, by: Some(ana), members: vec![(ana, true)] }).await.unwrap();
    let at = |account, seq| CursorMove { room, account, seq };
    store.write(MoveCursors(vec![at(ana, 3), at(bo, 2), at(cy, 1)])).await.unwrap();
    store.act(store.permit(cy, room, Leave { whom: cy })).await.unwrap();
    let of = async |room, accounts: &[AccountId]| {
        store.reader().read_cursors(room, accounts.to_vec()).await.unwrap()
    };
    let stranger = AccountId(77);
    assert_eq!(of(room, &[cy, bo, stranger, ana]).await, [(ana, 3), (bo, 2)].into(), "cy has left");
    assert_eq!(of(room, &[bo, bo]).await, [(bo, 2)].into());
    assert_eq!(of(team, &[ana, bo]).await.into_keys().collect::<Vec<_>>(), [ana]);
    assert!(of(room, &[]).await.is_empty() && of(RoomKey(77), &[ana]).await.is_empty());
    let crowd: Vec<_> = (1..=i64::from(limits::PAGE_MAX)).map(AccountId).collect();
    assert_eq!(of(room, &crowd).await.len(), 2, "a whole page at once");
    store.stop().await;
}

async fn an_answer_quotes_and_history_pages(database: Database) {
    let (store, commits) = open(&database).await;
    drain(commits);
    let ana = account(&store, "ana").await;
    let permit = voice(ana, general(&store));
    for number in 2..=30 {
        say(&store, permit, send(&format!("text {number}"), &format!("m{number}"))).await.unwrap();
    }
    let answer = Send { original_message: Some(7), ..send("yes", "answer") };
    assert_eq!(say(&store, permit, answer).await, Ok((31, false)));
    let page = store.reader().page(ana, permit.room, Place::Before(u64::MAX), 5, false).await.unwrap();
    let (head, last) = (page.head, page.messages);
    assert_eq!((head.last_seq, last.first().map(seq_of), last.len()), (31, Some(27), 5));
    let answer: Event = serde_json::from_slice(&last[4].event.body).unwrap();
    let EventBody::Message { original_message: Some(quote), .. } = answer.body else { panic!("no quote") };
    assert_eq!((quote.seq, quote.text.as_str(), quote.sender.as_str()), (7, "text 7", "ana"));
    let around = store.reader().page(ana, permit.room, Place::Around(10), 4, false).await.unwrap().messages;
    assert_eq!(around.iter().map(seq_of).collect::<Vec<_>>(), [8, 9, 10, 11]);
    let (_, far) = store.reader().events_within(permit.room, 3, 10, 100, usize::MAX).await.unwrap();
    assert!(far.is_none(), "28 behind is more than 10");
    let (_, near) = store.reader().events_within(permit.room, 28, 10, 100, usize::MAX).await.unwrap();
    assert_eq!(near.unwrap().len(), 3);
    let (_, beyond) = store.reader().events_within(permit.room, 32, 10, 100, usize::MAX).await.unwrap();
    assert!(beyond.is_none(), "a number beyond the end is another epoch's");
    let previews = store.reader().previews(ana, None).await.unwrap();
    let preview = &previews[&permit.room];
    assert_eq!((preview.unread, last_of(preview)), (0, Some(31)));
    store.stop().await;
}

async fn everything_is_there_after_reopening(database: Database) {
    let (store, commits) = open(&database).await;
    drain(commits);
    let ana = account(&store, "ana").await;
    say(&store, voice(ana, general(&store)), send("hello", "m")).await.unwrap();
    store
        .write(AddToken { account: ana, hash: [9; 32], label: "t".into(), kind: TokenKind::Device })
        .await
        .unwrap();
    let before = log(&store, general(&store)).await;
    store.stop().await;
    drop(store);
    let (store, commits) = open(&database).await;
    drain(commits);
    assert_eq!(log(&store, general(&store)).await, before);
    assert_eq!(store.directory().token(&[9; 32]).map(|(_, account)| account), Some(ana));
    assert_eq!(store.directory().with_room("general", |room| room.last_seq()), Some(2));
    assert!(store.directory().is_member("general", ana));
    assert_eq!(say(&store, voice(ana, general(&store)), send("hello", "m")).await, Ok((2, true)));
    store.stop().await;
}

async fn tables_of_a_newer_version_are_used_only_where_it_says_so(database: Database) {
    let (store, commits) = open(&database).await;
    drain(commits);
    store.stop().await;
    for (step, oldest, works) in [(1_000, 1, true), (1_001, 1_001, false)] {
        run(&database, &format!("INSERT INTO migrations VALUES ({step}, {oldest})")).await;
        let opened = database.clone();
        let opened = tokio::task::spawn_blocking(move || Store::open(opened).map(|(store, _)| store));
        match opened.await.unwrap() {
            Ok(store) => {
                assert!(works);
                store.stop().await;
            }
            Err(error) => {
                assert!(!works && error.to_string().contains("a newer version of Chinwag"), "{error}")
            }
        }
    }
}

/// Makes the database fail on texts with the word "poison".
const POISON: [&str; 2] = [
    "CREATE TRIGGER poison BEFORE INSERT ON events WHEN new.body LIKE '%poison%'
     BEGIN SELECT RAISE(ABORT, 'on purpose'); END",
    "CREATE FUNCTION poison() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
         IF new.body LIKE '%poison%' THEN RAISE EXCEPTION 'on purpose'; END IF; RETURN new; END $$;
     CREATE TRIGGER poison BEFORE INSERT ON events FOR EACH ROW EXECUTE FUNCTION poison()",
];

async fn a_write_that_fails_takes_no_other_with_it(database: Database) {
    let (store, _commits) = open(&database).await;
    let ana = account(&store, "ana").await;
    let permit = voice(ana, general(&store));
    run(&database, POISON[usize::from(matches!(database, Database::Postgres(_)))]).await;
    let is_poisoned = |number: usize| number % 50 == 17;
    let mut answers = Vec::new();
    for number in 0..200 {
        let text = if is_poisoned(number) { "poison" } else { "good" };
        let action = Action::new(store.saying(permit, send(text, &number.to_string()), Key::Made));
        let (reply, answer) = tokio::sync::oneshot::channel();
        store.submit_action(action, Box::new(move |result| drop(reply.send(result)))).await;
        answers.push(answer);
    }
    for (number, answer) in answers.into_iter().enumerate() {
        match answer.await.unwrap() {
            Ok(_) => assert!(!is_poisoned(number), "{number} is stored"),
            Err(refused) => {
                assert_eq!((is_poisoned(number), refused.code), (true, ErrorCode::Internal), "{number}");
            }
        }
    }
    let events = store.reader().events(permit.room, 1, 1_000, usize::MAX).await.unwrap();
    let stored: Vec<String> = events.iter().map(msg_id).collect();
    let good: Vec<String> = (0..200).filter(|n| !is_poisoned(*n)).map(|n| n.to_string()).collect();
    assert_eq!(stored, good, "each once, in the order in which they were given");
    store.stop().await;
}

fn msg_id(event: &chinwag::store::StoredEvent) -> String {
    let event: Event = serde_json::from_slice(&event.body).unwrap();
    let EventBody::Message { msg_id, .. } = event.body else { panic!("not a message") };
    msg_id
}

fn seq_of(shown: &Shown) -> u64 {
    shown.event.seq
}

fn last_of(preview: &chinwag::store::Preview) -> Option<u64> {
    let event: Event = serde_json::from_str(preview.last_message.as_ref()?).unwrap();
    Some(event.seq)
}

async fn previews_skip_what_is_no_message(database: Database) {
    let (store, commits) = open(&database).await;
    drain(commits);
    let (ana, bo) = (account(&store, "ana").await, account(&store, "bo").await);
    let room = general(&store);
    let by = |account| voice(account, room);
    let preview = async || {
        let all = store.reader().previews(ana, None).await.unwrap().remove(&room).unwrap();
        let one = store.reader().previews(ana, Some(room)).await.unwrap().remove(&room).unwrap();
        assert_eq!((all.last_seq, all.unread, last_of(&all)), (one.last_seq, one.unread, last_of(&one)));
        (all.last_seq, all.unread, last_of(&all))
    };
    assert_eq!(preview().await, (2, 0, None), "two joins");
    say(&store, by(bo), send("one", "1")).await.unwrap();
    say(&store, by(bo), send("two", "2")).await.unwrap();
    for name in ["cy", "dee", "eve"] {
        account(&store, name).await;
    }
    assert_eq!(preview().await, (7, 2, Some(4)));
    store.write(MoveCursors(vec![CursorMove { room, account: ana, seq: 3 }])).await.unwrap();
    assert_eq!(preview().await, (7, 1, Some(4)));
    for number in 0..150 {
        say(&store, by(bo), send("more", &format!("m{number}"))).await.unwrap();
    }
    assert_eq!(preview().await, (157, 151, Some(157)));
    let only = store.reader().previews(ana, None).await.unwrap();
    assert_eq!(only.len(), 1, "the rooms that one is in");
    store.stop().await;
}

async fn an_upload_is_seen_once_it_has_arrived(database: Database) {
    let (store, commits) = open(&database).await;
    drain(commits);
    let ana = account(&store, "ana").await;
    let permit = voice(ana, general(&store));
    let add = |id: &str, size| {
        let (width, height) = (None, None);
        let media = Attachment {
            id: id.into(),
            name: "a".into(),
            media_type: "text/plain".into(),
            size,
            width,
            height,
        };
        AddMedia(NewMedia { account: ana, media })
    };
    let with = |id: &str| Send { attachments: vec![id.parse().unwrap()], ..send("look", id) };
    for id in ["arrives", "breaks-off"] {
        store.write(add(id, 0)).await.unwrap();
        assert!(store.reader().media(id.into()).await.unwrap().is_none());
        assert_eq!(say(&store, permit, with(id)).await.unwrap_err().code, ErrorCode::BadRequest);
    }
    store.write(add("arrives", 7)).await.unwrap();
    assert_eq!(store.reader().media("arrives".into()).await.unwrap().unwrap().media.size, 7);
    assert_eq!(store.reader().media_bytes().await.unwrap(), 7);
    let thumbnails = |id: &str, bytes| SetThumbnails { id: id.into(), bytes };
    let of = async |id: &str| store.reader().media(id.into()).await.unwrap().unwrap().thumbnails;
    assert_eq!(of("arrives").await, None);
    // They are set, not added: they are made again if their files are lost.
    for bytes in [9, 3] {
        assert!(store.write(thumbnails("arrives", bytes)).await.unwrap());
        assert_eq!(of("arrives").await, Some(bytes));
        assert_eq!(store.reader().media_bytes().await.unwrap(), 7 + bytes);
    }
    assert!(!store.write(thumbnails("breaks-off", 3)).await.unwrap(), "no file has arrived");
    assert!(!store.write(thumbnails("unknown", 3)).await.unwrap());
    say(&store, permit, with("arrives")).await.unwrap();
    // Interrupted uploads have a row, by which they are found and removed.
    assert_eq!(store.reader().unused_media(i64::MAX).await.unwrap(), ["breaks-off"]);
    store.write(ForgetMedia(vec!["breaks-off".into()])).await.unwrap();
    assert!(store.reader().unused_media(i64::MAX).await.unwrap().is_empty());
    // Each account has a quota.
    store.write(add("large", limits::MEDIA_DAY_BYTES - 8)).await.unwrap();
    assert_eq!(reason(store.write(add("small", 2)).await.unwrap_err()), "uploads_today");
    store.write(add("smaller", 1)).await.unwrap();
    assert_eq!(reason(store.write(add("next", 0)).await.unwrap_err()), "uploads_today");
    assert!(store.reader().media("small".into()).await.unwrap().is_none());
    store.stop().await;
}
