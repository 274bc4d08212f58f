//! One row per measured metric, and one per operation that only ever failed.

use std::collections::BTreeMap;

use super::Mood;
use super::table::{Cell, Column, Row};
use crate::format;
use catalogue::{Metric, family};
use metrics::{PERCENTILES, Stats, Totals};

const BEFORE: [Column; 6] = [
    Column::name("Metric"),
    Column::number("Count"),
    Column::number("Rate"),
    Column::number("Errors"),
    Column::number("min"),
    Column::number("mean"),
];

pub const COLUMNS: [Column; BEFORE.len() + PERCENTILES.len() + 1] = {
    let mut all = [Column::number("max"); BEFORE.len() + PERCENTILES.len() + 1];
    let mut at = 0;
    while at < BEFORE.len() + PERCENTILES.len() {
        all[at] = if at < BEFORE.len() { BEFORE[at] } else { Column::number(PERCENTILES[at - BEFORE.len()].0) };
        at += 1;
    }
    all
};

/// The operations of some users.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OperationTable {
    /// A population; empty: all users together.
    pub population: String,
    pub rows: Vec<Row>,
}

#[derive(Debug, Default)]
struct OperationRow {
    name: String,
    population: String,
    /// `None`: errors belong to another row.
    errors: Option<u64>,
    count: u64,
    /// Per second; `None`: nothing was measured yet.
    rate: Option<f64>,
    stats: Option<Stats>,
    /// Without suspect samples; `None`: there are none of those.
    clean: Option<Option<Stats>>,
}

/// Behind the name of a metric whose suspect samples are left out.
const CLEAN: &str = "without suspect samples";
/// Behind one whose samples are longer than its limit, and nobody knows by how much.
const NOT_COME: &str = "that have not come";

/// Of all users together; where a plan has several populations, then of each.
pub(super) fn tables(totals: &Totals) -> Vec<OperationTable> {
    let mut tables: Vec<OperationTable> = Vec::new();
    for row in rows(totals) {
        if tables.last().is_none_or(|table| table.population != row.population) {
            tables.push(OperationTable { population: row.population.clone(), rows: Vec::new() });
        }
        let table = tables.last_mut().expect("it was put there when it was not");
        table.rows.push(shown(&row));
        table.rows.extend(shown_censored(&row));
        table.rows.extend(row.clean.map(|clean| shown_clean(&row, clean)));
    }
    tables
}

fn shown(row: &OperationRow) -> Row {
    let errors = row.errors.map_or_else(Cell::default, |errors| {
        Cell::new(format::count(errors)).with_mood(if errors > 0 { Mood::Bad } else { Mood::Plain })
    });
    let latencies = row.stats.map_or_else(
        || vec![format::NOTHING.to_owned(); PERCENTILES.len() + 3],
        |stats| {
            let mean = format::bound(format::millis(stats.mean), stats.censored.is_some());
            let percentiles = [&stats.percentiles()[..], &[stats.max]].concat();
            let percentiles = percentiles.into_iter().map(|value| format::percentile(&stats, value));
            [format::percentile(&stats, stats.min), mean].into_iter().chain(percentiles).collect()
        },
    );
    let rate = row.rate.map_or_else(|| format::NOTHING.to_owned(), format::rate);
    let first = [Cell::new(&row.name), format::count(row.count).into(), rate.into(), errors];
    Row {
        key: row.name.clone(),
        is_part: row.errors.is_none(),
        cells: first.into_iter().chain(latencies.into_iter().map(Cell::from)).collect(),
    }
}

/// How many of them have not come.
fn shown_censored(row: &OperationRow) -> Option<Row> {
    let count = row.stats?.censored?.count;
    let name = format!("{} {NOT_COME}", row.name);
    Some(Row { is_part: true, ..shown(&OperationRow { name, count, ..OperationRow::default() }) })
}

/// Stands below the row of all samples.
fn shown_clean(row: &OperationRow, clean: Option<Stats>) -> Row {
    let count = clean.map_or(0, |stats| stats.count);
    let rate = row.rate.map(|rate| rate * count as f64 / row.count.max(1) as f64);
    let name = format!("{} {CLEAN}", row.name);
    Row {
        is_part: true,
        ..shown(&OperationRow { name, errors: None, count, rate, stats: clean, ..OperationRow::default() })
    }
}

