//! The tables. A fault of the lab is a row here, and what the lab does about it.

use document::{Field, Object, Type, choices};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::switch::{ORIGIN, Setting, can_close_with, fields, flag, of, parse};
use crate::{Switch, SwitchError, SwitchGroup};

/// A struct with a public field for each row, what is absent having its default, and `SWITCHES`, the rows.
macro_rules! switches {
    (
        $(#[$meta:meta])* $name:ident, $object:literal, $about:literal {
            $(
                $(#[$attribute:meta])*
                $field:ident: $type:ty = $default:tt, $kind:expr, $group:ident, $label:literal, $unset:literal, $meaning:literal;
            )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields)]
        pub struct $name {
            $(#[doc = $meaning] $(#[$attribute])* pub $field: $type,)*
        }

        impl $name {
            pub const SWITCHES: &'static [Switch] = &[$(
                $kind.switch(stringify!($field), stringify!($default), SwitchGroup::$group, [$label, $unset, $meaning])
            ),*];
            const FIELDS: [Field; Self::SWITCHES.len()] = fields(Self::SWITCHES);
            pub const OBJECT: Object = Object::new($object, $about, &Self::FIELDS);
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: value!($default),)* }
            }
        }
    };
}

/// A default as it stands in a table: JSON.
macro_rules! value {
    (null) => {
        Default::default()
    };
    ("") => {
        String::new()
    };
    ("listening") => {
        ClosePhase::Listening
    };
    ($value:tt) => {
        $value
    };
}

const MS: Setting = of(Type::Number(0.0, 600_000.0));
const S: Setting = of(Type::Number(0.0, 604_800.0));
const SHARE: Setting = of(Type::Number(0.0, 1.0));
const ANY: u64 = u32::MAX as u64;

switches! {
    /// The faults of the lab. `POST /lab/faults` takes all but the restart and the voice service's, for which it has addresses of their own.
    LabFaults, "lab", "The switches of the lab. Shares of deliveries add up to at most 1." {
        latency_ms: f64 = 0.0, MS, Delivery, "Added latency", "off", "Before every event, acknowledgement and frame leaves the server.";
        jitter_ms: f64 = 0.0, MS, Delivery, "Jitter", "off", "Uniformly 0 to this, on top of the latency; each receiver's order stays.";
        service_ms: f64 = 0.0, MS, Delivery, "Service time", "off", "One worker handles all messages, each for so long: a set capacity.";
        lose_share: f64 = 0.0, SHARE, Delivery, "Lost deliveries", "off", "Of deliveries (one message to one member): never sent.";
        duplicate_share: f64 = 0.0, SHARE, Delivery, "Duplicated", "off", "Of deliveries: sent twice.";
        reorder_share: f64 = 0.0, SHARE, Delivery, "Reordered", "off", "Of deliveries: sent after the sender's next message.";
        error_share: f64 = 0.0, SHARE, Delivery, "Errors", "off", "Of messages: answered with an error instead of a broadcast.";
        error_code: String = "", of(Type::Text), Delivery, "Error code", "none", "The code of these errors.";
        rate_limit_per_min: u32 = 0, of(Type::Whole(0, ANY)), Delivery, "Rate limit", "10000", "Messages of one user. 0: as the real server.";
        breach_missing_share: f64 = 0.0, SHARE, Contents, "Fields missing", "off", "Of messages: sent without their room.";
        breach_type_share: f64 = 0.0, SHARE, Contents, "Wrong types", "off", "Of messages: sent with a text for a time.";
        breach_unknown_share: f64 = 0.0, SHARE, Contents, "Unknown events", "off", "Of messages: followed by an event that nobody knows.";
        history_lose_share: f64 = 0.0, SHARE, Contents, "Lost in history", "off", "Of messages in a history: left out.";
        history_duplicate_share: f64 = 0.0, SHARE, Contents, "Twice in history", "off", "Of messages in a history: listed twice.";
        history_reorder_share: f64 = 0.0, SHARE, Contents, "Disorder in history", "off", "Of messages in a history: listed before the one in front.";
        read_stuck_share: f64 = 0.0, SHARE, Contents, "Stuck unread", "off", "Of messages in a history: without the asking reader.";
        refuse_share: f64 = 0.0, SHARE, Connections, "Refused handshakes", "off", "Of WebSocket handshakes: answered with 503.";
        drop_share: f64 = 0.0, SHARE, Connections, "Cut connections", "off", "Of connections: cut off at a random moment.";
        drop_within_s: f64 = 0.0, of(Type::Number(0.0, 86_400.0)), Connections, "Cut within", "at once", "So many seconds after their opening.";
        restart_at_s: f64 = 0.0, S, Connections, "Restart at", "never", "Everybody is cut off so many seconds after the start. 0: never.";
        restart_down_ms: f64 = 0.0, MS, Connections, "Down for", "not at all", "How long nobody listens then.";
        restart_forget_sessions: bool = false, flag("Stay", "Are forgotten"), Connections, "Sessions at restart", "off", "Whether users are still logged in afterwards.";
        stop_reading: bool = false, flag("Reads", "Stops"), Connections, "Reading", "off", "Whether the server still reads from WebSockets.";
        #[serde(skip_serializing_if = "LabRules::is_default", deserialize_with = "or_default")]
        rules: LabRules = null, of(Type::AnyOf(&[Type::Object(&LabRules::OBJECT), Type::Null])), Rules, "Rules", "off", "Rules of other services that the lab keeps. They are no faults.";
        #[serde(skip_serializing_if = "Option::is_none")]
        voice: Option<VoiceFaults> = null, of(Type::AnyOf(&[Type::Object(&VoiceFaults::OBJECT), Type::Null])), Voice, "Voice", "off", "How the lab's voice service behaves; what is left out has its default.";
    }
}

