//! What a tester may do to a program while its users run. Variables that may be set then are not folded into it, and know
//! which values they take.

use serde_json::Value;

use super::program::{Op, Pc, Program, RoomEffect};
use document::{found, list_of};

/// The values that a live variable takes.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Live {
    pub least: Option<f64>,
    pub most: Option<f64>,
    /// Empty: any.
    pub one_of: Vec<Value>,
    /// What it is for, for people.
    pub doc: String,
}

impl Live {
    /// Why it cannot have this value; `None`: it can.
    pub fn refusal(&self, value: &Value) -> Option<String> {
        if !self.one_of.is_empty() {
            let known: Vec<_> = self.one_of.iter().map(|value| value.as_str().unwrap_or_default()).collect();
            return (!self.one_of.contains(value))
                .then(|| format!("expected {}, found {}", list_of(&known), found(value)));
        }
        let is_in =
            |number: f64| self.least.is_none_or(|least| number >= least) && self.most.is_none_or(|most| number <= most);
        if value.as_f64().is_some_and(is_in) {
            return None;
        }
        let bounds = match (self.least, self.most) {
            (Some(least), Some(most)) => format!(" from {least} to {most}"),
            (Some(least), None) => format!(" of at least {least}"),
            (None, Some(most)) => format!(" of at most {most}"),
            (None, None) => String::new(),
        };
        Some(format!("expected a number{bounds}, found {}", found(value)))
    }
}

impl Program {
    /// Timers that send ledgered messages (without a ledger: that emit anything), as indices.
    pub fn sending_timers(&self) -> impl Iterator<Item = usize> {
        let wants = |op: &Op| match op {
            Op::Emit(emit) => self.delivery.is_none() || matches!(emit.room, RoomEffect::Message(_)),
            _ => false,
        };
        let sends = move |pc: Pc| self.ops[pc as usize..].iter().take_while(|op| !matches!(op, Op::End)).any(wants);
        self.timers.iter().enumerate().filter(move |(_, timer)| sends(timer.block)).map(|(index, _)| index)
    }

    /// What connecting shows is, or holds, a token.
    pub fn shows_token(&self) -> bool {
        self.connect.auth.is_some() || self.connect.query.iter().any(|(name, _)| is_token(name))
    }

    /// Why a variable cannot be set to a value while users run; `None`: it can.
    pub fn refusal_of(&self, name: &str, value: &Value) -> Option<String> {
        let live =
            self.variables.iter().find(|variable| variable.name == name).and_then(|variable| variable.live.as_ref());
        match live {
            Some(live) => live.refusal(value),
            None => Some(format!("its scenario has no live variable `{name}`")),
        }
    }
}

/// A parameter of this name carries what proves who somebody is.
pub fn is_token(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["token", "auth", "jwt", "key", "session", "ticket"].iter().any(|part| name.contains(part))
}
