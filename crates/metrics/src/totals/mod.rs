//! Everything workers handed over, added up: exact totals, and one value a second for charts.

mod backlog;
mod behind;
mod completions;
mod config;
mod deltas;
mod full;
mod health;
mod homes;
mod outcomes;
mod restore;
mod staleness;
mod suspect;
mod timeline;
mod watched;

use std::collections::BTreeMap;

pub use self::backlog::Backlog;
pub use self::backlog::Backlogs;
use self::behind::Behind;
pub use self::config::{PopulationConfig, TotalsConfig};
pub use self::full::{Full, Proof, Rooms, Stall};
pub use self::health::{Health, WorkerHealth};
pub use self::homes::Homes;
pub use self::outcomes::{ACK_TIMEOUT, ECHO_TIMEOUT, Outcomes, outcomes};
pub use self::staleness::{Gap, Staleness};
pub use self::suspect::{SuspectCause, SuspectTally, Suspects};
pub use self::timeline::{MetricColumns, Timeline};

use self::completions::Completions;
use self::staleness::ProbeWindow;
use self::suspect::{Causes, Split, Surroundings};
use self::timeline::{Combine, second_of};
use super::annotation::{AnnotationKind, Annotations, ErrorBursts};
use super::contract::{BreachKey, BreachTotal};
use super::delta::*;
use super::evidence::{Evidence, EvidenceBook, GeneratorState};
use super::histogram::Histogram;
use super::listeners::Listeners;
use super::threshold::Watch;
use base::time::{Span, Timestamp};
use catalogue::{COMPLETIONS, Counter, Figure, Metric};

/// One worker's hand-over, without what is not for adding up.
#[derive(Debug, Clone, Copy)]
pub struct Part<'a> {
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
pub struct Totals {
    config: TotalsConfig,
    elapsed: Timestamp,
    metrics: BTreeMap<String, MetricTotal>,
    /// By counter and population; no population: what belongs to none.
    counters: BTreeMap<(String, String), u64>,
    errors: BTreeMap<ErrorKey, ErrorTotal>,
    disconnects: BTreeMap<DisconnectKey, DisconnectTotal>,
    delivery: LedgerDelta,
    listeners: Listeners,
    breaches: BTreeMap<BreachKey, BreachTotal>,
    /// By worker and population, as of its last hand-over.
    users: Vec<Vec<UsersByState>>,
    completions: Completions,
    health: Health,
    probe: ProbeWindow,
    homes: Homes,
    suspects: Suspects,
    behind: Vec<Behind>,
    backlogs: Backlogs,
    rooms: Rooms,
    clock_bound: Span,
    timeline: Timeline,
    annotations: Annotations,
    bursts: ErrorBursts,
    evidence: EvidenceBook,
    /// Of a past run: what its report says of each operation. Samples of the warm-up are needed to tell, and not kept.
    past_operations: Option<BTreeMap<String, Outcomes>>,
    watch: Watch,
}

/// One histogram's samples. Without those of the warm-up, except where said.
#[derive(Debug, Clone, Default)]
struct MetricTotal {
    split: Split,
    /// Its samples belong to populations.
    populated: bool,
    /// Only kept when the plan has several populations.
    by_population: BTreeMap<String, Split>,
    /// Samples, the warm-up's included.
    seen: u64,
}

/// Errors of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ErrorTotal {
    pub count: u64,
    pub first: Timestamp,
    pub sample: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DisconnectTotal {
    pub count: u64,
    pub first: Timestamp,
}

impl Totals {
    pub fn new(config: TotalsConfig) -> Self {
        let users = vec![vec![UsersByState::default(); config.populations.len()]; config.workers];
        let watch = Watch::new(&config.thresholds, &config.populations, config.warmup_end);
        let homes = Homes::new(config.workers, &config.browsers);
        Self { health: Health::new(config.workers), users, watch, homes, config, ..Self::default() }
    }

