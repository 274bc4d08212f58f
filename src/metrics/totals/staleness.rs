//! Is a generator itself behind? A flooded worker gets its frames late without noticing, and everything it measures
//! is too long by that. A probe is one user in a worker that does nothing else: what it sees later than it is the
//! network's and the server's doing, what the others see later still is ours. The probe of the same browser shows a worker that
//! is behind; a probe of another one (best of all of an observer, which carries no load) shows a whole browser that is.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::timeline::{Counts, second_of};
use crate::metrics::delta::HistogramDelta;
use crate::time::{Span, Timestamp};

/// How much later the load workers' users get messages than a probe, in the browser where that is most, over the last ten
/// seconds, milliseconds; zero when they get them earlier.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Staleness {
    pub p50_ms: f64,
    pub p95_ms: f64,
}

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sight {
    /// By one browser's clock and the senders'.
    Fanout,
    /// By one clock alone.
    RoundTrip,
}

/// One browser's load beside a probe, over the last ten seconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    /// The browser of the load, and that of the probe, by their numbers in [`Homes`](super::homes::Homes).
    pub home: usize,
    pub probe: usize,
    pub load_ms: f64,
    pub probe_ms: f64,
    pub later: Staleness,
}

/// Latencies of probes and of everybody else, per second and browser.
#[derive(Debug, Default)]
pub struct ProbeWindow {
    seconds: VecDeque<(u32, Seen)>,
    latest: Option<Staleness>,
}

/// By browser, and whether it is its probe's.
type Seen = BTreeMap<(Sight, usize, bool), Counts>;

impl ProbeWindow {
    pub fn absorb(&mut self, at: Timestamp, sight: Sight, home: usize, is_probe: bool, delta: &HistogramDelta) {
        let second = second_of(at);
        let place = match self.seconds.iter().position(|(known, _)| *known == second) {
            Some(place) => place,
            None => {
                self.seconds.push_back((second, Seen::default()));
                self.seconds.len() - 1
            }
        };
        self.seconds[place].1.entry((sight, home, is_probe)).or_default().absorb(delta);
    }

    /// Of a past run: only what it came to.
    pub fn past(latest: Option<Staleness>) -> Self {
        Self { latest, ..Self::default() }
    }

    pub fn latest(&self) -> Option<Staleness> {
        self.latest
    }

    /// The second has all its samples: compares over the window that it ends. Each browser that carries load is compared with
    /// its own probe, and with the best of the others'.
    pub fn close(&mut self, second: u32, clock_bound: Span) -> Vec<Gap> {
        self.seconds.retain(|(known, _)| *known + WINDOW_SECONDS > second);
        let mut window = Seen::default();
        for (_, seen) in self.seconds.iter().filter(|(known, _)| *known <= second) {
            seen.iter().for_each(|(key, counts)| window.entry(*key).or_default().merge(counts));
        }
        let known: BTreeMap<_, _> = window
            .iter_mut()
            .filter(|(_, counts)| counts.count() >= FEWEST)
            .filter_map(|(key, counts)| {
                Some((*key, counts.quantiles([0.50, 0.95])?.map(|micros| f64::from(micros) / 1e3)))
            })
            .collect();
        let homes: std::collections::BTreeSet<usize> = known.keys().map(|(_, home, _)| *home).collect();
        let gaps: Vec<Gap> = homes.iter().flat_map(|&home| gaps_of(&known, home, clock_bound)).collect();
        let worst = gaps.iter().max_by(|a, b| a.later.p50_ms.total_cmp(&b.later.p50_ms));
        self.latest = worst.map(|gap| gap.later);
        gaps
    }
}

/// Percentiles 50 and 95, milliseconds.
type Known = BTreeMap<(Sight, usize, bool), [f64; 2]>;

