//! Each threshold of the plan, with what was measured.

use super::Mood;
use crate::app::format;
use crate::metrics::{Outcome, ThresholdEntry, ThresholdResult, Totals};
use crate::plan::{Plan, Threshold, ThresholdUnit as Unit};

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ThresholdRow {
    pub text: String,
    pub actual: String,
    pub outcome: &'static str,
    pub mood: Mood,
}

pub(super) fn rows(plan: &Plan, totals: &Totals) -> Vec<ThresholdRow> {
    // A checked plan's thresholds all parse.
    let parsed = plan.thresholds.iter().filter_map(|text| text.parse::<Threshold>().ok());
    parsed.map(|threshold| row(threshold.evaluate(totals))).collect()
}

/// As a report says.
pub(super) fn past(entry: &ThresholdEntry) -> ThresholdRow {
    row(ThresholdResult {
        threshold: entry.expression.clone(),
        outcome: entry.outcome,
        actual: entry.value,
        limit: entry.limit,
        unit: entry.unit,
    })
}

pub(super) fn summary(rows: &[ThresholdRow]) -> (String, Mood) {
    let count = |mood| rows.iter().filter(|row| row.mood == mood).count();
    let (kept, broken) = (count(Mood::Good), count(Mood::Bad));
    match (rows.len(), broken) {
        (0, _) => (String::new(), Mood::Plain),
        (all, 0) if kept == all => ("all thresholds kept".to_owned(), Mood::Good),
        (all, 0) => (format!("{kept} of {all} thresholds kept"), Mood::Warn),
        (all, broken) => (format!("{broken} of {all} thresholds broken"), Mood::Bad),
    }
}

fn row(result: ThresholdResult) -> ThresholdRow {
    let (outcome, mood) = match result.outcome {
        Outcome::Pass => ("kept", Mood::Good),
        Outcome::Fail => ("broken", Mood::Bad),
        Outcome::NotMeasured => ("not measured", Mood::Warn),
    };
    let actual = result.actual.map_or_else(|| format::NOTHING.to_owned(), |actual| with_unit(actual, result.unit));
    ThresholdRow { text: result.threshold, actual, outcome, mood }
}

fn with_unit(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Milliseconds => format::millis(value),
        Unit::Share => format::share(value),
        Unit::Count => format::number(value),
        Unit::PerSecond => format::rate(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(outcome: Outcome, actual: Option<f64>, unit: Unit, expected: (&str, &str, Mood)) {
        let result = ThresholdResult { threshold: "x".into(), outcome, actual, limit: 0.0, unit };
        let row = row(result);
        assert_eq!((row.actual.replace('\u{a0}', " ").as_str(), row.outcome, row.mood), expected);
    }

    #[track_caller]
    fn check_summary(moods: &[Mood], text: &str, mood: Mood) {
        let row = |mood: &Mood| ThresholdRow { text: String::new(), actual: String::new(), outcome: "", mood: *mood };
        let rows: Vec<_> = moods.iter().map(row).collect();
        assert_eq!(summary(&rows), (text.to_owned(), mood));
    }

    #[test]
    fn one_broken_threshold_is_what_counts() {
        check_summary(&[], "", Mood::Plain);
        check_summary(&[Mood::Good, Mood::Good], "all thresholds kept", Mood::Good);
        check_summary(&[Mood::Good, Mood::Warn], "1 of 2 thresholds kept", Mood::Warn);
        check_summary(&[Mood::Bad, Mood::Warn, Mood::Good], "1 of 3 thresholds broken", Mood::Bad);
    }

    #[test]
    fn values_carry_the_unit_of_their_threshold() {
        check(Outcome::Pass, Some(212.4), Unit::Milliseconds, ("212 ms", "kept", Mood::Good));
        check(Outcome::Fail, Some(0.015), Unit::Share, ("1.5 %", "broken", Mood::Bad));
        check(Outcome::Pass, Some(1_200.0), Unit::PerSecond, ("1,200 /s", "kept", Mood::Good));
        check(Outcome::NotMeasured, None, Unit::Count, ("–", "not measured", Mood::Warn));
    }
}
