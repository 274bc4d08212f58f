//! What an expression may look at when it is evaluated.

use std::borrow::Cow;

use fastrand::Rng;
use serde_json::Value;

use super::ids::Pointer;

/// Who evaluates a template: the user's facts that expressions can name.
#[derive(Debug, Clone, Default)]
pub struct UserFacts {
    /// The user's number over the whole run, from 0.
    pub index: u32,
    /// `account.<column>`.
    pub account: Vec<(String, String)>,
    /// Short id of the run, the same in all browsers, three characters of [0-9a-z].
    pub run: String,
    /// Iteration of the user, from 0.
    pub iteration: u32,
    /// The most users this population has at the same time, over the whole run: `run.users`.
    pub users: u32,
}

/// What an evaluation may look at. The random source belongs to the user, so runs with the same seed repeat.
pub struct EvaluationScope<'a> {
    pub user: &'a UserFacts,
    /// Current values by [`VarId`](super::VarId); `Value::Null` when not set yet.
    pub vars: &'a [Value],
    /// The arguments of the event that started this block, if one did.
    pub event: Option<&'a dyn Arguments>,
    /// The ledger tag of the message about to be sent; empty otherwise.
    pub tag: &'a str,
    /// Milliseconds since 1970, for payloads that carry a wall-clock time.
    pub wall_ms: f64,
    /// The user's counters, in the order of [`Program::counters`](super::Program::counters): `${counter.name}` gives
    /// 0, 1, 2 ...
    pub counters: &'a mut [u64],
    pub random: &'a mut Rng,
}

/// An event's arguments, of which expressions and tests name parts.
pub trait Arguments {
    /// The part that the pointer leads to, if it is there. Whoever has no more than text parses that part and no other.
    fn part(&self, pointer: &Pointer) -> Option<Cow<'_, Value>>;
}

impl Arguments for Vec<Value> {
    fn part(&self, pointer: &Pointer) -> Option<Cow<'_, Value>> {
        pointer.find(self).map(Cow::Borrowed)
    }
}
