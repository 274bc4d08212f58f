//! When audio leaves an engine, chunk by chunk.

use base::time::{Span, Timestamp};
use engine::Engine;
use engine::ports::{FrameId, FromEdge, Input, Output, SocketId, ToEdge};
use engine::wire::{Lending, WorkerLoad};
use metrics::{HistogramDelta, MetricsDelta};
use plan::{Plan, Segment};
use protocol::audio::Clip;
use serde_json::{Map, Value, json};

/// One worker, and every shared frame it sent: when, by which socket, which one.
struct Studio {
    engine: Engine,
    now: Timestamp,
    /// How long a socket takes for a frame.
    sending: Span,
    sent: Vec<(Timestamp, u32, FrameId)>,
}

impl Studio {
    /// So many connected users with this flow, 100 chunks a second.
    fn new(users: u32, flow: Value) -> Self {
        Self::with_format(users, flow, 8_000, 80)
    }

    fn with_format(users: u32, flow: Value, rate: u32, chunk_samples: u32) -> Self {
        let document = json!({
            "version": 1, "name": "t", "protocol": "websocket", "connect": { "url": "ws://h", "reconnect": "none" },
            "audio": {
                "rate": rate, "chunk_samples": chunk_samples, "outbound": { "event": "say", "field": "audio" },
                "inbound": { "event": "said", "field": "/audio", "done": "done" },
            },
            "flow": flow,
        });
        let load = json!({ "model": "closed", "start": users, "stages": [{ "duration_s": 7200, "target": users }] });
        let plan = json!({ "version": 1, "name": "t", "seed": 1, "handshakes_in_flight": 64,
            "populations": [{ "name": "p", "scenario": document, "load": load }] });
        let load = WorkerLoad {
            plan: Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:#?}")),
            segment: Segment::whole(),
            run: "k3f".to_owned(),
            csv: Vec::new(),
            clips: vec![Clip::new("beep".to_owned(), 8_000, &[9_000; 80 * 3])],
            handshakes_in_flight: 64,
            fetches_in_flight: 1,
            sockets: None,
            trial: None,
            starve_ms: 0,
            limits: None,
            is_remote: false,
            life: 0,
            lending: Lending::default(),
        };
        let engine = Engine::new(&load).expect("the plan is good");
        let mut studio = Self { engine, now: Timestamp::ZERO, sending: Span::ZERO, sent: Vec::new() };
        studio.give(Input::Start { shared: vec![Map::new()] });
        for socket in 0..users {
            studio.give(Input::Edge(FromEdge::Opened { socket: SocketId(socket) }));
        }
        studio
    }

    fn give(&mut self, input: Input<'_>) {
        self.engine.handle(self.now, 0.0, input);
        while let Some(output) = self.engine.poll() {
            if let Output::Edge(ToEdge::SendShared { socket, frame, due }) = output {
                self.now += self.sending;
                self.engine.on_shared_sent(self.now, 0.0, socket, due);
                self.sent.push((self.now, socket.0, frame));
            }
        }
    }

    /// Time passes, every timer on time.
    fn play(&mut self, until: Timestamp) {
        while let Some(due) = self.engine.next_timeout().filter(|due| *due <= until) {
            self.now = due.max(self.now);
            self.give(Input::Timeout);
        }
        self.now = until;
    }

    /// Time passes in which nobody looks at the clock.
    fn freeze(&mut self, until: Timestamp) {
        self.now = until;
        self.give(Input::Timeout);
    }

    fn text(&mut self, socket: u32, frame: &str) {
        self.give(Input::Edge(FromEdge::Text { socket: SocketId(socket), frame }));
    }

    /// The audio in every frame that a socket sent: how many of its bytes are base64 of silence.
    fn loud(&self, socket: u32) -> String {
        let sent = self.sent.iter().filter(|(_, by, _)| *by == socket);
        sent.map(|(_, _, frame)| if self.engine.frames().text(*frame).contains("AAAAAAAA") { '.' } else { '#' })
            .collect()
    }

    fn metrics(&mut self) -> MetricsDelta {
        self.engine.snapshot(self.now).metrics
    }
}

fn at(millis: u64) -> Timestamp {
    Timestamp::from_micros(millis * 1_000)
}

fn counter(metrics: &MetricsDelta, name: &str) -> u64 {
    metrics.counters.iter().find(|delta| delta.counter == name).map_or(0, |delta| delta.count)
}

#[track_caller]
fn histogram<'a>(metrics: &'a MetricsDelta, name: &str) -> &'a HistogramDelta {
    metrics.histograms.iter().find(|delta| delta.metric == name).unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn an_hour_of_chunks_does_not_drift() {
    let mut studio = Studio::with_format(1, json!([{ "mic": "continuous" }]), 24_000, 4_096);
    studio.play(at(3_600_000));
    // 3600 s * 24000 / 4096 = 21093.75 chunks.
    assert_eq!(studio.sent.len(), 21_093);
    for (index, (time, ..)) in studio.sent.iter().enumerate() {
        let due = (index as u64 + 1) * 4_096 * 1_000_000 / 24_000;
        // The engine may sleep 0.1 ms longer than it has to.
        let late = time.as_micros() - due;
        assert!(late <= 100, "chunk {index} is {late} µs late");
    }
}

