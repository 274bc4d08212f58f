//! One browser's link to its swarm: the broker's connection, kept up; everything sealed; who is there; what time it is.
//!
//! Sans-IO: [`Link::handle`] what happened, then drain [`Link::poll`]. It lives in a worker of its own, which a hidden
//! page does not slow down.
//!
//! ```text
//!   conductor ──beacon, once a second, retained──▶ all          generator ──ask──▶ conductor ──answer──▶ generator
//!   conductor ◀──data, confirm──▶ generator (a stream each)     conductor ──live──▶ all
//! ```
//! A watcher hears the beacon and the live picture, and says nothing.
//!
//! Whoever has the link to join can come with as many names as it likes. The conductor knows so many that play no part, and
//! forgets the one that was silent for longest for each further one. What such a one had said is not taken again: a question names
//! the last beacon that its sender heard, and who comes anew has to name one that was said after the forgotten ones fell silent.

mod broker;
mod inbound;
mod page;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use self::broker::{Broker, BrokerNeed};
pub use self::page::{LinkCommand, LinkEvent, LinkInput, LinkOutput, Traffic};
use super::clock::ClockSync;
use super::envelope::{Opener, Sealer};
use super::key::Role;
use super::key::{Keys, Topics};
use super::line::Line;
use super::mqtt::{Credentials, Mqtt, MqttIdentity, MqttOutput};
use super::packet::{PacketBody, SwarmPacket};
use super::peer::{Loading, Peer, SessionId};
use super::signature::Signer;

pub struct Link {
    role: Role,
    topics: Topics,
    sealer: Sealer,
    opener: Opener,
    credentials: Option<Credentials>,
    broker: Broker,
    /// The conductor's: all generators. A generator's: the conductor.
    lines: BTreeMap<SessionId, Line>,
    clock: ClockSync,
    card: Vec<u8>,
    beacon_ms: f64,
    ask_ms: f64,
    /// The number of the last beacon, that was said here or heard.
    beacon: u64,
    /// Who comes anew names this beacon, or a later one.
    admits_from: u64,
    /// Who plays a part.
    seated: BTreeSet<SessionId>,
    /// The last beacon of another page with the conductor's link.
    other_beacon: Option<(Loading, u64)>,
    traffic: Traffic,
    /// When time passed last: what a tick is late by, nobody could be heard in.
    ticked_ms: f64,
    out: VecDeque<LinkOutput>,
}

impl Link {
    /// `signer`: of this tab; the conductor's is [`Keys::signer`].
    pub fn new(keys: &Keys, signer: Signer, loading: Loading, credentials: Option<Credentials>) -> Self {
        // A page's loading has random bits, and they come in as a value.
        let jitter = fastrand::Rng::with_seed(signer.session().0 ^ loading.0);
        Self {
            role: keys.role(),
            topics: keys.topics(),
            sealer: Sealer::new(keys, signer, loading),
            opener: Opener::new(keys),
            credentials,
            broker: Broker::new(jitter),
            lines: BTreeMap::new(),
            clock: ClockSync::default(),
            card: Vec::new(),
            beacon_ms: f64::NEG_INFINITY,
            ask_ms: f64::NEG_INFINITY,
            beacon: 0,
            admits_from: 0,
            seated: BTreeSet::new(),
            other_beacon: None,
            traffic: Traffic::default(),
            ticked_ms: f64::NEG_INFINITY,
            out: VecDeque::new(),
        }
    }

    pub fn poll(&mut self) -> Option<LinkOutput> {
        self.out.pop_front()
    }

    /// `now_ms`: milliseconds of this browser's clock.
    pub fn handle(&mut self, now_ms: f64, input: LinkInput<'_>) {
        match input {
            LinkInput::Opened => self.on_opened(now_ms),
            LinkInput::Bytes(bytes) => {
                self.traffic.bytes_in += bytes.len() as u64;
                self.broker.on_bytes(now_ms, bytes);
            }
            LinkInput::Closed(why) => self.on_closed(now_ms, why),
            LinkInput::Command(command) => self.on_command(now_ms, command),
            LinkInput::Tick => self.on_tick(now_ms),
        }
        self.drain(now_ms);
        self.speak(now_ms);
        self.drain(now_ms);
    }

    fn tell(&mut self, event: LinkEvent) {
        self.out.push_back(LinkOutput::Tell(event));
    }

    fn on_command(&mut self, now_ms: f64, command: LinkCommand) {
        match command {
            LinkCommand::Say { to, message } => {
                let line = match to {
                    Some(session) => self.lines.get_mut(&session),
                    None => self.lines.values_mut().next(),
                };
                if let Some(line) = line {
                    line.out.push(&message);
                }
            }
            LinkCommand::Card(card) => {
                self.card = card;
                self.beacon_ms = f64::NEG_INFINITY;
            }
            LinkCommand::Leave => {
                let topic = self.topics.beacon();
                if let (Role::Conductor, Some(mqtt)) = (self.role, self.broker.mqtt()) {
                    mqtt.publish(now_ms, &topic, Vec::new(), true);
                }
                self.beacon_ms = f64::INFINITY;
            }
            LinkCommand::Show(picture) => {
                let topic = self.topics.live();
                self.publish(now_ms, &topic, None, PacketBody::Live { picture }, false);
            }
            LinkCommand::Seated(seated) => self.seated = seated,
        }
    }

