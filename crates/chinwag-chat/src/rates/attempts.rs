//! A rate limit for attempts of which only the wrong ones count. Each is counted before its outcome is known, so that
//! many concurrent ones cannot pass together, and is given back if it was right.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::{Duration, Instant};

use parking_lot::Mutex;

/// Maximum number of keys. Beyond it, keys that need not wait any longer are dropped, and if there are none, all of
/// them.
const REMEMBERED: usize = 100_000;

/// A burst of attempts for each key, and then one per period (the generic cell rate algorithm).
pub(super) struct Attempts<K> {
    burst: u32,
    period: Duration,
    /// For each key, when everything that was taken will be available again.
    full: Mutex<HashMap<K, Instant>>,
}

impl<K: Hash + Eq> Attempts<K> {
    pub fn new(burst: u32, period: Duration) -> Self {
        Self { burst, period, full: Mutex::default() }
    }

    /// Takes one attempt, which counts as `cells`; if none is available, returns how long to wait.
    pub fn take(&self, key: K, cells: u32) -> Result<(), Duration> {
        let (now, cells) = (Instant::now(), cells.clamp(1, self.burst));
        let mut full = self.full.lock();
        if full.len() >= REMEMBERED {
            full.retain(|_, until| *until > now);
            if full.len() >= REMEMBERED {
                full.clear();
            }
        }
        let until = full.get(&key).map_or(now, |until| now.max(*until)) + self.period * cells;
        let most = self.period * self.burst;
        match (until - now).checked_sub(most) {
            Some(wait) if !wait.is_zero() => Err(wait),
            _ => {
                full.insert(key, until);
                Ok(())
            }
        }
    }

    /// Gives an attempt back.
    pub fn give_back(&self, key: &K, cells: u32) {
        if let Some(until) = self.full.lock().get_mut(key)
            && let Some(earlier) = until.checked_sub(self.period * cells.clamp(1, self.burst))
        {
            *until = earlier;
        }
    }

    /// Forgets keys that need not wait any longer.
    pub fn forget_idle(&self) {
        let now = Instant::now();
        self.full.lock().retain(|_, until| *until > now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_given_back_never_counted() {
        let attempts = Attempts::new(10, Duration::from_secs(3600));
        for _ in 0..100 {
            assert_eq!(attempts.take("ana", 1), Ok(()));
            attempts.give_back(&"ana", 1);
        }
        let taken = (0..100).filter(|_| attempts.take("ana", 1).is_ok()).count();
        assert_eq!(taken, 10, "however many are under way at once");
        assert!(attempts.take("ana", 1).is_err_and(|wait| wait <= Duration::from_secs(3600)));
        assert_eq!(attempts.take("bo", 10), Ok(()), "one of ten servers takes ten");
        assert!(attempts.take("bo", 10).is_err());
    }
}
