//! What is waited for beyond its limit while a run goes on. It has failed already, and how long it takes is not known yet: only that it is
//! longer than its limit. Once it comes it is a sample; once it cannot any more it is one that never came.

use std::collections::BTreeMap;

use super::bins::WaitingDelta;

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Waiting {
    /// By limit, microseconds. Parts of several workers come in any order, so a sum may be below zero for a moment.
    counts: BTreeMap<u32, i64>,
}

impl Waiting {
    pub fn absorb(&mut self, deltas: &[WaitingDelta]) {
        deltas.iter().for_each(|delta| self.add(delta.limit_us, i64::from(delta.change)));
    }

    pub fn merge(&mut self, other: &Self) {
        other.counts.iter().for_each(|(limit_us, count)| self.add(*limit_us, *count));
    }

    pub fn is_empty(&self) -> bool {
        self.counts().next().is_none()
    }

    /// Limit and count, the lowest limit first.
    pub fn counts(&self) -> impl Iterator<Item = (u32, u64)> + '_ {
        let positive = |(limit_us, count): (&u32, &i64)| Some((*limit_us, u64::try_from(*count).ok()?));
        self.counts.iter().filter_map(positive).filter(|(_, count)| *count > 0)
    }

    fn add(&mut self, limit_us: u32, change: i64) {
        let count = self.counts.entry(limit_us).or_default();
        *count = count.saturating_add(change);
        if *count == 0 {
            self.counts.remove(&limit_us);
        }
    }
}
