//! Do the intervals hold what they promise? Runs are made up from a law that is known.

use super::effective::{Second, of_share};
use super::*;

/// Latencies whose logarithm is a level common to a second plus a part of their own: both normal.
struct Law {
    /// Milliseconds at the median.
    median: f64,
    /// Of each sample's own part, and of the second's level.
    own: f64,
    common: f64,
    /// How much of a second's level the next one keeps.
    memory: f64,
    seconds: usize,
    per_second: usize,
}

const CALM: Law = Law { median: 20.0, own: 0.5, common: 0.0, memory: 0.0, seconds: 60, per_second: 20 };
const SHARED: Law = Law { common: 0.3, ..CALM };
const SLUGGISH: Law = Law { common: 0.3, memory: 0.7, seconds: 240, ..CALM };
const SPARSE: Law = Law { common: 0.3, memory: 0.5, per_second: 2, seconds: 240, ..CALM };

impl Law {
    fn draw(&self, random: &mut fastrand::Rng) -> Sample {
        let mut all = Vec::new();
        let mut seconds = Vec::new();
        let mut level = normal(random) * self.common;
        let fresh = self.common * (1.0 - self.memory * self.memory).sqrt();
        for _ in 0..self.seconds {
            level = self.memory * level + fresh * normal(random);
            let mut own: Vec<f64> =
                (0..self.per_second).map(|_| self.median * (level + self.own * normal(random)).exp()).collect();
            own.sort_by(f64::total_cmp);
            let rank = |share: f64| own[((share * own.len() as f64).ceil() as usize).max(1) - 1];
            seconds.push((own.len() as u32, [rank(0.5), rank(0.95), rank(0.99), rank(1.0)]));
            all.extend(own);
        }
        all.sort_by(f64::total_cmp);
        Sample::made_of(Distribution::new(all.into_iter().map(|value| (value, 1))), seconds)
    }

    fn quantile(&self, share: f64) -> f64 {
        use statrs::distribution::{ContinuousCDF, Normal};
        self.median * (Normal::standard().inverse_cdf(share) * self.own.hypot(self.common)).exp()
    }
}

/// Box and Muller.
fn normal(random: &mut fastrand::Rng) -> f64 {
    let (radius, angle) = ((-2.0 * (1.0 - random.f64()).ln()).sqrt(), std::f64::consts::TAU * random.f64());
    radius * angle.cos()
}

const DRAWS: usize = 200;

/// In how many of 100 draws the interval holds the truth.
#[track_caller]
fn check_coverage(law: &Law, share: f64) {
    let mut random = fastrand::Rng::with_seed(11);
    let truth = law.quantile(share);
    let held = (0..DRAWS).filter(|_| {
        let interval = law.draw(&mut random).quantile(share, Confidence::EACH).expect("there is enough");
        interval.low <= truth && truth <= interval.high
    });
    let percent = held.count() as f64 * 100.0 / DRAWS as f64;
    // 95 wanted; 200 draws say it to within 3. An interval that is too wide is the better error: what follows bounds it.
    assert!(percent >= 91.0, "p{}: {percent} % of the intervals hold the truth", share * 100.0);
}

#[test]
fn intervals_of_percentiles_hold_the_truth() {
    check_coverage(&CALM, 0.5);
    check_coverage(&CALM, 0.95);
    check_coverage(&Law { per_second: 60, ..CALM }, 0.99);
    check_coverage(&SHARED, 0.5);
    check_coverage(&SHARED, 0.95);
    check_coverage(&SLUGGISH, 0.5);
    check_coverage(&SLUGGISH, 0.95);
    check_coverage(&SPARSE, 0.5);
    check_coverage(&SPARSE, 0.95);
}

#[test]
fn intervals_of_independent_samples_are_hardly_wider_than_need_be() {
    let mut random = fastrand::Rng::with_seed(2);
    let widths = (0..DRAWS).map(|_| {
        let interval = CALM.draw(&mut random).quantile(0.5, Confidence::EACH).expect("there is enough");
        (interval.high / interval.low).ln()
    });
    // Of the median of normal values: 1.96 standard errors on each side, `sqrt(pi / 2) / sqrt(n)` of their spread.
    let count = (CALM.seconds * CALM.per_second) as f64;
    let ideal = 2.0 * 1.96 * CALM.own * (std::f64::consts::FRAC_PI_2 / count).sqrt();
    let width = widths.sum::<f64>() / DRAWS as f64;
    assert!((ideal..=1.6 * ideal).contains(&width), "{width} for {ideal}");
}

