//! Is a generator itself behind? A flooded worker gets its frames late without noticing, and everything it measures
//! is too long by that. A probe is one user in a worker that does nothing else: what it sees later than it is the
//! network's and the server's doing, what the others see later still is ours. The probe of the same browser shows a worker that
//! is behind; a probe of another one (best of all of an observer, which carries no load) shows a whole browser that is.

use std::collections::{BTreeMap, VecDeque};

use crate::totals::timeline::second_of;
use crate::totals::{Gap, Homes, Staleness};
use base::time::{Span, Timestamp};

/// One message that a browser's load and a probe got both. Only then are their times comparable: where messages queue up at
/// the server, those of one room are sooner than those of another.
#[derive(Debug, Clone, Copy)]
struct Pair {
    load_us: u32,
    probe_us: u32,
    /// The browser of the probe.
    probe: usize,
}

/// Messages that probes and others got, by the second of their sending. A message is known here when its delivery is settled.
#[derive(Debug, Default)]
pub struct ProbeWindow {
    seconds: VecDeque<(u32, Seen)>,
    /// Seconds before this one have been compared.
    compared: u32,
}

/// By the load's browser, and whether the probe is its own.
type Seen = BTreeMap<(usize, bool), Vec<Pair>>;

impl ProbeWindow {
    /// When the members of each worker got a message: the median of each worker, in microseconds.
    pub fn absorb(
        &mut self,
        sent_at: Timestamp,
        by_worker: &[(usize, u32)],
        homes: &Homes,
        is_probe: impl Fn(usize) -> bool,
    ) {
        let probes: Vec<_> = by_worker.iter().filter(|(worker, _)| is_probe(*worker)).collect();
        let mut load = BTreeMap::<usize, u32>::new();
        for &(worker, micros) in by_worker.iter().filter(|(worker, _)| !is_probe(*worker)) {
            // A browser is as far behind as its slowest worker.
            let slowest = load.entry(homes.of(worker)).or_default();
            *slowest = micros.max(*slowest);
        }
        for (home, load_us) in load {
            for is_own in [true, false] {
                let of_kind = probes.iter().filter(|(worker, _)| (homes.of(*worker) == home) == is_own);
                if let Some(&&(worker, probe_us)) = of_kind.min_by_key(|(_, micros)| micros) {
                    self.push(second_of(sent_at), (home, is_own), Pair { load_us, probe_us, probe: homes.of(worker) });
                }
            }
        }
    }

    fn push(&mut self, second: u32, key: (usize, bool), pair: Pair) {
        let place = match self.seconds.iter().position(|(known, _)| *known == second) {
            Some(place) => place,
            None => {
                self.seconds.push_back((second, Seen::default()));
                self.seconds.len() - 1
            }
        };
        let pairs = self.seconds[place].1.entry(key).or_default();
        if pairs.len() < MOST_A_SECOND {
            pairs.push(pair);
        }
    }

    /// The next second before `known`, if there is one: compares over the window that it ends. Each browser that carries load is
    /// compared with its own probe, and with the best of the others'.
    pub fn next(&mut self, known: u32, clock_bound: Span) -> Option<(u32, Vec<Gap>)> {
        let second = Some(self.compared).filter(|second| *second < known)?;
        self.compared += 1;
        self.seconds.retain(|(sent, _)| *sent + WINDOW_SECONDS > second);
        let mut window = Seen::default();
        for (_, seen) in self.seconds.iter().filter(|(sent, _)| *sent <= second) {
            seen.iter().for_each(|(key, pairs)| window.entry(*key).or_default().extend(pairs));
        }
        // An own probe comes before others': it counts where both say the same.
        let mut keys: Vec<_> = window.keys().copied().collect();
        keys.sort_by_key(|(home, is_own)| (*home, !is_own));
        let gap = |key: (usize, bool)| {
            // The probe's clock and the load's may both be wrong by the bound.
            let slack_ms = if key.1 { 0.0 } else { 2.0 * clock_bound.as_millis_f64() };
            gap(key.0, window.get_mut(&key)?, slack_ms)
        };
        let gaps: Vec<Gap> = keys.into_iter().filter_map(gap).collect();
        Some((second, gaps))
    }
}

