//! What a finding is about, for a person who wants to look it up.

use crate::format;
use metrics::{MOST_NAMED, Totals};

/// The first few by name, and how many more there are of `count`.
pub(super) fn about(totals: &Totals, finding: &str, count: u64) -> String {
    let found = totals.findings().iter().filter(|(key, _)| key.finding == finding);
    let named: Vec<&str> =
        found.flat_map(|(_, total)| &total.about).map(String::as_str).take(MOST_NAMED.min(count as usize)).collect();
    let more = count.saturating_sub(named.len() as u64);
    match (named.is_empty(), more) {
        (true, _) => String::new(),
        (false, 0) => named.join("; "),
        (false, _) => format!("{}; and {} more", named.join("; "), format::count(more)),
    }
}
