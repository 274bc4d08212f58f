//! Adds up what workers hand over. Adding is exact and order-free. What only adding needs stays here; what comes of it is in [`Totals`].

mod answers;
mod completions;
mod deltas;
mod probe;
mod thresholds;

use std::collections::BTreeMap;

use self::answers::AnswerWindow;
use self::completions::Completions;
use self::probe::ProbeWindow;
use super::annotation::{AnnotationKind, ErrorBursts};
use super::delta::*;
use super::evidence::{Evidence, GeneratorState};
use super::threshold::Watch;
use super::totals::suspect::{Causes, Surroundings};
use super::totals::timeline::{Combine, second_of};
use super::totals::{Generators, Totals, TotalsConfig, outcomes};
use super::user::UsersByState;
use base::time::{Span, Timestamp};
use catalogue::{COMPLETIONS, Counter, Figure, Metric};

/// One worker's hand-over, without what is not for adding up.
#[derive(Debug, Clone, Copy)]
pub struct SnapshotPart<'a> {
    /// When it was made: it covers the time since the one before.
    pub at: Timestamp,
    pub metrics: &'a MetricsDelta,
    /// One entry per population.
    pub users: &'a [UsersByState],
    pub ledger: &'a LedgerDelta,
    pub completions: &'a [Completion],
    pub health: &'a HealthDelta,
}

#[derive(Debug, Default)]
pub struct Aggregator {
    totals: Totals,
    /// By worker and population, as of its last hand-over.
    users: Vec<Vec<UsersByState>>,
    /// Samples of each metric that came in time, the warm-up's included.
    seen: BTreeMap<String, u64>,
    completions: Completions,
    probe: ProbeWindow,
    answers: AnswerWindow,
    bursts: ErrorBursts,
    watch: Watch,
    /// When operations were counted last.
    counted_at: Option<Timestamp>,
}

impl Aggregator {
    pub fn new(config: TotalsConfig) -> Self {
        let users = vec![vec![UsersByState::default(); config.populations.len()]; config.workers];
        let watch = Watch::new(&config.thresholds, &config.populations, config.warmup_end);
        let totals = Totals { generators: Generators::new(&config), config, ..Totals::default() };
        Self { totals, users, watch, ..Self::default() }
    }

    /// What it has come to so far.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// Adds what one worker hands over. Order between workers does not matter for totals.
    pub fn absorb(&mut self, worker: usize, part: SnapshotPart<'_>) {
        if worker >= self.users.len() {
            return;
        }
        self.totals.elapsed = self.totals.elapsed.max(part.at);
        self.totals.timeline.reach(part.at);
        self.watch.begin(self.totals.generators.health.workers[worker].heard);
        let causes = self.look(worker, &part);
        self.totals.generators.backlogs.resize_with(self.users.len(), Default::default);
        self.answers.absorb(worker, self.totals.is_probe(worker), part.at, &part.metrics.histograms);
        for delta in &part.metrics.histograms {
            self.histogram_delta(part.at, causes.of_samples(delta), delta);
        }
        part.metrics.counters.iter().for_each(|delta| self.counter_delta(part.at, delta));
        part.metrics.errors.iter().for_each(|delta| self.error_delta(part.at, causes, delta));
        part.metrics.breaches.iter().for_each(|delta| self.totals.counts.add_breach(delta));
        part.metrics.findings.iter().for_each(|delta| self.totals.counts.add_finding(delta));
        part.metrics.disconnects.iter().for_each(|delta| self.disconnect_delta(part.at, delta));
        for delta in &part.metrics.listeners {
            self.totals.counts.listeners.absorb(delta);
            self.watch.listener(second_of(part.at), delta);
        }
        self.ledger_delta(part.at, part.ledger);
        self.count_users(worker, part.at, part.users);
        self.totals.generators.health.absorb(worker, part.at, part.health, &mut self.totals.timeline);
        let warmup = part.at < self.totals.config.warmup_end;
        // The lag of all workers, so that charts and thresholds find it beside the other metrics.
        if let Some(lag) =
            HistogramDelta::of(Metric::WorkerLag.name().to_owned(), String::new(), warmup, &part.health.lag)
        {
            self.histogram_delta(part.at, causes, &lag);
        }
        for completion in part.completions {
            self.completions.absorb(
                self.totals.elapsed,
                worker,
                completion,
                self.totals.generators.health.living().count(),
            );
        }
        self.completions.expire(self.totals.elapsed);
        self.record_completions();
        // Of hundreds of workers nobody looks after each.
        if self.counted_at.is_none_or(|last| part.at.since(last) >= BETWEEN_COUNTS) {
            self.count_operations();
            self.counted_at = Some(part.at);
        }
        self.close_seconds(self.totals.generators.health.heard_until());
    }

