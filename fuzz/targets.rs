//! What each decoder is tried with: plain functions of bytes, shared by the fuzzer and by the test that plays the kept corpora
//! (`tests/fuzz.rs`). A target fails by a panic.

use std::sync::LazyLock;

use app::plan::{csv::CsvTable, share};
use app::text_file::TextFile;
use base::time::{Span, Timestamp};
use base::url as ours;
use engine::wire::FromWorker;
use metrics::{Histogram, Tag};
use plan::{Plan, Threshold};
use protocol::audio::wav;
use protocol::{Session, SessionConfig};
use run::{Capacity, Run, RunInput, layout};
use scenario::{EvaluationScope, UserFacts, compile};
use serde_json::{Map, Value};
use socketio::{Args, Incoming, engineio};
use swarm::*;

type Target = fn(&[u8]);

/// By name; each has a folder of that name in `fuzz/corpus`.
pub const TARGETS: [(&str, Target); 17] = [
    ("csv", csv),
    ("envelopes", envelopes),
    ("expressions", expressions),
    ("frames", frames),
    ("histograms", histograms),
    ("journals", journals),
    ("json", json),
    ("links", links),
    ("members", members),
    ("mqtt", mqtt),
    ("plans", plans),
    ("reports", reports),
    ("scenarios", scenarios),
    ("sessions", sessions),
    ("tags", tags),
    ("urls", urls),
    ("wav", waves),
];

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes)
        .unwrap_or_else(|error| std::str::from_utf8(&bytes[..error.valid_up_to()]).expect("it is valid up to there"))
}

fn frames(bytes: &[u8]) {
    let frame = text(bytes);
    if let Ok(packet) = engineio::decode(frame) {
        let again = engineio::encode(&packet);
        assert_eq!(engineio::decode(&again).as_ref(), Ok(&packet), "{again}");
    }
    if let Ok((namespace, packet)) = socketio::decode(frame) {
        assert!(namespace.len() <= frame.len().max(1));
        drop(format!("{packet:?}"));
    }
}

/// Frames stand between zeros; one that begins with a one is binary.
fn sessions(bytes: &[u8]) {
    let configs = [
        SessionConfig::SocketIo { namespace: "/chat".into(), auth: Some("{\"token\":1}".into()) },
        SessionConfig::SocketIo { namespace: "/".into(), auth: None },
        SessionConfig::WebSocket { event_field: "type".into() },
    ];
    for config in configs {
        let mut session = Session::new(config);
        let mut answers = Vec::new();
        let mut hear = |incoming: Incoming<'_>| match incoming {
            Incoming::Event { ack: Some(ack), args, .. } => {
                let _ = (args.values(), args.value(0, "/a/0"));
                answers.push(ack);
            }
            other => drop(format!("{other:?}")),
        };
        session.on_open(Timestamp::ZERO).into_iter().for_each(&mut hear);
        for (place, frame) in bytes.split(|byte| *byte == 0).enumerate() {
            let now = Timestamp::from_micros(place as u64 * 1_000_000);
            let first = match frame.split_first() {
                Some((1, frame)) => session.on_binary(now, frame),
                _ => session.on_text(now, text(frame)),
            };
            first.into_iter().for_each(&mut hear);
            if let Some(due) = session.next_timeout() {
                session.on_timeout(due.min(now)).into_iter().for_each(&mut hear);
            }
            std::iter::from_fn(|| session.poll_event()).for_each(&mut hear);
        }
        session.emit("say", &["1".into()], &[], true);
        answers.into_iter().for_each(|ack| session.acknowledge(ack, &[]));
        session.leave();
        while session.poll_transmit().is_some() {}
    }
}

