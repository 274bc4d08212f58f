//! The list of kept runs, in words.

use crate::format;
use crate::run::view::Mood;
use metrics::VerdictOutcome;
use results::{Entry, ROOM, taken};

/// A kept run as the list shows it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct EntryRow {
    pub id: String,
    pub name: String,
    /// The plan's name, where the run has been given another one.
    pub plan: String,
    pub note: String,
    /// RFC 3339 in UTC.
    pub started_at: String,
    pub hosts: String,
    pub users: String,
    pub length: String,
    pub verdict: (String, Mood),
    /// What the number is, and the number.
    pub latency: (String, String),
    pub errors: String,
    pub missing: String,
    pub problem: String,
    pub pinned: bool,
    pub baseline: bool,
    pub marked: bool,
    pub editing: bool,
}

pub fn rows(entries: &[Entry], marked: &[String], editing: Option<&str>) -> Vec<EntryRow> {
    let shown = entries.iter().filter(|entry| !entry.deleted);
    shown.map(|entry| row(entry, marked.contains(&entry.id), editing == Some(&entry.id))).collect()
}

/// How many there are, what they take, and what goes first when there is no more room.
pub fn room(entries: &[Entry]) -> String {
    let count = entries.iter().filter(|entry| !entry.deleted).count();
    let runs = if count == 1 { "1 run".to_owned() } else { format!("{} runs", format::count(count as u64)) };
    format!(
        "{runs}, {} of {} in this browser. When it is full, the oldest that is not pinned is deleted first.",
        format::bytes(taken(entries) as f64),
        format::bytes(ROOM as f64),
    )
}

fn row(entry: &Entry, marked: bool, editing: bool) -> EntryRow {
    let summary = &entry.summary;
    let nothing = || format::NOTHING.to_owned();
    EntryRow {
        id: entry.id.clone(),
        name: entry.name.clone(),
        plan: if entry.name == summary.plan { String::new() } else { summary.plan.clone() },
        note: entry.note.clone(),
        started_at: summary.started_at.clone(),
        hosts: summary.hosts.join(", "),
        users: format::count(summary.users.into()),
        length: format::duration(summary.duration_s),
        verdict: verdict(entry),
        latency: summary.latency.as_ref().map_or_else(
            || (String::new(), nothing()),
            |(metric, p95)| (format!("{metric} p95"), format::millis(*p95)),
        ),
        errors: summary.error_rate.map_or_else(
            || format::count(summary.errors),
            |rate| format!("{} ({})", format::count(summary.errors), format::share(rate)),
        ),
        missing: if summary.sent == 0 { nothing() } else { format::signed(summary.missing) },
        problem: summary.problem.clone().unwrap_or_default(),
        pinned: entry.pinned,
        baseline: entry.baseline,
        marked,
        editing,
    }
}

/// In one word; without a verdict what became of the thresholds.
fn verdict(entry: &Entry) -> (String, Mood) {
    let (kept, all) = entry.summary.kept;
    match entry.summary.verdict {
        Some(outcome) => {
            let mood = match outcome {
                VerdictOutcome::Pass => Mood::Good,
                VerdictOutcome::Fail => Mood::Bad,
                VerdictOutcome::Invalid => Mood::Warn,
            };
            (outcome.word().to_owned(), mood)
        }
        None if entry.cut_off => ("broken off".to_owned(), Mood::Warn),
        None if all == 0 => (format::NOTHING.to_owned(), Mood::Plain),
        None => (format!("{kept} of {all} kept"), if kept == all { Mood::Good } else { Mood::Bad }),
    }
}
