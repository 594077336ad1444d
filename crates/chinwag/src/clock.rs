//! The server's clock: milliseconds since 1970, UTC, and how they are written for people and programs.

use std::time::{SystemTime, UNIX_EPOCH};

/// Now, in milliseconds since 1970.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |elapsed| elapsed.as_millis() as i64)
}

/// RFC 3339 in UTC with milliseconds: `2026-11-22T10:00:00.123Z`.
pub fn rfc3339(milliseconds: i64) -> String {
    let timestamp = jiff::Timestamp::from_millisecond(milliseconds).unwrap_or_default();
    format!("{timestamp:.3}")
}

/// The other way round.
pub fn parse(rfc3339: &str) -> Option<i64> {
    rfc3339.parse().ok().map(jiff::Timestamp::as_millisecond)
}

#[cfg(test)]
mod tests {
    #[test]
    fn always_three_digits() {
        assert_eq!(super::rfc3339(1_795_341_600_000), "2026-11-22T10:00:00.000Z");
        assert_eq!(super::rfc3339(1_795_341_600_120), "2026-11-22T10:00:00.120Z");
        assert_eq!(super::parse("2026-11-22T10:00:00.120Z"), Some(1_795_341_600_120));
    }
}