/// A pointer, a line's end, the list that it points into. What the scan finds is what a parser finds.
fn json(bytes: &[u8]) {
    let (path, list) = text(bytes).split_once('\n').unwrap_or(("", text(bytes)));
    let args = Args::text(list);
    let (found, values) = (args.find(1, path), args.values());
    let _ = (args.find(0, path), base::json::mended(list));
    let Ok(whole) = serde_json::from_str::<First>(&format!("[{list}]")) else { return };
    let Value::Array(whole) = whole.0 else { unreachable!("it is in brackets") };
    assert_eq!(values.as_ref().map(Vec::len).ok(), Some(whole.len()), "{list}");
    let expected = whole.get(1).and_then(|value| value.pointer(path));
    let parsed = found.map(|raw| serde_json::from_str::<First>(raw).map(|first| first.0).ok());
    assert_eq!(parsed, expected.map(|value| Some(value.clone())), "{path} in {list}");
}

/// A document of whose equal keys the first counts, as for the scan.
struct First(Value);

impl<'de> serde::Deserialize<'de> for First {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = First;
            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E>(self) -> Result<First, E> {
                Ok(First(Value::Null))
            }
            fn visit_bool<E>(self, value: bool) -> Result<First, E> {
                Ok(First(value.into()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<First, E> {
                Ok(First(value.into()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<First, E> {
                Ok(First(value.into()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<First, E> {
                Ok(First(value.into()))
            }
            fn visit_str<E>(self, value: &str) -> Result<First, E> {
                Ok(First(value.into()))
            }
            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut all: A) -> Result<First, A::Error> {
                let mut values = Vec::new();
                while let Some(First(value)) = all.next_element()? {
                    values.push(value);
                }
                Ok(First(values.into()))
            }
            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut all: A) -> Result<First, A::Error> {
                let mut map = Map::new();
                while let Some((key, First(value))) = all.next_entry::<String, First>()? {
                    map.entry(key).or_insert(value);
                }
                Ok(First(map.into()))
            }
        }
        deserializer.deserialize_any(Visitor)
    }
}

fn tags(bytes: &[u8]) {
    if let Some(tag) = Tag::find("k3f", text(bytes)) {
        let mut written = String::new();
        tag.write("k3f", &mut written);
        assert_eq!(Tag::find("k3f", &written), Some(tag));
    }
}

/// The first byte: how many packets of an honest broker come before, and how long the pieces are.
fn mqtt(bytes: &[u8]) {
    const HONEST: [&[u8]; 3] = [&[0x20, 2, 0, 0], &[0x90, 3, 0, 1, 0], b"\x30\x05\0\x01thi"];
    let Some((&first, rest)) = bytes.split_first() else { return };
    let subscriptions = ["t".to_owned()];
    let introduction =
        MqttIdentity { client_id: "a", credentials: None, will: Some(("w", vec![1])), subscriptions: &subscriptions };
    let mut mqtt = Mqtt::new(&introduction).expect("nothing of it is forbidden");
    HONEST[..usize::from(first % 4)].iter().for_each(|packet| mqtt.on_bytes(0.0, packet));
    for (place, piece) in rest.chunks(1 + usize::from(first / 4)).enumerate() {
        mqtt.on_bytes(place as f64, piece);
        mqtt.on_tick(place as f64 * 1_000.0);
    }
    mqtt.publish(1e6, "t", vec![1], false);
    while let Some(output) = mqtt.poll() {
        if let MqttOutput::Message { topic, .. } = output {
            assert_eq!(topic, "t");
        }
    }
}

/// The first byte: as it comes, or sealed by somebody who has the key.
fn envelopes(bytes: &[u8]) {
    let Some((&first, rest)) = bytes.split_first() else { return };
    let keys = Keys::to_conduct(Secret::new([1; 32]));
    let signer = keys.signer().expect("it conducts");
    let _ = Safe::new(&signer, [0; 16]).unlock("t", rest);
    let (mut opener, mut sealer) = (Opener::new(&keys), Sealer::new(&keys, signer, Loading(7)));
    for topic in [keys.topics().beacon(), keys.topics().conductor()] {
        let sealed = if first % 2 == 0 { Some(rest.to_vec()) } else { sealer.seal(&topic, rest) };
        let Some(sealed) = sealed else { continue };
        for opened in [opener.open(&topic, &sealed), opener.open_retained(&topic, &sealed)].into_iter().flatten() {
            let _ = SwarmPacket::decode(&opened.packet);
        }
    }
}

/// What a member of a swarm says to a conductor in mid-run, and a conductor to a generator: lengths of two bytes, and messages.
fn members(bytes: &[u8]) {
    let mut rest = bytes;
    let mut said = Vec::new();
    while let Some((head, more)) = rest.split_first_chunk::<2>() {
        let (message, more) = more.split_at(usize::from(u16::from_le_bytes(*head)).min(more.len()));
        said.push(message.to_vec());
        rest = more;
    }
    to_conductor(&said);
    to_generator(&said);
}

/// A run reads its plan several times, so it is as small as one can be: with a whole chat in it forty inputs a second were tried.
static SMALL_PLAN: LazyLock<Plan> = LazyLock::new(|| {
    let load = serde_json::json!({"model": "closed", "start": 5, "stages": [{"duration_s": 60, "target": 5}]});
    let scenario = serde_json::json!({
        "version": 1, "name": "s", "protocol": "websocket", "connect": {"url": "ws://127.0.0.1/", "reconnect": "none"}, "flow": [],
    });
    let plan = serde_json::json!({
        "version": 1, "name": "p", "seed": 1,
        "populations": [{"name": "chat", "scenario": scenario, "load": load}],
    });
    Plan::check(&plan).expect("a plan")
});

fn to_conductor(said: &[Vec<u8>]) {
    const SEAT: SessionId = SessionId(7);
    let kim = Capacity { browser: Some("Kim".into()), ..Capacity::own(2, 250) };
    let parts = layout(&[Capacity::own(2, 250), kim], 4);
    let mut run = Run::new(0.0, SMALL_PLAN.clone(), Vec::new(), "k3f".into(), parts);
    let own = |message| RunInput::From { worker: 0, message };
    run.handle(0.0, own(FromWorker::Ready { build: tabswarm::BUILD_ID.into() }));
    let mut conductor = Conductor::default();
    conductor.on_event(LinkEvent::Arrived(SEAT));
    conductor.begin("k3f".into(), vec![None, Some(SEAT), None, Some(SEAT)]);
    for message in said {
        conductor.on_event(LinkEvent::Message { from: SEAT, message: message.clone() });
        while let Some(output) = conductor.poll() {
            if let ConductorOutput::Run(input) = output {
                run.handle(3_000.0, input);
            }
        }
        while run.poll().is_some() {}
        run.take_put_out().into_iter().for_each(|worker| conductor.put_out(worker));
    }
    assert!(run.totals().timeline().seconds() < 10_000);
}

fn to_generator(said: &[Vec<u8>]) {
    let card = Card {
        name: "Kim".into(),
        browser: "Chromium 156".into(),
        cores: 2,
        sockets: 250,
        only_watches: false,
        consent: Consent::Given,
        offer: 0,
        playing: None,
        build: tabswarm::BUILD_ID.into(),
    };
    let limits = plan::Limits::default();
    let mut generator = Generator::new(card, Bounds { limits, users: 250 });
    for message in said {
        for event in [
            LinkEvent::Message { from: SessionId(1), message: message.clone() },
            LinkEvent::Card(message.clone()),
            LinkEvent::Live(message.clone()),
        ] {
            generator.on_event(1.7e12, event);
        }
        let outputs = std::iter::from_fn(|| generator.poll()).count();
        assert!(outputs < 1_000, "{outputs} things to do");
    }
}

/// A host that we say an address has is the one that a browser goes to; most of all when it is said to be this machine.
fn urls(bytes: &[u8]) {
    let address = text(bytes);
    let _ = (ours::origin(address), ours::decode_component(address), ours::websocket_scheme(address));
    let _ = (ours::has_credentials(address), ours::meant_host(address));
    assert_eq!(ours::decode_component(&ours::encode_component(address)), address);
    let Some(host) = ours::host(address) else { return };
    let Ok(theirs) = url::Url::parse(address.trim()) else { return };
    let name = match theirs.host() {
        Some(url::Host::Domain(name)) => name.strip_suffix('.').unwrap_or(name).to_owned(),
        Some(url::Host::Ipv4(address)) => address.to_string(),
        Some(url::Host::Ipv6(address)) => address.to_string(),
        None => return,
    };
    // A browser writes numbers and foreign letters in its own way; nobody is let in by that.
    let is_plain = host.bytes().all(|byte| byte.is_ascii_lowercase() || b"-.".contains(&byte));
    if ours::is_loopback(&host) || (is_plain && !host.contains("xn--")) {
        assert_eq!(host, name, "{address}");
    }
}

fn links(bytes: &[u8]) {
    let fragment = text(bytes);
    if let Some(Ok(invite)) = Invite::read(fragment) {
        let again = Invite::read(&invite.own()).and_then(Result::ok);
        assert_eq!(again.map(|again| again.broker), Some(invite.broker));
    }
    let _ = share::read_fragment(fragment);
    let _ = Secret::parse(fragment);
}

/// What is checked once is a plan for everybody: a browser that gets it over the network reads the same.
fn plans(bytes: &[u8]) {
    let Ok(document) = serde_json::from_slice::<Value>(bytes) else { return };
    if let Ok(plan) = Plan::check(&document) {
        let again = serde_json::to_value(&plan).expect("a plan is a document");
        assert_eq!(Plan::check(&again).as_ref(), Ok(&plan));
        let _ = (plan.hosts(), plan.most_users(0), plan.duration_s());
    }
}

fn scenarios(bytes: &[u8]) {
    let Ok(document) = serde_json::from_slice::<Value>(bytes) else { return };
    if let Err(problems) = compile(&document, &Map::new()) {
        assert!(!problems.is_empty());
    }
}

/// An expression, and a threshold.
fn expressions(bytes: &[u8]) {
    let inside = text(bytes);
    let _ = inside.parse::<Threshold>();
    let document = serde_json::json!({
        "version": 1, "name": "t", "protocol": "socketio", "connect": {"url": "http://h"},
        "variables": {"x": {"default": {"a": 1}}, "rooms": [1, 2], "result": format!("a ${{{inside}}}")},
    });
    let Ok(program) = compile(&document, &Map::new()) else { return };
    let user = UserFacts { run: "abc".into(), ..UserFacts::default() };
    for variable in &program.variables {
        let mut scope = EvaluationScope {
            user: &user,
            vars: &[Value::Null, serde_json::json!([1]), serde_json::json!({"a": "b"})],
            event: None,
            tag: "",
            wall_ms: 0.0,
            counters: &mut [],
            random: &mut fastrand::Rng::with_seed(4),
        };
        variable.default.as_ref().map(|default| default.value(&mut scope));
    }
}

fn csv(bytes: &[u8]) {
    // The browser's decoder is not here: what it would have to read is no text for this test.
    let Ok(file) = TextFile::read(bytes, |_| None) else { return };
    if let Ok(table) = CsvTable::parse("f", &file.text) {
        assert!(table.rows.iter().all(|row| row.len() == table.columns.len()));
        let _ = table.select(&table.columns);
    }
}

fn waves(bytes: &[u8]) {
    if let Ok(wav) = wav::read(bytes) {
        assert!(wav.rate > 0 && wav.samples.len() <= bytes.len());
    }
}

/// Notes of a run and of a swarm, which a browser has kept: sealed or not, they come from a disk.
fn journals(bytes: &[u8]) {
    drop(results::report_of_notes([bytes], |_| String::new()));
}

fn reports(bytes: &[u8]) {
    let reading = results::archive::read("f", text(bytes));
    for found in &reading.found {
        assert!(!results::archive::line(&found.entry, &found.report).is_empty());
        drop(app::past::PastRun::of(found.report.clone()));
    }
}

fn histograms(bytes: &[u8]) {
    let mut three = Histogram::new();
    [1, 2, 3].map(Span::from_millis).into_iter().for_each(|value| three.record(value));
    let stats = three.stats().expect("it has samples");
    if let Ok(histogram) = Histogram::decode(text(bytes), &stats) {
        let _ = (histogram.stats(), histogram.encode(), histogram.recorded().count());
    }
    // Base64 hides the bytes from a fuzzer.
    let _ = Histogram::decode(&base64_of(bytes), &stats);
}

fn base64_of(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.encode(bytes)
}
