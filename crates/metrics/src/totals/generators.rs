//! How the generators themselves did: what makes a run's numbers doubtful.

use super::behind::{self, Backlog, Behind, Gap, Staleness};
use super::config::TotalsConfig;
use super::full::Rooms;
use super::health::Health;
use super::homes::Homes;
use super::suspect::Suspects;
use base::time::{Span, Timestamp};
use plan::VerdictRules;

#[derive(Debug, Clone, Default)]
pub struct Generators {
    pub(crate) health: Health,
    pub(crate) homes: Homes,
    pub(crate) suspects: Suspects,
    pub(crate) rooms: Rooms,
    pub(crate) clock_bound: Span,
    pub(crate) behind: Vec<Behind>,
    /// By worker.
    pub(crate) backlogs: Vec<Backlog>,
    /// How far the load was behind the probes when they were last compared.
    pub(crate) staleness: Option<Staleness>,
    pub(crate) worst_staleness: Option<Staleness>,
}

impl Generators {
    pub fn new(config: &TotalsConfig) -> Self {
        let homes = Homes::new(config.workers, &config.browsers);
        Self { health: Health::new(config.workers), homes, ..Self::default() }
    }

    /// Frames wait in this worker's sockets, or in its browser.
    pub fn is_behind(&self, worker: usize) -> bool {
        let has_backlog = self.backlogs.get(worker).is_some_and(|backlog| backlog.is_now);
        has_backlog || self.behind.get(self.homes.of(worker)).is_some_and(|behind| behind.is_now)
    }

    /// The second that ends at `at`: how far each browser's load was behind a probe, and the farthest.
    pub fn compare(&mut self, at: Timestamp, gaps: &[Gap], rules: &VerdictRules, is_warmup: bool) -> Option<Staleness> {
        behind::count(&mut self.behind, at, gaps, rules, is_warmup);
        self.staleness = behind::worst(gaps);
        let worse = self.staleness.filter(|now| self.worst_staleness.is_none_or(|worst| worst.p50_ms < now.p50_ms));
        self.worst_staleness = worse.or(self.worst_staleness);
        self.staleness
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worst_that_a_load_was_behind_stays() {
        let mut generators = Generators::default();
        let gap = |home, p50_ms| {
            let later = Staleness { p50_ms, p95_ms: p50_ms };
            Gap { home, probe: 0, load_ms: p50_ms, probe_ms: 0.0, later }
        };
        let mut check = |gaps: &[Gap], now: Option<f64>, worst: Option<f64>, is_behind: [bool; 2]| {
            let said = generators.compare(Timestamp::ZERO, gaps, &VerdictRules::default(), false);
            assert_eq!((said, said.map(|said| said.p50_ms)), (generators.staleness, now));
            assert_eq!(generators.worst_staleness.map(|worst| worst.p50_ms), worst);
            assert_eq!([0, 1].map(|home| generators.behind.get(home).is_some_and(|behind| behind.is_now)), is_behind);
        };
        check(&[gap(0, 900.0), gap(1, 0.0)], Some(900.0), Some(900.0), [true, false]);
        check(&[gap(1, 700.0)], Some(700.0), Some(900.0), [false, true]);
        check(&[], None, Some(900.0), [false, false]);
    }
}
