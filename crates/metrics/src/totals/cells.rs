//! What was measured in each stretch of time, so that the distribution of any window can be told later: a second by itself while it is
//! young, ten seconds together after that, and of a run that measures more than can be kept the newest part.

use std::collections::{BTreeMap, VecDeque};

use crate::bins;
use crate::delta::HistogramDelta;

#[derive(Debug, Clone, Default)]
pub struct Cells {
    metrics: BTreeMap<String, VecDeque<Cell>>,
    bytes: usize,
    /// Nothing is known of the seconds before this one.
    since: u32,
}

/// Ascending values (microseconds) with their counts, of the seconds from `from` to before `until`.
#[derive(Debug, Clone)]
struct Cell {
    from: u32,
    until: u32,
    counts: SecondCounts,
}

/// Samples of one metric in whole cells: the window that was asked for, or a little more.
#[derive(Debug, Clone)]
pub struct Window {
    pub from_s: u32,
    pub until_s: u32,
    counts: SecondCounts,
}

/// Recorded values and their counts, not yet in order.
#[derive(Debug, Clone, Default)]
pub struct SecondCounts {
    pairs: Vec<(u32, u32)>,
    max_us: u32,
}

impl Window {
    pub fn count(&self) -> u64 {
        self.counts.count()
    }

    /// Milliseconds at ascending quantiles (0 to 1), within 0.1 %.
    pub fn quantiles<const N: usize>(&mut self, quantiles: [f64; N]) -> Option<[f64; N]> {
        Some(self.counts.quantiles(quantiles)?.map(|micros| f64::from(micros) / 1e3))
    }
}

impl Cell {
    fn bytes(&self) -> usize {
        self.counts.bytes() + size_of::<Self>()
    }
}

impl Cells {
    /// All that this second will ever have of a metric.
    pub(crate) fn put(&mut self, metric: &str, second: u32, counts: SecondCounts) {
        if !self.metrics.contains_key(metric) {
            self.metrics.insert(metric.to_owned(), VecDeque::new());
        }
        let cell = Cell { from: second, until: second + 1, counts: counts.compact() };
        self.bytes += cell.bytes();
        self.metrics.get_mut(metric).expect("it was put there when it was not").push_back(cell);
    }

    /// Every second before `closed` is there.
    pub(crate) fn age(&mut self, closed: u32) {
        self.age_within(closed, MOST_BYTES);
    }

    fn age_within(&mut self, closed: u32, most_bytes: usize) {
        if closed.is_multiple_of(COARSE)
            && let Some(until) = closed.checked_sub(YOUNG)
        {
            self.join(until.saturating_sub(COARSE), until);
        }
        while self.bytes > most_bytes && self.since < closed {
            self.since = (self.since / COARSE + 1) * COARSE;
            self.forget();
        }
    }

    /// Makes one cell of those from `from` to before `until`.
    fn join(&mut self, from: u32, until: u32) {
        for cells in self.metrics.values_mut() {
            let first = cells.partition_point(|cell| cell.from < from);
            let last = cells.partition_point(|cell| cell.from < until);
            if last - first < 2 {
                continue;
            }
            let mut together = Cell { from, until, counts: SecondCounts::default() };
            for cell in cells.range(first..last) {
                self.bytes -= cell.bytes();
                together.counts.add(&cell.counts);
            }
            together.counts = together.counts.compact();
            self.bytes += together.bytes();
            cells.drain(first + 1..last);
            cells[first] = together;
        }
    }

    /// What lies before the first second that is known.
    fn forget(&mut self) {
        for cells in self.metrics.values_mut() {
            while let Some(cell) = cells.front().filter(|cell| cell.from < self.since) {
                self.bytes -= cell.bytes();
                cells.pop_front();
            }
        }
    }

    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// What a metric was from one second to before another. `None`: nothing was measured, or it is not known any more.
    pub fn window(&self, metric: &str, from_s: u32, until_s: u32) -> Option<Window> {
        let cells = self.metrics.get(metric).filter(|_| from_s >= self.since && from_s < until_s)?;
        let first = cells.partition_point(|cell| cell.until <= from_s);
        let last = cells.partition_point(|cell| cell.from < until_s);
        let mut window = Window { from_s, until_s, counts: SecondCounts::default() };
        for cell in cells.range(first..last) {
            window.from_s = window.from_s.min(cell.from);
            window.until_s = window.until_s.max(cell.until);
            window.counts.add(&cell.counts);
        }
        (window.count() > 0).then_some(window)
    }
}

impl SecondCounts {
    pub fn absorb(&mut self, delta: &HistogramDelta) {
        self.pairs.extend(bins::pairs(&delta.pairs));
        self.max_us = self.max_us.max(delta.max_us);
    }

    fn add(&mut self, other: &Self) {
        self.pairs.extend_from_slice(&other.pairs);
        self.max_us = self.max_us.max(other.max_us);
    }

    /// The same in the least room: ascending, each value once.
    fn compact(mut self) -> Self {
        self.pairs.sort_unstable();
        self.pairs.dedup_by(|next, kept| {
            let is_same = next.0 == kept.0;
            kept.1 = if is_same { kept.1.saturating_add(next.1) } else { kept.1 };
            is_same
        });
        self.pairs.shrink_to_fit();
        self
    }

