//! Where a turn begins and ends when the service is quick, slow, or mistaken: regressions, each with what was wrong.

use base::time::{Span, Timestamp};
use protocol::audio::Clip;
use serde_json::{Value, json};
use testkit::{Faults, VoiceConfig, World};

use crate::support::{counter, errors, samples};
use crate::voice::{check_turns, once, plan, range, world};

const RATE: u32 = 24_000;

/// Tone and silence in turns, in milliseconds, beginning with a tone.
fn clip(parts: &[u32]) -> Clip {
    let samples = parts.iter().enumerate().flat_map(|(place, millis)| {
        let loud = place % 2 == 0;
        (0..millis * RATE / 1_000).map(move |n| if loud { ((f64::from(n) * 0.1).sin() * 8_000.0) as i16 } else { 0 })
    });
    Clip::new("made".to_owned(), RATE, &samples.collect::<Vec<_>>())
}

/// Three users say the clip, in chunks of 20 ms.
fn spoken(parts: &[u32], variables: Value, config: VoiceConfig) -> World {
    spoken_from(5, parts, variables, config)
}

/// So many milliseconds away from the service.
fn spoken_from(latency_ms: u64, parts: &[u32], mut variables: Value, config: VoiceConfig) -> World {
    variables["utterances"] = json!(["made"]);
    variables["chunk_samples"] = json!(480);
    let plan = plan("voice-guest", variables, once(3, 200));
    let world = World::new(plan, Vec::new(), 4, Span::from_millis(latency_ms), Faults::default());
    let mut world = world.with_voice(config).with_clips(vec![clip(parts)]);
    world.play(Span::from_secs(1_000));
    assert!(world.run.is_done(), "the run is not over: {:?}", world.run.status());
    check_turns(&world);
    world
}

/// Hears the end of a turn, and answers, within the pauses of a clip.
fn quick() -> VoiceConfig {
    VoiceConfig { vad_silence: Span::from_millis(200), think: Span::from_millis(50), ..VoiceConfig::default() }
}

#[test]
fn silence_behind_the_last_word_is_no_speech() {
    // It was: an answer in the silent end of an utterance counted as early, and its time was not measured.
    let world = spoken(&[500, 1_500], json!({ "turns": 2 }), quick());
    assert_eq!(errors(&world), Vec::<String>::new());
    for wrong in ["audio.answers.early", "audio.stopped_early", "audio.answers.unasked"] {
        assert_eq!(counter(&world, wrong), 0, "{wrong}");
    }
    assert_eq!((samples(&world, "answer.first_audio"), samples(&world, "speak.speech_stopped")), (6, 6));
    assert_eq!(samples(&world, "answer.first_audio.from_stopped"), 6);
    // Up to a chunk until the silence is complete, and the way there and back.
    let (least, most) = range(&world, "answer.first_audio");
    assert!(least >= 250.0 && most <= 250.0 + 20.0 + 20.0 + 10.1, "{least} to {most}");
    assert_eq!(counter(&world, "turns.answered"), 6);
}

#[test]
fn an_answer_into_a_pause_leaves_the_turn_open() {
    // The end of such an answer, cut off by the user's going on, counted as the answer to the whole utterance.
    let world = spoken(&[500, 600, 500], json!({ "turns": 2 }), quick());
    assert_eq!(errors(&world), Vec::<String>::new());
    assert_eq!((counter(&world, "audio.answers.early"), counter(&world, "audio.stopped_early")), (6, 6));
    assert_eq!((samples(&world, "answer.first_audio"), counter(&world, "turns.answered")), (6, 6));
    // Begun: a greeting, and for each turn an early and a right answer.
    assert_eq!(counter(&world, "audio.answers"), 3 + 12);
    assert_eq!(counter(&world, "audio.answers.unasked"), 0);
    let (least, most) = range(&world, "answer.first_audio");
    assert!(least >= 250.0 && most <= 300.1, "{least} to {most}");
}

#[test]
fn an_answer_without_an_end_does_not_swallow_the_next() {
    // It stayed open after its time-out, and the next answer was appended to it.
    let config = VoiceConfig { lose_ends: true, ..VoiceConfig::default() };
    let world = spoken(&[500], json!({ "turns": 2 }), config);
    let found: Vec<_> = world.run.totals().errors().iter().map(|(key, total)| (&*key.code, total.count)).collect();
    assert_eq!(found, [("unfinished answer", 6)]);
    assert_eq!((counter(&world, "audio.answers"), counter(&world, "audio.answers.cut")), (3 + 6, 6));
    assert_eq!(counter(&world, "turns.unanswered"), 6);
    assert_eq!(samples(&world, "speak.barge_in_stop"), 0, "nobody broke into an answer that was given up");
}

