//! A search for the breaking point: every level with how it did, and the curve of latency and errors against load.

use super::Mood;
use super::table::{Cell, Column, Row};
use crate::format;
use crate::plan::curve::{Tick, ticks_up_to};
use metrics::{Ended, SearchReport, SearchStep, StepOutcome};
use plan::Raised;

pub const SEARCH_COLUMNS: [Column; 8] = [
    Column::name("Level"),
    Column::text("Outcome"),
    Column::number("p50"),
    Column::number("p95"),
    Column::number("p99"),
    Column::number("Errors"),
    Column::number("Per second"),
    Column::text("Broken"),
];

#[derive(Debug, Clone, PartialEq, Default)]
pub struct SearchView {
    /// What has been found, or how far it is.
    pub verdict: String,
    pub mood: Mood,
    /// Whose latencies these are.
    pub metric: String,
    pub rows: Vec<Row>,
    pub curve: SearchCurve,
}

/// Lines over the load; places are shares of the box, from its lower left corner.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct SearchCurve {
    pub p50: Vec<(f64, f64)>,
    pub p95: Vec<(f64, f64)>,
    pub errors: Vec<(f64, f64)>,
    /// The highest level that held.
    pub knee: Option<Tick>,
    pub levels: Vec<Tick>,
    pub millis: Vec<Tick>,
    pub shares: Vec<Tick>,
}

impl SearchView {
    /// `level`: the one that is tried just now. `is_over`: the run is, so the search does not go on, even if it was cut off before it could
    /// say so.
    pub fn of(report: &SearchReport, level: Option<f64>, is_over: bool) -> Self {
        let ended = report.ended.or(is_over.then_some(Ended::Unfinished));
        let (verdict, mood) = verdict(report, ended, level);
        Self {
            verdict,
            mood,
            metric: report.metric.clone(),
            rows: report.steps.iter().enumerate().map(|(at, step)| row(at, step, report.raise)).collect(),
            curve: SearchCurve::of(report),
        }
    }
}

fn verdict(report: &SearchReport, ended: Option<Ended>, level: Option<f64>) -> (String, Mood) {
    let text = |level: f64| with_unit(level, report.raise);
    let (held, broke) = (report.held.map(text), report.broke.map(text));
    match (ended, held, broke) {
        (None, held, _) => {
            let now = level.map_or_else(|| "getting ready".to_owned(), |level| format!("trying {}", text(level)));
            let so_far = held.map_or_else(String::new, |held| format!("; {held} held so far"));
            (format!("{now}{so_far}"), Mood::Plain)
        }
        (Some(Ended::Found), Some(held), Some(broke)) => {
            (format!("all thresholds hold up to {held}; they break at {broke}"), Mood::Good)
        }
        (Some(Ended::NotReached), Some(held), _) => {
            (format!("all thresholds hold at {held}, the highest level: search further up"), Mood::Good)
        }
        (Some(Ended::BrokenAtStart), ..) => ("the first level broke already: begin lower".to_owned(), Mood::Bad),
        (Some(ended), held, _) => {
            let why = match ended {
                Ended::Invalid => "INVALID: the generators were the bottleneck",
                Ended::NotRecovered => "the server did not get well again after an overload",
                _ => "the run ended before the search did",
            };
            let so_far = held.map_or_else(String::new, |held| format!("; {held} held"));
            (format!("{why}{so_far}"), Mood::Warn)
        }
    }
}

fn row(at: usize, step: &SearchStep, raise: Raised) -> Row {
    let measured = &step.measured;
    let (outcome, mood) = match step.outcome {
        StepOutcome::Held => ("held", Mood::Good),
        StepOutcome::Broke => ("broke", Mood::Bad),
        StepOutcome::Invalid => ("invalid", Mood::Warn),
    };
    let or_nothing =
        |value: Option<f64>, text: fn(f64) -> String| value.map_or_else(|| format::NOTHING.to_owned(), text);
    let why = measured.invalid.clone().unwrap_or_else(|| measured.broken.join(", "));
    Row {
        key: at.to_string(),
        is_part: false,
        cells: vec![
            with_unit(step.level, raise).into(),
            Cell::new(outcome).with_mood(mood),
            or_nothing(measured.p50, format::millis).into(),
            or_nothing(measured.p95, format::millis).into(),
            or_nothing(measured.p99, format::millis).into(),
            or_nothing(measured.error_rate, format::share).into(),
            or_nothing(measured.per_second, format::rate).into(),
            why.into(),
        ],
    }
}

fn with_unit(level: f64, raise: Raised) -> String {
    format!("{}\u{a0}{}", format::number(level), raise.unit())
}

impl SearchCurve {
    /// The box that it is drawn in.
    pub const WIDTH: f64 = 560.0;
    pub const HEIGHT: f64 = 200.0;

    /// The box with room for the texts around it, as SVG writes it.
    pub fn view_box() -> String {
        format!("-62 -22 {} {}", Self::WIDTH + 124.0, Self::HEIGHT + 48.0)
    }

