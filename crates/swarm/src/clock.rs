//! How far another browser's clock is from ours, and how wrong that can be.
//!
//! ```text
//!   ours     t0 ─────────────────────────── t3        the other's time t1 was at ours t0 or later: offset <= t1 - t0
//!              ╲                          ╱           its time t2 was at ours t3 or earlier:       offset >= t2 - t3
//!   other       t1 ──────────────────── t2
//! ```
//! Each exchange gives an interval that holds the offset, however asymmetric the ways were (Cristian, 1989); with symmetric
//! ways the offset is its middle, as in NTP (RFC 5905). Older intervals are carried to the present with the drift that all of them together allow,
//! at most [`MAX_DRIFT`], and intersected (Marzullo, 1984): exchanges with short delays give narrow intervals and so
//! decide, which is NTP's minimum-delay filter with a bound that holds.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

/// Times of one exchange in milliseconds: ours when the question went, the other's when it came and when the answer
/// went, ours when that came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClockExchange {
    pub asked: f64,
    pub heard: f64,
    pub answered: f64,
    pub received: f64,
}

/// What the other clock shows more than ours, in milliseconds. The truth is within `bound` of `offset`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Offset {
    pub offset: f64,
    pub bound: f64,
    /// Shortest way there and back of the last exchanges.
    pub round_trip: f64,
}

/// The offset to one other clock, from the exchanges of the last minutes.
#[derive(Debug, Clone, Default)]
pub struct ClockSync {
    intervals: VecDeque<Interval>,
}

#[derive(Debug, Clone, Copy)]
struct Interval {
    /// `low` holds at this time of ours.
    low_at: f64,
    low: f64,
    high_at: f64,
    high: f64,
    round_trip: f64,
}

impl ClockSync {
    /// Takes an exchange. One that contradicts what was known (a clock was set) makes everything before it forgotten.
    pub fn add(&mut self, exchange: ClockExchange) {
        let ClockExchange { asked, heard, answered, received } = exchange;
        let round_trip = (received - asked) - (answered - heard);
        let is_possible = [asked, heard, answered, received].iter().all(|time| time.is_finite());
        if !is_possible || received < asked || answered < heard || round_trip < -2.0 * TICK {
            return;
        }
        let (low, high) = (answered - received - 2.0 * TICK, heard - asked + 2.0 * TICK);
        self.intervals.push_back(Interval { low_at: received, low, high_at: asked, high, round_trip });
        if self.intervals.len() > KEPT {
            self.intervals.pop_front();
        }
        while self.intervals.len() > 1 && self.offset(received).is_none() {
            self.intervals.pop_front();
        }
    }

    /// How long to wait for the next exchange: of the first ones the shortest way decides, so there are some more of them.
    pub fn pause_ms(&self) -> f64 {
        if self.intervals.len() < BURST { BURST_MS } else { f64::INFINITY }
    }

    /// The offset at `now`, not before the last exchange; `None` before the first.
    pub fn offset(&self, now: f64) -> Option<Offset> {
        let (slowest, fastest) = self.drift()?;
        let low = self.intervals.iter().map(|of| of.low + slowest * (now - of.low_at)).fold(f64::MIN, f64::max);
        let high = self.intervals.iter().map(|of| of.high + fastest * (now - of.high_at)).fold(f64::MAX, f64::min);
        let round_trip = self.intervals.iter().map(|of| of.round_trip).fold(f64::MAX, f64::min).max(0.0);
        (low <= high).then(|| Offset { offset: f64::midpoint(low, high), bound: (high - low) / 2.0, round_trip })
    }

    /// Least and most drift of the other clock against ours (milliseconds per millisecond) that fit all intervals; `None`
    /// without any, or if none fits.
    fn drift(&self) -> Option<(f64, f64)> {
        let (mut slowest, mut fastest) = (-MAX_DRIFT, MAX_DRIFT);
        for (place, first) in self.intervals.iter().enumerate() {
            for later in self.intervals.iter().skip(place + 1) {
                let (rise, fall) = (later.low_at - first.high_at, later.high_at - first.low_at);
                if rise > 0.0 {
                    slowest = slowest.max((later.low - first.high) / rise - WANDER);
                }
                if fall > 0.0 {
                    fastest = fastest.min((later.high - first.low) / fall + WANDER);
                }
            }
        }
        (!self.intervals.is_empty() && slowest <= fastest).then_some((slowest, fastest))
    }
}

