//! What one threshold needs of a stretch of time, and nothing else: tallies of seconds are added to a window's and taken off it again.

use std::collections::{BTreeMap, BTreeSet};

use super::samples::Samples;
use crate::close::{CloseKind, DisconnectDelta, DisconnectKey};
use crate::delta::{CounterDelta, ErrorDelta, HistogramDelta, LedgerDelta};
use crate::listeners::{HeardSums, ListenerDelta};
use crate::totals::{ACK_TIMEOUT, EndedBy, LoadEnd, Outcomes, PopulationConfig, outcomes};
use crate::user::UsersByState;
use base::time::Span;
use catalogue::Figure;
use plan::{Statistic, Subject, Threshold, VoiceValue};

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Tally {
    /// Of the metric; `None`: it was never heard of.
    pub samples: Option<Samples>,
    /// Of the counter.
    pub counter: Option<u64>,
    /// Samples of operations by metric, from which attempts are known.
    pub seen: BTreeMap<String, u64>,
    /// By operation and code.
    pub failed: BTreeMap<(String, String), u64>,
    pub disconnects: u64,
    pub ledger: LedgerDelta,
    pub heard: HeardSums,
    pub standing: Standing,
}

/// What became of the users that it looks at, and of the run: no sum over time.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Standing {
    pub users: UsersByState,
    /// `None`: it goes on.
    pub ending: Option<LoadEnd>,
}

impl Standing {
    fn value(&self, figure: Figure) -> Option<f64> {
        match figure {
            Figure::Failed => Some(f64::from(self.users.gave_up())),
            Figure::Unreached => Some(f64::from(self.users.unreached())),
            Figure::Played => self.ending.map(|ending| ending.played()),
            _ => None,
        }
    }

    /// Without those that waited for the generator itself, and what the tester did.
    fn certain(&self, figure: Figure) -> Option<f64> {
        match figure {
            Figure::Unreached => Some(f64::from(self.users.unreached().saturating_sub(self.users.held_up))),
            Figure::Played => self.value(figure).filter(|_| self.ending.is_some_and(|end| end.by != EndedBy::Tester)),
            _ => self.value(figure),
        }
    }
}

/// What a threshold looks at.
#[derive(Debug, Clone)]
pub struct Lens {
    pub subject: Subject,
    /// Its name and its place in the plan.
    pub population: Option<(String, usize)>,
    /// Operations whose acknowledgement is no success yet.
    pub answered: BTreeSet<String>,
    /// A statistic of too few samples is none.
    needs_many: bool,
}

/// For how long samples and counts were taken.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Times {
    pub samples: Span,
    pub counts: Span,
}

impl Lens {
    pub fn new(threshold: &Threshold, populations: &[PopulationConfig]) -> Self {
        let place = |name: &str| populations.iter().position(|known| known.name.eq_ignore_ascii_case(name));
        let population = threshold.population.clone();
        Self {
            subject: threshold.subject.clone(),
            population: population.map(|name| (name.clone(), place(&name).unwrap_or(usize::MAX))),
            answered: populations.iter().flat_map(|population| population.answered.iter().cloned()).collect(),
            needs_many: false,
        }
    }

    /// The same, for what a failure is to stand on.
    pub fn for_certain(&self) -> Self {
        Self { needs_many: true, ..self.clone() }
    }

    /// A suspect sample of this metric can be why the threshold is broken.
    pub fn can_suffer(&self, metric: &str) -> bool {
        matches!(self.subject, Subject::Time { .. }) && self.names(metric)
    }

    /// The users of this population are among those that it looks at.
    pub fn sees_place(&self, place: usize) -> bool {
        self.population.as_ref().is_none_or(|(_, wanted)| *wanted == place)
    }

    pub fn sees(&self, population: &str) -> bool {
        self.population.as_ref().is_none_or(|(name, _)| name.eq_ignore_ascii_case(population))
    }

    fn names(&self, metric: &str) -> bool {
        match &self.subject {
            Subject::Time { metric: name, .. } | Subject::Count { name, .. } => name.eq_ignore_ascii_case(metric),
            _ => false,
        }
    }

    pub fn wants_outcomes(&self) -> bool {
        matches!(self.subject, Subject::ErrorRate { .. } | Subject::Errors { .. })
    }

