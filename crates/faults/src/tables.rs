//! The tables. A fault of the lab is a row here, and what the lab does about it.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Kind, Switch, SwitchError, SwitchGroup, switch};

/// A struct with a public field for each row, what is absent having its default, and `SWITCHES`, the rows.
macro_rules! switches {
    (
        $(#[$meta:meta])* $name:ident {
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
            pub const SWITCHES: &'static [Switch] = &[$(Switch {
                name: stringify!($field), kind: $kind, group: SwitchGroup::$group, label: $label, unset: $unset, meaning: $meaning,
                default: stringify!($default),
            }),*];
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

const MS: Kind = Kind::Millis(600_000.0);
const S: Kind = Kind::Seconds(604_800.0);
const ANY: u64 = u32::MAX as u64;

switches! {
    /// The faults of the lab. `POST /lab/faults` takes all but the restart and the voice service's, for which it has addresses of their own.
    LabFaults {
        latency_ms: f64 = 0.0, MS, Delivery, "Added latency", "off", "Before every event, acknowledgement and frame leaves the server.";
        jitter_ms: f64 = 0.0, MS, Delivery, "Jitter", "off", "Uniformly 0 to this, on top of the latency; each receiver's order stays.";
        service_ms: f64 = 0.0, MS, Delivery, "Service time", "off", "One worker handles all messages, each for so long: a set capacity.";
        lose_share: f64 = 0.0, Kind::Share, Delivery, "Lost deliveries", "off", "Of deliveries (one message to one member): never sent.";
        duplicate_share: f64 = 0.0, Kind::Share, Delivery, "Duplicated", "off", "Of deliveries: sent twice.";
        reorder_share: f64 = 0.0, Kind::Share, Delivery, "Reordered", "off", "Of deliveries: sent after the sender's next message.";
        error_share: f64 = 0.0, Kind::Share, Delivery, "Errors", "off", "Of messages: answered with an error instead of a broadcast.";
        error_code: String = "", Kind::Text, Delivery, "Error code", "none", "The code of these errors.";
        rate_limit_per_min: u32 = 0, Kind::Count(ANY, "/min"), Delivery, "Rate limit", "10000", "Messages of one user. 0: as the real server.";
        breach_missing_share: f64 = 0.0, Kind::Share, Contents, "Fields missing", "off", "Of messages: sent without their room.";
        breach_type_share: f64 = 0.0, Kind::Share, Contents, "Wrong types", "off", "Of messages: sent with a text for a time.";
        breach_unknown_share: f64 = 0.0, Kind::Share, Contents, "Unknown events", "off", "Of messages: followed by an event that nobody knows.";
        history_lose_share: f64 = 0.0, Kind::Share, Contents, "Lost in history", "off", "Of messages in a history: left out.";
        history_duplicate_share: f64 = 0.0, Kind::Share, Contents, "Twice in history", "off", "Of messages in a history: listed twice.";
        history_reorder_share: f64 = 0.0, Kind::Share, Contents, "Disorder in history", "off", "Of messages in a history: listed before the one in front.";
        read_stuck_share: f64 = 0.0, Kind::Share, Contents, "Stuck unread", "off", "Of messages in a history: without the asking reader.";
        refuse_share: f64 = 0.0, Kind::Share, Connections, "Refused handshakes", "off", "Of WebSocket handshakes: answered with 503.";
        drop_share: f64 = 0.0, Kind::Share, Connections, "Cut connections", "off", "Of connections: cut off at a random moment.";
        drop_within_s: f64 = 0.0, Kind::Seconds(86_400.0), Connections, "Cut within", "at once", "So many seconds after their opening.";
        restart_at_s: f64 = 0.0, S, Connections, "Restart at", "never", "Everybody is cut off so many seconds after the start. 0: never.";
        restart_down_ms: f64 = 0.0, MS, Connections, "Down for", "not at all", "How long nobody listens then.";
        restart_forget_sessions: bool = false, Kind::Flag("Stay", "Are forgotten"), Connections, "Sessions at restart", "off", "Whether users are still logged in afterwards.";
        stop_reading: bool = false, Kind::Flag("Reads", "Stops"), Connections, "Reading", "off", "Whether the server still reads from WebSockets.";
        #[serde(skip_serializing_if = "LabRules::is_default", deserialize_with = "or_default")]
        rules: LabRules = null, Kind::Switches(LabRules::SWITCHES), Rules, "Rules", "off", "Rules of other services that the lab keeps. They are no faults.";
        #[serde(skip_serializing_if = "Option::is_none")]
        voice: Option<VoiceFaults> = null, Kind::Switches(VoiceFaults::SWITCHES), Voice, "Voice", "off", "How the lab's voice service behaves; what is left out has its default.";
    }
}