/// Two quartz clocks, each within the 100 ppm that makers promise.
const MAX_DRIFT: f64 = 200e-6;
/// How much a drift changes within the minutes that are kept, with temperature.
const WANDER: f64 = 2e-6;
/// Resolution of a browser's clock, milliseconds.
const TICK: f64 = 0.1;
/// Exchanges of the beginning, and the time between them.
const BURST: usize = 12;
const BURST_MS: f64 = 150.0;
/// Exchanges that are kept: two minutes at one a second.
const KEPT: usize = 120;

#[cfg(test)]
mod tests {
    use super::*;

    /// Two clocks `offset` apart at our time zero, drifting; ways of random, unequal length.
    fn simulate(offset: f64, drift: f64, there: (f64, f64), back: (f64, f64), seed: u64) {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut draw = |(least, most): (f64, f64)| least + (most - least) * random.f64().powi(3);
        let truth = |ours: f64| offset + drift * ours;
        let tick = |time: f64| (time * 10.0).round() / 10.0;
        let mut sync = ClockSync::default();
        let mut worst: f64 = 0.0;
        for second in 0..400 {
            let asked = f64::from(second) * 1_000.0;
            let heard = asked + draw(there);
            let answered = heard + 0.3;
            let received = answered + draw(back);
            sync.add(ClockExchange {
                asked: tick(asked),
                heard: tick(heard + truth(heard)),
                answered: tick(answered + truth(answered)),
                received: tick(received),
            });
            for later in [0.0, 900.0] {
                let now = received + later;
                let Offset { offset, bound, .. } = sync.offset(now).expect("there are exchanges");
                let error = (offset - truth(now)).abs();
                assert!(error <= bound, "second {second}: off by {error:.3} ms, bound {bound:.3} ms");
                if second > 60 {
                    worst = worst.max(bound);
                }
            }
        }
        let least = (there.0 + back.0) / 2.0;
        assert!(
            worst < least + 0.25 * (there.1 - there.0 + back.1 - back.0) + 1.0,
            "a bound of {worst:.3} ms says little"
        );
    }

    #[test]
    fn the_error_stays_within_its_bound() {
        for (seed, offset) in [(1, 2_000.0), (2, -2_000.0), (3, 0.0)] {
            for drift in [100e-6, -100e-6, 0.0] {
                simulate(offset, drift, (0.4, 3.0), (0.4, 3.0), seed);
                simulate(offset, drift, (1.0, 40.0), (5.0, 15.0), seed);
                simulate(offset, drift, (20.0, 400.0), (2.0, 30.0), seed);
            }
        }
    }

    #[test]
    fn one_exchange_is_enough_for_an_estimate() {
        let mut sync = ClockSync::default();
        assert_eq!(sync.offset(0.0), None);
        sync.add(ClockExchange { asked: 1_000.0, heard: 3_010.0, answered: 3_012.0, received: 1_022.0 });
        let found = sync.offset(1_022.0).expect("there is one");
        assert!((found.offset - 2_000.0).abs() < 0.01 && (found.bound - 10.2).abs() < 0.01, "{found:?}");
        assert!((found.round_trip - 20.0).abs() < 1e-9);
    }

    #[test]
    fn a_clock_that_was_set_is_learned_anew() {
        let mut sync = ClockSync::default();
        for (second, offset) in [(0.0, 5.0), (1.0, 5.0), (2.0, 905.0)] {
            let asked = second * 1_000.0;
            sync.add(ClockExchange {
                asked,
                heard: asked + offset + 1.0,
                answered: asked + offset + 1.0,
                received: asked + 2.0,
            });
        }
        assert!(sync.offset(2_002.0).is_some_and(|found| (found.offset - 905.0).abs() < 0.1));
    }

    #[test]
    fn the_first_exchanges_come_in_quick_succession() {
        let mut sync = ClockSync::default();
        for number in 0..BURST {
            assert!(sync.pause_ms() < 1_000.0, "{number}");
            let asked = number as f64 * BURST_MS;
            sync.add(ClockExchange { asked, heard: asked + 5.0, answered: asked + 5.0, received: asked + 10.0 });
        }
        assert!(sync.pause_ms().is_infinite());
    }

    #[test]
    fn what_cannot_be_is_not_taken() {
        let mut sync = ClockSync::default();
        for (asked, heard, answered, received) in [
            (10.0, 0.0, 0.0, 5.0),
            (0.0, 9.0, 3.0, 5.0),
            (0.0, 0.0, 9.0, 5.0),
            (f64::NAN, 0.0, 0.0, 1.0),
            (0.0, 0.0, 0.0, f64::INFINITY),
        ] {
            sync.add(ClockExchange { asked, heard, answered, received });
        }
        assert_eq!(sync.offset(5.0), None);
    }
}
