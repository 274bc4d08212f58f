//! The two shapes in which the chat server writes a date: ISO text over REST, an array of numbers over the socket.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

/// `2026-08-10T09:08:07.006`, as Java's `LocalDateTime` prints it.
pub fn iso(unix_ms: i64) -> String {
    format!("{:.3}", date(unix_ms))
}

/// `[year, month, day, hour, minute, second, nanosecond]` in UTC.
pub fn fields(unix_ms: i64) -> [i64; 7] {
    let date = date(unix_ms);
    let [month, day, hour] = [date.month(), date.day(), date.hour()].map(i64::from);
    let [minute, second] = [date.minute(), date.second()].map(i64::from);
    [date.year().into(), month, day, hour, minute, second, date.subsec_nanosecond().into()]
}

fn date(unix_ms: i64) -> DateTime {
    Offset::UTC.to_datetime(Timestamp::from_millisecond(unix_ms).expect("the clock is before the year 10000"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(unix_ms: i64, expected: &str) {
        assert_eq!(iso(unix_ms), expected);
    }

    #[test]
    fn dates() {
        check(0, "1970-01-01T00:00:00.000");
        check(951_782_400_000, "2000-02-29T00:00:00.000");
        check(1_735_689_599_999, "2024-12-31T23:59:59.999");
        check(1_786_353_007_006, "2026-08-10T09:10:07.006");
        check(-1, "1969-12-31T23:59:59.999");
    }

    #[test]
    fn an_array_has_nanoseconds() {
        assert_eq!(fields(1_786_353_007_006), [2026, 8, 10, 9, 10, 7, 6_000_000]);
    }
}
