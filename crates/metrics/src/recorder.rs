//! Where a worker's samples, counts, errors and disconnects go.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use super::bins::{Bins, MAX_US};
use super::close::{DisconnectDelta, DisconnectKey};
use super::contract::{BreachDelta, BreachKey};
use super::delta::{CounterDelta, ErrorDelta, ErrorKey, HistogramDelta, MetricsDelta};
use super::finding::{FindingDelta, FindingKey, FindingTotal};
use super::listeners::{HeardSums, ListenerDelta};
use super::playback::Listened;
use super::stalls::Stalls;
use super::user::UserId;
use base::time::{Span, Timestamp};
use catalogue::Counter;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SeriesId(u16);

impl SeriesId {
    pub(super) fn place(self) -> usize {
        usize::from(self.0)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CounterId(u16);

#[derive(Debug)]
pub struct Recorder {
    warmup_end: Timestamp,
    /// Metric and population by [`SeriesId`].
    series: Vec<(String, String)>,
    /// By [`SeriesId`]: samples before the end of the warm-up, those after it, and of these the ones that the worker stood still in.
    warmup: Vec<Bins>,
    measured: Vec<Bins>,
    stalled: Vec<Bins>,
    /// Those without the time that it stood still.
    floors: Vec<Bins>,
    stalls: Stalls,
    /// Counter and population by [`CounterId`].
    counters: Vec<(String, String)>,
    counts: Vec<u64>,
    /// Counters handed over at least once. A new one is announced even at zero, so that a threshold can tell a count
    /// of nothing from a name that nobody counts.
    announced: usize,
    /// Samples beyond the range of a histogram since the last drain.
    clamped: u64,
    errors: HashMap<ErrorKey, ErrorDelta>,
    disconnects: HashMap<DisconnectKey, DisconnectDelta>,
    /// Users that heard an answer end since the last drain.
    listeners: HashMap<UserId, HeardSums>,
    breaches: HashMap<BreachKey, BreachDelta>,
    findings: HashMap<FindingKey, FindingTotal>,
}

impl Recorder {
    /// Samples before `warmup_end` are marked as warm-up.
    pub fn new(warmup_end: Timestamp) -> Self {
        Self {
            warmup_end,
            series: Vec::new(),
            warmup: Vec::new(),
            measured: Vec::new(),
            stalled: Vec::new(),
            floors: Vec::new(),
            stalls: Stalls::default(),
            counters: Vec::new(),
            counts: Vec::new(),
            announced: 0,
            clamped: 0,
            errors: HashMap::new(),
            disconnects: HashMap::new(),
            listeners: HashMap::new(),
            breaches: HashMap::new(),
            findings: HashMap::new(),
        }
    }

    /// Registers a histogram (the same id for the same names). Looks the name up: register once, keep the id.
    pub fn series(&mut self, metric: &str, population: &str) -> SeriesId {
        let (index, new) = register(&mut self.series, metric, population);
        if new {
            self.warmup.push(Bins::default());
            self.measured.push(Bins::default());
            self.stalled.push(Bins::default());
            self.floors.push(Bins::default());
        }
        SeriesId(index)
    }

    /// Registers a counter (the same id for the same names). Looks the name up: register once, keep the id.
    pub fn counter(&mut self, counter: &str, population: &str) -> CounterId {
        let (index, new) = register(&mut self.counters, counter, population);
        if new {
            self.counts.push(0);
        }
        CounterId(index)
    }

    /// Every metric and every counter that is registered.
    pub fn metric_names(&self) -> impl Iterator<Item = &str> {
        self.series.iter().map(|(metric, _)| metric.as_str())
    }

    pub fn counter_names(&self) -> impl Iterator<Item = &str> {
        self.counters.iter().map(|(counter, _)| counter.as_str())
    }

    #[inline]
    pub fn sample(&mut self, now: Timestamp, series: SeriesId, value: Span) {
        self.sample_since(now, series, value, now.before(value));
    }

    /// One of something that was to begin then: earlier than it was measured from, if the worker came to it late.
    #[inline]
    pub fn sample_since(&mut self, now: Timestamp, series: SeriesId, value: Span, wanted: Timestamp) {
        let micros = self.within(value);
        self.enter(now, series, wanted, micros, |bins| bins.record(micros));
    }

    /// The worker stood still from then until now.
    pub fn stood_still(&mut self, since: Timestamp, now: Timestamp) {
        self.stalls.add(since, now);
    }

    /// One that came after its attempt had been counted as failed.
    pub fn late(&mut self, now: Timestamp, series: SeriesId, value: Span, wanted: Timestamp) {
        let micros = self.within(value);
        self.enter(now, series, wanted, micros, |bins| bins.record_late(micros));
    }

    /// One that never came: its limit, and for how long it was waited for.
    pub fn censored(&mut self, now: Timestamp, series: SeriesId, limit: Span, waited: Span) {
        let micros = self.within(limit);
        self.enter(now, series, now.before(waited), micros, |bins| bins.record_censored(micros));
    }

    /// So many more of these are waited for beyond their limit. They are in no result until they come, or never do.
    pub fn wait(&mut self, series: SeriesId, limit: Span, change: i32) {
        let micros = self.within(limit);
        self.measured[usize::from(series.0)].wait(micros, change);
    }

    /// Puts a sample of so many microseconds where it belongs.
    #[inline]
    fn enter(
        &mut self,
        now: Timestamp,
        series: SeriesId,
        began: Timestamp,
        micros: u32,
        record: impl FnOnce(&mut Bins),
    ) {
        let place = usize::from(series.0);
        if now < self.warmup_end {
            return record(&mut self.warmup[place]);
        }
        let Some(stood) = self.stalls.within(began, now) else { return record(&mut self.measured[place]) };
        record(&mut self.stalled[place]);
        let stood = u32::try_from(stood.as_micros()).unwrap_or(u32::MAX);
        self.floors[place].record(micros.saturating_sub(stood));
    }

    /// Microseconds that a histogram takes.
    #[inline]
    fn within(&mut self, value: Span) -> u32 {
        let micros = value.as_micros();
        self.clamped += u64::from(micros > u64::from(MAX_US));
        micros.min(u64::from(MAX_US)) as u32
    }

    /// The metric and population of a series.
    pub fn names(&self, series: SeriesId) -> (&str, &str) {
        let (metric, population) = &self.series[usize::from(series.0)];
        (metric, population)
    }

    #[inline]
    pub fn count(&mut self, counter: CounterId, n: u64) {
        let count = &mut self.counts[usize::from(counter.0)];
        *count = count.saturating_add(n);
    }

    /// `sample` is only built for the first error of its key since the last drain.
    pub fn error(&mut self, now: Timestamp, mut key: ErrorKey, sample: impl FnOnce() -> String) {
        if is_full(&self.errors, &key) {
            key.code = OTHER.to_owned();
        }
        match self.errors.entry(key) {
            Entry::Occupied(mut known) => known.get_mut().count += 1,
            Entry::Vacant(free) => {
                let mut sample = sample();
                cut(&mut sample, SAMPLE_CHARS);
                let key = free.key().clone();
                free.insert(ErrorDelta { key, count: 1, first: now, sample });
            }
        }
    }

    pub fn disconnect(&mut self, now: Timestamp, mut key: DisconnectKey) {
        if is_full(&self.disconnects, &key) {
            key.reason = OTHER.to_owned();
        }
        self.disconnects.entry(key).and_modify(|known| known.count += 1).or_insert_with_key(|key| DisconnectDelta {
            key: key.clone(),
            count: 1,
            first: now,
        });
    }

    /// An event broke its contract, or nobody knows it. `sample` is only built for the first of its kind.
    pub fn breach(&mut self, now: Timestamp, mut key: BreachKey, sample: impl FnOnce() -> String) {
        if is_full(&self.breaches, &key) {
            key.event = OTHER.to_owned();
        }
        match self.breaches.entry(key) {
            Entry::Occupied(mut known) => known.get_mut().count += 1,
            Entry::Vacant(free) => {
                let mut sample = sample();
                cut(&mut sample, SAMPLE_CHARS);
                let key = free.key().clone();
                free.insert(BreachDelta { key, count: 1, first: now, sample });
            }
        }
    }

    /// So many were found that a number counts. `about` is only asked for the first of them since the last drain.
    pub fn findings(&mut self, key: FindingKey, count: u64, about: impl Iterator<Item = String>) {
        if count > 0 && !is_full(&self.findings, &key) {
            self.findings.entry(key).or_default().add(count, about);
        }
    }

    /// A user has heard an answer.
    pub fn heard(&mut self, user: UserId, listened: &Listened) {
        *self.listeners.entry(user).or_default() += listened.into();
    }

    /// Everything since the last call. Costs what was touched: a series without samples is one comparison.
    pub fn drain(&mut self) -> MetricsDelta {
        let clamped = std::mem::take(&mut self.clamped);
        if clamped > 0 {
            let counter = self.counter(Counter::Clamped.name(), "");
            self.count(counter, clamped);
        }
        let mut histograms = Vec::new();
        drain_bins(&self.series, &mut self.warmup, true, &mut histograms);
        drain_bins(&self.series, &mut self.measured, false, &mut histograms);
        let clean = histograms.len();
        drain_bins(&self.series, &mut self.stalled, false, &mut histograms);
        // Whatever is in the one is in the other.
        let mut floors = self.floors.iter_mut().filter(|bins| !bins.is_empty());
        for delta in &mut histograms[clean..] {
            delta.is_stalled = true;
            delta.floors = floors.next().map(|bins| bins.drain().pairs).unwrap_or_default();
        }
        let announced = std::mem::replace(&mut self.announced, self.counters.len());
        let counted = self.counters.iter().zip(&mut self.counts).enumerate();
        let counters = counted
            .filter(|(index, (_, count))| **count > 0 || *index >= announced)
            .map(|(_, ((counter, population), count))| CounterDelta {
                counter: counter.clone(),
                population: population.clone(),
                count: std::mem::take(count),
            })
            .collect();
        let mut errors: Vec<_> = self.errors.drain().map(|(_, delta)| delta).collect();
        errors.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        let mut disconnects: Vec<_> = self.disconnects.drain().map(|(_, delta)| delta).collect();
        disconnects.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        let mut listeners: Vec<_> = self.listeners.drain().map(|(user, heard)| ListenerDelta { user, heard }).collect();
        listeners.sort_unstable_by_key(|delta| delta.user);
        let mut breaches: Vec<_> = self.breaches.drain().map(|(_, delta)| delta).collect();
        breaches.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        let found = |(key, FindingTotal { count, about })| FindingDelta { key, count, about };
        let mut findings: Vec<_> = self.findings.drain().map(found).collect();
        findings.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        MetricsDelta { histograms, counters, errors, disconnects, listeners, breaches, findings }
    }
}

fn register(names: &mut Vec<(String, String)>, name: &str, population: &str) -> (u16, bool) {
    let known = names.iter().position(|(n, p)| n == name && p == population);
    let index = known.unwrap_or(names.len());
    if known.is_none() {
        names.push((name.to_owned(), population.to_owned()));
    }
    (u16::try_from(index).expect("scenarios name fewer than 65,536 metrics"), known.is_none())
}

fn drain_bins(names: &[(String, String)], bins: &mut [Bins], warmup: bool, out: &mut Vec<HistogramDelta>) {
    for ((metric, population), bins) in names.iter().zip(bins).filter(|(_, bins)| !bins.is_empty()) {
        out.push(HistogramDelta::new(metric.clone(), population.clone(), warmup, bins.drain()));
    }
}

/// A server that invents a new code or reason for every answer must not fill the memory.
fn is_full<K: Eq + Hash, V>(map: &HashMap<K, V>, key: &K) -> bool {
    map.len() >= MAX_KEYS && !map.contains_key(key)
}

fn cut(text: &mut String, chars: usize) {
    if let Some((end, _)) = text.char_indices().nth(chars) {
        text.truncate(end);
    }
}

/// Different errors (and disconnects) told apart between two snapshots; further ones share the code `(other)`.
const MAX_KEYS: usize = 200;
const OTHER: &str = "(other)";
/// Enough to recognise an error by, short enough for a table's cell.
const SAMPLE_CHARS: usize = 300;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ClosedBy, Phase};

