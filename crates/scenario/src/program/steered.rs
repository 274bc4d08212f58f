//! What a tester may do to a program while its users run.

use serde_json::Value;

use super::{Op, Program, RoomEffect};
use crate::ids::Pc;

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