switches! {
    /// Rules that real services keep and the lab does not unless it is told to. A service that keeps them is in order, and clients have to cope.
    LabRules, "lab_rules", "Rules of other services that the lab keeps. They are no faults." {
        login_ms: f64 = 0.0, MS, Rules, "Slow log-ins", "no time", "Each registration and log-in takes so long.";
        login_threads: u32 = 0, of(Type::Whole(0, 1_000)), Rules, "Log-ins at a time", "1", "The others wait. 0: one at a time.";
        join_history: u32 = 0, of(Type::Whole(0, 10_000)), Rules, "History on join", "none", "So many of a room's newest messages come as if they were new.";
        batch_ms: f64 = 0.0, MS, Rules, "Batches", "off", "Messages to one receiver are collected so long and sent as one array.";
        frame_limit_bytes: u32 = 0, of(Type::Whole(0, 65_536)), Rules, "Frame limit", "65536", "A longer chat frame ends its connection. 0: 64 KiB.";
        redirect_to: String = "", of(Type::Written(&ORIGIN)), Rules, "Redirect calls to", "off", "Chat's REST calls are answered with 307 to this origin, like http://127.0.0.1:4281.";
        unique_names: bool = false, flag("Any", "Unique"), Rules, "Names", "off", "Whether two users or rooms may ever have one name.";
        answering_acks: bool = false, flag("Are empty", "Answer"), Rules, "Acknowledgements", "off", "Whether they say what came of an event, instead of an error event.";
        no_sender_copy: bool = false, flag("Gets a copy", "Gets none"), Rules, "Sender", "off", "Whether a message comes back to who sent it.";
        plain_get_404: bool = false, flag("An error", "404"), Rules, "GET without handshake", "off", "What a WebSocket's address answers to it.";
    }
}