    /// The worker broke: `users` says what became of its users, and its hand-overs are not waited for any more.
    pub fn lose(&mut self, worker: usize, at: Timestamp, users: &[UsersByState]) {
        if worker < self.users.len() {
            self.totals.elapsed = self.totals.elapsed.max(at);
            self.totals.timeline.reach(at);
            self.count_users(worker, at, users);
            self.totals.generators.health.lose(worker);
            self.close_seconds(self.totals.generators.health.heard_until());
        }
    }

    /// What a worker that was given up hands over counts again.
    pub fn regain(&mut self, worker: usize) {
        self.totals.generators.health.regain(worker);
    }

    /// One more worker hands over, in this browser.
    pub fn add_worker(&mut self, browser: Option<String>, is_probe: bool) {
        self.totals.config.probes.extend(is_probe.then_some(self.users.len()));
        self.totals.generators.homes.add(browser);
        self.users.push(Vec::new());
        self.totals.generators.health.add_worker(self.totals.elapsed);
    }

    fn count_users(&mut self, worker: usize, at: Timestamp, users: &[UsersByState]) {
        self.users[worker] = users.to_vec();
        self.totals.users.now = self.users.iter().flatten().copied().sum();
        self.stand();
        for (state, count) in self.totals.users_by_state().states() {
            self.totals.timeline.put(at, &Figure::Users.of(state), Combine::Last, f64::from(count));
        }
    }

    /// The page was hidden or shown.
    pub fn hidden(&mut self, at: Timestamp, hidden: bool) {
        self.totals.timeline.reach(at);
        self.totals.generators.health.hidden(at, hidden);
        self.totals.timeline.put(at, Figure::HealthHidden.name(), Combine::Last, f64::from(u8::from(hidden)));
    }

    /// Nothing more will come: what waits for other workers is counted as it is.
    pub fn finish(&mut self) {
        self.completions.expire(Timestamp::NEVER);
        self.record_completions();
        self.count_operations();
        self.close_seconds(Timestamp::NEVER);
        self.compare_with_probes(self.totals.timeline.closed());
        self.totals.generators.health.hidden(self.totals.elapsed, false);
    }

    /// Keeps what a worker took down, with how it was doing: `health` is of the same hand-over.
    pub fn witness(&mut self, worker: usize, evidence: Vec<Evidence>, health: &HealthDelta) {
        if evidence.is_empty() {
            return;
        }
        let state = GeneratorState {
            worker,
            browser: self.totals.browser_of(worker).map(str::to_owned),
            lag_ms: health.lag.iter().max().map(|lag| lag.as_millis_f64()),
            busy_share: health.busy_share,
            buffered_bytes: health.buffered_sum,
            handshake_queue: health.handshake_queue,
            sockets_open: health.sockets_open,
            hidden: self.totals.generators.health.is_hidden(),
        };
        self.totals
            .evidence
            .extend(evidence.into_iter().map(|kept| Evidence { generator: Some(state.clone()), ..kept }));
    }

    /// Others play so many users that waited in this browser for a socket.
    pub fn relieve(&mut self, home: usize, users: u32) {
        self.totals.generators.rooms.relieve(home, users);
    }

    /// How wrong the comparison of the browsers' clocks can be.
    pub fn set_clock_bound(&mut self, bound: Span) {
        self.totals.generators.clock_bound = self.totals.generators.clock_bound.max(bound);
    }

    /// Something happened that a reader of the charts wants to know.
    pub fn annotate(&mut self, at: Timestamp, kind: AnnotationKind, text: impl Into<String>) {
        self.totals.annotations.add(at.as_secs_f64(), kind, text);
    }

    fn count_operations(&mut self) {
        let Totals { counts, config, .. } = &self.totals;
        let seen = self.seen.iter().map(|(name, seen)| (name.as_str(), *seen));
        let failed = counts.errors.iter().map(|(key, error)| (key.operation.as_str(), key.code.as_str(), error.count));
        let is_answered =
            |operation: &str| config.populations.iter().any(|population| population.answered.contains(operation));
        self.totals.counts.operations = outcomes(seen, failed, is_answered);
    }

