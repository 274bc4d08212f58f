//! Whole conversations in simulated time.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::super::sessions::Wishes;
use super::*;
use faults::VoiceFaults;

/// A conversation, its service, and the time.
struct Sim {
    voice: Voice,
    call: Call,
    at: Duration,
    /// What left, with its time in milliseconds.
    sent: Vec<(u128, String)>,
}

impl Sim {
    fn chat(switches: VoiceFaults) -> Self {
        Self::open(switches, false, false)
    }

    fn open(switches: VoiceFaults, is_scenario: bool, is_full: bool) -> Self {
        let mut voice = Voice::new(1);
        voice.switches = switches;
        let session = (!is_scenario).then(|| voice.sessions.create(None, Wishes::default()));
        let kind = Kind { is_scenario, is_member: false };
        let call = Call::open(&mut voice, kind, Asked { session, ..Asked::default() }, is_full, 0);
        let mut sim = Self { voice, call, at: Duration::ZERO, sent: Vec::new() };
        sim.collect();
        sim
    }

    fn collect(&mut self) {
        let at = self.at.as_millis();
        let name = |out| match out {
            Out::Text(text) => match serde_json::from_str::<Value>(&text) {
                Ok(frame) if frame["type"].is_string() => frame["type"].as_str().expect("checked").to_owned(),
                _ => text.to_string(),
            },
            Out::Binary(_) => "binary".to_owned(),
            Out::Close(code, _) => format!("close {code}"),
            Out::Cut => "cut".to_owned(),
        };
        self.sent.extend(self.call.take_out().into_iter().map(|out| (at, name(out))));
    }

    fn advance(&mut self, ms: u64) {
        let end = self.at + Duration::from_millis(ms);
        while let Some(due) = self.call.next_due().filter(|due| *due <= end) {
            self.at = due;
            self.call.run(due, &mut self.voice);
            self.collect();
        }
        self.at = end;
    }

    fn say(&mut self, frame: &str) {
        self.call.receive(self.at, Inbound::parse(frame), &mut self.voice);
        self.collect();
    }

    /// Streams in frames of 100 ms: a tone, then silence.
    fn speak(&mut self, tone_ms: usize, silence_ms: usize) {
        let tone = (0..tone_ms * 24).map(|n| if n % 100 < 50 { 3_000_i16 } else { -3_000 });
        let audio: Vec<u8> = tone.chain((0..silence_ms * 24).map(|_| 0)).flat_map(i16::to_le_bytes).collect();
        let event = if self.call.kind.is_scenario { "input_audio_chunk" } else { "input_audio_buffer.append" };
        for chunk in audio.chunks(4_800) {
            self.advance(100);
            self.say(&json!({ "type": event, "audio": STANDARD.encode(chunk) }).to_string());
        }
    }

    /// What left since the last call, runs of one name as one.
    fn names(&mut self) -> Vec<String> {
        let mut names: Vec<_> = std::mem::take(&mut self.sent).into_iter().map(|(_, name)| name).collect();
        names.dedup();
        names
    }

    fn times(&self, wanted: &str) -> Vec<u128> {
        self.sent.iter().filter(|(_, name)| name == wanted).map(|(at, _)| *at).collect()
    }

    fn counts(&self) -> Value {
        json!(self.voice.snapshot())
    }
}

const END: [&str; 2] = ["audio.done", "transcript.done"];

