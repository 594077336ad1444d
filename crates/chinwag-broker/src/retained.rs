//! Retained messages, in memory.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use crate::encode::Published;
use crate::topic;

/// The retained message of each topic, in topic order, so that those covered by a filter can be read page by page.
#[derive(Debug, Default)]
pub(crate) struct Retained {
    by_topic: BTreeMap<Arc<str>, Kept>,
    /// Number of messages stored so far.
    count: u64,
}

#[derive(Debug)]
struct Kept {
    /// Its sequence number among all messages stored.
    number: u64,
    published: Arc<Published>,
}

impl Retained {
    pub(crate) fn len(&self) -> usize {
        self.by_topic.len()
    }

    /// Stores a message; one with an empty payload deletes the topic's message instead [MQTT-3.3.1-5, -6]. Returns
    /// false if there is no room.
    pub(crate) fn store(&mut self, published: &Arc<Published>, limit: usize) -> bool {
        let topic = &published.message.topic;
        if published.message.payload.is_empty() {
            self.by_topic.remove(topic);
            return true;
        }
        if self.by_topic.len() >= limit && !self.by_topic.contains_key(topic) {
            return false;
        }
        self.count += 1;
        let kept = Kept { number: self.count, published: Arc::clone(published) };
        self.by_topic.insert(Arc::clone(topic), kept);
        true
    }

    /// Returns the number of messages stored so far. A client that subscribes now receives later ones when they are
    /// published.
    pub(crate) fn now(&self) -> u64 {
        self.count
    }

    /// Returns up to `count` messages that `filter` covers and that were stored by `then`, of topics after `after`. The
    /// second value is the topic to continue after; `None` if that was all.
    pub(crate) fn page(
        &self,
        filter: &str,
        then: u64,
        after: Option<&Arc<str>>,
        count: usize,
    ) -> (Vec<Arc<Published>>, Option<Arc<str>>) {
        if !topic::is_wild(filter) {
            let kept = self.by_topic.get(filter).filter(|kept| kept.number <= then);
            return (kept.map(|kept| Arc::clone(&kept.published)).into_iter().collect(), None);
        }
        let prefix = topic::literal_prefix(filter);
        let start = match after {
            Some(after) => Bound::Excluded(&**after),
            None => Bound::Included(prefix),
        };
        let mut found = Vec::new();
        let mut before = None;
        for (seen, (name, kept)) in self.by_topic.range::<str, _>((start, Bound::Unbounded)).enumerate() {
            if !name.starts_with(prefix) {
                break;
            }
            // A page limits the number of messages examined, not only of those found.
            if found.len() >= count || seen >= 64 * count {
                return (found, before.map(Arc::clone));
            }
            before = Some(name);
            if kept.number <= then && topic::matches(filter, name) {
                found.push(Arc::clone(&kept.published));
            }
        }
        (found, None)
    }

    /// Removes expired messages.
    pub(crate) fn expire(&mut self, now: u32) {
        self.by_topic.retain(|_, kept| kept.published.expires_in(now) != Some(0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;

    fn message(topic: &str, payload: &'static [u8]) -> Arc<Published> {
        let message = Message { topic: topic.into(), payload: payload.into(), ..Message::default() };
        Arc::new(Published::new(message, 0, 0))
    }

    fn all(retained: &Retained, filter: &str, count: usize) -> Vec<String> {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let (page, next) = retained.page(filter, retained.now(), after.as_ref(), count);
            found.extend(page.iter().map(|published| published.message.topic.to_string()));
            match next {
                Some(next) => after = Some(next),
                None => return found,
            }
        }
    }

    /// [MQTT-3.3.1-5] [MQTT-3.3.1-6] [MQTT-3.3.1-7]
    #[test]
    fn the_last_one_is_kept_and_an_empty_one_forgets() {
        let mut retained = Retained::default();
        assert!(retained.store(&message("a", b"1"), 10));
        assert!(retained.store(&message("a", b"2"), 10));
        assert_eq!(&retained.page("a", 2, None, 5).0[0].message.payload[..], b"2");
        assert!(retained.page("a", 1, None, 5).0.is_empty(), "it came after that");
        assert!(retained.page("+", 1, None, 5).0.is_empty());
        assert!(retained.store(&message("a", b""), 10));
        assert_eq!(retained.len(), 0);
    }

    #[test]
    fn pages_find_each_topic_once() {
        let mut retained = Retained::default();
        for n in 0..1000 {
            retained.store(&message(&format!("users/u{n:04}/presence"), b"x"), 5000);
            retained.store(&message(&format!("users/u{n:04}/other"), b"x"), 5000);
        }
        retained.store(&message("users", b"x"), 5000);
        retained.store(&message("usersx", b"x"), 5000);
        for count in [1, 7, 100, 5000] {
            let found = all(&retained, "users/+/presence", count);
            assert_eq!(found.len(), 1000, "{count}");
            assert!(found.is_sorted());
        }
        assert_eq!(all(&retained, "users/#", 10).len(), 2001);
        assert_eq!(all(&retained, "#", 10).len(), 2002);
        assert_eq!(all(&retained, "usersx", 10), ["usersx"]);
        assert!(!retained.store(&message("new", b"x"), 10));
    }
}
