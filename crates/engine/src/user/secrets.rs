//! What a user knows and must not tell: its worker's redactor learns it from here as soon as it has it.

use serde_json::Value;

use crate::ports::{FetchBody, FetchRequest};
use metrics::{Redactor, is_protocol_secret, is_secret};
use scenario::{Op, Program, Save, Source, UserFacts};

use super::User;

/// Where a user's secrets stand, and those that the redactor does not know yet.
#[derive(Default)]
pub struct Secrets {
    /// Variables whose names say so, or the name of what is saved in them; columns of the account.
    vars: Vec<usize>,
    columns: Vec<usize>,
    fresh: Vec<String>,
}

impl Secrets {
    pub fn new(facts: &UserFacts, program: &Program) -> Self {
        let mut vars = places(program.variables.iter().map(|variable| &variable.name));
        let saves = program.ops.iter().flat_map(saves).filter(|save| match &save.from {
            Source::Body(pointer) => pointer.path.rsplit('/').next().is_some_and(is_secret),
            Source::Header(name) => is_secret(name),
            Source::Status => false,
        });
        vars.extend(saves.map(|save| save.var.0 as usize));
        vars.sort_unstable();
        vars.dedup();
        Self { vars, columns: places(facts.account.iter().map(|(name, _)| name)), fresh: Vec::new() }
    }

    /// Hands on what is new; mostly nothing.
    #[inline]
    pub fn teach(&mut self, redactor: &mut Redactor) {
        self.fresh.drain(..).for_each(|secret| redactor.learn(&secret));
    }

    /// A variable gets this value.
    pub fn on_value(&mut self, var: usize, value: &Value) {
        if self.vars.binary_search(&var).is_ok() {
            each_text(value, &mut |text| self.fresh.push(text.to_owned()));
        }
    }

    /// Everything that it has by now.
    pub fn add_all(&mut self, facts: &UserFacts, vars: &[Value]) {
        let Self { vars: places, columns, fresh } = self;
        fresh.extend(columns.iter().map(|&column| facts.account[column].1.clone()));
        places.iter().for_each(|&var| each_text(&vars[var], &mut |text| fresh.push(text.to_owned())));
    }

    /// Every text in the auth object is one, whatever its name, unless it is too short to be.
    pub fn add_auth(&mut self, json: &str) {
        each_text(&serde_json::from_str(json).unwrap_or_default(), &mut |text| {
            if text.len() >= SHORTEST_TOKEN {
                self.fresh.push(text.to_owned());
            }
        });
    }

    /// A parameter of the connection's URL, a field of a form, a header.
    pub fn add_named(&mut self, name: &str, value: &str) {
        if is_secret(name) {
            // `Bearer abc`: a server may tell the second half alone.
            let credential = value.split_once(' ').map(|(_, credential)| credential.to_owned());
            self.fresh.extend(credential.filter(|credential| credential.len() >= SHORTEST_TOKEN));
            self.fresh.push(value.to_owned());
        }
    }

    /// WebSocket subprotocols, among which browsers hide a token.
    pub fn add_protocols(&mut self, protocols: &[String]) {
        for (at, protocol) in protocols.iter().enumerate() {
            let before = at.checked_sub(1).map(|before| protocols[before].as_str());
            if is_protocol_secret(before, protocol) {
                let token = protocol.rsplit(['.', '|', ' ']).next().filter(|token| token.len() >= SHORTEST_TOKEN);
                self.fresh.extend(token.map(str::to_owned));
                self.fresh.push(protocol.clone());
            }
        }
    }

    /// What it proves itself with over HTTP.
    pub fn add_request(&mut self, request: &FetchRequest) {
        request.headers.iter().for_each(|(name, value)| self.add_named(name, value));
        match &request.body {
            FetchBody::Form(fields) => fields.iter().for_each(|(name, value)| self.add_named(name, value)),
            FetchBody::Json(json) if json.len() <= LONGEST_BODY => {
                let body: Value = serde_json::from_str(json).unwrap_or_default();
                let Some(fields) = body.as_object() else { return };
                for (name, value) in fields {
                    each_text(value, &mut |text| self.add_named(name, text));
                }
            }
            FetchBody::Json(_) | FetchBody::None | FetchBody::File { .. } => {}
        }
    }
}

impl User {
    /// Its worker's redactor learns what this call has brought.
    #[inline]
    pub fn teach(&mut self, redactor: &mut Redactor) {
        self.memory.secrets.teach(redactor);
    }

    /// Its account, which is nobody else's business.
    pub fn facts(&self) -> impl Iterator<Item = &str> {
        self.memory.facts.account.iter().map(|(_, value)| value.as_str())
    }
}

fn saves(op: &Op) -> &[Save] {
    match op {
        Op::Http(op) => &op.save,
        Op::Emit(op) => op.answer.as_ref().map_or(&[], |answer| &answer.save),
        Op::Wait(op) => &op.answer.save,
        _ => &[],
    }
}

fn places<'a>(names: impl Iterator<Item = &'a String>) -> Vec<usize> {
    names.enumerate().filter(|(_, name)| is_secret(name)).map(|(place, _)| place).collect()
}

fn each_text(value: &Value, take: &mut impl FnMut(&str)) {
    match value {
        Value::String(text) => take(text),
        Value::Number(number) => take(&number.to_string()),
        Value::Array(list) => list.iter().for_each(|entry| each_text(entry, take)),
        Value::Object(fields) => fields.values().for_each(|field| each_text(field, take)),
        _ => {}
    }
}

/// Shorter ones in an auth object are names of rooms and the like.
const SHORTEST_TOKEN: usize = 8;
/// A longer body is a file, and no log-in.
const LONGEST_BODY: usize = 16_384;
