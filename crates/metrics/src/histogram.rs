//! A histogram with a stated error that merges exactly: HDR, three significant digits, microseconds, up to an hour.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::serialization::{Deserializer, Serializer as _, V2DeflateSerializer};
use serde::{Deserialize, Serialize};

use super::bins::Censored;
use super::bins::{self, MAX_US};
use super::delta::HistogramDelta;
use super::waiting::Waiting;
use base::time::Span;

/// Percentiles are off by less than 0.1 % of their value (a bucket's width); count, sum, minimum and maximum are exact.
/// Adding histograms up loses nothing: the sum equals the histogram of all samples.
#[derive(Debug, Clone)]
pub struct Histogram {
    hdr: hdrhistogram::Histogram<u64>,
    sum_us: f64,
    min_us: u32,
    max_us: u32,
    /// Those that never came are counted at their limits.
    censored: u64,
    /// The lowest of these limits.
    censored_from_us: u32,
    /// Those that are waited for beyond their limits: of a run that goes on.
    waiting: Waiting,
}

/// The percentiles that tables and files have: what they are called, and which share of all samples does not exceed them.
pub const PERCENTILES: [(&str, f64); 6] =
    [("p50", 0.5), ("p75", 0.75), ("p90", 0.9), ("p95", 0.95), ("p99", 0.99), ("p99.9", 0.999)];

/// What a histogram says, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stats {
    pub count: u64,
    pub min: f64,
    pub mean: f64,
    pub p50: f64,
    pub p75: f64,
    pub p90: f64,
    pub p95: f64,
    pub p99: f64,
    pub p999: f64,
    pub max: f64,
    /// Absent: all samples have come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub censored: Option<CensoredStats>,
}

/// Samples that never came. They stand in a histogram at their limits, so what is at or above the lowest of these is at least so much.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CensoredStats {
    pub count: u64,
    /// Milliseconds.
    pub from: f64,
}

impl CensoredStats {
    /// This percentile (or extreme) is a lower bound.
    pub fn bounds(&self, millis: f64) -> bool {
        millis >= self.from
    }
}

impl Stats {
    /// How many have come.
    pub fn came(&self) -> u64 {
        self.count.saturating_sub(self.censored.map_or(0, |censored| censored.count))
    }

    /// A percentile or an extreme of these (milliseconds) is only known to be more than that.
    pub fn is_at_least(&self, millis: f64) -> bool {
        self.censored.is_some_and(|censored| censored.bounds(millis))
    }

    /// In the order of [`PERCENTILES`].
    pub const fn percentiles(&self) -> [f64; PERCENTILES.len()] {
        let Self { p50, p75, p90, p95, p99, p999, .. } = *self;
        [p50, p75, p90, p95, p99, p999]
    }
}

impl Histogram {
    pub fn new() -> Self {
        let hdr = hdrhistogram::Histogram::new(SIGNIFICANT_DIGITS).expect("3 digits are within 0 to 5");
        Self {
            hdr,
            sum_us: 0.0,
            min_us: u32::MAX,
            max_us: 0,
            censored: 0,
            censored_from_us: u32::MAX,
            waiting: Waiting::default(),
        }
    }

    /// Records one value; what is longer than an hour counts as an hour.
    pub fn record(&mut self, value: Span) {
        let value = value.as_micros().min(u64::from(MAX_US)) as u32;
        self.count_up(value, 1);
        self.note(value, value, f64::from(value));
    }

    /// Adds what a worker counted.
    pub fn absorb(&mut self, delta: &HistogramDelta) {
        for (value, count) in bins::pairs(&delta.pairs) {
            self.count_up(value, u64::from(count));
        }
        if !delta.pairs.is_empty() {
            self.note(delta.min_us, delta.max_us, delta.sum_us);
        }
        for &Censored { limit_us, count, .. } in delta.censored.iter().filter(|censored| censored.count > 0) {
            self.never_came(limit_us, u64::from(count));
        }
        self.waiting.absorb(&delta.waiting);
    }

    fn never_came(&mut self, limit_us: u32, count: u64) {
        self.count_up(limit_us, count);
        self.note(limit_us, limit_us, f64::from(limit_us) * count as f64);
        self.censored += count;
        self.censored_from_us = self.censored_from_us.min(limit_us);
    }

