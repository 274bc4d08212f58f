//! The desk from which a tester steers a run: which knobs and buttons there are, where they stand, and why some do nothing.

use std::sync::Arc;

use serde_json::Value;

use crate::format;
use crate::plan::variables::label;
use metrics::{Annotation, AnnotationKind};
use plan::{Action, Pace, Plan, Population, TimedAction};
use run::{Run, RunPhase};
use scenario::{Delay, Program, Template};

/// What of the desk changes while a run goes on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ControlView {
    pub is_running: bool,
    /// For all populations together, then for each.
    pub desks: Arc<Vec<Desk>>,
    /// What was done so far, the plan's own actions that are still to come included.
    pub actions: Arc<Vec<TimedAction>>,
    pub elapsed_s: f64,
}

/// What can be done to one population, or to all.
#[derive(Debug, Clone, PartialEq)]
pub struct Desk {
    pub population: Option<String>,
    pub knobs: Vec<Knob>,
    /// Why each button does nothing here; `None`: it works.
    pub buttons: Vec<(Push, Option<String>)>,
}

/// A number that can be turned.
#[derive(Debug, Clone, PartialEq)]
pub struct Knob {
    pub kind: KnobKind,
    pub label: String,
    pub unit: &'static str,
    pub doc: String,
    pub least: f64,
    pub most: f64,
    /// What the plan says.
    pub usual: f64,
}

