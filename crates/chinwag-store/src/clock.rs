//! The server's clock in milliseconds since 1970, UTC, and its conversions.

use std::time::{SystemTime, UNIX_EPOCH};

use uuid::Uuid;

/// Returns the current time in milliseconds since 1970.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_millis() as i64)
}

/// Formats milliseconds since 1970 as RFC 3339 in UTC with milliseconds: `2026-11-22T10:00:00.123Z`.
pub fn rfc3339(milliseconds: i64) -> String {
    let timestamp = jiff::Timestamp::from_millisecond(milliseconds).unwrap_or_default();
    format!("{timestamp:.3}")
}

/// Parses RFC 3339 into milliseconds since 1970.
pub fn parse(rfc3339: &str) -> Option<i64> {
    rfc3339.parse().ok().map(jiff::Timestamp::as_millisecond)
}

/// Returns a unique id. Later ones sort after earlier ones as long as the clock is right.
pub fn fresh_id() -> Uuid {
    id_at(SystemTime::now())
}

fn id_at(now: SystemTime) -> Uuid {
    // The timestamp in a version 7 UUID starts at 1970.
    if now < UNIX_EPOCH { Uuid::new_v4() } else { Uuid::now_v7() }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    #[test]
    fn a_clock_before_1970_makes_ids_too() {
        let id = |now| super::id_at(now).get_version_num();
        assert_eq!(id(SystemTime::UNIX_EPOCH - Duration::from_secs(1)), 4);
        assert_eq!(id(SystemTime::now()), 7);
    }

    #[test]
    fn always_three_digits() {
        assert_eq!(super::rfc3339(1_795_341_600_000), "2026-11-22T10:00:00.000Z");
        assert_eq!(super::rfc3339(1_795_341_600_120), "2026-11-22T10:00:00.120Z");
        assert_eq!(super::parse("2026-11-22T10:00:00.120Z"), Some(1_795_341_600_120));
    }
}