    /// What makes the samples of this hand-over suspect.
    fn look(&mut self, worker: usize, part: &SnapshotPart<'_>) -> Causes {
        let home = self.totals.generators.homes.of(worker);
        let most = self.totals.config.sockets.get(worker).copied().unwrap_or_default();
        self.totals.generators.rooms.absorb(worker, home, most, part.at, part.health);
        let around = Surroundings {
            is_hidden: self.totals.generators.health.is_hidden() && self.totals.generators.homes.name(home).is_none(),
            is_behind: self.totals.generators.is_behind(worker) && !self.totals.is_probe(worker),
            is_full: self.totals.generators.rooms.is_full_now(home),
            clock_bound: self.totals.generators.clock_bound,
        };
        let causes =
            self.totals.generators.suspects.look(worker, &self.totals.config.rules, part.metrics, part.health, around);
        let since = self.totals.generators.health.workers[worker].heard.max(self.totals.config.warmup_end);
        if !self.totals.is_probe(worker) && part.at > since {
            self.totals.generators.suspects.pass(worker, part.at, part.at.since(since), causes);
            if causes.are_late() {
                // A worker that stood still has no samples that could say so.
                self.totals.timeline.spread(since, part.at, Figure::HealthLate.name());
            }
        }
        causes
    }

    fn record_completions(&mut self) {
        for done in self.completions.drain() {
            let is_probe = |worker| self.totals.config.probes.contains(&worker);
            self.probe.absorb(done.sent_at, &done.by_worker, &self.totals.generators.homes, is_probe);
            let Some(population) = self.totals.config.populations.get(done.sender.population()) else { continue };
            let Some(operation) = population.delivery.clone() else { continue };
            let (name, warmup) = (population.name.clone(), done.sent_at < self.totals.config.warmup_end);
            for (part, latency) in COMPLETIONS.into_iter().zip([done.first, done.median, done.last]) {
                let (metric, population) = (part.of(&operation), name.clone());
                let delta = match latency.map(|micros| Span::from_micros(u64::from(micros))) {
                    Some(sample) => HistogramDelta::of(metric, population, warmup, &[sample]),
                    None if done.missing > 0 => {
                        let limit = self.totals.config.late_after;
                        Some(HistogramDelta::beyond(metric, population, warmup, limit))
                    }
                    None => None,
                };
                if let Some(delta) = delta {
                    self.histogram_delta(self.totals.elapsed, self.totals.generators.suspects.anybodys(), &delta);
                }
            }
            let incomplete = u64::from(done.missing > 0);
            let counter = Counter::Incomplete.of(&operation);
            self.counter_delta(self.totals.elapsed, &CounterDelta { counter, population: name, count: incomplete });
        }
    }

    fn note_burst(&mut self, second: u32) {
        let errors =
            self.totals.timeline.value(Figure::Errors.name()).and_then(|values| values.get(second as usize)).copied();
        let errors = errors.filter(|errors| errors.is_finite()).unwrap_or(0.0) as u64;
        if let Some(usual) = self.bursts.second(second, errors) {
            let text = format!("{errors} errors within a second (before: {usual:.1} a second)");
            self.totals.annotations.add(f64::from(second), AnnotationKind::Errors, text);
        }
    }

    fn close_seconds(&mut self, heard_until: Timestamp) {
        for second in self.totals.timeline.close(heard_until) {
            self.note_burst(second);
        }
        self.watch.judge(self.totals.timeline.closed());
        self.look_for_backlogs();
        let settled = self.totals.config.settle.as_secs_f64().ceil() as u32;
        self.compare_with_probes(self.totals.timeline.closed().saturating_sub(settled));
    }

    /// In all seconds that are over.
    fn look_for_backlogs(&mut self) {
        let closed = self.totals.timeline.closed();
        let Totals { generators: Generators { backlogs, .. }, config, timeline, .. } = &mut self.totals;
        while let Some((at, worst)) = self.answers.next(closed, backlogs, &config.rules, config.warmup_end) {
            if let Some(later_ms) = worst {
                timeline.put(at, Figure::HealthBacklog.name(), Combine::Max, later_ms);
            }
        }
    }

    /// What was sent in the seconds before `known` is settled.
    fn compare_with_probes(&mut self, known: u32) {
        while let Some((second, gaps)) = self.probe.next(known, self.totals.generators.clock_bound) {
            let at = Timestamp::ZERO + Span::from_secs(u64::from(second) + 1);
            let Totals { generators, config, timeline, .. } = &mut self.totals;
            if let Some(staleness) = generators.compare(at, &gaps, &config.rules, at <= config.warmup_end) {
                timeline.put(at, Figure::HealthStaleness.name(), Combine::Max, staleness.p50_ms);
            }
        }
    }
}

/// As often as a single worker hands over.
const BETWEEN_COUNTS: Span = Span::from_millis(250);

impl From<Aggregator> for Totals {
    fn from(aggregator: Aggregator) -> Self {
        aggregator.totals
    }
}

#[cfg(test)]
mod tests;
