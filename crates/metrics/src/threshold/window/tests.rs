use super::*;
use crate::delta::{CounterDelta, HistogramDelta};
use plan::Threshold;

fn lens(text: &str) -> (Threshold, Lens) {
    let threshold: Threshold = text.parse().unwrap();
    let lens = Lens::new(&threshold, &[]);
    (threshold, lens)
}

fn latency(lens: &Lens, windows: &mut Windows, second: u32, millis: &[u64]) {
    let samples: Vec<_> = millis.iter().map(|&millis| Span::from_millis(millis)).collect();
    if let (Some(tally), Some(delta)) =
        (windows.second(second), HistogramDelta::of("trip".into(), "p".into(), false, &samples))
    {
        lens.histogram(tally, &delta, true, true);
    }
}

fn count(lens: &Lens, windows: &mut Windows, second: u32, count: u64) {
    if let Some(tally) = windows.second(second) {
        lens.counter(tally, &CounterDelta { counter: "frames".into(), population: "p".into(), count });
    }
}

struct Case {
    threshold: Threshold,
    lens: Lens,
    windows: Windows,
}

impl Case {
    fn new(text: &str, start: u32) -> Self {
        let (threshold, lens) = lens(text);
        let windows = Windows::new(threshold.window.unwrap(), start);
        Self { threshold, lens, windows }
    }

    fn limit(&self) -> f64 {
        let plan::Bound::Fixed(limit) = self.threshold.bound else { panic!("no fixed limit") };
        limit
    }

    fn judge(&mut self, until: u32) -> WindowFindings {
        let (operator, limit) = (self.threshold.operator, self.limit());
        let compare = |value, than| is_worse(operator, limit, value, than);
        let breaks = |value| !operator.holds(value, limit);
        self.windows.judge(until, &self.lens, compare, breaks);
        self.windows.findings(compare, breaks)
    }
}

/// `seconds`: latencies in milliseconds of each second. Windows measured, worst with its end, first broken.
#[track_caller]
fn check(text: &str, seconds: &[&[u64]], measured: u32, worst: Option<(f64, u32)>, broken: Option<u32>) {
    let mut case = Case::new(text, 0);
    for (second, millis) in seconds.iter().enumerate() {
        latency(&case.lens, &mut case.windows, second as u32, millis);
        case.judge(second as u32 + 1);
    }
    let found = case.judge(seconds.len() as u32);
    assert_eq!((found.measured, found.broken), (measured, broken), "{text}");
    // To a bucket's width.
    let is_close =
        |((found, at), (value, end)): ((f64, u32), (f64, u32))| at == end && (found - value).abs() <= value * 1e-3;
    assert!(found.worst.zip(worst).map_or(found.worst == worst, is_close), "{text}: {:?}", found.worst);
}

#[test]
fn the_worst_full_window_decides() {
    let calm: &[u64] = &[10, 10, 10, 10];
    let storm: &[u64] = &[90, 90, 90, 90];
    check("trip p50 < 50 for 2 s", &[calm], 0, None, None);
    check("trip p50 < 50 for 2 s", &[calm, calm, calm], 2, Some((10.0, 2)), None);
    // Half of a window's samples are no more than its median.
    check("trip p50 < 50 for 2 s", &[calm, storm, calm], 2, Some((10.0, 2)), None);
    check("trip p50 < 50 for 2 s", &[calm, storm, storm, calm], 3, Some((90.0, 3)), Some(3));
    check("trip max < 50 for 2 s", &[calm, storm, calm, calm], 3, Some((90.0, 2)), Some(2));
    check("trip mean <= 50 for 2 s", &[calm, storm, &[90], calm], 3, Some((90.0, 3)), Some(3));
    // Nothing measured breaks nothing, and a second without samples does not end a window.
    check("trip max < 50 for 2 s", &[&[], &[], calm, &[], &[]], 2, Some((10.0, 3)), None);
    check("trip count > 3 for 2 s", &[calm, &[], &[], calm], 3, Some((0.0, 3)), Some(3));
    check("trip rate >= 2 for 2 s", &[calm, &[], calm, &[1]], 3, Some((2.0, 2)), None);
    check("trip min > 10 for 1 s", &[calm], 1, Some((10.0, 1)), Some(1));
    check("trip count == 8 for 2 s", &[calm, calm, calm, &[]], 3, Some((4.0, 4)), Some(4));
}

