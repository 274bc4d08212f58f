//! What a metric's name says about it.

/// Request to acknowledgement.
pub const ACK: &str = ".ack";
/// Sending to each receiver.
pub const FANOUT: &str = ".fanout";
/// Sending to its own echo.
pub const ROUND_TRIP: &str = ".round_trip";
/// Sending to the first, median and last member.
pub const COMPLETION: &str = ".completion.";

/// Codes of what did not come although the operation had been counted as a success: its acknowledgement, its echo.
pub const ACK_TIMEOUT: &str = "ack timeout";
pub const ECHO_TIMEOUT: &str = "echo timeout";

#[derive(Debug, PartialEq, Eq)]
pub enum Kind<'a> {
    /// One sample is one success of this operation.
    Operation(&'a str),
    /// A part or another view of an operation, or about the generator.
    Detail,
}

pub fn kind_of(metric: &str) -> Kind<'_> {
    let detail = metric.ends_with(FANOUT)
        || metric.contains(COMPLETION)
        || metric.ends_with(".intended")
        || metric.ends_with(".slot_wait")
        || is_voice_detail(metric)
        || DETAILS.contains(&metric);
    let endings = [ACK, ROUND_TRIP, ".first_audio"];
    match endings.iter().find_map(|ending| metric.strip_suffix(ending)) {
        _ if detail => Kind::Detail,
        Some(operation) => Kind::Operation(operation),
        None => Kind::Operation(metric),
    }
}

/// A look at conversations that is no success of an operation: how audio came and went, and times beside first audio.
pub fn is_voice_detail(metric: &str) -> bool {
    metric.starts_with("audio.")
        || metric.contains(BY_TURN)
        || VOICE_DETAILS.iter().any(|ending| metric.ends_with(ending))
}

/// First audio, told apart by turn.
const BY_TURN: &str = ".first_audio.turn_";

const VOICE_DETAILS: [&str; 7] = [
    ".first_audio.from_stopped",
    ".audio_length",
    ".turn_time",
    ".speech_started",
    ".speech_stopped",
    ".transcript_delay",
    ".barge_in_stop",
];

const DETAILS: [&str; 6] =
    ["connect.slot_wait", "connect.websocket", "connect.engineio", "connect.socketio", "pacing.error", "worker.lag"];

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(metric: &str, expected: Option<&str>) {
        assert_eq!(kind_of(metric), expected.map_or(Kind::Detail, Kind::Operation), "{metric}");
    }

    #[test]
    fn names_tell_what_counts_as_a_success() {
        check("rest.login", Some("rest.login"));
        check("connect", Some("connect"));
        check("message.round_trip", Some("message"));
        check("message.ack", Some("message"));
        check("message.round_trip.intended", None);
        check("message.fanout", None);
        check("message.completion.last", None);
        check("connect.slot_wait", None);
        check("worker.lag", None);
        check("answer.first_audio", Some("answer"));
        check("answer.first_audio.turn_9_on", None);
        check("answer.first_audio.from_stopped", None);
        check("answer.audio_length", None);
        check("speak", Some("speak"));
        check("speak.barge_in_stop", None);
        check("audio.gap", None);
    }
}