/// In how many of 100 pairs of runs a difference of their p95 is shown.
fn shown(first: &Law, second: &Law, level: Confidence) -> f64 {
    let mut random = fastrand::Rng::with_seed(5);
    let found = (0..DRAWS).filter(|_| {
        let (a, b) = (first.draw(&mut random), second.draw(&mut random));
        let of = |sample| Measured::Quantile { sample, share: 0.95 };
        of(&a).change(&of(&b), true, level).is_some_and(|(interval, _)| interval.sign() != 0.0)
    });
    found.count() as f64 * 100.0 / DRAWS as f64
}

#[test]
fn equal_runs_show_no_difference_and_other_ones_do() {
    for law in [&CALM, &SHARED, &SLUGGISH] {
        assert!(shown(law, law, Confidence::EACH) <= 9.0);
        assert!(shown(law, law, Confidence::together(50)) <= 1.0);
    }
    let slower = Law { median: 30.0, ..CALM };
    assert!(shown(&CALM, &slower, Confidence::together(50)) >= 99.0);
    let slower = Law { median: 40.0, ..SLUGGISH };
    assert!(shown(&SLUGGISH, &slower, Confidence::together(50)) >= 95.0);
}

#[test]
fn samples_taken_for_independent_would_lie() {
    // What the correction is for: without it more than every fifth interval misses.
    let mut random = fastrand::Rng::with_seed(3);
    let truth = SLUGGISH.quantile(0.5);
    let missed = (0..DRAWS).filter(|_| {
        let sample = SLUGGISH.draw(&mut random);
        let count = sample.all.count() as f64;
        let (first, last) = Confidence::EACH.ranks(0.5, count).unwrap();
        !(sample.all.quantile(first).unwrap()..=sample.all.quantile(last).unwrap()).contains(&truth)
    });
    assert!(missed.count() * 5 > DRAWS);
}

#[test]
fn a_rate_s_interval_holds_the_truth() {
    let mut random = fastrand::Rng::with_seed(9);
    let (mut held, mut together) = (0, 0);
    for _ in 0..DRAWS {
        // Failures come in bursts: a bad second fails three of ten, a good one one of a hundred; every tenth is bad.
        let mut seconds = || -> Vec<Second> {
            (0..120)
                .map(|_| {
                    let share = if random.f64() < 0.1 { 0.3 } else { 0.01 };
                    let hits = (0..20).filter(|_| random.f64() < share).count();
                    Second { trials: 20.0, hits: hits as f64 }
                })
                .collect()
        };
        let of = |seconds: Vec<Second>| {
            let sum = |pick: fn(&Second) -> f64| seconds.iter().map(pick).sum();
            Measured::Share { hits: sum(|one| one.hits), trials: sum(|one| one.trials), seconds }
        };
        let (a, b) = (of(seconds()), of(seconds()));
        let (difference, scale) = a.change(&b, true, Confidence::EACH).unwrap();
        assert_eq!(scale, Scale::Points);
        held += usize::from(difference.low <= 0.0 && difference.high >= 0.0);
        together += usize::from(of_share(&[Second { trials: 1.0, hits: 0.0 }; 3]).is_none());
    }
    assert_eq!(together, DRAWS, "three seconds tell nothing");
    let percent = held as f64 * 100.0 / DRAWS as f64;
    assert!((92.0..=98.5).contains(&percent), "{percent} % of the intervals hold no difference");
}

#[track_caller]
fn check_share(hits: f64, trials: f64, low: f64, high: f64) {
    let found = Interval::of_share(hits / trials, trials, Confidence::EACH);
    assert!((found.low - low).abs() < 5e-4 && (found.high - high).abs() < 5e-4, "{found:?}");
}

#[test]
fn wilson_s_intervals_are_those_of_his_successors_tables() {
    // Newcombe 1998 (Statistics in Medicine 17:857), table I, method 3.
    check_share(81.0, 263.0, 0.2553, 0.3662);
    check_share(15.0, 148.0, 0.0624, 0.1605);
    check_share(0.0, 20.0, 0.0, 0.1611);
    check_share(1.0, 29.0, 0.0061, 0.1718);
}

#[test]
fn newcombe_s_difference_is_that_of_his_table() {
    // Newcombe 1998 (Statistics in Medicine 17:873), table II, method 10: 56/70 − 48/80, 9/10 − 3/10.
    let of = |hits: f64, trials: f64| Interval::of_share(hits / trials, trials, Confidence::EACH);
    let check = |a: Interval, b: Interval, low: f64, high: f64| {
        let found = Interval::difference(b, a);
        assert!((found.low - low).abs() < 5e-4 && (found.high - high).abs() < 5e-4, "{found:?}");
    };
    check(of(56.0, 70.0), of(48.0, 80.0), 0.0524, 0.3339);
    check(of(9.0, 10.0), of(3.0, 10.0), 0.1705, 0.8090);
}

