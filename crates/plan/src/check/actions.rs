//! The actions of a plan: each has a time within the run, an effect somewhere, and values that make sense.

use serde_json::Value;

use crate::action::{Action, Pace, TimedAction};
use crate::fields::{ACTIONS, tagged, tags};
use crate::model::Plan;
use document::{Fields, Node, Problem, Problems};

impl TimedAction {
    /// Reads and checks one that is typed in while the plan runs.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn check(document: &Value, plan: &Plan) -> Result<Self, Vec<Problem>> {
        let problems = Problems::default();
        let action = action(&Node::root(document, &problems));
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
    let read = node.list().into_iter().filter_map(|entry| action(&entry));
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
        let Some(timed) = action(&copy) else { continue };
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

fn action(node: &Node<'_>) -> Option<TimedAction> {
    let kinds: Vec<_> = tags(ACTIONS, "do").into_iter().map(|name| (name, name)).collect();
    let kind = node.entries().into_iter().find(|(name, _)| *name == "do");
    if node.value().is_object() && kind.is_none() {
        node.problem("`do` is missing");
    }
    let kind = kind?.1.one_of(&kinds)?;
    let fields = node.fields(tagged(ACTIONS, "do", kind)?)?;
    let at_s = fields.number("at_s");
    let population = match fields.optional("population") {
        Some(node) => Some(node.name()?.to_owned()),
        None => None,
    };
    let action = read(kind, &fields);
    Some(TimedAction { at_s: at_s?, population, action: action? })
}

fn read(kind: &str, fields: &Fields<'_>) -> Option<Action> {
    let (number, whole) = (|name| fields.number(name), |name| fields.whole(name));
    let share = || fields.number("share");
    let action = match kind {
        "users" => {
            let (users, over_s) = (whole("users"), number("over_s"));
            Action::Users { users: users? as u32, over_s: over_s? }
        }
        "arrival_rate" => {
            let (per_s, over_s) = (number("per_s"), number("over_s"));
            Action::ArrivalRate { per_s: per_s?, over_s: over_s? }
        }
        "interval" => {
            let timer = fields.optional("timer").map(|node| node.name().map(str::to_owned));
            let pace = match (fields.optional("factor"), fields.optional("ms")) {
                (Some(_), None) => Pace::Factor(number("factor")?),
                (None, Some(_)) => Pace::Ms(number("ms")?),
                _ => {
                    fields.node().problem("an interval needs either `factor` or `ms`");
                    return None;
                }
            };
            Action::Interval { timer: timer.map_or(Some(None), |name| name.map(Some))?, pace }
        }
        "think" => Action::Think { factor: number("factor")? },
        "set" => {
            let variable = fields.required("variable").and_then(|node| node.name());
            let value = fields.required("value").map(|node| node.value().clone());
            Action::Set { variable: variable?.to_owned(), value: value? }
        }
        "pause" => Action::Pause,
        "resume" => Action::Resume,
        "send_now" => Action::SendNow,
        "burst" => Action::Burst { messages: whole("messages")? as u32 },
        "drop" => Action::Drop { share: share()? },
        "reconnect_storm" => Action::ReconnectStorm { share: share()? },
        "stop_reading" => {
            let (share, for_s) = (share(), number("for_s"));
            Action::StopReading { share: share?, for_s: for_s? }
        }
        "stop_answering_pings" => Action::StopAnsweringPings { share: share()? },
        "expire_tokens" => Action::ExpireTokens { share: share()? },
        "leave_and_rejoin" => Action::LeaveAndRejoin { share: share()? },
        _ => Action::JoinStorm,
    };
    Some(action)
}
