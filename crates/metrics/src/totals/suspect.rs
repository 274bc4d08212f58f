//! Which samples may be the generator's own doing, and why.
//!
//! A worker tells apart the samples that it stood still in; what else it says about itself in a hand-over, and what the run knows of it, holds
//! for all samples of the hand-over.

use std::collections::BTreeMap;

use crate::bins;
use crate::delta::{HealthDelta, HistogramDelta, MetricsDelta};
use crate::histogram::Histogram;
use base::time::{Span, Timestamp};
use catalogue::{Counter, Falsifier, Metric};
use plan::VerdictRules;

/// Why a sample is suspect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SuspectCause {
    /// The worker's timer fired late.
    Lag,
    /// The worker stood still while the sample was under way.
    Stalled,
    /// Users' steps began late, or so late that they were left out.
    Pacing,
    /// Its browser's load sees messages later than a probe.
    Behind,
    /// It was late while its page was hidden.
    Hidden,
    /// The browser has not sent yet what it was given.
    Buffered,
    /// Users wait for a handshake slot.
    Queue,
    /// Its browser opens no further socket.
    Full,
    /// The browsers' clocks are not known well enough.
    Clock,
}

/// A set of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Causes(u16);

impl SuspectCause {
    pub const ALL: [Self; 9] = [
        Self::Lag,
        Self::Stalled,
        Self::Pacing,
        Self::Behind,
        Self::Hidden,
        Self::Buffered,
        Self::Queue,
        Self::Full,
        Self::Clock,
    ];

    /// It touches the samples that this can falsify.
    const fn falsifier(self) -> Falsifier {
        match self {
            Self::Lag | Self::Stalled | Self::Pacing | Self::Behind | Self::Hidden | Self::Buffered => {
                Falsifier::Lateness
            }
            Self::Queue | Self::Full => Falsifier::Sockets,
            Self::Clock => Falsifier::Clocks,
        }
    }
}

/// What is certain of samples, whatever the generator did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certainty {
    /// They are the server's.
    All,
    /// Their [floors](HistogramDelta::at_least) are.
    AtLeast,
    Nothing,
}

impl Causes {
    fn add(&mut self, cause: SuspectCause, is_so: bool) {
        self.0 |= u16::from(is_so) << cause as u16;
    }

    pub fn contains(self, cause: SuspectCause) -> bool {
        self.0 & (1 << cause as u16) != 0
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// What stays certain of samples with these causes.
    pub(crate) fn leave(self) -> Certainty {
        match self.0 {
            0 => Certainty::All,
            only if only == 1 << SuspectCause::Stalled as u16 => Certainty::AtLeast,
            _ => Certainty::Nothing,
        }
    }

    /// The worker itself was late.
    pub(crate) fn are_late(self) -> bool {
        self.contains(SuspectCause::Lag) || self.contains(SuspectCause::Pacing)
    }

    /// Its clock and its patience were not what they should be.
    pub(crate) fn can_be_late(self) -> bool {
        self.iter().any(|cause| cause.falsifier() == Falsifier::Lateness)
    }

    /// Those of these samples. When the worker was late it knows which of them it stood still in, and says so.
    pub(crate) fn of_samples(self, delta: &HistogramDelta) -> Self {
        let mut causes = Self::default();
        let is_of_time = |cause| matches!(cause, SuspectCause::Lag | SuspectCause::Pacing | SuspectCause::Hidden);
        self.iter().filter(|cause| !is_of_time(*cause)).for_each(|cause| causes.add(cause, true));
        causes.add(SuspectCause::Stalled, delta.is_stalled);
        causes
    }

    /// Those that touch this metric.
    pub fn of(self, metric: &str) -> Self {
        let mut touching = Self::default();
        let falsified_by = Metric::read(metric).definition().falsified_by;
        self.iter().for_each(|cause| touching.add(cause, falsified_by.contains(&cause.falsifier())));
        touching
    }

    fn iter(self) -> impl Iterator<Item = SuspectCause> {
        SuspectCause::ALL.into_iter().filter(move |cause| self.contains(*cause))
    }
}

/// What the run knows besides the worker's own words.
#[derive(Debug, Clone, Copy, Default)]
pub struct Surroundings {
    pub is_hidden: bool,
    pub is_behind: bool,
    pub is_full: bool,
    pub clock_bound: Span,
}

/// How much of the run is suspect. The warm-up does not count: its samples are in no result.
#[derive(Debug, Clone, Default)]
pub struct Suspects {
    /// Samples that could be suspect, and those that are.
    pub samples: u64,
    pub suspect: u64,
    /// What load workers have handed over, each its own time.
    pub time: Span,
    tallies: BTreeMap<SuspectCause, SuspectTally>,
    /// For lag, pacing, or both: a worker that was late by the one and then by the other was late all the time.
    late: SuspectTally,
    /// By worker: of its last hand-over.
    latest: Vec<Causes>,
}

/// How much of it for one cause.
#[derive(Debug, Clone, Default)]
pub struct SuspectTally {
    pub samples: u64,
    pub time: Span,
    pub since: Timestamp,
    by_worker: BTreeMap<usize, Span>,
}

impl SuspectTally {
    fn pass(&mut self, worker: usize, time: Span) {
        self.time = self.time + time;
        let so_far = self.by_worker.entry(worker).or_default();
        *so_far = *so_far + time;
    }

