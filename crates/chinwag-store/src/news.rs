//! Notifications between servers on one database that there is something new, so that they need not wait for their next
//! check. A notification is a hint: a server that missed it finds the same in the database a little later.

use std::collections::HashMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::committed::Committed;
use super::model::RoomKey;

/// Size in bytes up to which entries are added to a notification; PostgreSQL allows 8,000, so one more entry fits.
const CARRIED: usize = 7_900;

/// What is new.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct News {
    /// Rooms whose logs have grown, with their last seq.
    pub heads: HashMap<RoomKey, u64>,
    /// Whether there are new rows in `changes`.
    pub changes: bool,
}

impl News {
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty() && !self.changes
    }

    fn grown(&mut self, room: RoomKey, seq: u64) {
        let head = self.heads.entry(room).or_default();
        *head = seq.max(*head);
    }

    /// Formats it as notifications: `SENDER c 12:345 13:7`.
    pub fn write(&self, sender: &str) -> Vec<String> {
        let start = if self.changes { format!("{sender} c") } else { sender.to_owned() };
        let mut notifications = vec![start];
        for (room, seq) in &self.heads {
            if notifications.last().is_some_and(|last| last.len() > CARRIED) {
                notifications.push(sender.to_owned());
            }
            if let Some(last) = notifications.last_mut() {
                // Writing to a string cannot fail.
                let _ = write!(last, " {}:{seq}", room.0);
            }
        }
        notifications
    }

    /// Adds the contents of another server's notification; unknown tokens from another version are skipped.
    pub fn read(&mut self, words: &str) {
        for word in words.split(' ') {
            if word == "c" {
                self.changes = true;
            } else if let Some((room, seq)) = word.split_once(':')
                && let (Ok(room), Ok(seq)) = (room.parse(), seq.parse())
            {
                self.grown(RoomKey(room), seq);
            }
        }
    }
}

/// Outgoing and incoming notifications.
#[derive(Default)]
pub(super) struct Exchange {
    /// Whether a task sends our notifications to other servers. Otherwise none are gathered.
    pub carried: AtomicBool,
    /// Whether notifications may have been missed while nobody listened.
    missed: AtomicBool,
    /// The number of servers, including this one; 0 if they have not been counted.
    pub servers: AtomicU32,
    ours: Mutex<News>,
    rung: Notify,
    theirs: Mutex<News>,
}

impl Exchange {
    /// Queues the notification of a commit for the other servers.
    pub fn ring(&self, committed: &Committed) {
        if !self.carried.load(Ordering::Relaxed) {
            return;
        }
        let mut ours = self.ours.lock();
        ours.changes |= !committed.changes.is_empty();
        for event in &committed.events {
            ours.grown(event.room, event.seq);
        }
        if !ours.is_empty() {
            drop(ours);
            self.rung.notify_one();
        }
    }

    /// Waits for something to send, and takes it.
    pub async fn rung(&self) -> News {
        loop {
            let news = std::mem::take(&mut *self.ours.lock());
            if !news.is_empty() {
                return news;
            }
            self.rung.notified().await;
        }
    }

    /// Adds a notification received from another server.
    pub fn hear(&self, words: &str) {
        self.theirs.lock().read(words);
    }

    /// Records that notifications may have been missed until now.
    pub fn miss(&self) {
        self.missed.store(true, Ordering::Relaxed);
    }

    /// Returns whether everything must be compared with the database. That is only so while notifications are sent at
    /// all: when it is `due`, and when some may have been missed.
    pub fn missed(&self, due: bool) -> bool {
        self.carried.load(Ordering::Relaxed) && (self.missed.swap(false, Ordering::Relaxed) || due)
    }

    /// Takes what has been received from other servers.
    pub fn heard(&self) -> News {
        std::mem::take(&mut *self.theirs.lock())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_arrive_as_they_were_told() {
        let mut told = News { changes: true, ..News::default() };
        (0..5_000).for_each(|room| told.grown(RoomKey(room), u64::MAX / 2));
        let notifications = told.write("me");
        assert!(notifications.iter().all(|words| words.len() < 8_000 && words.starts_with("me ")));
        let mut heard = News::default();
        notifications.iter().for_each(|words| heard.read(words));
        heard.read("me 1:2 a:b c:d x 7");
        assert_eq!(heard, told);
    }
}
