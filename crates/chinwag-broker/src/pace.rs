//! Rate limit: an average rate, with bursts.

use std::time::Duration;

use tokio::time::Instant;

/// The generic cell rate algorithm: stores one point in time, and needs no timer.
#[derive(Debug)]
pub(crate) struct Pace {
    /// The time at which everything counted so far would be done at the average rate.
    due: Instant,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self { due: Instant::now() }
    }

    /// Counts `count` more events; returns how long to wait until they are within the limit. A rate of `u32::MAX` means
    /// no limit.
    pub(crate) fn spend(&mut self, count: u32, rate: u32, burst: u32) -> Duration {
        if rate == u32::MAX {
            return Duration::ZERO;
        }
        let (now, each) = (Instant::now(), Duration::from_secs(1) / rate.max(1));
        self.due = self.due.max(now) + each * count;
        self.due.saturating_duration_since(now + each * burst)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_at_once_and_then_the_rate() {
        let mut pace = Pace::new();
        for _ in 0..5 {
            assert_eq!(pace.spend(1, 10, 5), Duration::ZERO);
        }
        assert_eq!(pace.spend(1, 10, 5), Duration::from_millis(100));
        assert_eq!(pace.spend(3, 10, 5), Duration::from_millis(400));
        tokio::time::advance(Duration::from_millis(400)).await;
        assert_eq!(pace.spend(1, 10, 5), Duration::from_millis(100));
        tokio::time::advance(Duration::from_secs(3_600)).await;
        assert_eq!(pace.spend(5, 10, 5), Duration::ZERO, "no more than a burst gathers");
        assert_eq!(pace.spend(1, 10, 5), Duration::from_millis(100));
        assert_eq!(pace.spend(u32::MAX, u32::MAX, 0), Duration::ZERO);
    }
}
