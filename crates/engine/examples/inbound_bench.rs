//! What an inbound frame costs the engine on the host, with the delivery ledger and without it, in turns.
//!
//! `cargo run --release -p engine --example inbound_bench`. Only the ratio means something on another machine.

use std::time::{Duration, Instant};

use serde_json::{Map, json};

use base::time::{Span, Timestamp};
use engine::Engine;
use engine::ports::{FromEdge, Input, Output, SocketId, ToEdge};
use engine::wire::{Lending, WorkerLoad};
use plan::{Plan, Segment};

const USERS: u32 = 20;
const SECONDS: u32 = 30;
const ROUNDS: u32 = 12;

fn main() {
    let (mut counted, mut ledger) = (f64::INFINITY, f64::INFINITY);
    for _ in 0..ROUNDS {
        counted = counted.min(nanoseconds("nothing"));
        ledger = ledger.min(nanoseconds("message"));
    }
    println!("nanoseconds per frame, fastest of {ROUNDS} rounds: {counted:.0} without the ledger, {ledger:.0} with it");
    println!("frames a second with the ledger, of those without: {:.2}", counted / ledger);
}

/// One room whose users say something every quarter of a second, and the server that tells it to all of them.
struct Room {
    engine: Engine,
    now: Timestamp,
    said: Vec<String>,
    took: Duration,
    frames: u32,
}

fn nanoseconds(delivery: &str) -> f64 {
    let mut room = Room {
        engine: Engine::new(&load(delivery)).expect("the plan is good"),
        now: Timestamp::ZERO,
        said: Vec::new(),
        took: Duration::ZERO,
        frames: 0,
    };
    room.give(Input::Start { shared: vec![Map::new()] });
    let end = room.now + Span::from_secs(u64::from(SECONDS));
    while let Some(due) = room.engine.next_timeout().filter(|due| *due < end) {
        room.now = due.max(room.now);
        room.give(Input::Timeout);
        let said = std::mem::take(&mut room.said);
        room.now += Span::from_millis(1);
        said.iter().for_each(|text| room.tell_all(text));
        if said.len() > 5 {
            room.engine.snapshot(room.now);
        }
    }
    assert!(room.frames > USERS * USERS * SECONDS, "everybody hears everybody");
    room.took.as_nanos() as f64 / f64::from(room.frames)
}

impl Room {
    fn tell_all(&mut self, text: &str) {
        let frame = format!(
            r#"42["message",{{"_id":"65f1c0ffee65f1c0ffee65f2","room":"r","type":"text","content":{text},"sender":{{"_id":"65f1c0ffee65f1c0ffee65f1","name":"load 17"}},"timestamp":1764800000000,"readers":[],"reactions":{{}}}}]"#
        );
        #[expect(clippy::disallowed_methods, reason = "a bench measures real time; it is no part of the core")]
        let start = Instant::now();
        for socket in 0..USERS {
            self.hear(socket, &frame);
        }
        self.took += start.elapsed();
        self.frames += USERS;
    }

    fn hear(&mut self, socket: u32, frame: &str) {
        self.give(Input::Edge(FromEdge::Text { socket: SocketId(socket), frame }));
    }

    fn give(&mut self, input: Input<'_>) {
        self.engine.handle(self.now, 1.7e12 + self.now.as_micros() as f64 / 1e3, input);
        while let Some(output) = self.engine.poll() {
            match output {
                Output::Edge(ToEdge::Connect { socket, .. }) => {
                    self.give(Input::Edge(FromEdge::Opened { socket }));
                    self.hear(socket.0, r#"0{"sid":"s","upgrades":[],"pingInterval":25000,"pingTimeout":20000000}"#);
                    self.hear(socket.0, r#"40{"sid":"t"}"#);
                }
                Output::Edge(ToEdge::Send { socket, text }) if text.contains("join") => {
                    let id = text.trim_start_matches("42").split('[').next().unwrap_or_default();
                    self.hear(socket.0, &format!("43{id}[]"));
                }
                Output::Edge(ToEdge::Send { text, .. }) => {
                    let said = text.strip_prefix(r#"42["say","#).and_then(|text| text.strip_suffix(']'));
                    self.said.extend(said.map(str::to_owned));
                }
                _ => {}
            }
        }
    }
}

fn load(delivery: &str) -> WorkerLoad {
    let mut say = json!({ "event": "say", "args": ["${tag} lorem ipsum dolor sit amet"], "message": "r" });
    if delivery == "nothing" {
        // Nobody would know its echo, and what is waited for in vain costs more than the ledger.
        say = json!({ "event": "say", "args": ["~k3f-0-0-0~ lorem ipsum dolor sit amet"] });
    }
    let scenario = json!({
        "version": 1, "name": "t", "protocol": "socketio", "connect": { "url": "http://h", "reconnect": "none" },
        "flow": [{ "emit": { "event": "join", "args": [], "ack": true, "enters": "r" } }],
        "every": [{ "name": "say", "interval": { "fixed_ms": 250 }, "steps": [{ "emit": say }] }],
        "delivery": { "event": delivery, "operation": "say" }, "count": ["message"],
    });
    let load = json!({ "model": "closed", "start": USERS, "stages": [{ "duration_s": 600, "target": USERS }] });
    let plan = json!({
        "version": 1, "name": "t", "seed": 1,
        "populations": [{ "name": "p", "scenario": scenario, "load": load }],
    });
    WorkerLoad {
        plan: Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:#?}")),
        segment: Segment::whole(),
        run: "k3f".to_owned(),
        csv: Vec::new(),
        clips: Vec::new(),
        handshakes_in_flight: USERS,
        fetches_in_flight: 1,
        sockets: None,
        trial: None,
        starve_ms: 0,
        limits: None,
        is_remote: false,
        life: 0,
        lending: Lending::default(),
    }
}
