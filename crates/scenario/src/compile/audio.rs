//! Voice services: the `audio` section, and the steps `mic`, `speak` and `listen`.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use super::Compiler;
use crate::program::*;
use crate::reader::{Fields, Node};
use crate::template::Template;
use base::json;
use base::time::Span;

impl Compiler<'_> {
    pub(super) fn audio(&mut self, node: Option<&Node<'_>>) -> Option<Audio> {
        let node = node?;
        self.has_audio = true;
        if matches!(self.protocol, Protocol::SocketIo) {
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
        let rate = self.whole(&fields, "rate", RATES, DEFAULT_RATE);
        let chunk_samples = self.whole(&fields, "chunk_samples", CHUNKS, DEFAULT_CHUNK);
        let buffer = fields.optional("player_buffer_ms");
        let buffer = buffer.and_then(|node| self.known(&node, |node| node.number(BUFFER_MS)));
        let mic_from = [("connect", MicFrom::Connect), ("first_audio", MicFrom::FirstAudio)];
        let mic_from = fields.optional("mic_from").and_then(|node| self.known(&node, |node| node.one_of(&mic_from)));
        let outbound = fields.required("outbound").and_then(|node| self.outbound(&node));
        let inbound = fields.required("inbound").and_then(|node| self.inbound(&node));
        let mut event = |name| fields.optional(name).map(|node| self.event_of(Some(&node)));
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

    fn outbound(&mut self, node: &Node<'_>) -> Option<OutboundAudio> {
        let fields = node.fields(&["event", "field", "extra"])?;
        let event = self.known_name(fields.required("event").as_ref());
        let field = self.known_name(fields.required("field").as_ref());
        // As elsewhere, what begins with a slash is a pointer; anything else is the name of a field.
        let field = field.map(|field| if field.starts_with('/') { field } else { json::pointer_to(&field) });
        let outermost = field.as_deref().and_then(|field| json::names(field).next()).map(Cow::into_owned);
        let extra = fields.optional("extra").map(|extra| self.extra(&extra)).unwrap_or_default();
        if let Protocol::WebSocket { event_field } = &self.protocol
            && let Some(name) = [outermost.as_ref(), Some(event_field)].into_iter().flatten().find(|name| {
                extra.contains_key(*name) || (*name == event_field && outermost.as_ref() == Some(event_field))
            })
        {
            node.problem(format!("`{name}` stands twice in the frame"));
        }
        Some(OutboundAudio { event: event?, field: field?, extra })
    }

    /// Fields that are the same in every frame, so that frames can be made before the run.
    fn extra(&mut self, node: &Node<'_>) -> Map<String, Value> {
        let entries = node.entries();
        let known = entries.into_iter().filter_map(|(name, value)| {
            Some((name.to_owned(), self.known(&value, |value| Some(value.value().clone()))?))
        });
        known.collect()
    }

    fn inbound(&mut self, node: &Node<'_>) -> Option<(EventId, Pointer, EventId)> {
        let fields = node.fields(&["event", "field", "done"])?;
        let event = self.event_of(fields.required("event").as_ref());
        let field = fields.required("field").and_then(|field| self.pointer(&field, true));
        let done = self.event_of(fields.required("done").as_ref());
        if event == done && fields.optional("event").is_some() && fields.optional("done").is_some() {
            node.problem("an answer's audio and its end need different events");
        }
        Some((event, field?, done))
    }

    pub(super) fn mic(&mut self, node: &Node<'_>) {
        self.needs_audio(node, "mic");
        let modes = [
            ("off", MicMode::Off),
            ("continuous", MicMode::Continuous),
            ("while_speaking", MicMode::WhileSpeaking),
            ("push_to_talk", MicMode::PushToTalk),
        ];
        let mode = self.known(node, |node| node.one_of(&modes));
        self.ops.extend(mode.map(Op::Mic));
    }

    pub(super) fn speak(&mut self, node: &Node<'_>) {
        self.needs_audio(node, "speak");
        let Some(fields) = node.fields(&["clip", "gain_db", "noise_db", "length_s", "operation"]) else { return };
        let operation = self.operation_of(&fields, Some("speak"));
        let clip = fields.required("clip").map(|clip| {
            if !clip.value().is_string() {
                clip.name();
            }
            self.template(&clip)
        });
        let mut number = |name, range: RangeInclusive<f64>| {
            let node = fields.optional(name).filter(|node| !node.value().is_null())?;
            Some(self.number_or_null(&node, range))
        };
        let (gain_db, noise_db) = (number("gain_db", GAIN_DB), number("noise_db", NOISE_DB));
        let length_s = number("length_s", LENGTH_S);
        self.ops.extend(clip.map(|clip| Op::Speak(Box::new(SpeakOp { operation, clip, gain_db, noise_db, length_s }))));
    }

    pub(super) fn listen(&mut self, node: &Node<'_>) {
        self.needs_audio(node, "listen");
        let Some(fields) = node.fields(&["first_audio_s", "end_s", "until", "operation", "required", "barge_in"])
        else {
            return;
        };
        let operation = self.operation_of(&fields, Some("answer"));
        let first_audio = self.seconds(&fields, "first_audio_s", FIRST_AUDIO_S);
        let end = self.seconds(&fields, "end_s", END_S);
        let until = [("played", Until::Played), ("received", Until::Received)];
        let until = fields.optional("until").and_then(|node| self.known(&node, |node| node.one_of(&until)));
        let until = until.unwrap_or_default();
        let required = self.flag(&fields, "required", self.place.required);
        let start = self.ops.len();
        self.ops.push(Op::End); // Its place is known, where it goes on is not yet.
        let barge_in = fields.optional("barge_in").and_then(|node| self.barge_in(&node));
        if barge_in.is_none() {
            self.ops.truncate(start + 1);
        }
        let after = self.pc();
        self.ops[start] =
            Op::Listen(Box::new(ListenOp { operation, first_audio, end, until, required, barge_in, after }));
    }

    fn barge_in(&mut self, node: &Node<'_>) -> Option<BargeIn> {
        let fields = node.fields(&["probability", "delay", "steps"])?;
        let probability = fields.required("probability").map(|node| self.number(&node, 0.0..=1.0));
        let delay = fields.required("delay").and_then(|delay| self.delay(&delay));
        if let Some(steps) = fields.required("steps") {
            self.steps(&steps);
        }
        let never = |probability: &Template| probability.as_constant().and_then(Value::as_f64) == Some(0.0);
        let probability = probability.filter(|probability| !never(probability))?;
        Some(BargeIn { probability, delay: delay? })
    }

    fn needs_audio(&self, node: &Node<'_>, step: &str) {
        self.needs_connection(node, step);
        if !self.has_audio {
            node.problem(format!("`{step}` needs `audio`: how the service sends and takes audio"));
        }
    }

    fn known_name(&mut self, node: Option<&Node<'_>>) -> Option<String> {
        node.and_then(|node| self.known(node, |node| node.name().map(str::to_owned)))
    }

    fn whole(&mut self, fields: &Fields<'_>, name: &'static str, range: RangeInclusive<u64>, default: u32) -> u32 {
        let given = fields.optional(name).and_then(|node| self.known(&node, |node| node.integer(range)));
        given.and_then(|number| u32::try_from(number).ok()).unwrap_or(default)
    }

    /// A template whose value, where it is known already, must be null or a number within the range.
    fn number_or_null(&mut self, node: &Node<'_>, range: RangeInclusive<f64>) -> Template {
        let reported = self.problems.len();
        let template = self.template(node);
        if self.problems.len() == reported
            && let Some(value) = template.as_constant().filter(|value| !value.is_null())
        {
            Node::at(value, node.path().to_owned(), self.problems).number(range);
        }
        template
    }
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
