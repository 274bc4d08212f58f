//! Follows a run's thresholds while it goes: each has a tally of its own, fed with every hand-over.

use super::tally::{Lens, Standing, Tally, Times};
use super::window::{WindowFindings, Windows, is_worse};
use super::{Baseline, BaselineResult, Outcome, ThresholdResult, WindowResult, why_nothing};
use crate::close::DisconnectDelta;
use crate::delta::{CounterDelta, ErrorDelta, HistogramDelta, LedgerDelta};
use crate::listeners::ListenerDelta;
use crate::totals::suspect::Certainty;
use crate::totals::{LoadEnd, PopulationConfig, is_timeout};
use crate::user::UsersByState;
use crate::waiting::Waiting;
use base::time::{Span, Timestamp};
use plan::{Bound, Operator, Scope, Subject, Threshold};

#[derive(Debug, Default)]
pub struct Watch {
    watched: Vec<Watched>,
    warmup_end: Timestamp,
    /// When the hand-over that is being added began.
    begun: Timestamp,
    /// Something was handed over.
    pub is_fed: bool,
    /// The first second that is not judged: the run was stopping by then.
    stop: Option<u32>,
}

#[derive(Debug)]
struct Watched {
    threshold: Threshold,
    baseline: Option<BaselineResult>,
    all: Measure,
    /// Without what the generator itself can have made; `None`: there is nothing of that.
    certain: Option<Measure>,
    /// It was broken then, and the run was stopped for it.
    stopped: Option<Timestamp>,
    /// Of a step of the run: only what was handed over and began since then counts, all of it.
    since: Option<Timestamp>,
}

/// What is counted for a threshold.
#[derive(Debug, Clone)]
struct Measure {
    lens: Lens,
    tally: Tally,
    windows: Option<Windows>,
    /// Samples of at least so much never came, milliseconds; `None`: all have.
    censored_from: Option<f64>,
    /// Of a whole run or step that goes on. A window has what came, or was known never to come, in it.
    waiting: Waiting,
}

/// How a delta counts: its samples for statistics; and as something that happened.
#[derive(Clone, Copy)]
struct Counts {
    measured: bool,
    happened: bool,
}

impl Watch {
    pub fn new(thresholds: &[Threshold], populations: &[PopulationConfig], warmup_end: Timestamp) -> Self {
        let watched = thresholds.iter().map(|threshold| Watched::new(threshold, populations, warmup_end)).collect();
        Self { watched, warmup_end, ..Self::default() }
    }

    pub fn set_baseline(&mut self, baseline: &Baseline) {
        for watched in &mut self.watched {
            let value = baseline.values.get(watched.threshold.text());
            watched.baseline = value.map(|&value| BaselineResult { run: baseline.run.clone(), value });
        }
    }

    /// Follows these from now on in a fresh measurement, in place of the last one: only hand-overs that begin at or after `since`
    /// count. The run's own thresholds go on as they were.
    pub fn begin_step(&mut self, thresholds: &[Threshold], populations: &[PopulationConfig], since: Timestamp) {
        self.watched.retain(|watched| watched.since.is_none());
        for threshold in thresholds {
            let fresh = Watched::new(threshold, populations, since);
            self.watched.push(Watched { since: Some(since), ..fresh });
        }
    }

    /// How the step does, in the order of its thresholds.
    pub fn step(&self, elapsed: Timestamp) -> Vec<ThresholdResult> {
        let of_step = self.watched.iter().filter_map(|watched| Some((watched, watched.since?)));
        of_step.map(|(watched, since)| watched.result(elapsed, since)).collect()
    }

    /// A hand-over that covers the time from here on is added now.
    pub fn begin(&mut self, begun: Timestamp) {
        (self.begun, self.is_fed) = (begun, true);
    }

