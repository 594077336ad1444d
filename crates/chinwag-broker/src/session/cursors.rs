//! A session's position in each log it follows.
//!
//! The whole rule: an entry at `sent + 1` is the next one; one at or below `sent` has already been sent; any other
//! leaves the session behind (`sent < head`), and it is fed from the log until `sent` reaches `head`. The next live
//! entry is then `sent + 1` again, so the switch from the log to live delivery leaves no gap and has no race.

/// A session's position in one log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The broker's number for the log's topic.
    pub topic: u32,
    /// Last offset put into the outgoing buffer, or skipped.
    pub sent: u64,
    /// Offset up to which everything is acknowledged. This one is saved.
    pub acked: u64,
    /// Highest offset known to exist.
    pub head: u64,
    /// Created by a live entry while the session was being resumed; its start is not decided yet.
    pub fresh: bool,
    /// Whether `acked` has changed since it was last saved.
    pub unsaved: bool,
}

/// What to do with a live entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Live {
    /// It has already been sent.
    Skip,
    /// It is the next one.
    Next,
    /// Earlier entries are missing: read the log.
    Behind,
}

impl Cursor {
    pub(crate) fn at(topic: u32, offset: u64) -> Self {
        Self { topic, sent: offset, acked: offset, head: offset, fresh: false, unsaved: true }
    }

    /// Records that a live entry exists, and returns what to do with it.
    pub(crate) fn live(&mut self, offset: u64) -> Live {
        self.head = self.head.max(offset);
        if offset <= self.sent {
            Live::Skip
        } else if offset == self.sent + 1 {
            Live::Next
        } else {
            Live::Behind
        }
    }

    pub(crate) fn is_behind(&self) -> bool {
        self.sent < self.head
    }

    /// Marks everything up to `offset` as sent although it wasn't (QoS 0, a hole in the log).
    pub(crate) fn skip_to(&mut self, offset: u64) {
        self.sent = self.sent.max(offset);
        self.head = self.head.max(self.sent);
    }
}

/// All logs of one session, sorted by topic number.
#[derive(Debug)]
pub(crate) struct Cursors {
    list: Vec<Cursor>,
    /// Whether cursors may be stored that are no longer in the list.
    replace: bool,
}

impl Default for Cursors {
    fn default() -> Self {
        Self { list: Vec::new(), replace: true }
    }
}

impl Cursors {
    pub(crate) fn get_mut(&mut self, topic: u32) -> Option<&mut Cursor> {
        self.list.binary_search_by_key(&topic, |cursor| cursor.topic).ok().map(|index| &mut self.list[index])
    }

    /// Returns the cursor for `topic`; creates it at `offset` if there is none.
    pub(crate) fn entry(&mut self, topic: u32, offset: u64) -> &mut Cursor {
        let index = match self.list.binary_search_by_key(&topic, |cursor| cursor.topic) {
            Ok(index) => index,
            Err(index) => {
                // Most sessions follow a handful of logs: grow by one, not to a power of two.
                if self.list.len() < 16 {
                    self.list.reserve_exact(1);
                }
                self.list.insert(index, Cursor::at(topic, offset));
                index
            }
        };
        &mut self.list[index]
    }

    pub(crate) fn remove(&mut self, topic: u32) {
        self.retain(|cursor| cursor.topic != topic);
    }

    pub(crate) fn retain(&mut self, keep: impl FnMut(&Cursor) -> bool) {
        let before = self.list.len();
        self.list.retain(keep);
        self.replace |= self.list.len() < before;
    }

    /// Makes the next save include all of them.
    pub(crate) fn save_all(&mut self) {
        self.replace = true;
    }

    /// Declares that exactly these are stored.
    pub(crate) fn saved_all(&mut self) {
        self.replace = false;
    }

    /// Takes the cursors to save, as log number and offset, and whether they are the complete list.
    pub(crate) fn take_unsaved(&mut self) -> (Vec<(u32, u64)>, bool) {
        let all = std::mem::take(&mut self.replace);
        let take = |cursor: &mut Cursor| {
            let unsaved = std::mem::take(&mut cursor.unsaved);
            (unsaved || all).then_some((cursor.topic, cursor.acked))
        };
        (self.list.iter_mut().filter_map(take).collect(), all)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Cursor> {
        self.list.iter_mut()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule() {
        let mut cursor = Cursor::at(1, 4);
        assert_eq!(cursor.live(5), Live::Next);
        cursor.sent = 5;
        assert_eq!(cursor.live(5), Live::Skip);
        assert_eq!(cursor.live(7), Live::Behind);
        assert!(cursor.is_behind());
        cursor.sent = 7;
        assert!(!cursor.is_behind());
        assert_eq!(cursor.live(8), Live::Next);
    }

    #[test]
    fn cursors_stay_sorted() {
        let mut cursors = Cursors::default();
        for topic in [5, 1, 9, 3] {
            cursors.entry(topic, 10);
        }
        cursors.entry(5, 99).sent = 11;
        let all: Vec<_> = cursors.list.iter().map(|cursor| (cursor.topic, cursor.sent)).collect();
        assert_eq!(all, [(1, 10), (3, 10), (5, 11), (9, 10)]);
        cursors.remove(3);
        assert!(cursors.get_mut(3).is_none());
    }

    #[test]
    fn only_what_changed_is_saved() {
        let mut cursors = Cursors::default();
        cursors.entry(1, 4);
        cursors.entry(2, 7);
        assert_eq!(cursors.take_unsaved(), (vec![(1, 4), (2, 7)], true), "nothing was saved before");
        assert_eq!(cursors.take_unsaved(), (vec![], false));
        let cursor = cursors.get_mut(2).unwrap();
        (cursor.acked, cursor.unsaved) = (8, true);
        cursors.entry(3, 1);
        assert_eq!(cursors.take_unsaved(), (vec![(2, 8), (3, 1)], false));
        cursors.remove(5);
        assert_eq!(cursors.take_unsaved(), (vec![], false), "it was not there");
        cursors.remove(1);
        assert_eq!(cursors.take_unsaved(), (vec![(2, 8), (3, 1)], true));
        cursors.save_all();
        assert_eq!(cursors.take_unsaved(), (vec![(2, 8), (3, 1)], true));
    }
}
