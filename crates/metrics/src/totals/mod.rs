//! What a run came to: exact totals, and one value a second for charts. Plain data: [`Aggregator`](super::Aggregator) adds to it while
//! a run goes on, and a report has the same.

pub(crate) mod behind;
mod cells;
mod config;
pub(crate) mod counts;
mod full;
mod generators;
pub(crate) mod health;
mod homes;
mod load_end;
mod metrics;
mod outcomes;
pub(crate) mod suspect;
pub(crate) mod timeline;
mod users;

use std::borrow::Cow;
use std::collections::BTreeMap;

pub use self::behind::{Backlog, Behind, Gap, Late, Staleness};
pub use self::cells::Window;
pub use self::config::{PopulationConfig, TotalsConfig};
pub(crate) use self::counts::CountTotals;
pub use self::counts::{DisconnectTotal, ErrorTotal};
pub use self::full::{Full, Proof, Rooms, Stall};
pub(crate) use self::generators::Generators;
pub use self::health::{Health, WorkerHealth};
pub use self::homes::Homes;
pub use self::load_end::{EndedBy, LoadEnd};
pub(crate) use self::metrics::{MetricTotal, MetricTotals};
pub use self::outcomes::{ACK_TIMEOUT, ECHO_TIMEOUT, Outcomes, is_timeout, outcomes};
pub use self::suspect::{SuspectCause, SuspectTally, Suspects};
pub use self::timeline::{MetricColumns, Timeline};
pub(crate) use self::users::UsersTotal;

use super::annotation::Annotations;
use super::close::DisconnectKey;
use super::contract::{BreachKey, BreachTotal};
use super::delta::{ErrorKey, LedgerDelta};
use super::evidence::EvidenceBook;
use super::finding::{FindingKey, FindingTotal};
use super::histogram::Histogram;
use super::listeners::Listeners;
use super::user::UsersByState;
use base::time::{Span, Timestamp};

#[derive(Debug, Clone, Default)]
pub struct Totals {
    pub(crate) config: TotalsConfig,
    pub(crate) elapsed: Timestamp,
    pub(crate) metrics: MetricTotals,
    pub(crate) counts: CountTotals,
    pub(crate) users: UsersTotal,
    pub(crate) generators: Generators,
    pub(crate) timeline: Timeline,
    pub(crate) annotations: Annotations,
    pub(crate) evidence: EvidenceBook,
}

impl Totals {
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

    /// A metric over all populations, without the warm-up. While a run goes on, what is waited for beyond its limit is in it as what never
    /// came is, here and below.
    pub fn histogram(&self, metric: &str) -> Option<Cow<'_, Histogram>> {
        self.metrics.get(metric).map(|split| split.all.as_of_now())
    }

    /// How long the requests take together that a user makes before its connection (medians), in the population where that is longest.
    pub fn log_in_time(&self) -> Option<Span> {
        let median = |name: &String| self.histogram(name)?.quantile(0.5);
        let of = |population: &PopulationConfig| population.log_in.iter().filter_map(median).reduce(|a, b| a + b);
        self.config.populations.iter().filter_map(of).max()
    }

    /// Every metric with samples after the warm-up: of the population; where a plan has several, over all of them
    /// (`None`) and then of each.
    pub fn histograms(&self) -> impl Iterator<Item = (&str, Option<&str>, Cow<'_, Histogram>)> {
        self.metrics
            .splits(&self.config.populations)
            .map(|(name, population, split)| (name, population, split.all.as_of_now()))
    }

    /// Of the same metrics the clean samples; `None`: all are clean.
    pub fn clean_histograms(&self) -> impl Iterator<Item = Option<Cow<'_, Histogram>>> {
        self.metrics
            .splits(&self.config.populations)
            .map(|(_, _, split)| split.clean.as_ref().map(|clean| clean.as_of_now()))
    }

    /// A counter over all populations; `None` if nobody ever named it.
    pub fn counter(&self, counter: &str) -> Option<u64> {
        self.counts.counter(counter)
    }

    /// Counter, population (empty: none) and count.
    pub fn counters(&self) -> impl Iterator<Item = (&str, &str, u64)> {
        self.counts.counters.iter().map(|((name, population), count)| (name.as_str(), population.as_str(), *count))
    }

    /// How events broke their contract, and unknown ones.
    pub fn breaches(&self) -> &BTreeMap<BreachKey, BreachTotal> {
        &self.counts.breaches
    }

    /// What findings are about.
    pub fn findings(&self) -> &BTreeMap<FindingKey, FindingTotal> {
        &self.counts.findings
    }

    pub fn errors(&self) -> &BTreeMap<ErrorKey, ErrorTotal> {
        &self.counts.errors
    }

    pub fn disconnects(&self) -> &BTreeMap<DisconnectKey, DisconnectTotal> {
        &self.counts.disconnects
    }

    pub fn delivery(&self) -> &LedgerDelta {
        &self.counts.delivery
    }

    /// Who heard a voice service.
    pub fn listeners(&self) -> &Listeners {
        &self.counts.listeners
    }

    /// What was kept of moments in which something went wrong.
    pub fn evidence(&self) -> &EvidenceBook {
        &self.evidence
    }

    /// Users of all workers and populations.
    pub fn users_by_state(&self) -> UsersByState {
        self.users.now
    }

    /// Users that had been at it and had no connection when the load ended, and had not given up either.
    pub fn without_connection_at_end(&self) -> u32 {
        self.users.at_end.reconnecting
    }

    /// How the load ended; `None`: it goes on, or nobody knows.
    pub fn ending(&self) -> Option<LoadEnd> {
        self.users.ending
    }

    pub fn health(&self) -> &Health {
        &self.generators.health
    }

    /// The worker plays a probe and nobody else.
    pub fn is_probe(&self, worker: usize) -> bool {
        self.config.probes.contains(&worker)
    }

    /// The browser that a worker lives in, by its name; `None`: the conductor's own.
    pub fn browser_of(&self, worker: usize) -> Option<&str> {
        self.generators.homes.name(self.generators.homes.of(worker))
    }

    pub fn homes(&self) -> &Homes {
        &self.generators.homes
    }

    /// How much of the run the generator's own state makes suspect.
    pub fn suspects(&self) -> &Suspects {
        &self.generators.suspects
    }

    /// For how long each browser's load was behind a probe; by the browser's number.
    pub fn behind(&self) -> &[Behind] {
        &self.generators.behind
    }

    /// For how long answers to each worker's own requests were late; by the worker's number.
    pub fn backlogs(&self) -> &[Backlog] {
        &self.generators.backlogs
    }

    /// Which browsers were full.
    pub fn rooms(&self) -> &Rooms {
        &self.generators.rooms
    }

    /// How wrong the comparison of the browsers' clocks can be.
    pub fn clock_bound(&self) -> Span {
        self.generators.clock_bound
    }

    /// How much later load workers see messages than the probe does; `None` without enough messages at either, and of a run
    /// that is over.
    pub fn staleness(&self) -> Option<Staleness> {
        self.generators.staleness
    }

    /// The same over the ten seconds of the run in which the median was highest.
    pub fn worst_staleness(&self) -> Option<Staleness> {
        self.generators.worst_staleness
    }

    /// What happened during the run, in words.
    pub fn annotations(&self) -> &Annotations {
        &self.annotations
    }

    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Attempts of each operation, see [`outcomes`].
    pub fn operations(&self) -> &BTreeMap<String, Outcomes> {
        &self.counts.operations
    }

    /// Names of operations in the order of a user's life.
    pub fn life(&self) -> Vec<&str> {
        self.config.life()
    }
}
