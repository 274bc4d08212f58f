//! What a conductor pays for 200 generators: milliseconds to decode and merge a second's parts, and bytes on the wire.
//!
//! `cargo run --release --example swarm_bench`. Absolute times depend on the machine; the ratio to a second is what counts.

use std::time::Instant;

use base::time::{Span, Timestamp};
use engine::wire::{FromWorker, Snapshot};
use metrics::{HealthDelta, Ledger, Recorder, UserId, UsersByState};
use plan::Plan;
use run::{Capacity, Run, layout};
use serde_json::json;
use swarm::{
    Conductor, ConductorOutput, Keys, LinkEvent, Loading, Opener, Said, Sealer, Secret, SessionId, Signer, ToConductor,
    What, pack,
};

const GENERATORS: usize = 200;
const USERS_EACH: u32 = 150;
const SECONDS: u64 = 20;

fn main() {
    let (mut run, mut conductor, sessions) = swarm();
    let mut generators: Vec<_> = (0..GENERATORS).map(Part::new).collect();
    let (mut bytes, mut merged_ms, mut packed_ms) = (0, 0.0, 0.0);
    for second in 1..=SECONDS {
        let (parts, millis) = timed(|| generators.iter_mut().map(|part| part.next(second)).collect::<Vec<_>>());
        packed_ms += millis;
        bytes += parts.iter().map(Vec::len).sum::<usize>();
        let now_ms = 1_000.0 * (second as f64 + 1.0);
        let ((), millis) = timed(|| {
            for (message, session) in parts.into_iter().zip(&sessions) {
                conductor.on_event(LinkEvent::Message { from: *session, message });
                while let Some(output) = conductor.poll() {
                    if let ConductorOutput::Run(input) = output {
                        run.handle(now_ms, input);
                    }
                }
            }
            while run.poll().is_some() {}
        });
        merged_ms += millis;
    }
    let per_second = |sum: f64| sum / SECONDS as f64;
    println!("{GENERATORS} generators of {USERS_EACH} users, a message each in 20 s, rooms of 20:");
    println!("  a generator sends {:.0} bytes a second", bytes as f64 / (SECONDS as f64 * GENERATORS as f64));
    println!("  a generator packs its part in {:.2} ms", per_second(packed_ms) / GENERATORS as f64);
    println!("  the conductor decodes and merges a part in {:.2} ms", per_second(merged_ms) / GENERATORS as f64);
    println!("  that is {:.0} % of its time", per_second(merged_ms) / 10.0);
    let (seal_ms, open_ms) = sealing(bytes / (SECONDS as usize * GENERATORS));
    println!("its link's worker, not the page, looks at signatures:");
    println!("  to sign and seal such a part takes {seal_ms:.2} ms, to open it {open_ms:.2} ms");
}

/// What it costs to sign and seal a message of this size, and to open it: milliseconds each.
fn sealing(bytes: usize) -> (f64, f64) {
    let keys = Keys::to_conduct(Secret::new([1; 32]));
    let topic = keys.topics().conductor();
    let mut sealer = Sealer::new(&keys, Signer::new(Secret::new([2; 32])), Loading(0));
    let mut opener = Opener::new(&keys);
    let packet = vec![7; bytes];
    let (sealed, seal_ms) = timed(|| (0..MESSAGES).filter_map(|_| sealer.seal(&topic, &packet)).collect::<Vec<_>>());
    let (opened, open_ms) = timed(|| sealed.iter().filter(|sealed| opener.open(&topic, sealed).is_ok()).count());
    assert_eq!(opened, MESSAGES);
    (seal_ms / MESSAGES as f64, open_ms / MESSAGES as f64)
}

const MESSAGES: usize = 1_000;

