//! One browser in simulated time: conductor, engines, network, server.

use super::endpoint::{Endpoint, answered, asked};
use super::narrow::{Dial, Narrow};
use super::rings::HostRings;
use std::collections::HashMap;
use std::rc::Rc;

use base::time::{Span, Timestamp};
use demo_service::{Chat, Faults, Net, VoiceConfig, VoiceOutput, VoiceServer};
use engine::ports::{FetchId, FetchOutcome, FetchRequest, Input, Output, SocketId};
use engine::wire::{FromWorker, HeardMoment, Seen, ToWorker};
use engine::{Engine, Exchange};
use metrics::{Baseline, UserId, Way};
use plan::Plan;
use protocol::audio::Clip;
use results::Recording;
use run::{Capacity, Part, Run, RunInput, layout};

pub struct World {
    /// Simulated time since the world began.
    now: Timestamp,
    pub run: Run,
    pub chat: Chat,
    pub voice: VoiceServer,
    /// Of the user that is listened to.
    pub heard: Vec<HeardMoment>,
    /// What is written down of the run, if it is.
    pub recording: Option<Recording>,
    /// Of the user that is watched.
    pub seen: Vec<Seen>,
    workers: Vec<Worker>,
    /// The chat server has one worker, which each message takes for so long; none: it takes no time.
    service: Span,
    busy_until: Timestamp,
    net: Net<Packet>,
    /// What run and workers say to each other, while somebody else carries it.
    carried: Option<Carried>,
    next_snapshot: Timestamp,
    next_ping: Timestamp,
    next_release: Timestamp,
    /// The server hangs: it takes whatever comes and answers nothing.
    hangs: bool,
    /// How long frames wait in the sockets' queues of workers that are flooded, and which those are not.
    backlog: Span,
    probes: Vec<usize>,
    /// Browsers that open fewer sockets than they should.
    narrow: Vec<Narrow>,
}

#[derive(Debug, Default)]
pub(super) struct Carried {
    pub said: Vec<(usize, FromWorker)>,
    pub told: Vec<(usize, ToWorker)>,
}

#[derive(Default)]
struct Worker {
    engine: Option<Engine>,
    rings: Rc<HostRings>,
    owners: HashMap<SocketId, UserId>,
    /// Requests that are under way.
    exchanges: HashMap<FetchId, (UserId, Exchange)>,
    /// The world's time at the run's epoch (before it: when the worker was loaded).
    epoch: Timestamp,
    done: bool,
    finished: bool,
}

enum Packet {
    Open(Endpoint, String, Vec<String>),
    Opened(Endpoint),
    ToServer(Endpoint, Rc<str>),
    /// The server's only worker is done with a message that waited for it.
    Served(Endpoint, Rc<str>),
    ToClient(Endpoint, Rc<str>),
    BinaryToClient(Endpoint, Vec<u8>),
    Close(Endpoint, u16),
    Closed(Endpoint, u16),
    /// With a reason.
    ClosedFor(Endpoint, u16, String),
    Fetch(usize, FetchId, FetchRequest),
    Fetched(usize, FetchId, FetchOutcome),
    /// The agreed epoch has come, or was over before the worker heard of it.
    Epoch(usize, Timestamp, Vec<serde_json::Map<String, serde_json::Value>>),
}

impl Packet {
    fn is_for_browser(&self) -> bool {
        match self {
            Self::Open(..) | Self::ToServer(..) | Self::Served(..) | Self::Close(..) | Self::Fetch(..) => false,
            Self::Opened(_)
            | Self::ToClient(..)
            | Self::BinaryToClient(..)
            | Self::Closed(..)
            | Self::ClosedFor(..)
            | Self::Fetched(..)
            | Self::Epoch(..) => true,
        }
    }
}

const SNAPSHOT: Span = engine::wire::between_snapshots(false);
const RELEASE: Span = Span::from_secs(1);
const PING: Span = Span::from_secs(25);

