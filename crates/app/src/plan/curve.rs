//! The load curve that the plan page draws while its numbers are typed.
//!
//! ```text
//! users |      ________
//!       |     /        \
//!       |____/          \___
//!       +-------------------- s
//! ```

use std::fmt::Write as _;

use base::time::Timestamp;
use plan::{Load, Schedule, Segment};

/// Points per curve: more than a drawing 900 pixels wide can show apart would be wasted.
const POINTS: u32 = 450;

/// Users (or arrivals per second) wanted over time.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LoadCurve {
    /// Seconds since the start, and the target then.
    pub points: Vec<(f64, f64)>,
    pub duration_s: f64,
    pub peak: f64,
    pub unit: &'static str,
}

/// A mark on an axis: where, as a share of its length from 0 to 1, and its text.
#[derive(Debug, Clone, PartialEq)]
pub struct Tick {
    pub at: f64,
    pub label: String,
}

impl LoadCurve {
    pub fn of(load: &Load) -> Self {
        let schedule = Schedule::new(load, &Segment::whole(), true);
        let duration_s = schedule.end().as_secs_f64();
        let unit = if schedule.cap().is_some() { "arrivals/s" } else { "users" };
        let at = |point: u32| duration_s * f64::from(point) / f64::from(POINTS);
        let points: Vec<_> = (0..=POINTS)
            .map(|point| (at(point), schedule.target(Timestamp::from_millis_f64(at(point) * 1_000.0))))
            .collect();
        let peak = points.iter().map(|(_, target)| *target).fold(0.0, f64::max);
        Self { points, duration_s, peak, unit }
    }

    /// The curve as an SVG path in a box of this size, whose top is the upper end of the scale.
    pub fn line(&self, width: f64, height: f64) -> String {
        let x_scale = if self.duration_s > 0.0 { width / self.duration_s } else { 0.0 };
        let y_scale = height / self.scale();
        let mut path = String::new();
        let mut last = None;
        for (at, (x, y)) in self.points.iter().enumerate() {
            let level = (height - y * y_scale).max(0.0);
            // Of a level stretch only its ends are written.
            let next = self.points.get(at + 1).map(|(_, y)| *y);
            if last == Some(*y) && next == Some(*y) {
                continue;
            }
            let command = if at == 0 { 'M' } else { 'L' };
            write!(path, "{command}{:.1} {level:.1}", x * x_scale).expect("writing to a String cannot fail");
            last = Some(*y);
        }
        path
    }

    /// The area under the curve.
    pub fn area(&self, width: f64, height: f64) -> String {
        format!("{}L{width:.1} {height:.1}L0 {height:.1}Z", self.line(width, height))
    }

    /// Upper end of the scale: a round number at or above the peak.
    pub fn scale(&self) -> f64 {
        let step = nice_step(self.peak, 4);
        ((self.peak / step).ceil() * step).max(step)
    }

    pub fn y_ticks(&self) -> Vec<Tick> {
        let (scale, step) = (self.scale(), nice_step(self.peak, 4));
        ticks(scale, step, crate::format::number)
    }

    pub fn x_ticks(&self) -> Vec<Tick> {
        ticks(self.duration_s, nice_seconds(self.duration_s, 6), crate::format::clock)
    }

    /// The curve in one sentence, for those who do not see it.
    pub fn summary(&self) -> String {
        let duration = crate::format::duration(self.duration_s);
        format!("up to {} {} over {duration}", crate::format::number(self.peak), self.unit)
    }
}

fn ticks(end: f64, step: f64, label: impl Fn(f64) -> String) -> Vec<Tick> {
    if end <= 0.0 || step <= 0.0 {
        return Vec::new();
    }
    let last = (end / step + 1e-9).floor() as u32;
    (0..=last).map(|n| f64::from(n) * step).map(|value| Tick { at: value / end, label: label(value) }).collect()
}

/// Ticks from zero to a round number at or above `most`, and that number.
pub fn ticks_up_to(most: f64, label: impl Fn(f64) -> String) -> (Vec<Tick>, f64) {
    let step = nice_step(most, 4);
    let end = ((most / step - 1e-9).ceil() * step).max(step);
    (ticks(end, step, label), end)
}

/// The 1-2-5 step that divides `range` into about `parts`.
fn nice_step(range: f64, parts: u32) -> f64 {
    if range <= 0.0 || !range.is_finite() {
        return 1.0;
    }
    let raw = range / f64::from(parts);
    let magnitude = 10f64.powf(raw.log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|step| step * magnitude).into_iter().find(|step| *step >= raw * 0.999).unwrap_or(raw)
}

/// The same for time, in steps that people count in.
fn nice_seconds(range: f64, parts: u32) -> f64 {
    let raw = range / f64::from(parts);
    [1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0, 14_400.0]
        .into_iter()
        .find(|step| *step >= raw)
        .unwrap_or(raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(points: &[(f64, f64)]) -> LoadCurve {
        let duration_s = points.last().map_or(0.0, |(s, _)| *s);
        let peak = points.iter().map(|(_, y)| *y).fold(0.0, f64::max);
        LoadCurve { points: points.to_vec(), duration_s, peak, unit: "users" }
    }

    #[track_caller]
    fn check_ticks(ticks: Vec<Tick>, expected: &[&str]) {
        assert_eq!(ticks.iter().map(|tick| tick.label.as_str()).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_curve_fills_its_box() {
        let curve = curve(&[(0.0, 0.0), (30.0, 100.0), (40.0, 100.0), (50.0, 100.0), (60.0, 0.0)]);
        assert_eq!(curve.line(600.0, 100.0), "M0.0 100.0L300.0 0.0L500.0 0.0L600.0 100.0");
        assert!(curve.area(600.0, 100.0).ends_with("L600.0 100.0L0 100.0Z"));
    }

    #[test]
    fn scales_end_on_round_numbers() {
        for (peak, scale) in [(0.0, 1.0), (1.0, 1.0), (7.0, 8.0), (100.0, 100.0), (101.0, 150.0), (230.0, 300.0)] {
            assert_eq!(curve(&[(0.0, 0.0), (10.0, peak)]).scale(), scale, "{peak}");
        }
    }

    #[test]
    fn axes_are_marked_in_round_steps() {
        check_ticks(
            curve(&[(0.0, 0.0), (60.0, 200.0)]).x_ticks(),
            &["0:00", "0:10", "0:20", "0:30", "0:40", "0:50", "1:00"],
        );
        check_ticks(
            curve(&[(0.0, 0.0), (5_400.0, 200.0)]).x_ticks(),
            &["0:00", "15:00", "30:00", "45:00", "1:00:00", "1:15:00", "1:30:00"],
        );
        check_ticks(curve(&[(0.0, 0.0), (60.0, 200.0)]).y_ticks(), &["0", "50", "100", "150", "200"]);
        check_ticks(curve(&[]).x_ticks(), &[]);
    }

    #[test]
    fn an_empty_curve_draws_without_a_fault() {
        assert_eq!(curve(&[]).line(100.0, 100.0), "");
        assert_eq!(curve(&[(0.0, 0.0)]).line(100.0, 100.0), "M0.0 100.0");
    }
}
