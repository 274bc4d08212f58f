//! A whole swarm in simulated time: a conductor's page, generators' pages, their links, a broker, a chat server.
//!
//! The pages are the pure machines that real pages drive; only the browser's edge is replaced. Clocks agree; `crates/swarm/src/clock.rs`
//! has its own tests. The conductor only conducts and observes.

use super::broker::SwarmNet;
use super::pretender::Pretender;
use super::world::{Carried, World};
use base::time::{Span, Timestamp};
use demo_service::Faults;
use engine::wire::{FromWorker, Snapshot, ToWorker};
use plan::{Limits, Plan};
use run::{Capacity, Part, RunInput, Vacancy, homes, layout};
use swarm::{
    Bounds, Card, Conductor, ConductorOutput, Consent, Decision, Generator, GeneratorOutput, Invite, Keys, Link,
    LinkCommand, LinkEvent, Loading, Offer, Patience, Picture, Refused, Secret, Signer, pack,
};

/// The conductor's node in [`SimulatedSwarm::net`]; generators have those after it.
pub const CONDUCTOR: usize = 0;

pub struct SimulatedSwarm {
    /// The run, all workers of all browsers, and the server.
    pub world: World,
    pub net: SwarmNet,
    conductor: Conductor,
    pages: Vec<Page>,
    /// By the run's worker: the conductor's own one in the world.
    own: Vec<Option<usize>>,
    /// Nothing happens on the conductor's page.
    is_asleep: bool,
    slept_through: Vec<(usize, FromWorker)>,
    now_ms: f64,
    /// What each link has refused so far, by its node.
    pub refused: Vec<Refused>,
}

struct Page {
    generator: Generator,
    /// It opens no more sockets than these.
    most: Option<usize>,
    /// Its workers, by their numbers in the world.
    workers: Vec<usize>,
    /// It has none, and says that it has.
    pretender: Option<Pretender>,
}

impl SimulatedSwarm {
    /// The plan, under way: in so many browsers besides the conductor's.
    pub fn new(plan: Plan, generators: usize, patience: Patience) -> Self {
        Self::with_pretenders(plan, generators, 0, patience)
    }

    /// After those so many who only pretend to play: see [`Self::hand_over`].
    pub fn with_pretenders(plan: Plan, honest: usize, pretenders: usize, patience: Patience) -> Self {
        let generators = honest + pretenders;
        let mut net = SwarmNet::new(5);
        let conducting = Keys::to_conduct(Secret::new([1; 32]));
        let conductor = conducting.signer().expect("it conducts");
        let members: Vec<_> = (1..=generators as u8).map(|number| Signer::new(Secret::new([number; 32]))).collect();
        let sessions: Vec<_> = members.iter().map(Signer::session).collect();
        net.add(Link::new(&conducting, conductor, Loading(7), None), 0.0, 0.0, WAY_MS, WAY_MS);
        let link = Invite::new(conducting, "ws://broker").ok().and_then(|invite| invite.to_join());
        let invite = link.as_deref().and_then(Invite::read).expect("who conducts invites");
        let joining = invite.expect("it was just written").keys;
        for member in members {
            net.add(Link::new(&joining, member, Loading(7), None), 0.0, 0.0, WAY_MS, WAY_MS);
        }
        let limits = Limits { hosts: plan.hosts(), ..Limits::default() };
        let page = |number: usize| Page {
            generator: Generator::new(card(number), Bounds { limits: limits.clone(), users: 250 }),
            most: None,
            workers: Vec::new(),
            pretender: (number >= honest).then(Pretender::default),
        };
        let browsers = browsers(generators);
        let parts = layout(&browsers, plan.handshakes_in_flight);
        let places: Vec<_> = homes(&browsers, plan.handshakes_in_flight)
            .into_iter()
            .map(|home| home.checked_sub(1).map(|generator| sessions[generator]))
            .collect();
        let offer = Offer::of(&plan);
        let mut swarm = Self {
            world: World::carried(plan, parts, Span::from_millis(5), Faults::default()),
            net,
            conductor: Conductor::new(BUILD),
            pages: (0..generators).map(page).collect(),
            own: Vec::new(),
            is_asleep: false,
            slept_through: Vec::new(),
            now_ms: 0.0,
            refused: vec![Refused::default(); 1 + generators],
        };
        swarm.conductor.set_patience(patience);
        swarm.play(2.0);
        swarm.conductor.offer(offer);
        swarm.play(1.0);
        swarm.agree();
        swarm.play(2.0);
        swarm.conductor.begin("k3f".into(), places.clone());
        swarm.own = places.iter().map(|place| place.is_none().then(|| swarm.world.add_worker())).collect();
        swarm
    }