    fn of(report: &SearchReport) -> Self {
        let mut steps: Vec<_> = report.steps.iter().collect();
        steps.sort_by(|a, b| a.level.total_cmp(&b.level));
        let highest =
            |value: fn(&SearchStep) -> Option<f64>| steps.iter().filter_map(|step| value(step)).fold(0.0, f64::max);
        let (to, millis) = (highest(|step| Some(step.level)), highest(|step| step.measured.p95));
        let share = highest(|step| step.measured.error_rate).max(0.01);
        let (levels, to) = ticks_up_to(to, format::number);
        let zero_or_millis = |millis: f64| if millis > 0.0 { format::millis(millis) } else { "0".to_owned() };
        let (millis, most_millis) = ticks_up_to(millis, zero_or_millis);
        let (shares, most_share) = ticks_up_to(share, format::share);
        let line = |value: fn(&SearchStep) -> Option<f64>, most: f64| {
            steps.iter().filter_map(|step| Some((step.level / to, value(step)? / most))).collect()
        };
        Self {
            p50: line(|step| step.measured.p50, most_millis),
            p95: line(|step| step.measured.p95, most_millis),
            errors: line(|step| step.measured.error_rate, most_share),
            knee: report.held.map(|held| Tick { at: held / to, label: with_unit(held, report.raise) }),
            levels,
            millis,
            shares,
        }
    }

    /// Fewer points make no line.
    pub fn is_empty(&self) -> bool {
        self.p95.len() < 2
    }

    /// Points of a line, as SVG writes them.
    pub fn points(line: &[(f64, f64)]) -> String {
        let point = |(x, y): &(f64, f64)| format!("{:.1},{:.1}", x * Self::WIDTH, Self::HEIGHT * (1.0 - y));
        line.iter().map(point).collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use metrics::LevelMeasured;

    fn report(ended: Option<Ended>) -> SearchReport {
        let step = |level: f64, p95: f64, outcome: StepOutcome| {
            let broken = if outcome == StepOutcome::Broke { vec!["trip p95 < 300 ms".to_owned()] } else { Vec::new() };
            let measured = LevelMeasured {
                p50: Some(p95 / 2.0),
                p95: Some(p95),
                error_rate: Some(0.0),
                broken,
                ..LevelMeasured::default()
            };
            SearchStep { level, from_s: 1.0, to_s: 2.0, outcome, measured }
        };
        let steps = vec![
            step(10.0, 20.0, StepOutcome::Held),
            step(50.0, 900.0, StepOutcome::Broke),
            step(30.0, 40.0, StepOutcome::Held),
        ];
        let (raise, metric) = (Raised::Users, "trip".to_owned());
        SearchReport { raise, metric, held: Some(30.0), broke: Some(50.0), ended, steps }
    }

    #[track_caller]
    fn check(ended: Option<Ended>, expected: &str, mood: Mood) {
        let view = SearchView::of(&report(ended), Some(40.0), false);
        assert_eq!((view.verdict.replace('\u{a0}', " ").as_str(), view.mood), (expected, mood));
    }

    #[test]
    fn the_finding_is_one_sentence() {
        check(None, "trying 40 users; 30 users held so far", Mood::Plain);
        check(Some(Ended::Found), "all thresholds hold up to 30 users; they break at 50 users", Mood::Good);
        check(Some(Ended::BrokenAtStart), "the first level broke already: begin lower", Mood::Bad);
        check(Some(Ended::Invalid), "INVALID: the generators were the bottleneck; 30 users held", Mood::Warn);
        check(Some(Ended::Unfinished), "the run ended before the search did; 30 users held", Mood::Warn);
        let cut_off = SearchView::of(&report(None), None, true);
        assert_eq!(cut_off.verdict.replace('\u{a0}', " "), "the run ended before the search did; 30 users held");
    }

    #[test]
    fn levels_stand_in_the_order_they_were_tried_and_the_curve_in_the_order_of_load() {
        let view = SearchView::of(&report(Some(Ended::Found)), None, true);
        let cells = |column: usize| -> Vec<_> {
            view.rows.iter().map(|row| row.cells[column].text.replace('\u{a0}', " ")).collect()
        };
        assert_eq!(cells(0), ["10 users", "50 users", "30 users"]);
        assert_eq!(cells(1), ["held", "broke", "held"]);
        assert_eq!(cells(3), ["20 ms", "900 ms", "40 ms"]);
        assert_eq!(cells(7), ["", "trip p95 < 300 ms", ""]);
        assert_eq!(view.curve.p95, [(10.0 / 60.0, 0.02), (0.5, 0.04), (50.0 / 60.0, 0.9)]);
        assert_eq!(view.curve.knee.as_ref().map(|knee| knee.at), Some(0.5));
        assert_eq!(SearchCurve::points(&view.curve.p95), "93.3,196.0 280.0,192.0 466.7,20.0");
    }
}