switches! {
    /// Rules that real services keep and the lab does not unless it is told to. A service that keeps them is in order, and clients have to cope.
    LabRules {
        login_ms: f64 = 0.0, MS, Rules, "Slow log-ins", "no time", "Each registration and log-in takes so long.";
        login_threads: u32 = 0, Kind::Count(1_000, ""), Rules, "Log-ins at a time", "1", "The others wait. 0: one at a time.";
        join_history: u32 = 0, Kind::Count(10_000, ""), Rules, "History on join", "none", "So many of a room's newest messages come as if they were new.";
        batch_ms: f64 = 0.0, MS, Rules, "Batches", "off", "Messages to one receiver are collected so long and sent as one array.";
        frame_limit_bytes: u32 = 0, Kind::Count(65_536, "B"), Rules, "Frame limit", "65536", "A longer chat frame ends its connection. 0: 64 KiB.";
        redirect_to: String = "", Kind::Origin, Rules, "Redirect calls to", "off", "Chat's REST calls are answered with 307 to this origin, like http://127.0.0.1:4281.";
        unique_names: bool = false, Kind::Flag("Any", "Unique"), Rules, "Names", "off", "Whether two users or rooms may ever have one name.";
        answering_acks: bool = false, Kind::Flag("Are empty", "Answer"), Rules, "Acknowledgements", "off", "Whether they say what came of an event, instead of an error event.";
        no_sender_copy: bool = false, Kind::Flag("Gets a copy", "Gets none"), Rules, "Sender", "off", "Whether a message comes back to who sent it.";
        plain_get_404: bool = false, Kind::Flag("An error", "404"), Rules, "GET without handshake", "off", "What a WebSocket's address answers to it.";
    }
}

switches! {
    /// How the voice service of the lab behaves: what `POST /lab/voice` takes.
    VoiceFaults {
        greeting_ms: f64 = 115.0, MS, Voice, "Greeting after", "115", "From the opening to the greeting's first audio.";
        think_ms: f64 = 300.0, MS, Voice, "Answer after", "300", "From the end of a turn to the answer's first audio.";
        jitter_ms: f64 = 0.0, MS, Voice, "Jitter of audio", "off", "Every chunk leaves later by 0 to this; delays do not add up, and the order stays.";
        speed: f64 = 1.0, Kind::Factor(0.1, 100.0), Voice, "Speed of answers", "1", "How many times faster than it plays an answer is sent.";
        stall_share: f64 = 0.0, Kind::Share, Voice, "Stalled answers", "off", "Of answers (not greetings): they stop in the middle, once.";
        stall_ms: f64 = 400.0, MS, Voice, "Stalled for", "400", "For so long.";
        early_close_share: f64 = 0.0, Kind::Share, Voice, "Early closes", "off", "Of conversations, each time they get to the phase: closed.";
        early_close_code: u16 = 1011, Kind::CloseCode, Voice, "Code of early closes", "1011", "1006: cut without a closing handshake.";
        early_close_phase: ClosePhase = "listening", Kind::OneOf(ClosePhase::NAMES), Voice, "Phase of early closes", "listening", "Where in a conversation they happen.";
        silent_greeting_share: f64 = 0.0, Kind::Share, Voice, "Silent from the start", "off", "Of conversations: never a word, to whatever they say.";
        silent_answer_share: f64 = 0.0, Kind::Share, Voice, "Unanswered turns", "off", "Of turns: heard, and not answered.";
        malformed_share: f64 = 0.0, Kind::Share, Voice, "Senseless frames", "off", "Of answers: preceded by one of every kind of frame that makes no sense.";
        upstream_loss_share: f64 = 0.0, Kind::Share, Voice, "Upstream lost", "off", "Of answers: an error in the middle, and the next audio ends the conversation.";
        upstream_end_share: f64 = 0.0, Kind::Share, Voice, "Upstream ended", "off", "Of answers: nothing more from the middle on, and the next audio ends the conversation.";
        cap: u32 = 0, Kind::Count(ANY, ""), Voice, "Conversations at a time", "none", "0: no limit.";
        full_silence_ms: f64 = 30000.0, MS, Voice, "Full: guests wait", "30000", "How long a guest beyond the limit hears nothing before it is cut off.";
        full_handshake_ms: f64 = 10000.0, MS, Voice, "Full: members wait", "10000", "How long a member's handshake beyond the limit is not answered.";
        no_key: bool = false, Kind::Flag("Has one", "Has none"), Voice, "Upstream's key", "false", "Without it every conversation is closed: with 1008, or 1011 while a scenario is set up.";
    }
}

/// Where in a conversation an early close happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClosePhase {
    BeforeGreeting,
    Speaking,
    Waiting,
    Listening,
    AfterReport,
}

impl ClosePhase {
    const NAMES: &'static [&'static str] = &["before_greeting", "speaking", "waiting", "listening", "after_report"];
}

impl LabFaults {
    /// The body of a `POST /lab/faults`.
    pub fn parse(body: &[u8]) -> Result<Self, SwitchError> {
        let (own, elsewhere): (Vec<_>, Vec<_>) =
            Self::SWITCHES.iter().partition(|switch| switch.name != "voice" && !switch.name.starts_with("restart_"));
        debug_assert_eq!(elsewhere.len(), 4, "the voice service and restarts have addresses of their own");
        let faults: Self = switch::parse(body, &own.into_iter().copied().collect::<Vec<_>>())?;
        match faults.problem() {
            Some((field, message)) => Err(SwitchError::new(field, message)),
            None => Ok(faults),
        }
    }

    /// What that takes of these.
    pub fn switches(&self) -> Value {
        let mut document = serde_json::to_value(self).expect("plain data");
        if let Value::Object(fields) = &mut document {
            fields.retain(|name, _| !name.starts_with("restart_") && name != "voice");
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
        let needs_code = self.error_share > 0.0 && self.error_code.is_empty();
        needs_code.then_some(("error_code", "`error_share` needs an `error_code`"))
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
        switch::parse(body, Self::SWITCHES)
    }
}

fn or_default<'a, D: serde::Deserializer<'a>>(document: D) -> Result<LabRules, D::Error> {
    Ok(Option::deserialize(document)?.unwrap_or_default())
}

#[cfg(test)]
mod tests;
