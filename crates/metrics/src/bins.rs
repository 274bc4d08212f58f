//! Counting by HDR bucket between two snapshots: nothing is scanned that was not touched.
//!
//! The buckets are those of `hdrhistogram` with three significant digits and a unit of one microsecond, so a count
//! recorded here and replayed there falls into the same bucket.

use serde::{Deserialize, Serialize};

/// Longest value that is told apart: an hour, in microseconds. Longer ones are recorded as this and counted.
pub const MAX_US: u32 = 3_600_000_000;

/// Buckets per power of two are half of this: the smallest power of two that keeps three digits apart.
const SUB_BUCKETS: u32 = 2048;
const SUB_BUCKET_BITS: u32 = SUB_BUCKETS.ilog2();

/// Different limits of one metric that are told apart.
pub const MOST_LIMITS: usize = 16;

/// Counts of one series since the last drain.
#[derive(Debug, Clone, Default)]
pub struct Bins {
    /// By bucket, grown to the largest one seen.
    counts: Vec<u32>,
    /// Buckets whose count is not zero.
    touched: Vec<u16>,
    sum_us: u64,
    min_us: u32,
    max_us: u32,
    /// Of the counted, those of attempts that had been given up.
    late: u32,
    /// By limit.
    censored: Vec<Censored>,
    /// By limit; limits stay when they are drained.
    waiting: Vec<WaitingDelta>,
}

/// What a drained [`Bins`] held.
#[derive(Debug, Clone, PartialEq)]
pub struct Drained {
    pub sum_us: u64,
    pub min_us: u32,
    pub max_us: u32,
    /// Little-endian pairs of bucket value and count, by ascending value.
    pub pairs: Vec<u8>,
    pub late: u32,
    pub censored: Vec<Censored>,
    pub waiting: Vec<WaitingDelta>,
}

/// So many more samples are longer than this limit and not known yet, or so many fewer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingDelta {
    pub limit_us: u32,
    pub change: i32,
}

/// Samples of which no more is known than that they are longer than a limit: what was waited for never came. (Statistics calls these
/// right-censored.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Censored {
    pub limit_us: u32,
    pub count: u32,
}

impl Bins {
    /// Counts one value of at most [`MAX_US`].
    #[inline]
    pub fn record(&mut self, value: u32) {
        let bucket = bucket_of(value);
        if bucket >= self.counts.len() {
            self.grow(bucket);
        }
        let count = &mut self.counts[bucket];
        if *count == 0 {
            if self.touched.is_empty() {
                (self.min_us, self.max_us) = (value, value);
            }
            self.touched.push(bucket as u16);
        }
        *count = count.saturating_add(1);
        self.sum_us = self.sum_us.saturating_add(u64::from(value));
        self.min_us = self.min_us.min(value);
        self.max_us = self.max_us.max(value);
    }

    /// Counts one that came after all, when its attempt had been counted as failed.
    pub fn record_late(&mut self, value: u32) {
        self.record(value);
        self.late = self.late.saturating_add(1);
    }

    /// Counts one that never came: it is longer than this limit.
    pub fn record_censored(&mut self, limit_us: u32) {
        let censored = &mut self.censored;
        let place = censored.iter().position(|known| known.limit_us == limit_us);
        if place.is_none() && censored.len() < MOST_LIMITS {
            return censored.push(Censored { limit_us, count: 1 });
        }
        // Of more limits than anybody has, the next lower one is as true.
        let nearest = || {
            let below = censored.iter().enumerate().filter(|(_, known)| known.limit_us < limit_us);
            below.max_by_key(|(_, known)| known.limit_us).map_or(0, |(place, _)| place)
        };
        let place = place.unwrap_or_else(nearest);
        let known = &mut censored[place];
        known.limit_us = known.limit_us.min(limit_us);
        known.count = known.count.saturating_add(1);
    }

    /// So many more are waited for beyond this limit.
    pub fn wait(&mut self, limit_us: u32, change: i32) {
        if let Some(known) = self.waiting.iter_mut().find(|known| known.limit_us == limit_us) {
            known.change = known.change.saturating_add(change);
        } else if self.waiting.len() < MOST_LIMITS {
            // The first limits stay, so that whoever is counted is also taken off.
            self.waiting.push(WaitingDelta { limit_us, change });
        }
    }

