//! The logs known to the broker, and a cache of the latest entries of each, within a memory limit.
//!
//! A session that is slightly behind (its window was full for a moment) is fed from the cached tail, without asking the
//! embedder; one that is far behind reads pages through [`Handler::read_log`](crate::Handler::read_log).

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use parking_lot::{Mutex, RwLock};

use crate::LogEntry;
use crate::encode::Published;

/// A log, identified by its topic.
#[derive(Debug)]
pub(crate) struct Log {
    pub id: u32,
    pub topic: Arc<str>,
    /// Consecutive cached entries up to the newest.
    tail: Mutex<VecDeque<Arc<Published>>>,
    /// How often an entry's content was replaced.
    generation: AtomicU64,
}

impl Log {
    /// Returns the generation. Pages requested under an earlier generation may contain replaced content.
    pub(crate) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Returns up to `count` cached entries after `offset`, in order; empty if the tail doesn't reach back that far.
    pub(crate) fn after(&self, offset: u64, count: usize) -> Vec<Arc<Published>> {
        let tail = self.tail.lock();
        let Some(first) = tail.front().map(|entry| entry.offset) else { return Vec::new() };
        let Some(skip) = (offset + 1).checked_sub(first) else { return Vec::new() };
        tail.iter().skip(skip as usize).take(count).cloned().collect()
    }
}

#[derive(Debug, Default)]
struct Kept {
    /// Oldest first. Some may no longer be in their log's tail.
    entries: VecDeque<Weighed>,
    weight: usize,
}

/// The memory a cached entry costs, in bytes.
#[derive(Debug)]
struct Weighed {
    log: u32,
    offset: u64,
    weight: usize,
}

fn weigh(entry: &Published) -> usize {
    // Plus the encoded packets: about twice the payload, once per version.
    entry.weight() + 2 * entry.message.payload.len()
}

/// All logs. A log once seen is never removed; their number depends on the embedder (e.g. on its rooms), not on
/// clients.
#[derive(Debug, Default)]
pub(crate) struct Logs {
    by_topic: RwLock<HashMap<Arc<str>, Arc<Log>>>,
    by_id: RwLock<Vec<Arc<Log>>>,
    kept: Mutex<Kept>,
}

impl Logs {
    /// Returns the log of a topic that has one; creates it if it is new.
    pub(crate) fn named(&self, topic: &Arc<str>) -> Arc<Log> {
        if let Some(log) = self.find(topic) {
            return log;
        }
        let mut by_topic = self.by_topic.write();
        if let Some(log) = by_topic.get(topic) {
            return Arc::clone(log);
        }
        let mut by_id = self.by_id.write();
        let log = Arc::new(Log {
            id: by_id.len() as u32,
            topic: Arc::clone(topic),
            tail: Mutex::new(VecDeque::new()),
            generation: AtomicU64::new(0),
        });
        by_id.push(Arc::clone(&log));
        by_topic.insert(Arc::clone(topic), Arc::clone(&log));
        log
    }

    pub(crate) fn find(&self, topic: &str) -> Option<Arc<Log>> {
        self.by_topic.read().get(topic).cloned()
    }

    pub(crate) fn numbered(&self, id: u32) -> Option<Arc<Log>> {
        self.by_id.read().get(id as usize).cloned()
    }

    /// Caches a new entry, and removes the oldest entries of all logs beyond `budget` bytes.
    pub(crate) fn keep(&self, log: &Log, entry: &Arc<Published>, budget: usize) {
        {
            let mut tail = log.tail.lock();
            match tail.back().map(|last| last.offset) {
                Some(last) if entry.offset <= last => return,
                // Not the next one: the tail must have no gaps.
                Some(last) if entry.offset != last + 1 => tail.clear(),
                _ => {}
            }
            tail.push_back(Arc::clone(entry));
        }
        let mut kept = self.kept.lock();
        let weight = weigh(entry);
        kept.entries.push_back(Weighed { log: log.id, offset: entry.offset, weight });
        kept.weight += weight;
        while kept.weight > budget {
            let Some(oldest) = kept.entries.pop_front() else { break };
            kept.weight -= oldest.weight;
            if let Some(log) = self.numbered(oldest.log) {
                let mut tail = log.tail.lock();
                if tail.front().is_some_and(|first| first.offset <= oldest.offset) {
                    tail.pop_front();
                }
                if tail.is_empty() {
                    *tail = VecDeque::new();
                }
            }
        }
    }