    fn on_opened(&mut self, now_ms: f64) {
        let Some(connection) = self.broker.next_connection() else { return };
        let will_topic = self.topics.conductor();
        let will = SwarmPacket { to: None, body: PacketBody::Gone { connection } };
        let will = self.sealer.seal(&self.topics.will(), &will.encode());
        let Peer { session, loading } = self.sealer.peer();
        let own = match self.role {
            Role::Conductor => vec![self.topics.beacon(), will_topic.clone()],
            Role::Generator => vec![self.topics.beacon(), self.topics.generator(session), self.topics.live()],
            Role::Watcher => vec![self.topics.beacon(), self.topics.live()],
        };
        // Nobody else may have this name, or the broker throws one of the two out.
        let client_id = format!("ts{:08x}{:08x}", session.0 as u32, loading.0 as u32);
        let introduction = MqttIdentity {
            client_id: &client_id,
            credentials: self.credentials.as_ref(),
            will: will.map(|will| (will_topic.as_str(), will)),
            subscriptions: &own,
        };
        match Mqtt::new(&introduction) {
            Ok(mqtt) => self.broker.introduce(now_ms, mqtt),
            Err(why) => self.on_closed(now_ms, &why.to_string()),
        }
    }

    fn on_closed(&mut self, now_ms: f64, why: &str) {
        if !self.broker.lose(now_ms) {
            return;
        }
        self.out.push_back(LinkOutput::Close);
        self.tell(LinkEvent::Lost(why.to_owned()));
    }

    fn on_tick(&mut self, now_ms: f64) {
        let listened_ms = (now_ms - std::mem::replace(&mut self.ticked_ms, now_ms)).clamp(0.0, LONGEST_TICK_MS);
        match self.broker.on_tick(now_ms, listened_ms) {
            Some(BrokerNeed::Open) => self.out.push_back(LinkOutput::Open),
            Some(BrokerNeed::Close(why)) => self.on_closed(now_ms, why),
            None => {}
        }
        // Who loads a server stops rather than play on for nobody; who conducts condemns nobody for a sleep of its own.
        let is_overdue = |line: &mut Line| match self.role {
            Role::Conductor => line.is_overdue(listened_ms),
            Role::Generator | Role::Watcher => line.is_overdue_at(now_ms),
        };
        let overdue: Vec<_> =
            self.lines.values_mut().filter_map(|line| is_overdue(line).then_some(line.peer.session)).collect();
        overdue.into_iter().for_each(|session| self.tell(LinkEvent::Away(session)));
        self.tell(LinkEvent::Tick(self.traffic));
    }

    /// What the broker's connection wants done, and what came through it.
    fn drain(&mut self, now_ms: f64) {
        while let Some(output) = self.broker.mqtt().and_then(Mqtt::poll) {
            match output {
                MqttOutput::Send(bytes) => {
                    self.traffic.bytes_out += bytes.len() as u64;
                    self.out.push_back(LinkOutput::Send(bytes));
                }
                MqttOutput::Ready => self.on_ready(),
                MqttOutput::Message { topic, payload } => {
                    if let Err(refusal) = self.on_message(now_ms, &topic, &payload) {
                        self.traffic.refused.count(refusal);
                    }
                }
                MqttOutput::Closed(why) => self.on_closed(now_ms, &why),
            }
        }
    }

    fn on_ready(&mut self) {
        self.broker.welcome();
        self.lines.values_mut().for_each(|line| line.out.send_again());
        (self.beacon_ms, self.ask_ms) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        self.tell(LinkEvent::Connected);
    }

    /// Says what is due.
    fn speak(&mut self, now_ms: f64) {
        if self.broker.ready().is_none() {
            return;
        }
        match self.role {
            Role::Conductor if self.beacon_ms <= now_ms => {
                self.beacon_ms = now_ms + EVERY_MS;
                self.beacon = self.sealer.next_number();
                let (topic, card) = (self.topics.beacon(), self.card.clone());
                self.publish(now_ms, &topic, None, PacketBody::Beacon { card }, true);
            }
            Role::Generator if self.ask_ms <= now_ms => {
                if let Some(conductor) = self.lines.values().next().map(|line| line.peer) {
                    self.ask_ms = now_ms + self.clock.pause_ms().min(EVERY_MS);
                    let (connection, beacon) = (self.broker.connection(), self.beacon);
                    self.say(now_ms, conductor, PacketBody::Ask { connection, asked: now_ms, beacon });
                }
            }
            _ => {}
        }
        let sessions: Vec<_> = self.lines.keys().copied().collect();
        for session in sessions {
            while let Some((peer, body)) =
                self.lines.get_mut(&session).and_then(|line| Some((line.peer, line.poll(now_ms)?)))
            {
                self.say(now_ms, peer, body);
            }
        }
    }

    fn say(&mut self, now_ms: f64, to: Peer, body: PacketBody) {
        let topic = match self.role {
            Role::Conductor => self.topics.generator(to.session),
            Role::Generator | Role::Watcher => self.topics.conductor(),
        };
        self.publish(now_ms, &topic, Some(to), body, false);
    }

    fn publish(&mut self, now_ms: f64, topic: &str, to: Option<Peer>, body: PacketBody, retain: bool) {
        if let Some(mqtt) = self.broker.ready()
            && let Some(sealed) = self.sealer.seal(topic, &SwarmPacket { to, body }.encode())
        {
            mqtt.publish(now_ms, topic, sealed, retain);
        }
    }
}

/// Beacons and questions.
const EVERY_MS: f64 = 1_000.0;
/// Ticks come four times a second; between two of them that lie further apart nobody listened for longer than this.
const LONGEST_TICK_MS: f64 = 500.0;
