//! Voice services: the `audio` section, and the steps `mic`, `speak` and `listen`.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::{Compiler, messages, steps};
use crate::program::*;
use crate::reader::{Fields, Node};
use crate::template::Template;
use base::json;
use base::time::Span;

pub(super) fn audio(compiler: &mut Compiler<'_>, node: Option<&Node<'_>>) -> Option<Audio> {
    let node = node?;
    compiler.has_audio = true;
    if matches!(compiler.protocol, Protocol::SocketIo) {
        node.problem("`audio` needs plain WebSocket: `\"protocol\": \"websocket\"`");
    }
    let fields = node.fields(&[
        "rate",
        "chunk_samples",
        "player_buffer_ms",
        "mic_from",
        "outbound",
        "inbound",
        "speech_started",
        "speech_stopped",
        "transcript",
        "report",
    ])?;
    let rate = whole(compiler, &fields, "rate", RATES, DEFAULT_RATE);
    let chunk_samples = whole(compiler, &fields, "chunk_samples", CHUNKS, DEFAULT_CHUNK);
    let buffer = fields.optional("player_buffer_ms");
    let buffer = buffer.and_then(|node| compiler.known(&node, |node| node.number(BUFFER_MS)));
    let mic_from = [("connect", MicFrom::Connect), ("first_audio", MicFrom::FirstAudio)];
    let mic_from = fields.optional("mic_from").and_then(|node| compiler.known(&node, |node| node.one_of(&mic_from)));
    let outbound = fields.required("outbound").and_then(|node| outbound(compiler, &node));
    let inbound = fields.required("inbound").and_then(|node| inbound(compiler, &node));
    let mut event = |name| fields.optional(name).map(|node| compiler.event_of(Some(&node)));
    let [speech_started, speech_stopped, transcript, report] =
        ["speech_started", "speech_stopped", "transcript", "report"].map(&mut event);
    let (inbound, inbound_field, done) = inbound?;
    Some(Audio {
        rate,
        chunk_samples,
        player_buffer: buffer.map_or(DEFAULT_BUFFER, |millis| Span::from_secs_f64(millis / 1e3)),
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
    let fields = node.fields(&["event", "field", "extra"])?;
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
    let fields = node.fields(&["event", "field", "done"])?;
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
    let modes = [
        ("off", MicMode::Off),
        ("continuous", MicMode::Continuous),
        ("while_speaking", MicMode::WhileSpeaking),
        ("push_to_talk", MicMode::PushToTalk),
    ];
    let mode = compiler.known(node, |node| node.one_of(&modes));
    compiler.ops.extend(mode.map(Op::Mic));
}

pub(super) fn speak(compiler: &mut Compiler<'_>, node: &Node<'_>) {
    needs_audio(compiler, node, "speak");
    let Some(fields) = node.fields(&["clip", "gain_db", "noise_db", "length_s", "operation"]) else { return };
    let operation = compiler.operation_of(&fields, Some("speak"));
    let clip = fields.required("clip").map(|clip| {
        if !clip.value().is_string() {
            clip.name();
        }
        compiler.template(&clip)
    });
    let mut number = |name, range: RangeInclusive<f64>| {
        let node = fields.optional(name).filter(|node| !node.value().is_null())?;
        Some(number_or_null(compiler, &node, range))
    };
    let (gain_db, noise_db) = (number("gain_db", GAIN_DB), number("noise_db", NOISE_DB));
    let length_s = number("length_s", LENGTH_S);
    compiler.ops.extend(clip.map(|clip| Op::Speak(Box::new(SpeakOp { operation, clip, gain_db, noise_db, length_s }))));
}

pub(super) fn listen(compiler: &mut Compiler<'_>, node: &Node<'_>) {
    needs_audio(compiler, node, "listen");
    let Some(fields) = node.fields(&["first_audio_s", "end_s", "until", "operation", "required", "barge_in"]) else {
        return;
    };
    let operation = compiler.operation_of(&fields, Some("answer"));
    let first_audio = compiler.seconds(&fields, "first_audio_s", FIRST_AUDIO_S);
    let end = compiler.seconds(&fields, "end_s", END_S);
    let until = [("played", Until::Played), ("received", Until::Received)];
    let until = fields.optional("until").and_then(|node| compiler.known(&node, |node| node.one_of(&until)));
    let until = until.unwrap_or_default();
    let required = compiler.flag(&fields, "required", compiler.place.required);
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
    let fields = node.fields(&["probability", "delay", "steps"])?;
    let probability = fields.required("probability").map(|node| compiler.number(&node, 0.0..=1.0));
    let delay = fields.required("delay").and_then(|delay| compiler.delay(&delay));
    if let Some(node) = fields.required("steps") {
        steps::steps(compiler, &node);
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

fn whole(
    compiler: &mut Compiler<'_>,
    fields: &Fields<'_>,
    name: &'static str,
    range: RangeInclusive<u64>,
    default: u32,
) -> u32 {
    let given = fields.optional(name).and_then(|node| compiler.known(&node, |node| node.integer(range)));
    given.and_then(|number| u32::try_from(number).ok()).unwrap_or(default)
}

/// A template whose value, where it is known already, must be null or a number within the range.
fn number_or_null(compiler: &mut Compiler<'_>, node: &Node<'_>, range: RangeInclusive<f64>) -> Template {
    let reported = compiler.problems.len();
    let template = compiler.template(node);
    if compiler.problems.len() == reported
        && let Some(value) = template.as_constant().filter(|value| !value.is_null())
    {
        Node::at(value, node.path().to_owned(), compiler.problems).number(range);
    }
    template
}

const RATES: RangeInclusive<u64> = 8_000..=96_000;
const CHUNKS: RangeInclusive<u64> = 80..=96_000;
/// What the usual browser client of such services sends: 170.67 ms.
const DEFAULT_RATE: u32 = 24_000;
const DEFAULT_CHUNK: u32 = 4_096;
const BUFFER_MS: RangeInclusive<f64> = 0.0..=10_000.0;
const DEFAULT_BUFFER: Span = Span::from_millis(200);
const GAIN_DB: RangeInclusive<f64> = -30.0..=12.0;
const NOISE_DB: RangeInclusive<f64> = -78.0..=-12.0;
const LENGTH_S: RangeInclusive<f64> = 0.1..=600.0;
const FIRST_AUDIO_S: u64 = 15;
const END_S: u64 = 60;
