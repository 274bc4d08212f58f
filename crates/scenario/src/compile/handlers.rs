//! Everything that is no step: connecting, timers, reactions, error rules, delivery, counted events.

use serde_json::Value;

use super::variables::url;
use super::{Compiler, ON_THE_SIDE};
use crate::fields::{BACKOFF, CONNECT, DELIVERY, ERROR_RULE, PAUSE, REACTION, TIMER, TimeUnit, WhenLost};
use crate::ids::*;
use crate::program::*;
use crate::template::Template;
use base::time::Span;
use document::{Fields, Node, did_you_mean, list_of, quoted};

pub(super) fn connect(compiler: &mut Compiler<'_>, node: Option<&Node<'_>>) -> Connect {
    let Some(fields) = node.and_then(|node| node.fields(&CONNECT)) else { return nowhere() };
    if matches!(compiler.protocol, Protocol::WebSocket { .. }) {
        for name in ["path", "namespace", "auth", "error_code"] {
            if let Some(node) = fields.optional(name) {
                node.problem(format!("`{name}` belongs to Socket.IO: plain WebSocket has none"));
            }
        }
    }
    let back = fields.optional("reconnect");
    let back = back.map_or((usual_reconnect(), WhenRefused::GiveUp), |node| reconnect(compiler, &node));
    Connect {
        url: fields.required("url").map_or_else(|| Template::constant(Value::Null), |node| socket_url(compiler, &node)),
        path: text_or(compiler, &fields, "path", "/socket.io/"),
        query: {
            let entries = fields.optional("query").map(|query| query.entries()).unwrap_or_default();
            entries.into_iter().map(|(name, value)| (name.to_owned(), compiler.template(&value))).collect()
        },
        namespace: text_or(compiler, &fields, "namespace", "/"),
        auth: fields.optional("auth").map(|auth| {
            if !auth.value().is_object() && !auth.value().as_str().is_some_and(|text| text.starts_with("${")) {
                auth.expected("an object");
            }
            compiler.template(&auth)
        }),
        protocols: {
            let entries = fields.optional("protocols").map(|protocols| protocols.list()).unwrap_or_default();
            entries.iter().map(|protocol| compiler.template(protocol)).collect()
        },
        error_code: fields.optional("error_code").and_then(|node| compiler.pointer(&node, true)),
        timeout: compiler.seconds(&fields, "timeout_s"),
        reconnect: back.0,
        refused: back.1,
    }
}

fn socket_url(compiler: &mut Compiler<'_>, node: &Node<'_>) -> Template {
    if node.value().as_str().is_none_or(|text| !text.starts_with("${")) {
        url(node, &["http", "https", "ws", "wss"]);
    }
    compiler.template(node)
}

/// Text that begins with a slash, or a template.
fn text_or(compiler: &mut Compiler<'_>, fields: &Fields<'_>, name: &'static str, default: &str) -> Template {
    let Some(node) = fields.optional(name) else { return Template::constant(default.into()) };
    let reported = compiler.problems.len();
    let template = compiler.template(&node);
    if compiler.problems.len() == reported
        && let Some(value) = template.as_constant()
        && !value.as_str().is_some_and(|text| text.starts_with('/'))
    {
        Node::at(value, node.path().to_owned(), compiler.problems).expected("text that begins with /");
    }
    template
}

fn reconnect(compiler: &mut Compiler<'_>, node: &Node<'_>) -> (Reconnect, WhenRefused) {
    let word = |word: WhenLost| match word {
        WhenLost::None => (Reconnect::None, WhenRefused::GiveUp),
        WhenLost::Backoff => (usual_reconnect(), WhenRefused::GiveUp),
        WhenLost::LogIn => (usual_reconnect(), WhenRefused::LogIn),
    };
    let read = |node: &Node<'_>| if node.value().is_string() { node.choice().map(word) } else { backoff(node) };
    let read = compiler.known(node, read);
    read.unwrap_or((Reconnect::None, WhenRefused::GiveUp))
}