    pub fn histogram(&mut self, second: u32, delta: &HistogramDelta, certainty: Certainty) {
        let is_left_out = |lens: &Lens| certainty != Certainty::All && lens.can_suffer(&delta.metric);
        self.each(second, delta.warmup, is_left_out, |lens, tally, counts| {
            lens.histogram(tally, delta, counts.measured, counts.happened)
        });
        let is_of_step = |watched: &Watched| watched.since.is_none_or(|since| self.begun >= since);
        for watched in self.watched.iter_mut().filter(|watched| is_of_step(watched)) {
            for measure in std::iter::once(&mut watched.all).chain(&mut watched.certain) {
                measure.wait(delta);
            }
        }
        if certainty == Certainty::AtLeast
            && let Some(floors) = delta.at_least()
        {
            self.floors(second, &floors);
        }
    }

    /// A time is too long for certain if it is so without what the worker made of it. That it is too short says nothing.
    fn floors(&mut self, second: u32, floors: &HistogramDelta) {
        for watched in &mut self.watched {
            let Some(counts) = watched.counts(self.begun, self.warmup_end, floors.warmup) else { continue };
            let is_upper = matches!(watched.threshold.operator, Operator::Less | Operator::LessOrEqual);
            if let Some(certain) = watched.certain.as_mut().filter(|_| is_upper) {
                let counts = Counts { happened: false, ..counts };
                let is_named = certain.lens.can_suffer(&floors.metric);
                certain.put(second, counts, |lens, tally, counts| {
                    is_named.then(|| lens.histogram(tally, floors, counts.measured, counts.happened)).flatten()
                });
            }
        }
    }

    pub fn counter(&mut self, second: u32, delta: &CounterDelta) {
        self.each_count(second, |lens, tally| lens.counter(tally, delta));
    }

    /// `is_late`: the worker stood still meanwhile, and its own patience may have ended for that.
    pub fn error(&mut self, second: u32, delta: &ErrorDelta, is_late: bool) {
        let is_own = is_late && is_timeout(&delta.key.code);
        let is_left_out = |lens: &Lens| is_own && lens.wants_outcomes();
        self.each(second, false, is_left_out, |lens, tally, counts| {
            if counts.happened {
                lens.error(tally, delta);
            }
            None
        });
    }

    pub fn disconnect(&mut self, second: u32, delta: &DisconnectDelta) {
        self.each_count(second, |lens, tally| lens.disconnect(tally, delta));
    }

    pub fn listener(&mut self, second: u32, delta: &ListenerDelta) {
        self.each_count(second, |lens, tally| lens.listener(tally, delta));
    }

    pub fn ledger(&mut self, second: u32, delta: &LedgerDelta) {
        self.each_count(second, |_, tally| tally.ledger += *delta);
    }

    /// What became of the users, by the place of their population, and of the run.
    pub fn stand(&mut self, users: &[UsersByState], ending: Option<LoadEnd>) {
        for Measure { lens, tally, .. } in self.watched.iter_mut().map(|watched| &mut watched.all) {
            if matches!(lens.subject, Subject::Standing(_)) {
                let seen = users.iter().enumerate().filter(|(place, _)| lens.sees_place(*place));
                tally.standing = Standing { users: seen.map(|(_, users)| *users).sum(), ending };
            }
        }
    }

    /// Every worker has handed over beyond the seconds before `closed`.
    pub fn judge(&mut self, closed: u32) {
        let until = self.stop.map_or(closed, |stop| stop.min(closed));
        for Watched { threshold, all, certain, baseline, .. } in &mut self.watched {
            let (operator, limit) = (threshold.operator, limit_of(threshold, baseline.as_ref()).unwrap_or(f64::NAN));
            let breaks = |value| !limit.is_nan() && !operator.holds(value, limit);
            for Measure { lens, windows, .. } in std::iter::once(all).chain(certain) {
                if let Some(windows) = windows {
                    windows.judge(until, lens, |value, than| is_worse(operator, limit, value, than), breaks);
                }
            }
        }
    }

