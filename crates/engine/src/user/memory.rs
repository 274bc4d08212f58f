//! What a user knows: its facts, variables and counters, and its own random source.

use std::borrow::Cow;

use serde_json::Value;

use base::time::Span;
use scenario::{Arguments, Delay, EvaluationScope, Program, Save, Source, Template, UserFacts};

use super::secrets::Secrets;

pub struct Memory {
    pub facts: UserFacts,
    pub vars: Vec<Value>,
    pub counters: Vec<u64>,
    pub random: fastrand::Rng,
    pub secrets: Secrets,
}

/// Where values to save come from.
pub enum Found<'a> {
    Event(&'a dyn Arguments),
    Answer { status: u16, headers: &'a [(String, String)], body: &'a [Value] },
}

impl Memory {
    pub fn new(facts: UserFacts, program: &Program, seed: u64) -> Self {
        Self {
            secrets: Secrets::new(&facts, program),
            facts,
            vars: vec![Value::Null; program.variables.len()],
            counters: vec![0; program.counters.len()],
            random: fastrand::Rng::with_seed(seed),
        }
    }

    /// Every variable is given its value here, so that a secret is known from then on.
    pub fn set(&mut self, var: usize, value: Value) {
        self.secrets.on_value(var, &value);
        self.vars[var] = value;
    }

    /// What it holds now is taught once more: of many secrets only the newest are kept in mind.
    pub fn teach_again(&mut self) {
        let Self { secrets, facts, vars, .. } = self;
        secrets.add_all(facts, vars);
    }

    /// Gives variables their defaults, in order of declaration, except those that the run has set already.
    pub fn set_defaults(&mut self, program: &Program, wall_ms: f64) {
        for (index, variable) in program.variables.iter().enumerate() {
            if let (Some(default), true) = (&variable.default, self.vars[index].is_null()) {
                self.vars[index] = default.value(&mut self.scope(wall_ms, None, ""));
            }
        }
    }

    pub fn scope<'a>(
        &'a mut self,
        wall_ms: f64,
        event: Option<&'a dyn Arguments>,
        tag: &'a str,
    ) -> EvaluationScope<'a> {
        EvaluationScope {
            user: &self.facts,
            vars: &self.vars,
            event,
            tag,
            wall_ms,
            counters: &mut self.counters,
            random: &mut self.random,
        }
    }

    /// Draws from the distribution; what is no number counts as zero.
    pub fn draw(&mut self, delay: &Delay, wall_ms: f64, event: Option<&dyn Arguments>) -> Span {
        let mut millis = |template: &Template| {
            template.number(&mut self.scope(wall_ms, event, "")).filter(|number| number.is_finite()).unwrap_or(0.0)
        };
        let millis = match delay {
            Delay::Fixed(value) => millis(value),
            Delay::Uniform(low, high) => {
                let (low, high) = (millis(low), millis(high));
                low + (high - low) * self.random.f64()
            }
            Delay::Exponential(mean) => {
                let mean = millis(mean);
                // 1 - u lies in (0, 1], so the logarithm is finite.
                -mean * (1.0 - self.random.f64()).ln()
            }
            Delay::Normal(mean, deviation) => {
                let (mean, deviation) = (millis(mean), millis(deviation));
                mean + deviation * self.standard_normal()
            }
        };
        Span::from_secs_f64(millis / 1e3)
    }

    /// Box-Muller.
    fn standard_normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.random.f64()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.random.f64()).cos()
    }

    /// # Errors
    /// The first value that was asked for and is missing. Those before it are saved.
    pub fn save(&mut self, saves: &[Save], found: &Found<'_>) -> Result<(), SaveError> {
        for save in saves {
            let value = match (&save.from, found) {
                (Source::Body(pointer), Found::Event(args)) => args.part(pointer).map(Cow::into_owned),
                (Source::Body(pointer), Found::Answer { body, .. }) => pointer.find(body).cloned(),
                (Source::Status, Found::Answer { status, .. }) => Some(Value::from(*status)),
                (Source::Header(name), Found::Answer { headers, .. }) => headers
                    .iter()
                    .find(|(header, _)| header.eq_ignore_ascii_case(name))
                    .map(|(_, value)| Value::from(value.as_str())),
                (Source::Status | Source::Header(_), Found::Event(_)) => None,
            };
            if let Some(value) = &value {
                self.secrets.on_value(save.var.0 as usize, value);
            }
            let slot = &mut self.vars[save.var.0 as usize];
            match (value, save.append) {
                (Some(value), false) => *slot = value,
                (Some(value), true) => push(slot, value, MOST_SAVED),
                (None, false) if save.optional => *slot = Value::Null,
                (None, true) if save.optional => {}
                (None, _) => return Err(SaveError::of(&save.from)),
            }
        }
        Ok(())
    }
}

/// Entries of a list that answers are appended to: who asks for ever must not keep all of it.
const MOST_SAVED: usize = 100_000;

/// Appends to a list variable (what is no list becomes one); beyond `max` entries the oldest goes.
pub fn push(slot: &mut Value, value: Value, max: usize) {
    if let Value::Array(list) = slot {
        if list.len() >= max && !list.is_empty() {
            list.remove(0);
        }
        list.push(value);
    } else {
        *slot = Value::Array(vec![value]);
    }
}

/// What an answer does not have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SaveError {
    #[error("no value at {path}")]
    Value { path: String },
    #[error("no header {0}")]
    Header(String),
    #[error("no status")]
    Status,
}

impl SaveError {
    fn of(source: &Source) -> Self {
        match source {
            Source::Body(pointer) => Self::Value { path: pointer.path.clone() },
            Source::Header(name) => Self::Header(name.clone()),
            Source::Status => Self::Status,
        }
    }
}