#[test]
fn what_comes_late_is_judged_where_it_belongs() {
    let mut case = Case::new("trip max < 50 for 2 s", 0);
    for second in 0..20 {
        latency(&case.lens, &mut case.windows, second, &[10]);
    }
    assert_eq!(case.judge(20).broken, None);
    latency(&case.lens, &mut case.windows, 4, &[70]);
    assert_eq!(case.judge(20), WindowFindings { measured: 19, worst: Some((70.0, 5)), broken: Some(5) });
    assert_eq!(case.windows.latest(), Some(10.0));
}

#[test]
fn a_late_count_can_show_that_nothing_was_broken() {
    let mut case = Case::new("frames count >= 4 for 2 s", 0);
    for second in 0..9 {
        count(&case.lens, &mut case.windows, second, if second == 5 { 0 } else { 2 });
    }
    assert_eq!(case.judge(9).broken, Some(6));
    count(&case.lens, &mut case.windows, 5, 2);
    assert_eq!(case.judge(9), WindowFindings { measured: 8, worst: Some((4.0, 2)), broken: None });
}

#[test]
fn memory_is_bounded_and_what_is_too_late_is_in_no_window() {
    let mut case = Case::new("trip max < 50 for 10 s", 0);
    for second in 0..5_000 {
        latency(&case.lens, &mut case.windows, second, &[if second == 100 { 70 } else { 10 }]);
        case.judge(second + 1);
    }
    assert!(case.windows.seconds.len() <= 71, "{} seconds are kept", case.windows.seconds.len());
    latency(&case.lens, &mut case.windows, 4_000, &[90]);
    assert_eq!(case.judge(5_000), WindowFindings { measured: 4_991, worst: Some((70.0, 101)), broken: Some(101) });
}

#[test]
fn windows_begin_after_the_warm_up() {
    let mut case = Case::new("trip max < 50 for 3 s", 5);
    latency(&case.lens, &mut case.windows, 2, &[90]);
    (5..8).for_each(|second| latency(&case.lens, &mut case.windows, second, &[20]));
    assert_eq!(case.judge(7).measured, 0);
    assert_eq!(case.judge(8), WindowFindings { measured: 1, worst: Some((20.0, 8)), broken: None });
}

#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever comes when: each window says what its samples say, put together anew.
        #[test]
        fn windows_are_exact(
            length in 1..8u32, quantile in prop::sample::select(vec!["p50", "p90", "max", "min", "mean", "count"]),
            parts in prop::collection::vec((0..40u32, prop::collection::vec(0..3_000u64, 0..4), 0..9u32), 1..80)
        ) {
            let text = format!("trip {quantile} < 1000000000 for {length} s");
            let mut case = Case::new(&text, 0);
            let mut all = vec![Vec::new(); 41];
            let mut closed = 0;
            for (second, millis, step) in &parts {
                latency(&case.lens, &mut case.windows, *second, millis);
                all[*second as usize].extend_from_slice(millis);
                closed = (closed + step).min(40);
                case.judge(closed);
            }
            case.judge(40);
            for end in length..=40 {
                let mut naive = Tally::default();
                for (second, heard) in all.iter().enumerate().take(end as usize) {
                    // Names are known once they were heard of.
                    let spans: Vec<_> = heard.iter().map(|&millis| Span::from_millis(millis)).collect();
                    if let Some(delta) = HistogramDelta::of("trip".into(), "p".into(), false, &spans) {
                        case.lens.histogram(&mut naive, &delta, second + length as usize >= end as usize, true);
                    }
                }
                let expected = case.lens.measure(&naive, Times::default());
                let found = case.windows.seconds[end as usize - 1].1;
                let is_early_zero = quantile == "count" && expected.is_none();
                prop_assert!(found == expected || (is_early_zero && found == Some(0.0)), "{} to {}: {:?}, {:?}", text, end, found, expected);
            }
        }
    }
}