    /// The run begins to stop: what its users do from now on is no part of any window.
    pub fn stopping(&mut self, at: Timestamp) {
        self.stop.get_or_insert((at.as_micros() / 1_000_000) as u32);
    }

    pub fn stop_for_threshold(&mut self, now: Timestamp, elapsed: Timestamp) -> Option<String> {
        let warmup_end = self.warmup_end;
        let may_stop = |watched: &&mut Watched| {
            watched.since.is_none()
                && watched.threshold.abort.is_some_and(|delay| now.since(Timestamp::ZERO) >= delay)
                && watched.result(elapsed, warmup_end).outcome == Outcome::Fail
        };
        let watched = self.watched.iter_mut().find(may_stop)?;
        watched.stopped = Some(now);
        Some(watched.threshold.text().to_owned())
    }

    /// `None`: no such threshold is watched.
    pub fn result(&self, text: &str, elapsed: Timestamp) -> Option<ThresholdResult> {
        let mut watched = self.watched.iter().filter(|watched| watched.since.is_none());
        let watched = watched.find(|watched| watched.threshold.text() == text)?;
        Some(watched.result(elapsed, self.warmup_end))
    }

    fn each_count(&mut self, second: u32, mut put: impl FnMut(&Lens, &mut Tally)) {
        self.each(
            second,
            false,
            |_| false,
            |lens, tally, counts| {
                if counts.happened {
                    put(lens, tally);
                }
                None
            },
        );
    }

    fn each(
        &mut self,
        second: u32,
        warmup: bool,
        is_left_out: impl Fn(&Lens) -> bool,
        mut put: impl FnMut(&Lens, &mut Tally, Counts) -> Option<f64>,
    ) {
        for watched in &mut self.watched {
            let Some(counts) = watched.counts(self.begun, self.warmup_end, warmup) else { continue };
            if is_left_out(&watched.all.lens) {
                watched.certain.get_or_insert_with(|| watched.all.for_certain());
            } else if let Some(certain) = &mut watched.certain {
                certain.put(second, counts, &mut put);
            }
            watched.all.put(second, counts, &mut put);
        }
    }
}

impl Watched {
    fn new(threshold: &Threshold, populations: &[PopulationConfig], warmup_end: Timestamp) -> Self {
        // Only whole seconds after the warm-up (of a step: after its beginning) are a window's.
        let start = match threshold.scope {
            Scope::WholeRun => 0,
            Scope::Usual | Scope::AfterWarmup => warmup_end.as_micros().div_ceil(1_000_000) as u32,
        };
        Self {
            all: Measure {
                lens: Lens::new(threshold, populations),
                tally: Tally::default(),
                windows: threshold.window.map(|length| Windows::new(length, start)),
                censored_from: None,
                waiting: Waiting::default(),
            },
            certain: None,
            threshold: threshold.clone(),
            baseline: None,
            stopped: None,
            since: None,
        }
    }

    /// How a hand-over that began then counts; `None`: it does not.
    fn counts(&self, begun: Timestamp, warmup_end: Timestamp, warmup: bool) -> Option<Counts> {
        Some(match (self.since, self.threshold.scope) {
            (Some(since), _) if begun < since => return None,
            (Some(_), _) | (None, Scope::WholeRun) => Counts { measured: true, happened: true },
            (None, Scope::Usual) => Counts { measured: !warmup, happened: true },
            (None, Scope::AfterWarmup) => Counts { measured: !warmup, happened: begun >= warmup_end },
        })
    }

