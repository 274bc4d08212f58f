//! A whole swarm in simulated time: a conductor's page, generators' pages, their links, a broker, a chat server.
//!
//! The pages are the pure machines that real pages drive; only the browser's edge is replaced. Clocks agree; `crates/swarm/src/clock.rs`
//! has its own tests. The conductor only conducts and observes.

use super::broker::SwarmNet;
use super::pretender::Pretender;
use super::world::World;
use base::time::{Span, Timestamp};
use demo_service::Faults;
use engine::wire::{FromWorker, Snapshot};
use metrics::Browser;
use plan::{Limits, Plan};
use results::{HostPage, UnderWay, UnderWayOutput, Wanted};
use run::{Capacity, Run, RunInput};
use swarm::{
    Bounds, Card, Cast, Consent, Decision, Entrance, FromLink, Invite, Keys, Link, LinkEvent, Loading, MemberInput,
    MemberOutput, Membership, Offer, Patience, Picture, Refused, Remembered, Secret, Signer, ToLink,
};

/// The conductor's node in [`SimulatedSwarm::net`]; generators have those after it.
pub const CONDUCTOR: usize = 0;

pub struct SimulatedSwarm {
    /// All workers of all browsers, and the server.
    pub world: World,
    pub net: SwarmNet,
    conductor: Membership,
    under_way: UnderWay,
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
    membership: Membership,
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
        let mut net = SwarmNet::new(5);
        let conducting =
            Invite::new(Keys::to_conduct(Secret::new([1; 32])), "ws://broker").expect("an address of a broker");
        let signer = conducting.keys.signer().expect("it conducts");
        let joining = Invite::read(&conducting.to_join().expect("who conducts invites"));
        let joining = joining.expect("a link").expect("that was just written");
        let bounds = || Bounds { limits: Limits { hosts: plan.hosts(), ..Limits::default() }, users: 250 };
        let mut enter = |invite: &Invite, signer: Signer, number: usize| {
            net.add(Link::new(&invite.keys, signer.clone(), Loading(7), None), 0.0, 0.0, WAY_MS, WAY_MS);
            let (invite, card, bounds, loading) = (invite.clone(), card(number), bounds(), Loading(7));
            let (credentials, remembered) = (None, Remembered::default());
            Membership::enter(Entrance { invite, credentials, card, bounds, signer, loading, remembered }).0
        };
        let mut conductor = enter(&conducting, signer, CONDUCTOR);
        let pages = (0..honest + pretenders).map(|number| Page {
            membership: enter(&joining, Signer::new(Secret::new([number as u8 + 1; 32])), number + 1),
            most: None,
            workers: Vec::new(),
            pretender: (number >= honest).then(Pretender::default),
        });
        let pages: Vec<_> = pages.collect();
        conductor.set_patience(patience);
        let mut swarm = Self {
            world: World::carried(plan.clone(), Span::from_millis(5), Faults::default()),
            under_way: nothing_yet(&plan),
            refused: vec![Refused::default(); 1 + pages.len()],
            net,
            conductor,
            pages,
            own: Vec::new(),
            is_asleep: false,
            slept_through: Vec::new(),
            now_ms: 0.0,
        };
        swarm.play(2.0);
        swarm.conductor.offer(Offer::of(&plan));
        swarm.play(1.0);
        swarm.agree();
        swarm.play(2.0);
        swarm.begin(plan);
        swarm
    }

    /// As a page does it when Start is pressed and everybody has answered.
    fn begin(&mut self, plan: Plan) {
        let conductor = self.conductor.conductor_mut().expect("it conducts");
        let own = Capacity { only_watches: true, ..Capacity::own(2, 250) };
        let cast = Cast::of(own, conductor.ready(), plan.handshakes_in_flight).expect("somebody plays");
        self.own = cast.places.iter().map(|place| place.is_none().then(|| self.world.add_worker())).collect();
        let around = HostPage { this: Browser::default(), keeps: false, picture };
        self.under_way = UnderWay::begin(self.now_ms, wanted(plan), cast, Some(conductor), around);
    }

    pub fn run(&self) -> &Run {
        self.under_way.run()
    }

    /// For so many seconds.
    pub fn play(&mut self, seconds: f64) {
        let until_ms = self.now_ms + seconds * 1e3;
        while self.now_ms < until_ms && !self.run().is_done() {
            self.now_ms += SLICE_MS;
            self.world.play_until(Timestamp::from_millis_f64(self.now_ms));
            self.net.run(SLICE_MS);
            self.hear();
            if self.now_ms % 1e3 == 0.0 {
                (0..self.pages.len()).for_each(|number| self.hand_over(number, |_| {}));
            }
            self.settle();
        }
        if self.run().is_done() {
            // What is under way then arrives all the same.
            self.world.play_until(self.world.now() + Span::from_secs(1));
        }
    }

    /// Every operator says yes to what is offered.
    fn agree(&mut self) {
        for Page { membership, .. } in &mut self.pages {
            membership.generate(|own| {
                if let Some(offer) = own.offered().map(|offer| offer.number) {
                    own.decide(Decision { allows: true, offer, samples: true });
                }
            });
        }
    }

    /// A page that only pretends to play hands over what that makes of it.
    pub fn hand_over(&mut self, number: usize, mut change: impl FnMut(&mut Snapshot)) {
        let Page { membership, pretender: Some(pretender), .. } = &mut self.pages[number] else { return };
        for worker in pretender.workers() {
            if let Some(mut snapshot) = pretender.hand_over(worker, self.now_ms) {
                change(&mut snapshot);
                let message = FromWorker::Snapshot(Box::new(snapshot));
                membership.handle(self.now_ms, MemberInput::Worker { worker, message });
            }
        }
    }

    /// The conductor's laptop sleeps, or wakes up.
    pub fn sleep(&mut self, is_asleep: bool) {
        self.is_asleep = is_asleep;
        self.net.sleep(CONDUCTOR, is_asleep);
    }

    pub fn input(&mut self, input: RunInput) {
        let conductor = self.conductor.conductor_mut().expect("it conducts");
        self.under_way.handle(self.now_ms, input, conductor);
        while let Some(output) = self.under_way.poll() {
            match output {
                UnderWayOutput::Tell { worker, message } => {
                    if let Some(host) = self.own.get(worker).copied().flatten() {
                        self.world.on_order(host, message);
                    }
                }
                UnderWayOutput::Journal { number, page, taken } => self.conductor.write_down(number, page, taken),
                UnderWayOutput::Page(_) | UnderWayOutput::Over | UnderWayOutput::News => {}
            }
        }
    }

    /// This generator's browser opens only so many sockets, though it says that it can more. Before it plays.
    pub fn narrow(&mut self, generator: usize, most: usize) {
        self.pages[generator].most = Some(most);
    }

    /// Seconds of the run.
    pub fn elapsed_s(&self) -> f64 {
        self.run().status().elapsed_s
    }

    /// What the links have told the pages.
    fn hear(&mut self) {
        for node in 0..=self.pages.len() {
            if node == CONDUCTOR && self.is_asleep {
                continue;
            }
            for (_, event) in self.net.told(node) {
                if let LinkEvent::Tick(traffic) = &event {
                    self.refused[node] = traffic.refused;
                }
                let page = match node.checked_sub(1) {
                    None => &mut self.conductor,
                    Some(number) => &mut self.pages[number].membership,
                };
                page.handle(self.now_ms, MemberInput::Link(FromLink::Event(event)));
            }
        }
    }

    /// Until nobody has anything to say.
    fn settle(&mut self) {
        loop {
            let mut is_quiet = !self.carry();
            while let Some(output) = self.conductor.poll() {
                is_quiet = false;
                match output {
                    MemberOutput::Run(input) if !self.own.is_empty() => self.input(input),
                    output => self.obey(CONDUCTOR, output),
                }
            }
            for number in 0..self.pages.len() {
                while let Some(output) = self.pages[number].membership.poll() {
                    is_quiet = false;
                    self.obey(number + 1, output);
                }
            }
            if is_quiet {
                return;
            }
        }
    }

    /// What workers say reaches their pages; says whether there was anything.
    fn carry(&mut self) -> bool {
        let said = self.world.take_said();
        let is_news = !said.is_empty();
        for (host, message) in said {
            let of_page = |page: &Page| page.workers.iter().position(|&worker| worker == host);
            let found = self.pages.iter().enumerate().find_map(|(number, page)| Some((number, of_page(page)?)));
            match found {
                Some((number, place)) => {
                    let input = MemberInput::Worker { worker: place as u32, message };
                    self.pages[number].membership.handle(self.now_ms, input);
                }
                None => self.slept_through.push((host, message)),
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

    fn page(&mut self, node: usize) -> &mut Page {
        &mut self.pages[node - 1]
    }

    /// A page's edge does what it is told. All notes are written down at once, and the conductor's page starts no workers for a part.
    fn obey(&mut self, node: usize, output: MemberOutput) {
        match output {
            MemberOutput::Link(ToLink::Command(command)) => self.net.command(node, command),
            MemberOutput::Note { taken, .. } => {
                let now_ms = self.now_ms;
                let membership = if node == CONDUCTOR { &mut self.conductor } else { &mut self.page(node).membership };
                membership.handle(now_ms, MemberInput::Noted { taken, unkept: None });
            }
            MemberOutput::Spawn { workers } => self.spawn(node, workers),
            MemberOutput::Tell { worker, message } => {
                let now_ms = self.now_ms;
                let Page { membership, pretender, workers, .. } = self.page(node);
                if let Some(message) = pretender.as_mut().and_then(|pretender| pretender.obey(worker, &message)) {
                    membership.handle(now_ms, MemberInput::Worker { worker, message });
                }
                if let Some(&host) = workers.get(worker as usize) {
                    self.world.on_order(host, *message);
                }
            }
            MemberOutput::Dismiss => {
                let workers = std::mem::take(&mut self.page(node).workers);
                workers.into_iter().for_each(|host| self.world.end_worker(host));
            }
            MemberOutput::Link(ToLink::Open(_))
            | MemberOutput::Run(_)
            | MemberOutput::Revive { .. }
            | MemberOutput::Discard { .. }
            | MemberOutput::Forget { .. } => {}
        }
    }

    fn spawn(&mut self, node: usize, workers: u32) {
        let now_ms = self.now_ms;
        if self.page(node).pretender.is_some() {
            for worker in 0..workers {
                let message = FromWorker::Ready { build: BUILD.to_owned() };
                self.page(node).membership.handle(now_ms, MemberInput::Worker { worker, message });
            }
            return;
        }
        while (self.page(node).workers.len() as u32) < workers {
            let host = self.world.add_worker();
            if let Some(most) = self.page(node).most {
                self.world.narrow(node - 1, most, host);
            }
            self.page(node).workers.push(host);
        }
    }
}

/// Before Start is pressed.
fn nothing_yet(plan: &Plan) -> UnderWay {
    let cast = Cast { parts: Vec::new(), places: Vec::new() };
    let around = HostPage { this: Browser::default(), keeps: false, picture };
    UnderWay::begin(0.0, wanted(plan.clone()), cast, None, around)
}

fn wanted(plan: Plan) -> Wanted {
    let limits = Limits { hosts: plan.hosts(), ..Limits::default() };
    let (csv, clips, run) = (Vec::new(), Vec::new(), "k3f".to_owned());
    Wanted { run, plan, csv, clips, limits, baseline: None, trial: None, starve_ms: 0 }
}

/// What the others see of a run: enough for them to obey.
fn picture(run: &Run) -> Picture {
    Picture { run: run.id().to_owned(), halt: run.halt(), ..Picture::default() }
}

fn card(number: usize) -> Card {
    let (name, browser, consent) = (format!("browser {}", number), "Chromium 156".to_owned(), Consent::Asked);
    let build = BUILD.to_owned();
    Card { name, browser, cores: 2, sockets: 250, only_watches: false, consent, offer: 0, playing: None, build }
}

const BUILD: &str = "simulated";
/// To the broker and back, least and most milliseconds.
const WAY_MS: (f64, f64) = (1.0, 4.0);
const SLICE_MS: f64 = 25.0;