#[test]
fn too_few_samples_have_no_interval_of_a_high_percentile() {
    assert_eq!(Confidence::EACH.ranks(0.99, 300.0), None);
    assert!(Confidence::EACH.ranks(0.99, 400.0).is_some());
    assert_eq!(Confidence::EACH.ranks(0.5, 5.0), None);
    assert!(Confidence::EACH.ranks(0.5, 6.0).is_some());
}

#[test]
fn the_reading_of_a_sign_depends_on_the_subject() {
    let cases = [
        (Better::Lower, -1.0, Judgement::Better),
        (Better::Lower, 1.0, Judgement::Worse),
        (Better::Higher, 1.0, Judgement::Better),
        (Better::Higher, -1.0, Judgement::Worse),
        (Better::Neither, 1.0, Judgement::Different),
        (Better::Lower, 0.0, Judgement::NoneShown),
    ];
    cases.into_iter().for_each(|(better, sign, expected)| assert_eq!(judge(better, sign), expected));
}

#[track_caller]
fn check_rates(first: &[f64], second: &[f64], expected: Option<(f64, f64, Scale)>) {
    let of = |seconds: &[f64]| Measured::Rate { seconds: seconds.to_vec() };
    let found = of(first).change(&of(second), true, Confidence::EACH);
    let Some((value, least, scale)) = expected else { return assert_eq!(found, None) };
    let (interval, told) = found.expect("there are enough seconds");
    assert_eq!(told, scale);
    assert!((interval.value - value).abs() < 1e-9, "{interval:?}");
    assert!(least <= interval.low && interval.low <= interval.value && interval.value <= interval.high, "{interval:?}");
    assert_eq!(of(first).change(&of(second), false, Confidence::EACH), None, "counts of other loads are not compared");
}

#[test]
fn a_rate_cannot_fall_by_more_than_all_of_it() {
    let bursts = |every: usize, much: f64| -> Vec<f64> {
        (0..60).map(|second| if second % every == 0 { much } else { 0.0 }).collect()
    };
    let nothing = vec![0.0; 60];
    check_rates(&bursts(20, 40.0), &bursts(30, 15.0), Some((-0.75, -1.0, Scale::Relative)));
    check_rates(&bursts(4, 8.0), &bursts(5, 8.0), Some((-0.2, -1.0, Scale::Relative)));
    check_rates(&bursts(20, 1.0), &nothing, Some((-1.0, -1.0, Scale::Relative)));
    check_rates(&nothing, &bursts(20, 1.0), Some((0.05, f64::MIN, Scale::Absolute)));
    check_rates(&nothing, &nothing, Some((0.0, 0.0, Scale::Absolute)));
    check_rates(&nothing[..5], &nothing, None);
}

#[test]
fn a_rate_s_ratio_is_within_its_interval() {
    let mut random = fastrand::Rng::with_seed(4);
    let mut seconds = |mean: f64| -> Vec<f64> {
        // What the plan does to both: twice as much in the second half.
        let wanted = |second: usize| if second < 60 { mean } else { 2.0 * mean };
        (0..120).map(|second| (wanted(second) + normal(&mut random) * wanted(second).sqrt()).max(0.0)).collect()
    };
    let held = (0..DRAWS).filter(|_| {
        let (a, b) = (Measured::Rate { seconds: seconds(10.0) }, Measured::Rate { seconds: seconds(8.0) });
        let (interval, _) = a.change(&b, true, Confidence::EACH).expect("there are enough seconds");
        interval.low <= -0.2 && -0.2 <= interval.high && interval.high - interval.low < 0.2
    });
    let percent = held.count() as f64 * 100.0 / DRAWS as f64;
    assert!(percent >= 91.0, "{percent} % of the intervals hold the truth");
}

#[test]
fn a_latency_that_was_0_is_told_by_its_difference() {
    let of = |value: f64| Interval { value, low: (value - 0.1).max(0.0), high: value + 0.1 };
    let cases =
        [(0.0, 0.3, 0.3, Scale::Absolute), (0.05, 0.0, -1.0, Scale::Relative), (10.0, 20.0, 1.0, Scale::Relative)];
    for (first, second, expected, scale) in cases {
        let (found, told) = subject::relative(of(first), of(second));
        assert_eq!(told, scale);
        assert!((found.value - expected).abs() < 1e-9 && (scale == Scale::Absolute || found.low >= -1.0), "{found:?}");
    }
}