    fn error_key(code: &str) -> ErrorKey {
        ErrorKey { population: "p".into(), operation: "join".into(), code: code.into(), phase: Phase::Flow }
    }

    #[test]
    fn samples_of_the_warm_up_are_kept_apart() {
        let mut recorder = Recorder::new(Timestamp::from_micros(10));
        let series = recorder.series("join", "p");
        assert_eq!(recorder.series("join", "p"), series);
        assert_ne!(recorder.series("join", "q"), series);
        recorder.sample(Timestamp::from_micros(9), series, Span::from_micros(5));
        recorder.sample(Timestamp::from_micros(10), series, Span::from_micros(7));
        let deltas = recorder.drain().histograms;
        let found: Vec<_> = deltas.iter().map(|d| (d.warmup, d.min_us, d.max_us, d.sum_us)).collect();
        assert_eq!(found, [(true, 5, 5, 5.0), (false, 7, 7, 7.0)]);
        assert_eq!(recorder.drain(), MetricsDelta::default());
    }

    #[test]
    fn counters_are_differences() {
        let mut recorder = Recorder::new(Timestamp::ZERO);
        let (a, b) = (recorder.counter("frames.in", "p"), recorder.counter("frames.out", "p"));
        recorder.count(a, 2);
        recorder.count(a, 3);
        recorder.count(b, 0);
        let delta = |counter: &str, count| CounterDelta { counter: counter.into(), population: "p".into(), count };
        assert_eq!(recorder.drain().counters, [delta("frames.in", 5), delta("frames.out", 0)]);
        assert!(recorder.drain().counters.is_empty());
    }

