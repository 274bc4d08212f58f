//! Flat operations back to the statements that they came from.

use serde_json::Value;

use super::node::{ScriptNode, indented, statement};
use base::time::Span;
use scenario::js::{ScriptNames, key, literal, quoted};
use scenario::{
    AwaitedEvent, Body, Delay, EmitOp, HttpOp, Match, Op, Pc, Program, RoomEffect, Save, Source, Template, Test, WaitOp,
};

/// Writes the steps of one program.
pub struct Steps<'p> {
    pub program: &'p Program,
    pub names: &'p ScriptNames<'p>,
}

impl Steps<'_> {
    /// A block as a function of the task that runs it.
    pub fn function(&self, start: Pc, event: bool) -> ScriptNode {
        let lines = self.block(start, self.end_of(start));
        let event = if event { ", event" } else { "" };
        ScriptNode::Block(format!("async (task, user, v{event}) =>"), lines)
    }

    fn end_of(&self, start: Pc) -> Pc {
        let length = self.program.ops[start as usize..].iter().position(|op| matches!(op, Op::End)).unwrap_or(0);
        start + length as Pc
    }

    fn block(&self, mut pc: Pc, end: Pc) -> Vec<String> {
        let mut lines = Vec::new();
        while pc < end {
            pc = self.step(pc, &mut lines).max(pc + 1);
        }
        lines
    }

    /// Writes one step; gives where the next one stands.
    fn step(&self, pc: Pc, lines: &mut Vec<String>) -> Pc {
        match &self.program.ops[pc as usize] {
            Op::Http(op) => lines.extend(statement("await task.http(", &self.http(op), ");")),
            Op::Emit(op) => lines.extend(statement("await task.emit(", &self.emit(op), ");")),
            Op::Wait(op) => lines.extend(statement("await task.wait(", &self.wait(op), ");")),
            Op::Think(delay) => lines.push(format!("await task.think({});", self.delay(delay))),
            Op::Set { var, value } => {
                let name = &self.program.variables[usize::from(var.0)].name;
                lines.push(format!("v.{name} = {};", value.js(self.names)));
            }
            Op::Push { var, value, max } => {
                let name = &self.program.variables[usize::from(var.0)].name;
                lines.push(format!("push(v, {}, {}, {max});", quoted(name), value.js(self.names)));
            }
            Op::Choose { branches, end } => return self.choose(branches, *end, lines),
            Op::If { condition, otherwise } => return self.branch(pc, condition, *otherwise, lines),
            Op::LoopStart { times, .. } => return self.repeat(pc, times, lines),
            Op::Fail { operation, code, .. } => {
                let operation = quoted(&self.program.operations[usize::from(operation.0)]);
                lines.push(format!("task.fail({{ operation: {operation}, code: {} }});", code.js_text(self.names)));
            }
            Op::Leave => lines.push("task.leave();".to_owned()),
            Op::Mic(_) => lines.push("// Not carried over: switching the microphone.".to_owned()),
            Op::Speak(op) => {
                lines.push(format!("// Not carried over: saying the clip {}.", op.clip.js(self.names)));
            }
            Op::Listen(op) => {
                lines.push("// Not carried over: hearing an answer to its end.".to_owned());
                return op.after;
            }
            Op::LoopEnd { .. } | Op::Jump(_) | Op::End => {}
        }
        pc + 1
    }

    fn choose(&self, branches: &[(Template, Pc)], end: Pc, lines: &mut Vec<String>) -> Pc {
        let weights: Vec<String> = branches.iter().map(|(weight, _)| weight.js(self.names)).collect();
        lines.push(format!("switch (choose([{}])) {{", weights.join(", ")));
        for (index, (_, start)) in branches.iter().enumerate() {
            // Each branch but the last ends in a jump right before the next one.
            let stop = branches.get(index + 1).map_or(end, |(_, next)| *next) - 1;
            let mut body = self.block(*start, stop);
            body.push("break;".to_owned());
            lines.push(format!("  case {index}:"));
            lines.extend(body.iter().map(|line| format!("    {line}")));
        }
        lines.push("  default:".to_owned());
        lines.push("}".to_owned());
        end
    }

    fn branch(&self, pc: Pc, condition: &Template, otherwise: Pc, lines: &mut Vec<String>) -> Pc {
        let exit = match &self.program.ops[otherwise as usize - 1] {
            Op::Jump(exit) if *exit > otherwise => Some(*exit),
            _ => None,
        };
        lines.push(format!("if ({}) {{", condition.js_truth(self.names)));
        lines.extend(indented(&self.block(pc + 1, otherwise - Pc::from(exit.is_some()))));
        if let Some(exit) = exit {
            lines.push("} else {".to_owned());
            lines.extend(indented(&self.block(otherwise, exit)));
        }
        lines.push("}".to_owned());
        exit.unwrap_or(otherwise)
    }

    fn repeat(&self, pc: Pc, times: &Template, lines: &mut Vec<String>) -> Pc {
        let ops = &self.program.ops;
        let closes = |op: &Op| matches!(op, Op::LoopEnd { start } if *start == pc);
        let length = ops[pc as usize..].iter().position(closes).unwrap_or(1);
        let end = pc + length as Pc;
        let times = times.js(self.names);
        // Loops in loops need names of their own.
        let round = format!("round{pc}");
        lines.push(format!("for (let {round} = 1; {round} <= {times}; {round} += 1) {{"));
        lines.extend(indented(&self.block(pc + 1, end)));
        lines.push("}".to_owned());
        end + 1
    }

    fn http(&self, op: &HttpOp) -> ScriptNode {
        let mut fields = StepFields::default();
        fields.text("operation", quoted(&self.program.operations[usize::from(op.operation.0)]));
        fields.text("method", quoted(&op.method));
        fields.text("url", op.url.js_text(self.names));
        let pairs = |list: &[(String, Template)]| {
            ScriptNode::Object(
                list.iter().map(|(name, value)| (key(name), ScriptNode::text(value.js_text(self.names)))).collect(),
            )
        };
        if !op.headers.is_empty() {
            fields.add("headers", pairs(&op.headers));
        }
        match &op.body {
            Body::None => {}
            Body::Json(template) => fields.text("json", template.js(self.names)),
            Body::Form(list) => fields.add("form", pairs(list)),
            Body::File { field, name, mime, bytes } => {
                let bytes = quoted(&base64(bytes));
                let file =
                    format!("http.file(encoding.b64decode({bytes}), {}, {})", name.js_text(self.names), quoted(mime));
                fields.add("file", ScriptNode::Object(vec![(key(field), ScriptNode::text(file))]));
            }
        }
        if !op.expect.is_empty() {
            let expect: Vec<String> = op.expect.iter().map(u16::to_string).collect();
            fields.text("expect", format!("[{}]", expect.join(", ")));
        }
        fields.saves(self.program, &op.save);
        if let Some(pointer) = &op.error_code {
            fields.text("errorCode", quoted(&pointer.path));
        }
        fields.end(op.timeout, op.required)
    }

    fn emit(&self, op: &EmitOp) -> ScriptNode {
        let mut fields = StepFields::default();
        let operation = &self.program.operations[usize::from(op.operation.0)];
        let event = op.event.js_text(self.names);
        let same = op.event.as_constant().and_then(Value::as_str) == Some(operation.as_str());
        fields.text("event", event);
        if !same {
            fields.text("operation", quoted(operation));
        }
        let message = matches!(op.room, RoomEffect::Message(_));
        if !op.args.is_empty() || message {
            let args: Vec<String> = op.args.iter().map(|arg| arg.js(self.names)).collect();
            let head = if message { "(tag) => " } else { "" };
            fields.text("args", format!("{head}[{}]", args.join(", ")));
        }
        if !op.attachments.is_empty() {
            let bytes = op.attachments.iter().map(|bytes| format!("encoding.b64decode({})", quoted(&base64(bytes))));
            fields.add("attachments", ScriptNode::List(bytes.map(ScriptNode::Text).collect()));
        }
        if op.ack {
            fields.text("ack", "true");
        }
        if let Some(answer) = &op.answer {
            fields.add("answer", self.answer(answer));
        }
        if let RoomEffect::Message(room) = &op.room {
            fields.text("message", room.js(self.names));
        }
        fields.end(op.timeout, op.required)
    }

    fn wait(&self, op: &WaitOp) -> ScriptNode {
        let mut fields = StepFields::default();
        fields.text("operation", quoted(&self.program.operations[usize::from(op.operation.0)]));
        fields.add("answer", self.answer(&op.answer));
        fields.end(op.timeout, op.required)
    }

    fn answer(&self, answer: &AwaitedEvent) -> ScriptNode {
        let mut fields = StepFields::default();
        fields.text("event", quoted(&self.program.events[usize::from(answer.event.0)].name));
        if !answer.matches.is_empty() {
            fields.add("where", self.tests(&answer.matches));
        }
        fields.saves(self.program, &answer.save);
        ScriptNode::Object(fields.0)
    }

    pub fn tests(&self, tests: &[Match]) -> ScriptNode {
        let value = |template: &Template| template.js(self.names);
        let test = |rule: &Match| {
            let test = match &rule.test {
                Test::Equals(template) => format!("equals({})", value(template)),
                Test::NotEquals(template) => format!("not({})", value(template)),
                Test::OneOf(list) => format!("oneOf([{}])", list.iter().map(value).collect::<Vec<_>>().join(", ")),
                Test::Contains(template) => format!("has({})", value(template)),
                Test::Lacks(template) => format!("lacks({})", value(template)),
                Test::Exists(exists) => format!("exists({exists})"),
            };
            (key(&pointer(&rule.field)), ScriptNode::Text(test))
        };
        ScriptNode::Object(tests.iter().map(test).collect())
    }

    /// Milliseconds.
    pub fn delay(&self, delay: &Delay) -> String {
        let number = |template: &Template| template.js(self.names);
        match delay {
            Delay::Fixed(value) => number(value),
            Delay::Uniform(low, high) => format!("between({}, {})", number(low), number(high)),
            Delay::Exponential(mean) => format!("exponential({})", number(mean)),
            Delay::Normal(mean, deviation) => format!("normal({}, {})", number(mean), number(deviation)),
        }
    }
}