    fn result(&self, elapsed: Timestamp, warmup_end: Timestamp) -> ThresholdResult {
        let threshold = &self.threshold;
        let limit = limit_of(threshold, self.baseline.as_ref());
        let scope = if self.since.is_some() { Scope::AfterWarmup } else { threshold.scope };
        let times = times(scope, elapsed, warmup_end);
        let mut result = ThresholdResult::of(threshold, limit, self.all.value(times));
        result.baseline.clone_from(&self.baseline);
        result.stopped_run_at_s = self.stopped.map(Timestamp::as_secs_f64);
        if let Some((windows, found)) = self.all.findings(threshold.operator, limit) {
            result = ThresholdResult { actual: found.worst.map(|(value, _)| value), ..result };
            result.judge(threshold, limit);
            result.window = Some(WindowResult {
                length_s: windows.length(),
                measured: found.measured,
                worst_at_s: found.worst.map(|(_, end)| end),
                broken_at_s: found.broken,
                latest: windows.latest(),
            });
        }
        let at_least = result.actual.is_some_and(|actual| self.all.lens.is_at_least(actual, self.all.censored_from()));
        result.hold(threshold, limit, at_least);
        result.certain = match &self.certain {
            None if matches!(threshold.subject, Subject::Standing(_)) => self.all.for_certain().value(times),
            None => result.actual,
            Some(certain) => match certain.findings(threshold.operator, limit) {
                Some((_, found)) => found.worst.map(|(value, _)| value),
                None => certain.value(times),
            },
        };
        result.why =
            why_nothing(threshold, &result, self.all.tally.samples.is_some() || self.all.tally.counter.is_some());
        result
    }
}

impl Measure {
    fn for_certain(&self) -> Self {
        Self { lens: self.lens.for_certain(), ..self.clone() }
    }

    /// `put` returns from which value on samples never came.
    fn put(&mut self, second: u32, counts: Counts, put: impl FnOnce(&Lens, &mut Tally, Counts) -> Option<f64>) {
        let tally = match &mut self.windows {
            Some(windows) => windows.second(second),
            None => Some(&mut self.tally),
        };
        if let Some(from) = tally.and_then(|tally| put(&self.lens, tally, counts)) {
            self.censored_from = Some(self.censored_from.map_or(from, |known| known.min(from)));
        }
    }

    fn wait(&mut self, delta: &HistogramDelta) {
        if self.windows.is_none() && self.lens.can_suffer(&delta.metric) && self.lens.sees(&delta.population) {
            self.waiting.absorb(&delta.waiting);
        }
    }

    fn value(&self, times: Times) -> Option<f64> {
        if self.waiting.is_empty() {
            return self.lens.measure(&self.tally, times);
        }
        let mut now = self.tally.clone();
        let samples = now.samples.get_or_insert_default();
        self.waiting.counts().for_each(|(limit_us, count)| samples.never_came(limit_us, count));
        self.lens.measure(&now, times)
    }

    fn censored_from(&self) -> Option<f64> {
        let waiting = self.waiting.counts().next().map(|(limit_us, _)| f64::from(limit_us) / 1e3);
        self.censored_from.into_iter().chain(waiting).reduce(f64::min)
    }

    fn findings(&self, operator: Operator, limit: Option<f64>) -> Option<(&Windows, WindowFindings)> {
        let windows = self.windows.as_ref()?;
        let known = limit.unwrap_or(f64::NAN);
        let breaks = |value| limit.is_some_and(|limit| !operator.holds(value, limit));
        Some((windows, windows.findings(|value, than| is_worse(operator, known, value, than), breaks)))
    }
}

/// For how long a scope's samples and counts were taken.
pub fn times(scope: Scope, elapsed: Timestamp, warmup_end: Timestamp) -> Times {
    let (all, measured): (Span, Span) = (elapsed.since(Timestamp::ZERO), elapsed.since(warmup_end));
    match scope {
        Scope::Usual => Times { samples: measured, counts: all },
        Scope::WholeRun => Times { samples: all, counts: all },
        Scope::AfterWarmup => Times { samples: measured, counts: measured },
    }
}

fn limit_of(threshold: &Threshold, baseline: Option<&BaselineResult>) -> Option<f64> {
    match threshold.bound {
        Bound::Fixed(limit) => Some(limit),
        Bound::Baseline(factor) => baseline.map(|baseline| baseline.value * factor),
    }
}