    /// With those that are waited for as if they never came: what is known of them now.
    pub fn as_of_now(&self) -> Cow<'_, Self> {
        if self.waiting.is_empty() {
            return Cow::Borrowed(self);
        }
        let mut now = Self { waiting: Waiting::default(), ..self.clone() };
        self.waiting.counts().for_each(|(limit_us, count)| now.never_came(limit_us, count));
        Cow::Owned(now)
    }

    /// Nobody has come, and nobody is waited for beyond a limit.
    pub fn is_empty(&self) -> bool {
        self.hdr.is_empty() && self.waiting.is_empty()
    }

    pub fn merge(&mut self, other: &Self) {
        self.hdr.add(&other.hdr).expect("a histogram that resizes itself takes every value");
        self.note(other.min_us, other.max_us, other.sum_us);
        self.censored += other.censored;
        self.censored_from_us = self.censored_from_us.min(other.censored_from_us);
        self.waiting.merge(&other.waiting);
    }

    pub fn count(&self) -> u64 {
        self.hdr.len()
    }

    /// The smallest recorded value that `quantile` (0 to 1) of all samples do not exceed; `None` without samples.
    /// It is the upper end of its bucket, bounded by the exact extremes.
    pub fn quantile(&self, quantile: f64) -> Option<Span> {
        if self.hdr.is_empty() {
            return None;
        }
        let value = self.hdr.value_at_quantile(quantile);
        Some(Span::from_micros(value.clamp(u64::from(self.min_us), u64::from(self.max_us))))
    }

    /// `None` without samples: an unmeasured thing has no zero milliseconds.
    pub fn stats(&self) -> Option<Stats> {
        if self.hdr.is_empty() {
            return None;
        }
        let at = |(_, share)| self.quantile(share).map_or(0.0, Span::as_millis_f64);
        let [p50, p75, p90, p95, p99, p999] = PERCENTILES.map(at);
        Some(Stats {
            count: self.count(),
            min: f64::from(self.min_us) / 1e3,
            mean: self.sum_us / self.count() as f64 / 1e3,
            p50,
            p75,
            p90,
            p95,
            p99,
            p999,
            max: f64::from(self.max_us) / 1e3,
            censored: self.censored(),
        })
    }

    /// Those that never came; `None`: all have.
    pub fn censored(&self) -> Option<CensoredStats> {
        let from = f64::from(self.censored_from_us) / 1e3;
        (self.censored > 0).then_some(CensoredStats { count: self.censored, from })
    }

    /// Base64 of the compressed V2 encoding in microseconds, as HdrHistogram in other languages reads it.
    pub fn encode(&self) -> String {
        let mut bytes = Vec::new();
        V2DeflateSerializer::new().serialize(&self.hdr, &mut bytes).expect("a vector takes every byte");
        STANDARD.encode(bytes)
    }

    /// What [`Self::encode`] and [`Self::stats`] have written; an error says what is wrong with it.
    pub fn decode(text: &str, stats: &Stats) -> Result<Self, HistogramError> {
        let bytes = STANDARD.decode(text)?;
        let hdr = decode_v2(&bytes)?;
        if hdr.len() != stats.count {
            return Err(HistogramError::Count { held: hdr.len(), said: stats.count });
        }
        let micros = |millis: f64| (millis * 1e3).round().clamp(0.0, f64::from(MAX_US)) as u32;
        // The exact values were whole microseconds, and so was their sum.
        let sum_us = (stats.mean * 1e3 * stats.count as f64).round();
        let (censored, from) = stats.censored.map_or((0, f64::MAX), |censored| (censored.count, censored.from));
        if censored > stats.count {
            return Err(HistogramError::Censored { said: censored, of: stats.count });
        }
        let (min_us, max_us, censored_from_us) = (micros(stats.min), micros(stats.max), micros(from));
        Ok(Self { hdr, sum_us, min_us, max_us, censored, censored_from_us, waiting: Waiting::default() })
    }

    /// Every recorded value (the upper end of its bucket, microseconds) in ascending order, with its count.
    pub fn recorded(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.hdr.iter_recorded().map(|at| (at.value_iterated_to(), at.count_at_value()))
    }

    /// The exact sum and extremes, microseconds.
    pub(super) fn sum_and_extremes(&self) -> (f64, u32, u32) {
        (self.sum_us, self.min_us, self.max_us)
    }

    fn count_up(&mut self, value: u32, count: u64) {
        self.hdr.record_n(u64::from(value), count).expect("a histogram that resizes itself takes every value");
    }

    fn note(&mut self, min_us: u32, max_us: u32, sum_us: f64) {
        self.min_us = self.min_us.min(min_us);
        self.max_us = self.max_us.max(max_us);
        self.sum_us += sum_us;
    }
}

