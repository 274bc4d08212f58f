//! A member of a swarm that means harm, for stories of real browsers: it has the link to join, speaks the protocol like anybody
//! else, plays a part without any users, and lies when it is told to.
//!
//! `hostile_member '#join=…'`. Whoever started it has the socket to the broker (`e2e/lib/hostile-member.mjs`). Lines that come in:
//! `opened`, `bytes HEX`, `closed`, `tick`, and `lie WHAT`. Lines that go out: `open URL`, `send HEX`, `close`. It ends with its input.

use std::io::BufRead;
use std::time::{SystemTime, UNIX_EPOCH};

use base::time::{Span, Timestamp};
use engine::wire::{FromWorker, Snapshot};
use metrics::{CounterDelta, HistogramDelta};
use plan::{Caps, Limits};
use swarm::{
    Bounds, Card, Consent, Decision, Generator, GeneratorOutput, Invite, Keys, Link, LinkCommand, LinkEvent, LinkInput,
    LinkOutput, Loading, Offer, Opener, PacketBody, Peer, Sealer, Secret, Signer, SwarmPacket, unpack,
};
use testkit::Pretender;

fn main() {
    let fragment = std::env::args().nth(1).unwrap_or_default();
    let Some(Ok(invite)) = Invite::read(&fragment) else { panic!("`{fragment}` is no link to join") };
    let mut member = Member::new(invite);
    for line in std::io::stdin().lock().lines().map_while(Result::ok) {
        member.hear(&line);
        member.settle();
    }
}

struct Member {
    keys: Keys,
    broker: String,
    link: Link,
    generator: Generator,
    pretender: Pretender,
    /// It says that it is the same program as the conductor's page.
    build: String,
    opener: Opener,
    /// Who conducts, and the number of his last beacon: every member hears that.
    beacon: Option<(Peer, u64)>,
    ticks: u64,
}

impl Member {
    fn new(invite: Invite) -> Self {
        let Invite { keys, broker, .. } = invite;
        let link = Link::new(&keys, own_signer(), Loading(1), None);
        let generator = obliging(tabswarm::BUILD_ID);
        let (opener, pretender) = (Opener::new(&keys), Pretender::default());
        let build = tabswarm::BUILD_ID.to_owned();
        Self { keys, broker, link, generator, pretender, build, opener, beacon: None, ticks: 0 }
    }

