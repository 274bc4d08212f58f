//! Steps: each an object whose one key says what it does. Loops and choices become jumps.

use serde_json::Value;

use super::{Compiler, audio, messages, requests};
use crate::expression::Val;
use crate::fields::{BRANCH, FAIL, PUSH, step_kinds, step_of};
use crate::ids::*;
use crate::program::*;
use crate::template::Template;
use document::{Fields, Node, did_you_mean, found, list_of};

impl Compiler<'_> {
    /// Steps, laid out one after the other.
    pub(super) fn steps(&mut self, list: &Node<'_>) {
        for node in list.list() {
            step(self, &node);
        }
    }
}

fn step(compiler: &mut Compiler<'_>, node: &Node<'_>) {
    if node.value().as_str() == Some("leave") {
        return leave(compiler, node);
    }
    let kinds = kinds_of(node.value());
    let [kind] = kinds[..] else { return complain(node, &kinds) };
    let Some(fields) = node.fields(step_of(kind)) else { return };
    fields.optional("note").map(|note| note.text());
    let Some(inner) = fields.optional(kind) else { return };
    match kind {
        "http" => requests::http(compiler, &inner),
        "emit" => messages::emit(compiler, &inner),
        "wait" => messages::wait(compiler, &inner),
        "think" => {
            let delay = compiler.delay(&inner);
            compiler.ops.extend(delay.map(Op::Think));
        }
        "set" => set(compiler, &inner),
        "push" => push(compiler, &inner),
        "choose" => choose(compiler, &inner),
        "if" => branch(compiler, &fields, &inner),
        "repeat" => repeat(compiler, &fields, &inner),
        "mic" => audio::mic(compiler, &inner),
        "speak" => audio::speak(compiler, &inner),
        "listen" => audio::listen(compiler, &inner),
        "fail" => fail(compiler, &inner),
        "enters" | "leaves" => membership(compiler, &inner, kind),
        _ => {
            inner.expected("just the text \"leave\" as a step");
        }
    }
}

fn leave(compiler: &mut Compiler<'_>, node: &Node<'_>) {
    if !compiler.place.connected {
        node.problem("`leave` makes no sense here: the user is not connected yet");
    }
    compiler.ops.push(Op::Leave);
}

fn membership(compiler: &mut Compiler<'_>, node: &Node<'_>, kind: &str) {
    messages::needs_connection(compiler, node, kind);
    if !node.value().is_string() {
        node.expected("text: the room's id");
    }
    let room = compiler.template(node);
    compiler.ops.push(if kind == "enters" { Op::Enter(room) } else { Op::Exit(room) });
}

fn set(compiler: &mut Compiler<'_>, node: &Node<'_>) {
    for (name, value) in node.entries() {
        let var = compiler.variable(name, &value);
        let value = compiler.template(&value);
        compiler.ops.push(Op::Set { var, value });
    }
}

fn push(compiler: &mut Compiler<'_>, node: &Node<'_>) {
    let Some(fields) = node.fields(&PUSH) else { return };
    let var = fields.required("var").and_then(|var| Some((var.text()?, var.clone())));
    let var = var.map(|(name, node)| compiler.variable(name, &node));
    let value = fields.required("value").map(|value| compiler.template(&value));
    let max = usize::try_from(compiler.whole(&fields, "max")).unwrap_or(usize::MAX);
    compiler.ops.extend(var.zip(value).map(|(var, value)| Op::Push { var, value, max }));
}