    pub fn is_empty(&self) -> bool {
        self.touched.is_empty() && self.censored.is_empty() && self.waiting.iter().all(|waiting| waiting.change == 0)
    }

    /// Hands the counts over and starts from zero, keeping the memory.
    pub fn drain(&mut self) -> Drained {
        self.touched.sort_unstable();
        let mut pairs = Vec::with_capacity(self.touched.len() * 8);
        for bucket in self.touched.drain(..) {
            let count = std::mem::take(&mut self.counts[usize::from(bucket)]);
            pairs.extend_from_slice(&value_of(u32::from(bucket)).to_le_bytes());
            pairs.extend_from_slice(&count.to_le_bytes());
        }
        let (min_us, max_us) = if pairs.is_empty() { (0, 0) } else { (self.min_us, self.max_us) };
        let (late, censored) = (std::mem::take(&mut self.late), std::mem::take(&mut self.censored));
        let waiting = self.waiting.iter().filter(|waiting| waiting.change != 0).copied().collect();
        self.waiting.iter_mut().for_each(|waiting| waiting.change = 0);
        Drained { sum_us: std::mem::take(&mut self.sum_us), min_us, max_us, pairs, late, censored, waiting }
    }

    /// Grows by whole powers of two of the value, so that a rising latency does not reallocate at every step.
    #[cold]
    fn grow(&mut self, bucket: usize) {
        let half = SUB_BUCKETS as usize / 2;
        self.counts.resize((bucket / half + 1) * half, 0);
    }
}

/// The pairs of a delta as (value, count).
pub fn pairs(bytes: &[u8]) -> impl Iterator<Item = (u32, u32)> + '_ {
    let (pairs, _) = bytes.as_chunks::<8>();
    pairs.iter().map(|&[a, b, c, d, e, f, g, h]| (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h])))
}

/// Values below 2048 have a bucket of their own; above, every power of two has 1024 of equal width.
#[inline]
fn bucket_of(value: u32) -> usize {
    let shift = u32::BITS - (value | (SUB_BUCKETS - 1)).leading_zeros() - SUB_BUCKET_BITS;
    ((shift << (SUB_BUCKET_BITS - 1)) + (value >> shift)) as usize
}

/// The smallest value of a bucket.
fn value_of(bucket: u32) -> u32 {
    let shift = (bucket >> (SUB_BUCKET_BITS - 1)).saturating_sub(1);
    (bucket - (shift << (SUB_BUCKET_BITS - 1))) << shift
}

/// The smallest and the greatest value that share this value's bucket.
pub fn bucket_around(value: u32) -> (u32, u32) {
    let bucket = bucket_of(value.min(MAX_US)) as u32;
    (value_of(bucket), value_of(bucket + 1) - 1)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn buckets_are_those_of_hdrhistogram(value in 0..=MAX_US) {
            let hdr = hdrhistogram::Histogram::<u64>::new_with_bounds(1, u64::from(MAX_US), 3).unwrap();
            let lowest = value_of(bucket_of(value) as u32);
            prop_assert_eq!(u64::from(lowest), hdr.lowest_equivalent(u64::from(value)));
            let highest = hdr.highest_equivalent(u64::from(value));
            prop_assert_eq!(bucket_around(value), (lowest, highest as u32));
        }

        #[test]
        fn a_drain_holds_everything_and_leaves_nothing(values in prop::collection::vec(0..=MAX_US, 1..300)) {
            let mut bins = Bins::default();
            for round in 0..2 {
                for &value in &values {
                    bins.record(value);
                }
                let drained = bins.drain();
                prop_assert_eq!(drained.sum_us, values.iter().map(|&v| u64::from(v)).sum::<u64>(), "round {}", round);
                prop_assert_eq!(Some(drained.min_us), values.iter().copied().min());
                prop_assert_eq!(Some(drained.max_us), values.iter().copied().max());
                let mut expected = std::collections::BTreeMap::new();
                for &value in &values {
                    *expected.entry(value_of(bucket_of(value) as u32)).or_insert(0u32) += 1;
                }
                prop_assert_eq!(pairs(&drained.pairs).collect::<Vec<_>>(), expected.into_iter().collect::<Vec<_>>());
                prop_assert!(bins.is_empty());
            }
        }
    }
}