impl World {
    /// A browser with so many cores, and no end of sockets, runs the plan against a server that is `latency` away.
    pub fn new(plan: Plan, csv: Vec<Vec<Vec<String>>>, cores: u32, latency: Span, faults: Faults) -> Self {
        let without_end = Capacity { is_capped: false, ..Capacity::own(cores, 250) };
        Self::in_browser(&without_end, plan, csv, latency, faults)
    }

    /// The same in a browser that may hold only so many sockets.
    pub fn in_browser(
        browser: &Capacity,
        plan: Plan,
        csv: Vec<Vec<Vec<String>>>,
        latency: Span,
        faults: Faults,
    ) -> Self {
        let seed = plan.seed;
        let parts = layout(std::slice::from_ref(browser), plan.handshakes_in_flight);
        let workers = parts.iter().map(|_| Worker::default()).collect();
        let probes = (0..parts.len()).filter(|&worker| parts[worker].is_probe()).collect();
        Self {
            now: Timestamp::ZERO,
            run: Run::new(0.0, plan, csv, "k3f".to_owned(), parts),
            chat: Chat::new(seed, faults),
            voice: VoiceServer::new(seed, VoiceConfig::default()),
            heard: Vec::new(),
            recording: None,
            seen: Vec::new(),
            workers,
            service: Span::ZERO,
            busy_until: Timestamp::ZERO,
            net: Net::new(latency),
            carried: None,
            next_snapshot: Timestamp::ZERO + SNAPSHOT,
            next_ping: Timestamp::ZERO + PING,
            next_release: Timestamp::ZERO + RELEASE,
            hangs: false,
            backlog: Span::ZERO,
            probes,
            narrow: Vec::new(),
        }
    }

    /// The voice service behaves like this.
    #[must_use]
    pub fn with_voice(mut self, config: VoiceConfig) -> Self {
        self.voice = VoiceServer::new(0, config);
        self
    }

    /// Voice users can say these as well.
    #[must_use]
    pub fn with_clips(self, clips: Vec<Clip>) -> Self {
        Self { run: self.run.with_clips(clips), ..self }
    }

    /// The run is compared with an earlier one.
    #[must_use]
    pub fn with_baseline(self, baseline: &Baseline) -> Self {
        Self { run: self.run.with_baseline(baseline), ..self }
    }

    /// From now on the chat server handles one message after the other, each for so long: its capacity is one per `service`.
    pub fn serve_one_by_one(&mut self, service: Span) {
        self.service = service;
    }

    /// Plays until the run is over, or `limit` has passed.
    pub fn play(&mut self, limit: Span) {
        for worker in 0..self.workers.len() {
            self.tell_run(worker, FromWorker::Ready { build: String::new() });
        }
        self.play_until(Timestamp::ZERO + limit);
    }

    /// Plays on until the world's clock shows `until` or the run is over.
    pub fn play_until(&mut self, until: Timestamp) {
        while !self.run.is_done() && self.now < until {
            self.now = self.next_at().min(until).max(self.now);
            self.step();
        }
    }

    /// From now on frames wait so long before a load worker reads them: it is flooded, and its probe is not.
    pub fn flood(&mut self, backlog: Span) {
        self.backlog = backlog;
    }

    /// These workers live in a browser that opens only so many sockets; the number tells such browsers apart.
    pub(super) fn narrow(&mut self, browser: usize, most: usize, worker: usize) {
        while self.narrow.len() <= browser {
            self.narrow.push(Narrow::new(most));
        }
        self.narrow[browser].house(worker);
    }

    fn narrow_of(&mut self, worker: usize) -> Option<&mut Narrow> {
        self.narrow.iter_mut().find(|browser| browser.houses(worker))
    }

    /// What the worker's browser opens by now.
    fn open_pending(&mut self, worker: usize) {
        while let Some(Dial { peer, url, protocols }) = self.narrow_of(worker).and_then(Narrow::next) {
            self.net.send(self.now, Span::ZERO, Packet::Open(peer, url, protocols));
        }
    }

    /// From now on the server answers nothing that is sent to it, or asked of it over HTTP.
    pub fn hang(&mut self) {
        self.hangs = true;
    }

