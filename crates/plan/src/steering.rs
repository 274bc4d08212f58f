//! Whom an action suits, and what it makes of a load.

use super::action::{Action, TimedAction};
use super::model::{Load, Plan};
use scenario::{Op, Program, Protocol, Reconnect};

impl TimedAction {
    /// It is for this population: named or not, and it suits.
    pub fn is_for(&self, name: &str, load: &Load, program: &Program) -> bool {
        self.population.as_ref().is_none_or(|wanted| wanted == name) && self.action.unsuited(load, program).is_none()
    }

    /// Why it cannot be done in this plan; `None`: it can.
    pub fn refusal(&self, plan: &Plan) -> Option<String> {
        let mut why = format!("there is no population \"{}\"", self.population.as_deref().unwrap_or_default());
        for population in &plan.populations {
            if self.population.as_ref().is_none_or(|name| *name == population.name) {
                let Ok(program) = population.program() else { continue };
                why = self.action.unsuited(&population.load, &program)?;
            }
        }
        Some(why)
    }
}

impl Action {
    /// Why it means nothing to a population; `None`: it suits.
    pub fn unsuited(&self, load: &Load, program: &Program) -> Option<String> {
        let is_open = load.is_open();
        let sends = || program.sending_timers().next().is_some();
        let reason = match self {
            Self::Users { .. } if is_open => "its load wants arrivals, not a number of users",
            Self::ArrivalRate { .. } if !is_open => "its load wants a number of users, not arrivals",
            Self::Interval { timer: None, .. } | Self::SendNow | Self::Burst { .. } if !sends() => {
                "no timer of its scenario sends messages"
            }
            Self::Interval { timer: Some(name), .. } if program.timers.iter().all(|timer| timer.name != *name) => {
                return Some(format!("its scenario runs no timer \"{name}\""));
            }
            Self::Think { .. } if !program.ops.iter().any(|op| matches!(op, Op::Think(_))) => {
                "its users never stop to think"
            }
            Self::Set { variable, value } => return program.refusal_of(variable, value),
            Self::ReconnectStorm { .. } | Self::ExpireTokens { .. } if program.connect.reconnect == Reconnect::None => {
                "its users do not come back after a lost connection"
            }
            Self::StopAnsweringPings { .. } if program.protocol != Protocol::SocketIo => {
                "a browser answers the pings of a plain WebSocket by itself, and no page can stop it"
            }
            Self::ExpireTokens { .. } if !program.shows_token() => "its users connect without a token",
            Self::StopReading { .. } if program.audio.is_some() => {
                "its users listen to audio: their players would starve by our own doing"
            }
            Self::LeaveAndRejoin { .. } if program.rejoin.is_none() => "its scenario has no `rejoin` steps",
            Self::JoinStorm if program.storm.is_none() => "its scenario has no `storm` steps",
            _ => return None,
        };
        Some(reason.to_owned())
    }

    /// What it wants of a load (users, or arrivals a second), and over how many seconds; `None`: nothing of this one.
    pub fn load_target(&self, load: &Load) -> Option<(f64, f64)> {
        match *self {
            Self::Users { users, over_s } if !load.is_open() => Some((f64::from(users), over_s)),
            Self::ArrivalRate { per_s, over_s } if load.is_open() => Some((per_s, over_s)),
            _ => None,
        }
    }
}

/// The loads' changes of a population, in order: when, to what, and over how long (seconds).
pub(super) fn load_changes(plan: &Plan, index: usize) -> impl Iterator<Item = (f64, f64, f64)> {
    let population = &plan.populations[index];
    let meant = |timed: &&TimedAction| timed.population.as_ref().is_none_or(|name| *name == population.name);
    plan.actions.iter().filter(meant).filter_map(|timed| {
        let (target, over_s) = timed.action.load_target(&population.load)?;
        Some((timed.at_s, target, over_s))
    })
}
