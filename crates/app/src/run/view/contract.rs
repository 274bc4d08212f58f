//! Whether what came looks as the scenario says, and whether the server keeps what it delivered.

use super::Mood;
use super::about::about;
use super::table::{self, Cell, Column, Row};
use crate::format;
use catalogue::Counter;
use metrics::{BreachEntry, Totals, contract_entries};

pub const CONTRACT_COLUMNS: [Column; 8] = [
    Column::name("Event"),
    Column::code("Path"),
    Column::text("Expected"),
    Column::text("Found"),
    Column::number("Count"),
    Column::number("First at"),
    Column::code("Sample"),
    Column::quiet("Population"),
];

pub const CONSISTENCY_COLUMNS: [Column; 3] =
    [Column::name("Messages in the history"), Column::number("Count"), Column::text("Which")];

/// The card of contracts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ContractView {
    /// One sentence; empty: there is nothing to say.
    pub verdict: String,
    pub mood: Mood,
    pub rows: Vec<Row>,
}

/// The card of the consistency probe.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ConsistencyView {
    /// Empty: nobody has compared anything.
    pub verdict: String,
    pub mood: Mood,
    pub rows: Vec<Row>,
}

impl ContractView {
    pub(super) fn of(totals: &Totals) -> Self {
        let entries = contract_entries(totals);
        let unknown = entries.iter().filter(|entry| entry.key.is_unknown_event()).count();
        let violations = counted(totals, Counter::ContractViolations).unwrap_or(0);
        let checked = match counted(totals, Counter::ContractChecked) {
            None => String::new(),
            Some(checked) if violations == 0 => format!("{} looked at, all as expected. ", frames(checked)),
            Some(checked) => {
                format!("{} looked at, {} broken rules in them. ", frames(checked), format::count(violations))
            }
        };
        let strangers = match unknown {
            0 => String::new(),
            1 => "One kind of event is unknown to the scenario.".to_owned(),
            kinds => format!("{kinds} kinds of events are unknown to the scenario."),
        };
        let mood = match (violations, checked.is_empty()) {
            (1.., _) => Mood::Bad,
            (0, false) => Mood::Good,
            (0, true) => Mood::Plain,
        };
        Self { verdict: (checked + &strangers).trim().to_owned(), mood, rows: entries.iter().map(row).collect() }
    }
}

impl ConsistencyView {
    pub(super) fn of(totals: &Totals) -> Self {
        let Some(users) = counted(totals, Counter::ConsistencyUsers) else { return Self::default() };
        let count = |counter: Counter| counted(totals, counter).unwrap_or(0);
        let compared = count(Counter::ConsistencyCompared);
        let bad: u64 = FINDINGS.iter().skip(1).map(|(counter, _)| count(*counter)).sum();
        let who = if users == 1 { "One user".to_owned() } else { format!("{} users", format::count(users)) };
        let (verdict, mood) = match (compared, bad) {
            (0, 0) => (format!("{who} looked, and found none of this run's messages in the history."), Mood::Warn),
            (_, 0) => (format!("{who} found the history as it was delivered."), Mood::Good),
            _ => (
                format!("{who} found {} differences between the history and what was delivered.", format::count(bad)),
                Mood::Bad,
            ),
        };
        let row = |(counter, title): &(Counter, &'static str)| {
            let (is_finding, count) = (*counter != Counter::ConsistencyCompared, count(*counter));
            let mood = if is_finding && count > 0 { Mood::Bad } else { Mood::Plain };
            let which = if is_finding { about(totals, counter.name(), count) } else { String::new() };
            let cells = vec![Cell::new(*title), Cell::new(format::count(count)).with_mood(mood), which.into()];
            Row { key: counter.name().to_owned(), is_part: is_finding, cells }
        };
        Self { verdict, mood, rows: FINDINGS.iter().map(row).collect() }
    }
}

fn row(entry: &BreachEntry) -> Row {
    let key = &entry.key;
    let unknown = key.is_unknown_event();
    let nothing = || format::NOTHING.to_owned();
    Row {
        key: table::key_of(key),
        is_part: false,
        cells: vec![
            Cell::new(&key.event),
            Cell::new(if unknown { nothing() } else { key.path.clone() }),
            Cell::new(if unknown { "no such event".to_owned() } else { key.expected.clone() }),
            Cell::new(if unknown { "unknown event".to_owned() } else { key.found.clone() }).with_mood(if unknown {
                Mood::Warn
            } else {
                Mood::Bad
            }),
            format::count(entry.count).into(),
            format::clock(entry.first_s).into(),
            Cell::new(&entry.sample),
            Cell::new(&key.population),
        ],
    }
}

