//! Changes to messages: edits, deletions, reactions. Every test runs on SQLite and on PostgreSQL.

use chinwag::access::ask;
use chinwag::store::{
    AccountId, Acted, AddAccount, AddMedia, Database, Erase, Join, Key, Leave, NewMedia, Place, RoomKey, Say,
    Shown,
};
use chinwag_protocol::verb::{Delete, Edit, React};
use chinwag_protocol::{Attachment, ErrorCode, Event, EventBody, Refused, Send, limits};

use super::databases::{Store, open, sqlite};
use super::scene::reason;

on_both! {
    an_edit_changes_what_a_message_says
    a_deleted_message_leaves_nothing_of_itself
    an_erased_message_is_still_known_to_whoever_sends_it_again
    an_answer_that_is_deleted_stays_so_when_what_it_quoted_is
    an_edit_to_no_text_is_known_when_it_is_sent_again
    however_many_have_answered_all_quotes_are_erased
    reactions_are_counted_once_each
    who_may_change_a_message_is_asked_when_it_is_changed
    messages_are_found_between_any_number_of_other_events
}

/// Two members of `general`; the first is its owner.
pub struct Talk {
    pub store: Store,
    pub room: RoomKey,
    pub ana: AccountId,
    pub bo: AccountId,
}

impl Talk {
    pub async fn on(database: &Database) -> Self {
        let (store, mut commits) = open(database).await;
        tokio::spawn(async move { while commits.recv().await.is_some() {} });
        let add = |name: &str, admin| AddAccount {
            name: name.parse().unwrap(),
            password: None,
            admin,
            first: false,
        };
        let (ana, bo) =
            (store.write(add("ana", true)).await.unwrap(), store.write(add("bo", false)).await.unwrap());
        let room = store.directory().with_room("general", |room| room.key).unwrap();
        Self { store, room, ana, bo }
    }

    pub async fn act<A>(&self, who: AccountId, act: A) -> Result<Acted, Refused>
    where
        A: chinwag::access::Rule + chinwag::store::Act,
    {
        self.store.act(ask(self.store.directory(), who, "general", act)?).await
    }

    async fn send(&self, who: AccountId, send: Send) -> u64 {
        let key = if send.msg_id.is_some() { Key::Given } else { Key::Made };
        let send = Send { msg_id: send.msg_id.or_else(|| Some(format!("made-{}", rand()))), ..send };
        self.act(who, Say { send, key }).await.unwrap().event.unwrap().seq
    }

    pub async fn say(&self, who: AccountId, text: &str) -> u64 {
        self.send(who, Send { text: text.into(), ..Send::default() }).await
    }

    async fn shown(&self, who: AccountId, seq: u64) -> Shown {
        let found =
            self.store.reader().page(who, self.room, Place::Around(seq), 2, false).await.unwrap().messages;
        found.into_iter().find(|shown| shown.event.seq == seq).unwrap()
    }

    async fn log(&self) -> Vec<Event> {
        let events = self.store.reader().events(self.room, 0, 100_000, usize::MAX).await.unwrap();
        events.iter().map(|event| serde_json::from_slice(&event.body).unwrap()).collect()
    }

    /// Returns everything that a reader could find in the log, as text.
    async fn all_text(&self) -> String {
        let log = self.log().await;
        log.iter().map(|event| serde_json::to_string(event).unwrap()).collect::<Vec<_>>().join("\n")
    }
}

fn rand() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

fn edit(target: u64, text: &str, msg_id: Option<&str>) -> Edit {
    Edit { target, text: text.into(), msg_id: msg_id.map(str::to_owned) }
}

fn delete(target: u64) -> Delete {
    Delete { target, msg_id: None }
}

pub fn react(target: u64, emoji: &str, on: bool) -> React {
    React { target, emoji: emoji.into(), on, msg_id: None }
}