    /// `is_measured`: its samples count for statistics; `has_happened`: they count as attempts. Returns the lowest limit of samples that
    /// never came, milliseconds.
    pub fn histogram(
        &self,
        tally: &mut Tally,
        delta: &HistogramDelta,
        is_measured: bool,
        has_happened: bool,
    ) -> Option<f64> {
        if !self.sees(&delta.population) {
            return None;
        }
        let mut lowest = None;
        if self.names(&delta.metric) {
            let samples = tally.samples.get_or_insert_default();
            if is_measured {
                samples.absorb(delta);
                lowest = delta.censored.iter().map(|censored| censored.limit_us).min();
            }
        }
        if self.wants_outcomes() {
            add(&mut tally.seen, &delta.metric, if has_happened { delta.succeeded() } else { 0 });
        }
        lowest.map(|micros| f64::from(micros) / 1e3)
    }

    /// The value is only known to be more than that, where samples of at least `from` (milliseconds) never came.
    pub fn is_at_least(&self, value: f64, from: Option<f64>) -> bool {
        match self.subject {
            Subject::Time { statistic: Statistic::Mean, .. } => from.is_some(),
            Subject::Time { .. } => from.is_some_and(|from| value >= from),
            _ => false,
        }
    }

    pub fn counter(&self, tally: &mut Tally, delta: &CounterDelta) {
        if self.sees(&delta.population) && self.names(&delta.counter) {
            *tally.counter.get_or_insert_default() += delta.count;
        }
    }

    pub fn error(&self, tally: &mut Tally, delta: &ErrorDelta) {
        if self.sees(&delta.key.population) && self.wants_outcomes() {
            let key = (delta.key.operation.clone(), delta.key.code.clone());
            *tally.failed.entry(key).or_default() += delta.count;
        }
    }

    pub fn disconnect(&self, tally: &mut Tally, delta: &DisconnectDelta) {
        let DisconnectKey { population, code, .. } = &delta.key;
        self.disconnects(tally, population, delta.key.kind(), *code, delta.count);
    }

    pub fn disconnects(&self, tally: &mut Tally, population: &str, kind: CloseKind, code: u16, count: u64) {
        if let Subject::Disconnects { code: wanted } = self.subject
            && kind == CloseKind::Lost
            && wanted.is_none_or(|wanted| wanted == code)
            && self.sees(population)
        {
            tally.disconnects += count;
        }
    }

    pub fn listener(&self, tally: &mut Tally, delta: &ListenerDelta) {
        if self.sees_place(delta.user.population()) && matches!(self.subject, Subject::Voice(_)) {
            tally.heard += delta.heard;
        }
    }

    /// `None` where nothing was measured: no sample is not zero milliseconds, and nothing owed is not all delivered.
    pub fn measure(&self, tally: &Tally, times: Times) -> Option<f64> {
        match &self.subject {
            Subject::Time { statistic, .. } => {
                let samples = tally.samples.as_ref()?;
                let is_enough = !self.needs_many || samples.count() as f64 >= samples_wanted(*statistic);
                is_enough.then(|| samples.statistic(*statistic)).flatten()
            }
            Subject::Count { per_second, .. } => {
                let samples = tally.samples.as_ref().map(|samples| (samples.came(), times.samples));
                let (count, time) = samples.or(tally.counter.map(|count| (count, times.counts)))?;
                let seconds = time.as_secs_f64();
                if !per_second { Some(count as f64) } else { (seconds > 0.0).then(|| count as f64 / seconds) }
            }
            Subject::Errors { operation, code } => {
                let matching = tally
                    .failed
                    .iter()
                    .filter(|((of, with), _)| same(operation.as_ref(), of) && same(code.as_ref(), with));
                let is_known = operation.is_none() || self.outcomes(tally, operation.as_ref()).is_some();
                is_known.then(|| matching.map(|(_, count)| *count as f64).sum())
            }
            Subject::ErrorRate { operation } => self.outcomes(tally, operation.as_ref())?.error_rate(),
            Subject::Disconnects { .. } => Some(tally.disconnects as f64),
            Subject::Delivery { figure, share } => delivery(&tally.ledger, *figure, *share),
            Subject::Voice(value) => voice(&tally.heard, *value),
            Subject::Standing(figure) if self.needs_many => tally.standing.certain(*figure),
            Subject::Standing(figure) => tally.standing.value(*figure),
        }
    }

