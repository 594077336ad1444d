//! Migration of data from earlier versions.

use chinwag::store::{AccountId, Behind, Database, Place, RoomKey};
use chinwag_protocol::{Event, EventBody};

use super::databases::{open, postgres, run, sqlite};

macro_rules! steps {
    ($folder:literal) => {
        [
            include_str!(concat!("../../../chinwag-store/migrations/", $folder, "/0001_first.sql")),
            include_str!(concat!(
                "../../../chinwag-store/migrations/",
                $folder,
                "/0002_beyond_one_machine.sql"
            )),
            include_str!(concat!(
                "../../../chinwag-store/migrations/",
                $folder,
                "/0003_ends_of_sessions.sql"
            )),
            include_str!(concat!(
                "../../../chinwag-store/migrations/",
                $folder,
                "/0004_events_without_lookups.sql"
            )),
            include_str!(concat!(
                "../../../chinwag-store/migrations/",
                $folder,
                "/0005_states_and_confirmations.sql"
            )),
            include_str!(concat!("../../../chinwag-store/migrations/", $folder, "/0006_shares.sql")),
            include_str!(concat!("../../../chinwag-store/migrations/", $folder, "/0007_last_message.sql")),
            include_str!(concat!(
                "../../../chinwag-store/migrations/",
                $folder,
                "/0008_uploads_by_account.sql"
            )),
        ]
    };
}

/// Data as a server with eight migrations left it: a room with a join, a message with a file, and a reply to it.
const LEFT: &str = r#"
    INSERT INTO accounts (id, name, admin, created_at) VALUES (1, 'ana', 1, 0), (2, 'bo', 0, 0);
    INSERT INTO rooms (id, topic, title, purpose, private, epoch, last_seq, created_at, last_message_seq)
        VALUES (1, 'general', 'General', '', 0, 'e', 4, 0, 4);
    INSERT INTO members (room, account, owner, joined_seq, read_seq) VALUES (1, 1, 1, 1, 2);
    INSERT INTO media (id, account, name, type, size, created_at) VALUES ('f', 1, 'a', 'text/plain', 7, 0);
    INSERT INTO media_rooms VALUES ('f', 1);
    INSERT INTO events VALUES
        (1, 1, 'join', 1, NULL, '{"seq":1,"topic":"general","sender":"ana","sent_at":"2026-11-22T10:00:00.001Z","type":"join","name":"ana"}'),
        (1, 2, 'message', 1, 'a', '{"seq":2,"topic":"general","sender":"ana","sent_at":"2026-11-22T10:00:00.123Z","type":"message","msg_id":"a","text":"look","attachments":[{"id":"f","name":"a","type":"text/plain","size":7}]}'),
        (1, 3, 'room', 1, NULL, '{"seq":3,"topic":"general","sender":"ana","sent_at":"2026-11-22T10:00:01.000Z","type":"room","title":"G","purpose":"","private":false}'),
        (1, 4, 'message', 2, 'b', '{"seq":4,"topic":"general","sender":"bo","sent_at":"2026-11-22T10:00:02.999Z","type":"message","msg_id":"b","text":"and","original_message":{"seq":2,"sender":"ana","text":"look"}}');
    INSERT INTO outbox VALUES (1, 3);
    INSERT INTO sessions (account, client_id, state, expiry, left_at) VALUES
        (2, 'phone', '{"subscriptions":[1],"cursors":[["general",3],["gone",9]],"received":[7]}', 60, 5);
"#;

async fn is_brought_up_to_date(database: Database, steps: [&str; 8], step_table: &str) {
    run(&database, &format!("{step_table}; {}", steps.join(";\n"))).await;
    for step in 1..=8 {
        run(&database, &format!("INSERT INTO migrations VALUES ({step}, 1)")).await;
    }
    run(&database, LEFT).await;
    let (store, _commits) = open(&database).await;
    let (ana, room) = (AccountId(1), RoomKey(1));
    let previews = store.reader().previews(ana, None).await.unwrap();
    assert_eq!(
        (previews[&room].unread, previews[&room].read_seq),
        (1, 2),
        "counted by what was there before"
    );
    let messages = store.reader().page(ana, room, Place::Before(u64::MAX), 10, false).await.unwrap().messages;
    assert_eq!(messages.iter().map(|shown| shown.event.seq).collect::<Vec<_>>(), [2, 4]);
    assert_eq!(store.reader().media("f".into()).await.unwrap().unwrap().rooms, [room]);
    assert_eq!(store.reader().behind("broker").await.unwrap(), [Behind { room, seq: 3, last_seq: 4 }]);
    assert_eq!(store.directory().with_room("general", |room| room.last_seq()), Some(4));
    // Replies to a message are found by their target: deleting the message erases the quote.
    let delete = chinwag_protocol::verb::Delete { target: 2, msg_id: None };
    store.act(store.permit(ana, room, delete)).await.unwrap();
    let log = store.reader().events(room, 3, 10, usize::MAX).await.unwrap();
    let answer: Event = serde_json::from_slice(&log[0].body).unwrap();
    let EventBody::Message { original_message: Some(quote), .. } = answer.body else { panic!() };
    assert_eq!(quote.text, "");
    assert_eq!(store.reader().unused_media(i64::MAX).await.unwrap(), ["f"]);
    let session = store.reader().session(AccountId(2), "phone".into()).await.unwrap().unwrap();
    assert_eq!((session.cursors, session.row.expiry, session.row.left_at), (vec![(room, 3)], 60, Some(5)));
    let state: serde_json::Value = serde_json::from_str(&session.row.state).unwrap();
    assert_eq!(state, serde_json::json!({"subscriptions": [1], "received": [7]}));
    store.stop().await;
    // The new columns that nothing reads yet.
    let wrong = "CREATE TABLE wrong (seq BIGINT CHECK (seq IS NULL));
        INSERT INTO wrong SELECT seq FROM events WHERE seq <= 4 AND NOT (
            (seq = 1 AND at = 1795341600001 AND ordinal = 0) OR (seq = 2 AND at = 1795341600123 AND ordinal = 1)
            OR (seq = 3 AND at = 1795341601000 AND ordinal = 1) OR (seq = 4 AND at = 1795341602999 AND target = 2))";
    run(&database, wrong).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_an_earlier_version() {
    let table = "CREATE TABLE migrations (step INTEGER PRIMARY KEY, oldest INTEGER NOT NULL) STRICT";
    is_brought_up_to_date(sqlite(), steps!("sqlite"), table).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_postgres_database_of_an_earlier_version() {
    let server = chinwag_journeys::Postgres::shared().unwrap();
    let table = "CREATE TABLE migrations (step BIGINT PRIMARY KEY, oldest BIGINT NOT NULL)";
    is_brought_up_to_date(postgres(&server), steps!("postgres"), table).await;
}