    /// For so many seconds.
    pub fn play(&mut self, seconds: f64) {
        let until_ms = self.now_ms + seconds * 1e3;
        while self.now_ms < until_ms && !self.world.run.is_done() {
            self.now_ms += SLICE_MS;
            self.world.play_until(Timestamp::from_millis_f64(self.now_ms));
            self.net.run(SLICE_MS);
            self.hear();
            if self.now_ms % TICK_MS == 0.0 && !self.is_asleep {
                self.input(RunInput::Tick);
                self.world.run.overdue().into_iter().for_each(|input| self.input(input));
            }
            if self.now_ms % 1e3 == 0.0 && !self.is_asleep {
                self.share();
            }
            if self.now_ms % 1e3 == 0.0 {
                (0..self.pages.len()).for_each(|number| self.hand_over(number, |_| {}));
            }
            self.settle();
        }
    }

    /// Every operator says yes to what is offered.
    fn agree(&mut self) {
        for Page { generator, .. } in &mut self.pages {
            if let Some(offer) = generator.offered().map(|offer| offer.number) {
                generator.decide(Decision { allows: true, offer, samples: true });
            }
        }
    }

    /// A page that only pretends to play hands over what that makes of it.
    pub fn hand_over(&mut self, number: usize, mut change: impl FnMut(&mut Snapshot)) {
        let Page { generator, pretender: Some(pretender), .. } = &mut self.pages[number] else { return };
        for worker in pretender.workers() {
            if let Some(mut snapshot) = pretender.hand_over(worker, self.now_ms) {
                change(&mut snapshot);
                generator.on_worker(worker, FromWorker::Snapshot(Box::new(snapshot)));
            }
        }
    }

    /// The conductor's laptop sleeps, or wakes up.
    pub fn sleep(&mut self, is_asleep: bool) {
        self.is_asleep = is_asleep;
        self.net.sleep(CONDUCTOR, is_asleep);
    }

    pub fn input(&mut self, input: RunInput) {
        self.world.command(input);
    }

    /// This generator's browser opens only so many sockets, though it says that it can more. Before it plays.
    pub fn narrow(&mut self, generator: usize, most: usize) {
        self.pages[generator].most = Some(most);
    }

    /// Seconds of the run.
    pub fn elapsed_s(&self) -> f64 {
        self.world.run.status().elapsed_s
    }

    /// What the links have told the pages.
    fn hear(&mut self) {
        if !self.is_asleep {
            for (_, event) in self.net.told(CONDUCTOR) {
                note(&mut self.refused[CONDUCTOR], &event);
                self.conductor.on_event(event);
            }
        }
        for number in 0..self.pages.len() {
            for (_, event) in self.net.told(number + 1) {
                note(&mut self.refused[number + 1], &event);
                self.pages[number].generator.on_event(self.now_ms, event);
            }
        }
    }

    /// As `results::UnderWay` does: vacant parts are given out.
    fn fill_in(&mut self) {
        for Vacancy { part, again } in self.world.run.vacant_parts(self.conductor.patience().gone_after()) {
            let Some((session, name)) = self.conductor.stand_in(again.as_deref()) else { continue };
            self.input(RunInput::Add { part: Part { browser: Some(name), ..part } });
            self.carry();
            self.own.push(None);
            self.conductor.seat_worker(Some(session));
            self.conductor.begin_more(session);
        }
    }

    /// As it does once a second: the run is shown, and what came is safe.
    fn share(&mut self) {
        self.fill_in();
        let (run, halt) = (self.world.run.id().to_owned(), self.world.run.halt());
        let picture = Picture { run, halt, ..Picture::default() };
        self.net.command(CONDUCTOR, LinkCommand::Show(pack(&picture)));
        let taken: Vec<_> = self.conductor.taken().collect();
        taken.into_iter().for_each(|(session, below)| self.conductor.keep(session, below));
    }

