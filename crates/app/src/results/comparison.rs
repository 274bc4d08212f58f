//! A comparison in words: every number with its unit, every change with its interval.

use std::collections::BTreeSet;

use super::headline::{basis, headline};
use super::overlay::mark_of;
use super::words::{figures, number, subject, unit};
use crate::format;
use crate::past::PastRun;
use crate::run::control::{Happening, happenings};
use crate::run::view::{Mood, charts};
use results::Entry;
use results::compare::{Change, CompareRow, ComparedSubject, Comparison, Judgement, PlanRow, compare, differences};

#[derive(Debug, Clone, PartialEq, Default)]
pub struct ComparisonView {
    /// What came out, a sentence for each run but the first.
    pub headlines: Vec<String>,
    /// Over which time what is compared.
    pub basis: String,
    /// The first is what the others are compared with.
    pub runs: Vec<RunHead>,
    pub groups: Vec<ComparedGroup>,
    pub plans: Vec<PlanRow>,
    /// How sure the words are.
    pub surety: String,
    /// In short, for each run but the first.
    pub sums: Vec<String>,
    /// Metrics whose course can be laid over each other.
    pub metrics: Vec<String>,
    /// In all runs, with the labels that the marks on the charts have.
    pub happenings: Vec<Happening>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct RunHead {
    pub id: String,
    pub name: String,
    /// RFC 3339 in UTC.
    pub started_at: String,
    pub verdict: String,
    /// What it measured may be the generator's doing.
    pub is_invalid: bool,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct ComparedGroup {
    pub title: &'static str,
    pub rows: Vec<ComparedLine>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct ComparedLine {
    pub subject: String,
    /// Of each run.
    pub values: Vec<String>,
    /// Of each run but the first.
    pub changes: Vec<ChangeView>,
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct ChangeView {
    /// With its interval; empty: it cannot be told.
    pub text: String,
    pub word: &'static str,
    pub mood: Mood,
}

impl ComparisonView {
    /// Of kept runs and their reports, in the same order.
    pub fn of(entries: &[Entry], runs: &[&PastRun]) -> Self {
        let reports: Vec<_> = runs.iter().map(|run| &run.report).collect();
        let found = compare(&reports);
        let titles = ["Outcome", "Latency", "The generator's own"];
        let mut groups = titles.map(|title| ComparedGroup { title, rows: Vec::new() });
        for row in &found.rows {
            let at = match &row.subject {
                subject if subject.is_generators() => 2,
                ComparedSubject::Quantile { .. } => 1,
                _ => 0,
            };
            groups[at].rows.push(line(row, &found));
        }
        let heads: Vec<_> = entries.iter().map(head).collect();
        let metrics = metrics(runs);
        let first_is_invalid = heads.first().is_some_and(|run| run.is_invalid);
        let said = |(at, run): (usize, &RunHead)| headline(&found, at, &metrics, [first_is_invalid, run.is_invalid]);
        let headlines = heads.iter().skip(1).enumerate().map(said).collect();
        let sums = (1..runs.len()).map(|at| sum(&found.rows, at - 1)).collect();
        Self {
            headlines,
            basis: basis(&found),
            runs: heads,
            groups: groups.into_iter().filter(|group| !group.rows.is_empty()).collect(),
            plans: differences(&reports.iter().map(|report| &report.plan).collect::<Vec<_>>()),
            surety: format!(
                "Intervals hold the true change in 95 of 100 cases, each by itself. \"Better\" and \"worse\" are only said when that is \
                 as sure for all {} changes together, and \"unsure\" when it is not.",
                found.comparisons
            ),
            sums,
            metrics,
            happenings: runs.iter().enumerate().flat_map(|(at, run)| happenings_of(at, run)).collect(),
        }
    }
}

fn happenings_of(at: usize, run: &PastRun) -> impl Iterator<Item = Happening> {
    let of_run = happenings(run.result.totals.annotations().all()).into_iter();
    of_run.map(move |happening| Happening { mark: mark_of(at, &happening.mark), ..happening })
}

fn head(entry: &Entry) -> RunHead {
    let verdict = entry.summary.verdict.map_or("", |outcome| outcome.word());
    RunHead {
        id: entry.id.clone(),
        name: entry.name.clone(),
        started_at: entry.summary.started_at.clone(),
        verdict: verdict.to_owned(),
        is_invalid: entry.is_invalid() || entry.cut_off,
    }
}

fn line(row: &CompareRow, found: &Comparison) -> ComparedLine {
    let value =
        |value: &Option<f64>| value.map_or_else(|| format::NOTHING.to_owned(), |value| number(&row.subject, value));
    let change = |at: usize| match &row.changes[at] {
        Some(change) => said(&row.subject, change),
        None if row.values[at + 1].is_some() && row.subject.is_count() && !found.loads[at].is_empty() => {
            ChangeView { text: String::new(), word: "other load: not compared", mood: Mood::Plain }
        }
        None if row.values[0].is_some() && row.values[at + 1].is_some() => {
            ChangeView { text: String::new(), word: "too little to tell", mood: Mood::Plain }
        }
        None => ChangeView::default(),
    };
    ComparedLine {
        subject: subject(&row.subject),
        values: row.values.iter().map(value).collect(),
        changes: (0..row.changes.len()).map(change).collect(),
    }
}

fn said(subject: &ComparedSubject, change: &Change) -> ChangeView {
    let (word, mood) = match change.judgement {
        Judgement::Better => ("better", Mood::Good),
        Judgement::Worse => ("worse", Mood::Bad),
        Judgement::Different => ("different", Mood::Plain),
        Judgement::Unsure => ("unsure", Mood::Plain),
        Judgement::NoneShown => ("no difference shown", Mood::Plain),
    };
    let [value, low, high] = figures(change);
    let unit = unit(subject, change.scale);
    ChangeView { text: format!("{value}\u{a0}{unit} ({low} to {high})"), word, mood }
}

/// "3 better, 1 worse, 20 without a difference shown".
fn sum(rows: &[CompareRow], at: usize) -> String {
    let count = |wanted: Judgement| {
        let changes = rows.iter().filter_map(|row| row.changes[at].as_ref());
        changes.filter(|change| change.judgement == wanted).count()
    };
    let (different, unsure) = (count(Judgement::Different), count(Judgement::Unsure));
    let (better, worse, none) = (count(Judgement::Better), count(Judgement::Worse), count(Judgement::NoneShown));
    let some = |count: usize, word: &str| if count > 0 { format!("{count} {word}, ") } else { String::new() };
    let rest = some(different, "different") + &some(unsure, "unsure");
    format!("{better} better, {worse} worse, {rest}{none} without a difference shown")
}

/// Those that all runs have, the one that matters most first.
fn metrics(runs: &[&PastRun]) -> Vec<String> {
    let Some((first, others)) = runs.split_first() else { return Vec::new() };
    let others: Vec<BTreeSet<String>> =
        others.iter().map(|run| charts::latencies(&run.result.totals).into_iter().collect()).collect();
    let is_common = |name: &String| others.iter().all(|names| names.contains(name));
    charts::latencies(&first.result.totals).into_iter().filter(is_common).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalogue::Figure;
    use results::compare::Interval;
    use results::compare::Scale;

    #[track_caller]
    fn check(value: f64, low: f64, high: f64, scale: Scale, expected: &str) {
        let change = Change { interval: Interval { value, low, high }, scale, judgement: Judgement::Worse };
        let rate = ComparedSubject::Rate { series: Figure::Sent };
        assert_eq!(said(&rate, &change).text.replace('\u{a0}', " "), expected);
    }

    #[test]
    fn a_change_has_its_sign_its_unit_and_its_interval() {
        check(0.123, -0.01, 0.25, Scale::Relative, "+12.3 % (−1 to +25)");
        check(-0.5, -0.6, -0.4, Scale::Relative, "−50 % (−60 to −40)");
        check(0.0, 0.0, 0.0, Scale::Points, "0 points (0 to 0)");
        check(0.004, -0.0, 0.02, Scale::Points, "+0.4 points (0 to +2)");
        check(0.5, 0.1, 0.9, Scale::Absolute, "+0.5 /s (+0.1 to +0.9)");
    }

    #[test]
    fn subjects_are_named_as_in_thresholds() {
        let quantile = |share| ComparedSubject::Quantile { metric: "message.round_trip".into(), share };
        assert_eq!(subject(&quantile(0.5)), "message.round_trip p50");
        assert_eq!(
            subject(&ComparedSubject::Delivery { part: Figure::Missing, of: Figure::Due }),
            "deliveries missing, of those due"
        );
    }
}