fn choose(compiler: &mut Compiler<'_>, node: &Node<'_>) {
    let start = compiler.ops.len();
    compiler.ops.push(Op::End); // Its place is known, its branches are not yet.
    let mut branches = Vec::new();
    let mut exits = Vec::new();
    let entries = node.list();
    if entries.is_empty() && node.value().is_array() {
        node.expected("a list of at least one branch");
    }
    for entry in &entries {
        let Some(fields) = entry.fields(&BRANCH) else { continue };
        let weight = compiler.number_or_usual(&fields, "weight");
        let at = compiler.ops.len();
        if let Some(node) = fields.required("steps") {
            compiler.steps(&node);
        }
        if weight.as_constant().and_then(Value::as_f64) == Some(0.0) {
            compiler.ops.truncate(at);
            continue;
        }
        branches.push((weight, at));
        exits.push(compiler.ops.len());
        compiler.ops.push(Op::Jump(0));
    }
    let end = compiler.pc();
    for exit in exits {
        compiler.ops[exit] = Op::Jump(end);
    }
    let pc = |at: usize| Pc::try_from(at).expect("it is below `end`");
    compiler.ops[start] = match &branches[..] {
        [] => Op::Jump(end),
        [(_, only)] => Op::Jump(pc(*only)),
        _ => Op::Choose { branches: branches.into_iter().map(|(weight, at)| (weight, pc(at))).collect(), end },
    };
}

fn branch(compiler: &mut Compiler<'_>, fields: &Fields<'_>, condition: &Node<'_>) {
    let condition = compiler.template(condition);
    let then = fields.required("then");
    let otherwise = fields.optional("else");
    if let Some(known) = condition.as_constant() {
        let holds = Val::Borrowed(known).is_true();
        return decided(compiler, holds, then.as_ref(), otherwise.as_ref());
    }
    let start = compiler.ops.len();
    compiler.ops.push(Op::End); // Its place is known, where it jumps to is not yet.
    then.iter().for_each(|then| compiler.steps(then));
    let exit = otherwise.is_some().then(|| {
        compiler.ops.push(Op::Jump(0));
        compiler.ops.len() - 1
    });
    let at_else = compiler.pc();
    otherwise.iter().for_each(|otherwise| compiler.steps(otherwise));
    if let Some(exit) = exit {
        compiler.ops[exit] = Op::Jump(compiler.pc());
    }
    compiler.ops[start] = Op::If { condition, otherwise: at_else };
}

/// Both branches are checked; only the one that is taken stays.
fn decided(compiler: &mut Compiler<'_>, holds: bool, then: Option<&Node<'_>>, otherwise: Option<&Node<'_>>) {
    for (list, taken) in [(then, holds), (otherwise, !holds)] {
        let start = compiler.ops.len();
        list.into_iter().for_each(|list| compiler.steps(list));
        if !taken {
            compiler.ops.truncate(start);
        }
    }
}

fn repeat(compiler: &mut Compiler<'_>, fields: &Fields<'_>, times: &Node<'_>) {
    let times = compiler.number(times, &fields.definition("repeat").of);
    let never = times.as_constant().and_then(Value::as_f64) == Some(0.0);
    let start = compiler.ops.len();
    compiler.ops.push(Op::End); // Its place is known, its end is not yet.
    let first = compiler.pc() - 1;
    if let Some(node) = fields.required("steps") {
        compiler.steps(&node);
    }
    let end = compiler.pc();
    compiler.ops.push(Op::LoopEnd { start: first });
    compiler.ops[start] = Op::LoopStart { times, end };
    if never {
        compiler.ops.truncate(start);
    }
}

fn fail(compiler: &mut Compiler<'_>, node: &Node<'_>) {
    let Some(fields) = node.fields(&FAIL) else { return };
    let operation = compiler.operation_of(&fields, None);
    let code = fields.required("code").map(|code| compiler.template(&code));
    let message = fields.optional("message").map(|message| compiler.template(&message));
    let message = message.unwrap_or_else(|| Template::constant("".into()));
    compiler.ops.extend(code.map(|code| Op::Fail { operation, code, message }));
}

fn kinds_of(step: &Value) -> Vec<&'static str> {
    step_kinds().into_iter().filter(|kind| step.get(kind).is_some()).collect()
}

fn complain(node: &Node<'_>, kinds: &[&str]) {
    if kinds.len() > 1 {
        return node.problem(format!("one step does one thing, this one has {}", kinds.join(" and ")));
    }
    let names: Vec<&str> = node.value().as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let given = node.value().as_str().into_iter().chain(names);
    let known = step_kinds();
    let hint = given.map(|name| did_you_mean(name, &known)).find(|hint| !hint.is_empty()).unwrap_or_default();
    let found = found(node.value());
    node.problem(format!("expected a step ({}), found {found}{hint}", list_of(&known)));
}
