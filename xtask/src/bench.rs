//! `cargo xtask bench`: ratios measured side by side in one run, because absolute times of a busy machine say little.

use crate::artifacts::{self, Lab};
use crate::shell::{command, line, run};
use crate::{browser, mosquitto};

pub const PARTS: &[&str] = &[
    "browser",
    "inbound",
    "codec",
    "simulation",
    "voice",
    "swarm",
    "picture",
    "contexts",
    "conclusions",
    "page",
    "sizes",
];

/// Runs the named parts (none named: all).
pub fn bench(only: &[String]) -> Result<(), String> {
    let wants = |part: &str| only.is_empty() || only.iter().any(|wanted| wanted == part);
    if ["browser", "contexts", "conclusions", "page", "sizes"].into_iter().any(wants) {
        artifacts::build_page()?;
    }
    // What misses its target is said at the end; the other parts are still of interest.
    let mut outcome = Ok(());
    if wants("browser") {
        outcome = outcome.and(inbound_frames());
    }
    if wants("conclusions") {
        outcome = outcome.and(long_conclusions());
    }
    if wants("contexts") {
        outcome = outcome.and(eight_contexts());
    }
    if wants("page") {
        outcome = outcome.and(promised_times());
    }
    if wants("inbound") {
        println!("\n==> inbound frames on the host");
        run(&mut line("cargo run --quiet --release -p engine --example inbound_bench"))?;
    }
    if wants("codec") {
        println!("\n==> codec on the host");
        run(&mut line("cargo run --quiet --release --example codec_bench"))?;
    }
    if wants("voice") {
        println!("\n==> an hour of 1,000 voice users in simulated time");
        run(&mut line("cargo run --quiet --release --example voice_hour"))?;
    }
    if wants("swarm") {
        println!("\n==> a conductor of 200 generators on the host");
        run(&mut line("cargo run --quiet --release --example swarm_bench"))?;
    }
    if wants("picture") {
        println!("\n==> a second of the run page on the host");
        run(&mut line("cargo run --quiet --release --example picture_bench"))?;
    }
    if wants("simulation") {
        println!("\n==> simulation on the host");
        outcome = outcome.and(run(&mut line("cargo run --quiet --release --example simulation_bench")));
    }
    if wants("sizes") {
        println!("\n==> sizes");
        // Node has brotli built in; a crate for it would double this program's build time.
        run(command("node").args(["e2e/bench/sizes.mjs", "dist"]))?;
    }
    outcome
}

/// The engine beside a worker that only counts, and beside the official client, in one Chromium.
fn inbound_frames() -> Result<(), String> {
    let chromium = browser::ensure_chromium()?;
    browser::ensure_e2e_packages()?;
    println!("\n==> inbound frames in one Chromium");
    run(command("node").arg("e2e/bench/inbound.mjs").env("CHROME", chromium))
}

/// Eight browsers' worth of users: all connect, both sides count the same, all leave.
fn eight_contexts() -> Result<(), String> {
    let (chromium, broker) = (browser::ensure_chromium()?, mosquitto::ensure_mosquitto()?);
    browser::ensure_e2e_packages()?;
    let lab = artifacts::build_lab(Lab::WithRoom)?;
    println!("\n==> 8 x 250 users in contexts of one Chromium");
    let mut bench = command("node");
    run(bench.arg("e2e/bench/contexts.mjs").env("CHROME", chromium).env("MOSQUITTO", broker).env("TABSWARM_LAB", lab))
}

/// Healthy runs, a server that stands still, a browser that is held: what is concluded of them.
fn long_conclusions() -> Result<(), String> {
    let chromium = browser::ensure_chromium()?;
    browser::ensure_e2e_packages()?;
    let lab = artifacts::build_lab(Lab::WithRoom)?;
    println!("\n==> what runs conclude");
    run(command("node").arg("e2e/bench/conclusions.mjs").env("CHROME", chromium).env("TABSWARM_LAB", lab))
}

/// Stories of what a page is still quick enough for, held to what is promised of a machine that does nothing else.
fn promised_times() -> Result<(), String> {
    let chromium = browser::ensure_chromium()?;
    browser::ensure_e2e_packages()?;
    let lab = artifacts::build_lab(Lab::WithRoom)?;
    println!("\n==> stories that measure, held to the promised times");
    let stories = ["voice-pacing", "chat-and-voice", "one-room-250"];
    let mut tests = command("node");
    tests.args(["--test", "--test-concurrency=1", "--test-reporter=spec"]);
    tests.args(stories.map(|story| format!("e2e/tests/{story}.calm.test.mjs")));
    run(tests.env("CHROME", chromium).env("TABSWARM_LAB", lab).env("TABSWARM_PROMISED", "1"))
}
