//! All evidence of a run, bounded: what is kept of an hour takes no more room than what is kept of a minute.

use std::collections::BTreeMap;

use super::{Cause, Evidence};

#[derive(Debug, Clone, PartialEq, Default)]
pub struct EvidenceBook {
    /// Errors and closes, in order of arrival.
    happened: Vec<Evidence>,
    slowest: BTreeMap<String, Slowest>,
}

/// The slowest sample of each of some spans of equal length.
#[derive(Debug, Clone, PartialEq)]
struct Slowest {
    span_s: f64,
    /// By the number of the span.
    spans: BTreeMap<u64, Evidence>,
}

impl EvidenceBook {
    pub fn absorb(&mut self, evidence: Evidence) {
        match &evidence.cause {
            Cause::Slowest { metric, .. } => self.slowest.entry(metric.clone()).or_default().absorb(evidence),
            _ => self.happened(evidence),
        }
    }

    fn happened(&mut self, evidence: Evidence) {
        let alike = |known: &&Evidence| {
            known.cause == evidence.cause && known.phase == evidence.phase && known.population == evidence.population
        };
        if self.happened.len() < MOST && self.happened.iter().filter(alike).count() < PER_KIND {
            self.happened.push(evidence);
        }
    }

    pub fn is_empty(&self) -> bool {
        self.happened.is_empty() && self.slowest.is_empty()
    }

    /// Errors and closes in order of arrival, then the slowest samples by metric and time.
    pub fn all(&self) -> impl Iterator<Item = &Evidence> {
        self.happened.iter().chain(self.slowest.values().flat_map(|slowest| slowest.spans.values()))
    }

    /// Errors and closes in order of arrival.
    pub fn errors_and_closes(&self) -> &[Evidence] {
        &self.happened
    }

    /// The slowest samples of a metric, over time.
    pub fn slowest_of(&self, metric: &str) -> impl Iterator<Item = &Evidence> {
        self.slowest.get(metric).into_iter().flat_map(|slowest| slowest.spans.values())
    }
}

impl Extend<Evidence> for EvidenceBook {
    fn extend<T: IntoIterator<Item = Evidence>>(&mut self, all: T) {
        all.into_iter().for_each(|evidence| self.absorb(evidence));
    }
}

impl Default for Slowest {
    fn default() -> Self {
        Self { span_s: 1.0, spans: BTreeMap::new() }
    }
}

impl Slowest {
    /// When there are too many spans, each two become one: a long run is told more coarsely, and its slowest moments
    /// are never lost.
    fn absorb(&mut self, evidence: Evidence) {
        self.put(evidence);
        while self.spans.len() > SPANS {
            self.span_s *= 2.0;
            std::mem::take(&mut self.spans).into_values().for_each(|evidence| self.put(evidence));
        }
    }

    fn put(&mut self, evidence: Evidence) {
        let span = (evidence.at_s / self.span_s).max(0.0) as u64;
        let known = self.spans.get(&span).and_then(Evidence::slowest_ms);
        if known.is_none_or(|known| evidence.slowest_ms() > Some(known)) {
            self.spans.insert(span, evidence);
        }
    }
}

/// Errors and closes of all workers and kinds, and of each kind.
const MOST: usize = 150;
const PER_KIND: usize = 5;
/// Slowest samples of one metric.
const SPANS: usize = 40;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ClosedBy, Phase};

    fn evidence(at_s: f64, cause: Cause) -> Evidence {
        Evidence {
            at_s,
            population: "p".into(),
            user: 0,
            phase: Phase::Active,
            cause,
            frames: Vec::new(),
            generator: None,
        }
    }

    fn slow(at_s: f64, ms: f64) -> Evidence {
        evidence(at_s, Cause::Slowest { metric: "m".into(), ms })
    }

    #[test]
    fn an_hour_of_slowest_samples_stays_small_and_keeps_the_slowest_of_all() {
        let mut book = EvidenceBook::default();
        for second in 0..3_600 {
            let ms = if second == 1_234 { 999.0 } else { f64::from(second % 7) };
            // Two workers.
            book.absorb(slow(f64::from(second), ms));
            book.absorb(slow(f64::from(second) + 0.5, 0.5));
        }
        let all: Vec<_> = book.slowest_of("m").collect();
        assert!((SPANS / 2..=SPANS).contains(&all.len()), "{}", all.len());
        assert!(all.iter().any(|kept| kept.at_s == 1_234.0 && kept.slowest_ms() == Some(999.0)));
        assert!(all.is_sorted_by(|a, b| a.at_s < b.at_s));
    }

    #[test]
    fn a_short_run_has_one_for_every_second() {
        let mut book = EvidenceBook::default();
        book.extend([slow(0.2, 1.0), slow(0.9, 3.0), slow(0.95, 2.0), slow(1.0, 1.0)]);
        let all: Vec<_> = book.slowest_of("m").map(|kept| (kept.at_s, kept.slowest_ms())).collect();
        assert_eq!(all, [(0.9, Some(3.0)), (1.0, Some(1.0))]);
    }

    #[test]
    fn errors_and_closes_are_bounded_by_kind_and_in_all() {
        let mut book = EvidenceBook::default();
        for n in 0..1_000u16 {
            book.absorb(evidence(f64::from(n), Cause::Error { operation: "o".into(), code: "same".into() }));
        }
        assert_eq!(book.errors_and_closes().len(), PER_KIND);
        for code in 0..1_000u16 {
            let cause = Cause::Close { code, reason: String::new(), by: ClosedBy::Server };
            book.absorb(evidence(1.0, cause));
        }
        assert_eq!(book.errors_and_closes().len(), MOST);
    }
}
