//! Steps on the connection: `emit` and `wait`.

use serde_json::{Value, json};

use super::Compiler;
use crate::program::*;
use crate::reader::{Fields, Node};
use crate::template::Template;

impl Compiler<'_> {
    pub(super) fn emit(&mut self, node: &Node<'_>) {
        let Some(fields) = node.fields(&[
            "event",
            "args",
            "ack",
            "operation",
            "answer",
            "timeout_s",
            "enters",
            "leaves",
            "message",
            "required",
        ]) else {
            return;
        };
        self.needs_connection(node, "emit");
        let event = fields.required("event").map_or_else(
            || Template::constant(Value::Null),
            |event| {
                if !event.value().is_string() {
                    event.text();
                }
                self.template(&event)
            },
        );
        if let (Some(name), Some(node)) = (event.as_constant().and_then(Value::as_str), fields.optional("event")) {
            self.not_reserved(name, &node);
        }
        let operation = self.operation_of(&fields, event.as_constant().and_then(Value::as_str));
        let ledgered = fields.optional("message").is_some();
        let (args, attachments) = self.arguments(&fields, ledgered);
        let ack = self.ack(&fields);
        let answer = fields.optional("answer").map(|answer| self.answer(&answer, &["event", "where", "save"]));
        let room = self.room(&fields, operation, ack || answer.is_some());
        let timeout = self.timeout(&fields, ANSWER_TIMEOUT_S);
        let required = self.flag(&fields, "required", self.place.required);
        let emit = EmitOp { operation, event, args, attachments, ack, answer, timeout, room, required };
        self.ops.push(Op::Emit(Box::new(emit)));
    }

    pub(super) fn wait(&mut self, node: &Node<'_>) {
        const KNOWN: &[&str] = &["event", "where", "save", "operation", "timeout_s", "required"];
        let Some(fields) = node.fields(KNOWN) else { return };
        self.needs_connection(node, "wait");
        let answer = self.answer(node, KNOWN);
        let event = self.events.get(usize::from(answer.event.0)).cloned();
        let operation = self.operation_of(&fields, event.as_deref());
        let timeout = self.timeout(&fields, ANSWER_TIMEOUT_S);
        let required = self.flag(&fields, "required", self.place.required);
        self.ops.push(Op::Wait(Box::new(WaitOp { operation, answer, timeout, required })));
    }

    pub(super) fn needs_connection(&self, node: &Node<'_>, step: &str) {
        if !self.place.connected {
            node.problem(format!("`{step}` makes no sense here: the user is not connected yet"));
        }
    }

    fn answer(&mut self, node: &Node<'_>, known: &'static [&'static str]) -> AwaitedEvent {
        let fields = node.fields(known);
        let event = fields.as_ref().and_then(|fields| fields.required("event"));
        let wanted = fields.as_ref().and_then(|fields| fields.optional("where"));
        let save = fields.as_ref().and_then(|fields| fields.optional("save"));
        AwaitedEvent {
            event: self.event_of(event.as_ref()),
            matches: self.tests(wanted.as_ref()),
            save: self.saves(save.as_ref(), true),
        }
    }

    fn ack(&mut self, fields: &Fields<'_>) -> bool {
        let ack = self.flag(fields, "ack", false);
        if ack && let (Protocol::WebSocket { .. }, Some(node)) = (&self.protocol, fields.optional("ack")) {
            node.problem("plain WebSocket frames have no acknowledgement: wait for an `answer` instead");
        }
        ack
    }

    /// The arguments, and the attachments that `{"$binary": "<Base64>"}` in them stood for.
    fn arguments(&mut self, fields: &Fields<'_>, ledgered: bool) -> (Vec<Template>, Vec<Vec<u8>>) {
        let Some(list) = fields.optional("args") else {
            if ledgered {
                fields.node().problem("`args` is missing: a ledgered message carries `${tag}` in its text");
            }
            return (Vec::new(), Vec::new());
        };
        let tags_before = self.names.tags_used;
        self.names.tag = ledgered;
        let mut attachments = Vec::new();
        let args: Vec<Template> = list.list().iter().map(|arg| self.argument(arg, &mut attachments)).collect();
        self.names.tag = false;
        if ledgered && self.names.tags_used == tags_before {
            list.problem("`${tag}` is missing: without it in its text the message cannot be followed to its receivers");
        }
        if matches!(self.protocol, Protocol::WebSocket { .. }) && (args.len() > 1 || !attachments.is_empty()) {
            list.expected("one object without attachments, because plain WebSocket sends one JSON object");
        }
        (args, attachments)
    }

    fn argument(&mut self, node: &Node<'_>, attachments: &mut Vec<Vec<u8>>) -> Template {
        if has_binary(node.value()) {
            let mut value = node.value().clone();
            self.take_binary(&mut value, node, attachments);
            return self.template(&Node::at(&value, node.path().to_owned(), self.problems));
        }
        let reported = self.problems.len();
        let template = self.template(node);
        let known = template.as_constant().unwrap_or(node.value());
        let object = known.is_object() || known.as_str().is_some_and(|text| text.starts_with("${"));
        if matches!(self.protocol, Protocol::WebSocket { .. }) && !object && self.problems.len() == reported {
            let node = Node::at(known, node.path().to_owned(), self.problems);
            node.expected("an object, because plain WebSocket sends one JSON object");
        }
        template
    }

    fn take_binary(&mut self, value: &mut Value, node: &Node<'_>, attachments: &mut Vec<Vec<u8>>) {
        if let Some(base64) = binary(value) {
            let bytes = self.bytes(&Node::at(base64, node.path().to_owned(), self.problems));
            *value = json!({"_placeholder": true, "num": attachments.len()});
            return attachments.push(bytes);
        }
        match value {
            Value::Array(list) => list.iter_mut().for_each(|value| self.take_binary(value, node, attachments)),
            Value::Object(fields) => fields.values_mut().for_each(|value| self.take_binary(value, node, attachments)),
            _ => {}
        }
    }

    fn room(&mut self, fields: &Fields<'_>, operation: OperationId, confirmed: bool) -> RoomEffect {
        let effects = ["enters", "leaves", "message"];
        let given: Vec<&'static str> = effects.into_iter().filter(|name| fields.optional(name).is_some()).collect();
        if given.len() > 1 {
            fields.node().problem(format!("one emit has one of {}", given.join(" and ")));
        }
        let Some(effect) = given.first().copied() else { return RoomEffect::None };
        let Some(node) = fields.optional(effect) else { return RoomEffect::None };
        if !node.value().is_string() {
            node.expected("text: the room's id");
        }
        let room = self.template(&node);
        match effect {
            "enters" => {
                if !confirmed {
                    node.problem(
                        "`enters` needs `ack` or `answer`: only they tell from when on the user is in the room",
                    );
                }
                RoomEffect::Enters(room)
            }
            "leaves" => RoomEffect::Leaves(room),
            _ => {
                self.messages.push((node.path().to_owned(), operation));
                RoomEffect::Message(room)
            }
        }
    }
}

fn binary(value: &Value) -> Option<&Value> {
    value.as_object().filter(|fields| fields.len() == 1)?.get("$binary")
}

fn has_binary(value: &Value) -> bool {
    match value {
        Value::Array(list) => list.iter().any(has_binary),
        Value::Object(fields) => binary(value).is_some() || fields.values().any(has_binary),
        _ => false,
    }
}

const ANSWER_TIMEOUT_S: u64 = 10;
