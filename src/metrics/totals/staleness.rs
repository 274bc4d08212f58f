//! Is the generator itself behind? A flooded worker gets its frames late without noticing, and everything it measures
//! is too long by that. The probe is one user in a worker that does nothing else: what it sees later than it is the
//! network's and the server's doing, what the others see later still is ours.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::timeline::{Counts, second_of};
use crate::metrics::delta::HistogramDelta;
use crate::time::Timestamp;

/// How much later the load workers' users get messages than the probe, over the last ten seconds, milliseconds; zero
/// when they get them earlier.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Staleness {
    pub p50_ms: f64,
    pub p95_ms: f64,
}

/// Fan-out latencies of the probe and of everybody else, per second.
#[derive(Debug, Default)]
pub struct ProbeWindow {
    seconds: VecDeque<(u32, Counts, Counts)>,
    latest: Option<Staleness>,
}

impl ProbeWindow {
    pub fn absorb(&mut self, at: Timestamp, is_probe: bool, delta: &HistogramDelta) {
        let second = second_of(at);
        let place = match self.seconds.iter().position(|(known, ..)| *known == second) {
            Some(place) => place,
            None => {
                self.seconds.push_back((second, Counts::default(), Counts::default()));
                self.seconds.len() - 1
            }
        };
        let (_, probe, load) = &mut self.seconds[place];
        if is_probe { probe } else { load }.absorb(delta);
    }

    /// Of a past run: only what it came to.
    pub fn past(latest: Option<Staleness>) -> Self {
        Self { latest, ..Self::default() }
    }

    pub fn latest(&self) -> Option<Staleness> {
        self.latest
    }

    /// The second has all its samples: compares over the window that it ends.
    pub fn close(&mut self, second: u32) -> Option<Staleness> {
        self.seconds.retain(|(known, ..)| *known + WINDOW_SECONDS > second);
        let (mut probe, mut load) = (Counts::default(), Counts::default());
        for (_, seen, others) in self.seconds.iter().filter(|(known, ..)| *known <= second) {
            probe.merge(seen);
            load.merge(others);
        }
        let enough = probe.count() >= FEWEST && load.count() >= FEWEST;
        let pair = probe.quantiles([0.50, 0.95]).zip(load.quantiles([0.50, 0.95])).filter(|_| enough);
        self.latest = pair.map(|([probe50, probe95], [load50, load95])| Staleness {
            p50_ms: f64::from((load50 - probe50).max(0.0)) / 1e3,
            p95_ms: f64::from((load95 - probe95).max(0.0)) / 1e3,
        });
        self.latest
    }
}

/// Long enough for a room of quiet users to say something, short enough to show a generator falling behind.
const WINDOW_SECONDS: u32 = 10;
/// Fewer messages than this say nothing about a percentile.
const FEWEST: u64 = 5;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Span;

    fn window(probe: &[u64], load: &[u64]) -> ProbeWindow {
        let mut window = ProbeWindow::default();
        for (is_probe, values) in [(true, probe), (false, load)] {
            let spans: Vec<_> = values.iter().map(|&micros| Span::from_micros(micros)).collect();
            if let Some(delta) = HistogramDelta::of("message.fanout".into(), "p".into(), false, &spans) {
                window.absorb(Timestamp::from_micros(500_000), is_probe, &delta);
            }
        }
        window
    }

    #[track_caller]
    fn check(probe: &[u64], load: &[u64], expected: Option<(f64, f64)>) {
        let found = window(probe, load).close(0);
        assert_eq!(found.map(|staleness| (staleness.p50_ms, staleness.p95_ms)), expected);
    }

    #[test]
    fn what_others_see_later_than_the_probe_is_staleness() {
        check(&[1_000; 5], &[1_500; 9], Some((0.5, 0.5)));
        check(&[1_500; 5], &[1_000; 9], Some((0.0, 0.0)));
        check(&[1_000; 4], &[1_500; 9], None);
        check(&[], &[], None);
    }

    #[test]
    fn only_the_last_ten_seconds_count() {
        let mut window = window(&[1_000; 5], &[1_500; 9]);
        assert!(window.close(9).is_some());
        assert_eq!(window.close(10), None);
        assert_eq!(window.latest(), None);
        let late = Timestamp::ZERO + Span::from_secs(12);
        let delta = HistogramDelta::of(String::new(), String::new(), false, &[Span::ZERO]).expect("one sample");
        window.absorb(late, true, &delta);
        assert_eq!(window.seconds.len(), 1);
    }
}
