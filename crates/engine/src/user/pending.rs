//! What a user has sent and waits for: an answer, an acknowledgement, its own message's echo.

use std::borrow::Cow;
use std::collections::VecDeque;

use serde_json::Value;

use crate::ports::FetchId;
use base::time::{Span, Timestamp};
use scenario::{Arguments, AwaitedEvent, EventId, Match, OperationId, Pc, Pointer, Template, Test};

use super::memory::Memory;
use super::overdue::Overdue;

/// What a user has sent, or waits for, and what has not come of it.
#[derive(Default)]
pub struct Outstanding {
    /// Within their limits.
    pub pendings: VecDeque<Pending>,
    pub overdue: Overdue,
    pub fetches: Vec<Fetching>,
}

/// One emit (or wait) that is not complete yet. What has arrived is taken out; it is over when nothing is left.
pub struct Pending {
    pub operation: OperationId,
    /// The step that it is of: how its answer and its ack are read stands there.
    pub at: Pc,
    pub sent_at: Timestamp,
    /// When it should have been sent.
    pub intended: Timestamp,
    pub deadline: Timestamp,
    /// So long it may take.
    pub limit: Span,
    pub ack: Option<u64>,
    /// What a yes looks like, already evaluated.
    pub ack_tests: Vec<Match>,
    pub answer: Option<Expected>,
    /// An answer is (or was) waited for: the ack then decides nothing.
    pub by_answer: bool,
    /// A ledgered message, until its fate is known.
    pub message: Option<Sent>,
    /// The room whose member the user becomes with the answer (or, without one, the ack).
    pub enters: Option<String>,
    /// The task that goes on when this is over.
    pub task: Option<u32>,
    pub required: bool,
}

/// A ledgered message on its way.
pub struct Sent {
    pub sequence: u32,
    pub echoed: bool,
    pub accepted: bool,
}

/// An answer, its tests already evaluated: matching a frame costs no template.
pub struct Expected {
    pub event: EventId,
    tests: Vec<Match>,
}

/// An HTTP exchange under way.
pub struct Fetching {
    pub task: u32,
    pub at: Pc,
    /// `None` while it waits for a slot; holds the time it was wished.
    pub fetch: Option<FetchId>,
    pub wished: Timestamp,
    pub sent_at: Timestamp,
}

impl Outstanding {
    /// When the first limit passes.
    pub fn next_limit(&self) -> Timestamp {
        self.pendings.iter().map(|pending| pending.deadline).min().unwrap_or(Timestamp::NEVER)
    }

    /// Something that was sent (or is waited for) is answered by this event.
    pub fn awaits(&self, event: EventId) -> bool {
        let mut answers = self.pendings.iter().filter_map(|pending| pending.answer.as_ref());
        answers.any(|answer| answer.event == event)
    }

    /// No message waits for its echo, ack or answer, and no request for its answer.
    pub fn is_quiet(&self) -> bool {
        self.fetches.is_empty() && self.pendings.iter().all(|pending| pending.message.is_none())
    }

    /// How long a request has waited for its slot; of several the first.
    pub fn longest_unsent(&self, now: Timestamp) -> Option<Span> {
        let waiting = self.fetches.iter().filter(|fetching| fetching.fetch.is_none());
        waiting.map(|fetching| now.since(fetching.wished)).max()
    }

    /// Their steps are over: what waits for a slot is not sent any more; what has been sent is measured when it is answered.
    pub fn drop_unsent(&mut self) {
        self.fetches.retain(|fetching| fetching.fetch.is_some());
    }
}

impl Pending {
    /// The task that is blocked may go on: its answer came or, where none is expected, its ack.
    pub fn is_answered(&self) -> bool {
        self.answer.is_none() && (self.by_answer || self.ack.is_none() || self.message.is_some())
    }

    /// It may still fail: a message that nobody has accepted, any other without its answer (or ack).
    pub fn is_open(&self) -> bool {
        self.message.as_ref().map_or(!self.is_answered(), |message| !message.accepted)
    }

    /// Nothing is waited for any more.
    pub fn is_over(&self) -> bool {
        self.answer.is_none() && self.ack.is_none() && self.message.as_ref().is_none_or(|message| message.echoed)
    }
}

