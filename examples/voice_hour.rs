//! An hour of a thousand voice users in simulated time: does every turn add up, and what does it cost?
//!
//! `cargo run --release --example voice_hour`, or `-- <users> <minutes>`.

use std::time::Instant;

use base::time::Span;
use plan::Plan;
use serde_json::json;
use testkit::{Faults, VoiceConfig, World};

fn main() {
    let mut arguments = std::env::args().skip(1).map(|argument| argument.parse().expect("a whole number"));
    let (users, minutes): (u64, u64) = (arguments.next().unwrap_or(1_000), arguments.next().unwrap_or(60));
    let plan = json!({
        "version": 1, "name": "voice hour", "seed": 1, "handshakes_in_flight": 64,
        "populations": [{
            "name": "voices", "scenario": "voice-guest", "variables": { "turns": 1_000_000 },
            "load": { "model": "closed", "start": users, "stages": [{ "duration_s": minutes * 60, "target": users }] },
        }],
    });
    let plan = Plan::check(&plan).expect("the plan is good");
    let config = VoiceConfig { stall_share: 0.1, ..VoiceConfig::default() };
    let mut world = World::new(plan, Vec::new(), 4, Span::from_millis(10), Faults::default()).with_voice(config);
    #[expect(clippy::disallowed_methods, reason = "it measures how long the simulation takes")]
    let started = Instant::now();
    world.play(Span::from_secs(minutes * 60 + 600));
    let took = started.elapsed().as_secs_f64();
    assert!(world.run.is_done(), "the run is not over: {:?}", world.run.status());

    let totals = world.run.totals();
    let count = |name: &str| totals.counter(name).unwrap_or(0);
    let service = &world.voice.counts;
    let chunks = count("audio.chunks.out") + count("audio.chunks.in");
    println!("{users} users, {minutes} min, in {took:.1} s: {:.0} ns per chunk of audio", took * 1e9 / chunks as f64);
    println!("chunks out {}, in {}", count("audio.chunks.out"), count("audio.chunks.in"));
    println!("turns {}, answered {}, cut by the end {}", count("turns"), count("turns.answered"), count("turns.cut"));
    println!("service heard {} turns, answered {}, stalled {}", service.turns, service.answered, service.stalled);
    println!("answers with an underrun {}", count("audio.answers.starved"));
    for metric in
        ["greeting.first_audio", "answer.first_audio", "answer.first_audio.from_stopped", "audio.pacing.error"]
    {
        if let Some(stats) = totals.histogram(metric).and_then(|histogram| histogram.stats()) {
            println!("{metric}: p50 {:.2} ms, p99 {:.2} ms, max {:.2} ms", stats.p50, stats.p99, stats.max);
        }
    }
    assert_eq!(count("turns"), count("turns.answered") + count("turns.cut"), "every turn ends");
    let unheard = service.stalled.abs_diff(count("audio.answers.starved"));
    assert!(unheard <= users, "{unheard} stalls more than the end of the run can hide");
    assert_eq!(totals.errors().len(), 0, "{:?}", totals.errors());
}