fn gaps_of(known: &Known, home: usize, clock_bound: Span) -> impl Iterator<Item = Gap> {
    let with_probe = |sight: Sight, probe: usize, slack_ms: f64| {
        let ([load, load95], [seen, seen95]) = (known.get(&(sight, home, false))?, known.get(&(sight, probe, true))?);
        let later = |load: f64, probe: f64| (load - probe - slack_ms).max(0.0);
        let later = Staleness { p50_ms: later(*load, *seen), p95_ms: later(*load95, *seen95) };
        Some(Gap { home, probe, load_ms: *load, probe_ms: *seen, later })
    };
    // More messages arrive than are sent: fan-out says more, unless two clocks take part in it.
    let own = with_probe(Sight::Fanout, home, 0.0).or_else(|| with_probe(Sight::RoundTrip, home, 0.0));
    let best = |sight: Sight| {
        let others = known.iter().filter(|((of, other, is_probe), _)| *of == sight && *is_probe && *other != home);
        others.min_by(|(_, a), (_, b)| a[0].total_cmp(&b[0])).map(|((_, other, _), _)| *other)
    };
    let round_trip = best(Sight::RoundTrip).and_then(|probe| with_probe(Sight::RoundTrip, probe, 0.0));
    // Its probe's clock and its own may both be wrong by the bound.
    let slack_ms = 2.0 * clock_bound.as_millis_f64();
    let fanout = || best(Sight::Fanout).and_then(|probe| with_probe(Sight::Fanout, probe, slack_ms));
    own.into_iter().chain(round_trip.or_else(fanout))
}

/// Long enough for a room of quiet users to say something, short enough to show a generator falling behind.
const WINDOW_SECONDS: u32 = 10;
/// Fewer messages than this say nothing about a percentile.
const FEWEST: u64 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::from_micros(500_000);

    fn see(window: &mut ProbeWindow, sight: Sight, home: usize, is_probe: bool, micros: u64, times: usize) {
        let spans = vec![Span::from_micros(micros); times];
        if let Some(delta) = HistogramDelta::of("message.fanout".into(), "p".into(), false, &spans) {
            window.absorb(AT, sight, home, is_probe, &delta);
        }
    }

    fn window(probe: (u64, usize), load: (u64, usize)) -> ProbeWindow {
        let mut window = ProbeWindow::default();
        see(&mut window, Sight::Fanout, 0, true, probe.0, probe.1);
        see(&mut window, Sight::Fanout, 0, false, load.0, load.1);
        window
    }

    #[track_caller]
    fn check(probe: (u64, usize), load: (u64, usize), expected: Option<f64>) {
        let mut window = window(probe, load);
        let gaps = window.close(0, Span::ZERO);
        assert_eq!(gaps.first().map(|gap| gap.later.p50_ms), expected);
        assert_eq!(window.latest().map(|staleness| staleness.p50_ms), expected);
    }

    #[test]
    fn what_others_see_later_than_the_probe_is_staleness() {
        check((1_000, 5), (1_500, 9), Some(0.5));
        check((1_500, 5), (1_000, 9), Some(0.0));
        check((1_000, 4), (1_500, 9), None);
        check((1_000, 0), (1_000, 0), None);
    }

    /// What two browsers' loads see (0 and 1), and the probe of an observer (2): home, probe, how much later.
    #[track_caller]
    fn check_homes(sight: Sight, clock_bound_ms: u64, expected: &[(usize, usize, f64)]) {
        let mut window = ProbeWindow::default();
        for (home, probe_us, load_us) in [(0, 10_000, 12_000), (1, 300_000, 310_000), (2, 9_000, 0)] {
            see(&mut window, sight, home, true, probe_us, 6);
            see(&mut window, sight, home, false, load_us, if load_us > 0 { 6 } else { 0 });
        }
        let gaps = window.close(0, Span::from_millis(clock_bound_ms)).into_iter();
        let found: Vec<_> = gaps.map(|gap| (gap.home, gap.probe, gap.later.p50_ms.round())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_browser_that_is_behind_as_a_whole_is_seen_from_another_one() {
        check_homes(Sight::RoundTrip, 40, &[(0, 0, 2.0), (0, 2, 3.0), (1, 1, 10.0), (1, 2, 301.0)]);
        // By two clocks: what their comparison can be wrong by does not count.
        check_homes(Sight::Fanout, 40, &[(0, 0, 2.0), (0, 2, 0.0), (1, 1, 10.0), (1, 2, 221.0)]);
    }

    #[test]
    fn only_the_last_ten_seconds_count() {
        let mut window = window((1_000, 5), (1_500, 9));
        assert_eq!(window.close(9, Span::ZERO).len(), 1);
        assert_eq!(window.close(10, Span::ZERO), []);
        assert_eq!(window.latest(), None);
        let late = Timestamp::ZERO + Span::from_secs(12);
        let delta = HistogramDelta::of(String::new(), String::new(), false, &[Span::ZERO]).expect("one sample");
        window.absorb(late, Sight::Fanout, 0, true, &delta);
        assert_eq!(window.seconds.len(), 1);
    }
}
