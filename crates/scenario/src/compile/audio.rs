//! Voice services: the `audio` section, and the steps `mic`, `speak` and `listen`.

use std::borrow::Cow;

use serde_json::{Map, Value};

use super::{Compiler, messages};
use crate::fields::{AUDIO, BARGE_IN, INBOUND, LISTEN, OUTBOUND, SPEAK};
use crate::ids::*;
use crate::program::*;
use crate::template::Template;
use base::json;
use base::time::Span;
use document::{Node, Type};

pub(super) fn audio(compiler: &mut Compiler<'_>, node: Option<&Node<'_>>) -> Option<Audio> {
    let node = node?;
    compiler.has_audio = true;
    if matches!(compiler.protocol, Protocol::SocketIo) {
        node.problem("`audio` needs plain WebSocket: `\"protocol\": \"websocket\"`");
    }
    let fields = node.fields(&AUDIO)?;
    let (rate, chunk_samples) = (compiler.whole(&fields, "rate"), compiler.whole(&fields, "chunk_samples"));
    let buffer_ms = compiler.known_number(&fields, "player_buffer_ms");
    let mic_from = compiler.choice(&fields, "mic_from");
    let outbound = fields.required("outbound").and_then(|node| outbound(compiler, &node));
    let inbound = fields.required("inbound").and_then(|node| inbound(compiler, &node));
    let mut event = |name| fields.optional(name).map(|node| compiler.event_of(Some(&node)));
    let [speech_started, speech_stopped, transcript, report] =
        ["speech_started", "speech_stopped", "transcript", "report"].map(&mut event);
    let (inbound, inbound_field, done) = inbound?;
    Some(Audio {
        rate: rate as u32,
        chunk_samples: chunk_samples as u32,
        player_buffer: Span::from_secs_f64(buffer_ms / 1e3),
        mic_from: mic_from.unwrap_or(MicFrom::Connect),
        outbound: outbound?,
        inbound,
        inbound_field,
        done,
        speech_started,
        speech_stopped,
        transcript,
        report,
    })
}

fn outbound(compiler: &mut Compiler<'_>, node: &Node<'_>) -> Option<OutboundAudio> {
    let fields = node.fields(&OUTBOUND)?;
    let event = known_name(compiler, fields.required("event").as_ref());
    let field = known_name(compiler, fields.required("field").as_ref());
    // As elsewhere, what begins with a slash is a pointer; anything else is the name of a field.
    let field = field.map(|field| if field.starts_with('/') { field } else { json::pointer_to(&field) });
    let outermost = field.as_deref().and_then(|field| json::names(field).next()).map(Cow::into_owned);
    let extra = fields.optional("extra").map(|node| extra(compiler, &node)).unwrap_or_default();
    if let Protocol::WebSocket { event_field } = &compiler.protocol
        && let Some(name) = [outermost.as_ref(), Some(event_field)]
            .into_iter()
            .flatten()
            .find(|name| extra.contains_key(*name) || (*name == event_field && outermost.as_ref() == Some(event_field)))
    {
        node.problem(format!("`{name}` stands twice in the frame"));
    }
    Some(OutboundAudio { event: event?, field: field?, extra })
}

/// Fields that are the same in every frame, so that frames can be made before the run.
fn extra(compiler: &mut Compiler<'_>, node: &Node<'_>) -> Map<String, Value> {
    let entries = node.entries();
    let known = entries.into_iter().filter_map(|(name, value)| {
        Some((name.to_owned(), compiler.known(&value, |value| Some(value.value().clone()))?))
    });
    known.collect()
}

fn inbound(compiler: &mut Compiler<'_>, node: &Node<'_>) -> Option<(EventId, Pointer, EventId)> {
    let fields = node.fields(&INBOUND)?;
    let event = compiler.event_of(fields.required("event").as_ref());
    let field = fields.required("field").and_then(|field| compiler.pointer(&field, true));
    let done = compiler.event_of(fields.required("done").as_ref());
    if event == done && fields.optional("event").is_some() && fields.optional("done").is_some() {
        node.problem("an answer's audio and its end need different events");
    }
    Some((event, field?, done))
}

