//! The actions of a plan: each has a time within the run, an effect somewhere, and values that make sense.

use std::ops::RangeInclusive;

use serde_json::Value;

use super::{HIGHEST_RATE, MOST_USERS};
use crate::action::{Action, Pace, TimedAction};
use crate::model::Plan;
use scenario::{Fields, Node, Problem, Problems};

impl TimedAction {
    /// Reads and checks one that is typed in while the plan runs.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn check(document: &Value, plan: &Plan) -> Result<Self, Vec<Problem>> {
        let problems = Problems::default();
        let action = Node::root(document, &problems).fields(ACTION).and_then(|fields| action(&fields));
        for refusal in action.iter().flat_map(|action| refusals(action, plan)) {
            problems.add("", refusal);
        }
        match action {
            Some(action) => problems.or(action),
            None => Err(problems.into_vec()),
        }
    }
}

/// In order of time; what needs the whole plan is checked by [`check_in`].
pub(super) fn actions(node: &Node<'_>) -> Vec<TimedAction> {
    let read = node.list().into_iter().filter_map(|entry| entry.fields(ACTION).and_then(|fields| action(&fields)));
    let mut read: Vec<_> = read.collect();
    read.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
    read
}

/// Whether each happens to somebody, and before the load's end.
pub(super) fn check_in(node: &Node<'_>, plan: &Plan) {
    for entry in node.list() {
        // Its own problems are known.
        let silent = Problems::default();
        let copy = Node::at(entry.value(), String::new(), &silent);
        let Some(timed) = copy.fields(ACTION).and_then(|fields| action(&fields)) else { continue };
        for refusal in refusals(&timed, plan) {
            entry.problem(refusal);
        }
    }
}

fn refusals(timed: &TimedAction, plan: &Plan) -> impl Iterator<Item = String> {
    let seconds = plan.duration_s();
    let late = || format!("happens after {} s, when the load ({seconds} s) is over", timed.at_s);
    (timed.at_s >= seconds).then(late).into_iter().chain(timed.refusal(plan))
}

fn action(fields: &Fields<'_>) -> Option<TimedAction> {
    let at_s = fields.optional("at_s").map_or(Some(0.0), |node| node.number(0.0..=super::LONGEST_S));
    let population = match fields.optional("population") {
        Some(node) => Some(node.name()?.to_owned()),
        None => None,
    };
    let kind = fields.required("do").and_then(|node| node.one_of(KINDS));
    let reader = Reader { fields, used: std::cell::RefCell::default() };
    let action = reader.read(kind?);
    reader.report_the_rest();
    Some(TimedAction { at_s: at_s?, population, action: action? })
}

/// Reads fields, and knows afterwards which the kind of action has no use for.
struct Reader<'f, 'a> {
    fields: &'f Fields<'a>,
    used: std::cell::RefCell<Vec<&'static str>>,
}

impl Reader<'_, '_> {
    fn read(&self, kind: Kind) -> Option<Action> {
        let action = match kind {
            Kind::Users => {
                let users = self.integer("users", 0..=MOST_USERS);
                Action::Users { over_s: self.over()?, users: users? as u32 }
            }
            Kind::ArrivalRate => {
                let per_s = self.number("per_s", 0.0..=HIGHEST_RATE);
                Action::ArrivalRate { over_s: self.over()?, per_s: per_s? }
            }
            Kind::Interval => {
                let timer = self.optional("timer").map(|node| node.name().map(str::to_owned));
                let (factor, ms) = (self.optional("factor"), self.optional("ms"));
                let pace = match (factor, ms) {
                    (Some(node), None) => Pace::Factor(node.number(FACTORS)?),
                    (None, Some(node)) => Pace::Ms(node.number(1.0..=LONGEST_INTERVAL_MS)?),
                    _ => {
                        self.fields.node().problem("an interval needs either `factor` or `ms`");
                        return None;
                    }
                };
                Action::Interval { timer: timer.map_or(Some(None), |name| name.map(Some))?, pace }
            }
            Kind::Think => Action::Think { factor: self.number("factor", 0.0..=*FACTORS.end())? },
            Kind::Set => {
                let variable = self.required("variable").and_then(|node| node.name());
                let value = self.required("value").map(|node| node.value().clone());
                Action::Set { variable: variable?.to_owned(), value: value? }
            }
            Kind::Pause => Action::Pause,
            Kind::Resume => Action::Resume,
            Kind::SendNow => Action::SendNow,
            Kind::Burst => Action::Burst { messages: self.integer("messages", 1..=MOST_AT_ONCE)? as u32 },
            Kind::Drop => Action::Drop { share: self.share()? },
            Kind::ReconnectStorm => Action::ReconnectStorm { share: self.share()? },
            Kind::StopReading => {
                let for_s = self.number("for_s", 0.1..=LONGEST_STALL_S);
                Action::StopReading { share: self.share()?, for_s: for_s? }
            }
            Kind::StopAnsweringPings => Action::StopAnsweringPings { share: self.share()? },
            Kind::ExpireTokens => Action::ExpireTokens { share: self.share()? },
            Kind::LeaveAndRejoin => Action::LeaveAndRejoin { share: self.share()? },
            Kind::JoinStorm => Action::JoinStorm,
        };
        Some(action)
    }