fn rows(totals: &Totals) -> Vec<OperationRow> {
    let mut rows = Vec::new();
    let mut last = "";
    for ((name, population, histogram), clean) in totals.histograms().zip(totals.clean_histograms()) {
        // A metric's first entry is the one over all populations.
        let population = if name == last { population.unwrap_or_default() } else { "" };
        last = name;
        if Metric::read(name).definition().is_tabled
            && let Some(stats) = histogram.stats()
        {
            let clean = clean.map(|clean| clean.stats());
            rows.push(OperationRow { clean, ..measured(name, population, stats, totals.measured().as_secs_f64()) });
        }
    }
    add_errors(&mut rows, totals);
    let life = totals.life();
    rows.sort_by(|a, b| (&a.population, order(&life, &a.name)).cmp(&(&b.population, order(&life, &b.name))));
    rows
}

fn measured(name: &str, population: &str, stats: Stats, seconds: f64) -> OperationRow {
    OperationRow {
        name: name.to_owned(),
        population: population.to_owned(),
        errors: operation_of(name).map(|_| 0),
        count: stats.count,
        rate: (seconds > 0.0).then(|| stats.count as f64 / seconds),
        stats: Some(stats),
        clean: None,
    }
}

/// Writes each operation's errors into its row, or into one of its own when it only ever failed.
fn add_errors(rows: &mut Vec<OperationRow>, totals: &Totals) {
    let mut errors = BTreeMap::<(&str, &str), u64>::new();
    for (key, error) in totals.errors() {
        *errors.entry(("", &key.operation)).or_default() += error.count;
        *errors.entry((&key.population, &key.operation)).or_default() += error.count;
    }
    let several = rows.iter().any(|row| !row.population.is_empty());
    for ((population, operation), count) in errors {
        let place =
            rows.iter().position(|row| row.population == population && operation_of(&row.name) == Some(operation));
        let row = match place {
            Some(place) => &mut rows[place],
            None if population.is_empty() || several => {
                let (name, population) = (operation.to_owned(), population.to_owned());
                rows.push(OperationRow { name, population, ..OperationRow::default() });
                rows.last_mut().expect("it was just put there")
            }
            None => continue,
        };
        row.errors = Some(count);
    }
}

/// The operation whose errors a metric's row shows; `None`: they stand in another row.
fn operation_of(metric: &str) -> Option<&str> {
    Metric::read(metric).operation()
}

/// Rows stand in the order of a user's life, an operation's parts below it. What is not of the plan comes last.
fn order<'a>(life: &[&str], name: &'a str) -> (usize, &'a str, bool, &'a str) {
    let family = family(name);
    let place = life.iter().position(|operation| *operation == family).unwrap_or(life.len());
    (place, family, operation_of(name).is_none(), name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_stands_in_its_order() {
        let life = ["rest.sessions.create", "connect", "greeting", "speak", "answer", "report"];
        let mut names = vec![
            "audio.gap",
            "answer.first_audio.turn_1",
            "answer.first_audio",
            "speak.barge_in_stop",
            "speak",
            "report",
            "greeting.audio_length",
            "greeting.first_audio",
            "rest.sessions.create",
            "connect",
        ];
        names.sort_by_key(|name| order(&life, name));
        let expected = [
            "rest.sessions.create",
            "connect",
            "greeting.first_audio",
            "greeting.audio_length",
            "speak",
            "speak.barge_in_stop",
            "answer.first_audio",
            "answer.first_audio.turn_1",
            "report",
            "audio.gap",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn rows_follow_a_users_life_with_parts_below_their_operation() {
        let life = ["rest.login", "connect", "message", "leave"];
        let mut names = vec![
            "zebra",
            "message.fanout",
            "message.ack",
            "message.round_trip",
            "leave",
            "connect.websocket",
            "connect",
            "rest.login",
            "message.completion.last",
            "rest.upload",
        ];
        names.sort_by_key(|name| order(&life, name));
        let expected = [
            "rest.login",
            "connect",
            "connect.websocket",
            "message.round_trip",
            "message.ack",
            "message.completion.last",
            "message.fanout",
            "leave",
            "rest.upload",
            "zebra",
        ];
        assert_eq!(names, expected);
    }

    #[track_caller]
    fn check_errors_of(metric: &str, operation: Option<&str>) {
        assert_eq!(operation_of(metric), operation, "{metric}");
    }

    #[test]
    fn errors_stand_in_the_operations_own_row() {
        check_errors_of("join", Some("join"));
        check_errors_of("connect", Some("connect"));
        check_errors_of("connect.slot_wait", None);
        check_errors_of("message.round_trip", Some("message"));
        check_errors_of("rest.slot_wait", None);
        check_errors_of("message.round_trip.intended", None);
        check_errors_of("message.completion.first", None);
        check_errors_of("message.ack", None);
    }
}
