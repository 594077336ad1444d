//! Pages of a room's history. Every test runs on SQLite and on PostgreSQL.

use chinwag::store::{Database, Join, Leave, Page, Place, StoredEvent};

use super::changes::{Talk, react};

on_both! {
    pages_cover_the_whole_log_without_a_hole_in_both_directions
    a_page_covers_less_where_very_many_come_and_go
    a_page_is_found_by_its_time
}

const NOTES: [&str; 3] = ["join", "leave", "room"];

/// What happens in a test's room; the numbers are arbitrary, the mix is not: runs of each kind, and of all of them.
fn happens(number: usize) -> &'static str {
    match number % 37 {
        0..=4 | 20 => "message",
        5..=12 => "react",
        13 | 14 => "leave and join",
        15..=19 => ["message", "react"][number % 2],
        _ => "react",
    }
}

async fn fill(talk: &Talk, events: usize) -> Vec<StoredEvent> {
    let first = talk.say(talk.ana, "first").await;
    for number in 0..events {
        match happens(number) {
            "message" => {
                talk.say(talk.ana, "more").await;
            }
            "react" => {
                talk.act(talk.ana, react(first, "👍", number % 2 == 0)).await.unwrap();
            }
            _ => {
                talk.act(talk.ana, Leave { whom: talk.bo }).await.unwrap();
                talk.act(talk.bo, Join { whom: talk.bo }).await.unwrap();
            }
        }
    }
    talk.store.reader().events(talk.room, 0, 100_000, usize::MAX).await.unwrap()
}

fn seqs<'a>(events: impl IntoIterator<Item = &'a StoredEvent>) -> Vec<u64> {
    events.into_iter().map(|event| event.seq).collect()
}

/// Checks a page against the log: all messages and notes of its stretch are in it, and nothing else.
fn check(page: &Page, log: &[StoredEvent], asked: &str) {
    let inside = |event: &&StoredEvent| (page.from..=page.to).contains(&event.seq);
    let expected = seqs(log.iter().filter(inside).filter(|event| &*event.kind == "message"));
    assert_eq!(seqs(page.messages.iter().map(|shown| &shown.event)), expected, "{asked}");
    let Some(notes) = &page.notes else { return };
    let expected = seqs(log.iter().filter(inside).filter(|event| NOTES.contains(&&*event.kind)));
    assert_eq!(seqs(notes), expected, "{asked}");
}

async fn pages_cover_the_whole_log_without_a_hole_in_both_directions(database: Database) {
    let talk = Talk::on(&database).await;
    let log = fill(&talk, 200).await;
    let last = log.last().unwrap().seq;
    let reader = talk.store.reader();
    for limit in [1, 2, 7, 100] {
        for notes in [false, true] {
            for start in [1, 2, last / 2, last, last + 1, u64::MAX] {
                let asked = format!("{limit} from {start}, notes: {notes}");
                let (mut from, mut pages) = (start.min(last + 1), 0);
                while from > 1 {
                    let page =
                        reader.page(talk.bo, talk.room, Place::Before(from), limit, notes).await.unwrap();
                    check(&page, &log, &asked);
                    assert_eq!(page.to, from - 1, "{asked}");
                    assert!(page.from < from, "a page before {from} covers nothing: {asked}");
                    from = page.from;
                    pages += 1;
                }
                let mut to = start.min(last + 1) - 1;
                while to < last {
                    let page = reader.page(talk.bo, talk.room, Place::After(to), limit, notes).await.unwrap();
                    check(&page, &log, &asked);
                    assert_eq!(page.from, to + 1, "{asked}");
                    assert!(page.to > to, "a page after {to} covers nothing: {asked}");
                    to = page.to;
                    pages += 1;
                }
                assert!(limit > 2 || start < 3 || pages > 5, "{asked}: {pages} pages");
                let around =
                    reader.page(talk.bo, talk.room, Place::Around(start), limit, notes).await.unwrap();
                check(&around, &log, &asked);
                assert!(around.messages.len() <= limit as usize, "{asked}");
            }
        }
    }
    let beyond = reader.page(talk.bo, talk.room, Place::After(last), 5, true).await.unwrap();
    assert_eq!((beyond.from, beyond.to, beyond.messages.len()), (last + 1, last, 0));
}

async fn a_page_covers_less_where_very_many_come_and_go(database: Database) {
    let talk = Talk::on(&database).await;
    let first = talk.say(talk.ana, "before").await;
    for _ in 0..300 {
        talk.act(talk.ana, Leave { whom: talk.bo }).await.unwrap();
        talk.act(talk.bo, Join { whom: talk.bo }).await.unwrap();
    }
    let last = talk.say(talk.ana, "after").await;
    let log = talk.store.reader().events(talk.room, 0, 100_000, usize::MAX).await.unwrap();
    let page = |place, notes| talk.store.reader().page(talk.ana, talk.room, place, 10, notes);
    let backwards = page(Place::Before(u64::MAX), true).await.unwrap();
    check(&backwards, &log, "backwards");
    assert_eq!((backwards.from, backwards.to), (last - 500, last));
    let forwards = page(Place::After(first), true).await.unwrap();
    check(&forwards, &log, "forwards");
    assert_eq!((forwards.from, forwards.to), (first + 1, first + 500));
    let without = page(Place::Before(u64::MAX), false).await.unwrap();
    assert_eq!((without.from, without.messages.len()), (1, 2));
}

async fn a_page_is_found_by_its_time(database: Database) {
    let talk = Talk::on(&database).await;
    fill(&talk, 80).await;
    let head = |page: Page| (page.from, page.to);
    let at = |time| talk.store.reader().page(talk.ana, talk.room, Place::At(time), 10, true);
    let around = |seq| talk.store.reader().page(talk.ana, talk.room, Place::Around(seq), 10, true);
    let log = talk.store.reader().events(talk.room, 0, 1_000, usize::MAX).await.unwrap();
    let sent = |event: &StoredEvent| {
        let event: chinwag_protocol::Event = serde_json::from_slice(&event.body).unwrap();
        chinwag::store::clock::parse(&event.sent_at).unwrap()
    };
    let middle = sent(&log[log.len() / 2]);
    let first_then = log.iter().find(|event| sent(event) >= middle).unwrap().seq;
    assert_eq!(head(at(middle).await.unwrap()), head(around(first_then).await.unwrap()));
    assert_eq!(head(at(0).await.unwrap()), head(around(1).await.unwrap()));
    let end = log.last().unwrap().seq + 1;
    assert_eq!(head(at(i64::MAX).await.unwrap()), head(around(end).await.unwrap()));
}