/// Where a value stands: the argument's number is left out for the first one.
pub fn pointer(pointer: &scenario::Pointer) -> String {
    if pointer.arg == 0 { pointer.path.clone() } else { format!("{}{}", pointer.arg, pointer.path) }
}

#[derive(Default)]
pub struct StepFields(pub Vec<(String, ScriptNode)>);

impl StepFields {
    pub fn add(&mut self, name: &str, node: ScriptNode) {
        self.0.push((name.to_owned(), node));
    }

    pub fn text(&mut self, name: &str, text: impl Into<String>) {
        self.add(name, ScriptNode::text(text));
    }

    fn saves(&mut self, program: &Program, saves: &[Save]) {
        let save = |save: &Save| {
            let from = quoted(&match &save.from {
                Source::Body(from) => pointer(from),
                Source::Header(name) => format!("header:{name}"),
                Source::Status => "status".to_owned(),
            });
            let append = if save.append { ", append: true" } else { "" };
            let optional = if save.optional { ", optional: true" } else { "" };
            let spec =
                if save.append || save.optional { format!("{{ from: {from}{append}{optional} }}") } else { from };
            (key(&program.variables[usize::from(save.var.0)].name), ScriptNode::Text(spec))
        };
        if !saves.is_empty() {
            self.add("save", ScriptNode::Object(saves.iter().map(save).collect()));
        }
    }

    fn end(mut self, timeout: Span, required: bool) -> ScriptNode {
        self.text("timeout_s", literal(&Value::from(timeout.as_secs_f64())).trim_end_matches(".0"));
        if required {
            self.text("required", "true");
        }
        ScriptNode::Object(self.0)
    }
}

fn base64(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