    /// Adds what one worker hands over. Order between workers does not matter for totals.
    pub fn absorb(&mut self, worker: usize, part: Part<'_>) {
        if worker >= self.users.len() {
            return;
        }
        self.elapsed = self.elapsed.max(part.at);
        self.timeline.reach(part.at);
        self.watch.begin(self.health.workers[worker].heard);
        let causes = self.look(worker, &part);
        self.backlogs.absorb(worker, self.is_probe(worker), part.at, &part.metrics.histograms);
        part.metrics.histograms.iter().for_each(|delta| self.histogram_delta(part.at, causes, delta));
        part.metrics.counters.iter().for_each(|delta| self.counter_delta(part.at, delta));
        part.metrics.errors.iter().for_each(|delta| self.error_delta(part.at, delta));
        part.metrics.breaches.iter().for_each(|delta| self.breach_delta(delta));
        part.metrics.disconnects.iter().for_each(|delta| self.disconnect_delta(part.at, delta));
        for delta in &part.metrics.listeners {
            self.listeners.absorb(delta);
            self.watch.listener(second_of(part.at), delta);
        }
        self.ledger_delta(part.at, part.ledger);
        self.count_users(worker, part.at, part.users);
        self.health.absorb(worker, part.at, part.health, &mut self.timeline);
        let warmup = part.at < self.config.warmup_end;
        // The lag of all workers, so that charts and thresholds find it beside the other metrics.
        if let Some(lag) =
            HistogramDelta::of(Metric::WorkerLag.name().to_owned(), String::new(), warmup, &part.health.lag)
        {
            self.histogram_delta(part.at, causes, &lag);
        }
        for completion in part.completions {
            self.completions.absorb(self.elapsed, worker, completion, self.health.living().count());
        }
        self.completions.expire(self.elapsed);
        self.record_completions();
        self.close_seconds(self.health.heard_until());
    }

    /// The worker broke: `users` says what became of its users, and its hand-overs are not waited for any more.
    pub fn lose(&mut self, worker: usize, at: Timestamp, users: &[UsersByState]) {
        if worker < self.users.len() {
            self.elapsed = self.elapsed.max(at);
            self.timeline.reach(at);
            self.count_users(worker, at, users);
            self.health.lose(worker);
            self.close_seconds(self.health.heard_until());
        }
    }

    /// What a worker that was given up hands over counts again.
    pub fn regain(&mut self, worker: usize) {
        self.health.regain(worker);
    }

    /// One more worker hands over, in this browser.
    pub fn add_worker(&mut self, browser: Option<String>, is_probe: bool) {
        self.config.probes.extend(is_probe.then_some(self.users.len()));
        self.homes.add(browser);
        self.users.push(Vec::new());
        self.health.add_worker(self.elapsed);
    }

    fn count_users(&mut self, worker: usize, at: Timestamp, users: &[UsersByState]) {
        self.users[worker] = users.to_vec();
        for (state, count) in self.users_by_state().states() {
            self.timeline.put(at, &Figure::Users.of(state), Combine::Last, f64::from(count));
        }
    }

    /// The page was hidden or shown.
    pub fn hidden(&mut self, at: Timestamp, hidden: bool) {
        self.timeline.reach(at);
        self.health.hidden(at, hidden);
        self.timeline.put(at, Figure::HealthHidden.name(), Combine::Last, f64::from(u8::from(hidden)));
    }

    /// Nothing more will come: what waits for other workers is counted as it is.
    pub fn finish(&mut self) {
        self.completions.expire(Timestamp::NEVER);
        self.record_completions();
        self.close_seconds(Timestamp::NEVER);
        self.compare_with_probes(self.timeline.closed());
        self.health.hidden(self.elapsed, false);
    }

    /// The time of the latest hand-over.
    pub fn elapsed(&self) -> Span {
        self.elapsed.since(Timestamp::ZERO)
    }

    /// The time that histograms cover: all but the warm-up.
    pub fn measured(&self) -> Span {
        self.elapsed.since(self.config.warmup_end)
    }

    pub fn warmup(&self) -> Span {
        self.config.warmup_end.since(Timestamp::ZERO)
    }

    /// A metric over all populations, without the warm-up.
    pub fn histogram(&self, metric: &str) -> Option<&Histogram> {
        self.metrics.get(metric).map(|metric| &metric.split.all)
    }

    /// Every metric with samples after the warm-up: of the population; where a plan has several, over all of them
    /// (`None`) and then of each.
    pub fn histograms(&self) -> impl Iterator<Item = (&str, Option<&str>, &Histogram)> {
        self.splits().map(|(name, population, split)| (name, population, &split.all))
    }

    /// Of the same metrics the clean samples; `None`: all are clean.
    pub fn clean_histograms(&self) -> impl Iterator<Item = Option<&Histogram>> {
        self.splits().map(|(_, _, split)| split.clean.as_deref())
    }

    fn splits(&self) -> impl Iterator<Item = (&str, Option<&str>, &Split)> {
        let only = if let [only] = &self.config.populations[..] { Some(only.name.as_str()) } else { None };
        let entries = self.metrics.iter().flat_map(move |(name, metric)| {
            let parts = metric.by_population.iter().map(|(population, part)| (Some(population.as_str()), part));
            std::iter::once((only.filter(|_| metric.populated), &metric.split))
                .chain(parts)
                .map(|(population, part)| (name.as_str(), population, part))
        });
        entries.filter(|(_, _, split)| split.all.count() > 0)
    }

