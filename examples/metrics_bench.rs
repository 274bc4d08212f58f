//! Nanoseconds that measuring costs on the host: a sample, and a received message in the delivery ledger.
//!
//! `cargo run --release --example metrics_bench`. Absolute times depend on the machine and on what else it does.

use std::hint::black_box;
use std::time::Instant;

use base::time::{Span, Timestamp};
use metrics::{Ledger, Recorder, UserId};

fn main() {
    println!("a sample: {:.0} ns", fastest(sample));
    for members in [10, 250, 1_000] {
        println!("a received message, {members} members in a room: {:.0} ns", fastest(|| receive(members)));
    }
}

/// The best of some rounds: what else the machine does only ever adds.
fn fastest(mut round: impl FnMut() -> f64) -> f64 {
    (0..7).map(|_| round()).fold(f64::INFINITY, f64::min)
}

fn sample() -> f64 {
    let mut recorder = Recorder::new(Timestamp::ZERO);
    let series: Vec<_> = (0..30).map(|n| recorder.series(&format!("m{n}"), "p")).collect();
    let mut random = fastrand::Rng::with_seed(7);
    let values: Vec<_> = (0..4_096).map(|_| Span::from_micros(random.u64(300..60_000))).collect();
    per_step(1_000_000, |n| {
        recorder.sample(Timestamp::from_micros(n as u64), series[n % series.len()], values[n % values.len()]);
        if n % 5_000 == 0 {
            black_box(recorder.drain());
        }
    })
}

/// Everybody speaks in turn and everybody hears it: the whole life of the messages, settlement included.
fn receive(members: u32) -> f64 {
    let mut ledger = Ledger::new("a1b", Span::from_secs(5));
    (0..members).for_each(|user| ledger.enter(Timestamp::ZERO, "room", UserId(user)));
    let messages = (400_000 / members).max(2_000 / members + 1);
    let mut now = Timestamp::ZERO;
    let filler = "lorem ipsum dolor sit amet ".repeat(20);
    let mut frame = String::new();
    per_step(messages as usize, |n| {
        let tag = ledger.send(now, "room", UserId(n as u32 % members));
        frame.clear();
        frame.push_str("42[\"message\",{\"content\":\"");
        tag.write("a1b", &mut frame);
        frame.push_str(&filler);
        frame.push_str("\"}]");
        for user in 0..members {
            now += Span::from_micros(50);
            black_box(ledger.receive(now, UserId(user), &frame));
        }
        if n % 8 == 0 {
            black_box(ledger.drain(now));
        }
    }) / f64::from(members)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn per_step(steps: usize, mut step: impl FnMut(usize)) -> f64 {
    let start = Instant::now();
    (0..steps).for_each(&mut step);
    start.elapsed().as_nanos() as f64 / steps as f64
}
