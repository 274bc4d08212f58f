//! Steps on the connection: `emit` and `wait`.

use serde_json::{Value, json};

use super::Compiler;
use crate::fields::{ACK, ANSWER, EMIT, WAIT};
use crate::ids::*;
use crate::program::*;
use crate::template::Template;
use document::{Fields, Node};

pub(super) fn emit(compiler: &mut Compiler<'_>, node: &Node<'_>) {
    let Some(fields) = node.fields(&EMIT) else {
        return;
    };
    needs_connection(compiler, node, "emit");
    let event = fields.required("event").map_or_else(
        || Template::constant(Value::Null),
        |event| {
            if !event.value().is_string() {
                event.text();
            }
            compiler.template(&event)
        },
    );
    if let (Some(name), Some(node)) = (event.as_constant().and_then(Value::as_str), fields.optional("event")) {
        compiler.not_reserved(name, &node);
    }
    let operation = compiler.operation_of(&fields, event.as_constant().and_then(Value::as_str));
    let ledgered = fields.optional("message").is_some();
    let (args, attachments) = arguments(compiler, &fields, ledgered);
    let ack = ack(compiler, &fields);
    let answer = fields.optional("answer").map(|node| answer(compiler, node.fields(&ANSWER).as_ref()));
    let room = room(compiler, &fields, operation, ack.is_some() || answer.is_some());
    let timeout = compiler.seconds(&fields, "timeout_s");
    let required = compiler.must_succeed(&fields);
    let emit = EmitOp { operation, event, args, attachments, ack, answer, timeout, room, required };
    compiler.ops.push(Op::Emit(Box::new(emit)));
}

pub(super) fn wait(compiler: &mut Compiler<'_>, node: &Node<'_>) {
    let Some(fields) = node.fields(&WAIT) else { return };
    needs_connection(compiler, node, "wait");
    let answer = answer(compiler, Some(&fields));
    let event = compiler.events.get(usize::from(answer.event.0)).cloned();
    let operation = compiler.operation_of(&fields, event.as_deref());
    let timeout = compiler.seconds(&fields, "timeout_s");
    let required = compiler.must_succeed(&fields);
    compiler.ops.push(Op::Wait(Box::new(WaitOp { operation, answer, timeout, required })));
}

pub(super) fn needs_connection(compiler: &Compiler<'_>, node: &Node<'_>, step: &str) {
    if !compiler.place.connected {
        node.problem(format!("`{step}` makes no sense here: the user is not connected yet"));
    }
}

fn answer(compiler: &mut Compiler<'_>, fields: Option<&Fields<'_>>) -> AwaitedEvent {
    let event = fields.and_then(|fields| fields.required("event"));
    let wanted = fields.and_then(|fields| fields.optional("where"));
    let save = fields.and_then(|fields| fields.optional("save"));
    AwaitedEvent {
        event: compiler.event_of(event.as_ref()),
        matches: compiler.tests(wanted.as_ref()),
        save: compiler.saves(save.as_ref(), true),
    }
}

fn ack(compiler: &mut Compiler<'_>, fields: &Fields<'_>) -> Option<AwaitedAck> {
    let node = fields.optional("ack")?;
    let ack = match node.value() {
        Value::Object(_) => {
            let fields = node.fields(&ACK);
            let part = |name| fields.as_ref().and_then(|fields| fields.optional(name));
            AwaitedAck {
                matches: compiler.tests(part("where").as_ref()),
                save: compiler.saves(part("save").as_ref(), true),
                code: part("code").and_then(|code| compiler.pointer(&code, true)),
            }
        }
        _ if compiler.flag(fields, "ack") => AwaitedAck::default(),
        _ => return None,
    };
    if let Protocol::WebSocket { .. } = &compiler.protocol {
        node.problem("plain WebSocket frames have no acknowledgement: wait for an `answer` instead");
    }
    Some(ack)
}

/// The arguments, and the attachments that `{"$binary": "<Base64>"}` in them stood for.
fn arguments(compiler: &mut Compiler<'_>, fields: &Fields<'_>, ledgered: bool) -> (Vec<Template>, Vec<Vec<u8>>) {
    let Some(list) = fields.optional("args") else {
        if ledgered {
            fields.node().problem("`args` is missing: a ledgered message carries `${tag}` in its text");
        }
        return (Vec::new(), Vec::new());
    };
    let tags_before = compiler.names.tags_used;
    compiler.names.tag = ledgered;
    let mut attachments = Vec::new();
    let args: Vec<Template> = list.list().iter().map(|arg| argument(compiler, arg, &mut attachments)).collect();
    compiler.names.tag = false;
    if ledgered && compiler.names.tags_used == tags_before {
        list.problem("`${tag}` is missing: without it in its text the message cannot be followed to its receivers");
    }
    if matches!(compiler.protocol, Protocol::WebSocket { .. }) && (args.len() > 1 || !attachments.is_empty()) {
        list.expected("one object without attachments, because plain WebSocket sends one JSON object");
    }
    (args, attachments)
}

fn argument(compiler: &mut Compiler<'_>, node: &Node<'_>, attachments: &mut Vec<Vec<u8>>) -> Template {
    if has_binary(node.value()) {
        let mut value = node.value().clone();
        take_binary(compiler, &mut value, node, attachments);
        return compiler.template(&Node::at(&value, node.path().to_owned(), compiler.problems));
    }
    let reported = compiler.problems.len();
    let template = compiler.template(node);
    let known = template.as_constant().unwrap_or(node.value());
    let object = known.is_object() || known.as_str().is_some_and(|text| text.starts_with("${"));
    if matches!(compiler.protocol, Protocol::WebSocket { .. }) && !object && compiler.problems.len() == reported {
        let node = Node::at(known, node.path().to_owned(), compiler.problems);
        node.expected("an object, because plain WebSocket sends one JSON object");
    }
    template
}

fn take_binary(compiler: &mut Compiler<'_>, value: &mut Value, node: &Node<'_>, attachments: &mut Vec<Vec<u8>>) {
    if let Some(base64) = binary(value) {
        let bytes = compiler.bytes(&Node::at(base64, node.path().to_owned(), compiler.problems));
        *value = json!({"_placeholder": true, "num": attachments.len()});
        return attachments.push(bytes);
    }
    match value {
        Value::Array(list) => list.iter_mut().for_each(|value| take_binary(compiler, value, node, attachments)),
        Value::Object(fields) => fields.values_mut().for_each(|value| take_binary(compiler, value, node, attachments)),
        _ => {}
    }
}

fn room(compiler: &mut Compiler<'_>, fields: &Fields<'_>, operation: OperationId, confirmed: bool) -> RoomEffect {
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
    let room = compiler.template(&node);
    match effect {
        "enters" => {
            if !confirmed {
                node.problem("`enters` needs `ack` or `answer`: only they tell from when on the user is in the room");
            }
            RoomEffect::Enters(room)
        }
        "leaves" => RoomEffect::Leaves(room),
        _ => {
            compiler.messages.push((node.path().to_owned(), operation));
            RoomEffect::Message(room)
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