pub(super) fn mic(compiler: &mut Compiler<'_>, node: &Node<'_>) {
    needs_audio(compiler, node, "mic");
    let mode = compiler.known(node, |node| node.choice());
    compiler.ops.extend(mode.map(Op::Mic));
}

pub(super) fn speak(compiler: &mut Compiler<'_>, node: &Node<'_>) {
    needs_audio(compiler, node, "speak");
    let Some(fields) = node.fields(&SPEAK) else { return };
    let operation = compiler.operation_of(&fields, Some("speak"));
    let clip = fields.required("clip").map(|clip| {
        if !clip.value().is_string() {
            clip.name();
        }
        compiler.template(&clip)
    });
    let [gain_db, noise_db, length_s] = ["gain_db", "noise_db", "length_s"].map(|name| {
        let node = fields.unless_null(name)?;
        Some(number_or_null(compiler, &node, &fields.definition(name).of))
    });
    compiler.ops.extend(clip.map(|clip| Op::Speak(Box::new(SpeakOp { operation, clip, gain_db, noise_db, length_s }))));
}

pub(super) fn listen(compiler: &mut Compiler<'_>, node: &Node<'_>) {
    needs_audio(compiler, node, "listen");
    let Some(fields) = node.fields(&LISTEN) else {
        return;
    };
    let operation = compiler.operation_of(&fields, Some("answer"));
    let first_audio = compiler.seconds(&fields, "first_audio_s");
    let end = compiler.seconds(&fields, "end_s");
    let until = compiler.choice(&fields, "until").unwrap_or_default();
    let required = compiler.must_succeed(&fields);
    let start = compiler.ops.len();
    compiler.ops.push(Op::End); // Its place is known, where it goes on is not yet.
    let barge_in = fields.optional("barge_in").and_then(|node| barge_in(compiler, &node));
    if barge_in.is_none() {
        compiler.ops.truncate(start + 1);
    }
    let after = compiler.pc();
    compiler.ops[start] =
        Op::Listen(Box::new(ListenOp { operation, first_audio, end, until, required, barge_in, after }));
}

fn barge_in(compiler: &mut Compiler<'_>, node: &Node<'_>) -> Option<BargeIn> {
    let fields = node.fields(&BARGE_IN)?;
    let probability =
        fields.required("probability").map(|node| compiler.number(&node, &fields.definition("probability").of));
    let delay = fields.required("delay").and_then(|delay| compiler.delay(&delay));
    if let Some(node) = fields.required("steps") {
        compiler.steps(&node);
    }
    let never = |probability: &Template| probability.as_constant().and_then(Value::as_f64) == Some(0.0);
    let probability = probability.filter(|probability| !never(probability))?;
    Some(BargeIn { probability, delay: delay? })
}

fn needs_audio(compiler: &Compiler<'_>, node: &Node<'_>, step: &str) {
    messages::needs_connection(compiler, node, step);
    if !compiler.has_audio {
        node.problem(format!("`{step}` needs `audio`: how the service sends and takes audio"));
    }
}

fn known_name(compiler: &mut Compiler<'_>, node: Option<&Node<'_>>) -> Option<String> {
    node.and_then(|node| compiler.known(node, |node| node.name().map(str::to_owned)))
}

/// A template whose value, where it is known already, must be null or a number within the range.
fn number_or_null(compiler: &mut Compiler<'_>, node: &Node<'_>, kind: &Type) -> Template {
    let reported = compiler.problems.len();
    let template = compiler.template(node);
    if compiler.problems.len() == reported
        && let Some(value) = template.as_constant().filter(|value| !value.is_null())
    {
        Node::at(value, node.path().to_owned(), compiler.problems).number_of(kind);
    }
    template
}