    fn hear(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "opened" => self.link.handle(now_ms(), LinkInput::Opened),
            "bytes" => {
                let bytes = from_hex(rest);
                self.overhear(&bytes);
                self.link.handle(now_ms(), LinkInput::Bytes(&bytes));
            }
            "closed" => self.link.handle(now_ms(), LinkInput::Closed("closed")),
            "tick" => {
                self.link.handle(now_ms(), LinkInput::Tick);
                self.ticks += 1;
                if self.ticks.is_multiple_of(4) {
                    self.hand_over(|_| {});
                }
            }
            "lie" => self.lie(rest),
            other => panic!("`{other}` is none of its words"),
        }
    }

    fn overhear(&mut self, bytes: &[u8]) {
        let topic = self.keys.topics().beacon();
        let place = bytes.windows(topic.len()).position(|piece| piece == topic.as_bytes());
        let sealed = place.map(|place| &bytes[place + topic.len()..]);
        let opened = sealed.and_then(|sealed| self.opener.open_retained(&topic, sealed).ok());
        self.beacon = opened.map(|opened| (opened.from, opened.number)).or(self.beacon);
    }

    /// Until nothing is to be said.
    fn settle(&mut self) {
        loop {
            if let Some(output) = self.link.poll() {
                self.on_link(output);
            } else if let Some(output) = self.generator.poll() {
                self.on_generator(output);
            } else {
                return;
            }
        }
    }

    fn on_link(&mut self, output: LinkOutput) {
        match output {
            LinkOutput::Open => println!("open {}", self.broker),
            LinkOutput::Send(bytes) => send(&bytes),
            LinkOutput::Close => println!("close"),
            LinkOutput::Tell(event) => {
                let is_tick = matches!(event, LinkEvent::Tick(_));
                if let LinkEvent::Card(card) = &event {
                    self.adopt(card);
                }
                self.generator.on_event(now_ms(), event);
                // It says yes to everything.
                let offer = self.generator.offered().map(|offer| offer.number);
                if let (true, Consent::Asked, Some(offer)) = (is_tick, &self.generator.card().consent, offer) {
                    self.generator.decide(Decision { allows: true, offer, samples: true });
                }
            }
        }
    }

    fn adopt(&mut self, card: &[u8]) {
        let Some(offer) = unpack::<Offer>(card).ok().filter(|offer| offer.build != self.build) else { return };
        self.generator = obliging(&offer.build);
        self.build = offer.build;
    }

    fn on_generator(&mut self, output: GeneratorOutput) {
        match output {
            GeneratorOutput::Link(command) => self.link.handle(now_ms(), LinkInput::Command(command)),
            GeneratorOutput::Spawn { workers } => {
                let ready = FromWorker::Ready { build: self.build.clone() };
                (0..workers).for_each(|worker| self.generator.on_worker(worker, ready.clone()));
            }
            GeneratorOutput::Tell { worker, message } => {
                if let Some(answer) = self.pretender.obey(worker, &message) {
                    self.generator.on_worker(worker, answer);
                }
            }
            _ => {}
        }
    }

    fn hand_over(&mut self, change: impl Fn(&mut Snapshot)) {
        for worker in self.pretender.workers() {
            if let Some(mut snapshot) = self.pretender.hand_over(worker, now_ms()) {
                change(&mut snapshot);
                self.generator.on_worker(worker, FromWorker::Snapshot(Box::new(snapshot)));
            }
        }
    }

    fn lie(&mut self, what: &str) {
        let say = |message| LinkInput::Command(LinkCommand::Say { to: None, message });
        match what {
            "at" => self.hand_over(|it| it.at = Timestamp::from_micros(u64::MAX)),
            "sent" => self.hand_over(|it| it.ledger.sent = u64::MAX),
            "missing" => self.hand_over(|it| it.ledger.missing = -4),
            "names" => self.hand_over(|it| it.metrics.counters = (0..15_000).map(counter).collect()),
            "sample" => self.hand_over(|it| it.metrics.histograms = vec![of_71_minutes()]),
            "nils" => self.link.handle(now_ms(), say(vec![0, 0xdd, 0xff, 0xff, 0xff, 0xff])),
            "beacon" => {
                let topic = self.keys.topics().beacon();
                let body = PacketBody::Beacon { card: b"my plan".to_vec() };
                self.publish(&topic, own_signer(), &SwarmPacket { to: None, body });
            }
            "crowd" => {
                let topic = self.keys.topics().conductor();
                let (conductor, beacon) = self.beacon.expect("the conductor was heard");
                for number in 1..=INVENTED {
                    let body = PacketBody::Ask { connection: 1, asked: now_ms(), beacon };
                    self.publish(&topic, signer(number), &SwarmPacket { to: Some(conductor), body });
                }
            }
            other => panic!("`{other}` is none of its lies"),
        }
    }

    /// Past its own link, on the same connection.
    fn publish(&self, topic: &str, signer: Signer, packet: &SwarmPacket) {
        let sealed = Sealer::new(&self.keys, signer, Loading(u64::MAX >> 12)).seal(topic, &packet.encode());
        let sealed = sealed.expect("a member has the key");
        let mut rest = 2 + topic.len() + sealed.len();
        let mut bytes = vec![0x30];
        while rest > 127 {
            bytes.push((rest & 127) as u8 | 128);
            rest >>= 7;
        }
        bytes.push(rest as u8);
        bytes.extend([(topic.len() >> 8) as u8, topic.len() as u8]);
        bytes.extend(topic.as_bytes());
        bytes.extend(&sealed);
        send(&bytes);
    }
}

/// Nothing is too much for it.
fn obliging(build: &str) -> Generator {
    let card = Card {
        name: NAME.to_owned(),
        browser: "Chromium 156".to_owned(),
        cores: 2,
        sockets: 250,
        only_watches: false,
        consent: Consent::Asked,
        offer: 0,
        playing: None,
        build: build.to_owned(),
    };
    let limits = Limits { caps: Caps::NONE, ..Limits::default() };
    Generator::new(card, Bounds { limits, users: 250 })
}

fn counter(n: u32) -> CounterDelta {
    CounterDelta { counter: format!("c{n}"), population: String::new(), count: 1 }
}

/// A sample that no clock of a browser's can have measured.
fn of_71_minutes() -> HistogramDelta {
    let delta = HistogramDelta::of("message.fanout".into(), String::new(), false, &[Span::from_millis(1)]);
    HistogramDelta { max_us: u32::MAX, ..delta.expect("there is a sample") }
}

fn own_signer() -> Signer {
    signer(0)
}

/// Its own one is 0; the others are made up. Another process, another member.
fn signer(number: u32) -> Signer {
    let mut seed = [77; 32];
    seed[..4].copy_from_slice(&number.to_le_bytes());
    seed[4..8].copy_from_slice(&std::process::id().to_le_bytes());
    Signer::new(Secret::new(seed))
}

#[expect(clippy::disallowed_methods, reason = "this is its browser's edge, which reads the clock")]
fn now_ms() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("it is later than 1970").as_secs_f64() * 1e3
}

fn send(bytes: &[u8]) {
    println!("send {}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits = |pair: &[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    text.as_bytes().chunks(2).filter_map(digits).collect()
}

/// More than a conductor knows of those that play no part.
const INVENTED: u32 = 1_100;
const NAME: &str = "liar";
