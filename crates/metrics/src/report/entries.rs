//! What users found wrong, as lines of the report.

use crate::contract::{BreachEntry, BreachKey, BreachTotal};
use crate::finding::{FindingEntry, FindingKey, FindingTotal};
use crate::totals::Totals;
use catalogue::Counter;

/// The most frequent first. An unknown event is told apart once; how often it came is its counter's to say.
pub fn contract_entries(totals: &Totals) -> Vec<BreachEntry> {
    let entry = |(key, total): (&BreachKey, &BreachTotal)| BreachEntry {
        count: if key.is_unknown_event() { arrivals(totals, key).max(total.count) } else { total.count },
        key: key.clone(),
        first_s: total.first.as_secs_f64(),
        sample: total.sample.clone(),
    };
    let mut entries: Vec<_> = totals.breaches().iter().map(entry).collect();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.count));
    entries
}

fn arrivals(totals: &Totals, key: &BreachKey) -> u64 {
    let counter = Counter::EventsIn.of(&key.event);
    let counters = totals.counters().filter(|(name, population, _)| *name == counter && *population == key.population);
    counters.map(|(_, _, count)| count).sum()
}

pub fn finding_entries(totals: &Totals) -> Vec<FindingEntry> {
    let entry = |(key, total): (&FindingKey, &FindingTotal)| FindingEntry {
        key: key.clone(),
        count: total.count,
        about: total.about.clone(),
    };
    totals.findings().iter().map(entry).collect()
}
