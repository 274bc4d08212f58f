//! The two shapes in which the chat server writes a date: ISO text over REST, an array of numbers over the socket.

/// `2026-08-10T09:08:07.006`, as Java's `LocalDateTime` prints it.
pub fn iso(unix_ms: i64) -> String {
    let [year, month, day, hour, minute, second, nanos] = fields(unix_ms);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{:03}", nanos / 1_000_000)
}

/// `[year, month, day, hour, minute, second, nanosecond]` in UTC.
pub fn fields(unix_ms: i64) -> [i64; 7] {
    let (days, in_day) = (unix_ms.div_euclid(DAY_MS), unix_ms.rem_euclid(DAY_MS));
    let [year, month, day] = civil(days);
    let (seconds, millis) = (in_day / 1000, in_day % 1000);
    [year, month, day, seconds / 3600, seconds / 60 % 60, seconds % 60, millis * 1_000_000]
}

/// The date of a day counted from 1970-01-01, by counting in 400-year eras that start on 1 March of year 0, so that
/// the leap day comes last in its year.
fn civil(days: i64) -> [i64; 3] {
    let days = days + DAYS_FROM_MARCH_0000;
    let (era, in_era) = (days.div_euclid(ERA_DAYS), days.rem_euclid(ERA_DAYS));
    let year_of_era = (in_era - in_era / 1460 + in_era / 36_524 - in_era / 146_096) / 365;
    let in_year = in_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * in_year + 2) / 153;
    let day = in_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    [era * 400 + year_of_era + i64::from(month <= 2), month, day]
}

const DAY_MS: i64 = 86_400_000;
const ERA_DAYS: i64 = 146_097;
const DAYS_FROM_MARCH_0000: i64 = 719_468;

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