    /// The browser's machine sleeps for so long, and wakes up: its timers are late by that, and what was sent to it has waited.
    pub fn sleep(&mut self, length: Span) {
        let until = self.now + length;
        let serves = |world: &Self| [world.next_ping, world.next_release].into_iter().chain(world.net.next()).min();
        while let Some(at) = serves(self).filter(|at| *at < until) {
            self.now = at.max(self.now);
            while let Some(packet) = self.net.pop(self.now) {
                if packet.is_for_browser() {
                    self.net.put(until, packet);
                } else {
                    self.on_packet(packet);
                }
            }
            self.serve();
        }
        self.now = until;
        for worker in 0..self.workers.len() {
            self.give(worker, Input::Health { lag: length });
            self.give(worker, Input::Timeout);
        }
    }

    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The conductor's user says something.
    pub fn command(&mut self, input: RunInput) {
        let now_ms = self.now.as_micros() as f64 / 1e3;
        if let Some(recording) = &mut self.recording {
            recording.input(now_ms, &input);
        }
        self.run.handle(now_ms, input);
        self.pass_on();
    }

    /// Listens to this user from now on, or to nobody any more.
    pub fn hear(&mut self, user: Option<UserId>) {
        for worker in 0..self.workers.len() {
            self.give(worker, Input::Hear(user));
        }
    }

    /// The server cuts a share of all connections, as a crash of one of its nodes would.
    pub fn cut_connections(&mut self, every: usize) {
        for peer in self.chat.peers().into_iter().step_by(every) {
            self.chat.close(peer);
            self.net.send(self.now, Span::ZERO, Packet::Closed(peer.into(), 1006));
        }
    }

    /// The server cuts everybody off, and each reason names the user's secrets, which differ in their beginning.
    pub fn cut_connections_telling(&mut self, from: usize) {
        for peer in self.chat.peers() {
            let told: Vec<_> = self.chat.proofs(peer).into_iter().skip(from).take(2).collect();
            self.chat.close(peer);
            self.net.send(self.now, Span::ZERO, Packet::ClosedFor(peer.into(), 1008, told.join(" ")));
        }
    }

    /// Every conversation with the voice service is cut off.
    pub fn cut_conversations(&mut self) {
        self.voice.cut_all();
        self.flush_voice();
    }

    fn next_at(&self) -> Timestamp {
        let timeouts = self.workers.iter().filter_map(|worker| {
            let next = worker.engine.as_ref()?.next_timeout()?;
            Some(worker.epoch + next.since(Timestamp::ZERO))
        });
        timeouts
            .chain(self.net.next())
            .chain([self.voice.next_at(), self.next_snapshot, self.next_ping, self.next_release])
            .min()
            .unwrap_or(Timestamp::NEVER)
    }

    fn step(&mut self) {
        while let Some(packet) = self.net.pop(self.now) {
            self.on_packet(packet);
        }
        if self.voice.next_at() <= self.now {
            self.voice.advance(self.now);
            self.flush_voice();
        }
        for worker in 0..self.workers.len() {
            let due = self.workers[worker].engine.as_ref().and_then(Engine::next_timeout);
            if due.is_some_and(|due| self.workers[worker].epoch + due.since(Timestamp::ZERO) <= self.now) {
                self.give(worker, Input::Timeout);
            }
        }
        self.serve();
        if self.now >= self.next_snapshot {
            self.next_snapshot += SNAPSHOT;
            self.snapshot();
        }
    }

    /// What the server does by itself.
    fn serve(&mut self) {
        if self.now >= self.next_ping {
            self.next_ping += PING;
            for peer in self.chat.ping() {
                self.net.send(self.now, Span::ZERO, Packet::Closed(peer.into(), 1006));
            }
            self.flush_chat();
        }
        if self.now >= self.next_release {
            self.next_release += RELEASE;
            self.chat.release();
            self.flush_chat();
        }
    }

