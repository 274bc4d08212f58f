//! How conversations with a voice service ended, and where they fell silent: code × phase × population.

use std::collections::BTreeMap;

use super::Mood;
use super::errors::{close_code, has_evidence};
use super::table::{Cell, Column, Row};
use crate::format;
use metrics::{Cause, Evidence, Phase, Totals, cut_waiting};

/// Phases of a conversation, in the order in which it goes through them; whatever else there is comes last.
const PHASES: usize = 7;

pub const CLOSE_COLUMNS: [Column; 4 + PHASES] = columns("Close code", "Reasons");
pub const SILENCE_COLUMNS: [Column; 4 + PHASES] = columns("Silence", "Of operations");

const fn columns(first: &'static str, last: &'static str) -> [Column; 4 + PHASES] {
    [
        Column::name(first),
        Column::text("Population"),
        Column::number("handshake"),
        Column::number("before greeting"),
        Column::number("speaking"),
        Column::number("waiting"),
        Column::number("listening"),
        Column::number("after report"),
        Column::number("other"),
        Column::number("all"),
        Column::quiet(last),
    ]
}

const fn place(phase: Phase) -> usize {
    match phase {
        Phase::Connecting => 0,
        Phase::BeforeGreeting => 1,
        Phase::Speaking => 2,
        Phase::AwaitingAnswer => 3,
        Phase::Listening => 4,
        Phase::AfterReport => 5,
        _ => 6,
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClosesView {
    pub closes: Vec<Row>,
    /// What was expected to be heard, and was not.
    pub silence: Vec<Row>,
    /// What is known of those for whom nothing failed; empty: nothing more than the table says.
    pub quiet: String,
}

/// What stands in one row: the same code in the same population.
#[derive(Debug, Default)]
struct Line {
    counts: [u64; PHASES],
    /// Which of them somebody else than the user brought about.
    unplanned: [bool; PHASES],
    notes: Vec<String>,
}

impl Line {
    fn add(&mut self, phase: Phase, count: u64, unplanned: bool, note: &str) {
        self.counts[place(phase)] += count;
        self.unplanned[place(phase)] |= unplanned;
        if !note.is_empty() && !self.notes.iter().any(|known| known == note) {
            self.notes.push(note.to_owned());
        }
    }

    /// `silence`: it is of the table of silences.
    fn row(&self, totals: &Totals, silence: bool, label: String, population: &str) -> Row {
        let key = format!("{label}\n{population}");
        let cell = |(place, (count, unplanned)): (usize, (&u64, &bool))| {
            let mood = if *count > 0 && *unplanned { Mood::Bad } else { Mood::Plain };
            let opens = *count > 0 && has_evidence(totals, |evidence| is_in(evidence, silence, &key, place + HEADS));
            Cell::new(format::count(*count)).with_mood(mood).opening_if(opens)
        };
        let mut notes = self.notes.iter().take(MOST_NOTES).map(String::as_str).collect::<Vec<_>>().join("; ");
        if self.notes.len() > MOST_NOTES {
            notes.push_str("; …");
        }
        let head = [Cell::new(&label), Cell::new(population)];
        let all = format::count(self.counts.iter().sum());
        let counts = self.counts.iter().zip(&self.unplanned).enumerate().map(cell);
        let cells = head.into_iter().chain(counts).chain([Cell::new(all), Cell::new(notes)]).collect();
        Row { key, is_part: false, cells }
    }
}

impl ClosesView {
    /// Of these populations only.
    pub(super) fn of(totals: &Totals, populations: &[&str], is_over: bool) -> Self {
        let ours = |name: &String| populations.contains(&name.as_str());
        let mut closes = BTreeMap::<(u16, &str), Line>::new();
        for (key, total) in totals.disconnects().iter().filter(|(key, _)| ours(&key.population)) {
            let line = closes.entry((key.code, &key.population)).or_default();
            line.add(key.phase, total.count, !key.by.is_planned(), &key.reason);
        }
        let mut silence = BTreeMap::<(usize, &str), Line>::new();
        for (key, total) in totals.errors().iter().filter(|(key, _)| ours(&key.population)) {
            let Some(kind) = SILENCES.iter().position(|(code, _)| *code == key.code) else { continue };
            silence.entry((kind, &key.population)).or_default().add(key.phase, total.count, true, &key.operation);
        }
        Self {
            quiet: quiet(totals, silence.is_empty(), is_over),
            closes: closes
                .iter()
                .map(|((code, population), line)| line.row(totals, false, close_code(*code), population))
                .collect(),
            silence: silence
                .iter()
                .map(|((kind, population), line)| line.row(totals, true, SILENCES[*kind].1.to_owned(), population))
                .collect(),
        }
    }
}

/// Whoever was cut while it waited is in no table of failures.
fn quiet(totals: &Totals, has_no_silence: bool, is_over: bool) -> String {
    let waiting = totals.users_by_state().awaiting;
    let when = if is_over { "still waited when the run broke off" } else { "wait now" };
    match cut_waiting(totals) {
        Some(cut) => cut,
        None if !has_no_silence => String::new(),
        None if waiting > 0 => format!("Nobody has waited longer than the limit so far; {waiting} {when}."),
        None => "Nobody waited in vain for a sound.".to_owned(),
    }
}

/// It is counted in this cell of the table of closes, or of silences.
pub(super) fn is_in(evidence: &Evidence, silence: bool, row: &str, column: usize) -> bool {
    let label = match &evidence.cause {
        Cause::Close { code, .. } if !silence => close_code(*code),
        Cause::Error { code, .. } if silence => {
            let kind = SILENCES.iter().find(|(known, _)| known == code);
            kind.map(|(_, text)| (*text).to_owned()).unwrap_or_default()
        }
        _ => return false,
    };
    row.split_once('\n') == Some((&label, &evidence.population)) && place(evidence.phase) + HEADS == column
}

/// Columns in front of the phases.
const HEADS: usize = 2;

/// Codes of errors that mean silence, and how people say it.
const SILENCES: [(&str, &str); 5] = [
    ("died without a frame", "opened, then died without a frame"),
    ("no greeting", "no greeting"),
    ("no answer", "no answer"),
    ("empty answer", "an answer without audio"),
    ("unfinished answer", "an answer without an end"),
];

/// A server may give every close a reason of its own.
const MOST_NOTES: usize = 3;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::view::totals_of;
    use base::time::Timestamp;
    use metrics::{ClosedBy, DisconnectDelta, DisconnectKey, ErrorDelta, ErrorKey, MetricsDelta};

    fn closed(population: &str, code: u16, by: ClosedBy, phase: Phase, count: u64) -> DisconnectDelta {
        let key = DisconnectKey { population: population.into(), code, reason: format!("r{code}"), by, phase };
        DisconnectDelta { key, count, first: Timestamp::ZERO }
    }

    fn failed(population: &str, operation: &str, code: &str, phase: Phase, count: u64) -> ErrorDelta {
        let key = ErrorKey { population: population.into(), operation: operation.into(), code: code.into(), phase };
        ErrorDelta { key, count, first: Timestamp::ZERO, sample: String::new() }
    }

    fn totals() -> Totals {
        use ClosedBy::{Server, User};
        let metrics = MetricsDelta {
            disconnects: vec![
                closed("guests", 1000, User, Phase::AfterReport, 7),
                closed("guests", 1000, User, Phase::Speaking, 1),
                closed("guests", 4004, Server, Phase::BeforeGreeting, 2),
                closed("members", 1006, Server, Phase::Connecting, 3),
                closed("members", 1006, Server, Phase::Reconnecting, 1),
                closed("chat", 1001, Server, Phase::Active, 9),
            ],
            errors: vec![
                failed("guests", "greeting", "no greeting", Phase::BeforeGreeting, 2),
                failed("members", "answer", "no answer", Phase::AwaitingAnswer, 4),
                failed("members", "again", "no answer", Phase::AwaitingAnswer, 1),
                failed("members", "answer", "disconnected", Phase::Listening, 5),
                failed("chat", "connect", "died without a frame", Phase::Flow, 1),
            ],
            ..MetricsDelta::default()
        };
        totals_of(&metrics)
    }

    #[track_caller]
    fn check(rows: &[Row], expected: &[&str]) {
        let text = |row: &Row| {
            let cell = |cell: &Cell| format!("{}{}", cell.text, if cell.mood == Mood::Bad { "!" } else { "" });
            row.cells.iter().map(cell).collect::<Vec<_>>().join(" | ")
        };
        assert_eq!(rows.iter().map(text).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn codes_stand_in_the_cell_of_their_phase_and_population() {
        let view = ClosesView::of(&totals(), &["guests", "members"], true);
        check(
            &view.closes,
            &[
                "1000 normal | guests | 0 | 0 | 1 | 0 | 0 | 7 | 0 | 8 | r1000",
                "1006 cut off | members | 3! | 0 | 0 | 0 | 0 | 0 | 1! | 4 | r1006",
                "4004 | guests | 0 | 2! | 0 | 0 | 0 | 0 | 0 | 2 | r4004",
            ],
        );
    }

    #[test]
    fn silence_is_an_error_with_a_phase() {
        let view = ClosesView::of(&totals(), &["guests", "members"], true);
        check(
            &view.silence,
            &[
                "no greeting | guests | 0 | 2! | 0 | 0 | 0 | 0 | 0 | 2 | greeting",
                "no answer | members | 0 | 0 | 0 | 5! | 0 | 0 | 0 | 5 | again; answer",
            ],
        );
    }
}