switches! {
    /// How the voice service of the lab behaves: what `POST /lab/voice` takes.
    VoiceFaults, "lab_voice", "How the lab's voice service behaves; what is left out has its default." {
        greeting_ms: f64 = 115.0, MS, Voice, "Greeting after", "115", "From the opening to the greeting's first audio.";
        think_ms: f64 = 300.0, MS, Voice, "Answer after", "300", "From the end of a turn to the answer's first audio.";
        jitter_ms: f64 = 0.0, MS, Voice, "Jitter of audio", "off", "Every chunk leaves later by 0 to this; delays do not add up, and the order stays.";
        speed: f64 = 1.0, of(Type::Number(0.1, 100.0)), Voice, "Speed of answers", "1", "How many times faster than it plays an answer is sent.";
        stall_share: f64 = 0.0, SHARE, Voice, "Stalled answers", "off", "Of answers (not greetings): they stop in the middle, once.";
        stall_ms: f64 = 400.0, MS, Voice, "Stalled for", "400", "For so long.";
        early_close_share: f64 = 0.0, SHARE, Voice, "Early closes", "off", "Of conversations, each time they get to the phase: closed.";
        early_close_code: u16 = 1011, of(Type::Such(1_000, 4_999, can_close_with, "a code that a server can close with")), Voice, "Code of early closes", "1011", "1006: cut without a closing handshake.";
        early_close_phase: ClosePhase = "listening", of(Type::OneOf(ClosePhase::NAMES)), Voice, "Phase of early closes", "listening", "Where in a conversation they happen.";
        silent_greeting_share: f64 = 0.0, SHARE, Voice, "Silent from the start", "off", "Of conversations: never a word, to whatever they say.";
        silent_answer_share: f64 = 0.0, SHARE, Voice, "Unanswered turns", "off", "Of turns: heard, and not answered.";
        malformed_share: f64 = 0.0, SHARE, Voice, "Senseless frames", "off", "Of answers: preceded by one of every kind of frame that makes no sense.";
        upstream_loss_share: f64 = 0.0, SHARE, Voice, "Upstream lost", "off", "Of answers: an error in the middle, and the next audio ends the conversation.";
        upstream_end_share: f64 = 0.0, SHARE, Voice, "Upstream ended", "off", "Of answers: nothing more from the middle on, and the next audio ends the conversation.";
        cap: u32 = 0, of(Type::Whole(0, ANY)), Voice, "Conversations at a time", "none", "0: no limit.";
        full_silence_ms: f64 = 30000.0, MS, Voice, "Full: guests wait", "30000", "How long a guest beyond the limit hears nothing before it is cut off.";
        full_handshake_ms: f64 = 10000.0, MS, Voice, "Full: members wait", "10000", "How long a member's handshake beyond the limit is not answered.";
        no_key: bool = false, flag("Has one", "Has none"), Voice, "Upstream's key", "false", "Without it every conversation is closed: with 1008, or 1011 while a scenario is set up.";
    }
}

choices! {
    /// Where in a conversation an early close happens.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum ClosePhase {
        BeforeGreeting = "before_greeting",
        Speaking = "speaking",
        Waiting = "waiting",
        Listening = "listening",
        AfterReport = "after_report",
    }
}

impl LabFaults {
    /// The body of a `POST /lab/faults`.
    pub fn parse(body: &[u8]) -> Result<Self, SwitchError> {
        let document = json(body)?;
        if let Some(name) = document.as_object().and_then(|fields| fields.keys().find(|name| is_elsewhere(name))) {
            return Err(SwitchError::new(
                name,
                "unknown field: the voice service and restarts have addresses of their own",
            ));
        }
        let faults: Self = parse(&document, &Self::OBJECT)?;
        match faults.problem() {
            Some((field, message)) => Err(SwitchError::new(field, message)),
            None => Ok(faults),
        }
    }

    /// What that takes of these.
    pub fn switches(&self) -> Value {
        let mut document = serde_json::to_value(self).expect("plain data");
        if let Value::Object(fields) = &mut document {
            fields.retain(|name, _| !is_elsewhere(name));
        }
        document
    }

    /// What is wrong with several of them together, and the field that says so last.
    pub fn problem(&self) -> Option<(&'static str, &'static str)> {
        let sum = self.lose_share + self.duplicate_share + self.reorder_share;
        if sum > 1.0 + 1e-9 {
            let message = "`lose_share`, `duplicate_share` and `reorder_share` are shares of the same deliveries: together at most 1";
            return Some(("reorder_share", message));
        }
        if self.error_share > 0.0 && self.error_code.is_empty() {
            return Some(("error_code", "`error_share` needs an `error_code`"));
        }
        None
    }
}

impl LabRules {
    pub fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// A frame of so many bytes ends its connection.
    pub fn is_too_large(&self, bytes: usize) -> bool {
        self.frame_limit_bytes > 0 && bytes > self.frame_limit_bytes as usize
    }
}

impl VoiceFaults {
    pub fn parse(body: &[u8]) -> Result<Self, SwitchError> {
        parse(&json(body)?, &Self::OBJECT)
    }
}

fn json(body: &[u8]) -> Result<Value, SwitchError> {
    serde_json::from_slice(body).map_err(|error| SwitchError::new("", error.to_string()))
}

/// `POST /lab/faults` does not take it.
fn is_elsewhere(name: &str) -> bool {
    name.starts_with("restart_") || name == "voice"
}

fn or_default<'a, D: serde::Deserializer<'a>>(document: D) -> Result<LabRules, D::Error> {
    Ok(Option::deserialize(document)?.unwrap_or_default())
}

#[cfg(test)]
mod tests;