async fn an_edit_changes_what_a_message_says(database: Database) {
    let talk = Talk::on(&database).await;
    let (ana, bo) = (talk.ana, talk.bo);
    let seq = talk.say(bo, "helo").await;
    assert!(talk.shown(ana, seq).await.altered.is_none());
    let edited = talk.act(bo, edit(seq, "hello", Some("e1"))).await.unwrap();
    let event = edited.event.unwrap();
    assert_eq!((event.seq, &*event.kind, edited.repeat), (seq + 1, "edit", false));
    // A retry returns the same edit, even after a later one; reusing the key for a different edit is refused.
    let second = talk.act(bo, edit(seq, "hello!", None)).await.unwrap().event.unwrap().seq;
    let again = talk.act(bo, edit(seq, "hello", Some("e1"))).await.unwrap();
    assert_eq!((again.repeat, again.event.unwrap().seq), (true, seq + 1));
    let reused = talk.act(bo, edit(seq, "other", Some("e1"))).await.unwrap_err();
    assert_eq!(reused.code, ErrorCode::MsgIdReused);
    assert!(talk.act(bo, edit(seq, "hello!", None)).await.unwrap().event.is_none(), "nothing to change");
    let altered = talk.shown(ana, seq).await.altered.unwrap();
    let last = altered.edited.unwrap().seq;
    assert_eq!((altered.changed_seq, last, altered.text.as_str()), (second, second, "hello!"));
    let preview = talk.store.reader().previews(ana, None).await.unwrap().remove(&talk.room).unwrap();
    assert!(preview.last_message.unwrap().contains("\"hello!\""), "the list of rooms shows what it says now");
    // The message's own event is unchanged; a reply quotes the edited text.
    let answer = Send { text: "hi".into(), original_message: Some(seq), ..Send::default() };
    let answer = talk.send(ana, answer).await;
    let log = talk.log().await;
    assert!(matches!(&log[seq as usize - 1].body, EventBody::Message { text, .. } if text == "helo"));
    let EventBody::Message { original_message: Some(quote), .. } = &log[answer as usize - 1].body else {
        panic!()
    };
    assert_eq!(quote.text, "hello!");
    for (target, text, code) in [
        (seq, "", ErrorCode::PayloadInvalid),
        (second, "x", ErrorCode::NotFound),
        (1, "x", ErrorCode::NotFound),
        (999, "x", ErrorCode::NotFound),
    ] {
        assert_eq!(talk.act(bo, edit(target, text, None)).await.unwrap_err().code, code, "{target} {text}");
    }
    talk.store.stop().await;
}

async fn a_deleted_message_leaves_nothing_of_itself(database: Database) {
    let talk = Talk::on(&database).await;
    let (ana, bo) = (talk.ana, talk.bo);
    let media = |id: &str| Attachment {
        id: id.into(),
        name: "a file".into(),
        media_type: "text/plain".into(),
        size: 7,
        width: None,
        height: None,
    };
    for id in ["alone", "shared"] {
        talk.store.write(AddMedia(NewMedia { account: bo, media: media(id) })).await.unwrap();
    }
    let attached = |ids: &[&str]| ids.iter().map(|id| id.parse().unwrap()).collect();
    let first =
        Send { text: "a secret".into(), attachments: attached(&["alone", "shared"]), ..Send::default() };
    let seq = talk.send(bo, first).await;
    let other = Send { attachments: attached(&["shared"]), ..Send::default() };
    talk.send(bo, other).await;
    talk.act(bo, edit(seq, "a better secret", None)).await.unwrap();
    talk.act(ana, react(seq, "👍", true)).await.unwrap();
    let answer = Send { text: "well".into(), original_message: Some(seq), ..Send::default() };
    let answer = talk.send(ana, answer).await;
    let deleted = talk.act(bo, delete(seq)).await.unwrap().event.unwrap();
    let all = talk.all_text().await;
    assert!(!all.contains("secret"), "{all}");
    let log = talk.log().await;
    let EventBody::Message { text, attachments, deleted: Some(told), .. } = &log[seq as usize - 1].body
    else {
        panic!("{:?}", log[seq as usize - 1])
    };
    assert_eq!((text.as_str(), attachments.len(), told.seq, told.by.as_str()), ("", 0, deleted.seq, "bo"));
    let EventBody::Message { text, original_message: Some(quote), .. } = &log[answer as usize - 1].body
    else {
        panic!()
    };
    assert_eq!((text.as_str(), quote.seq, quote.text.as_str()), ("well", seq, ""));
    let altered = talk.shown(ana, seq).await.altered.unwrap();
    assert_eq!(
        (altered.changed_seq, altered.edited.is_some(), altered.reactions.len()),
        (deleted.seq, false, 0)
    );
    // Its file is unused now, the other one is still in use.
    assert_eq!(talk.store.reader().unused_media(i64::MAX).await.unwrap(), ["alone"]);
    // The deletion is final: nothing changes the message any more.
    assert!(talk.act(bo, delete(seq)).await.unwrap().event.is_none());
    assert_eq!(talk.act(bo, edit(seq, "again", None)).await.unwrap_err().code, ErrorCode::NotFound);
    assert_eq!(talk.act(ana, react(seq, "👍", true)).await.unwrap_err().code, ErrorCode::NotFound);
    let late = Send { text: "late".into(), original_message: Some(seq), ..Send::default() };
    talk.send(ana, late).await;
    talk.store.stop().await;
}