    /// A counter over all populations; `None` if nobody ever named it.
    pub fn counter(&self, counter: &str) -> Option<u64> {
        let mut counts = self.counters.iter().filter(|((name, _), _)| name == counter).map(|(_, count)| *count);
        counts.next().map(|first| first + counts.sum::<u64>())
    }

    /// Counter, population (empty: none) and count.
    pub fn counters(&self) -> impl Iterator<Item = (&str, &str, u64)> {
        self.counters.iter().map(|((name, population), count)| (name.as_str(), population.as_str(), *count))
    }

    /// How events broke their contract, and unknown ones.
    pub fn breaches(&self) -> &BTreeMap<BreachKey, BreachTotal> {
        &self.breaches
    }

    pub fn errors(&self) -> &BTreeMap<ErrorKey, ErrorTotal> {
        &self.errors
    }

    pub fn disconnects(&self) -> &BTreeMap<DisconnectKey, DisconnectTotal> {
        &self.disconnects
    }

    pub fn delivery(&self) -> &LedgerDelta {
        &self.delivery
    }

    /// Who heard a voice service.
    pub fn listeners(&self) -> &Listeners {
        &self.listeners
    }

    /// Keeps what a worker took down, with how it was doing: `health` is of the same hand-over.
    pub fn witness(&mut self, worker: usize, evidence: Vec<Evidence>, health: &HealthDelta) {
        if evidence.is_empty() {
            return;
        }
        let state = GeneratorState {
            worker,
            browser: self.browser_of(worker).map(str::to_owned),
            lag_ms: health.lag.iter().max().map(|lag| lag.as_millis_f64()),
            busy_share: health.busy_share,
            buffered_bytes: health.buffered_sum,
            handshake_queue: health.handshake_queue,
            sockets_open: health.sockets_open,
            hidden: self.health.is_hidden(),
        };
        self.evidence.extend(evidence.into_iter().map(|kept| Evidence { generator: Some(state.clone()), ..kept }));
    }

    /// What was kept of moments in which something went wrong.
    pub fn evidence(&self) -> &EvidenceBook {
        &self.evidence
    }

    /// Users of all workers and populations.
    pub fn users_by_state(&self) -> UsersByState {
        self.users.iter().flatten().copied().sum()
    }

    pub fn health(&self) -> &Health {
        &self.health
    }

    /// The worker plays a probe and nobody else.
    pub fn is_probe(&self, worker: usize) -> bool {
        self.config.probes.contains(&worker)
    }

    /// The browser that a worker lives in, by its name; `None`: the conductor's own.
    pub fn browser_of(&self, worker: usize) -> Option<&str> {
        self.homes.name(self.homes.of(worker))
    }

    pub fn homes(&self) -> &Homes {
        &self.homes
    }

    /// How much of the run the generator's own state makes suspect.
    pub fn suspects(&self) -> &Suspects {
        &self.suspects
    }

    /// For how long each browser's load was behind a probe; by the browser's number.
    pub fn behind(&self) -> &[Behind] {
        &self.behind
    }

    /// For how long answers to each worker's own requests were late; by the worker's number.
    pub fn backlogs(&self) -> &[Backlog] {
        &self.backlogs.workers
    }

    /// Which browsers were full.
    pub fn rooms(&self) -> &Rooms {
        &self.rooms
    }

    /// Others play so many users that waited in this browser for a socket.
    pub fn relieve(&mut self, home: usize, users: u32) {
        self.rooms.relieve(home, users);
    }

    /// How wrong the comparison of the browsers' clocks can be.
    pub fn clock_bound(&self) -> Span {
        self.clock_bound
    }

    pub fn set_clock_bound(&mut self, bound: Span) {
        self.clock_bound = self.clock_bound.max(bound);
    }

    /// How much later load workers see messages than the probe does; `None` without enough messages at either.
    pub fn staleness(&self) -> Option<Staleness> {
        self.probe.latest()
    }

    /// What happened during the run, in words.
    pub fn annotations(&self) -> &Annotations {
        &self.annotations
    }

    /// Something happened that a reader of the charts wants to know.
    pub fn annotate(&mut self, at: Timestamp, kind: AnnotationKind, text: impl Into<String>) {
        self.annotations.add(at.as_secs_f64(), kind, text);
    }

    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Attempts of each operation, see [`outcomes`].
    pub fn operations(&self) -> BTreeMap<String, Outcomes> {
        if let Some(past) = &self.past_operations {
            return past.clone();
        }
        let seen = self.metrics.iter().map(|(name, metric)| (name.as_str(), metric.seen));
        let failed = self.errors.iter().map(|(key, error)| (key.operation.as_str(), key.code.as_str(), error.count));
        outcomes(seen, failed, |operation| self.is_answered(operation))
    }