#[derive(Debug, Clone, PartialEq)]
pub enum KnobKind {
    Users,
    Arrivals,
    /// Of the timers that send messages, milliseconds on average.
    Interval,
    Think,
    Variable(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Push {
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

/// What the buttons are pressed with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Amounts {
    /// 0 to 100.
    pub percent: f64,
    pub messages: u32,
    pub seconds: f64,
}

impl Default for Amounts {
    fn default() -> Self {
        Self { percent: 30.0, messages: 5, seconds: 10.0 }
    }
}

impl ControlView {
    /// `before`: the last one; what is known of the same run is not worked out again.
    pub fn of(run: &Run, before: &Self, is_same_run: bool) -> Self {
        let plan = run.plan();
        let desks = if is_same_run { Arc::clone(&before.desks) } else { Arc::new(desks(plan)) };
        let is_known = is_same_run && before.actions.len() == plan.actions.len();
        Self {
            is_running: matches!(run.phase(), RunPhase::Ramping | RunPhase::Holding) && run.epoch_ms().is_some(),
            desks,
            actions: if is_known { Arc::clone(&before.actions) } else { Arc::new(plan.actions.clone()) },
            elapsed_s: run.status().elapsed_s,
        }
    }

    /// Nobody of the population sends.
    pub fn is_paused(&self, population: Option<&str>) -> bool {
        let last = self.latest(population, |action| match action {
            Action::Pause => Some(1.0),
            Action::Resume => Some(0.0),
            _ => None,
        });
        last == Some(1.0)
    }

    /// Where a knob stands.
    pub fn value(&self, desk: &Desk, knob: &Knob) -> f64 {
        self.latest(desk.population.as_deref(), |action| knob.read(action)).unwrap_or(knob.usual)
    }

    /// What the latest action says that has begun (or is about to, because it was just ordered).
    fn latest(&self, population: Option<&str>, read: impl Fn(&Action) -> Option<f64>) -> Option<f64> {
        let is_meant = |timed: &&TimedAction| {
            timed.at_s <= self.elapsed_s + 1.0
                && match (&timed.population, population) {
                    (Some(named), Some(wanted)) => named == wanted,
                    (Some(_), None) => false,
                    (None, _) => true,
                }
        };
        self.actions.iter().filter(is_meant).filter_map(|timed| read(&timed.action)).next_back()
    }
}

impl Knob {
    pub fn action(&self, value: f64) -> Action {
        let value = value.clamp(self.least, self.most);
        match &self.kind {
            KnobKind::Users => Action::Users { users: value.round() as u32, over_s: 0.0 },
            KnobKind::Arrivals => Action::ArrivalRate { per_s: value, over_s: 0.0 },
            KnobKind::Interval => Action::Interval { timer: None, pace: Pace::Factor(value / self.usual) },
            KnobKind::Think => Action::Think { factor: value },
            KnobKind::Variable(name) => {
                // Whole numbers stay such: sizes and counts are whole.
                let whole = value.fract() == 0.0 && value.abs() < 9e15;
                Action::Set {
                    variable: name.clone(),
                    value: if whole { Value::from(value as i64) } else { Value::from(value) },
                }
            }
        }
    }

    fn read(&self, action: &Action) -> Option<f64> {
        match (&self.kind, action) {
            (KnobKind::Users, Action::Users { users, .. }) => Some(f64::from(*users)),
            (KnobKind::Arrivals, Action::ArrivalRate { per_s, .. }) => Some(*per_s),
            (KnobKind::Interval, Action::Interval { timer: None, pace }) => Some(match pace {
                Pace::Factor(factor) => factor * self.usual,
                Pace::Ms(ms) => *ms,
            }),
            (KnobKind::Think, Action::Think { factor }) => Some(*factor),
            (KnobKind::Variable(name), Action::Set { variable, value }) if name == variable => value.as_f64(),
            _ => None,
        }
    }

    /// How finely it is turned.
    pub fn step(&self) -> f64 {
        match self.kind {
            KnobKind::Users => 1.0,
            KnobKind::Interval if self.most >= 100.0 => 10.0,
            _ if self.most - self.least <= 1.0 => 0.05,
            _ if self.most - self.least <= 10.0 => 0.1,
            _ => 1.0,
        }
    }
}

impl Push {
    /// In the order of the page.
    pub const ALL: [Self; 11] = [
        Self::Pause,
        Self::Resume,
        Self::SendNow,
        Self::Burst,
        Self::Drop,
        Self::ReconnectStorm,
        Self::StopReading,
        Self::StopAnsweringPings,
        Self::ExpireTokens,
        Self::LeaveAndRejoin,
        Self::JoinStorm,
    ];

    pub fn action(self, amounts: Amounts) -> Action {
        let share = (amounts.percent / 100.0).clamp(0.0, 1.0);
        match self {
            Self::Pause => Action::Pause,
            Self::Resume => Action::Resume,
            Self::SendNow => Action::SendNow,
            Self::Burst => Action::Burst { messages: amounts.messages.clamp(1, 100) },
            Self::Drop => Action::Drop { share },
            Self::ReconnectStorm => Action::ReconnectStorm { share },
            Self::StopReading => Action::StopReading { share, for_s: amounts.seconds.clamp(0.1, 600.0) },
            Self::StopAnsweringPings => Action::StopAnsweringPings { share },
            Self::ExpireTokens => Action::ExpireTokens { share },
            Self::LeaveAndRejoin => Action::LeaveAndRejoin { share },
            Self::JoinStorm => Action::JoinStorm,
        }
    }

    pub fn label(self, amounts: Amounts) -> String {
        let percent = format!("{} %", amounts.percent);
        match self {
            Self::Pause => "Pause sending".to_owned(),
            Self::Resume => "Resume sending".to_owned(),
            Self::SendNow => "Everyone sends now".to_owned(),
            Self::Burst => format!("Burst: {} messages each", amounts.messages),
            Self::Drop => format!("Drop {percent} of connections"),
            Self::ReconnectStorm => format!("Reconnect storm: {percent}"),
            Self::StopReading => format!("{percent} stop reading for {} s", amounts.seconds),
            Self::StopAnsweringPings => format!("{percent} stop answering pings"),
            Self::ExpireTokens => format!("Expire tokens of {percent}"),
            Self::LeaveAndRejoin => format!("{percent} leave and rejoin"),
            Self::JoinStorm => "All join one room".to_owned(),
        }
    }

    /// What a browser's user does then, truthfully.
    pub const fn hint(self) -> &'static str {
        match self {
            Self::Pause => "Timers stand still and nobody sends a message; connections stay.",
            Self::Resume => "Timers go on where they stood.",
            Self::SendNow => "One message more of every connected user.",
            Self::Burst => "So many messages more of every connected user, all at once.",
            Self::Drop => "Closed without a goodbye of the protocol, then opened again after the usual back-off.",
            Self::ReconnectStorm => {
                "Closed and opened again at once; a browser opens as many at a time as the plan's handshakes in flight."
            }
            Self::StopReading => {
                "A page cannot stop a browser from taking bytes off the network. These users hang instead: nothing is handled, \
                 acknowledged or answered, pings included."
            }
            Self::StopAnsweringPings => "The server closes them after its ping timeout; then they come back.",
            Self::ExpireTokens => "They come back with a token that nobody issued, and log in again when refused.",
            Self::LeaveAndRejoin => "Over the open connection, by the scenario's rejoin steps.",
            Self::JoinStorm => "By the scenario's storm steps, all at the same time.",
        }
    }

    /// It is asked for again before it is done.
    pub const fn is_harsh(self) -> bool {
        !matches!(self, Self::Pause | Self::Resume | Self::SendNow | Self::Burst)
    }
}

/// All populations together, then (when there are several) each.
fn desks(plan: &Plan) -> Vec<Desk> {
    let programs: Vec<(&Population, Program)> =
        plan.populations.iter().filter_map(|population| Some((population, population.program().ok()?))).collect();
    let all = Desk::new(None, plan, &programs);
    let each = programs
        .iter()
        .map(|one| Desk::new(Some(one.0.name.clone()), plan, std::slice::from_ref(one)))
        .filter(|_| programs.len() > 1);
    std::iter::once(all).chain(each).collect()
}

impl Desk {
    fn new(population: Option<String>, plan: &Plan, programs: &[(&Population, Program)]) -> Self {
        let refusal = |action: &Action| {
            let timed = TimedAction { at_s: 0.0, population: population.clone(), action: action.clone() };
            timed.refusal(plan)
        };
        let buttons = Push::ALL.iter().map(|&push| (push, refusal(&push.action(Amounts::default())))).collect();
        let mut knobs: Vec<Knob> = Vec::new();
        for (population, program) in programs {
            for knob in knobs_of(population, program) {
                if knobs.iter().all(|known| known.kind != knob.kind) {
                    knobs.push(knob);
                }
            }
        }
        Self { population, knobs, buttons }
    }
}

fn knobs_of(population: &Population, program: &Program) -> Vec<Knob> {
    let knob = |kind, label: &str, unit, doc: &str, (least, most, usual)| Knob {
        kind,
        label: label.to_owned(),
        unit,
        doc: doc.to_owned(),
        least,
        most,
        usual,
    };
    let most_users = f64::from(population.load.max_users());
    let mut knobs = vec![if population.load.is_open() {
        let rate = population.load.stages().iter().map(|stage| stage.target).fold(population.load.start(), f64::max);
        knob(KnobKind::Arrivals, "Arrivals", "/s", "From now to the load's end.", (0.0, (rate * 4.0).max(10.0), rate))
    } else {
        let doc = "From now to the load's end, instead of the plan's shape.";
        knob(KnobKind::Users, "Users", "", doc, (0.0, (most_users * 4.0).max(20.0), most_users))
    }];
    let mean = program.sending_timers().next().and_then(|timer| mean_ms(&program.timers[timer].interval));
    if let Some(mean) = mean.filter(|mean| *mean > 0.0) {
        let doc = "Between two messages of a user, on average. Waits that have begun go on in proportion.";
        knobs.push(knob(KnobKind::Interval, "Message interval", "ms", doc, (mean / 100.0, mean * 10.0, mean)));
    }
    if program.ops.iter().any(|op| matches!(op, scenario::Op::Think(_))) {
        knobs.push(knob(KnobKind::Think, "Think time", "×", "Times what the scenario says.", (0.0, 10.0, 1.0)));
    }
    let live = program.variables.iter().filter_map(|variable| Some((variable, variable.live.as_ref()?)));
    knobs.extend(live.filter_map(|(variable, live)| {
        let usual = variable.default.as_ref()?.as_constant()?.as_f64()?;
        let (text, unit) = label(&variable.name);
        let range = (live.least.unwrap_or(0.0), live.most.unwrap_or((usual * 10.0).max(10.0)), usual);
        Some(knob(KnobKind::Variable(variable.name.clone()), &text, unit, &live.doc, range))
    }));
    knobs
}

/// `None`: it depends on the user.
fn mean_ms(delay: &Delay) -> Option<f64> {
    let number = |template: &Template| template.as_constant()?.as_f64();
    Some(match delay {
        Delay::Fixed(value) | Delay::Exponential(value) | Delay::Normal(value, _) => number(value)?,
        Delay::Uniform(low, high) => f64::midpoint(number(low)?, number(high)?),
    })
}

/// A line of what happened, with the label that its mark on the charts has.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Happening {
    pub mark: String,
    pub at_s: f64,
    pub time: String,
    pub kind: &'static str,
    pub text: String,
}

pub fn happenings(annotations: &[Annotation]) -> Vec<Happening> {
    let row = |(index, annotation): (usize, &Annotation)| Happening {
        mark: (index + 1).to_string(),
        at_s: annotation.at_s,
        time: format::clock(annotation.at_s),
        kind: match annotation.kind {
            AnnotationKind::Action => "action",
            AnnotationKind::Errors => "errors",
            AnnotationKind::Browser => "browser",
            AnnotationKind::Note => "note",
        },
        text: annotation.text.clone(),
    };
    annotations.iter().enumerate().map(row).collect()
}

#[cfg(test)]
mod tests;
