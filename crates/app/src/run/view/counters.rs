//! What is only counted, over all users and, where a plan has several populations, of each.

use std::collections::BTreeMap;

use super::table::{Cell, Column, Row};
use crate::format;
use catalogue::{self, Counter, Measure};
use metrics::Totals;

pub const COLUMNS: [Column; 3] = [Column::name("Counter"), Column::number("Count"), Column::number("Per second")];

pub(super) fn rows(totals: &Totals) -> Vec<Row> {
    let mut counters = BTreeMap::<&str, Vec<(&str, u64)>>::new();
    for (name, population, count) in totals.counters() {
        counters.entry(name).or_default().push((population, count));
    }
    let seconds = totals.elapsed().as_secs_f64();
    let mut rows = Vec::new();
    for (name, parts) in counters {
        rows.push(row(name, "", parts.iter().map(|(_, count)| count).sum(), seconds));
        if parts.len() > 1 {
            rows.extend(parts.iter().map(|(population, count)| row(name, population, *count, seconds)));
        }
    }
    rows
}

/// `population`: empty for all users together.
fn row(name: &str, population: &str, count: u64, seconds: f64) -> Row {
    let definition = Counter::definition_of(name);
    let of_bytes = definition.is_some_and(|counter| counter.unit == Measure::Bytes);
    let shown = |value: f64| if of_bytes { format::bytes(value) } else { format::rate(value) };
    let count_text = if of_bytes { format::bytes(count as f64) } else { format::count(count) };
    let rate = if seconds > 0.0 { shown(count as f64 / seconds) } else { format::NOTHING.to_owned() };
    let about = definition.map_or_else(String::new, |counter| catalogue::plain(counter.help));
    let title = if population.is_empty() { name } else { population };
    Row {
        key: format!("{name} {population}"),
        is_part: !population.is_empty(),
        cells: vec![Cell::new(title).about(about), count_text.into(), rate.into()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base::time::{Span, Timestamp};
    use metrics::{Recorder, SnapshotPart, TotalsConfig};

    #[test]
    fn counters_stand_in_sums_and_in_parts() {
        let mut adding = metrics::Aggregator::new(TotalsConfig { workers: 1, ..TotalsConfig::default() });
        let mut recorder = Recorder::new(Timestamp::ZERO);
        for (counter, population, count) in [("bytes.in", "a", 3_000), ("bytes.in", "b", 1_000), ("reconnects", "a", 8)]
        {
            let counter = recorder.counter(counter, population);
            recorder.count(counter, count);
        }
        let (metrics, at) = (recorder.drain(), Timestamp::ZERO + Span::from_secs(4));
        let (ledger, health) = Default::default();
        let part =
            SnapshotPart { at, metrics: &metrics, users: &[], ledger: &ledger, completions: &[], health: &health };
        adding.absorb(0, part);
        let rows = rows(adding.totals());
        let texts = |row: &Row| row.cells.iter().map(|cell| cell.text.clone()).collect::<Vec<_>>().join(" | ");
        let shown: Vec<_> = rows.iter().map(|row| (texts(row), row.is_part)).collect();
        let expected = [
            (format!("bytes.in | {} | {}", format::bytes(4e3), format::bytes(1e3)), false),
            (format!("a | {} | {}", format::bytes(3e3), format::bytes(750.0)), true),
            (format!("b | {} | {}", format::bytes(1e3), format::bytes(250.0)), true),
            (format!("reconnects | 8 | {}", format::rate(2.0)), false),
        ];
        assert_eq!(shown, expected);
    }
}
