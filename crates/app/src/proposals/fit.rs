//! A proposal that is made from a run holds on that run: its limit is the usual one, or the next round number that the run kept to.

use catalogue::Better;
use metrics::{Outcome, ThresholdResult, Totals};
use plan::{Bound, Operator, Threshold, ThresholdUnit as Unit};

/// The expression with a limit that these totals hold. `None`: they have no such number, or nothing that is worth proposing.
pub(super) fn fitted(text: &str, totals: &Totals) -> Option<String> {
    let threshold: Threshold = text.parse().ok()?;
    let result = ThresholdResult::at_a_glance(&threshold, totals);
    match (result.outcome, result.actual) {
        (Outcome::Pass, _) => Some(text.to_owned()),
        (Outcome::Fail, Some(actual)) => loosened(&threshold, actual, totals),
        _ => None,
    }
}

/// Whether totals have a number for it at all.
pub(super) fn is_measured(text: &str, totals: &Totals) -> bool {
    let threshold: Result<Threshold, _> = text.parse();
    threshold.is_ok_and(|it| ThresholdResult::at_a_glance(&it, totals).outcome != Outcome::NotMeasured)
}

fn loosened(threshold: &Threshold, actual: f64, totals: &Totals) -> Option<String> {
    let text = threshold.text();
    // Of these expressions the operator is the first sign that no name has.
    let subject = text[..text.find(['<', '>', '='])?].trim_end();
    let better = match threshold.operator {
        Operator::Less | Operator::LessOrEqual | Operator::Equal => Better::Lower,
        Operator::Greater | Operator::GreaterOrEqual if actual > 0.0 => Better::Higher,
        // More than nothing was wanted, and nothing came.
        _ => return holding(format!("{subject} == 0"), totals),
    };
    let (scale, unit) = match threshold.unit {
        Unit::Milliseconds => (1.0, " ms"),
        Unit::Share => (100.0, "%"),
        Unit::Count | Unit::PerSecond | Unit::Ratio => (1.0, ""),
    };
    let is_whole = threshold.unit == Unit::Count;
    let sign = if better == Better::Lower { "<=" } else { ">=" };
    let limits = rounds(actual * scale, better, is_whole).into_iter();
    limits.filter_map(|limit| holding(format!("{subject} {sign} {limit}{unit}"), totals)).next()
}

fn holding(text: String, totals: &Totals) -> Option<String> {
    let threshold: Threshold = text.parse().ok()?;
    let holds = matches!(threshold.bound, Bound::Fixed(_))
        && ThresholdResult::at_a_glance(&threshold, totals).outcome == Outcome::Pass;
    holds.then_some(text)
}

/// Round numbers that are no better than this one, the nearest first.
fn rounds(value: f64, better: Better, is_whole: bool) -> Vec<String> {
    // Every number beyond one that is written with few digits, upwards or downwards.
    let power = value.abs().max(1e-6).log10().floor() as i32;
    let mut all = Vec::new();
    for power in power - 1..=power + 1 {
        for mantissa in [10, 15, 20, 30, 50, 70] {
            let decimals = (1 - power).max(0) as usize;
            let number = f64::from(mantissa) * 10f64.powi(power - 1);
            let suits = if better == Better::Lower { number >= value } else { number <= value };
            if suits && (!is_whole || number.fract() == 0.0) {
                let text = format!("{number:.decimals$}");
                let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
                all.push(text.to_owned());
            }
        }
    }
    if better == Better::Higher {
        all.reverse();
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_round_and_not_far() {
        #[track_caller]
        fn check(value: f64, better: Better, is_whole: bool, expected: &str) {
            assert_eq!(rounds(value, better, is_whole).first().map(String::as_str), Some(expected), "{value}");
        }
        check(312.4, Better::Lower, false, "500");
        check(300.0, Better::Lower, false, "300");
        check(1_234.0, Better::Lower, false, "1500");
        check(0.012, Better::Lower, false, "0.015");
        check(2.7, Better::Lower, false, "3");
        check(1.2, Better::Lower, true, "2");
        check(400.0, Better::Lower, true, "500");
        check(0.93, Better::Higher, false, "0.7");
        check(100.0, Better::Lower, false, "100");
    }
}
