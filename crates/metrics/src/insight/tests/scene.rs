//! Runs of a minute, second by second, for the rules' tests.

use std::collections::BTreeMap;

use crate::annotation::AnnotationKind;
use crate::close::{ClosedBy, DisconnectKey};
use crate::delta::ErrorKey;
use crate::insight::InsightKind;
use crate::totals::{DisconnectTotal, EndedBy, ErrorTotal, LoadEnd, MetricColumns, Outcomes, PopulationConfig};
use crate::totals::{Timeline, Totals};
use crate::user::Phase;
use base::time::{Span, Timestamp};

/// A run, and what is different in it.
pub(super) struct Scene {
    seconds: usize,
    values: BTreeMap<String, Vec<f32>>,
    metrics: BTreeMap<String, MetricColumns>,
    pub totals: Totals,
}

impl Scene {
    /// Forty users come within ten seconds and chat for a minute, and all is well.
    pub fn healthy() -> Self {
        let strings = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
        let mut totals = Totals::default();
        totals.config.populations = vec![PopulationConfig {
            name: "owls".to_owned(),
            before: strings(&["rest.login"]),
            connected: strings(&["join", "message"]),
            ..PopulationConfig::default()
        }];
        let scene = Self { seconds: 60, values: BTreeMap::new(), metrics: BTreeMap::new(), totals };
        scene
            .value("users.active", |second| (second as f32 * 4.0).min(40.0))
            .value("users.connecting", |second| if second < 10 { 2.0 } else { 0.0 })
            .value("frames.in", |second| (second as f32 * 20.0).min(200.0))
            .value("frames.out", |second| (second as f32 * 5.0).min(50.0))
            .metric("message.round_trip", |second| Some(20.0 + (second % 7) as f32))
            .metric("join", |second| (second < 10).then_some(30.0))
            .operation("rest.login", 40, 0)
            .operation("connect", 40, 0)
            .operation("join", 40, 0)
            .operation("message", 2_900, 1)
            .error("message", "ack timeout", 1, 33.0)
    }

    pub fn value(mut self, name: &str, at: impl Fn(usize) -> f32) -> Self {
        self.values.insert(name.to_owned(), (0..self.seconds).map(at).collect());
        self
    }

    /// Its median, milliseconds, of four samples; `None`: none.
    pub fn metric(mut self, name: &str, at: impl Fn(usize) -> Option<f32>) -> Self {
        let p50: Vec<f32> = (0..self.seconds).map(|second| at(second).unwrap_or(f32::NAN)).collect();
        let count = p50.iter().map(|ms| if ms.is_finite() { 4 } else { 0 }).collect();
        let columns = MetricColumns { count, p95: p50.clone(), p99: p50.clone(), max: p50.clone(), p50 };
        self.metrics.insert(name.to_owned(), columns);
        self
    }

    pub fn operation(mut self, name: &str, succeeded: u64, failed: u64) -> Self {
        self.totals.counts.operations.insert(name.to_owned(), Outcomes { succeeded, failed });
        self
    }

    pub fn error(self, operation: &str, code: &str, count: u64, first_s: f64) -> Self {
        self.error_in(Phase::Flow, operation, code, count, first_s)
    }

    pub fn error_in(mut self, phase: Phase, operation: &str, code: &str, count: u64, first_s: f64) -> Self {
        let [population, operation, code] = ["owls", operation, code].map(str::to_owned);
        let key = ErrorKey { population, operation, code, phase };
        self.totals.counts.errors.insert(key, ErrorTotal { count, first: at(first_s), sample: String::new() });
        self
    }

    pub fn closed(mut self, by: ClosedBy, code: u16, count: u64) -> Self {
        let key = DisconnectKey { population: "owls".into(), code, reason: String::new(), by, phase: Phase::Active };
        self.totals.counts.disconnects.insert(key, DisconnectTotal { count, first: Timestamp::ZERO });
        self
    }

    pub fn mark(mut self, kind: AnnotationKind, at_s: f64, text: &str) -> Self {
        self.totals.annotations.add(at_s, kind, text);
        self
    }

    /// The load ends then, and what follows is the users' leaving.
    pub fn ends_at(mut self, second: f64) -> Self {
        self.totals.users.ending = Some(LoadEnd { by: EndedBy::Plan, at: at(second), planned: at(second) });
        self
    }

