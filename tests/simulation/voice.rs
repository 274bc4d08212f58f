//! Conversations with a simulated voice service: what is measured is what was injected, and every turn is accounted for
//! on both sides.

use base::time::Span;
use metrics::{ClosedBy, InsightKind, Phase, ReasonKind};
use plan::Plan;
use run::RunInput;
use serde_json::{Value, json};
use testkit::{AnswerSound, ClosePoint, Faults, VoiceConfig, World};

use crate::support::{counter, errors, held, samples};

/// One way.
const LATENCY_MS: u64 = 5;

pub fn plan(scenario: &str, variables: Value, load: Value) -> Plan {
    let plan = json!({
        "version": 1, "name": "simulated", "seed": 7, "handshakes_in_flight": 64,
        "populations": [{ "name": "voices", "scenario": scenario, "variables": variables, "load": load }],
    });
    Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// So many users, each once.
pub fn once(users: u32, hold_s: u32) -> Value {
    json!({ "model": "batch", "users": users, "size": users, "every_s": 1, "hold_s": hold_s })
}

pub fn world(plan: Plan, config: VoiceConfig) -> World {
    World::new(plan, Vec::new(), 4, Span::from_millis(LATENCY_MS), Faults::default()).with_voice(config)
}

pub fn played(plan: Plan, config: VoiceConfig) -> World {
    let mut world = world(plan, config);
    world.play(Span::from_secs(4_000));
    assert!(world.run.is_done(), "the run is not over: {:?}", world.run.status());
    assert_eq!(world.run.status().problem, None);
    world
}

/// Least and most of a metric, in ms.
#[track_caller]
pub fn range(world: &World, metric: &str) -> (f64, f64) {
    let stats = world.run.totals().histogram(metric).and_then(|histogram| histogram.stats());
    let stats = stats.unwrap_or_else(|| panic!("no samples of {metric}"));
    (stats.min, stats.max)
}

#[track_caller]
pub fn check_turns(world: &World) {
    let all = counter(world, "turns");
    let ends =
        ["answered", "interrupted", "unanswered", "lost", "cut"].map(|end| counter(world, &format!("turns.{end}")));
    assert_eq!(all, ends.iter().sum::<u64>(), "{ends:?}");
}

#[test]
fn every_turn_is_accounted_for_on_both_sides() {
    for scenario in ["voice-guest", "voice-member"] {
        let world = played(plan(scenario, json!({}), once(8, 60)), VoiceConfig::default());
        assert_eq!(errors(&world), Vec::<String>::new(), "{scenario}");
        let counts = &world.voice.counts;
        assert_eq!((counts.greeted, counts.turns, counts.answered, counts.reports), (8, 24, 24, 8));
        assert_eq!(counter(&world, "turns"), 24);
        assert_eq!(counter(&world, "turns.answered"), 24);
        assert_eq!(counter(&world, "audio.answers"), 8 + 24);
        assert_eq!(counter(&world, "audio.chunks.in"), counts.chunks_out);
        assert_eq!(counter(&world, "audio.received_ms"), counts.chunks_out * 100);
        let sent = counts.events["input_audio_buffer.append"];
        // What is on its way when the connection is closed is not heard any more.
        assert!(counter(&world, "audio.chunks.out") - sent <= 8);
        for (metric, count) in [
            ("greeting.first_audio", 8),
            ("answer.first_audio", 24),
            ("answer.first_audio.turn_3", 8),
            ("speak", 24),
            ("report", 8),
        ] {
            assert_eq!(samples(&world, metric), count, "{metric}");
        }
        let totals = world.run.totals();
        let reported =
            totals.disconnects().iter().filter(|(key, _)| key.phase == Phase::AfterReport && key.code == 1000);
        assert_eq!(reported.map(|(_, total)| total.count).sum::<u64>(), 8);
        check_turns(&world);
    }
}

#[test]
fn who_is_cut_while_waiting_is_told() {
    // Nobody is answered, and the load ends before anybody's patience does.
    let config = VoiceConfig { mute_from_turn: Some(1), ..VoiceConfig::default() };
    let variables = json!({ "turns": 2, "answer_timeout_s": 500 });
    let world = played(plan("voice-guest", variables, once(4, 30)), config);
    assert_eq!((counter(&world, "turns"), counter(&world, "turns.cut.waiting")), (4, 4));
    check_turns(&world);
    // No time is made up for an answer that nobody heard.
    assert_eq!((samples(&world, "answer.first_audio"), counter(&world, "turns.unanswered")), (0, 0));
    let (least, most) = range(&world, "audio.cut_wait");
    assert!(least > 10_000.0 && most < 30_000.0, "{least} to {most}");
    let verdict = world.run.status().verdict.expect("it is over");
    let told = "4 turns still waited for an answer when they left or the run ended, for ";
    assert!(verdict.sentence.contains(told), "{}", verdict.sentence);
    assert!(verdict.reasons.iter().any(|reason| reason.what == ReasonKind::CutWaiting), "{:?}", verdict.reasons);

    // A service that never says anything at all.
    let config = VoiceConfig { capacity: 0, ..VoiceConfig::default() };
    let variables = json!({ "greeting_timeout_s": 500 });
    let world = played(plan("voice-guest", variables, once(4, 20)), config);
    assert_eq!((counter(&world, "turns"), counter(&world, "audio.greetings.cut")), (0, 4));
}

#[test]
fn times_are_as_injected() {
    let config = VoiceConfig { think: Span::from_millis(420), ..VoiceConfig::default() };
    let world = played(plan("voice-guest", json!({ "turns": 4 }), once(6, 90)), config);
    #[track_caller]
    fn check(world: &World, metric: &str, least: f64, most: f64) {
        let (min, max) = range(world, metric);
        assert!(min >= least - 0.01 && max <= most + 0.01, "{metric}: {min} to {max} ms, expected {least} to {most}");
    }
    // Both events cross the same network.
    check(&world, "answer.first_audio.from_stopped", 420.0, 420.0);
    // Open, one way there and one way back; the WebSocket counts as open one way earlier.
    check(&world, "greeting.first_audio", 115.0, 115.0);
    // 1500 ms of silence, up to one chunk more until it is complete, and the way there and back. The service's threshold
    // is not ours, so it may take the last breath for silence.
    check(&world, "speak.speech_stopped", 1_510.0 - 60.0, 1_510.0 + 171.0 + 60.0);
    check(&world, "answer.first_audio", 1_930.0 - 60.0, 1_930.0 + 171.0 + 60.0);
    check(&world, "answer.audio_length", 2_000.0, 2_000.0);
    check(&world, "report", 50.0, 50.0);
    check(&world, "audio.gap", 100.0, 100.0);
    check(&world, "audio.jitter", 0.0, 0.0);
    check(&world, "audio.behind", 0.0, 0.0);
    check(&world, "audio.pacing.error", 0.0, 0.11);
    assert_eq!(counter(&world, "audio.chunks.late"), 0);
    assert_eq!(samples(&world, "audio.underrun"), 0);
    let delay = range(&world, "speak.transcript_delay");
    let stopped = range(&world, "speak.speech_stopped");
    assert!((delay.0 - stopped.0 - 150.0).abs() < 2.0, "{delay:?} {stopped:?}");
}

#[test]
fn a_stall_in_mid_answer_is_one_underrun() {
    let config = VoiceConfig { stall_share: 0.3, ..VoiceConfig::default() };
    let world = played(plan("voice-guest", json!({ "turns": 5 }), once(8, 120)), config);
    let stalled = world.voice.counts.stalled;
    assert!((5..30).contains(&stalled), "{stalled}");
    assert_eq!(samples(&world, "audio.underrun"), stalled);
    assert_eq!(counter(&world, "audio.answers.starved"), stalled);
    // 400 ms late, of which the buffer held 100; then 100 ms until it is full again.
    assert_eq!(range(&world, "audio.underrun"), (400.0, 400.0));
    let listeners = world.run.totals().listeners();
    let starved: u64 = listeners.worst(8).iter().map(|(_, heard)| heard.starved.as_micros() / 1_000).sum();
    assert_eq!((listeners.len(), listeners.all().answers, starved), (8, 48, stalled * 400));
    assert_eq!(counter(&world, "turns.answered"), 40);
}

#[test]
fn who_breaks_in_hears_the_answer_stop() {
    let variables = json!({ "turns": 2, "barge_in_share": 1, "barge_in_min_ms": 400, "barge_in_max_ms": 600 });
    let world = played(plan("voice-guest", variables, once(5, 90)), VoiceConfig::default());
    assert_eq!(errors(&world), Vec::<String>::new());
    let counts = &world.voice.counts;
    assert_eq!((counts.turns, counts.cut), (20, 10));
    assert_eq!((counter(&world, "turns.answered"), counter(&world, "turns.interrupted")), (10, 10));
    // Until the first loud chunk has got there, and what was sent before that has got back: mostly nothing.
    let stopped = samples(&world, "speak.barge_in_stop") + counter(&world, "audio.answers.stopped_before");
    assert_eq!((stopped, counter(&world, "audio.answers.broken_into")), (10, 10));
    check_turns(&world);
}

#[test]
fn silence_is_an_error_with_its_phase() {
    #[track_caller]
    fn check(config: VoiceConfig, variables: Value, expected: (&str, &str, Phase, u64)) {
        let world = played(plan("voice-guest", variables, once(4, 60)), config);
        let (operation, code, phase, count) = expected;
        let totals = world.run.totals().errors();
        let found: Vec<_> =
            totals.iter().map(|(key, total)| (&*key.operation, &*key.code, key.phase, total.count)).collect();
        assert_eq!(found, [(operation, code, phase, count)]);
        check_turns(&world);
    }
    let timeouts = json!({ "greeting_timeout_s": 5, "answer_timeout_s": 5, "turns": 2 });
    let deaf = VoiceConfig { capacity: 0, ..VoiceConfig::default() };
    check(deaf, timeouts.clone(), ("greeting", "no greeting", Phase::BeforeGreeting, 4));
    let mute = VoiceConfig { mute_from_turn: Some(2), ..VoiceConfig::default() };
    check(mute, timeouts.clone(), ("answer", "no answer", Phase::AwaitingAnswer, 4));
    let empty = VoiceConfig { empty_answers: true, ..VoiceConfig::default() };
    check(empty, timeouts, ("answer", "empty answer", Phase::Flow, 8));
}

#[test]
fn the_cap_shows_as_silent_users_whose_sockets_die_without_a_frame() {
    let config = VoiceConfig { capacity: 30, ..VoiceConfig::default() };
    // Users that are greeted stay until the others have died.
    let variables = json!({ "greeting_timeout_s": 60, "turns": 5 });
    let world = played(plan("voice-guest", variables, once(40, 60)), config);
    assert_eq!(samples(&world, "greeting.first_audio"), 30);
    let totals = world.run.totals();
    let count = |operation: &str, code: &str| {
        let found = totals.errors().iter().filter(|(key, _)| key.operation == operation && key.code == code);
        found.map(|(key, total)| (key.phase, total.count)).collect::<Vec<_>>()
    };
    assert_eq!(count("connect", "died without a frame"), [(Phase::BeforeGreeting, 10)]);
    // One loss is one error.
    assert_eq!(totals.errors().len(), 1);
    let told: Vec<_> = metrics::insights(totals).into_iter().map(|insight| insight.what).collect();
    assert!(matches!(told[..], [InsightKind::NoGreeting { silent: 10, greeted: 30, .. }]), "{told:?}");
}

#[test]
fn closes_are_told_apart_by_code_and_phase() {
    #[track_caller]
    fn check(point: ClosePoint, code: u16, phase: Phase, by: ClosedBy) {
        let config = VoiceConfig { close: Some((point, code)), ..VoiceConfig::default() };
        let world = played(plan("voice-guest", json!({ "turns": 1 }), once(3, 60)), config);
        let found: Vec<_> = world
            .run
            .totals()
            .disconnects()
            .iter()
            .map(|(key, total)| (key.code, key.phase, key.by, total.count))
            .collect();
        assert_eq!(found, [(code, phase, by, 3)], "{point:?}");
        check_turns(&world);
    }
    check(ClosePoint::Handshake, 1006, Phase::Connecting, ClosedBy::Server);
    check(ClosePoint::BeforeGreeting, 1008, Phase::BeforeGreeting, ClosedBy::Server);
    check(ClosePoint::Speaking, 1011, Phase::Speaking, ClosedBy::Server);
    check(ClosePoint::Waiting, 1012, Phase::AwaitingAnswer, ClosedBy::Server);
    check(ClosePoint::Listening, 1006, Phase::Listening, ClosedBy::Server);
    // The user hangs up on the report, before it hears that the service did as well.
    check(ClosePoint::AfterReport, 1009, Phase::AfterReport, ClosedBy::User);
}

#[test]
fn answers_nobody_can_use_are_counted() {
    #[track_caller]
    fn check(sound: AnswerSound, counted: &str) {
        let config = VoiceConfig { sound, ..VoiceConfig::default() };
        let world = played(plan("voice-guest", json!({ "turns": 1 }), once(2, 40)), config);
        for name in ["audio.answers.silent", "audio.answers.clipped"] {
            assert_eq!(counter(&world, name), if name == counted { 4 } else { 0 }, "{name}");
        }
    }
    check(AnswerSound::Tone, "");
    check(AnswerSound::Silence, "audio.answers.silent");
    check(AnswerSound::Clipped, "audio.answers.clipped");
}

#[test]
fn frames_that_make_no_sense_are_errors_and_no_more() {
    let config = VoiceConfig { malformed: true, ..VoiceConfig::default() };
    let world = played(plan("voice-guest", json!({ "turns": 1 }), once(3, 40)), config);
    let codes: Vec<_> =
        world.run.totals().errors().iter().map(|(key, total)| (&*key.operation, &*key.code, total.count)).collect();
    let expected = [
        ("audio", "bad base64", 3),
        ("audio", "no audio field", 3),
        ("audio", "odd byte count", 3),
        ("frame", "binary frame", 3),
        ("frame", "invalid", 6),
    ];
    assert_eq!(codes, expected);
    assert_eq!(counter(&world, "frames.invalid"), 18);
    assert_eq!(counter(&world, "turns.answered"), 3);
}

#[test]
fn a_microphone_that_rests_sends_less_and_is_answered_all_the_same() {
    let chunks = |mic: &str| {
        let world = played(plan("voice-guest", json!({ "mic": mic }), once(4, 60)), VoiceConfig::default());
        assert_eq!(errors(&world), Vec::<String>::new(), "{mic}");
        assert_eq!(counter(&world, "turns.answered"), 12, "{mic}");
        counter(&world, "audio.chunks.out")
    };
    let (continuous, resting) = (chunks("continuous"), chunks("while_speaking"));
    assert!(resting * 3 < continuous * 2, "{resting} of {continuous}");
}

#[test]
fn a_scenario_is_completed_by_voice_and_by_text() {
    #[track_caller]
    fn check(variables: Value, operation: &str) {
        let world = played(plan("voice-scenario", variables, once(3, 60)), VoiceConfig::default());
        assert_eq!(errors(&world), Vec::<String>::new());
        assert_eq!(world.voice.counts.turns, 9);
        assert_eq!(counter(&world, "events.in.scenario.completed"), 3);
        assert!(counter(&world, operation) > 0, "{operation}");
    }
    check(json!({}), "events.out.input_audio_chunk");
    check(json!({ "member": true, "text_share": 1 }), "events.out.text");
}

#[test]
fn a_stop_in_mid_conversation_cuts_turns_and_asks_for_reports() {
    let mut world = world(plan("voice-guest", json!({ "turns": 100 }), held(10, 600)), VoiceConfig::default());
    world.play(Span::from_secs(30));
    let users = world.run.status().users.by_state;
    assert_eq!(users.speaking + users.awaiting + users.listening, 10, "{users:?}");
    world.command(RunInput::Stop);
    world.play_until(base::time::Timestamp::ZERO + Span::from_secs(60));
    assert!(world.run.is_done(), "{:?}", world.run.status());
    assert_eq!(errors(&world), Vec::<String>::new());
    assert_eq!(world.voice.counts.reports, 10);
    assert!(counter(&world, "turns.cut") > 0);
    check_turns(&world);
}