#[test]
fn an_answer_after_the_time_out_is_too_late() {
    // It was measured as the answer of the turn that had been counted as unanswered.
    let config = VoiceConfig { think: Span::from_secs(8), ..VoiceConfig::default() };
    let variables = json!({ "turns": 2, "answer_timeout_s": 5, "think_min_ms": 7_000, "think_max_ms": 7_000 });
    let world = spoken(&[500], variables, config);
    let found: Vec<_> = world.run.totals().errors().iter().map(|(key, total)| (&*key.code, total.count)).collect();
    assert_eq!(found, [("no answer", 6)]);
    assert_eq!((counter(&world, "turns.unanswered"), counter(&world, "turns.answered")), (6, 0));
    // The first one came 8 s after the speech, into the pause; after the second one the users have left.
    let stats =
        world.run.totals().histogram("answer.first_audio").and_then(|histogram| histogram.stats()).expect("measured");
    let never = stats.censored.expect("the second answers never came");
    assert_eq!((stats.count, never.count, never.from), (6, 3, 5_000.0));
    assert!(stats.max > 8_000.0 && stats.max < 10_000.0, "{}", stats.max);
    assert_eq!((counter(&world, "audio.answers.too_late"), counter(&world, "audio.answers.unasked")), (3, 0));
}

/// 20 chunks of 100 ms within 200 ms.
fn ahead() -> VoiceConfig {
    VoiceConfig { pace: Span::from_millis(10), ..VoiceConfig::default() }
}

#[test]
fn who_listens_hears_an_answer_that_came_early_to_its_end() {
    // Users spoke as soon as the last frame had arrived, over seconds of audio that a person still hears.
    #[track_caller]
    fn check(until: &str, seconds: f64) {
        let mut document = scenario::resolve(&json!("voice-guest")).unwrap();
        document["flow"][1]["listen"]["until"] = json!(until);
        document["flow"][2]["steps"][2]["listen"]["until"] = json!(until);
        let load = once(4, 60);
        let plan = json!({ "version": 1, "name": "simulated", "populations": [
            { "name": "voices", "scenario": document, "variables": { "turns": 2 }, "load": load },
        ]});
        let plan = plan::Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:#?}"));
        let mut world = world(plan, ahead());
        world.play(Span::ZERO);
        let mut listened = 0.0;
        while !world.run.is_done() {
            world.play_until(world.now() + Span::from_millis(50));
            listened += 0.05 * f64::from(world.run.status().users.by_state.listening) / 4.0;
        }
        assert_eq!(errors(&world), Vec::<String>::new());
        assert_eq!((counter(&world, "turns.answered"), counter(&world, "audio.answers")), (8, 12));
        // A greeting and two answers, seen four times a second.
        assert!((listened - seconds).abs() < 0.6, "{until}: {listened} s of {seconds}");
    }
    check("played", 3.0 * 2.0);
    check("received", 3.0 * 0.2);
}

#[test]
fn an_answer_that_came_early_can_be_broken_into() {
    let variables = json!({ "turns": 2, "barge_in_share": 1, "barge_in_min_ms": 400, "barge_in_max_ms": 600 });
    let world = spoken(&[500], variables, ahead());
    assert_eq!(errors(&world), Vec::<String>::new());
    assert_eq!((counter(&world, "turns.answered"), counter(&world, "turns.interrupted")), (6, 6));
    assert_eq!(samples(&world, "speak.barge_in_stop"), 0, "the service had nothing left to stop");
}

#[test]
fn a_connection_that_dies_while_an_answer_plays_has_answered() {
    let mut world = world(plan("voice-guest", json!({ "turns": 1 }), once(2, 60)), ahead());
    world.play(Span::ZERO);
    let mut now = Timestamp::ZERO;
    while samples(&world, "answer.audio_length") < 2 {
        now += Span::from_millis(250);
        world.play_until(now);
    }
    assert_eq!(counter(&world, "turns.answered"), 0, "it is still playing");
    world.cut_conversations();
    world.play_until(now + Span::from_secs(100));
    assert_eq!((counter(&world, "turns.answered"), counter(&world, "turns.lost")), (2, 0));
}