#[test]
fn the_service_greets_listens_and_answers() {
    let mut sim = Sim::chat(VoiceFaults::default());
    sim.advance(10_000);
    let greeting = sim.times("audio.delta");
    let expected: Vec<u128> = (0..greeting.len()).map(|n| 115 + 100 * n as u128).collect();
    assert!(greeting.len() > 15 && greeting == expected, "{greeting:?}");
    assert_eq!(sim.times("audio.done"), [115 + 100 * greeting.len() as u128]);
    assert_eq!(sim.names(), ["audio.delta", END[0], END[1]]);

    // 1.5 s of silent audio after the tone; the stream goes on.
    sim.speak(1_000, 3_000);
    sim.advance(10_000);
    let [started, stopped] = ["speech.started", "speech.stopped"].map(|name| sim.times(name));
    assert_eq!((started, stopped), (vec![10_100], vec![12_500]));
    assert_eq!((sim.times("user.transcript"), sim.times("audio.delta")[0]), (vec![12_650], 12_800));
    let names = sim.names();
    assert_eq!(names, ["speech.started", "speech.stopped", "user.transcript", "audio.delta", END[0], END[1]]);

    let counts = sim.counts();
    assert_eq!((&counts["samples_in"], &counts["voiced_samples_in"]), (&json!(96_000), &json!(24_000)));
    let of = |turn: &str, what: &str| counts["turns"][turn][what].as_u64().expect("a count");
    assert_eq!((of("0", "begun"), of("0", "completed"), of("0", "chunks")), (1, 1, greeting.len() as u64));
    let turn = ["started", "stopped", "transcripts", "begun", "completed"].map(|what| of("1", what));
    assert_eq!(turn, [1; 5]);
}

#[test]
fn silence_that_is_not_streamed_ends_no_turn() {
    let mut sim = Sim::chat(VoiceFaults::default());
    sim.advance(5_000);
    sim.names();
    sim.speak(1_000, 1_400);
    sim.advance(60_000);
    assert_eq!(sim.names(), ["speech.started"]);
}

#[test]
fn who_speaks_is_not_spoken_to() {
    let mut sim = Sim::chat(VoiceFaults::default());
    sim.advance(600);
    sim.speak(100, 0);
    assert_eq!(sim.names(), ["audio.delta", "speech.started", END[0], END[1]]);
    // Again before the answer to that has begun.
    sim.speak(0, 1_500);
    sim.speak(200, 0);
    sim.advance(60_000);
    assert_eq!(sim.names(), ["speech.stopped", "speech.started", "user.transcript"]);
    let counts = sim.counts();
    assert_eq!((&counts["turns"]["0"]["cut"], &counts["turns"]["1"]["forestalled"]), (&json!(1), &json!(1)));
}