    /// Until nobody has anything to say.
    fn settle(&mut self) {
        loop {
            let mut is_quiet = !self.carry();
            while let Some(output) = self.conductor.poll() {
                is_quiet = false;
                match output {
                    ConductorOutput::Link(command) => self.net.command(CONDUCTOR, command),
                    ConductorOutput::Run(input) => {
                        let is_vacancy = matches!(input, RunInput::Alone { .. });
                        self.input(input);
                        if is_vacancy {
                            self.fill_in();
                        }
                    }
                    ConductorOutput::Note(_) => {}
                }
            }
            for number in 0..self.pages.len() {
                while let Some(output) = self.pages[number].generator.poll() {
                    is_quiet = false;
                    self.obey(number, output);
                }
            }
            if is_quiet {
                return;
            }
        }
    }

    /// Between the run and its workers; says whether there was anything.
    fn carry(&mut self) -> bool {
        let Carried { said, told } = self.world.take_carried();
        let is_news = !said.is_empty() || !told.is_empty();
        for (worker, message) in told {
            self.tell(worker, message);
        }
        for (host, message) in said {
            let of_page = |page: &Page| page.workers.iter().position(|&worker| worker == host);
            if let Some((number, place)) = self.pages.iter().enumerate().find_map(|(n, page)| Some((n, of_page(page)?)))
            {
                self.pages[number].generator.on_worker(place as u32, message);
            } else {
                self.slept_through.push((host, message));
            }
        }
        if !self.is_asleep {
            for (host, message) in std::mem::take(&mut self.slept_through) {
                if let Some(worker) = self.own.iter().position(|own| *own == Some(host)) {
                    self.input(RunInput::From { worker, message });
                }
            }
        }
        is_news
    }

    fn tell(&mut self, worker: usize, message: ToWorker) {
        match self.own.get(worker).copied().flatten() {
            Some(host) => self.world.on_order(host, message),
            None => self.conductor.tell(worker, message),
        }
    }

    fn obey(&mut self, number: usize, output: GeneratorOutput) {
        match output {
            GeneratorOutput::Link(command) => self.net.command(number + 1, command),
            GeneratorOutput::Spawn { workers } if self.pages[number].pretender.is_some() => {
                let build = BUILD.to_owned();
                let ready = |worker| (worker, FromWorker::Ready { build: build.clone() });
                let page = &mut self.pages[number];
                (0..workers).map(ready).for_each(|(worker, message)| page.generator.on_worker(worker, message));
            }
            GeneratorOutput::Spawn { workers } => {
                while (self.pages[number].workers.len() as u32) < workers {
                    let host = self.world.add_worker();
                    if let Some(most) = self.pages[number].most {
                        self.world.narrow(number, most, host);
                    }
                    self.pages[number].workers.push(host);
                }
            }
            GeneratorOutput::Tell { worker, message } => {
                let Page { generator, pretender, .. } = &mut self.pages[number];
                let answer = pretender.as_mut().and_then(|pretender| pretender.obey(worker, &message));
                answer.into_iter().for_each(|answer| generator.on_worker(worker, answer));
                if let Some(&host) = self.pages[number].workers.get(worker as usize) {
                    self.world.on_order(host, *message);
                }
            }
            GeneratorOutput::Dismiss => {
                let workers = std::mem::take(&mut self.pages[number].workers);
                workers.into_iter().for_each(|host| self.world.end_worker(host));
            }
            GeneratorOutput::Keep { .. } | GeneratorOutput::Forget { .. } | GeneratorOutput::Agreed(_) => {}
        }
    }
}

fn note(refused: &mut Refused, event: &LinkEvent) {
    if let LinkEvent::Tick(traffic) = event {
        *refused = traffic.refused;
    }
}

fn browsers(generators: usize) -> Vec<Capacity> {
    let conductor = Capacity { only_watches: true, ..Capacity::own(2, 250) };
    let generator = |number| Capacity { browser: Some(card(number).name), ..Capacity::own(2, 250) };
    [conductor].into_iter().chain((0..generators).map(generator)).collect()
}

fn card(number: usize) -> Card {
    let (name, browser, consent) = (format!("browser {}", number + 1), "Chromium 156".to_owned(), Consent::Asked);
    let build = BUILD.to_owned();
    Card { name, browser, cores: 2, sockets: 250, only_watches: false, consent, offer: 0, playing: None, build }
}

const BUILD: &str = "simulated";
/// To the broker and back, least and most milliseconds.
const WAY_MS: (f64, f64) = (1.0, 4.0);
const SLICE_MS: f64 = 25.0;
const TICK_MS: f64 = 250.0;
