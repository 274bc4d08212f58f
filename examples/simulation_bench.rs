//! How long the host takes to play a ten-minute ramp to 10,000 chat users.
//!
//! `cargo run --release --example simulation_bench`. Ends with an error when it takes longer than promised.

use std::process::ExitCode;
use std::time::Instant;

use base::time::Span;
use plan::Plan;
use serde_json::json;
use testkit::{Faults, World};

const USERS: u32 = 10_000;
const PROMISED_S: f64 = 10.0;

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn main() -> ExitCode {
    let plan = json!({
        "version": 1, "name": "ramp", "seed": 7, "handshakes_in_flight": 64,
        "populations": [{
            "name": "chat", "scenario": "ktb-chat",
            "variables": {
                "room_size": 20, "send_min_ms": 120_000, "send_max_ms": 240_000, "history_pages": 0, "read": "none",
                "reaction_share": 0,
            },
            "load": { "model": "closed", "stages": [
                { "duration_s": 600, "target": USERS }, { "duration_s": 30, "target": USERS },
            ]},
        }],
    });
    let plan = match Plan::check(&plan) {
        Ok(plan) => plan,
        Err(problems) => {
            eprintln!("{problems:#?}");
            return ExitCode::FAILURE;
        }
    };
    let started = Instant::now();
    let mut world = World::new(plan, Vec::new(), 4, Span::from_millis(5), Faults::default());
    world.play(Span::from_secs(4_000));
    let took = started.elapsed().as_secs_f64();
    let (joined, is_done) = (world.chat.counts.events.get("joinRoom").copied().unwrap_or(0), world.run.is_done());
    println!("a ten-minute ramp to {USERS} users: {took:.1} s (promised: {PROMISED_S} s), {joined} joined");
    if is_done && joined == u64::from(USERS) && took < PROMISED_S { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
