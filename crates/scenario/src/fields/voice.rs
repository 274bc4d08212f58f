//! Voice services: how audio travels, and the steps of who speaks and listens.

use document::{Object, Type, optional, or, required};

use super::parts::*;
use super::steps::STEP_LIST;
use crate::program::{MicFrom, MicMode, Until};

pub(crate) const MIC: Type = Type::AnyOf(&[Type::OneOf(MicMode::NAMES), TEMPLATE]);

pub static AUDIO: Object = Object::new(
    "audio",
    "How audio travels to and from a voice service.",
    &[
        or(
            "rate",
            Type::AnyOf(&[Type::Whole(8_000, 96_000), TEMPLATE]),
            "24000",
            "samples a second in both directions",
        ),
        // What the usual browser client of such services sends: 170.67 ms.
        or("chunk_samples", Type::AnyOf(&[Type::Whole(80, 96_000), TEMPLATE]), "4096", "samples in one outbound frame"),
        or(
            "player_buffer_ms",
            Type::AnyOf(&[Type::Number(0.0, 10_000.0), TEMPLATE]),
            "200",
            "start-up buffer of the simulated player",
        ),
        or(
            "mic_from",
            Type::AnyOf(&[Type::OneOf(MicFrom::NAMES), TEMPLATE]),
            "\"connect\"",
            "`first_audio`: a continuous microphone begins when the service has spoken for the first time",
        ),
        required(
            "outbound",
            Type::Object(&OUTBOUND),
            "how audio is sent: `event`, the `field` with it (a name, or a JSON pointer like `/data/audio`), `extra` fields that are the same in every frame",
        ),
        required(
            "inbound",
            Type::Object(&INBOUND),
            "how answers come: `event` that brings a piece of one, `field` (a pointer to its audio), `done`: the event that ends an answer, also one that was cut off",
        ),
        optional("speech_started", Type::Name, "the event by which the service says that it heard the user begin"),
        optional("speech_stopped", Type::Name, "and end"),
        optional("transcript", Type::Name, "the event with what the service understood"),
        optional(
            "report",
            Type::Name,
            "the event that ends a conversation. Unless the user is leaving or waits for it, the service has ended the connection, whoever closes it: as planned (`service`), or, if a step `fail` follows before the user is gone, as a fault (`server`)",
        ),
    ],
);

pub(crate) static OUTBOUND: Object = Object::new(
    "outbound_audio",
    "How audio is sent.",
    &[
        required("event", Type::Name, ""),
        required("field", Type::Name, "with the audio: a name, or a JSON pointer like `/data/audio`"),
        optional("extra", OBJECT, "fields that are the same in every frame"),
    ],
);

pub(crate) static INBOUND: Object = Object::new(
    "inbound_audio",
    "How answers come.",
    &[
        required("event", Type::Name, "that brings a piece of an answer"),
        required("field", EVENT_POINTER, "with its audio"),
        required("done", Type::Name, "the event that ends an answer, also one that was cut off"),
    ],
);

pub static SPEAK: Object = Object::new(
    "speak",
    "Says a clip; over when its last frame has been sent.",
    &[
        required("clip", Type::Name, "name of a clip: `order`, `weather`, `weekend`, or one that the page holds"),
        or(
            "gain_db",
            Type::AnyOf(&[Type::Number(-30.0, 12.0), TEMPLATE, Type::Null]),
            "0",
            "louder or softer, in steps of 3",
        ),
        optional(
            "noise_db",
            Type::AnyOf(&[Type::Number(-78.0, -12.0), TEMPLATE, Type::Null]),
            "white noise at this level below full scale, in steps of 6; null: none",
        ),
        optional(
            "length_s",
            Type::AnyOf(&[Type::Number(0.1, 600.0), TEMPLATE, Type::Null]),
            "seconds to speak, rounded to whole frames: the clip is cut, or said again and again; null: as long as it is",
        ),
        or("operation", OPERATION, "\"speak\"", "the name under which it is measured"),
    ],
);

pub static LISTEN: Object = Object::new(
    "listen",
    "Waits for the answer of a turn and hears it to its end.",
    &[
        or("first_audio_s", SECONDS, "15", "how long to wait for the first audio"),
        or("end_s", SECONDS, "60", "and then for the end"),
        or(
            "until",
            Type::AnyOf(&[Type::OneOf(Until::NAMES), TEMPLATE]),
            "\"played\"",
            "`received`: over with the event that ends the answer",
        ),
        or("operation", OPERATION, "\"answer\"", "the name under which it is measured"),
        MUST_SUCCEED,
        optional(
            "barge_in",
            Type::Object(&BARGE_IN),
            "`{\"probability\", \"delay\", \"steps\"}`: with this probability the step is left so long after the first audio, and the steps run (typically `speak` and `listen`) while the answer goes on",
        ),
    ],
);

pub(crate) static BARGE_IN: Object = Object::new(
    "barge_in",
    "Leaves an answer before its end.",
    &[
        required("probability", SHARE, ""),
        required("delay", Type::Object(&DELAY), "from the answer's first audio on"),
        required("steps", STEP_LIST, ""),
    ],
);