    #[test]
    fn what_is_beyond_an_hour_is_clamped_and_counted() {
        let mut recorder = Recorder::new(Timestamp::ZERO);
        let series = recorder.series("join", "p");
        recorder.sample(Timestamp::ZERO, series, Span::from_secs(3_601));
        let delta = recorder.drain();
        assert_eq!(delta.histograms[0].max_us, MAX_US);
        assert_eq!(
            delta.counters,
            [CounterDelta { counter: Counter::Clamped.name().into(), population: String::new(), count: 1 }]
        );
    }

    #[test]
    fn the_first_error_of_a_kind_is_the_sample() {
        let mut recorder = Recorder::new(Timestamp::ZERO);
        recorder.error(Timestamp::from_micros(4), error_key("a"), || "ü".repeat(1_000));
        recorder.error(Timestamp::from_micros(5), error_key("a"), || unreachable!("a sample is already there"));
        let errors = recorder.drain().errors;
        assert_eq!((errors[0].count, errors[0].first), (2, Timestamp::from_micros(4)));
        assert_eq!(errors[0].sample, "ü".repeat(300));
    }

    #[test]
    fn a_flood_of_different_codes_is_bounded() {
        let mut recorder = Recorder::new(Timestamp::ZERO);
        for code in 0..1_000 {
            recorder.error(Timestamp::ZERO, error_key(&code.to_string()), String::new);
            let key = DisconnectKey {
                population: "p".into(),
                code: 1006,
                reason: code.to_string(),
                by: ClosedBy::Server,
                phase: Phase::Active,
            };
            recorder.disconnect(Timestamp::ZERO, key);
        }
        let delta = recorder.drain();
        assert_eq!((delta.errors.len(), delta.disconnects.len()), (MAX_KEYS + 1, MAX_KEYS + 1));
        assert_eq!(delta.errors.iter().map(|e| e.count).sum::<u64>(), 1_000);
        assert_eq!(delta.disconnects.iter().map(|d| d.count).sum::<u64>(), 1_000);
    }
}