    /// Replaces a cached entry's content, and begins a new generation of its log. An entry that isn't cached exists
    /// only in the embedder's log, which already has the new content.
    pub(crate) fn replace(&self, entry: &LogEntry) {
        let Some(log) = self.find(&entry.message.topic) else { return };
        let mut kept = self.kept.lock();
        let mut tail = log.tail.lock();
        let index = tail.front().and_then(|first| entry.offset.checked_sub(first.offset));
        if let Some(place) = index.and_then(|index| tail.get_mut(index as usize)) {
            *place = place.replaced_by(entry);
            let is_it = |one: &&mut Weighed| one.log == log.id && one.offset == entry.offset;
            if let Some(one) = kept.entries.iter_mut().find(is_it) {
                let before = std::mem::replace(&mut one.weight, weigh(place));
                kept.weight = kept.weight + weigh(place) - before;
            }
        }
        log.generation.fetch_add(1, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;

    fn entry(offset: u64) -> Arc<Published> {
        Arc::new(Published::new(Message { payload: vec![0; 100].into(), ..Message::default() }, offset, 0))
    }

    fn offsets(log: &Log, after: u64) -> Vec<u64> {
        log.after(after, 100).iter().map(|entry| entry.offset).collect()
    }

    #[test]
    fn the_tail_has_no_holes_and_keeps_to_its_budget() {
        let logs = Logs::default();
        let log = logs.named(&"a".into());
        for offset in 5..=9 {
            logs.keep(&log, &entry(offset), 1 << 20);
        }
        assert_eq!(offsets(&log, 4), [5, 6, 7, 8, 9]);
        assert_eq!(offsets(&log, 7), [8, 9]);
        assert!(offsets(&log, 9).is_empty());
        assert!(offsets(&log, 3).is_empty(), "what the tail lacks must come from the log");
        logs.keep(&log, &entry(7), 1 << 20);
        assert_eq!(offsets(&log, 4), [5, 6, 7, 8, 9]);
        logs.keep(&log, &entry(20), 1 << 20);
        assert_eq!(offsets(&log, 19), [20]);
        assert!(offsets(&log, 8).is_empty());
        for offset in 21..=200 {
            logs.keep(&log, &entry(offset), 5_000);
        }
        let kept = offsets(&log, 199);
        assert_eq!(kept, [200]);
        assert!(logs.kept.lock().weight <= 5_000);
        assert!(offsets(&log, 150).is_empty());
    }

    #[test]
    fn replaced_content_keeps_its_place() {
        let logs = Logs::default();
        let log = logs.named(&"a".into());
        for offset in 5..=9 {
            logs.keep(&log, &entry(offset), 1 << 20);
        }
        let before = logs.kept.lock().weight;
        for offset in [4, 7, 10] {
            let message = Message { topic: "a".into(), payload: "gone".into(), ..Message::default() };
            logs.replace(&LogEntry { offset, message });
        }
        let gone = |entry: &Arc<Published>| &entry.message.payload[..] == b"gone";
        assert_eq!(
            log.after(4, 100).iter().map(gone).collect::<Vec<_>>(),
            [false, false, true, false, false]
        );
        assert_eq!(offsets(&log, 4), [5, 6, 7, 8, 9]);
        let after = logs.kept.lock().weight;
        assert!(after < before);
        assert_eq!(after, logs.kept.lock().entries.iter().map(|one| one.weight).sum::<usize>());
        assert_eq!(log.generation(), 3, "what lies in a page is replaced, too");
    }
}