    pub fn totals(self) -> Totals {
        let elapsed = Timestamp::ZERO + Span::from_secs(self.seconds as u64);
        Totals { timeline: Timeline::of_columns(self.metrics, self.values), elapsed, ..self.totals }
    }
}

fn at(second: f64) -> Timestamp {
    Timestamp::ZERO + Span::from_secs_f64(second)
}

/// With what it says of what happened.
#[expect(clippy::too_many_lines, reason = "a table")]
pub(crate) fn one_of_each() -> Vec<(InsightKind, &'static str)> {
    let close = |lost, of, by, code| InsightKind::MassClose { at_s: 83.9, within_s: 1.0, lost, of, by, code };
    vec![
        (
            close(40, 1_040, Some(ClosedBy::Server), Some(1001)),
            "At 1:23 40 of 1,040 open connections were lost within 1 s, most of them by the target, or something before it with code 1001.",
        ),
        (close(5, 5, None, None), "At 1:23 5 of 5 open connections were lost within 1 s."),
        (
            InsightKind::NoService { at_s: 60.0, until_s: Some(110.0), lasted_s: 50.0, users: 40 },
            "From 1:00 to 1:50 nearly nobody had a connection, for 50 s, and 40 users wanted one.",
        ),
        (
            InsightKind::NeverSucceeded { at_s: 4.5, operation: "join".into(), failed: 41, code: "ROOM_GONE".into() },
            "join never succeeded: it failed 41 times, first at 0:04, most often with “ROOM_GONE”.",
        ),
        (
            InsightKind::GeneratorLate { at_s: 20.0, late_s: 12.0, of_s: 60.0, browser: Some("Kim".into()) },
            "The generator itself was late in 12 of 60 seconds, from 0:20 on, most of all in Kim.",
        ),
        (
            InsightKind::Plateau { at_s: 12.0, most: 30, wanted: 50 },
            "Never more than 30 users had a connection at the same time, from 0:12 on, and up to 50 wanted one.",
        ),
        (
            InsightKind::NoGreeting { at_s: 9.0, silent: 20, greeted: 30 },
            "20 times a user was connected and heard no greeting, first at 0:09; 30 greetings came.",
        ),
        (
            InsightKind::Ceased { at_s: 8.0, operation: "greeting".into(), before: 30, failed: 20 },
            "greeting did not succeed any more from 0:08 on: it had 30 times until then, and failed 20 times afterwards.",
        ),
        (
            InsightKind::Stalled { at_s: 30.0, until_s: Some(34.0), lasted_s: 4.0, times: 2, usual: 200.0 },
            "From 0:30 to 0:34 nothing came from the target for 4 s, the longest of 2 times, where 200 frames a second had come, and the \
         connections stayed open.",
        ),
        (
            InsightKind::Refused {
                at_s: 12.0,
                operation: "message".into(),
                code: "BANNED".into(),
                count: 120,
                of: 400,
            },
            "message ended with “BANNED” in 120 of 400 attempts, first at 0:12.",
        ),
        (
            InsightKind::ErrorsAfter { at_s: 30.5, done: "burst".into(), errors: 14, before: 0 },
            "Errors began with “burst” at 0:30: 14 in the ten seconds after it, 0 in the ten before.",
        ),
        (
            InsightKind::SlowSince {
                at_s: 30.0,
                metric: "message.round_trip".into(),
                before_ms: 22.0,
                after_ms: 1_302.0,
                users_before: 20,
                users_after: 40,
            },
            "message.round_trip is slow since 0:30: 22 ms became 1.3 s (medians), with 20 users before and 40 since.",
        ),
        (
            InsightKind::NeverThere { users: 7, of: 200, unprepared: 0, unconnected: 2, unjoined: 5 },
            "7 of 200 users never got to their work by the end: 2 connecting, 5 joining were left.",
        ),
        (
            InsightKind::OwnConnections { users: 3, wait_ms: Some(2_000.0) },
            "Users waited for their own browser, which has 6 connections for each host: one request of 20 waited 2.0 s or longer; 3 users never \
         got to their work because of that.",
        ),
        (
            InsightKind::OneUser { population: "owls".into(), user: 3, starved_s: 4.0, all_s: 5.0 },
            "owls 4 alone waited 4.0 of the 5.0 s that all users waited for sound in the middle of answers.",
        ),
    ]
}
