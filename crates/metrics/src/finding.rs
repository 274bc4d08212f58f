//! What a finding is about: of what users found wrong, the first few by name, so that a person can look them up.

use serde::{Deserialize, Serialize};

/// Which finding, by the name of the number that counts it, and whose.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FindingKey {
    pub population: String,
    /// Like `consistency.missing` or `delivery.duplicated`.
    pub finding: String,
}

/// Since the last snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingDelta {
    pub key: FindingKey,
    pub count: u64,
    /// The first ones, at most [`MOST_NAMED`] (redacted, cut).
    pub about: Vec<String>,
}

/// Over the run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FindingTotal {
    pub count: u64,
    /// The first that were heard of, at most [`MOST_NAMED`].
    pub about: Vec<String>,
}

/// One line of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FindingEntry {
    #[serde(flatten)]
    pub key: FindingKey,
    pub count: u64,
    /// Redacted, cut.
    pub about: Vec<String>,
}

impl FindingTotal {
    pub(super) fn add(&mut self, count: u64, about: impl Iterator<Item = String>) {
        self.count = self.count.saturating_add(count);
        let room = MOST_NAMED.saturating_sub(self.about.len());
        self.about.extend(about.take(room));
    }
}

impl FindingEntry {
    pub(super) fn total(&self) -> (FindingKey, FindingTotal) {
        let mut total = FindingTotal::default();
        total.add(self.count, self.about.iter().cloned());
        (self.key.clone(), total)
    }
}

/// So many of each finding are named; of the others it is only known how many there are.
pub const MOST_NAMED: usize = 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_are_named_and_all_are_counted() {
        #[track_caller]
        fn check(parts: &[(u64, usize)], count: u64, named: &[&str]) {
            let mut total = FindingTotal::default();
            for (part, (count, about)) in parts.iter().enumerate() {
                total.add(*count, (0..*about).map(|place| format!("{part}.{place}")));
            }
            assert_eq!(total.count, count);
            assert_eq!(total.about, named);
        }
        check(&[(2, 2)], 2, &["0.0", "0.1"]);
        check(&[(1, 1), (1, 1)], 2, &["0.0", "1.0"]);
        let ten = ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7", "1.0", "1.1"];
        check(&[(8, 8), (30, 8), (u64::MAX, 0)], u64::MAX, &ten);
    }
}