pub(super) fn timers(compiler: &mut Compiler<'_>, node: Option<&Node<'_>>) -> Vec<Timer> {
    let mut timers = Vec::new();
    for entry in node.map(Node::list).unwrap_or_default() {
        let Some(fields) = entry.fields(&TIMER) else { continue };
        let name = fields.required("name").and_then(|name| {
            let text = name.name()?;
            if compiler.timer_names.iter().any(|(known, _)| known == text) {
                name.problem(format!("two timers are named {}", quoted(text)));
            }
            Some(text.to_owned())
        });
        let interval = fields.required("interval").and_then(|node| interval(compiler, &node));
        let first = fields.optional("first").and_then(|first| compiler.delay(&first));
        let times = fields.optional("times").map(|times| compiler.template(&times));
        let flushes = compiler.flag(&fields, "flushes");
        let start = compiler.ops.len();
        let block = compiler.block(fields.required("steps").as_ref(), ON_THE_SIDE);
        let never = times.as_ref().and_then(Template::as_constant).and_then(Value::as_f64);
        let (name, never) = (name.unwrap_or_default(), never.is_some_and(|times| times < 1.0));
        compiler.timer_names.push((name.clone(), (!never).then_some(timers.len())));
        match interval {
            Some(interval) if !never => timers.push(Timer { name, interval, first, times, flushes, block }),
            _ => compiler.ops.truncate(start),
        }
    }
    timers
}

/// A delay that is not always zero: a timer without a pause would never let go.
fn interval(compiler: &mut Compiler<'_>, node: &Node<'_>) -> Option<Delay> {
    let delay = compiler.delay(node)?;
    let zero = |template: &Template| template.as_constant().and_then(Value::as_f64) == Some(0.0);
    let always = match &delay {
        Delay::Fixed(value) | Delay::Exponential(value) | Delay::Uniform(_, value) => zero(value),
        Delay::Normal(mean, deviation) => zero(mean) && zero(deviation),
    };
    if always {
        node.problem("expected an interval above 0 ms: the timer would tick without end");
    }
    Some(delay)
}

pub(super) fn reactions(compiler: &mut Compiler<'_>, node: Option<&Node<'_>>) -> Vec<Reaction> {
    let mut reactions = Vec::new();
    for entry in node.map(Node::list).unwrap_or_default() {
        let Some(fields) = entry.fields(&REACTION) else { continue };
        let event = compiler.event_of(fields.required("event").as_ref());
        compiler.names.event = true;
        let matches = compiler.tests(fields.optional("where").as_ref());
        let probability = compiler.number_or_usual(&fields, "probability");
        let delay = fields.optional("delay").and_then(|delay| compiler.delay(&delay));
        let duplicates = compiler.flag(&fields, "duplicates");
        let start = compiler.ops.len();
        let block = compiler.block(fields.required("steps").as_ref(), ON_THE_SIDE);
        compiler.names.event = false;
        if probability.as_constant().and_then(Value::as_f64) == Some(0.0) {
            compiler.ops.truncate(start);
        } else {
            reactions.push(Reaction { event, matches, duplicates, probability, delay, block });
        }
    }
    reactions
}

pub(super) fn delivery(compiler: &mut Compiler<'_>, node: Option<&Node<'_>>) -> Option<Delivery> {
    let Some(fields) = node.and_then(|node| node.fields(&DELIVERY)) else {
        for (path, _) in std::mem::take(&mut compiler.messages) {
            compiler.problems.add(path, "a ledgered message needs `delivery`: which event brings it to its receivers");
        }
        return None;
    };
    let event = compiler.event_of(fields.required("event").as_ref());
    let operation = match (fields.optional("operation"), compiler.messages.first()) {
        (None, Some((_, operation))) => *operation,
        // Who only listens to others' messages names the operation as it likes.
        (given, _) => {
            let default = compiler.events.get(usize::from(event.0)).filter(|_| given.is_none()).cloned();
            compiler.operation_of(&fields, default.as_deref())
        }
    };
    for (path, _) in compiler.messages.iter().filter(|(_, sender)| *sender != operation) {
        let name = &compiler.operations[usize::from(operation.0)];
        compiler.problems.add(path, format!("ledgered messages are measured under one operation, here `{name}`"));
    }
    let to = compiler.choice(&fields, "to").unwrap_or_default();
    let own_copies = compiler.whole(&fields, "own_copies") as u8;
    Some(Delivery { event, operation, to, own_copies })
}

