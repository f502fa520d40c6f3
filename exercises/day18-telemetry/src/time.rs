//! Times are nanoseconds since 1970, before it negative. Here are the units and texts that clients use for them.

use std::time::{SystemTime, UNIX_EPOCH};

/// The last time that can be stored, and with a minus the first.
pub const LAST: i64 = i64::MAX - 1;

/// A unit of `precision` or `epoch`, in nanoseconds.
pub fn unit(name: &str) -> Option<i64> {
    match name {
        "n" => Some(1),
        "d" | "w" => None,
        _ => duration_unit(name),
    }
}

/// A unit of a duration in InfluxQL, in nanoseconds.
pub fn duration_unit(name: &str) -> Option<i64> {
    const SECOND: i64 = 1_000_000_000;
    match name {
        "ns" => Some(1),
        "u" | "µ" => Some(1_000),
        "ms" => Some(1_000_000),
        "s" => Some(SECOND),
        "m" => Some(60 * SECOND),
        "h" => Some(3_600 * SECOND),
        "d" => Some(24 * 3_600 * SECOND),
        "w" => Some(7 * 24 * 3_600 * SECOND),
        _ => None,
    }
}

/// The time of this machine.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos()).unwrap_or(LAST)
}

/// As RFC 3339 in UTC, with as many digits as are needed.
pub fn to_text(nanoseconds: i64) -> String {
    jiff::Timestamp::from_nanosecond(nanoseconds.into()).map(|time| time.to_string()).unwrap_or_default()
}

/// From RFC 3339.
pub fn from_text(text: &str) -> Option<i64> {
    let time: jiff::Timestamp = text.parse().ok()?;
    i64::try_from(time.as_nanosecond()).ok()
}
