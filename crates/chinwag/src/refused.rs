//! Refused publishes, counted by code.

use std::sync::atomic::{AtomicU64, Ordering};

use chinwag_protocol::ErrorCode;

/// One count for each code.
#[derive(Default)]
pub struct Refused([AtomicU64; ErrorCode::ALL.len()]);

impl Refused {
    /// One more.
    pub fn count(&self, code: ErrorCode) {
        if let Some(count) = self.0.get(code as usize) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Each code, and how many there were since the start.
    pub fn counts(&self) -> impl Iterator<Item = (ErrorCode, u64)> {
        ErrorCode::ALL.iter().zip(&self.0).map(|(code, count)| (*code, count.load(Ordering::Relaxed)))
    }
}