/// Why a text is no histogram.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HistogramError {
    #[error("a histogram is not base64: {0}")]
    Base64(#[from] base64::DecodeError),
    #[error("a histogram is not in HdrHistogram's compressed V2 encoding")]
    Encoding,
    #[error("a histogram cannot be inflated: {0}")]
    Inflate(String),
    #[error("a histogram has no header")]
    NoHeader,
    #[error("a histogram's header is not one that tabswarm writes")]
    Header,
    #[error("a histogram: {0}")]
    Content(String),
    #[error("a histogram holds {held} samples, and its entry says {said}")]
    Count { held: u64, said: u64 },
    #[error("a histogram's entry says that {said} of {of} samples never came")]
    Censored { said: u64, of: u64 },
}

impl Default for Histogram {
    fn default() -> Self {
        Self::new()
    }
}

/// The library believes lengths in the text, so they are looked at before: a file may come from anybody.
fn decode_v2(bytes: &[u8]) -> Result<hdrhistogram::Histogram<u64>, HistogramError> {
    let number = |bytes: &[u8], at: usize| Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    if number(bytes, 0) != Some(COMPRESSED_COOKIE) {
        return Err(HistogramError::Encoding);
    }
    let plain = miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(&bytes[8.min(bytes.len())..], LONGEST_PLAIN)
        .map_err(|error| HistogramError::Inflate(error.to_string()))?;
    let length = plain.len().checked_sub(HEADER).ok_or(HistogramError::NoHeader)?;
    let (claimed, digits) = (number(&plain, 4), number(&plain, 12));
    if claimed != Some(length as u32) || digits != Some(u32::from(SIGNIFICANT_DIGITS)) {
        return Err(HistogramError::Header);
    }
    let read = Deserializer::new().deserialize(&mut &plain[..]);
    let mut hdr = read.map_err(|error| HistogramError::Content(error.to_string()))?;
    hdr.auto(true);
    Ok(hdr)
}

