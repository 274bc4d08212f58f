//! Faults for `lab`.

use std::ops::RangeInclusive;

use super::LONGEST_S;
use crate::{ClosePhase, LabFaults, LabRules, VoiceFaults};
use scenario::Node;

pub(super) fn lab_faults(node: &Node<'_>) -> Option<LabFaults> {
    let fields = node.fields(LAB)?;
    let number = |name, most: f64| fields.optional(name).map_or(Some(0.0), |node| node.number(0.0..=most));
    let voice = fields.optional("voice").filter(|node| !node.value().is_null()).map(|node| voice_faults(&node));
    let rules = fields.optional("rules").filter(|node| !node.value().is_null()).map(|node| rules(&node));
    let faults = LabFaults {
        latency_ms: number("latency_ms", LONGEST_LAB_MS)?,
        jitter_ms: number("jitter_ms", LONGEST_LAB_MS)?,
        refuse_share: number("refuse_share", 1.0)?,
        drop_share: number("drop_share", 1.0)?,
        drop_within_s: number("drop_within_s", LONGEST_S)?,
        lose_share: number("lose_share", 1.0)?,
        duplicate_share: number("duplicate_share", 1.0)?,
        reorder_share: number("reorder_share", 1.0)?,
        error_share: number("error_share", 1.0)?,
        error_code: fields.optional("error_code").map_or(Some(""), |node| node.text())?.to_owned(),
        rate_limit_per_min: fields
            .optional("rate_limit_per_min")
            .map_or(Some(0), |node| node.integer(0..=u64::from(u32::MAX)))? as u32,
        stop_reading: fields.optional("stop_reading").map_or(Some(false), |node| node.boolean())?,
        service_ms: number("service_ms", LONGEST_LAB_MS)?,
        breach_missing_share: number("breach_missing_share", 1.0)?,
        breach_type_share: number("breach_type_share", 1.0)?,
        breach_unknown_share: number("breach_unknown_share", 1.0)?,
        history_lose_share: number("history_lose_share", 1.0)?,
        history_duplicate_share: number("history_duplicate_share", 1.0)?,
        history_reorder_share: number("history_reorder_share", 1.0)?,
        read_stuck_share: number("read_stuck_share", 1.0)?,
        restart_at_s: number("restart_at_s", LONGEST_S)?,
        restart_down_ms: number("restart_down_ms", LONGEST_LAB_DOWN_MS)?,
        restart_forget_sessions: fields
            .optional("restart_forget_sessions")
            .map_or(Some(false), |node| node.boolean())?,
        rules: rules.map_or(Some(LabRules::default()), |rules| rules)?,
        voice: voice.unwrap_or_default(),
    };
    if faults.lose_share + faults.duplicate_share + faults.reorder_share > 1.0 {
        node.problem(
            "`lose_share`, `duplicate_share` and `reorder_share` are shares of the same deliveries: together at most 1",
        );
    }
    Some(faults)
}

fn rules(node: &Node<'_>) -> Option<LabRules> {
    let fields = node.fields(RULES)?;
    let flag = |name| fields.optional(name).map_or(Some(false), |node| node.boolean());
    let count = |name, most: u64| fields.optional(name).map_or(Some(0), |node| node.integer(0..=most));
    let time = |name| fields.optional(name).map_or(Some(0.0), |node| node.number(0.0..=LONGEST_LAB_MS));
    let redirect_to = fields.optional("redirect_to").map_or(Some(String::new()), |node| origin(&node));
    let flags = ["unique_names", "plain_get_404", "answering_acks", "no_sender_copy"].map(flag);
    let times = ["batch_ms", "login_ms"].map(time);
    let counts = [("join_history", 10_000), ("login_threads", 1_000), ("frame_limit_bytes", 65_536)]
        .map(|(name, most)| count(name, most));
    let ([unique, plain_get, acks, no_copy], [batch, login], [history, threads, limit]) = (flags, times, counts);
    Some(LabRules {
        unique_names: unique?,
        plain_get_404: plain_get?,
        answering_acks: acks?,
        no_sender_copy: no_copy?,
        batch_ms: batch?,
        join_history: history? as u32,
        login_ms: login?,
        login_threads: threads? as u32,
        frame_limit_bytes: limit? as u32,
        redirect_to: redirect_to?,
    })
}

fn origin(node: &Node<'_>) -> Option<String> {
    let text = node.text()?;
    let is_origin =
        |rest: &str| !rest.is_empty() && !rest.contains(['/', '?', '#', '@']) && !rest.contains(char::is_whitespace);
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    if !text.is_empty() && !rest.is_some_and(is_origin) {
        node.problem(format!("expected an origin like `http://127.0.0.1:4281`, found `{text}`"));
        return None;
    }
    Some(text.to_owned())
}

