//! The limit on the size of all uploads together.

use chinwag_protocol::{Reason, Refused};
use parking_lot::Mutex;

/// The bytes of all uploads: of the stored ones as last counted in the database, and of those that this server has
/// stored since or is receiving. Uploads to other servers are included from the next count on, a minute later.
pub struct Quota {
    most: Option<u64>,
    bytes: Mutex<Bytes>,
}

#[derive(Default)]
struct Bytes {
    stored: u64,
    arriving: u64,
    /// The number of uploads stored, to detect a count in the database that began before one of them.
    uploads: u64,
}

/// The reservation of an upload in progress. Released on drop, unless the upload is kept.
pub struct Arriving<'a> {
    quota: &'a Quota,
    bytes: u64,
}

impl Quota {
    /// Creates a quota of `most` bytes; `None`: no limit.
    pub fn new(most: Option<u64>) -> Self {
        Self { most, bytes: Mutex::default() }
    }

    /// Returns the limit in bytes, if any.
    pub fn most(&self) -> Option<u64> {
        self.most
    }

    /// Returns the bytes used, including uploads in progress.
    pub fn used(&self) -> u64 {
        let bytes = self.bytes.lock();
        bytes.stored + bytes.arriving
    }

    /// Begins an upload.
    pub fn begin(&self) -> Arriving<'_> {
        Arriving { quota: self, bytes: 0 }
    }

    /// Returns the number to pass to [`Quota::count`]; call it before the count is read from the database.
    pub fn uploads(&self) -> u64 {
        self.bytes.lock().uploads
    }

    /// Sets the bytes stored, as counted in the database. Returns `false` if an upload was stored since `uploads` was
    /// called: count again.
    pub fn count(&self, uploads: u64, stored: u64) -> bool {
        let mut bytes = self.bytes.lock();
        let holds = bytes.uploads == uploads;
        if holds {
            bytes.stored = stored;
        }
        holds
    }
}

impl Arriving<'_> {
    /// Reserves more bytes; fails if the limit would be exceeded.
    pub fn take(&mut self, more: u64) -> Result<(), Refused> {
        let mut bytes = self.quota.bytes.lock();
        if let Some(most) = self.quota.most
            && bytes.stored + bytes.arriving + more > most
        {
            return Err(Reason::AllUploads.into());
        }
        bytes.arriving += more;
        self.bytes += more;
        Ok(())
    }

    /// Counts the upload as stored.
    pub fn keep(mut self) {
        let mut bytes = self.quota.bytes.lock();
        bytes.stored += self.bytes;
        bytes.arriving -= std::mem::take(&mut self.bytes);
        bytes.uploads += 1;
    }
}

impl Drop for Arriving<'_> {
    fn drop(&mut self) {
        self.quota.bytes.lock().arriving -= self.bytes;
    }
}

#[cfg(test)]
mod tests {
    use chinwag_protocol::ErrorCode;

    use super::*;

    #[test]
    fn uploads_at_the_same_time_stay_below_the_limit_together() {
        let quota = Quota::new(Some(10));
        let (mut first, mut second) = (quota.begin(), quota.begin());
        first.take(6).unwrap();
        assert_eq!(second.take(5).unwrap_err().code, ErrorCode::StorageFull);
        second.take(4).unwrap();
        assert!(first.take(1).is_err());
        drop(second);
        first.take(1).unwrap();
        first.keep();
        assert_eq!(quota.used(), 7);
        assert!(quota.begin().take(4).is_err());
    }

    #[test]
    fn a_count_that_may_lack_an_upload_is_not_taken() {
        let quota = Quota::new(Some(10));
        let before = quota.uploads();
        let mut upload = quota.begin();
        upload.take(3).unwrap();
        upload.keep();
        assert!(!quota.count(before, 0));
        assert_eq!(quota.used(), 3);
        assert!(quota.count(quota.uploads(), 2));
        assert_eq!(quota.used(), 2);
    }
}
