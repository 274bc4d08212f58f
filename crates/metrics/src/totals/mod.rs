//! What a run came to: exact totals, and one value a second for charts. Plain data: [`Aggregator`](super::Aggregator) adds to it while
//! a run goes on, and a report has the same.

pub(crate) mod behind;
mod cells;
mod config;
mod full;
pub(crate) mod health;
mod homes;
mod load_end;
mod outcomes;
pub(crate) mod suspect;
pub(crate) mod timeline;

use std::borrow::Cow;
use std::collections::BTreeMap;

pub use self::behind::{Backlog, Behind, Gap, Late, Staleness};
pub use self::cells::Window;
pub use self::config::{PopulationConfig, TotalsConfig};
pub use self::full::{Full, Proof, Rooms, Stall};
pub use self::health::{Health, WorkerHealth};
pub use self::homes::Homes;
pub use self::load_end::{EndedBy, LoadEnd};
pub use self::outcomes::{ACK_TIMEOUT, ECHO_TIMEOUT, Outcomes, is_timeout, outcomes};
pub use self::suspect::{SuspectCause, SuspectTally, Suspects};
pub use self::timeline::{MetricColumns, Timeline};

use self::suspect::Split;
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
    pub(crate) metrics: BTreeMap<String, MetricTotal>,
    /// By counter and population; no population: what belongs to none.
    pub(crate) counters: BTreeMap<(String, String), u64>,
    pub(crate) errors: BTreeMap<ErrorKey, ErrorTotal>,
    pub(crate) disconnects: BTreeMap<DisconnectKey, DisconnectTotal>,
    pub(crate) delivery: LedgerDelta,
    pub(crate) listeners: Listeners,
    pub(crate) breaches: BTreeMap<BreachKey, BreachTotal>,
    pub(crate) findings: BTreeMap<FindingKey, FindingTotal>,
    /// Of all workers and populations, as of their last hand-overs.
    pub(crate) users: UsersByState,
    /// `None`: it goes on.
    pub(crate) ending: Option<LoadEnd>,
    /// The same when the load ended.
    pub(crate) users_at_end: UsersByState,
    pub(crate) health: Health,
    /// How far the load was behind the probes when they were last compared.
    pub(crate) staleness: Option<Staleness>,
    pub(crate) worst_staleness: Option<Staleness>,
    pub(crate) homes: Homes,
    pub(crate) suspects: Suspects,
    pub(crate) behind: Vec<Behind>,
    /// By worker.
    pub(crate) backlogs: Vec<Backlog>,
    pub(crate) rooms: Rooms,
    pub(crate) clock_bound: Span,
    pub(crate) timeline: Timeline,
    pub(crate) annotations: Annotations,
    pub(crate) evidence: EvidenceBook,
    /// Attempts, warm-up included.
    pub(crate) operations: BTreeMap<String, Outcomes>,
}

/// One histogram's samples. Without those of the warm-up, except where said.
#[derive(Debug, Clone, Default)]
pub(crate) struct MetricTotal {
    pub(crate) split: Split,
    /// Its samples belong to populations.
    pub(crate) populated: bool,
    /// Only kept when the plan has several populations.
    pub(crate) by_population: BTreeMap<String, Split>,
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
        self.metrics.get(metric).map(|metric| metric.split.all.as_of_now())
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
        self.splits().map(|(name, population, split)| (name, population, split.all.as_of_now()))
    }

    /// Of the same metrics the clean samples; `None`: all are clean.
    pub fn clean_histograms(&self) -> impl Iterator<Item = Option<Cow<'_, Histogram>>> {
        self.splits().map(|(_, _, split)| split.clean.as_ref().map(|clean| clean.as_of_now()))
    }

    fn splits(&self) -> impl Iterator<Item = (&str, Option<&str>, &Split)> {
        let only = if let [only] = &self.config.populations[..] { Some(only.name.as_str()) } else { None };
        let entries = self.metrics.iter().flat_map(move |(name, metric)| {
            let parts = metric.by_population.iter().map(|(population, part)| (Some(population.as_str()), part));
            std::iter::once((only.filter(|_| metric.populated), &metric.split))
                .chain(parts)
                .map(|(population, part)| (name.as_str(), population, part))
        });
        entries.filter(|(_, _, split)| !split.all.is_empty())
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

    /// What findings are about.
    pub fn findings(&self) -> &BTreeMap<FindingKey, FindingTotal> {
        &self.findings
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

    /// What was kept of moments in which something went wrong.
    pub fn evidence(&self) -> &EvidenceBook {
        &self.evidence
    }

    /// Users of all workers and populations.
    pub fn users_by_state(&self) -> UsersByState {
        self.users
    }

    /// Users that had been at it and had no connection when the load ended, and had not given up either.
    pub fn without_connection_at_end(&self) -> u32 {
        self.users_at_end.reconnecting
    }

    /// How the load ended; `None`: it goes on, or nobody knows.
    pub fn ending(&self) -> Option<LoadEnd> {
        self.ending
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
        &self.backlogs
    }

    /// Which browsers were full.
    pub fn rooms(&self) -> &Rooms {
        &self.rooms
    }

    /// How wrong the comparison of the browsers' clocks can be.
    pub fn clock_bound(&self) -> Span {
        self.clock_bound
    }

    /// How much later load workers see messages than the probe does; `None` without enough messages at either, and of a run
    /// that is over.
    pub fn staleness(&self) -> Option<Staleness> {
        self.staleness
    }

    /// The same over the ten seconds of the run in which the median was highest.
    pub fn worst_staleness(&self) -> Option<Staleness> {
        self.worst_staleness
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
        &self.operations
    }

    /// Names of operations in the order of a user's life.
    pub fn life(&self) -> Vec<&str> {
        self.config.life()
    }
}