#[test]
fn what_is_late_is_sent_at_once_and_moves_nothing() {
    let mut studio = Studio::new(1, json!([{ "mic": "continuous" }]));
    studio.play(at(100));
    studio.metrics();
    studio.sent.clear();
    studio.freeze(at(165));
    assert_eq!(studio.sent.len(), 6, "those of 110 to 160 ms");
    let metrics = studio.metrics();
    // 55, 45, 35, 25 ms late; 15 and 5 ms are not.
    assert_eq!((counter(&metrics, "audio.chunks.out"), counter(&metrics, "audio.chunks.late")), (6, 4));
    let pacing = histogram(&metrics, "audio.pacing.error");
    assert_eq!((pacing.min_us, pacing.max_us), (5_000, 55_000));
    studio.sent.clear();
    studio.play(at(181));
    let times: Vec<Timestamp> = studio.sent.iter().map(|(time, ..)| *time).collect();
    assert_eq!(times, [at(170), at(180)]);
}

#[test]
fn what_queues_behind_other_frames_is_late() {
    // All chunks of one moment had the time of the first of them, however long the socket took for each.
    let mut studio = Studio::new(30, json!([{ "mic": "continuous" }]));
    studio.sending = Span::from_millis(1);
    studio.freeze(at(10));
    let metrics = studio.metrics();
    let pacing = histogram(&metrics, "audio.pacing.error");
    assert_eq!((pacing.count(), pacing.min_us, pacing.max_us), (30, 1_000, 30_000));
    assert_eq!(counter(&metrics, "audio.chunks.late"), 10);
}

#[test]
fn microphones_send_what_their_mode_says() {
    #[track_caller]
    fn check(mic: &str, expected: &str) {
        let flow = json!([
            { "mic": mic }, { "think": { "fixed_ms": 25 } }, { "speak": { "clip": "beep" } }, { "listen": { "required": false } },
        ]);
        let mut studio = Studio::new(1, flow);
        studio.play(at(105));
        studio.text(0, r#"{"type":"said","audio":"AAE="}"#);
        studio.play(at(125));
        assert_eq!(studio.loud(0), expected, "{mic}");
    }
    // The chunk that is being spoken at 25 ms is silent; the utterance begins with the next one.
    check("continuous", "...###......");
    check("while_speaking", "###.....");
    check("push_to_talk", "###");
}

#[test]
fn utterances_are_cut_said_again_and_switched_off() {
    #[track_caller]
    fn check(steps: Value, expected: &str) {
        let mut flow = vec![json!({ "mic": "push_to_talk" })];
        flow.extend(steps.as_array().expect("it is a list").iter().cloned());
        let mut studio = Studio::new(1, json!(flow));
        studio.play(at(200));
        assert_eq!(studio.loud(0), expected);
    }
    check(json!([{ "speak": { "clip": "beep" } }, { "speak": { "clip": "beep" } }]), "######");
    // The least is 100 ms.
    check(json!([{ "speak": { "clip": "beep", "length_s": 0.1 } }]), "##########");
    check(json!([{ "speak": { "clip": "nobody ${user.index}" } }, { "speak": { "clip": "beep" } }]), "###");
    check(json!([{ "mic": "off" }, { "speak": { "clip": "beep" } }]), "");
}

#[test]
fn users_share_their_frames() {
    let mut studio = Studio::new(
        20,
        json!([{ "mic": "push_to_talk" }, { "speak": { "clip": "beep", "gain_db": "${user.index % 2}" } }]),
    );
    studio.play(at(100));
    assert_eq!(studio.sent.len(), 60);
    let mut frames: Vec<FrameId> = studio.sent.iter().map(|(_, _, frame)| *frame).collect();
    frames.sort_unstable();
    frames.dedup();
    // A gain of 1 dB is rounded to none.
    assert_eq!(frames.len(), 3);
}

#[test]
fn the_end_of_speech_is_its_last_loud_sample() {
    // 240 samples of the clip are loud: up to 30 ms after it began.
    let flow = json!([{ "mic": "while_speaking" }, { "speak": { "clip": "beep" } }, { "listen": {} }]);
    let mut studio = Studio::with_format(1, flow, 8_000, 800);
    // 100 ms chunks: the one with the utterance is sent at 100 ms, and was spoken by 30 ms.
    studio.play(at(250));
    studio.text(0, r#"{"type":"said","audio":"AAE="}"#);
    let metrics = studio.metrics();
    assert_eq!(histogram(&metrics, "answer.first_audio").max_us, 220_000);
}

#[test]
fn a_clip_that_does_not_exist_is_told_before_the_run() {
    let document = json!({
        "version": 1, "name": "t", "protocol": "websocket", "connect": { "url": "ws://h" },
        "audio": { "outbound": { "event": "say", "field": "audio" }, "inbound": { "event": "said", "field": "/audio", "done": "done" } },
        "flow": [{ "speak": { "clip": "nobody" } }],
    });
    let plan = json!({ "version": 1, "name": "t", "seed": 1, "populations": [
        { "name": "p", "scenario": document, "load": { "model": "batch", "users": 1, "size": 1, "every_s": 1, "hold_s": 1 } },
    ]});
    let load = WorkerLoad {
        plan: Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:#?}")),
        segment: Segment::whole(),
        run: "k3f".to_owned(),
        csv: Vec::new(),
        clips: Vec::new(),
        handshakes_in_flight: 1,
        fetches_in_flight: 1,
        sockets: None,
        trial: None,
        starve_ms: 0,
        limits: None,
        is_remote: false,
        life: 0,
        lending: Lending::default(),
    };
    let problem = Engine::new(&load).err().map(|error| error.to_string());
    assert_eq!(problem.as_deref(), Some(r#"population "p": there is no clip "nobody", only order, weather, weekend"#));
}
