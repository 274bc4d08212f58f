//! Frames that wait in a socket's queue: a page that is flooded reads them seconds later and notices nothing. Its own requests tell: when
//! all answers to a worker's users come late together, and those to a probe, which has a worker and a socket to itself, on time, then they
//! have waited in the worker's browser by at least the difference.
//!
//! The youngest of the worker's answers is held against the oldest of the probes', of the same operation and of the same seconds, so a
//! server that answers one room sooner than another is no backlog.

use std::collections::{BTreeMap, VecDeque};

use crate::delta::HistogramDelta;
use crate::totals::timeline::second_of;
use crate::totals::{Backlog, Late};
use base::time::{Span, Timestamp};
use catalogue::Metric;
use plan::VerdictRules;

/// Answers to the workers' own requests, of the seconds that are looked at.
#[derive(Debug, Default)]
pub struct AnswerWindow {
    seconds: VecDeque<(u32, Seen)>,
    /// Seconds before this one have been compared.
    compared: u32,
}

/// Answers of one second, by worker (`None`: all probes together) and metric.
#[derive(Debug, Default)]
struct Seen(BTreeMap<(Option<usize>, String), Answers>);

#[derive(Debug, Clone, Copy)]
struct Answers {
    count: u64,
    min_us: u32,
    max_us: u32,
}

impl Answers {
    fn with(self, other: Self) -> Self {
        Self {
            count: self.count + other.count,
            min_us: self.min_us.min(other.min_us),
            max_us: self.max_us.max(other.max_us),
        }
    }
}

impl AnswerWindow {
    /// What a worker measured up to `at`.
    pub fn absorb(&mut self, worker: usize, is_probe: bool, at: Timestamp, deltas: &[HistogramDelta]) {
        let second = second_of(at);
        let tells =
            |delta: &&HistogramDelta| !delta.pairs.is_empty() && Metric::read(&delta.metric).definition().shows_backlog;
        for delta in deltas.iter().filter(tells) {
            let answers = Answers { count: delta.came(), min_us: delta.min_us, max_us: delta.max_us };
            let seen = self.second(second);
            let of = if is_probe { None } else { Some(worker) };
            let known = seen.0.entry((of, delta.metric.clone()));
            known.and_modify(|known| *known = known.with(answers)).or_insert(answers);
        }
    }

    fn second(&mut self, second: u32) -> &mut Seen {
        let place = match self.seconds.iter().position(|(known, _)| *known == second) {
            Some(place) => place,
            None => {
                self.seconds.push_back((second, Seen::default()));
                self.seconds.len() - 1
            }
        };
        &mut self.seconds[place].1
    }

    /// The next second before `known`, if there is one: how late each worker's answers are in the seconds that it ends, worst first
    /// of all. Seconds of the warm-up do not count.
    pub fn next(
        &mut self,
        known: u32,
        backlogs: &mut [Backlog],
        rules: &VerdictRules,
        warmup_end: Timestamp,
    ) -> Option<(Timestamp, Option<f64>)> {
        let second = Some(self.compared).filter(|second| *second < known)?;
        self.compared += 1;
        self.seconds.retain(|(seen, _)| *seen + WINDOW_SECONDS > second);
        let at = Timestamp::ZERO + Span::from_secs(u64::from(second) + 1);
        let mut worst = None;
        for (worker, backlog) in backlogs.iter_mut().enumerate() {
            let late = self.late(worker, second);
            let apart = late.filter(|late| is_apart(late, rules));
            backlog.is_now = apart.is_some();
            worst = late.map(|late| late.later_ms).into_iter().chain(worst).reduce(f64::max);
            if at <= warmup_end || late.is_none() {
                continue;
            }
            backlog.compared += 1;
            if let Some(late) = apart {
                backlog.behind += 1;
                backlog.since.get_or_insert(Timestamp::ZERO + Span::from_secs(u64::from(second)));
                backlog.worst = backlog.worst.filter(|worst| worst.later_ms >= late.later_ms).or(Some(late));
            }
        }
        Some((at, worst))
    }

    /// Of the operation that says most; `None`: nothing can be compared.
    fn late(&self, worker: usize, until: u32) -> Option<Late> {
        let answers_of = |whose: Option<usize>| {
            let mut answers: BTreeMap<&str, Answers> = BTreeMap::new();
            let seconds = self.seconds.iter().filter(|(second, _)| *second <= until);
            for ((_, metric), more) in seconds.flat_map(|(_, seen)| &seen.0).filter(|((of, _), _)| *of == whose) {
                answers.entry(metric).and_modify(|known| *known = known.with(*more)).or_insert(*more);
            }
            answers
        };
        let (own, probes) = (answers_of(Some(worker)), answers_of(None));
        let enough = own.iter().filter(|(_, answers)| answers.count >= FEWEST);
        let of_metric = enough.filter_map(|(metric, own)| {
            let probe = probes.get(metric)?;
            let later_ms = (f64::from(own.min_us) - f64::from(probe.max_us)) / 1e3;
            Some(Late { later_ms: later_ms.max(0.0), probe_ms: f64::from(probe.max_us) / 1e3 })
        });
        of_metric.max_by(|a, b| a.later_ms.total_cmp(&b.later_ms))
    }
}

fn is_apart(late: &Late, rules: &VerdictRules) -> bool {
    late.later_ms > rules.behind_ms && late.later_ms > late.probe_ms * rules.behind_share
}

/// Long enough for several users and a probe to have been answered.
const WINDOW_SECONDS: u32 = 4;
/// Answers of so many requests are late together by no chance.
const FEWEST: u64 = 5;

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Span = Span::from_millis;

    /// So many seconds in which the load's answers and the probe's took so long, then seconds that were late, compared ones, and the worst.
    #[track_caller]
    fn check(seconds: u64, load_ms: &[u64], probe_ms: &[u64], expected: (u32, u32, Option<f64>)) {
        let (mut answers, mut backlogs) = (AnswerWindow::default(), vec![Backlog::default(); 2]);
        let of = |ms: &[u64]| {
            let samples: Vec<_> = ms.iter().map(|&ms| MS(ms)).collect();
            HistogramDelta::of("message.ack".into(), "p".into(), false, &samples).into_iter().collect::<Vec<_>>()
        };
        for second in 1..=seconds {
            let at = Timestamp::ZERO + Span::from_secs(second);
            answers.absorb(0, false, at, &of(load_ms));
            answers.absorb(1, true, at, &of(probe_ms));
        }
        while answers.next(seconds as u32, &mut backlogs, &VerdictRules::default(), Timestamp::ZERO).is_some() {}
        let found = &backlogs[0];
        assert_eq!((found.behind, found.compared, found.worst.map(|late| late.later_ms)), expected);
    }

    #[test]
    fn answers_that_are_late_together_are_a_backlog() {
        check(6, &[20; 5], &[20], (0, 6, None));
        check(6, &[8_000, 8_100, 8_000, 8_500, 9_000], &[20], (6, 6, Some(7_980.0)));
        // One of them was on time: frames do not wait. A slow server is slow for the probe as well.
        check(6, &[8_000, 8_100, 8_000, 8_500, 30], &[20], (0, 6, None));
        check(6, &[8_000; 5], &[8_000], (0, 6, None));
        // Too few, or no probe: not known.
        check(1, &[8_000; 4], &[20], (0, 0, None));
        check(6, &[8_000; 5], &[], (0, 0, None));
    }
}