    /// Of one operation, `None` if nobody ever tried it; or of all.
    fn outcomes(&self, tally: &Tally, operation: Option<&String>) -> Option<Outcomes> {
        let failed = tally.failed.iter().map(|((operation, code), count)| (operation.as_str(), code.as_str(), *count));
        let seen = tally.seen.iter().map(|(metric, count)| (metric.as_str(), *count));
        let all = outcomes(seen, failed, |operation| self.answered.contains(operation));
        let mut wanted = all.into_iter().filter(|(name, _)| same(operation, name)).map(|(_, of)| of);
        let first = wanted.next()?;
        Some(wanted.fold(first, |sum, next| Outcomes {
            succeeded: sum.succeeded + next.succeeded,
            failed: sum.failed + next.failed,
        }))
    }
}

impl Tally {
    /// An operation went well so often, after all its failures are known.
    pub fn know(&mut self, operation: &str, succeeded: u64) {
        let key = (operation.to_owned(), ACK_TIMEOUT.to_owned());
        let after_all = self.failed.get(&key).copied().unwrap_or(0);
        add(&mut self.seen, operation, succeeded + after_all);
    }

    pub fn add(&mut self, other: &Self) {
        if let Some(samples) = &other.samples {
            self.samples.get_or_insert_default().add(samples);
        }
        if let Some(count) = other.counter {
            *self.counter.get_or_insert_default() += count;
        }
        other.seen.iter().for_each(|(metric, count)| add(&mut self.seen, metric, *count));
        for (key, count) in &other.failed {
            *self.failed.entry(key.clone()).or_default() += count;
        }
        self.disconnects += other.disconnects;
        self.ledger += other.ledger;
        self.heard += other.heard;
    }

    /// Takes off what was added before. Names stay known, at zero: a window without errors has none, rather than nobody knows.
    pub fn take(&mut self, other: &Self) {
        if let (Some(samples), Some(gone)) = (&mut self.samples, &other.samples) {
            samples.take(gone);
        }
        self.counter = self.counter.map(|count| count - other.counter.unwrap_or(0));
        for (metric, count) in &other.seen {
            self.seen.entry(metric.clone()).and_modify(|left| *left -= count);
        }
        for (key, count) in &other.failed {
            self.failed.entry(key.clone()).and_modify(|left| *left -= count);
        }
        self.disconnects -= other.disconnects;
        self.ledger -= other.ledger;
        self.heard -= other.heard;
    }
}

fn delivery(ledger: &LedgerDelta, figure: Figure, share: bool) -> Option<f64> {
    let count = ledger.figure(figure)? as f64;
    let is_known = ledger.due > 0 || !figure.is_of_receivers();
    match share {
        false => is_known.then_some(count),
        true => ledger.share(figure).filter(|_| is_known),
    }
}

fn voice(heard: &HeardSums, value: VoiceValue) -> Option<f64> {
    let (starved, received) = (heard.starved.as_millis_f64(), heard.received.as_millis_f64());
    match value {
        VoiceValue::RealTimeFactor => heard.real_time_factor(),
        VoiceValue::StarvedShare => (received > 0.0).then(|| starved / received),
        VoiceValue::Answers => Some(f64::from(heard.answers)),
        // Nobody heard anything: there is nobody to whom it was good or bad.
        _ if heard.answers == 0 => None,
        VoiceValue::Received => Some(received),
        VoiceValue::Underruns => Some(f64::from(heard.underruns)),
        VoiceValue::Starved => Some(starved),
    }
}

fn add(counts: &mut BTreeMap<String, u64>, name: &str, count: u64) {
    match counts.get_mut(name) {
        Some(known) => *known += count,
        None => {
            counts.insert(name.to_owned(), count);
        }
    }
}

fn same(wanted: Option<&String>, found: &str) -> bool {
    wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(found))
}

/// So many samples say something: of a percentile, ten lie beyond it.
fn samples_wanted(statistic: Statistic) -> f64 {
    match statistic {
        Statistic::Min | Statistic::Max => 1.0,
        Statistic::Mean => 10.0,
        Statistic::Quantile(quantile) => 10.0 / (1.0 - quantile).min(quantile).max(1e-3),
    }
}
