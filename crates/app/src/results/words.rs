//! What is compared and what has changed, in words and numbers.

use crate::format;
use catalogue::Figure;
use results::compare::{Change, ComparedSubject, Scale};

/// "+12 to +24 %".
pub(super) fn interval(subject: &ComparedSubject, change: &Change) -> String {
    let [_, low, high] = figures(change);
    format!("{low} to {high}\u{a0}{}", unit(subject, change.scale))
}

/// The change and the ends of its interval, with their signs.
pub(super) fn figures(change: &Change) -> [String; 3] {
    let factor = if change.scale == Scale::Absolute { 1.0 } else { 100.0 };
    let with_sign = |part: f64| {
        let text = format::number(part * factor);
        if part * factor >= 0.005 { format!("+{text}") } else { text.replace('-', "\u{2212}") }
    };
    [change.interval.value, change.interval.low, change.interval.high].map(with_sign)
}

pub(super) fn unit(subject: &ComparedSubject, scale: Scale) -> &'static str {
    match scale {
        Scale::Relative => "%",
        Scale::Points => "points",
        Scale::Absolute if matches!(subject, ComparedSubject::Quantile { .. }) => "ms",
        Scale::Absolute => "/s",
    }
}

pub(super) fn number(subject: &ComparedSubject, value: f64) -> String {
    match subject {
        ComparedSubject::Quantile { .. } => format::millis(value),
        ComparedSubject::Errors { .. } | ComparedSubject::Delivery { .. } => format::share(value),
        ComparedSubject::Rate { .. } => format::rate(value),
    }
}

pub(super) fn subject(subject: &ComparedSubject) -> String {
    match subject {
        ComparedSubject::Quantile { metric, share } => format!("{metric} p{}", format::number(share * 100.0)),
        ComparedSubject::Errors { operation: None } => "errors per attempt".to_owned(),
        ComparedSubject::Errors { operation: Some(name) } => format!("errors per attempt of {name}"),
        ComparedSubject::Delivery { part, of } => format!("deliveries {}, of those {}", part.field(), of.field()),
        ComparedSubject::Rate { series: Figure::Sent } => "messages sent".to_owned(),
        ComparedSubject::Rate { series: Figure::Arrived } => "messages received".to_owned(),
        ComparedSubject::Rate { series } => series.name().to_owned(),
    }
}