    /// The worker that was so for the longest time, and how long.
    pub fn worst(&self) -> Option<(usize, Span)> {
        let longest = self.by_worker.iter().rev().max_by_key(|(_, time)| **time);
        longest.map(|(worker, time)| (*worker, *time))
    }
}

impl Suspects {
    pub fn tally(&self, cause: SuspectCause) -> Option<&SuspectTally> {
        self.tallies.get(&cause)
    }

    /// How much of the run workers were late by themselves.
    pub fn late(&self) -> &SuspectTally {
        &self.late
    }

    /// Which share of the run this is, 0 to 1: of its samples, or of its workers' time if that is more, for a worker that stands
    /// still has no samples.
    pub fn share(&self, tally: &SuspectTally) -> f64 {
        let samples = tally.samples as f64 / (self.samples as f64).max(1.0);
        samples.max(tally.time.as_secs_f64() / self.time.as_secs_f64().max(0.001))
    }

    /// What makes a hand-over's samples suspect.
    pub(crate) fn look(
        &mut self,
        worker: usize,
        rules: &VerdictRules,
        metrics: &MetricsDelta,
        health: &HealthDelta,
        around: Surroundings,
    ) -> Causes {
        let lag = health.lag.iter().max().copied().unwrap_or_default();
        let is_late = lag.as_millis_f64() > rules.lag_ms;
        let mut causes = Causes::default();
        causes.add(SuspectCause::Lag, is_late);
        let left_out = metrics.counters.iter().any(|delta| delta.counter == Counter::NotSent.name() && delta.count > 0);
        let is_paced_badly = metrics.histograms.iter().any(|delta| is_paced_badly(delta, rules.pacing_ms));
        causes.add(SuspectCause::Pacing, is_paced_badly || left_out);
        causes.add(SuspectCause::Behind, around.is_behind);
        causes.add(SuspectCause::Hidden, around.is_hidden && is_late);
        causes.add(SuspectCause::Buffered, health.buffered_max as f64 > rules.buffered_bytes);
        causes.add(SuspectCause::Queue, f64::from(health.handshake_queue) > rules.handshake_queue);
        causes.add(SuspectCause::Full, around.is_full);
        causes.add(SuspectCause::Clock, around.clock_bound.as_millis_f64() > rules.clock_ms);
        self.latest.resize(self.latest.len().max(worker + 1), Causes::default());
        self.latest[worker] = causes;
        causes
    }

    /// Of all workers' last hand-overs: what is put together of several of them is as good as the worst.
    pub(crate) fn anybodys(&self) -> Causes {
        Causes(self.latest.iter().fold(0, |all, causes| all | causes.0))
    }

    pub(crate) fn count(&mut self, at: Timestamp, causes: Causes, delta: &HistogramDelta) {
        if delta.warmup || Metric::read(&delta.metric).definition().falsified_by.is_empty() {
            return;
        }
        let count = delta.count();
        self.samples += count;
        self.suspect += if causes.is_empty() { 0 } else { count };
        causes.iter().for_each(|cause| self.note(cause, at).samples += count);
        self.late.samples += if causes.are_late() { count } else { 0 };
    }

    /// A load worker was in this state for so long, until `at`.
    pub(crate) fn pass(&mut self, worker: usize, at: Timestamp, time: Span, causes: Causes) {
        self.time = self.time + time;
        causes.iter().for_each(|cause| self.note(cause, at).pass(worker, time));
        if causes.are_late() {
            self.late.pass(worker, time);
        }
    }

    fn note(&mut self, cause: SuspectCause, at: Timestamp) -> &mut SuspectTally {
        self.tallies.entry(cause).or_insert_with(|| SuspectTally { since: at, ..SuspectTally::default() })
    }
}

/// More than a tenth of the users' steps began later than the limit.
fn is_paced_badly(delta: &HistogramDelta, limit_ms: f64) -> bool {
    let limit_us = limit_ms * 1e3;
    if !PACING.contains(&Metric::read(&delta.metric).metric) || f64::from(delta.max_us) <= limit_us {
        return false;
    }
    let late = bins::pairs(&delta.pairs).filter(|(value, _)| f64::from(*value) > limit_us);
    late.map(|(_, count)| u64::from(count)).sum::<u64>() * 10 > delta.came()
}

/// All samples of a metric, and the clean ones.
#[derive(Debug, Clone, Default)]
pub(crate) struct Split {
    pub all: Histogram,
    /// `None`: none is suspect. A run without suspect samples pays nothing for them.
    pub clean: Option<Box<Histogram>>,
}

impl Split {
    pub fn absorb(&mut self, delta: &HistogramDelta, is_suspect: bool) {
        if is_suspect {
            self.clean.get_or_insert_with(|| Box::new(self.all.clone()));
        } else if let Some(clean) = &mut self.clean {
            clean.absorb(delta);
        }
        self.all.absorb(delta);
    }
}

/// By how much users' steps began late.
const PACING: [Metric; 2] = [Metric::PacingError, Metric::AudioPacingError];

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Span = Span::from_millis;