/// A run of that many browsers, as its conductor has it.
fn swarm() -> (Run, Conductor, Vec<SessionId>) {
    let plan = json!({"version": 1, "name": "bench", "seed": 1, "populations": [{
        "name": "users", "scenario": "ktb-chat",
        "load": {"model": "closed", "start": 30_000, "stages": [{"duration_s": 600, "target": 30_000}]},
    }]});
    let plan = Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:?}"));
    let own = Capacity { only_watches: true, ..Capacity::own(2, 250) };
    let others = (0..GENERATORS).map(|n| Capacity { browser: Some(format!("g{n}")), ..Capacity::own(2, 250) });
    let parts = layout(&std::iter::once(own).chain(others).collect::<Vec<_>>(), 4);
    let sessions: Vec<_> = (0..GENERATORS as u64).map(SessionId::new).collect();
    let mut conductor = Conductor::default();
    sessions.iter().for_each(|session| conductor.on_event(LinkEvent::Arrived(*session)));
    let places = sessions.iter().map(|session| Some(*session)).chain([None]).collect();
    conductor.begin("k3f".to_owned(), places);
    while conductor.poll().is_some() {}
    (Run::new(1_000.0, plan, Vec::new(), "k3f".to_owned(), parts), conductor, sessions)
}

/// One generator's worker, as far as its hand-over is concerned.
struct Part {
    recorder: Recorder,
    ledger: Ledger,
    first_user: u32,
    random: fastrand::Rng,
}

impl Part {
    fn new(number: usize) -> Self {
        let first_user = number as u32 * USERS_EACH;
        let mut ledger = Ledger::new("k3f", Span::from_secs(5));
        for user in first_user..first_user + USERS_EACH {
            ledger.enter(Timestamp::ZERO, &room(user), UserId(user));
        }
        let random = fastrand::Rng::with_seed(number as u64);
        Self { recorder: Recorder::new(Timestamp::ZERO), ledger, first_user, random }
    }

    /// What it hands over for a second: 7 or 8 messages of its users, heard by the 20 of the same room.
    fn next(&mut self, second: u64) -> Vec<u8> {
        let now = Timestamp::ZERO + Span::from_secs(second);
        let series =
            ["message.round_trip", "message.round_trip.intended", "message.ack", "message.fanout", "pacing.error"]
                .map(|metric| self.recorder.series(metric, "users"));
        let counters =
            ["frames.in", "frames.out", "bytes.in", "bytes.out", "events.in.message", "events.out.chatMessage"]
                .map(|counter| self.recorder.counter(counter, "users"));
        for _ in 0..USERS_EACH / 20 {
            let sender = UserId(self.first_user + self.random.u32(..USERS_EACH));
            let tag = self.ledger.send(now, &room(sender.0), sender);
            let mut frame = String::new();
            tag.write("k3f", &mut frame);
            for receiver in sender.0 / 20 * 20..sender.0 / 20 * 20 + 20 {
                let delay = self.delay();
                self.ledger.receive(now + delay, UserId(receiver), &frame);
                self.recorder.sample(now, series[3], delay);
            }
            for metric in [0, 1, 2, 4] {
                let delay = self.delay();
                self.recorder.sample(now, series[metric], delay);
            }
            counters.iter().for_each(|counter| self.recorder.count(*counter, 20));
        }
        let (ledger, sent, completions) = self.ledger.drain(now);
        let users = vec![UsersByState { active: USERS_EACH, ..UsersByState::default() }];
        let health = HealthDelta { lag: vec![Span::from_micros(900); 20], ..HealthDelta::default() };
        let metrics = self.recorder.drain();
        let snapshot = Snapshot { at: now, metrics, users, ledger, sent, completions, health, ..Snapshot::default() };
        let what = What::Message(Box::new(FromWorker::Snapshot(Box::new(snapshot))));
        let said = vec![Said { worker: 0, what }];
        pack(&ToConductor::Part { run: "k3f".to_owned(), number: second - 1, obeyed: 0, said })
    }

    fn delay(&mut self) -> Span {
        Span::from_micros(1_000 + self.random.u64(..8_000))
    }
}

fn room(user: u32) -> String {
    format!("room {}", user / 20)
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn timed<R>(what: impl FnOnce() -> R) -> (R, f64) {
    let start = Instant::now();
    let result = what();
    (result, start.elapsed().as_secs_f64() * 1e3)
}