pub(super) fn errors(compiler: &mut Compiler<'_>, node: Option<&Node<'_>>) -> Vec<ErrorRule> {
    let entries = node.map(Node::list).unwrap_or_default();
    entries
        .iter()
        .filter_map(|entry| {
            let fields = entry.fields(&ERROR_RULE)?;
            Some(ErrorRule {
                event: compiler.event_of(fields.required("event").as_ref()),
                matches: compiler.tests(fields.optional("where").as_ref()),
                operation: fields.optional("fails").and_then(|node| operation_named(compiler, &node)),
                code: fields.optional("code").and_then(|node| compiler.pointer(&node, true)),
                message: fields.optional("message").and_then(|node| compiler.pointer(&node, true)),
                pause: fields.optional("pause").and_then(|node| pause(compiler, &node)),
                ends_user: compiler.flag(&fields, "ends_user"),
            })
        })
        .collect()
}

fn pause(compiler: &mut Compiler<'_>, node: &Node<'_>) -> Option<Pause> {
    let fields = node.fields(&PAUSE)?;
    let field = fields.required("field").and_then(|field| compiler.pointer(&field, true));
    let unit = fields.choice("unit").map(|unit| match unit {
        TimeUnit::Seconds => Span::from_secs(1),
        TimeUnit::Milliseconds => Span::from_millis(1),
    });
    let timer = fields.required("timer")?;
    let name = timer.name()?;
    let Some((_, index)) = compiler.timer_names.iter().find(|(known, _)| known == name) else {
        let known: Vec<&str> = compiler.timer_names.iter().map(|(name, _)| name.as_str()).collect();
        timer.problem(format!("unknown timer {}{}", quoted(name), hint(name, &known, "`every` has")));
        return None;
    };
    Some(Pause { timer: (*index)?, field: field?, unit: unit? })
}

/// An operation that some step has.
pub(super) fn operation_named(compiler: &mut Compiler<'_>, node: &Node<'_>) -> Option<OperationId> {
    let name = compiler.known(node, |node| node.name().map(str::to_owned))?;
    let found = compiler.operations.iter().position(|known| *known == name);
    if found.is_none() {
        let known: Vec<&str> = compiler.operations.iter().map(String::as_str).collect();
        node.problem(format!("unknown operation {}{}", quoted(&name), hint(&name, &known, "the steps have")));
    }
    found.map(|_| compiler.operation(&name))
}

pub(super) fn counted(compiler: &mut Compiler<'_>, node: Option<&Node<'_>>) {
    let mut seen: Vec<String> = Vec::new();
    for entry in node.map(Node::list).unwrap_or_default() {
        let Some(name) = compiler.known(&entry, |node| node.name().map(str::to_owned)) else { continue };
        if seen.contains(&name) {
            entry.problem(format!("{} is listed twice", quoted(&name)));
        }
        compiler.event(&name);
        seen.push(name);
    }
}

fn backoff(node: &Node<'_>) -> Option<(Reconnect, WhenRefused)> {
    let fields = node.fields(&BACKOFF)?;
    let (initial, max) = (fields.whole("initial_ms"), fields.whole("max_ms"));
    let (jitter, refused) = (fields.number("jitter"), fields.choice("refused"));
    let attempts = match fields.optional("attempts") {
        Some(node) => {
            node.whole_of(&fields.definition("attempts").of).and_then(|attempts| u32::try_from(attempts).ok())
        }
        None => Some(u32::MAX),
    };
    let (initial, max) = (initial?, max?);
    if initial > max {
        node.problem(format!("`initial_ms`, {initial}, is above `max_ms`, {max}"));
    }
    let (initial, max) = (Span::from_millis(initial), Span::from_millis(max));
    Some((Reconnect::Backoff { initial, max, jitter: jitter?, attempts: attempts? }, refused?))
}

/// What is meant without a word.
fn usual_reconnect() -> Reconnect {
    let span = |name| Span::from_millis(BACKOFF.usual(name) as u64);
    Reconnect::Backoff {
        initial: span("initial_ms"),
        max: span("max_ms"),
        jitter: BACKOFF.usual("jitter"),
        attempts: u32::MAX,
    }
}

/// The nearest known name, or all of them when there are few.
fn hint(name: &str, known: &[&str], introduction: &str) -> String {
    match did_you_mean(name, known) {
        hint if !hint.is_empty() => hint,
        _ => format!(": {introduction} {}", list_of(known)),
    }
}

/// Stands in for a `connect` that is missing, which has been reported.
fn nowhere() -> Connect {
    let empty = || Template::constant("".into());
    Connect {
        url: empty(),
        path: empty(),
        query: Vec::new(),
        namespace: empty(),
        auth: None,
        protocols: Vec::new(),
        error_code: None,
        timeout: Span::ZERO,
        reconnect: Reconnect::None,
        refused: WhenRefused::GiveUp,
    }
}