impl Expected {
    pub fn new(answer: &AwaitedEvent, memory: &mut Memory, wall_ms: f64, event: Option<&dyn Arguments>) -> Self {
        Self { event: answer.event, tests: evaluated(&answer.matches, memory, wall_ms, event) }
    }

    pub fn holds<'a>(&'a self, looked: &mut Looked<'a>) -> bool {
        self.tests.iter().all(|rule| holds(rule, looked.at(&rule.field), |_| Value::Null))
    }
}

/// Tests whose templates have become values.
pub fn evaluated(tests: &[Match], memory: &mut Memory, wall_ms: f64, event: Option<&dyn Arguments>) -> Vec<Match> {
    let mut value = |template: &Template| Template::constant(template.value(&mut memory.scope(wall_ms, event, "")));
    let tests = tests.iter().map(|rule| Match {
        field: rule.field.clone(),
        test: match &rule.test {
            Test::Equals(template) => Test::Equals(value(template)),
            Test::NotEquals(template) => Test::NotEquals(value(template)),
            Test::OneOf(templates) => Test::OneOf(templates.iter().map(&mut value).collect()),
            Test::Contains(template) => Test::Contains(value(template)),
            Test::Lacks(template) => Test::Lacks(value(template)),
            Test::Exists(exists) => Test::Exists(*exists),
        },
    });
    tests.collect()
}

/// Whether all tests hold that have been evaluated.
pub fn holds_all(tests: &[Match], args: &dyn Arguments) -> bool {
    tests.iter().all(|rule| holds(rule, args.part(&rule.field).as_deref(), |_| Value::Null))
}

/// An event that many answers are tested against. Most of them look at the same part of it, so that is searched and parsed
/// once: a user whose server is slow waits for many answers.
pub struct Looked<'a> {
    args: &'a dyn Arguments,
    last: Option<(&'a Pointer, Option<Cow<'a, Value>>)>,
}

impl<'a> Looked<'a> {
    pub fn new(args: &'a dyn Arguments) -> Self {
        Self { args, last: None }
    }

    fn at(&mut self, field: &'a Pointer) -> Option<&Value> {
        if self.last.as_ref().is_none_or(|(known, _)| *known != field) {
            self.last = Some((field, self.args.part(field)));
        }
        self.last.as_ref()?.1.as_deref()
    }
}

/// Whether all tests of a reaction or an error rule hold for the event.
pub fn all_match(matches: &[Match], memory: &mut Memory, wall_ms: f64, args: &dyn Arguments) -> bool {
    matches.iter().all(|rule| {
        let found = args.part(&rule.field);
        holds(rule, found.as_deref(), |template| template.value(&mut memory.scope(wall_ms, Some(args), "")))
    })
}

/// `evaluate` is asked for what is no constant.
fn holds(rule: &Match, found: Option<&Value>, mut evaluate: impl FnMut(&Template) -> Value) -> bool {
    let mut is = |template: &Template, test: fn(&Value, &Value) -> bool| {
        found.is_some_and(|found| match template.as_constant() {
            Some(value) => test(found, value),
            None => test(found, &evaluate(template)),
        })
    };
    match &rule.test {
        Test::Equals(template) => is(template, same),
        Test::NotEquals(template) => !is(template, same),
        Test::OneOf(templates) => templates.iter().any(|template| is(template, same)),
        Test::Contains(template) => is(template, contains),
        Test::Lacks(template) => !is(template, contains),
        Test::Exists(exists) => found.is_some_and(|found| !found.is_null()) == *exists,
    }
}

/// Equal, where 1 and 1.0 are the same number.
fn same(left: &Value, right: &Value) -> bool {
    left == right || matches!((left.as_f64(), right.as_f64()), (Some(left), Some(right)) if left == right)
}

fn contains(found: &Value, value: &Value) -> bool {
    match (found, value) {
        (Value::String(text), Value::String(part)) => text.contains(part.as_str()),
        (Value::Array(list), value) => list.iter().any(|entry| same(entry, value)),
        _ => false,
    }
}
