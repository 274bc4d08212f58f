//! What the tester has changed for the users of a population: it lasts, for those who come later as well.

use serde_json::Value;

use base::time::Span;
use plan::Pace;
use scenario::{Program, VarId};

pub struct Control {
    /// Nobody sends.
    pub paused: bool,
    /// Think times are the scenario's times this.
    pub think: f64,
    /// By timer.
    paces: Vec<Pace>,
    /// Values of live variables.
    values: Vec<(VarId, Value)>,
}

impl Control {
    /// As the scenario has it.
    pub fn new(program: &Program) -> Self {
        Self { paused: false, think: 1.0, paces: vec![Pace::USUAL; program.timers.len()], values: Vec::new() }
    }

    /// What becomes of an interval that a timer of the scenario drew.
    pub fn interval(&self, timer: usize, drawn: Span) -> Span {
        self.paces.get(timer).map_or(drawn, |pace| pace.of(drawn))
    }

    /// Gives back the pace before.
    pub fn set_pace(&mut self, timer: usize, pace: Pace) -> Pace {
        std::mem::replace(&mut self.paces[timer], pace)
    }

    pub fn pace(&self, timer: usize) -> Pace {
        self.paces[timer]
    }

    pub fn set(&mut self, variable: VarId, value: Value) {
        self.values.retain(|(known, _)| *known != variable);
        self.values.push((variable, value));
    }

    /// Lays the tester's values over a user's.
    pub fn give_values(&self, vars: &mut [Value]) {
        for (variable, value) in &self.values {
            vars[usize::from(variable.0)] = value.clone();
        }
    }
}