    fn optional(&self, name: &'static str) -> Option<Node<'_>> {
        self.used.borrow_mut().push(name);
        self.fields.optional(name)
    }

    fn required(&self, name: &'static str) -> Option<Node<'_>> {
        self.used.borrow_mut().push(name);
        self.fields.required(name)
    }

    fn number(&self, name: &'static str, range: RangeInclusive<f64>) -> Option<f64> {
        self.required(name).and_then(|node| node.number(range))
    }

    fn integer(&self, name: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        self.required(name).and_then(|node| node.integer(range))
    }

    fn over(&self) -> Option<f64> {
        self.optional("over_s").map_or(Some(0.0), |node| node.number(0.0..=super::LONGEST_S))
    }

    fn share(&self) -> Option<f64> {
        self.optional("share").map_or(Some(1.0), |node| node.number(0.0..=1.0))
    }

    fn report_the_rest(&self) {
        let used = self.used.borrow();
        for name in ACTION.iter().filter(|name| !["at_s", "population", "do"].contains(*name) && !used.contains(*name))
        {
            if let Some(node) = self.fields.optional(name) {
                node.problem("this kind of action does not have it");
            }
        }
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Users,
    ArrivalRate,
    Interval,
    Think,
    Set,
    Pause,
    Resume,
    SendNow,
    Burst,
    Drop,
    ReconnectStorm,
    StopReading,
    StopAnsweringPings,
    ExpireTokens,
    LeaveAndRejoin,
    JoinStorm,
}

const KINDS: &[(&str, Kind)] = &[
    ("users", Kind::Users),
    ("arrival_rate", Kind::ArrivalRate),
    ("interval", Kind::Interval),
    ("think", Kind::Think),
    ("set", Kind::Set),
    ("pause", Kind::Pause),
    ("resume", Kind::Resume),
    ("send_now", Kind::SendNow),
    ("burst", Kind::Burst),
    ("drop", Kind::Drop),
    ("reconnect_storm", Kind::ReconnectStorm),
    ("stop_reading", Kind::StopReading),
    ("stop_answering_pings", Kind::StopAnsweringPings),
    ("expire_tokens", Kind::ExpireTokens),
    ("leave_and_rejoin", Kind::LeaveAndRejoin),
    ("join_storm", Kind::JoinStorm),
];
const ACTION: &[&str] = &[
    "at_s",
    "population",
    "do",
    "users",
    "per_s",
    "over_s",
    "timer",
    "factor",
    "ms",
    "variable",
    "value",
    "messages",
    "share",
    "for_s",
];
/// From a hundred times as fast to a hundred times as slow.
const FACTORS: RangeInclusive<f64> = 0.01..=100.0;
const LONGEST_INTERVAL_MS: f64 = 3_600_000.0;
/// A user runs at most 256 blocks at a time; some are its own.
const MOST_AT_ONCE: u64 = 100;
const LONGEST_STALL_S: f64 = 600.0;
