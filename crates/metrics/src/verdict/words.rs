//! Numbers, times and browsers as people say them.

use crate::totals::{LoadEnd, Totals};
use base::time::{Span, Timestamp};
use plan::ThresholdUnit;

/// `0.7 s`, `140 ms`
pub(crate) fn seconds(span: Span) -> String {
    if span < Span::from_millis(200) { millis(span.as_millis_f64()) } else { format!("{:.1} s", span.as_secs_f64()) }
}

/// `0:44 of 1:35`
pub(crate) fn times_of(ending: &LoadEnd) -> String {
    format!("{} of {}", clock(ending.at), clock(ending.planned))
}

pub(crate) fn clock(at: Timestamp) -> String {
    let seconds = at.as_secs_f64().round() as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

/// With a comma for each thousand.
pub(crate) fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

pub(crate) fn name_of(totals: &Totals, home: usize) -> String {
    match totals.homes().name(home) {
        Some(name) => name.to_owned(),
        None if totals.homes().count() > 1 => "The conductor's browser".to_owned(),
        None => "The browser".to_owned(),
    }
}

pub(crate) fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent < 10.0 { format!("{percent:.1} %") } else { format!("{percent:.0} %") }
}

pub(crate) fn millis(millis: f64) -> String {
    if millis < 10.0 { format!("{millis:.1} ms") } else { format!("{millis:.0} ms") }
}

pub(crate) fn shown(value: f64, unit: ThresholdUnit) -> String {
    match unit {
        ThresholdUnit::Milliseconds => millis(value),
        ThresholdUnit::Share => percent(value),
        ThresholdUnit::Count | ThresholdUnit::Ratio => format!("{}", (value * 1e3).round() / 1e3),
        ThresholdUnit::PerSecond => format!("{value:.1} /s"),
    }
}

/// To what people read: the factor and the unit's sign.
pub(crate) const fn scale(unit: ThresholdUnit) -> (f64, &'static str) {
    match unit {
        ThresholdUnit::Milliseconds => (1.0, "ms"),
        ThresholdUnit::Share => (100.0, "%"),
        ThresholdUnit::Count | ThresholdUnit::Ratio => (1.0, ""),
        ThresholdUnit::PerSecond => (1.0, "/s"),
    }
}