    fn on_packet(&mut self, packet: Packet) {
        match packet {
            Packet::ToServer(..) | Packet::Served(..) | Packet::Fetch(..) if self.hangs => {}
            Packet::Open(peer, url, protocols) if VoiceServer::serves(&url) => {
                self.voice.open(self.now, peer.into(), &url, &protocols);
                self.flush_voice();
            }
            Packet::Open(peer, ..) => {
                self.net.send(self.now, Span::ZERO, Packet::Opened(peer));
                self.chat.open(peer.into());
                self.flush_chat();
            }
            Packet::ToServer(peer, frame) if self.voice.has(peer.into()) => {
                self.voice.text(self.now, peer.into(), &frame);
                self.flush_voice();
            }
            Packet::ToServer(peer, frame) if self.service > Span::ZERO && frame.contains("\"chatMessage\"") => {
                self.busy_until = self.busy_until.max(self.now) + self.service;
                self.net.put(self.busy_until, Packet::Served(peer, frame));
            }
            Packet::ToServer(peer, frame) | Packet::Served(peer, frame) => {
                self.chat.text(peer.into(), &frame);
                self.flush_chat();
            }
            Packet::Close(peer, code) => {
                self.chat.close(peer.into());
                self.voice.close(peer.into());
                self.net.send(self.now, Span::ZERO, Packet::Closed(peer, code));
            }
            Packet::Fetch(worker, fetch, request) => {
                let serves = VoiceServer::serves(&request.url);
                let asked = asked(&request);
                let reply = if serves { self.voice.fetch(&asked) } else { self.chat.fetch(&asked) };
                self.net.send(self.now, Span::ZERO, Packet::Fetched(worker, fetch, answered(reply)));
            }
            packet => self.on_packet_to_worker(packet),
        }
    }

    fn on_packet_to_worker(&mut self, packet: Packet) {
        match packet {
            Packet::Opened(peer) => self.give(peer.engine, Input::Opened { socket: peer.socket }),
            Packet::ToClient(peer, frame) => {
                self.keep(peer.engine, peer.socket, Way::In, Some(&frame), frame.len());
                self.give(peer.engine, Input::Text { socket: peer.socket, frame: &frame });
            }
            Packet::BinaryToClient(peer, frame) => {
                self.keep(peer.engine, peer.socket, Way::In, None, frame.len());
                self.give(peer.engine, Input::Binary { socket: peer.socket, frame: &frame });
            }
            Packet::Closed(peer, code) => {
                if let Some(narrow) = self.narrow_of(peer.engine) {
                    narrow.on_closed(peer);
                    self.open_pending(peer.engine);
                }
                self.give(peer.engine, Input::Closed { socket: peer.socket, code, reason: "" });
            }
            Packet::ClosedFor(peer, code, reason) => {
                self.give(peer.engine, Input::Closed { socket: peer.socket, code, reason: &reason });
            }
            Packet::Epoch(worker, epoch, shared) => {
                self.workers[worker].epoch = epoch;
                self.give(worker, Input::Start { shared });
            }
            Packet::Fetched(worker, fetch, outcome) => {
                let now_ms = self.now_ms();
                let Worker { rings, exchanges, .. } = &mut self.workers[worker];
                if let Some((user, exchange)) = exchanges.remove(&fetch) {
                    let line = exchange.response(&outcome, now_ms);
                    rings.keep(user, now_ms, Way::Response, Some(&line), line.len());
                }
                self.give(worker, Input::Fetched { fetch, outcome });
            }
            // Those go to a server.
            Packet::Open(..) | Packet::ToServer(..) | Packet::Served(..) | Packet::Close(..) | Packet::Fetch(..) => {}
        }
    }

    fn now_ms(&self) -> f64 {
        self.now.as_micros() as f64 / 1e3
    }

    fn keep(&self, worker: usize, socket: SocketId, way: Way, text: Option<&str>, length: usize) {
        let Worker { rings, owners, .. } = &self.workers[worker];
        if let Some(user) = owners.get(&socket) {
            rings.keep(*user, self.now_ms(), way, text, length);
        }
    }

    fn flush_chat(&mut self) {
        for (peer, frame) in self.chat.drain() {
            let peer = Endpoint::from(peer);
            let waits = if self.probes.contains(&peer.engine) { Span::ZERO } else { self.backlog };
            self.net.send(self.now, waits, Packet::ToClient(peer, frame.into()));
        }
    }

