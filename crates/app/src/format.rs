//! Numbers as people read them: three significant digits, a unit, and nothing invented where nothing was measured.

use base::time::Span;
use metrics::Stats;

/// Shown where there is no value: never a zero.
pub const NOTHING: &str = "–";

/// A name that somebody else has chosen: on one line, in the order in which it is written, and no longer than a line.
pub fn foreign(name: &str) -> String {
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let mut shown: String = name.chars().filter(|&c| !c.is_control() && !turns(c)).take(NAME_CHARS + 1).collect();
    if shown.chars().count() > NAME_CHARS {
        shown.pop();
        shown.push('…');
    }
    shown
}

const NAME_CHARS: usize = 80;

/// A latency: `850 µs`, `12.3 ms`, `1.24 s`.
pub fn micros(us: f64) -> String {
    match us {
        us if !us.is_finite() => NOTHING.to_owned(),
        us if us < 999.5 => format!("{}\u{a0}µs", significant(us)),
        us if us < 999_500.0 => format!("{}\u{a0}ms", significant(us / 1e3)),
        us => format!("{}\u{a0}s", significant(us / 1e6)),
    }
}

/// The same, from milliseconds.
pub fn millis(ms: f64) -> String {
    micros(ms * 1e3)
}

/// `> 10 s` where more is not known.
pub fn bound(value: String, is_at_least: bool) -> String {
    if is_at_least { format!(">\u{a0}{value}") } else { value }
}

/// A percentile or an extreme of these: `12.3 ms`, or `> 10 s` where it is among those that never came.
pub fn percentile(stats: &Stats, value: f64) -> String {
    bound(millis(value), stats.is_at_least(value))
}

pub fn span(span: Span) -> String {
    micros(span.as_micros() as f64)
}

/// `12,345`.
pub fn count(count: u64) -> String {
    group(&count.to_string())
}

/// `-12,345`; for counts that may fall.
pub fn signed(count: i64) -> String {
    format!("{}{}", if count < 0 { "-" } else { "" }, group(&count.unsigned_abs().to_string()))
}

/// `12.3 /s`.
pub fn rate(per_second: f64) -> String {
    format!("{}\u{a0}/s", number(per_second))
}

/// A share of 1: `12.5 %`.
pub fn share(share: f64) -> String {
    if share.is_finite() { format!("{}\u{a0}%", number(share * 100.0)) } else { NOTHING.to_owned() }
}

/// `412 B`, `1.50 kB`, `2.31 MB`.
pub fn bytes(bytes: f64) -> String {
    match bytes {
        bytes if bytes < 999.5 => format!("{}\u{a0}B", number(bytes)),
        bytes if bytes < 999_500.0 => format!("{}\u{a0}kB", significant(bytes / 1e3)),
        bytes if bytes < 999_500_000.0 => format!("{}\u{a0}MB", significant(bytes / 1e6)),
        bytes => format!("{}\u{a0}GB", significant(bytes / 1e9)),
    }
}

/// A time within a run: `0:07`, `12:05`, `1:02:03`.
pub fn clock(seconds: f64) -> String {
    let whole = seconds.max(0.0).floor() as u64;
    let (hours, minutes, seconds) = (whole / 3_600, whole / 60 % 60, whole % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// A length of time in words: `45 s`, `2 min`, `1 h 30 min`.
pub fn duration(seconds: f64) -> String {
    let whole = seconds.round().max(0.0) as u64;
    let parts = [(whole / 3_600, "h"), (whole / 60 % 60, "min"), (whole % 60, "s")];
    let words: Vec<_> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, unit)| format!("{n}\u{a0}{unit}")).collect();
    match words.len() {
        0 if seconds > 0.0 => format!("{}\u{a0}s", significant(seconds)),
        0 => "0 s".to_owned(),
        _ => words.join(" "),
    }
}

/// Three significant digits; whole numbers from 1000 on are grouped and keep all their digits.
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        NOTHING.to_owned()
    } else if value.abs() >= 999.5 {
        let rounded = value.round();
        signed(rounded as i64)
    } else {
        significant(value)
    }
}

/// `7`, `7.25`, `72.5`, `725`; zeros behind the point go, because a whole number is easier to read.
fn significant(value: f64) -> String {
    let decimals = match value.abs() {
        v if v >= 99.95 => 0,
        v if v >= 9.995 => 1,
        _ => 2,
    };
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn group(digits: &str) -> String {
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_somebody_else_has_chosen_hides_nothing_and_is_no_longer_than_a_line() {
        assert_eq!(foreign("my plan"), "my plan");
        assert_eq!(foreign("plan \u{202e}gpj.exe\n\u{2066}"), "plan gpj.exe");
        let long = foreign(&"é".repeat(300));
        assert_eq!((long.chars().count(), long.ends_with("é…")), (81, true));
    }

    #[track_caller]
    fn check(actual: String, expected: &str) {
        assert_eq!(actual.replace('\u{a0}', " "), expected);
    }

    #[test]
    fn latencies_carry_their_unit() {
        check(micros(0.0), "0 µs");
        check(micros(850.4), "850 µs");
        check(micros(999.6), "1 ms");
        check(micros(12_345.0), "12.3 ms");
        check(micros(99_960.0), "100 ms");
        check(micros(1_240_000.0), "1.24 s");
        check(micros(61_500_000.0), "61.5 s");
        check(micros(f64::NAN), NOTHING);
        check(span(Span::from_millis(50)), "50 ms");
    }

    #[test]
    fn counts_are_grouped() {
        check(count(0), "0");
        check(count(999), "999");
        check(count(1_000), "1,000");
        check(count(12_345_678), "12,345,678");
        check(signed(-1_234), "-1,234");
    }

    #[test]
    fn rates_shares_and_sizes() {
        check(rate(0.0), "0 /s");
        check(rate(12.345), "12.3 /s");
        check(rate(18_400.4), "18,400 /s");
        check(share(0.125), "12.5 %");
        check(share(0.0004), "0.04 %");
        check(share(f64::NAN), NOTHING);
        check(bytes(412.0), "412 B");
        check(bytes(1_500.0), "1.5 kB");
        check(bytes(2_310_000.0), "2.31 MB");
        check(bytes(5e9), "5 GB");
        check(number(-0.001), "0");
    }

    #[test]
    fn times_of_a_run() {
        check(clock(7.9), "0:07");
        check(clock(725.0), "12:05");
        check(clock(3_723.0), "1:02:03");
        check(clock(-1.0), "0:00");
        check(duration(45.0), "45 s");
        check(duration(120.0), "2 min");
        check(duration(5_400.0), "1 h 30 min");
        check(duration(0.25), "0.25 s");
        check(duration(0.0), "0 s");
    }
}