    /// Names of operations in the order of a user's life.
    pub fn life(&self) -> Vec<&str> {
        self.config.life()
    }

    fn is_answered(&self, operation: &str) -> bool {
        self.config.populations.iter().any(|population| population.answered.contains(operation))
    }

    fn is_behind(&self, worker: usize, home: usize) -> bool {
        let has_backlog = self.backlogs.workers.get(worker).is_some_and(|backlog| backlog.is_now);
        has_backlog || self.behind.get(home).is_some_and(|behind| behind.is_now)
    }

    /// What makes the samples of this hand-over suspect.
    fn look(&mut self, worker: usize, part: &Part<'_>) -> Causes {
        let home = self.homes.of(worker);
        let most = self.config.sockets.get(worker).copied().unwrap_or_default();
        self.rooms.absorb(worker, home, most, part.at, part.health);
        let around = Surroundings {
            is_hidden: self.health.is_hidden() && self.homes.name(home).is_none(),
            is_behind: self.is_behind(worker, home) && !self.is_probe(worker),
            is_full: self.rooms.is_full_now(home),
            clock_bound: self.clock_bound,
        };
        let causes = self.suspects.look(worker, &self.config.rules, part.metrics, part.health, around);
        let since = self.health.workers[worker].heard.max(self.config.warmup_end);
        if !self.is_probe(worker) && part.at > since {
            self.suspects.pass(worker, part.at, part.at.since(since), causes);
            if causes.are_late() {
                // A worker that stood still has no samples that could say so.
                self.timeline.spread(since, part.at, Figure::HealthLate.name());
            }
        }
        causes
    }

    fn record_completions(&mut self) {
        for done in self.completions.drain() {
            let is_probe = |worker| self.config.probes.contains(&worker);
            self.probe.absorb(done.sent_at, &done.by_worker, &self.homes, is_probe);
            let Some(population) = self.config.populations.get(done.sender.population()) else { continue };
            let Some(operation) = population.delivery.clone() else { continue };
            let (name, warmup) = (population.name.clone(), done.sent_at < self.config.warmup_end);
            for (part, latency) in COMPLETIONS.into_iter().zip([done.first, done.median, done.last]) {
                if let Some(micros) = latency {
                    let metric = part.of(&operation);
                    let sample = Span::from_micros(u64::from(micros));
                    if let Some(delta) = HistogramDelta::of(metric, name.clone(), warmup, &[sample]) {
                        self.histogram_delta(self.elapsed, self.suspects.anybodys(), &delta);
                    }
                }
            }
            let incomplete = u64::from(done.missing > 0);
            let counter = Counter::Incomplete.of(&operation);
            self.counter_delta(self.elapsed, &CounterDelta { counter, population: name, count: incomplete });
        }
    }

    fn note_burst(&mut self, second: u32) {
        let errors = self.timeline.value(Figure::Errors.name()).and_then(|values| values.get(second as usize)).copied();
        let errors = errors.filter(|errors| errors.is_finite()).unwrap_or(0.0) as u64;
        if let Some(usual) = self.bursts.second(second, errors) {
            let text = format!("{errors} errors within a second (before: {usual:.1} a second)");
            self.annotations.add(f64::from(second), AnnotationKind::Errors, text);
        }
    }

    fn close_seconds(&mut self, heard_until: Timestamp) {
        for second in self.timeline.close(heard_until) {
            self.note_burst(second);
        }
        self.watch.judge(self.timeline.closed());
        self.look_for_backlogs();
        let settled = self.config.settle.as_secs_f64().ceil() as u32;
        self.compare_with_probes(self.timeline.closed().saturating_sub(settled));
    }

    /// In all seconds that are over.
    fn look_for_backlogs(&mut self) {
        let closed = self.timeline.closed();
        while let Some((at, worst)) = self.backlogs.next(closed, &self.config.rules, self.config.warmup_end) {
            if let Some(later_ms) = worst {
                self.timeline.put(at, Figure::HealthBacklog.name(), Combine::Max, later_ms);
            }
        }
    }

    /// What was sent in the seconds before `known` is settled.
    fn compare_with_probes(&mut self, known: u32) {
        while let Some((second, gaps)) = self.probe.next(known, self.clock_bound) {
            let at = Timestamp::ZERO + Span::from_secs(u64::from(second) + 1);
            behind::count(&mut self.behind, at, &gaps, &self.config.rules, at <= self.config.warmup_end);
            if let Some(staleness) = self.probe.latest() {
                self.timeline.put(at, Figure::HealthStaleness.name(), Combine::Max, staleness.p50_ms);
            }
        }
    }
}

#[cfg(test)]
mod tests;
