//! Refused publishes: how many there were, and for how many of them a note is sent. A device that does not understand
//! its refusals, such as a home automation system with its discovery topics, repeats the same publishes without end;
//! the first few notes say everything.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use chinwag_protocol::ErrorCode;
use chinwag_protocol::inbox::InboxNote;
use parking_lot::Mutex;

use crate::store::AccountId;

/// Notes with the same code that one account is sent per period …
const NOTES: u32 = 10;
/// … and those about messages with a `msg_id`, whose senders wait for an answer.
const NOTES_WITH_KEY: u32 = 1_000;
/// The period of these limits.
const PERIOD: Duration = Duration::from_secs(60);

struct Told {
    since: Instant,
    notes: u32,
    suppressed: u32,
}

/// Counts of refusals, and the notes sent recently.
#[derive(Default)]
pub struct Refusals {
    counts: [AtomicU64; ErrorCode::ALL.len()],
    /// By account, code, and whether the message had a `msg_id`.
    told: Mutex<HashMap<(AccountId, ErrorCode, bool), Told>>,
}

impl Refusals {
    /// Counts a refusal.
    pub fn count(&self, code: ErrorCode) {
        if let Some(count) = self.counts.get(code as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Returns each code with its number of refusals since the start.
    pub fn counts(&self) -> impl Iterator<Item = (ErrorCode, u64)> {
        ErrorCode::ALL.iter().zip(&self.counts).map(|(code, count)| (*code, count.load(Ordering::Relaxed)))
    }

    /// Returns the note to send, with the number of notes suppressed before it; `None` if this one is suppressed.
    pub fn note(&self, account: AccountId, note: InboxNote) -> Option<InboxNote> {
        self.note_at(account, note, Instant::now())
    }

    fn note_at(&self, account: AccountId, mut note: InboxNote, now: Instant) -> Option<InboxNote> {
        let InboxNote::Refused { msg_id, code, suppressed, .. } = &mut note else { return Some(note) };
        let most = if msg_id.is_some() { NOTES_WITH_KEY } else { NOTES };
        let mut told = self.told.lock();
        let told = told.entry((account, *code, msg_id.is_some())).or_insert(Told {
            since: now,
            notes: 0,
            suppressed: 0,
        });
        if now.duration_since(told.since) >= PERIOD {
            (told.since, told.notes) = (now, 0);
        }
        if told.notes >= most {
            told.suppressed = told.suppressed.saturating_add(1);
            return None;
        }
        told.notes += 1;
        *suppressed = std::mem::take(&mut told.suppressed);
        Some(note)
    }

    /// Forgets entries that are long past. Called about once a minute.
    pub fn forget_idle(&self) {
        self.told.lock().retain(|_, told| told.since.elapsed() < 10 * PERIOD);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn note(code: ErrorCode, msg_id: Option<&str>) -> InboxNote {
        InboxNote::refused(code.into(), "homeassistant/x/config", msg_id.map(str::to_owned))
    }

    #[test]
    fn a_flood_is_told_a_few_times_and_then_counted() {
        let (refusals, ana, now) = (Refusals::default(), AccountId(1), Instant::now());
        let told = |account, code, msg_id, now| refusals.note_at(account, note(code, msg_id), now);
        let flood = (0..100).filter_map(|_| told(ana, ErrorCode::TopicInvalid, None, now)).count();
        assert_eq!(flood, NOTES as usize);
        // Notes with a `msg_id`, with another code or for another account are still sent.
        assert!(told(ana, ErrorCode::TopicInvalid, Some("key"), now).is_some());
        assert!(told(ana, ErrorCode::NotAuthorized, None, now).is_some());
        assert!(told(AccountId(2), ErrorCode::TopicInvalid, None, now).is_some());
        let next = told(ana, ErrorCode::TopicInvalid, None, now + PERIOD).unwrap();
        assert!(matches!(next, InboxNote::Refused { suppressed: 90, .. }), "{next:?}");
        let next = told(ana, ErrorCode::TopicInvalid, None, now + PERIOD).unwrap();
        assert!(matches!(next, InboxNote::Refused { suppressed: 0, .. }), "{next:?}");
    }
}