fn gap(home: usize, pairs: &mut [Pair], slack_ms: f64) -> Option<Gap> {
    if pairs.len() < FEWEST {
        return None;
    }
    let ms = |micros: u32| f64::from(micros) / 1e3;
    let later = |pair: &Pair| ms(pair.load_us) - ms(pair.probe_us);
    pairs.sort_by(|a, b| later(a).total_cmp(&later(b)));
    let at = |share: f64| &pairs[((share * pairs.len() as f64).ceil() as usize).clamp(1, pairs.len()) - 1];
    let (middle, high) = (at(0.5), at(0.95));
    let later = |pair: &Pair| (later(pair) - slack_ms).max(0.0);
    let later = Staleness { p50_ms: later(middle), p95_ms: later(high) };
    Some(Gap { home, probe: middle.probe, load_ms: ms(middle.load_us), probe_ms: ms(middle.probe_us), later })
}

/// Long enough for a room of quiet users to say something, short enough to show a generator falling behind.
const WINDOW_SECONDS: u32 = 10;
/// Fewer messages than this say nothing.
const FEWEST: usize = 5;
/// More messages a second say nothing new, and a large swarm would have to remember them for each browser.
const MOST_A_SECOND: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::totals::behind::worst;

    /// Sent in this second, to a load worker and a probe in each of the browsers (0: none there).
    fn send(window: &mut ProbeWindow, second: u64, times: usize, load_probe: &[(u32, u32)]) {
        let mut homes = Homes::default();
        let mut by_worker = Vec::new();
        for (home, &(load, probe)) in load_probe.iter().enumerate() {
            let name = (home > 0).then(|| home.to_string());
            homes.add(name.clone());
            homes.add(name);
            by_worker.extend([(2 * home, load), (2 * home + 1, probe)].iter().filter(|(_, micros)| *micros > 0));
        }
        let at = Timestamp::ZERO + Span::from_micros(second * 1_000_000 + 500_000);
        (0..times).for_each(|_| window.absorb(at, &by_worker, &homes, |worker| worker % 2 == 1));
    }

    #[track_caller]
    fn check(times: usize, load_us: u32, probe_us: u32, expected: Option<f64>) {
        let mut window = ProbeWindow::default();
        send(&mut window, 0, times, &[(load_us, probe_us)]);
        let (second, gaps) = window.next(1, Span::ZERO).expect("one second is known");
        assert_eq!((second, gaps.first().map(|gap| gap.later.p50_ms)), (0, expected));
        assert_eq!(worst(&gaps).map(|staleness| staleness.p50_ms), expected);
        assert_eq!(window.next(1, Span::ZERO), None);
    }

    #[test]
    fn what_others_see_later_than_the_probe_is_staleness() {
        check(5, 1_500, 1_000, Some(0.5));
        check(5, 1_000, 1_500, Some(0.0));
        check(4, 1_500, 1_000, None);
        check(5, 1_500, 0, None);
        check(5, 0, 1_500, None);
    }

    #[test]
    fn messages_that_the_probe_does_not_get_say_nothing_of_its_browser() {
        let mut window = ProbeWindow::default();
        send(&mut window, 0, 60, &[(900_000, 0)]);
        send(&mut window, 0, 6, &[(1_000, 1_000)]);
        let (_, gaps) = window.next(1, Span::ZERO).expect("one second is known");
        assert_eq!(gaps.iter().map(|gap| gap.later.p50_ms).collect::<Vec<_>>(), [0.0]);
    }

    /// What two browsers' loads see (0 and 1), and the probe of an observer (2): home, probe, how much later.
    #[track_caller]
    fn check_homes(clock_bound_ms: u64, expected: &[(usize, usize, f64)]) {
        let mut window = ProbeWindow::default();
        send(&mut window, 0, 6, &[(12_000, 10_000), (310_000, 300_000), (0, 9_000)]);
        let (_, gaps) = window.next(1, Span::from_millis(clock_bound_ms)).expect("one second is known");
        let found: Vec<_> = gaps.iter().map(|gap| (gap.home, gap.probe, gap.later.p50_ms.round())).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_browser_that_is_behind_as_a_whole_is_seen_from_another_one() {
        check_homes(0, &[(0, 0, 2.0), (0, 2, 3.0), (1, 1, 10.0), (1, 2, 301.0)]);
        // By two clocks: what their comparison can be wrong by does not count.
        check_homes(40, &[(0, 0, 2.0), (0, 2, 0.0), (1, 1, 10.0), (1, 2, 221.0)]);
    }

    #[test]
    fn only_the_last_ten_seconds_count() {
        let mut window = ProbeWindow::default();
        send(&mut window, 0, 5, &[(1_500, 1_000)]);
        let found = |window: &mut ProbeWindow| window.next(99, Span::ZERO).expect("more are known").1.len();
        let lengths: Vec<_> = (0..11).map(|_| found(&mut window)).collect();
        assert_eq!(lengths, [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 0]);
        assert_eq!(worst(&[]), None);
        assert!(window.seconds.is_empty());
    }
}
