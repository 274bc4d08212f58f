//! Each threshold of the plan, with what was measured.

use super::Mood;
use crate::format;
use metrics::{Outcome, ThresholdResult};
use plan::ThresholdUnit as Unit;

#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ThresholdRow {
    pub text: String,
    pub actual: String,
    /// Which windows, which baseline, or why there is no value; may be empty.
    pub note: String,
    pub outcome: &'static str,
    pub mood: Mood,
}

pub(super) fn rows(results: &[ThresholdResult]) -> Vec<ThresholdRow> {
    results.iter().map(row).collect()
}

pub(super) fn summary(rows: &[ThresholdRow]) -> (String, Mood) {
    let count = |mood| rows.iter().filter(|row| row.mood == mood).count();
    let (kept, broken) = (count(Mood::Good), count(Mood::Bad));
    match (rows.len(), broken) {
        (0, _) => (String::new(), Mood::Plain),
        (all, 0) if kept == all => ("all thresholds kept".to_owned(), Mood::Good),
        (_, 0) if kept == 0 => ("no threshold could be judged".to_owned(), Mood::Warn),
        (all, 0) => (format!("{kept} of {all} thresholds kept"), Mood::Warn),
        (all, broken) => (format!("{broken} of {all} thresholds broken"), Mood::Bad),
    }
}

fn row(result: &ThresholdResult) -> ThresholdRow {
    let (outcome, mood) = match result.outcome {
        Outcome::Pass => ("kept", Mood::Good),
        Outcome::Fail => ("broken", Mood::Bad),
        Outcome::NotMeasured => ("not measured", Mood::Warn),
        Outcome::Invalid => ("not judged", Mood::Warn),
    };
    ThresholdRow { text: result.threshold.clone(), actual: measured(result), note: note(result), outcome, mood }
}

/// The measured value with its unit.
pub fn measured(result: &ThresholdResult) -> String {
    let shown = |actual| format::bound(with_unit(actual, result.unit), result.at_least);
    result.actual.map_or_else(|| format::NOTHING.to_owned(), shown)
}

/// Which windows, which baseline, or why there is no value; may be empty.
pub fn note(result: &ThresholdResult) -> String {
    let value = |value| with_unit(value, result.unit);
    let mut notes = Vec::new();
    if let Some(window) = &result.window {
        let seconds = window.length_s;
        let worst =
            window.worst_at_s.map(|end| format!("worst {seconds} s from {} to {end} s", end.saturating_sub(seconds)));
        notes.extend(worst);
        notes.extend(window.broken_at_s.map(|end| format!("first broken at {end} s")));
        notes.extend(window.latest.map(|latest| format!("last {seconds} s {}", value(latest))));
    }
    if let (Some(baseline), Some(limit)) = (&result.baseline, result.limit) {
        notes.push(format!("limit {}, baseline {} in run {}", value(limit), value(baseline.value), baseline.run));
    }
    notes.extend(result.stopped_run_at_s.map(|at| format!("it stopped the run at {at:.1} s")));
    notes.extend(result.why.clone());
    notes.join(", ")
}

fn with_unit(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Milliseconds => format::millis(value),
        Unit::Share => format::share(value),
        Unit::Count => format::number(value),
        Unit::PerSecond => format::rate(value),
        Unit::Ratio => format::number(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrics::{BaselineResult, WindowResult};

    #[track_caller]
    fn check(outcome: Outcome, actual: Option<f64>, unit: Unit, expected: (&str, &str, Mood)) {
        let (threshold, limit) = ("x".to_owned(), Some(0.0));
        let result = ThresholdResult {
            threshold,
            outcome,
            actual,
            at_least: false,
            certain: actual,
            limit,
            unit,
            why: None,
            window: None,
            baseline: None,
            stopped_run_at_s: None,
        };
        let row = row(&result);
        assert_eq!((row.actual.replace('\u{a0}', " ").as_str(), row.outcome, row.mood), expected);
    }

    #[track_caller]
    fn check_summary(moods: &[Mood], text: &str, mood: Mood) {
        let row = |mood: &Mood| ThresholdRow { mood: *mood, ..ThresholdRow::default() };
        let rows: Vec<_> = moods.iter().map(row).collect();
        assert_eq!(summary(&rows), (text.to_owned(), mood));
    }

    #[test]
    fn one_broken_threshold_is_what_counts() {
        check_summary(&[], "", Mood::Plain);
        check_summary(&[Mood::Good, Mood::Good], "all thresholds kept", Mood::Good);
        check_summary(&[Mood::Warn, Mood::Warn], "no threshold could be judged", Mood::Warn);
        check_summary(&[Mood::Good, Mood::Warn], "1 of 2 thresholds kept", Mood::Warn);
        check_summary(&[Mood::Bad, Mood::Warn, Mood::Good], "1 of 3 thresholds broken", Mood::Bad);
    }

    #[track_caller]
    fn check_note(window: Option<WindowResult>, baseline: Option<BaselineResult>, why: Option<&str>, expected: &str) {
        let (threshold, unit, why) = ("x".to_owned(), Unit::Milliseconds, why.map(str::to_owned));
        let (outcome, actual, limit) = (Outcome::Fail, Some(110.0), Some(121.0));
        let row = row(&ThresholdResult {
            threshold,
            outcome,
            actual,
            at_least: false,
            certain: actual,
            limit,
            unit,
            why,
            window,
            baseline,
            stopped_run_at_s: None,
        });
        assert_eq!(row.note.replace('\u{a0}', " "), expected);
    }

    #[test]
    fn notes_tell_which_window_and_which_baseline() {
        let (worst_at_s, broken_at_s, latest) = (Some(42), Some(40), Some(212.4));
        let window = WindowResult { length_s: 30, measured: 9, worst_at_s, broken_at_s, latest };
        let text = "worst 30 s from 12 to 42 s, first broken at 40 s, last 30 s 212 ms";
        check_note(Some(window), None, None, text);
        let baseline = BaselineResult { run: "k3f".to_owned(), value: 110.0 };
        check_note(None, Some(baseline), None, "limit 121 ms, baseline 110 ms in run k3f");
        check_note(None, None, Some("nobody has counted x so far"), "nobody has counted x so far");
    }

    #[test]
    fn values_carry_the_unit_of_their_threshold() {
        check(Outcome::Pass, Some(212.4), Unit::Milliseconds, ("212 ms", "kept", Mood::Good));
        check(Outcome::Fail, Some(0.015), Unit::Share, ("1.5 %", "broken", Mood::Bad));
        check(Outcome::Pass, Some(1_200.0), Unit::PerSecond, ("1,200 /s", "kept", Mood::Good));
        check(Outcome::NotMeasured, None, Unit::Count, ("–", "not measured", Mood::Warn));
        check(Outcome::Invalid, Some(212.4), Unit::Milliseconds, ("212 ms", "not judged", Mood::Warn));
    }
}
