//! The thresholds as JUnit XML, as build servers show test results. What cannot be judged is an error, which is what JUnit calls a test
//! that could not tell; one more test case says whether the load was what the plan asks.

use maud::{PreEscaped, html};

use crate::run_view::{measured, threshold_note};
use metrics::{Outcome, Report, ThresholdEntry, ThresholdResult, Verdict, VerdictOutcome};

pub fn write(report: &Report) -> String {
    let invalid = report.verdict.as_ref().filter(|verdict| verdict.outcome == VerdictOutcome::Invalid);
    let name = plan_name(report);
    let of_outcome =
        |wanted: fn(Outcome) -> bool| report.thresholds.iter().filter(|entry| wanted(entry.outcome)).count();
    let failures = of_outcome(|outcome| outcome == Outcome::Fail);
    let errors = of_outcome(cannot_tell) + usize::from(invalid.is_some());
    let (tests, time) = (report.thresholds.len() + 1, format!("{:.3}", report.duration_s));
    let class = format!("tabswarm.{name}");
    let markup = html! {
        (PreEscaped("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"))
        testsuites name="tabswarm" tests=(tests) failures=(failures) errors=(errors) time=(time) {
            testsuite name=(name) tests=(tests) failures=(failures) errors=(errors) skipped="0" time=(time) timestamp=(timestamp(report)) {
                properties {
                    property name="run" value=(text(&report.run)) {}
                    property name="tabswarm" value=(crate::VERSION) {}
                    @if let Some(verdict) = &report.verdict {
                        property name="verdict" value=(verdict.outcome.word()) {}
                    }
                }
                testcase classname=(class) name=(VALIDITY) time=(time) {
                    @if let Some(verdict) = invalid {
                        error type="invalid" message=(first_reason(verdict)) { (reasons(verdict)) }
                    }
                }
                @for entry in &report.thresholds {
                    testcase classname=(class) name=(text(&entry.expression)) time=(time) {
                        @if cannot_tell(entry.outcome) {
                            error type=(kind(entry)) message=(found(entry)) { (text(&entry.expression)) ": " (found(entry)) }
                        } @else if entry.outcome == Outcome::Fail {
                            failure type=(kind(entry)) message=(found(entry)) { (text(&entry.expression)) ": " (found(entry)) }
                        }
                    }
                }
            }
        }
    };
    markup.into_string() + "\n"
}

const VALIDITY: &str = "the measurement is valid";

fn plan_name(report: &Report) -> String {
    text(report.plan.get("name").and_then(|name| name.as_str()).unwrap_or("plan"))
}

/// JUnit wants no time zone; ours is UTC.
fn timestamp(report: &Report) -> String {
    report.started_at.trim_end_matches('Z').split('.').next().unwrap_or_default().to_owned()
}

fn first_reason(verdict: &Verdict) -> String {
    let first = verdict.reasons.first().map(|reason| reason.text.as_str());
    text(first.unwrap_or(verdict.outcome.word()))
}

fn reasons(verdict: &Verdict) -> String {
    verdict.reasons.iter().map(|reason| text(&reason.text)).collect::<Vec<_>>().join("\n")
}

fn cannot_tell(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::NotMeasured | Outcome::Invalid)
}

fn kind(entry: &ThresholdEntry) -> &'static str {
    match entry.outcome {
        Outcome::NotMeasured => "not measured",
        Outcome::Invalid => "not judged",
        Outcome::Pass | Outcome::Fail => "threshold",
    }
}

fn found(entry: &ThresholdEntry) -> String {
    let result = ThresholdResult::from(entry.clone());
    let value =
        if entry.value.is_some() { format!("measured {}", measured(&result)) } else { "not measured".to_owned() };
    let note = threshold_note(&result);
    text(&if note.is_empty() { value } else { format!("{value}; {note}") })
}

/// XML has no place for most control characters, not even escaped.
fn text(text: &str) -> String {
    let is_allowed =
        |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}') || matches!(c, '\t' | '\n' | '\r');
    text.chars().map(|c| if is_allowed(c) { c } else { '\u{fffd}' }).collect()
}
