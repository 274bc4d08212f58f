//! One browser in simulated time: conductor, engines, network, server.

mod narrow;
mod packet;
mod servers;
mod workers;

use self::narrow::Narrow;
pub use self::packet::Endpoint;
use self::packet::Packet;
use self::workers::Host;
use base::time::{Span, Timestamp};
use demo_service::{Chat, Faults, Net, VoiceConfig, VoiceServer};
use engine::wire::{FromWorker, HeardMoment, Seen, ToWorker};
use engine::worker::WorkerInput;
use metrics::{Baseline, UserId};
use plan::Plan;
use protocol::audio::Clip;
use run::{Capacity, Run, RunInput, layout};
use swarm::Journal;

pub struct World {
    /// Simulated time since the world began.
    now: Timestamp,
    pub run: Run,
    pub chat: Chat,
    pub voice: VoiceServer,
    /// Of the user that is listened to.
    pub heard: Vec<HeardMoment>,
    /// What is written down of the run, if it is.
    pub recording: Option<Journal>,
    /// Of the user that is watched.
    pub seen: Vec<Seen>,
    workers: Vec<Host>,
    /// The chat server has one worker, which each message takes for so long; none: it takes no time.
    service: Span,
    busy_until: Timestamp,
    net: Net<Packet>,
    /// What workers say, while somebody else has the run.
    said: Option<Vec<(usize, FromWorker)>>,
    next_tick: Timestamp,
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

const TICK: Span = Span::from_millis(250);
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
        let workers = parts.iter().map(|_| Host::default()).collect();
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
            said: None,
            next_tick: Timestamp::ZERO + TICK,
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
        if self.run.is_done() {
            self.let_arrive(until);
        }
    }

    /// What is under way when the run is over arrives all the same.
    fn let_arrive(&mut self, until: Timestamp) {
        while let Some(at) = self.net.next().filter(|at| *at <= until) {
            self.now = at.max(self.now);
            while let Some(packet) = self.net.pop(self.now) {
                self.on_packet(packet);
            }
        }
    }

    /// From now on frames wait so long before a load worker reads them: it is flooded, and its probe is not.
    pub fn flood(&mut self, backlog: Span) {
        self.backlog = backlog;
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
        (0..self.workers.len()).for_each(|worker| self.give(worker, WorkerInput::Woken { lag: Some(length) }));
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
            self.give(worker, WorkerInput::Told(ToWorker::Hear(user)));
        }
    }

    fn next_at(&self) -> Timestamp {
        let timeouts = self.workers.iter().filter_map(Host::next_at);
        timeouts
            .chain(self.net.next())
            .chain([self.voice.next_at(), self.next_tick, self.next_ping, self.next_release])
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
            if self.workers[worker].next_at().is_some_and(|due| due <= self.now) {
                // Timers are exact here, which says nothing of a machine.
                self.give(worker, WorkerInput::Woken { lag: None });
            }
        }
        self.serve();
        if self.now >= self.next_tick {
            self.next_tick += TICK;
            self.tick();
        }
    }

    /// The page looks after its run.
    fn tick(&mut self) {
        if self.said.is_none() {
            self.command(RunInput::Tick);
            self.run.overdue().into_iter().for_each(|input| self.command(input));
        }
    }

    fn now_ms(&self) -> f64 {
        self.now.as_micros() as f64 / 1e3
    }

    /// A world whose run somebody else has; of workers it has none yet.
    pub(super) fn carried(plan: Plan, latency: Span, faults: Faults) -> Self {
        let mut world = Self::new(plan, Vec::new(), 2, latency, faults);
        world.workers.clear();
        world.said = Some(Vec::new());
        world
    }

    /// What was said since the last call.
    pub(super) fn take_said(&mut self) -> Vec<(usize, FromWorker)> {
        self.said.as_mut().map(std::mem::take).unwrap_or_default()
    }

    fn tell_run(&mut self, worker: usize, message: FromWorker) {
        match &mut self.said {
            Some(said) => said.push((worker, message)),
            None => self.command(RunInput::From { worker, message }),
        }
    }

    fn pass_on(&mut self) {
        while let Some((worker, message)) = self.run.poll() {
            self.on_order(worker, message);
        }
    }
}