async fn an_erased_message_is_still_known_to_whoever_sends_it_again(database: Database) {
    let talk = Talk::on(&database).await;
    let bo = talk.bo;
    let quoted = talk.say(talk.ana, "a question").await;
    let send = Send {
        text: "a secret".into(),
        msg_id: Some("m".into()),
        original_message: Some(quoted),
        ..Send::default()
    };
    let say = |send: &Send| Say { send: send.clone(), key: Key::Given };
    let seq = talk.act(bo, say(&send)).await.unwrap().event.unwrap().seq;
    talk.act(bo, edit(seq, "better", Some("e"))).await.unwrap();
    talk.act(bo, delete(seq)).await.unwrap();
    let again = talk.act(bo, say(&send)).await.unwrap();
    assert_eq!((again.repeat, again.event.unwrap().seq), (true, seq));
    assert!(talk.act(bo, edit(seq, "better", Some("e"))).await.unwrap().repeat);
    let other = Send { text: "another".into(), ..send };
    assert_eq!(talk.act(bo, say(&other)).await.unwrap_err().code, ErrorCode::MsgIdReused);
    talk.store.stop().await;
}

async fn an_answer_that_is_deleted_stays_so_when_what_it_quoted_is(database: Database) {
    let talk = Talk::on(&database).await;
    let (ana, bo) = (talk.ana, talk.bo);
    let quoted = talk.say(bo, "a question").await;
    let answer = Send {
        text: "a secret".into(),
        msg_id: Some("answer".into()),
        original_message: Some(quoted),
        ..Send::default()
    };
    let seq = talk.send(ana, answer.clone()).await;
    let deleted = talk.act(ana, delete(seq)).await.unwrap().event.unwrap().seq;
    talk.act(bo, delete(quoted)).await.unwrap();
    let log = talk.log().await;
    let EventBody::Message { deleted: told, .. } = &log[seq as usize - 1].body else { panic!() };
    assert_eq!(told.as_ref().map(|told| told.seq), Some(deleted), "it still says who deleted it");
    let again = talk.act(ana, Say { send: answer, key: Key::Given }).await.unwrap();
    assert_eq!((again.repeat, again.event.unwrap().seq), (true, seq), "and is still known to its sender");
    talk.store.stop().await;
}

/// A message with a file may lose its text; a retry of that edit is recognized.
async fn an_edit_to_no_text_is_known_when_it_is_sent_again(database: Database) {
    let talk = Talk::on(&database).await;
    let media = Attachment {
        id: "f".into(),
        name: "a file".into(),
        media_type: "text/plain".into(),
        size: 7,
        width: None,
        height: None,
    };
    talk.store.write(AddMedia(NewMedia { account: talk.bo, media })).await.unwrap();
    let attachments = vec!["f".parse().unwrap()];
    let seq = talk.send(talk.bo, Send { text: "look".into(), attachments, ..Send::default() }).await;
    let first = talk.act(talk.bo, edit(seq, "", Some("e"))).await.unwrap().event.unwrap().seq;
    let again = talk.act(talk.bo, edit(seq, "", Some("e"))).await.unwrap();
    assert_eq!((again.repeat, again.event.unwrap().seq), (true, first));
    let other = talk.act(talk.bo, edit(seq, "x", Some("e"))).await.unwrap_err();
    assert_eq!(other.code, ErrorCode::MsgIdReused);
    talk.store.stop().await;
}

