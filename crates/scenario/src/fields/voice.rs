//! Voice services: how audio travels.

use document::{Object, Type, optional, or, required};

use super::parts::*;
use crate::program::MicFrom;

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
