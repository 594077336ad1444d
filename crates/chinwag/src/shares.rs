//! Fair shares of what is bounded: connections, bytes of request bodies, uploads. Nobody gets more than a quarter of
//! what is still free, so whoever comes next finds something, however much the others would like to have.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;

/// The part of what is free that one may have.
const QUARTER: usize = 4;

/// Something bounded that several share.
pub struct Shares<K: Hash + Eq> {
    limit: usize,
    fair: bool,
    taken: Mutex<Taken<K>>,
    freed: Notify,
}

struct Taken<K> {
    total: usize,
    by: HashMap<K, usize>,
}

/// What one holds of it; it is free again when this is dropped.
pub struct Share<K: Hash + Eq> {
    shares: Arc<Shares<K>>,
    /// `None`: held for others, of whom each counts for itself.
    key: Option<K>,
    amount: usize,
}

impl<K: Hash + Eq + Clone> Shares<K> {
    /// `limit` in all. Unless `fair`, one may have it all.
    pub fn new(limit: usize, fair: bool) -> Arc<Self> {
        let taken = Mutex::new(Taken { total: 0, by: HashMap::new() });
        Arc::new(Self { limit, fair, taken, freed: Notify::new() })
    }

    /// One of it, for `key`; without a key, only the limit in all counts.
    pub fn take(self: &Arc<Self>, key: Option<K>) -> Option<Share<K>> {
        let mut share = self.nothing(key);
        share.grow(1).then_some(share)
    }

    /// A share that has nothing yet.
    pub fn nothing(self: &Arc<Self>, key: Option<K>) -> Share<K> {
        Share { shares: Arc::clone(self), key, amount: 0 }
    }

    /// One of it, if there is one for `key` before `patience` is over.
    pub async fn wait(self: &Arc<Self>, key: K, patience: Duration) -> Option<Share<K>> {
        let taken = async {
            loop {
                let freed = self.freed.notified();
                if let Some(share) = self.take(Some(key.clone())) {
                    return share;
                }
                freed.await;
            }
        };
        tokio::time::timeout(patience, taken).await.ok()
    }

    /// How much `key` holds.
    pub fn held(&self, key: &K) -> usize {
        self.taken.lock().by.get(key).copied().unwrap_or_default()
    }

    /// How much all hold.
    pub fn total(&self) -> usize {
        self.taken.lock().total
    }
}

impl<K: Hash + Eq + Clone> Share<K> {
    /// Takes so much more, or nothing and says `false`.
    pub fn grow(&mut self, more: usize) -> bool {
        let mut taken = self.shares.taken.lock();
        let free = self.shares.limit.saturating_sub(taken.total);
        if more > free {
            return false;
        }
        if let Some(key) = &self.key {
            let held = taken.by.get(key).copied().unwrap_or_default();
            if self.shares.fair && held + more > (free / QUARTER).max(1) {
                return false;
            }
            taken.by.insert(key.clone(), held + more);
        }
        taken.total += more;
        self.amount += more;
        true
    }
}

impl<K: Hash + Eq> Drop for Share<K> {
    fn drop(&mut self) {
        if self.amount == 0 {
            return;
        }
        let mut taken = self.shares.taken.lock();
        taken.total -= self.amount;
        if let Some(key) = &self.key
            && let Some(held) = taken.by.get_mut(key)
        {
            *held -= self.amount;
            if *held == 0 {
                taken.by.remove(key);
            }
        }
        drop(taken);
        self.shares.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn as_many_as_there_are(shares: &Arc<Shares<u32>>, key: u32) -> Vec<Share<u32>> {
        std::iter::from_fn(|| shares.take(Some(key))).collect()
    }

    #[test]
    fn whoever_comes_next_finds_something() {
        let shares = Shares::new(4_096, true);
        let greedy: Vec<_> = (0..20).flat_map(|key| as_many_as_there_are(&shares, key)).collect();
        assert_eq!(shares.held(&0), 819, "a fifth: a quarter of what was left then");
        assert!(shares.take(Some(20)).is_some(), "{} are taken", greedy.len());
        drop(greedy);
        assert_eq!((shares.total(), shares.held(&0)), (0, 0));
    }

    #[test]
    fn the_limit_holds_for_all_together() {
        let shares = Shares::new(3, true);
        let held: Vec<_> = (0..3).filter_map(|key| shares.take(Some(key))).collect();
        assert_eq!(held.len(), 3);
        assert!(shares.take(Some(3)).is_none() && shares.take(None).is_none());
        let unfair = Shares::new(3, false);
        assert_eq!(as_many_as_there_are(&unfair, 0).len(), 3);
    }

    #[tokio::test]
    async fn waiting_ends_with_a_share_or_without() {
        let shares = Shares::new(1, true);
        let first = shares.take(Some(1));
        assert!(shares.wait(2, Duration::from_millis(5)).await.is_none());
        let (waited, ()) = tokio::join!(shares.wait(2, Duration::from_secs(600)), async { drop(first) });
        assert!(waited.is_some());
    }
}