const COMPRESSED_COOKIE: u32 = 0x1c84_9314;
/// Cookie, payload's length, offset, digits, lowest, highest, ratio.
const HEADER: usize = 40;
/// Every bucket up to an hour with a count as long as counts get.
const LONGEST_PLAIN: usize = 1 << 19;
const SIGNIFICANT_DIGITS: u8 = 3;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Recorder;
    use base::time::Timestamp;

    fn of(values: &[u32]) -> Histogram {
        let mut histogram = Histogram::new();
        values.iter().for_each(|&value| histogram.record(Span::from_micros(u64::from(value))));
        histogram
    }

    #[test]
    fn nothing_recorded_says_nothing() {
        assert_eq!(Histogram::new().stats(), None);
        assert_eq!(Histogram::new().quantile(0.5), None);
    }

    #[test]
    fn what_never_came_is_longer_than_its_limit() {
        let mut recorder = Recorder::new(Timestamp::ZERO);
        let series = recorder.series("m", "p");
        let at = Timestamp::ZERO;
        (0..50).for_each(|_| recorder.sample(at, series, Span::from_millis(20)));
        (0..10).for_each(|_| recorder.late(at, series, Span::from_millis(12_000), at));
        (0..40).for_each(|_| recorder.censored(at, series, Span::from_secs(10), Span::from_secs(60)));
        let delta = recorder.drain().histograms.remove(0);
        assert_eq!((delta.count(), delta.came(), delta.succeeded()), (100, 60, 50));
        let mut histogram = Histogram::new();
        histogram.absorb(&delta);
        let stats = histogram.stats().unwrap();
        let shown = stats.percentiles().map(|value| (value.round(), stats.is_at_least(value)));
        let (known, more, late) = ((20.0, false), (10_002.0, true), (12_000.0, true));
        assert_eq!(shown, [known, more, more, late, late, late]);
        let mut back = Histogram::decode(&histogram.encode(), &stats).unwrap();
        assert_eq!(back.stats(), Some(stats));
        back.merge(&histogram);
        assert_eq!(back.censored(), Some(CensoredStats { count: 80, from: 10_000.0 }));
    }

    #[test]
    fn beyond_an_hour_is_an_hour() {
        let mut histogram = Histogram::new();
        histogram.record(Span::from_secs(7_200));
        assert_eq!(histogram.stats().unwrap().max, 3_600_000.0);
        assert_eq!(histogram.stats().unwrap().p50, 3_600_000.0);
    }

    proptest! {
        #[test]
        fn percentiles_are_within_a_thousandth(mut values in prop::collection::vec(0..=MAX_US, 1..400)) {
            let histogram = of(&values);
            values.sort_unstable();
            for quantile in [0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1.0] {
                let rank = ((quantile * values.len() as f64).ceil() as usize).max(1);
                let exact = f64::from(values[rank - 1]);
                let said = histogram.quantile(quantile).unwrap().as_micros() as f64;
                prop_assert!((said - exact).abs() <= exact * 0.001, "p{quantile}: {said} for {exact}");
            }
            let stats = histogram.stats().unwrap();
            let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64 / 1e3;
            prop_assert!((stats.mean - mean).abs() < 1e-6 * mean.max(1.0));
        }

        #[test]
        fn merging_parts_equals_the_whole(values in prop::collection::vec(0..=MAX_US, 2..300), cut in 0..300usize) {
            let (left, right) = values.split_at(cut.min(values.len()));
            let mut merged = of(left);
            merged.merge(&of(right));
            prop_assert_eq!(merged.stats(), of(&values).stats());
            prop_assert_eq!(merged.hdr, of(&values).hdr);
        }

        #[test]
        fn a_delta_carries_every_sample(values in prop::collection::vec(0..=MAX_US, 1..300)) {
            let mut recorder = Recorder::new(Timestamp::ZERO);
            let series = recorder.series("m", "p");
            let mut absorbed = Histogram::new();
            for chunk in values.chunks(100) {
                for &value in chunk {
                    recorder.sample(Timestamp::ZERO, series, Span::from_micros(u64::from(value)));
                }
                recorder.drain().histograms.iter().for_each(|delta| absorbed.absorb(delta));
            }
            prop_assert_eq!(absorbed.stats(), of(&values).stats());
        }

        #[test]
        fn the_encoding_reads_back(values in prop::collection::vec(0..=MAX_US, 0..100)) {
            let bytes = STANDARD.decode(of(&values).encode()).unwrap();
            let back: hdrhistogram::Histogram<u64> = Deserializer::new().deserialize(&mut &bytes[..]).unwrap();
            prop_assert_eq!(back, of(&values).hdr);
        }

        #[test]
        fn a_decoded_histogram_is_the_one_that_was_encoded(values in prop::collection::vec(0..=MAX_US, 1..300), more in 0..=MAX_US) {
            let mut histogram = of(&values);
            let mut back = Histogram::decode(&histogram.encode(), &histogram.stats().unwrap()).unwrap();
            prop_assert_eq!(back.stats(), histogram.stats());
            prop_assert_eq!(back.encode(), histogram.encode());
            for one in [&mut back, &mut histogram] {
                one.record(Span::from_micros(u64::from(more)));
            }
            prop_assert_eq!(back.stats(), histogram.stats());
        }

        #[test]
        fn what_is_no_histogram_is_refused(mut bytes in prop::collection::vec(any::<u8>(), 0..200), place in 0..100usize, byte: u8) {
            let stats = of(&[1, 2, 3]).stats().unwrap();
            prop_assert!(Histogram::decode(&STANDARD.encode(&bytes), &stats).is_err());
            // A real one with a wrong byte, and a wrong one that is well packed.
            let mut real = STANDARD.decode(of(&[1, 2, 3]).encode()).unwrap();
            let place = place % real.len();
            real[place] = byte;
            let _ = Histogram::decode(&STANDARD.encode(&real), &stats);
            let mut plain = vec![0x1c, 0x84, 0x93, 0x13];
            plain.append(&mut bytes);
            let mut packed = vec![0x1c, 0x84, 0x93, 0x14, 0, 0, 1, 0];
            packed.extend(miniz_oxide::deflate::compress_to_vec_zlib(&plain, 1));
            prop_assert!(Histogram::decode(&STANDARD.encode(&packed), &stats).is_err());
        }
    }
}