#[test]
fn a_report_leaves_a_dead_socket_open() {
    for last_words in [r#"{"type":"disconnect"}"#, "{", "[1]", r#""disconnect""#] {
        let mut sim = Sim::chat(VoiceFaults::default());
        sim.advance(600);
        sim.say(r#"{"type":"ping"}"#);
        sim.say(r#"{"type":"input_audio_buffer.append","audio":"*"}"#);
        sim.say(last_words);
        sim.speak(1_000, 2_000);
        sim.say(r#"{"type":"disconnect"}"#);
        sim.advance(60_000);
        assert_eq!(sim.names(), ["audio.delta", "disconnected"], "{last_words}");
        let counts = sim.counts();
        assert_eq!(counts["turns"]["0"]["abandoned"], 1);
        assert_eq!(counts["events_in"]["ping"]["outcomes"], json!({ "ignored": 1 }));
        let heard = &counts["events_in"]["input_audio_buffer.append"]["outcomes"];
        assert_eq!(heard, &json!({ "bad audio": 1, "not heard": 30 }));
    }
}

#[test]
fn another_voice_greets_again() {
    let mut sim = Sim::chat(VoiceFaults::default());
    sim.advance(600);
    sim.say(r#"{"type":"session.update","config":{"voice":"alloy"}}"#);
    sim.say(r#"{"type":"session.update","config":{"voice":"echo"}}"#);
    sim.advance(10_000);
    assert_eq!(sim.names(), ["audio.delta", END[0], END[1], "audio.delta", END[0], END[1]]);
    assert_eq!(sim.counts()["turns"]["0"]["begun"], 2);
}

#[test]
fn delays_neither_add_up_nor_reorder() {
    let mut sim = Sim::chat(VoiceFaults { jitter_ms: 250.0, ..VoiceFaults::default() });
    sim.advance(10_000);
    let times = sim.times("audio.delta");
    assert!(times.is_sorted(), "{times:?}");
    for (n, time) in times.iter().enumerate() {
        let planned = 115 + 100 * n as u128;
        assert!((planned..=planned + 250).contains(time), "chunk {n}: {times:?}");
    }
    assert!(times.windows(2).any(|pair| pair[1] - pair[0] != 100), "{times:?}");
}

#[test]
fn a_greeting_can_come_later_and_faster_than_it_plays() {
    let mut sim = Sim::chat(VoiceFaults { greeting_ms: 500.0, speed: 4.0, ..VoiceFaults::default() });
    sim.advance(10_000);
    let times = sim.times("audio.delta");
    assert_eq!(times[..3], [500, 525, 550]);
    assert_eq!(sim.times("audio.done"), [500 + 25 * times.len() as u128]);
}

#[test]
fn a_stall_is_one_gap_in_an_answer() {
    let mut sim = Sim::chat(VoiceFaults { stall_share: 1.0, stall_ms: 400.0, ..VoiceFaults::default() });
    sim.advance(5_000);
    sim.names();
    sim.speak(1_000, 1_500);
    sim.advance(10_000);
    let times = sim.times("audio.delta");
    let gaps: Vec<_> = times.windows(2).map(|pair| pair[1] - pair[0]).filter(|gap| *gap != 100).collect();
    assert_eq!(gaps, [500]);
    let turns = &sim.counts()["turns"];
    assert_eq!((&turns["0"]["stalled"], &turns["1"]["stalled"]), (&json!(0), &json!(1)));
}

#[track_caller]
fn check_early_close(phase: ClosePhase, code: u16, expected: &[&str]) {
    let switches = VoiceFaults {
        early_close_share: 1.0,
        early_close_phase: phase,
        early_close_code: code,
        ..VoiceFaults::default()
    };
    let mut sim = Sim::chat(switches);
    sim.advance(5_000);
    sim.speak(1_000, 1_500);
    sim.say(r#"{"type":"disconnect"}"#);
    assert_eq!(sim.names(), expected);
    let key = format!("server {code}");
    assert_eq!(sim.counts()["closed"], json!({ key: 1 }));
}

#[test]
fn early_closes_hit_their_phase() {
    let greeted = ["audio.delta", END[0], END[1]];
    check_early_close(ClosePhase::BeforeGreeting, 4000, &["close 4000"]);
    check_early_close(ClosePhase::Listening, 1006, &["audio.delta", "cut"]);
    check_early_close(ClosePhase::Speaking, 1011, &[&greeted[..], &["speech.started", "close 1011"]].concat());
    let waiting = ["speech.started", "speech.stopped", "close 1013"];
    check_early_close(ClosePhase::Waiting, 1013, &[&greeted[..], &waiting].concat());
    let reported = ["speech.started", "speech.stopped", "disconnected", "close 1000"];
    check_early_close(ClosePhase::AfterReport, 1000, &[&greeted[..], &reported].concat());
}

#[test]
fn silence_of_every_kind() {
    let mut full = Sim::open(VoiceFaults::default(), false, true);
    full.speak(1_000, 2_000);
    full.advance(26_999);
    assert_eq!(full.names(), [""; 0]);
    full.advance(1);
    assert_eq!(full.names(), ["cut"]);

    let mut deaf = Sim::chat(VoiceFaults { silent_greeting_share: 1.0, ..VoiceFaults::default() });
    deaf.speak(1_000, 2_000);
    deaf.advance(100_000);
    assert_eq!(deaf.names(), [""; 0]);
    deaf.say(r#"{"type":"disconnect"}"#);
    assert_eq!(deaf.names(), ["disconnected"]);

    let mut mute = Sim::chat(VoiceFaults { silent_answer_share: 1.0, ..VoiceFaults::default() });
    mute.advance(5_000);
    mute.names();
    mute.speak(1_000, 1_500);
    mute.advance(100_000);
    assert_eq!(mute.names(), ["speech.started", "speech.stopped", "user.transcript"]);
    assert_eq!(mute.counts()["turns"]["1"]["silent"], 1);
}

#[test]
fn a_lost_upstream_is_noticed_with_the_next_audio() {
    let mut sim = Sim::chat(VoiceFaults { upstream_loss_share: 1.0, ..VoiceFaults::default() });
    sim.advance(5_000);
    sim.names();
    sim.speak(1_000, 1_500);
    sim.advance(10_000);
    assert_eq!(sim.names(), ["speech.started", "speech.stopped", "user.transcript", "audio.delta", "error"]);
    let said = sim.call.messages.len();
    sim.speak(0, 200);
    assert_eq!((sim.names(), said), (vec!["disconnected".to_owned()], 3), "the report has all that was said");
    assert_eq!((&sim.counts()["upstream_lost"], &sim.counts()["turns"]["1"]["abandoned"]), (&json!(1), &json!(1)));
}

#[test]
fn an_upstream_that_ends_in_good_order_is_noticed_with_the_next_audio_and_not_before() {
    let mut sim = Sim::chat(VoiceFaults { upstream_end_share: 1.0, ..VoiceFaults::default() });
    sim.advance(5_000);
    sim.names();
    sim.speak(1_000, 1_500);
    sim.advance(10_000);
    assert_eq!(sim.names(), ["speech.started", "speech.stopped", "user.transcript", "audio.delta"]);
    sim.speak(0, 200);
    assert_eq!(sim.names(), ["disconnected"]);
}

#[test]
fn nonsense_comes_before_an_answer_that_makes_sense() {
    let mut sim = Sim::chat(VoiceFaults { malformed_share: 1.0, ..VoiceFaults::default() });
    sim.advance(5_000);
    sim.names();
    sim.speak(1_000, 1_500);
    sim.advance(10_000);
    let names = sim.names();
    assert_eq!(names[3..], ["audio.delta", "[1,2]", r#""sorry""#, "{", "binary", "audio.delta", END[0], END[1]]);
}

#[test]
fn a_scenario_is_complete_after_three_answers() {
    let mut sim = Sim::open(VoiceFaults::default(), true, false);
    sim.advance(5_000);
    let question = ["response.audio.delta", "response.audio.done", "response.audio_transcript.done"];
    assert_eq!(sim.names(), [&["ready"][..], &question].concat());
    sim.speak(1_000, 1_500);
    sim.advance(5_000);
    assert_eq!(sim.names(), [&["input_audio.transcript"][..], &question].concat());
    sim.say(r#"{"type":"text","text":"a coffee"}"#);
    sim.say(r#"{"type":"disconnect"}"#);
    sim.say("{");
    sim.advance(5_000);
    assert_eq!(sim.names(), question);
    sim.speak(1_000, 1_500);
    sim.advance(5_000);
    assert_eq!(sim.names(), ["input_audio.transcript", "scenario.completed"]);
    let counts = sim.counts();
    assert_eq!((&counts["completed_scenarios"], &counts["now"]["sessions"]), (&json!(1), &json!(1)));
}

#[test]
fn scenarios_crash_where_the_real_ones_do() {
    for last_words in [r#"{"type":"response.create"}"#, "[1]"] {
        let mut sim = Sim::open(VoiceFaults::default(), true, false);
        sim.say(last_words);
        assert_eq!(sim.names(), ["cut"], "{last_words}");
    }
    let mut sim = Sim::open(VoiceFaults { silent_greeting_share: 1.0, ..VoiceFaults::default() }, true, false);
    sim.advance(100_000);
    assert!(matches!(&sim.sent[..], [(900, string), (10_000, error)] if string.starts_with('"') && error == "error"));
}

#[test]
fn without_a_key_nobody_is_served() {
    let no_key = VoiceFaults { no_key: true, ..VoiceFaults::default() };
    assert_eq!(Sim::chat(no_key.clone()).names(), ["close 1008"]);
    assert_eq!(Sim::open(no_key, true, false).names(), ["error", "close 1011"]);
}
