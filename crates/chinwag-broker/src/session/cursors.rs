//! Where a session stands in each log it follows.
//!
//! The whole rule: an entry at `sent + 1` is next; one at or below `sent` was had already; any other leaves
//! the session behind (`sent < head`), and it is fed from the log until `sent` has reached `head`. Then the
//! next live entry is `sent + 1` again, so there is no gap at the seam, and no moment to get wrong.

/// One log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    /// The broker's number for the log's topic.
    pub topic: u32,
    /// Last offset put on its way.
    pub sent: u64,
    /// Offset up to which all is acknowledged: what is saved.
    pub acked: u64,
    /// Highest offset known to exist.
    pub head: u64,
    /// Made by a live entry while the session was being resumed: where it starts is not yet decided.
    pub fresh: bool,
    /// `acked` has changed since it was last saved.
    pub unsaved: bool,
}

/// What to do with a live entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Live {
    /// Had already.
    Skip,
    /// It is the next one.
    Next,
    /// Others come first: read the log.
    Behind,
}

impl Cursor {
    pub(crate) fn at(topic: u32, offset: u64) -> Self {
        Self { topic, sent: offset, acked: offset, head: offset, fresh: false, unsaved: true }
    }

    /// A live entry exists.
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

    /// Everything up to `offset` counts as sent without having been (QoS 0, a hole in the log).
    pub(crate) fn skip_to(&mut self, offset: u64) {
        self.sent = self.sent.max(offset);
        self.head = self.head.max(self.sent);
    }
}

/// All logs of one session, sorted by topic number.
#[derive(Debug)]
pub(crate) struct Cursors {
    list: Vec<Cursor>,
    /// What is stored may have cursors that are not here any more.
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

    /// The cursor for `topic`, made at `offset` if there is none.
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

    /// The next save has all of them.
    pub(crate) fn save_all(&mut self) {
        self.replace = true;
    }

    /// What is stored are these.
    pub(crate) fn saved_all(&mut self) {
        self.replace = false;
    }

    /// Takes those to save, as numbers of logs and offsets; whether they are all there are.
    pub(crate) fn take_unsaved(&mut self) -> (Vec<(u32, u64)>, bool) {
        let all = std::mem::take(&mut self.replace);
        let unsaved = self.list.iter_mut().filter(|cursor| std::mem::take(&mut cursor.unsaved) || all);
        (unsaved.map(|cursor| (cursor.topic, cursor.acked)).collect(), all)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Cursor> {
        self.list.iter_mut()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Cursor> {
        self.list.iter()
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
        let all: Vec<_> = cursors.iter().map(|cursor| (cursor.topic, cursor.sent)).collect();
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