async fn however_many_have_answered_all_quotes_are_erased(database: Database) {
    let talk = Talk::on(&database).await;
    let seq = talk.say(talk.bo, "a secret").await;
    for _ in 0..1_203 {
        let answer = Send { text: "yes".into(), original_message: Some(seq), ..Send::default() };
        talk.send(talk.ana, answer).await;
    }
    talk.act(talk.bo, delete(seq)).await.unwrap();
    let mut rounds = 1;
    while talk.store.write(Erase).await.unwrap() {
        rounds += 1;
    }
    assert!(rounds > 2, "in several transactions: {rounds}");
    assert!(!talk.all_text().await.contains("secret"));
    talk.store.stop().await;
}

async fn reactions_are_counted_once_each(database: Database) {
    let talk = Talk::on(&database).await;
    let (ana, bo) = (talk.ana, talk.bo);
    let seq = talk.say(bo, "hello").await;
    talk.act(bo, react(seq, "🎉", true)).await.unwrap();
    talk.act(ana, react(seq, "👍", true)).await.unwrap();
    talk.act(bo, react(seq, "👍", true)).await.unwrap();
    assert!(talk.act(bo, react(seq, "👍", true)).await.unwrap().event.is_none(), "it is there already");
    assert!(talk.act(ana, react(seq, "🎉", false)).await.unwrap().event.is_none(), "it is not there");
    let reactions = talk.shown(ana, seq).await.altered.unwrap().reactions;
    let names = |at: usize| reactions[at].names.iter().map(|name| name.as_str()).collect::<Vec<_>>();
    assert_eq!(
        (reactions[0].emoji.as_str(), reactions[0].count, names(0), reactions[0].mine),
        ("🎉", 1, vec!["bo"], false)
    );
    assert_eq!((reactions[1].emoji.as_str(), reactions[1].count, reactions[1].mine), ("👍", 2, true));
    assert_eq!(names(1), ["ana", "bo"], "in the order in which they came");
    let taken = talk.act(bo, react(seq, "🎉", false)).await.unwrap().event.unwrap().seq;
    let altered = talk.shown(ana, seq).await.altered.unwrap();
    assert_eq!((altered.reactions.len(), altered.changed_seq), (1, taken));
    // Many members, and as many different emoji as allowed.
    for number in 0..limits::REACTION_NAMES + 5 {
        let name = format!("p{number}").parse().unwrap();
        let add = AddAccount { name, password: None, admin: false, first: false };
        let person = talk.store.write(add).await.unwrap();
        talk.act(person, react(seq, "👍", true)).await.unwrap();
    }
    let thumbs = talk.shown(ana, seq).await.altered.unwrap().reactions.remove(0);
    assert_eq!(
        (thumbs.count as usize, thumbs.names.len()),
        (limits::REACTION_NAMES + 7, limits::REACTION_NAMES)
    );
    let emoji: Vec<String> = ('😀'..).take(limits::EMOJI_PER_MESSAGE).map(String::from).collect();
    for emoji in &emoji[1..] {
        talk.act(ana, react(seq, emoji, true)).await.unwrap();
    }
    assert_eq!(reason(talk.act(ana, react(seq, &emoji[0], true)).await.unwrap_err()), "emoji");
    talk.act(bo, react(seq, &emoji[1], true)).await.unwrap();
    talk.store.stop().await;
}

