//! Fair shares of bounded resources: connections, bytes of request bodies, uploads. No key gets more than a quarter of
//! what is still free, so something is left for newcomers, however much the others ask for.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;

/// One key may hold the free amount divided by this.
const QUARTER: usize = 4;

/// A bounded resource, shared by keys.
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

/// A share of the resource, released on drop.
pub struct Share<K: Hash + Eq> {
    shares: Arc<Shares<K>>,
    /// `None`: not counted for any key, only in total, because several users with shares of their own are behind it.
    key: Option<K>,
    amount: usize,
}

impl<K: Hash + Eq + Clone> Shares<K> {
    /// Creates a resource of `limit` units. Unless `fair`, one key may take all of them.
    pub fn new(limit: usize, fair: bool) -> Arc<Self> {
        let taken = Mutex::new(Taken { total: 0, by: HashMap::new() });
        Arc::new(Self { limit, fair, taken, freed: Notify::new() })
    }

    /// Takes one unit for `key`; without a key, only the total limit applies.
    pub fn take(self: &Arc<Self>, key: Option<K>) -> Option<Share<K>> {
        let mut share = self.nothing(key);
        share.grow(1).then_some(share)
    }

    /// Returns an empty share.
    pub fn nothing(self: &Arc<Self>, key: Option<K>) -> Share<K> {
        Share { shares: Arc::clone(self), key, amount: 0 }
    }

    /// Takes one unit for `key`, waiting for up to `patience`.
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

    /// Returns how many units `key` holds.
    pub fn held(&self, key: &K) -> usize {
        self.taken.lock().by.get(key).copied().unwrap_or_default()
    }

    /// Returns how many units are taken in total.
    pub fn total(&self) -> usize {
        self.taken.lock().total
    }
}

impl<K: Hash + Eq + Clone> Share<K> {
    /// Takes `more` units in addition and returns `true`, or takes none and returns `false`.
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