#[test]
fn an_underrun_that_ends_in_a_time_out_has_been_heard() {
    // It was dropped: a service that stalls for good looked better than one that stalls for a second.
    let config = VoiceConfig { stall_share: 1.0, stall: Span::from_secs(100), ..VoiceConfig::default() };
    let world = spoken(&[500], json!({ "turns": 1 }), config);
    assert_eq!((samples(&world, "audio.underrun"), counter(&world, "audio.answers.starved")), (3, 3));
    // 60 s after the first of 10 chunks, the player has been dry since 1.1 s.
    let (least, most) = range(&world, "audio.underrun");
    assert!((least - 58_900.0).abs() < 40.0 && (most - 58_900.0).abs() < 40.0, "{least} to {most}");
}

#[test]
fn one_chunk_has_neither_jitter_nor_pace() {
    // They were sampled as 0, which is the best there is.
    let world = spoken(&[500], json!({ "turns": 1 }), VoiceConfig { chunks: 1, ..VoiceConfig::default() });
    assert_eq!((samples(&world, "audio.jitter"), samples(&world, "audio.behind")), (0, 0));
    assert_eq!((counter(&world, "audio.answers"), counter(&world, "audio.answers.one_chunk")), (6, 6));
}

#[test]
fn breaking_in_begins_with_the_first_speech() {
    // The clip begins with a second of silence, over which the answer ends by itself: there is nothing to stop.
    let variables = json!({ "turns": 1, "barge_in_share": 1, "barge_in_min_ms": 1_200, "barge_in_max_ms": 1_200 });
    let world = spoken(&[0, 1_000, 500], variables, VoiceConfig::default());
    assert_eq!(errors(&world), Vec::<String>::new());
    assert_eq!(samples(&world, "speak.barge_in_stop"), 0);
    assert_eq!((counter(&world, "audio.answers.broken_into"), counter(&world, "turns.interrupted")), (0, 3));
    // It is arriving still, and stops when the speech has got there.
    let variables = json!({ "turns": 1, "barge_in_share": 1, "barge_in_min_ms": 400, "barge_in_max_ms": 400 });
    let world = spoken_from(150, &[0, 1_000, 500], variables, VoiceConfig::default());
    assert_eq!((samples(&world, "speak.barge_in_stop"), counter(&world, "audio.answers.broken_into")), (3, 3));
    let (least, most) = range(&world, "speak.barge_in_stop");
    assert!(least >= 200.0 && most <= 300.1, "{least} to {most}: what was on its way, there and back");
}

#[test]
fn a_transcript_that_comes_late_is_of_the_turn_before() {
    // It was booked on the turn that the user had gone on to: as quick as that one's silence.
    let transcript = Span::from_millis(4_000);
    let config = VoiceConfig { transcript, ..VoiceConfig::default() };
    // The answer is there 2.3 s after the end of the turn, and 1.5 s later the user speaks for 3 s.
    let variables = json!({ "turns": 2, "think_min_ms": 1_500, "think_max_ms": 1_500 });
    let world = spoken(&[3_000], variables, config);
    assert_eq!(samples(&world, "speak.transcript_delay"), 3, "of the last turns none comes in time");
    let (least, most) = range(&world, "speak.transcript_delay");
    assert!(least > 5_500.0 && most < 5_560.0, "{least} to {most}");
}

#[test]
fn noise_behind_the_last_word_keeps_a_service_waiting_and_is_no_speech() {
    #[track_caller]
    fn check(noise_db: Value, least: f64) {
        let world = spoken(&[500, 1_500], json!({ "turns": 2, "noise_db": noise_db }), quick());
        assert_eq!(errors(&world), Vec::<String>::new());
        assert_eq!((counter(&world, "turns.answered"), counter(&world, "audio.answers.early")), (6, 0), "{noise_db}");
        let (fastest, slowest) = range(&world, "answer.first_audio");
        assert!(fastest >= least && slowest <= least + 60.0, "{noise_db}: {fastest} to {slowest}, not {least}");
    }
    check(json!(null), 250.0);
    // Below what the service takes for speech.
    check(json!(-60), 250.0);
    // It hears the utterance go on to its end, and the user still counts from the last word.
    check(json!(-24), 1_750.0);
}
