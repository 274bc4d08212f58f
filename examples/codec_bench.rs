//! Nanoseconds per frame of the codec on the host, beside a full parse of the same frame in the same run.
//!
//! `cargo run --release --example codec_bench` prints a table, `-- --json` one line of JSON. Absolute times depend on the
//! machine and on what else it does; the ratios are what counts.

use std::hint::black_box;
use std::time::Instant;

use base::time::Timestamp;
use protocol::{Incoming, Session, SessionConfig, classify};
use serde_json::{Value, json};

/// A kind of frame, and what one of them costs.
struct Row {
    name: String,
    bytes: usize,
    /// `None`: not an event, so there is nothing to classify.
    classify: Option<f64>,
    on_text: f64,
    /// `on_text`, and one field of the first argument is found without parsing the others.
    find: Option<f64>,
    /// What a client pays that parses every event whole. The base line of the ratio.
    full_parse: Option<f64>,
}

fn main() {
    let rows: Vec<Row> = frames().into_iter().map(|(name, frame)| measure(name, &frame)).collect();
    if std::env::args().any(|argument| argument == "--json") {
        println!("{}", Value::from_iter([("codec_ns_per_frame", rows.iter().map(Row::to_json).collect::<Value>())]));
    } else {
        print_table(&rows);
    }
}

fn frames() -> Vec<(String, String)> {
    let mut frames: Vec<_> = [300, 600, 2_000]
        .map(|bytes| (format!("event of {bytes} bytes"), message(bytes, "lorem ipsum dolor sit amet ")))
        .into();
    frames.push(("event of 600 bytes, Korean".to_owned(), message(600, "부하 시험 문장입니다 ")));
    frames.push(("acknowledgement".to_owned(), "4317[]".to_owned()));
    frames.push(("ping".to_owned(), "2".to_owned()));
    frames
}

/// A chat message as the KTB server broadcasts it, its text filled up to the wanted size.
fn message(bytes: usize, filler: &str) -> String {
    let with = |content: &str| {
        let sender = json!({"_id": "65f1c0ffee65f1c0ffee65f1", "name": "load 17", "email": "load.17@example.test"});
        let message = json!({
            "_id": "65f1c0ffee65f1c0ffee65f2", "room": "65f1c0ffee65f1c0ffee65f3", "type": "text", "content": content,
            "sender": sender, "timestamp": 1_764_800_000_000_u64, "readers": [], "reactions": {},
        });
        format!("42{}", json!(["message", message]))
    };
    let missing = bytes.saturating_sub(with("").len());
    let mut content = String::new();
    for character in filler.chars().cycle() {
        if content.len() + character.len_utf8() > missing {
            break;
        }
        content.push(character);
    }
    with(&content)
}

fn measure(name: String, frame: &str) -> Row {
    let (mut plain, mut looking) = (connected(), connected());
    let is_event = classify(frame).is_some();
    let [classify, on_text, find, full_parse] = fastest([
        &mut || {
            black_box(classify(black_box(frame)));
        },
        &mut || receive(&mut plain, black_box(frame), &mut |incoming| drop(black_box(incoming))),
        &mut || {
            receive(&mut looking, black_box(frame), &mut |incoming| {
                if let Incoming::Event { args, .. } = incoming {
                    black_box(args.find(0, "/type"));
                }
            });
        },
        &mut || drop(black_box(serde_json::from_str::<Value>(black_box(frame).get(2..).unwrap_or_default()))),
    ]);
    let event_only = |nanoseconds| is_event.then_some(nanoseconds);
    Row {
        name,
        bytes: frame.len(),
        classify: event_only(classify),
        on_text,
        find: event_only(find),
        full_parse: event_only(full_parse),
    }
}

fn receive(session: &mut Session, frame: &str, hear: &mut dyn FnMut(Incoming<'_>)) {
    let first = session.on_text(Timestamp::ZERO, frame);
    for incoming in first.into_iter().chain(std::iter::from_fn(|| session.poll_event())) {
        assert!(!matches!(incoming, Incoming::Invalid(_)), "the bench sends valid frames");
        hear(incoming);
    }
    // A ping is answered, and the answer must not pile up.
    black_box(session.poll_transmit());
}

fn connected() -> Session {
    let mut session = Session::new(SessionConfig::SocketIo { namespace: "/".to_owned(), auth: None });
    for frame in [r#"0{"sid":"e","upgrades":[],"pingInterval":25000,"pingTimeout":20000}"#, r#"40{"sid":"s"}"#] {
        receive(&mut session, frame, &mut |_| {});
    }
    session
}

/// Nanoseconds per call of each candidate, in its fastest round: what else the machine does can only make one slower.
/// The candidates take turns, so that a busy moment hits all of them and not the ratio.
fn fastest<const N: usize>(mut candidates: [&mut dyn FnMut(); N]) -> [f64; N] {
    let mut best = [f64::INFINITY; N];
    for _ in 0..ROUNDS {
        for (candidate, best) in candidates.iter_mut().zip(&mut best) {
            #[expect(clippy::disallowed_methods, reason = "a bench measures real time; it is no part of the core")]
            let start = Instant::now();
            for _ in 0..CALLS {
                candidate();
            }
            *best = best.min(start.elapsed().as_nanos() as f64 / f64::from(CALLS));
        }
    }
    best
}

impl Row {
    fn to_json(&self) -> Value {
        json!({
            "frame": self.name, "bytes": self.bytes, "classify": self.classify, "on_text": self.on_text,
            "on_text_and_find": self.find, "full_parse": self.full_parse,
            "full_parse_over_on_text": self.ratio(),
        })
    }

    fn ratio(&self) -> Option<f64> {
        self.full_parse.map(|full_parse| full_parse / self.on_text)
    }
}

fn print_table(rows: &[Row]) {
    let cell = |value: Option<f64>| value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"));
    println!("nanoseconds per frame, fastest of {ROUNDS} rounds of {CALLS}");
    let head = ["bytes", "classify", "on_text", "+ a field", "full parse", "parse / on_text"];
    print_line("frame", &head.map(str::to_owned));
    for row in rows {
        let times = [row.classify, Some(row.on_text), row.find, row.full_parse, row.ratio()].map(cell);
        let [classify, on_text, find, full_parse, ratio] = times;
        print_line(&row.name, &[row.bytes.to_string(), classify, on_text, find, full_parse, ratio]);
    }
}

fn print_line(name: &str, cells: &[String; 6]) {
    let cells: String = cells.iter().map(|cell| format!("{cell:>16}")).collect();
    println!("{name:<27}{cells}");
}

const ROUNDS: u32 = 200;
const CALLS: u32 = 2_000;
