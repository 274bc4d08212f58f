//! A run's thresholds, as its totals follow them.

use super::Aggregator;
use crate::threshold::{Baseline, ThresholdResult};
use crate::totals::LoadEnd;
use crate::user::UsersByState;
use base::time::{Span, Timestamp};
use catalogue::Figure;
use plan::Threshold;

impl Aggregator {
    /// Compares with an earlier run from the start on.
    pub fn set_baseline(&mut self, baseline: &Baseline) {
        self.watch.set_baseline(baseline);
    }

    /// The load has ended: what its users do from now on is no part of a threshold's window.
    pub fn stopping(&mut self, ending: LoadEnd) {
        self.watch.stopping(ending.at);
        let at_end = self.users_at(ending.at.min(ending.planned));
        self.totals.users.end(ending, at_end);
        self.stand();
    }

    /// In the last full second before then: workers know the plan's end themselves, and what they say now is of users that have left.
    fn users_at(&self, end: Timestamp) -> UsersByState {
        let second = end.as_micros().saturating_sub(1) / 1_000_000;
        let of = |state: &str| {
            let values = self.totals.timeline.value(&Figure::Users.of(state)).unwrap_or_default();
            values.get(second as usize).or(values.last()).map_or(0, |users| *users as u32)
        };
        UsersByState {
            preparing: of("preparing"),
            connecting: of("connecting"),
            flow: of("flow"),
            active: of("active"),
            reconnecting: of("reconnecting"),
            finishing: of("finishing"),
            failed: of("failed"),
            ..UsersByState::default()
        }
    }

    pub(super) fn stand(&mut self) {
        let of = |place: usize| self.users.iter().filter_map(|of| of.get(place)).copied().sum();
        let by_population: Vec<_> = (0..self.totals.config.populations.len()).map(of).collect();
        self.watch.stand(&by_population, self.totals.users.ending);
    }

    /// The first threshold that is broken and may stop the run at this moment; from now on it is known to have done so.
    pub fn stop_for_threshold(&mut self, now: Timestamp) -> Option<String> {
        self.watch.stop_for_threshold(now, self.totals.elapsed)
    }

    /// Begins a fresh measurement of these thresholds, beside the run's own.
    pub fn begin_step(&mut self, thresholds: &[Threshold], since: Timestamp) {
        self.watch.begin_step(thresholds, &self.totals.config.populations, since);
    }

    /// How the measurement that was begun last does.
    pub fn step(&self) -> Vec<ThresholdResult> {
        self.watch.step(self.totals.elapsed)
    }

    /// Every living worker has handed over up to here.
    pub fn heard_until(&self) -> Timestamp {
        Timestamp::ZERO + Span::from_secs(u64::from(self.totals.timeline.closed()))
    }

    /// How the run does by each threshold of its plan, in their order.
    pub fn thresholds(&self) -> Vec<ThresholdResult> {
        let results = self.totals.config.thresholds.iter().map(|threshold| {
            let watched = self.watch.result(threshold.text(), self.totals.elapsed).filter(|_| self.watch.is_fed);
            watched.unwrap_or_else(|| ThresholdResult::at_a_glance(threshold, &self.totals))
        });
        results.collect()
    }
}
