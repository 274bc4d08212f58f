//! A run that searches for the breaking point: what the search orders is done by actions, what it asks is read from totals.

use super::{Run, Stage};
use crate::search::{Breakpoint, SearchOrder};
use catalogue::Metric;
use metrics::{AnnotationKind, EndedBy, LevelMeasured, Outcome, SearchReport, ThresholdResult, VerdictOutcome};
use plan::{Action, Pace, Plan, Raised, Search, Statistic, Subject, Threshold, TimedAction};

/// The search of a run, and what it measures at each level.
#[derive(Debug)]
pub(super) struct Searching {
    breakpoint: Breakpoint,
    /// The plan's thresholds, and behind them what the curve needs.
    thresholds: Vec<Threshold>,
    metric: String,
    /// By how many measurements each threshold had a value; `None`: one had none. A server that does not answer any more is no
    /// reason for nobody to notice: what had a value twice and always, and has none now, broke.
    had: Vec<Option<u32>>,
}

impl Searching {
    pub fn new(plan: &Plan) -> Option<Self> {
        let search = plan.search.clone()?;
        let thresholds: Vec<Threshold> = plan.thresholds.iter().filter_map(|text| text.parse().ok()).collect();
        let metric = metric_of(&thresholds, plan);
        let of_curve = ["p50 < 1", "p95 < 1", "p99 < 1", "rate > 0"].map(|rest| format!("{metric} {rest}"));
        let of_curve = of_curve.into_iter().chain(["errors rate < 1".to_owned()]);
        let had = vec![Some(0); thresholds.len()];
        let thresholds = thresholds.into_iter().chain(of_curve.filter_map(|text| text.parse().ok())).collect();
        Some(Self { breakpoint: Breakpoint::new(search), thresholds, metric, had })
    }

    /// From the results of a level's own measurement, in the order of the thresholds.
    fn judge(&mut self, results: &[ThresholdResult], invalid: Option<String>) -> LevelMeasured {
        let (wanted, of_curve) = results.split_at(self.had.len().min(results.len()));
        let value = |place: usize| of_curve.get(place).and_then(|result| result.actual);
        let [p50, p95, p99, per_second, error_rate] = [0, 1, 2, 3, 4].map(value);
        let mut measured = LevelMeasured { p50, p95, p99, per_second, error_rate, invalid, ..LevelMeasured::default() };
        for (result, had) in wanted.iter().zip(&mut self.had) {
            match result.outcome {
                Outcome::Pass => measured.kept += 1,
                Outcome::Fail => measured.broken.push(result.threshold.clone()),
                Outcome::NotMeasured if had.is_some_and(|times| times >= 2) => {
                    measured.broken.push(format!("{} (not measured)", result.threshold));
                    continue;
                }
                // Of joins there is nothing to measure where nobody joins.
                Outcome::NotMeasured | Outcome::Invalid => {}
            }
            *had = had.filter(|_| result.actual.is_some()).map(|times| times + 1);
        }
        measured
    }
}

impl Run {
    /// How far the search is; `None`: the plan has none.
    pub fn search(&self) -> Option<SearchReport> {
        self.searching.as_ref().map(|searching| searching.breakpoint.report(&searching.metric))
    }

    /// The level that the search tries just now.
    pub fn search_level(&self) -> Option<f64> {
        self.searching.as_ref()?.breakpoint.level()
    }

    pub(super) fn search_on(&mut self) {
        let Some(mut searching) = self.searching.take() else { return };
        let (now, has_begun) = (self.now(), self.clock.has_begun());
        match self.stage {
            Stage::Running if has_begun => {
                let order = self.ask(&mut searching, now);
                if let Some(order) = order {
                    self.obey(&mut searching, order);
                }
            }
            Stage::Loading | Stage::Preparing { .. } | Stage::Running => {}
            _ => searching.breakpoint.end(),
        }
        self.searching = Some(searching);
    }

    fn ask(&self, searching: &mut Searching, now: base::time::Timestamp) -> Option<SearchOrder> {
        let mut breakpoint = searching.breakpoint.clone();
        let judge = || searching.judge(&self.aggregator.step(), self.why_invalid());
        let order = breakpoint.advance(now, self.aggregator.heard_until(), judge);
        searching.breakpoint = breakpoint;
        order
    }

    fn obey(&mut self, searching: &mut Searching, order: SearchOrder) {
        match order {
            SearchOrder::Level { level, over_s } => {
                let action = action(searching.breakpoint.search(), &self.plan, level, over_s);
                self.act(action);
            }
            SearchOrder::Measure => {
                let now = self.now();
                self.aggregator.begin_step(&searching.thresholds, now);
                if let Some(level) = searching.breakpoint.level() {
                    let unit = searching.breakpoint.search().raise.unit();
                    self.aggregator.annotate(now, AnnotationKind::Action, format!("measuring at {level} {unit}"));
                }
            }
            SearchOrder::Stop => self.stop(EndedBy::Plan),
        }
    }
}

impl Run {
    /// Why the generators are the bottleneck; `None`: they keep up.
    fn why_invalid(&self) -> Option<String> {
        let verdict = self.verdict().filter(|verdict| verdict.outcome == VerdictOutcome::Invalid)?;
        let reasons: Vec<_> = verdict.reasons.iter().map(|reason| reason.text.as_str()).collect();
        Some(if reasons.is_empty() { "the generators were the bottleneck".to_owned() } else { reasons.join("; ") })
    }
}

/// What brings the load to a level.
fn action(search: &Search, plan: &Plan, level: f64, over_s: f64) -> TimedAction {
    let place = search.place(plan).unwrap_or(0);
    let population = &plan.populations[place];
    let action = match search.raise {
        Raised::Users => Action::Users { users: level.round() as u32, over_s },
        Raised::Arrivals => Action::ArrivalRate { per_s: level, over_s },
        Raised::Messages => {
            let timers = population.program().map_or(1, |program| program.sending_timers().count().max(1));
            let senders = f64::from(population.load.max_users()) * timers as f64;
            Action::Interval { timer: None, pace: Pace::Ms(senders * 1e3 / level) }
        }
    };
    TimedAction { at_s: 0.0, population: Some(population.name.clone()), action }
}

/// The metric of the curve: that of the first threshold on a time, or the round trip of the plan's messages.
fn metric_of(thresholds: &[Threshold], plan: &Plan) -> String {
    let named = thresholds.iter().find_map(|threshold| match &threshold.subject {
        Subject::Time { metric, statistic: Statistic::Quantile(_) | Statistic::Mean | Statistic::Max } => {
            Some(metric.clone())
        }
        _ => None,
    });
    let of_messages = || {
        let program = plan.populations.first()?.program().ok()?;
        let delivery = program.delivery.as_ref()?;
        Some(Metric::RoundTrip.of(&program.operations[usize::from(delivery.operation.0)]))
    };
    named.or_else(of_messages).unwrap_or_else(|| Metric::Connect.name().to_owned())
}
