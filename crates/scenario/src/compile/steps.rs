//! Steps: each an object whose one key says what it does. Loops and choices become jumps.

use serde_json::Value;

use super::Compiler;
use crate::expression::Val;
use crate::program::*;
use crate::reader::{Fields, Node, did_you_mean, found, list_of};
use crate::template::Template;

const KINDS: &[&str] = &[
    "http", "emit", "wait", "think", "set", "push", "choose", "if", "repeat", "mic", "speak", "listen", "fail", "leave",
];

impl Compiler<'_> {
    pub(super) fn steps(&mut self, list: &Node<'_>) {
        for step in list.list() {
            self.step(&step);
        }
    }

    fn step(&mut self, node: &Node<'_>) {
        if node.value().as_str() == Some("leave") {
            return self.leave(node);
        }
        let kinds = kinds_of(node.value());
        let [kind] = kinds[..] else { return complain(node, &kinds) };
        let known: &'static [&'static str] = match kind {
            "if" => &["if", "then", "else", "note"],
            "repeat" => &["repeat", "steps", "note"],
            "http" => &["http", "note"],
            "emit" => &["emit", "note"],
            "wait" => &["wait", "note"],
            "think" => &["think", "note"],
            "set" => &["set", "note"],
            "push" => &["push", "note"],
            "choose" => &["choose", "note"],
            "mic" => &["mic", "note"],
            "speak" => &["speak", "note"],
            "listen" => &["listen", "note"],
            "leave" => &["leave", "note"],
            _ => &["fail", "note"],
        };
        let Some(fields) = node.fields(known) else { return };
        fields.optional("note").map(|note| note.text());
        let Some(inner) = fields.optional(kind) else { return };
        match kind {
            "http" => self.http(&inner),
            "emit" => self.emit(&inner),
            "wait" => self.wait(&inner),
            "think" => {
                let delay = self.delay(&inner);
                self.ops.extend(delay.map(Op::Think));
            }
            "set" => self.set(&inner),
            "push" => self.push(&inner),
            "choose" => self.choose(&inner),
            "if" => self.branch(&fields, &inner),
            "repeat" => self.repeat(&fields, &inner),
            "mic" => self.mic(&inner),
            "speak" => self.speak(&inner),
            "listen" => self.listen(&inner),
            "fail" => self.fail(&inner),
            _ => {
                inner.expected("just the text \"leave\" as a step");
            }
        }
    }

    fn leave(&mut self, node: &Node<'_>) {
        if !self.place.connected {
            node.problem("`leave` makes no sense here: the user is not connected yet");
        }
        self.ops.push(Op::Leave);
    }

    fn set(&mut self, node: &Node<'_>) {
        for (name, value) in node.entries() {
            let var = self.variable(name, &value);
            let value = self.template(&value);
            self.ops.push(Op::Set { var, value });
        }
    }

    fn push(&mut self, node: &Node<'_>) {
        let Some(fields) = node.fields(&["var", "value", "max"]) else { return };
        let var = fields.required("var").and_then(|var| Some((var.text()?, var.clone())));
        let var = var.map(|(name, node)| self.variable(name, &node));
        let value = fields.required("value").map(|value| self.template(&value));
        let max = fields.optional("max").and_then(|max| self.known(&max, |max| max.integer(1..=LONGEST_LIST)));
        let max = usize::try_from(max.unwrap_or(DEFAULT_LIST)).unwrap_or(usize::MAX);
        self.ops.extend(var.zip(value).map(|(var, value)| Op::Push { var, value, max }));
    }

    fn choose(&mut self, node: &Node<'_>) {
        let start = self.ops.len();
        self.ops.push(Op::End); // Its place is known, its branches are not yet.
        let mut branches = Vec::new();
        let mut exits = Vec::new();
        let entries = node.list();
        if entries.is_empty() && node.value().is_array() {
            node.expected("a list of at least one branch");
        }
        for entry in &entries {
            let Some(fields) = entry.fields(&["weight", "steps", "note"]) else { continue };
            let weight = fields.optional("weight").map(|weight| self.number(&weight, 0.0..=f64::INFINITY));
            let weight = weight.unwrap_or_else(|| Template::constant(1.into()));
            let at = self.ops.len();
            if let Some(steps) = fields.required("steps") {
                self.steps(&steps);
            }
            if weight.as_constant().and_then(Value::as_f64) == Some(0.0) {
                self.ops.truncate(at);
                continue;
            }
            branches.push((weight, at));
            exits.push(self.ops.len());
            self.ops.push(Op::Jump(0));
        }
        let end = self.pc();
        for exit in exits {
            self.ops[exit] = Op::Jump(end);
        }
        let pc = |at: usize| Pc::try_from(at).expect("it is below `end`");
        self.ops[start] = match &branches[..] {
            [] => Op::Jump(end),
            [(_, only)] => Op::Jump(pc(*only)),
            _ => Op::Choose { branches: branches.into_iter().map(|(weight, at)| (weight, pc(at))).collect(), end },
        };
    }

    fn branch(&mut self, fields: &Fields<'_>, condition: &Node<'_>) {
        let condition = self.template(condition);
        let then = fields.required("then");
        let otherwise = fields.optional("else");
        if let Some(known) = condition.as_constant() {
            let holds = Val::Borrowed(known).is_true();
            return self.decided(holds, then.as_ref(), otherwise.as_ref());
        }
        let start = self.ops.len();
        self.ops.push(Op::End); // Its place is known, where it jumps to is not yet.
        then.iter().for_each(|then| self.steps(then));
        let exit = otherwise.is_some().then(|| {
            self.ops.push(Op::Jump(0));
            self.ops.len() - 1
        });
        let at_else = self.pc();
        otherwise.iter().for_each(|otherwise| self.steps(otherwise));
        if let Some(exit) = exit {
            self.ops[exit] = Op::Jump(self.pc());
        }
        self.ops[start] = Op::If { condition, otherwise: at_else };
    }

    /// Both branches are checked; only the one that is taken stays.
    fn decided(&mut self, holds: bool, then: Option<&Node<'_>>, otherwise: Option<&Node<'_>>) {
        for (steps, taken) in [(then, holds), (otherwise, !holds)] {
            let start = self.ops.len();
            steps.into_iter().for_each(|steps| self.steps(steps));
            if !taken {
                self.ops.truncate(start);
            }
        }
    }

    fn repeat(&mut self, fields: &Fields<'_>, times: &Node<'_>) {
        let times = self.number(times, 0.0..=MOST_ROUNDS);
        let never = times.as_constant().and_then(Value::as_f64) == Some(0.0);
        let start = self.ops.len();
        self.ops.push(Op::End); // Its place is known, its end is not yet.
        let first = self.pc() - 1;
        if let Some(steps) = fields.required("steps") {
            self.steps(&steps);
        }
        let end = self.pc();
        self.ops.push(Op::LoopEnd { start: first });
        self.ops[start] = Op::LoopStart { times, end };
        if never {
            self.ops.truncate(start);
        }
    }

    fn fail(&mut self, node: &Node<'_>) {
        let Some(fields) = node.fields(&["operation", "code", "message"]) else { return };
        let operation = self.operation_of(&fields, None);
        let code = fields.required("code").map(|code| self.template(&code));
        let message = fields.optional("message").map(|message| self.template(&message));
        let message = message.unwrap_or_else(|| Template::constant("".into()));
        self.ops.extend(code.map(|code| Op::Fail { operation, code, message }));
    }
}

fn kinds_of(step: &Value) -> Vec<&'static str> {
    KINDS.iter().copied().filter(|kind| step.get(kind).is_some()).collect()
}

fn complain(node: &Node<'_>, kinds: &[&str]) {
    if kinds.len() > 1 {
        return node.problem(format!("one step does one thing, this one has {}", kinds.join(" and ")));
    }
    let names: Vec<&str> = node.value().as_object().into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let given = node.value().as_str().into_iter().chain(names);
    let hint = given.map(|name| did_you_mean(name, KINDS)).find(|hint| !hint.is_empty()).unwrap_or_default();
    let found = found(node.value());
    node.problem(format!("expected a step ({}), found {found}{hint}", list_of(KINDS)));
}

const DEFAULT_LIST: u64 = 100;
const LONGEST_LIST: u64 = 100_000;
const MOST_ROUNDS: f64 = 1_000_000_000.0;