    fn flush_voice(&mut self) {
        for (peer, sent) in self.voice.drain() {
            let peer = Endpoint::from(peer);
            let packet = match sent {
                VoiceOutput::Opened => Packet::Opened(peer),
                VoiceOutput::Text(frame) => Packet::ToClient(peer, frame),
                VoiceOutput::Binary(bytes) => Packet::BinaryToClient(peer, bytes),
                VoiceOutput::Closed(code) => Packet::Closed(peer, code),
            };
            self.net.send(self.now, Span::ZERO, packet);
        }
    }

    fn give(&mut self, worker: usize, input: Input<'_>) {
        let wall_ms = self.now_ms();
        let Worker { engine: Some(engine), epoch, .. } = &mut self.workers[worker] else { return };
        let now = Timestamp::from_micros(self.now.since(*epoch).as_micros());
        engine.handle(now, wall_ms, input);
        while let Some(output) = self.workers[worker].engine.as_mut().and_then(Engine::poll) {
            self.on_output(worker, output);
        }
    }

    fn on_output(&mut self, engine: usize, output: Output) {
        let packet = match output {
            Output::Connect { socket, user, url, protocols } => {
                self.workers[engine].owners.insert(socket, user);
                let peer = Endpoint { engine, socket };
                if let Some(narrow) = self.narrow_of(engine) {
                    narrow.ask(Dial { peer, url, protocols });
                    return self.open_pending(engine);
                }
                Packet::Open(peer, url, protocols)
            }
            Output::Send { socket, text } => {
                self.keep(engine, socket, Way::Out, Some(&text), text.len());
                Packet::ToServer(Endpoint { engine, socket }, text.into())
            }
            Output::SendShared { socket, population, frame, due } => {
                let Worker { engine: Some(sender), epoch, .. } = &mut self.workers[engine] else { return };
                sender.on_shared_sent(population, due, Timestamp::from_micros(self.now.since(*epoch).as_micros()));
                Packet::ToServer(Endpoint { engine, socket }, sender.frames().text(frame).clone())
            }
            Output::SendBinary { .. } => return,
            Output::Close { socket } => {
                let peer = Endpoint { engine, socket };
                if self.narrow_of(engine).is_some_and(|narrow| narrow.call_back(peer)) {
                    return;
                }
                Packet::Close(peer, 1000)
            }
            Output::Fetch { fetch, user, request } => {
                let (exchange, now_ms) = (Exchange::begin(&request, self.now_ms()), self.now_ms());
                let Worker { rings, exchanges, .. } = &mut self.workers[engine];
                rings.keep(user, now_ms, Way::Request, Some(&exchange.request()), exchange.request().len());
                exchanges.insert(fetch, (user, exchange));
                Packet::Fetch(engine, fetch, request)
            }
            Output::Prepared { population, shared } => {
                return self.tell_run(engine, FromWorker::Prepared { population, shared });
            }
            Output::Failed { message } => return self.tell_run(engine, FromWorker::Failed { message }),
            Output::Heard(heard) => return self.heard.push(heard),
        };
        self.net.send(self.now, Span::ZERO, packet);
    }

    /// A run whose workers somebody else brings to it; of its own this world has none yet.
    pub(super) fn carried(plan: Plan, parts: Vec<Part>, latency: Span, faults: Faults) -> Self {
        let mut world = Self::new(plan.clone(), Vec::new(), 2, latency, faults);
        world.run = Run::new(0.0, plan, Vec::new(), "k3f".to_owned(), parts).starting_after(3_000.0);
        world.workers.clear();
        world.carried = Some(Carried::default());
        world
    }