    fn look(lag_ms: u64, health: HealthDelta, pacing_ms: &[u64], around: Surroundings) -> Vec<SuspectCause> {
        let samples: Vec<_> = pacing_ms.iter().map(|&ms| MS(ms)).collect();
        let histograms = HistogramDelta::of(PACING[0].name().into(), "p".into(), false, &samples).into_iter().collect();
        let metrics = MetricsDelta { histograms, ..MetricsDelta::default() };
        let health = HealthDelta { lag: vec![MS(1), MS(lag_ms)], ..health };
        Suspects::default().look(0, &VerdictRules::default(), &metrics, &health, around).iter().collect()
    }

    #[track_caller]
    fn check(lag_ms: u64, health: HealthDelta, pacing_ms: &[u64], around: Surroundings, expected: &[SuspectCause]) {
        assert_eq!(look(lag_ms, health, pacing_ms, around), expected);
    }

    #[test]
    fn a_worker_s_state_makes_its_samples_suspect() {
        let (good, calm) = (HealthDelta::default, Surroundings::default());
        check(50, good(), &[50; 9], calm, &[]);
        check(51, good(), &[], calm, &[SuspectCause::Lag]);
        check(1, good(), &[51, 51, 1, 1], calm, &[SuspectCause::Pacing]);
        check(1, good(), &[51, 1, 1, 1, 1, 1, 1, 1, 1, 1], calm, &[]);
        check(1, HealthDelta { buffered_max: 1_000_001, ..good() }, &[], calm, &[SuspectCause::Buffered]);
        check(1, HealthDelta { handshake_queue: 21, ..good() }, &[], calm, &[SuspectCause::Queue]);
        // A hidden page's workers keep their pace; only where they did not, it may be why.
        check(1, good(), &[], Surroundings { is_hidden: true, ..calm }, &[]);
        check(60, good(), &[], Surroundings { is_hidden: true, ..calm }, &[SuspectCause::Lag, SuspectCause::Hidden]);
        check(
            1,
            good(),
            &[],
            Surroundings { is_behind: true, is_full: true, ..calm },
            &[SuspectCause::Behind, SuspectCause::Full],
        );
        check(1, good(), &[], Surroundings { clock_bound: MS(25), ..calm }, &[]);
        check(1, good(), &[], Surroundings { clock_bound: MS(26), ..calm }, &[SuspectCause::Clock]);
    }

    #[track_caller]
    fn check_touched(metric: &str, expected: &[SuspectCause]) {
        let all = Causes(u16::MAX);
        assert_eq!(all.of(metric).iter().collect::<Vec<_>>(), expected, "{metric}");
    }

    #[test]
    fn a_cause_touches_what_it_can() {
        use SuspectCause::{Behind, Buffered, Clock, Full, Hidden, Lag, Pacing, Queue, Stalled};
        check_touched("message.round_trip", &[Lag, Stalled, Pacing, Behind, Hidden, Buffered]);
        check_touched("message.fanout", &[Lag, Stalled, Pacing, Behind, Hidden, Buffered, Clock]);
        check_touched("message.completion.last", &[Lag, Stalled, Pacing, Behind, Hidden, Buffered, Clock]);
        check_touched("connect.websocket", &[Lag, Stalled, Pacing, Behind, Hidden, Buffered, Queue, Full]);
        // Evidence is not held against itself, and a length of audio is no time between two moments.
        for own in ["worker.lag", "pacing.error", "audio.pacing.error", "rest.slot_wait", "connect.slot_wait"] {
            check_touched(own, &[]);
        }
        check_touched("answer.audio_length", &[]);
    }

    #[test]
    fn without_suspect_samples_there_is_one_histogram() {
        let of = |ms: u64| HistogramDelta::of("m".into(), "p".into(), false, &[MS(ms)]).expect("one sample");
        let mut split = Split::default();
        split.absorb(&of(1), false);
        assert!(split.clean.is_none());
        split.absorb(&of(900), true);
        split.absorb(&of(3), false);
        let counts = split.clean.as_ref().map(|clean| (clean.count(), clean.quantile(1.0)));
        assert_eq!((split.all.count(), counts), (3, Some((2, Some(MS(3))))));
    }
}