async fn who_may_change_a_message_is_asked_when_it_is_changed(database: Database) {
    let talk = Talk::on(&database).await;
    let (ana, bo) = (talk.ana, talk.bo);
    let (hers, his) = (talk.say(ana, "hers").await, talk.say(bo, "his").await);
    let forbidden = Some(ErrorCode::NotAuthorized);
    let code = |result: Result<Acted, Refused>| result.err().map(|refused| refused.code);
    assert_eq!(code(talk.act(bo, edit(hers, "x", None)).await), forbidden);
    assert_eq!(code(talk.act(ana, edit(his, "x", None)).await), forbidden, "an owner neither");
    assert_eq!(code(talk.act(bo, delete(hers)).await), forbidden);
    // Permitted, but no longer a member when the act is carried out.
    let directory = talk.store.directory();
    let late = ask(directory, bo, "general", edit(his, "late", None)).unwrap();
    let late_react = ask(directory, bo, "general", react(hers, "👍", true)).unwrap();
    let late_delete = ask(directory, bo, "general", delete(his)).unwrap();
    talk.act(ana, Leave { whom: bo }).await.unwrap();
    assert_eq!(code(talk.store.act(late).await), forbidden);
    assert_eq!(code(talk.store.act(late_react).await), forbidden);
    assert_eq!(code(talk.store.act(late_delete).await), forbidden);
    talk.act(bo, Join { whom: bo }).await.unwrap();
    assert_eq!(code(talk.act(ana, delete(his)).await), None, "who moderates the room may");
    talk.store.stop().await;
}

async fn messages_are_found_between_any_number_of_other_events(database: Database) {
    let talk = Talk::on(&database).await;
    let (ana, bo) = (talk.ana, talk.bo);
    let mut messages = Vec::new();
    for gap in [3, 2_500, 0, 1] {
        messages.push(talk.say(bo, "hello").await);
        for number in 0..gap {
            talk.act(ana, react(messages[0], "👍", number % 2 == 0)).await.unwrap();
        }
    }
    let seqs = |found: &[Shown]| found.iter().map(|shown| shown.event.seq).collect::<Vec<_>>();
    let reader = talk.store.reader();
    let page = |place, limit| reader.page(ana, talk.room, place, limit, false);
    let last = page(Place::Before(u64::MAX), 10).await.unwrap();
    let (head, last) = (last.head, last.messages);
    assert_eq!(seqs(&last), messages);
    let two = page(Place::Before(messages[2]), 1).await.unwrap().messages;
    assert_eq!(seqs(&two), [messages[1]]);
    for around in [1, messages[1] + 1_300, head.last_seq, head.last_seq + 7] {
        let found = page(Place::Around(around), 4).await.unwrap().messages;
        let before: Vec<u64> = messages.iter().copied().filter(|seq| *seq < around).collect();
        let from = messages.iter().copied().filter(|seq| *seq >= around).take(2);
        let expected: Vec<u64> =
            before[before.len().saturating_sub(2)..].iter().copied().chain(from).collect();
        assert_eq!(seqs(&found), expected, "around {around}");
    }
    let previews = reader.previews(bo, None).await.unwrap();
    assert_eq!(previews[&talk.room].unread, 4, "what is no message is not unread");
    talk.store.stop().await;
}

/// Nothing of a deleted message is left in the database's files.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_erased_is_gone_from_the_disk() {
    let database = sqlite();
    let path = format!("{database:?}").strip_prefix("sqlite:").unwrap().to_owned();
    let talk = Talk::on(&database).await;
    let secret = "the-horse-battery-staple-is-correct";
    let seq = talk.say(talk.bo, secret).await;
    let edited = talk.act(talk.bo, edit(seq, &format!("{secret} 2"), None)).await.unwrap();
    assert!(edited.event.is_some());
    let answer = Send { text: "yes".into(), original_message: Some(seq), ..Send::default() };
    talk.send(talk.ana, answer).await;
    let on_disk = || {
        ["", "-wal"].iter().any(|end| {
            let bytes = std::fs::read(format!("{path}{end}")).unwrap_or_default();
            bytes.windows(secret.len()).any(|window| window == secret.as_bytes())
        })
    };
    assert!(on_disk());
    talk.act(talk.bo, delete(seq)).await.unwrap();
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while on_disk() {
        assert!(std::time::Instant::now() < deadline, "it is still there after a minute");
        talk.store.look();
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    talk.store.stop().await;
}