    /// What was said since the last call.
    pub(super) fn take_carried(&mut self) -> Carried {
        self.carried.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// One more worker, somewhere. It says that it is ready.
    pub(super) fn add_worker(&mut self) -> usize {
        self.workers.push(Worker::default());
        let worker = self.workers.len() - 1;
        self.tell_run(worker, FromWorker::Ready { build: String::new() });
        worker
    }

    /// The worker says nothing any more, and does nothing.
    pub(super) fn end_worker(&mut self, worker: usize) {
        self.workers[worker] = Worker { finished: true, ..Worker::default() };
    }

    fn tell_run(&mut self, worker: usize, message: FromWorker) {
        match &mut self.carried {
            Some(carried) => carried.said.push((worker, message)),
            None => self.command(RunInput::From { worker, message }),
        }
    }

    fn pass_on(&mut self) {
        while let Some((worker, message)) = self.run.poll() {
            match &mut self.carried {
                Some(carried) => carried.told.push((worker, message)),
                None => self.on_order(worker, message),
            }
        }
    }

    pub(super) fn on_order(&mut self, worker: usize, message: ToWorker) {
        match message {
            ToWorker::Load(load) => {
                let answer = match Engine::new(&load) {
                    Ok(mut engine) => {
                        let rings = Rc::new(HostRings::default());
                        engine.keep_rings(rings.clone());
                        let epoch = self.now;
                        self.workers[worker] = Worker { engine: Some(engine), rings, epoch, ..Worker::default() };
                        FromWorker::Loaded
                    }
                    Err(error) => FromWorker::Failed { message: error.to_string() },
                };
                self.tell_run(worker, answer);
            }
            ToWorker::Prepare { population } => self.give(worker, Input::Prepare { population }),
            ToWorker::Start { epoch_ms, shared } => {
                let epoch = Timestamp::from_millis_f64(epoch_ms);
                let wait = epoch.since(self.now) - self.net.latency;
                self.net.send(self.now, wait, Packet::Epoch(worker, epoch, shared));
            }
            // Simulated workers share one clock.
            ToWorker::Epoch { .. } => {}
            ToWorker::Sent(sent) => self.give(worker, Input::Sent(sent)),
            ToWorker::Stop => self.give(worker, Input::Stop),
            ToWorker::Leave => self.give(worker, Input::Leave),
            ToWorker::Hear(user) => self.give(worker, Input::Hear(user)),
            ToWorker::Act(action) => self.give(worker, Input::Act(*action)),
            ToWorker::Watch(user) => self.give(worker, Input::Watch(user)),
            ToWorker::Canary { user, order } => self.give(worker, Input::Canary { user, order }),
            ToWorker::Abort => self.give(worker, Input::Abort),
            ToWorker::Full => self.give(worker, Input::Full),
            ToWorker::Free => self.give(worker, Input::Free),
            ToWorker::GiveUp { users } => self.give(worker, Input::GiveUp { users }),
            ToWorker::TakeIn { guests, most } => self.give(worker, Input::TakeIn { guests, most }),
            ToWorker::Try => {
                let opened = self.narrow_of(worker).is_none_or(|narrow| !narrow.is_full());
                self.give(worker, Input::Tried { opened });
            }
            ToWorker::Finish => {
                self.give(worker, Input::Finish);
                self.snapshot_of(worker);
                self.workers[worker].finished = true;
                self.tell_run(worker, FromWorker::Finished);
            }
        }
    }

    fn snapshot(&mut self) {
        if self.carried.is_none() {
            self.command(RunInput::Tick);
            self.run.overdue().into_iter().for_each(|input| self.command(input));
        }
        for worker in 0..self.workers.len() {
            if self.workers[worker].finished {
                continue;
            }
            self.snapshot_of(worker);
            let is_done = self.workers[worker].engine.as_ref().is_some_and(Engine::is_done);
            if is_done && !std::mem::replace(&mut self.workers[worker].done, true) {
                self.tell_run(worker, FromWorker::Done);
            }
        }
    }

    fn snapshot_of(&mut self, worker: usize) {
        let Worker { engine: Some(engine), epoch, .. } = &mut self.workers[worker] else { return };
        let now = Timestamp::from_micros(self.now.since(*epoch).as_micros());
        let wall_ms = self.now.as_micros() as f64 / 1e3;
        self.seen.extend(engine.look(now, wall_ms));
        let mut snapshot = engine.snapshot(now);
        if let Some(narrow) = self.narrow_of(worker) {
            snapshot.health.connecting = narrow.pending_of(worker);
            snapshot.health.sockets_open -= snapshot.health.connecting;
        }
        self.tell_run(worker, FromWorker::Snapshot(Box::new(snapshot)));
    }
}