/// Over all populations; `None`: nobody counts that.
fn counted(totals: &Totals, counter: Counter) -> Option<u64> {
    let counts = totals.counters().filter(|(name, ..)| *name == counter.name()).map(|(.., count)| count);
    counts.reduce(|sum, count| sum + count)
}

fn frames(count: u64) -> String {
    if count == 1 { "One event".to_owned() } else { format!("{} events", format::count(count)) }
}

/// Counters behind `consistency.`, and what they count.
const FINDINGS: [(Counter, &str); 5] = [
    (Counter::ConsistencyCompared, "compared"),
    (Counter::ConsistencyMissing, "missing: delivered, and not there"),
    (Counter::ConsistencyDuplicated, "there more than once"),
    (Counter::ConsistencyOutOfOrder, "behind a later one of the same sender"),
    (Counter::ConsistencyStuckUnread, "marked as read by the user, and not by the server"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use base::time::Timestamp;
    use metrics::{BreachKey, Recorder, SnapshotPart, TotalsConfig};

    fn totals(fill: impl FnOnce(&mut Recorder)) -> Totals {
        let mut recorder = Recorder::new(Timestamp::ZERO);
        fill(&mut recorder);
        let mut adding = metrics::Aggregator::new(TotalsConfig { workers: 1, ..TotalsConfig::default() });
        let metrics = recorder.drain();
        adding.absorb(
            0,
            SnapshotPart {
                at: Timestamp::from_micros(1),
                metrics: &metrics,
                users: &[],
                ledger: &Default::default(),
                completions: &[],
                health: &Default::default(),
            },
        );
        adding.into()
    }

    #[test]
    fn what_was_not_looked_at_is_not_praised() {
        let none = totals(|_| {});
        assert_eq!((ContractView::of(&none), ConsistencyView::of(&none)), Default::default());
    }

    #[test]
    fn breaches_and_strangers_are_told() {
        let view = ContractView::of(&totals(|recorder| {
            let counter = recorder.counter(Counter::ContractChecked.name(), "p");
            recorder.count(counter, 30);
            let counter = recorder.counter(Counter::ContractViolations.name(), "p");
            recorder.count(counter, 2);
            let counter = recorder.counter("events.in.odd", "p");
            recorder.count(counter, 7);
            let key = |event: &str, path: &str| BreachKey {
                population: "p".into(),
                event: event.into(),
                path: path.into(),
                expected: "string".into(),
                found: "number".into(),
            };
            recorder.breach(Timestamp::ZERO, key("message", "_id"), || "7".into());
            recorder.breach(Timestamp::ZERO, key("message", "_id"), || unreachable!("there is a sample"));
            recorder.breach(Timestamp::ZERO, key("odd", ""), || "{}".into());
        }));
        assert_eq!(
            view.verdict,
            "30 events looked at, 2 broken rules in them. One kind of event is unknown to the scenario."
        );
        assert_eq!(view.mood, Mood::Bad);
        let cells: Vec<Vec<&str>> =
            view.rows.iter().map(|row| row.cells[..5].iter().map(|cell| cell.text.as_str()).collect()).collect();
        assert_eq!(
            cells,
            [
                ["odd", format::NOTHING, "no such event", "unknown event", "7"],
                ["message", "_id", "string", "number", "2"]
            ]
        );
    }

    #[test]
    fn a_history_is_judged_by_what_differs() {
        #[track_caller]
        fn check(compared: u64, missing: u64, verdict: &str, mood: Mood) {
            let view = ConsistencyView::of(&totals(|recorder| {
                for (name, count) in [("users", 2), ("compared", compared), ("missing", missing)] {
                    let counter = recorder.counter(&format!("consistency.{name}"), "p");
                    recorder.count(counter, count);
                }
            }));
            assert_eq!((view.verdict.as_str(), view.mood), (verdict, mood));
        }
        check(40, 0, "2 users found the history as it was delivered.", Mood::Good);
        check(40, 3, "2 users found 3 differences between the history and what was delivered.", Mood::Bad);
        check(0, 0, "2 users looked, and found none of this run's messages in the history.", Mood::Warn);
    }
}
