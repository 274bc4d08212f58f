//! The line that the plan's load shape draws: how many users are wanted when, and when the last one is added.

use base::time::{Span, Timestamp};
use plan::{Plan, Schedule, Segment};

#[derive(Debug)]
pub(super) struct Target {
    /// The closed loads. An open load wants arrivals, not a number of users.
    closed: Vec<Schedule>,
    end: Timestamp,
    /// When the line first reaches its top: until then users are still being added.
    top: Timestamp,
}

impl Target {
    pub(super) fn new(plan: &Plan) -> Self {
        let whole = Segment::whole();
        let schedules: Vec<_> =
            (0..plan.populations.len()).map(|index| Schedule::planned(plan, index, &whole)).collect();
        let end = schedules.iter().map(Schedule::end).max().unwrap_or(Timestamp::ZERO);
        let top = first_top(end, |at| schedules.iter().map(|schedule| schedule.target(at)).sum());
        Self { closed: schedules.into_iter().filter(|schedule| schedule.cap().is_none()).collect(), end, top }
    }

    /// When the load ends.
    pub(super) fn end(&self) -> Timestamp {
        self.end
    }

    pub(super) fn is_rising(&self, at: Timestamp) -> bool {
        at < self.top
    }

    /// Users wanted at `at`; `None` when every population is an open load, which wants no number of users.
    pub(super) fn users(&self, at: Timestamp) -> Option<u32> {
        let sum = self.closed.iter().map(|schedule| schedule.target(at)).sum::<f64>();
        (!self.closed.is_empty()).then_some(if at < self.end { sum.round() as u32 } else { 0 })
    }
}

/// The first of `POINTS` even points in time at which `line` is within a thousandth of its top.
fn first_top(end: Timestamp, line: impl Fn(Timestamp) -> f64) -> Timestamp {
    let point = |n: u64| Timestamp::ZERO + Span::from_micros(end.as_micros() / POINTS * n);
    let top = (0..POINTS).map(|n| line(point(n))).fold(0.0, f64::max);
    (0..POINTS).map(point).find(|&at| line(at) >= top * 0.999).unwrap_or(Timestamp::ZERO)
}

/// One part in a thousand of the run: finer than an eye follows on the status line.
const POINTS: u64 = 1_000;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(loads: serde_json::Value, end_s: u64, top_s: f64, wanted: &[(u64, Option<u32>)]) {
        let populations: Vec<_> = loads
            .as_array()
            .unwrap()
            .iter()
            .map(|load| json!({"name": "users", "scenario": {}, "load": load}))
            .collect();
        let plan = serde_json::from_value(json!({
            "version": 1, "name": "line", "seed": 1, "populations": populations,
        }));
        let target = Target::new(&plan.unwrap());
        assert_eq!(target.end(), Timestamp::ZERO + Span::from_secs(end_s));
        let slack = 2.0 * end_s as f64 / POINTS as f64;
        assert!((target.top.as_secs_f64() - top_s).abs() <= slack, "{:?}", target.top);
        for &(at, users) in wanted {
            assert_eq!(target.users(Timestamp::ZERO + Span::from_secs(at)), users, "at {at} s");
        }
    }

    #[test]
    fn the_top_is_where_the_last_user_is_added() {
        let ramp = json!({"model": "closed", "stages": [
            {"duration_s": 10, "target": 100}, {"duration_s": 20, "target": 100}, {"duration_s": 10, "target": 0},
        ]});
        check(json!([ramp]), 40, 10.0, &[(0, Some(0)), (5, Some(50)), (10, Some(100)), (35, Some(50)), (40, Some(0))]);
        let later = json!({"model": "closed", "start": 5, "stages": [{"duration_s": 30, "target": 105}]});
        check(json!([ramp, later]), 40, 30.0, &[(0, Some(5)), (30, Some(100))]);
    }

    #[test]
    fn an_open_load_wants_no_number_of_users() {
        let open = json!({"model": "open", "stages": [{"duration_s": 10, "target": 20}], "max_users": 50});
        check(json!([open]), 10, 10.0, &[(5, None)]);
        let steady = json!({"model": "closed", "start": 3, "stages": [{"duration_s": 10, "target": 3}]});
        check(json!([open, steady]), 10, 10.0, &[(5, Some(3))]);
    }
}