/// All problems are told, as everywhere: no field waits for the one before it.
fn voice_faults(node: &Node<'_>) -> Option<VoiceFaults> {
    let fields = node.fields(VOICE)?;
    let default = VoiceFaults::default();
    let number = |name, range: RangeInclusive<f64>, default| {
        fields.optional(name).map_or(Some(default), |node| node.number(range))
    };
    let share = |name| number(name, 0.0..=1.0, 0.0);
    let millis = |name, default| number(name, 0.0..=LONGEST_VOICE_MS, default);
    let [greeting_ms, think_ms, jitter_ms, stall_ms, full_silence_ms, full_handshake_ms] = [
        ("greeting_ms", default.greeting_ms),
        ("think_ms", default.think_ms),
        ("jitter_ms", default.jitter_ms),
        ("stall_ms", default.stall_ms),
        ("full_silence_ms", default.full_silence_ms),
        ("full_handshake_ms", default.full_handshake_ms),
    ]
    .map(|(name, default)| millis(name, default));
    let [stall, early_close, silent_greeting, silent_answer, malformed, upstream_loss, upstream_end] = [
        "stall_share",
        "early_close_share",
        "silent_greeting_share",
        "silent_answer_share",
        "malformed_share",
        "upstream_loss_share",
        "upstream_end_share",
    ]
    .map(share);
    let speed = number("speed", SPEEDS, default.speed);
    let code =
        fields.optional("early_close_code").map_or(Some(u64::from(default.early_close_code)), |node| code(&node));
    let phase =
        fields.optional("early_close_phase").map_or(Some(default.early_close_phase), |node| node.one_of(PHASES));
    let cap = fields.optional("cap").map_or(Some(0), |node| node.integer(0..=u64::from(u32::MAX)));
    let no_key = fields.optional("no_key").map_or(Some(false), |node| node.boolean());
    Some(VoiceFaults {
        greeting_ms: greeting_ms?,
        think_ms: think_ms?,
        jitter_ms: jitter_ms?,
        speed: speed?,
        stall_share: stall?,
        stall_ms: stall_ms?,
        early_close_share: early_close?,
        early_close_code: code? as u16,
        early_close_phase: phase?,
        silent_greeting_share: silent_greeting?,
        silent_answer_share: silent_answer?,
        malformed_share: malformed?,
        upstream_loss_share: upstream_loss?,
        upstream_end_share: upstream_end?,
        cap: cap? as u32,
        full_silence_ms: full_silence_ms?,
        full_handshake_ms: full_handshake_ms?,
        no_key: no_key?,
    })
}

fn code(node: &Node<'_>) -> Option<u64> {
    let code = node.integer(1_000..=4_999)?;
    if !matches!(code, 1000 | 1001 | 1006 | 1008 | 1009 | 1011 | 1012 | 1013 | 3000..=4999) {
        node.problem(format!("a server cannot close with {code}"));
        return None;
    }
    Some(code)
}

const LAB: &[&str] = &[
    "latency_ms",
    "jitter_ms",
    "refuse_share",
    "drop_share",
    "drop_within_s",
    "lose_share",
    "duplicate_share",
    "reorder_share",
    "error_share",
    "error_code",
    "rate_limit_per_min",
    "stop_reading",
    "service_ms",
    "breach_missing_share",
    "breach_type_share",
    "breach_unknown_share",
    "history_lose_share",
    "history_duplicate_share",
    "history_reorder_share",
    "read_stuck_share",
    "restart_at_s",
    "restart_down_ms",
    "restart_forget_sessions",
    "rules",
    "voice",
];
const RULES: &[&str] = &[
    "unique_names",
    "plain_get_404",
    "answering_acks",
    "no_sender_copy",
    "batch_ms",
    "join_history",
    "login_ms",
    "login_threads",
    "frame_limit_bytes",
    "redirect_to",
];
const VOICE: &[&str] = &[
    "greeting_ms",
    "think_ms",
    "jitter_ms",
    "speed",
    "stall_share",
    "stall_ms",
    "early_close_share",
    "early_close_code",
    "early_close_phase",
    "silent_greeting_share",
    "silent_answer_share",
    "malformed_share",
    "upstream_loss_share",
    "upstream_end_share",
    "cap",
    "full_silence_ms",
    "full_handshake_ms",
    "no_key",
];
const PHASES: &[(&str, ClosePhase)] = &[
    ("before_greeting", ClosePhase::BeforeGreeting),
    ("speaking", ClosePhase::Speaking),
    ("waiting", ClosePhase::Waiting),
    ("listening", ClosePhase::Listening),
    ("after_report", ClosePhase::AfterReport),
];
const LONGEST_LAB_MS: f64 = 60_000.0;
const LONGEST_LAB_DOWN_MS: f64 = 600_000.0;
const LONGEST_VOICE_MS: f64 = 600_000.0;
const SPEEDS: RangeInclusive<f64> = 0.1..=100.0;
