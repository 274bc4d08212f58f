//! The thresholds as JUnit XML, as build servers show test results. What cannot be judged is an error, which is what JUnit calls a test
//! that could not tell; one more test case says whether the load was what the plan asks. What stands
//! out is told beside them: it is no test.

use maud::{PreEscaped, html};

use crate::run::view::{measured, threshold_note};
use metrics::{Insight, Outcome, Report, ThresholdEntry, ThresholdResult, Verdict, VerdictOutcome};

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
            testsuite name=(name) tests=(tests) failures=(failures) errors=(errors) skipped="0" time=(time) timestamp=[timestamp(report)] {
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
                @if !report.insights.is_empty() { system-out { (insights(report)) } }
            }
        }
    };
    markup.into_string() + "\n"
}

const VALIDITY: &str = "the measurement is valid";

fn plan_name(report: &Report) -> String {
    text(report.plan.get("name").and_then(|name| name.as_str()).unwrap_or("plan"))
}

/// ISO 8601 without fractions and time zone, as JUnit's schema wants it; ours is UTC. `None`: the run never started, or the report says
/// what is no such time.
fn timestamp(report: &Report) -> Option<&str> {
    let (second, rest) = report.started_at.split_at_checked("2026-11-25T12:00:03".len())?;
    let fits = |(found, pattern): (u8, u8)| if pattern == b'0' { found.is_ascii_digit() } else { found == pattern };
    let is_time = second.bytes().zip(*b"0000-00-00T00:00:00").all(fits);
    let is_utc = rest.trim_end_matches('Z').bytes().all(|byte| byte == b'.' || byte.is_ascii_digit());
    (is_time && is_utc).then_some(second)
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

/// One on each line.
fn insights(report: &Report) -> String {
    let line = |it: &Insight| text(&format!("{} {} {}", it.happened, it.may_mean, it.to_do));
    report.insights.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// XML has no place for most control characters, not even escaped.
fn text(text: &str) -> String {
    let is_allowed =
        |c: char| !c.is_control() && !matches!(c, '\u{fffe}' | '\u{ffff}') || matches!(c, '\t' | '\n' | '\r');
    text.chars().map(|c| if is_allowed(c) { c } else { '\u{fffd}' }).collect()
}
