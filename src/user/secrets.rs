//! What a user knows and must not tell: its passwords and tokens stay out of samples, codes and logs.

use std::borrow::Cow;

use serde_json::Value;

use crate::metrics::is_secret;
use crate::scenario::{Program, UserFacts};

use super::memory::Memory;

/// Where a user's secrets stand.
#[derive(Default)]
pub struct Secrets {
    /// Variables and columns of the account whose names say so.
    vars: Vec<usize>,
    columns: Vec<usize>,
    /// What it proved itself with when it last connected.
    auth: Vec<String>,
}

impl Secrets {
    pub fn new(facts: &UserFacts, program: &Program) -> Self {
        Self {
            vars: places(program.variables.iter().map(|variable| &variable.name)),
            columns: places(facts.account.iter().map(|(name, _)| name)),
            auth: Vec::new(),
        }
    }

    /// Every text in the auth object is one, whatever its name, unless it is too short to be.
    pub fn set_auth(&mut self, json: &str) {
        self.auth.clear();
        each_text(&serde_json::from_str(json).unwrap_or_default(), &mut |text| {
            if text.len() >= SHORTEST_TOKEN {
                self.auth.push(text.to_owned());
            }
        });
    }
}

impl Memory {
    /// The text with `***` for every secret of this user.
    pub fn redacted(&self, text: &str) -> String {
        let mut hidden = Cow::Borrowed(text);
        let mut hide = |secret: &str| {
            if secret.len() >= SHORTEST && hidden.contains(secret) {
                hidden = hidden.replace(secret, "***").into();
            }
        };
        self.secrets.columns.iter().for_each(|&column| hide(&self.facts.account[column].1));
        self.secrets.auth.iter().for_each(|secret| hide(secret));
        for &var in &self.secrets.vars {
            each_text(&self.vars[var], &mut hide);
        }
        hidden.into_owned()
    }
}

fn places<'a>(names: impl Iterator<Item = &'a String>) -> Vec<usize> {
    names.enumerate().filter(|(_, name)| is_secret(name)).map(|(place, _)| place).collect()
}

fn each_text(value: &Value, take: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => take(text),
        Value::Array(list) => list.iter().for_each(|entry| each_text(entry, take)),
        Value::Object(fields) => fields.values().for_each(|field| each_text(field, take)),
        _ => {}
    }
}

/// Shorter ones are ordinary words, and hiding them would spoil texts that tell nothing.
const SHORTEST: usize = 4;
const SHORTEST_TOKEN: usize = 8;