    fn bytes(&self) -> usize {
        self.pairs.capacity() * size_of::<(u32, u32)>()
    }

    pub fn max_us(&self) -> u32 {
        self.max_us
    }

    pub fn count(&self) -> u64 {
        self.pairs.iter().map(|&(_, count)| u64::from(count)).sum()
    }

    /// Microseconds at ascending quantiles, within 0.1 %; `None` without samples.
    pub fn quantiles<const N: usize>(&mut self, quantiles: [f64; N]) -> Option<[f32; N]> {
        let total = self.count();
        if total == 0 {
            return None;
        }
        self.pairs.sort_unstable();
        let mut pairs = self.pairs.iter();
        let (mut seen, mut value) = (0, 0);
        Some(quantiles.map(|quantile| {
            let rank = ((quantile * total as f64).ceil() as u64).max(1);
            while seen < rank {
                let Some(&(next, count)) = pairs.next() else { break };
                (seen, value) = (seen + u64::from(count), next);
            }
            value as f32
        }))
    }
}

/// Seconds that stand by themselves, and how many are taken together after that.
const YOUNG: u32 = 600;
const COARSE: u32 = 10;
const MOST_BYTES: usize = 64 << 20;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::delta::HistogramDelta;
    use base::time::Span;

    fn counts(millis: &[u64]) -> SecondCounts {
        let samples: Vec<_> = millis.iter().map(|&millis| Span::from_millis(millis)).collect();
        let mut counts = SecondCounts::default();
        HistogramDelta::of(String::new(), String::new(), false, &samples).iter().for_each(|delta| counts.absorb(delta));
        counts
    }

    /// In second n the values n and 2 n.
    fn filled(seconds: u32, most_bytes: usize) -> Cells {
        let mut cells = Cells::default();
        for second in 0..seconds {
            cells.put("join", second, counts(&[u64::from(second), 2 * u64::from(second)]));
            cells.age_within(second + 1, most_bytes);
        }
        cells
    }

    #[track_caller]
    fn check(cells: &Cells, asked: (u32, u32), expected: Option<(u32, u32, u64)>) {
        let found = cells.window("join", asked.0, asked.1);
        assert_eq!(found.map(|window| (window.from_s, window.until_s, window.count())), expected);
    }

    #[test]
    fn young_seconds_stand_alone_and_old_ones_by_ten() {
        let cells = filled(1_000, MOST_BYTES);
        check(&cells, (990, 995), Some((990, 995, 10)));
        check(&cells, (400, 401), Some((400, 401, 2)));
        check(&cells, (123, 124), Some((120, 130, 20)));
        check(&cells, (0, 1_000), Some((0, 1_000, 2_000)));
        check(&cells, (1_000, 1_010), None);
        check(&cells, (5, 5), None);
        assert!(cells.window("leave", 0, 10).is_none());
    }

    #[test]
    fn what_is_too_much_goes_from_the_oldest_on_and_is_not_known() {
        let all = filled(1_000, MOST_BYTES).bytes;
        let cells = filled(1_000, all / 2);
        assert!(cells.bytes <= all / 2, "{} of {all}", cells.bytes);
        assert!(cells.since > 0 && cells.since < 1_000, "{}", cells.since);
        check(&cells, (cells.since - 1, 1_000), None);
        check(&cells, (990, 1_000), Some((990, 1_000, 20)));
        let held: usize = cells.metrics.values().flatten().map(Cell::bytes).sum();
        assert_eq!(held, cells.bytes);
    }

    proptest! {
        #[test]
        fn a_window_is_the_distribution_of_its_seconds(
            seconds in prop::collection::vec(prop::collection::vec(0..5_000u64, 0..6), 1..700), from in 0..700u32, length in 1..700u32
        ) {
            let mut cells = Cells::default();
            for (second, millis) in (0..).zip(&seconds) {
                if !millis.is_empty() {
                    cells.put("join", second, counts(millis));
                }
                cells.age(second + 1);
            }
            let of = |from: u32, until: u32| {
                let part = seconds.iter().take(until as usize).skip(from as usize).flatten();
                let mut part: Vec<u64> = part.copied().collect();
                part.sort_unstable();
                part
            };
            match cells.window("join", from, from + length) {
                None => prop_assert!(of(from, from + length).is_empty()),
                Some(mut window) => {
                    let exact = of(window.from_s, window.until_s);
                    prop_assert!(window.from_s <= from && window.until_s >= from + length);
                    prop_assert_eq!(window.count(), exact.len() as u64);
                    let [middle, most] = window.quantiles([0.5, 1.0]).expect("there are samples");
                    let rank = |share: f64| exact[((share * exact.len() as f64).ceil() as usize).max(1) - 1] as f64;
                    prop_assert!((middle - rank(0.5)).abs() <= rank(0.5) * 0.001 + 0.001, "{middle} for {}", rank(0.5));
                    prop_assert!((most - rank(1.0)).abs() <= rank(1.0) * 0.001 + 0.001, "{most} for {}", rank(1.0));
                }
            }
        }
    }
}
