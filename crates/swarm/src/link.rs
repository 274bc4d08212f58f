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

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};

use super::clock::{ClockExchange, ClockSync, Offset};
use super::envelope::{Opened, Opener, Refusal, Refused, Sealer};
use super::invite::Role;
use super::key::{Keys, Topics};
use super::line::{Line, SILENCE_MS, make_room};
use super::mqtt::{Credentials, Mqtt, MqttIdentity, MqttOutput};
use super::packet::{PacketBody, SwarmPacket};
use super::peer::{Loading, Peer, SessionId};
use super::scan::Allowance;
use super::signature::Signer;
use super::stream::{Arrival, Fragment};

/// What the page says to its link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum LinkCommand {
    /// To the conductor (`None`) or to one generator; arrives once and in order, or not at all if a page is reloaded.
    Say {
        to: Option<SessionId>,
        #[serde(with = "serde_bytes")]
        message: Vec<u8>,
    },
    /// What the beacon says from now on.
    Card(#[serde(with = "serde_bytes")] Vec<u8>),
    /// This page leaves the swarm: a conductor takes its beacon back, for a broker keeps that for ever.
    Leave,
    /// Shows everybody how the run looks.
    Show(#[serde(with = "serde_bytes")] Vec<u8>),
    /// These play a part: they are not forgotten, however many others come.
    Seated(BTreeSet<SessionId>),
}

#[derive(Debug)]
pub enum LinkInput<'a> {
    /// The socket to the broker is open.
    Opened,
    Bytes(&'a [u8]),
    /// It closed, or could not be opened.
    Closed(&'a str),
    Command(LinkCommand),
    /// Four times a second.
    Tick,
}

#[derive(Debug, PartialEq)]
pub enum LinkOutput {
    /// Open a socket to the broker, with subprotocol `mqtt`.
    Open,
    Send(Vec<u8>),
    Close,
    Tell(LinkEvent),
}

/// What the page hears from its link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum LinkEvent {
    Connected,
    /// The broker is gone; it is tried again.
    Lost(String),
    /// The conductor's card, when it is new.
    Card(#[serde(with = "serde_bytes")] Vec<u8>),
    /// Somebody is there for the first time, or its page was loaded anew: what it was told before is lost.
    Arrived(SessionId),
    Message {
        from: SessionId,
        #[serde(with = "serde_bytes")]
        message: Vec<u8>,
    },
    /// Nothing was heard of it for almost three seconds, or the broker says that its connection broke.
    Away(SessionId),
    Back(SessionId),
    /// How the conductor's clock differs from ours.
    Clock(Offset),
    Live(#[serde(with = "serde_bytes")] Vec<u8>),
    /// So many came after it that it is not known any more; it may come again.
    Forgotten(SessionId),
    /// It said more at once than anybody has to say, or than there is room for: that message is lost.
    Unheard(SessionId),
    /// Another page conducts this swarm: the conductor's own link is open twice.
    Rival,
    /// Time has passed; what this link has carried and refused so far.
    Tick(Traffic),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Traffic {
    pub bytes_out: u64,
    pub bytes_in: u64,
    pub refused: Refused,
}

pub struct Link {
    role: Role,
    topics: Topics,
    sealer: Sealer,
    opener: Opener,
    credentials: Option<Credentials>,
    broker: Broker,
    /// Connections to the broker so far.
    connection: u32,
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
    /// Spreads the retries of many browsers.
    jitter: fastrand::Rng,
    out: VecDeque<LinkOutput>,
}

enum Broker {
    Down { until_ms: f64, failures: u32 },
    Opening { since_ms: f64, failures: u32 },
    Up { mqtt: Box<Mqtt>, is_ready: bool, since_ms: f64, failures: u32, quiet: Quiet },
}

/// For how long a broker that let us in has said nothing while we listened.
#[derive(Debug, Clone, Copy, Default)]
struct Quiet {
    ms: f64,
    is_asked: bool,
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
            broker: Broker::Down { until_ms: f64::NEG_INFINITY, failures: 0 },
            connection: 0,
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
            jitter,
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
                if let Broker::Up { mqtt, quiet, .. } = &mut self.broker {
                    *quiet = Quiet::default();
                    mqtt.on_bytes(now_ms, bytes);
                }
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
                if let (Role::Conductor, Broker::Up { mqtt, .. }) = (self.role, &mut self.broker) {
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
        let Broker::Opening { failures, .. } = self.broker else { return };
        self.connection += 1;
        let will_topic = self.topics.conductor();
        let will = SwarmPacket { to: None, body: PacketBody::Gone { connection: self.connection } };
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
            Ok(mqtt) => {
                let (mqtt, quiet) = (Box::new(mqtt), Quiet::default());
                self.broker = Broker::Up { mqtt, is_ready: false, since_ms: now_ms, failures, quiet };
            }
            Err(why) => self.on_closed(now_ms, &why.to_string()),
        }
    }

    fn on_closed(&mut self, now_ms: f64, why: &str) {
        let failures = match &self.broker {
            Broker::Up { is_ready: true, .. } => 0,
            Broker::Up { failures, .. } | Broker::Opening { failures, .. } => failures + 1,
            Broker::Down { .. } => return,
        };
        let wait_ms = RETRY_MS.0 + (RETRY_MS.1 - RETRY_MS.0) * self.jitter.f64();
        self.broker = Broker::Down { until_ms: now_ms + wait_ms, failures };
        self.out.push_back(LinkOutput::Close);
        self.tell(LinkEvent::Lost(why.to_owned()));
    }

    fn on_tick(&mut self, now_ms: f64) {
        let listened_ms = (now_ms - std::mem::replace(&mut self.ticked_ms, now_ms)).clamp(0.0, LONGEST_TICK_MS);
        match &mut self.broker {
            Broker::Down { until_ms, failures } if *until_ms <= now_ms => {
                self.broker = Broker::Opening { since_ms: now_ms, failures: *failures };
                self.out.push_back(LinkOutput::Open);
            }
            Broker::Opening { since_ms, failures } | Broker::Up { is_ready: false, since_ms, failures, .. }
                if now_ms - *since_ms > welcome_ms(*failures) =>
            {
                self.on_closed(now_ms, "the broker does not let us in");
            }
            Broker::Up { mqtt, is_ready, quiet, .. } => {
                mqtt.on_tick(now_ms);
                quiet.ms += if *is_ready { listened_ms } else { 0.0 };
                // A network that is cut says nothing, and TCP takes minutes to say so.
                if quiet.ms > SILENCE_MS {
                    self.on_closed(now_ms, "the broker is silent");
                } else if quiet.ms >= EVERY_MS && !std::mem::replace(&mut quiet.is_asked, true) {
                    mqtt.ask(now_ms);
                }
            }
            Broker::Down { .. } | Broker::Opening { .. } => {}
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
        loop {
            let Broker::Up { mqtt, .. } = &mut self.broker else { return };
            let Some(output) = mqtt.poll() else { return };
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
        if let Broker::Up { is_ready, .. } = &mut self.broker {
            *is_ready = true;
        }
        self.lines.values_mut().for_each(|line| line.out.send_again());
        (self.beacon_ms, self.ask_ms) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        self.tell(LinkEvent::Connected);
    }

    /// Says what is due.
    fn speak(&mut self, now_ms: f64) {
        if !matches!(self.broker, Broker::Up { is_ready: true, .. }) {
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
                    let (connection, beacon) = (self.connection, self.beacon);
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
        if let Broker::Up { mqtt, is_ready: true, .. } = &mut self.broker
            && let Some(sealed) = self.sealer.seal(topic, &SwarmPacket { to, body }.encode())
        {
            mqtt.publish(now_ms, topic, sealed, retain);
        }
    }

    fn on_message(&mut self, now_ms: f64, topic: &str, payload: &[u8]) -> Result<(), Refusal> {
        if topic == self.topics.beacon() {
            // Nobody conducts any more.
            if payload.is_empty() {
                return Ok(());
            }
            let opened = self.opener.open_retained(topic, payload)?;
            return match SwarmPacket::decode(&opened.packet)?.body {
                PacketBody::Beacon { card } => self.on_beacon(now_ms, &opened, card),
                _ => Err(Refusal::Malformed),
            };
        }
        let opened = match self.opener.open(topic, payload) {
            Err(Refusal::Key) if topic == self.topics.conductor() => {
                self.opener.open_retained(&self.topics.will(), payload)?
            }
            other => other?,
        };
        let from = opened.from;
        let SwarmPacket { to, body } = SwarmPacket::decode(&opened.packet)?;
        if to.is_some_and(|to| to != self.sealer.peer()) {
            return Err(Refusal::Stale);
        }
        match (self.role, body) {
            (Role::Conductor, PacketBody::Ask { connection, asked, beacon }) if to.is_some() => {
                return self.on_ask(now_ms, &opened, connection, asked, beacon);
            }
            (Role::Conductor, PacketBody::Gone { connection }) => self.on_gone(from, connection),
            (Role::Generator, PacketBody::Answer { asked, heard, answered }) if self.is_conductor(from) => {
                self.on_heard(now_ms, from.session);
                self.clock.add(ClockExchange { asked, heard, answered, received: now_ms });
                if let Some(offset) = self.clock.offset(now_ms) {
                    self.tell(LinkEvent::Clock(offset));
                }
            }
            (Role::Generator | Role::Watcher, PacketBody::Live { picture }) if self.is_conductor(from) => {
                self.tell(LinkEvent::Live(picture));
            }
            (_, PacketBody::Data(fragment)) if to.is_some() => return self.on_data(now_ms, from, fragment),
            (_, PacketBody::Confirm { below }) if to.is_some() => self.known(from)?.out.confirm(below),
            (Role::Generator | Role::Watcher, _) if !self.is_conductor(from) => return Err(Refusal::Foreign),
            _ => return Err(Refusal::Malformed),
        }
        Ok(())
    }

    /// From the holder of the key that the link names, or it would not have been opened.
    fn on_beacon(&mut self, now_ms: f64, opened: &Opened, card: Vec<u8>) -> Result<(), Refusal> {
        let Opened { from, number, .. } = *opened;
        if self.role == Role::Conductor {
            return self.on_conductor_s_beacon(from.loading, number);
        }
        match self.lines.get(&from.session).map(|line| line.peer) {
            Some(known) if known.loading > from.loading => return Err(Refusal::Replay),
            Some(known) if known == from => {
                // It may be back: an answer will show.
                if self.lines.get(&from.session).is_some_and(|line| line.is_away) {
                    self.ask_ms = f64::NEG_INFINITY;
                }
                // A retained beacon says who conducts, not that he is there: only the next one does.
                if number > self.beacon && self.role == Role::Watcher {
                    self.on_heard(now_ms, from.session);
                }
                self.beacon = self.beacon.max(number);
            }
            _ => {
                self.arrive(now_ms, opened);
                // Another loading may run on another clock.
                self.clock = ClockSync::default();
                (self.ask_ms, self.beacon) = (f64::NEG_INFINITY, number);
            }
        }
        if self.card != card {
            self.card.clone_from(&card);
            self.tell(LinkEvent::Card(card));
        }
        Ok(())
    }

    /// Its own one comes back. The one of an earlier loading may be left with the broker; two of them are somebody's who speaks.
    fn on_conductor_s_beacon(&mut self, loading: Loading, number: u64) -> Result<(), Refusal> {
        let own = self.sealer.peer().loading;
        if loading == own {
            return Ok(());
        }
        let before = self.other_beacon.replace((loading, number));
        let goes_on = before.is_some_and(|(known, last)| known == loading && last < number);
        if loading > own || goes_on {
            self.tell(LinkEvent::Rival);
        }
        Err(Refusal::Stale)
    }

    fn on_ask(
        &mut self,
        now_ms: f64,
        opened: &Opened,
        connection: u32,
        asked: f64,
        beacon: u64,
    ) -> Result<(), Refusal> {
        let from = opened.from;
        if opened.is_new {
            self.make_room(from.session, beacon)?;
            self.arrive(now_ms, opened);
        }
        let said = self.beacon;
        let line = self.known(from)?;
        let is_back = line.hear(now_ms, Some(connection));
        line.beacon = said;
        if is_back {
            self.tell(LinkEvent::Back(from.session));
        }
        self.say(now_ms, from, PacketBody::Answer { asked, heard: now_ms, answered: now_ms });
        Ok(())
    }

    /// For one more of those that play no part, whose question names that beacon.
    fn make_room(&mut self, session: SessionId, beacon: u64) -> Result<(), Refusal> {
        if self.lines.contains_key(&session) {
            return Ok(());
        }
        if beacon < self.admits_from {
            return Err(Refusal::Replay);
        }
        if beacon > self.beacon {
            return Err(Refusal::Malformed);
        }
        let unseated = || self.lines.values().filter(|line| !self.seated.contains(&line.peer.session));
        if self.seated.contains(&session) || unseated().count() < MOST_UNSEATED {
            return Ok(());
        }
        let silent = unseated().min_by(|a, b| a.heard_ms().total_cmp(&b.heard_ms()));
        let silent = silent.map(|line| (line.peer.session, line.beacon));
        // All of them were heard since that beacon: the next one makes room.
        let (silent, last) = silent.filter(|(_, last)| *last < beacon).ok_or(Refusal::Crowded)?;
        self.admits_from = self.admits_from.max(last + 1);
        self.lines.remove(&silent);
        self.opener.forget(silent);
        self.tell(LinkEvent::Forgotten(silent));
        Ok(())
    }

    fn on_gone(&mut self, from: Peer, connection: u32) {
        let line = self.lines.get_mut(&from.session).filter(|line| line.peer == from);
        if line.is_some_and(|line| line.lose(connection)) {
            self.tell(LinkEvent::Away(from.session));
        }
    }

    fn on_data(&mut self, now_ms: f64, from: Peer, fragment: Fragment) -> Result<(), Refusal> {
        let longest = if self.role == Role::Conductor { Allowance::PART } else { Allowance::ORDER };
        let Arrival { messages, is_too_long } = self.known(from)?.take(fragment, 1 + longest.bytes);
        self.on_heard(now_ms, from.session);
        messages.into_iter().for_each(|message| self.tell(LinkEvent::Message { from: from.session, message }));
        let crowded = make_room(&mut self.lines, |session| self.seated.contains(&session), MOST_KEPT);
        crowded.iter().for_each(|_| self.traffic.refused.count(Refusal::Crowded));
        let unheard = crowded.into_iter().chain(is_too_long.then_some(from.session));
        unheard.for_each(|session| self.out.push_back(LinkOutput::Tell(LinkEvent::Unheard(session))));
        if is_too_long { Err(Refusal::Malformed) } else { Ok(()) }
    }

    fn on_heard(&mut self, now_ms: f64, session: SessionId) {
        if self.lines.get_mut(&session).is_some_and(|line| line.hear(now_ms, None)) {
            self.tell(LinkEvent::Back(session));
        }
    }

    fn arrive(&mut self, now_ms: f64, opened: &Opened) {
        let from = opened.from;
        self.opener.admit(opened);
        self.lines.insert(from.session, Line::new(from, now_ms));
        self.tell(LinkEvent::Arrived(from.session));
    }

    /// Who has introduced itself.
    fn known(&mut self, from: Peer) -> Result<&mut Line, Refusal> {
        match self.lines.get_mut(&from.session) {
            Some(line) if line.peer == from => Ok(line),
            Some(_) => Err(Refusal::Stale),
            None => Err(Refusal::Foreign),
        }
    }

    fn is_conductor(&self, from: Peer) -> bool {
        self.lines.get(&from.session).is_some_and(|line| line.peer == from)
    }
}

/// Beacons and questions.
const EVERY_MS: f64 = 1_000.0;
/// Between two attempts to reach the broker, least and most: all browsers of a swarm miss it at the same moment.
const RETRY_MS: (f64, f64) = (500.0, 1_000.0);
/// Ticks come four times a second; between two of them that lie further apart nobody listened for longer than this.
const LONGEST_TICK_MS: f64 = 500.0;

/// How long an attempt may take until the socket is open, and how long from there to the broker's welcome. What the network
/// has swallowed never ends, so it is begun anew soon; on a slow way every fourth attempt has time.
fn welcome_ms(failures: u32) -> f64 {
    if failures % 4 == 3 { 10_000.0 } else { SILENCE_MS }
}
/// A swarm has some hundred browsers; whoever invents more than this gains no memory of ours.
const MOST_UNSEATED: usize = 1_024;
/// Bytes of messages that are not whole yet, of all others together: one that is as long as anything can be, and its last pieces.
const MOST_KEPT: usize = 65 * 1_024 * 1_024;
