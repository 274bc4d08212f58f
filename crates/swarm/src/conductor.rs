//! The conductor's side of a swarm: who is there, who plays which part, and the way of the run's messages to and fro.
//!
//! The run itself ([`run::Run`]) does not know where its workers live. Here a worker's number is turned into a browser
//! and the worker's number there, and what that browser says becomes the run's inputs.
//!
//! ```text
//!   Run ──(worker, ToWorker)──▶ Conductor ──order n──▶ generator          order numbers and part numbers make sure that
//!   Run ◀──────RunInput──────── Conductor ◀──part m─── generator          nothing is done or counted twice
//! ```

mod seat;

use std::collections::{BTreeMap, VecDeque};

pub use self::seat::Seat;
use super::clock::Offset;
use super::link::{LinkCommand, LinkEvent};
use super::message::{
    Card, Consent, Offer, Order, Patience, Picture, Said, ToConductor, ToGenerator, What, pack, unpack_within,
};
use super::peer::SessionId;
use super::scan::Allowance;
use engine::wire::ToWorker;
use run::{Capacity, RunInput};

#[derive(Debug, PartialEq)]
pub enum ConductorOutput {
    Link(LinkCommand),
    Run(RunInput),
    /// For people.
    Note(String),
}

#[derive(Debug, Default)]
pub struct Conductor {
    /// This browser's own, which nobody else is called by. Empty: it has none.
    own_name: String,
    seats: BTreeMap<SessionId, Seat>,
    /// Of which workers the run consists: whose each is. `None`: this browser's own.
    workers: Vec<Option<(SessionId, u32)>>,
    run: Option<String>,
    offer: Offer,
    patience: Patience,
    /// The users of a browser that vanished move to the others.
    pub moves_parts: bool,
    /// Ticks until everybody has had the time to come back after we were not there ourselves.
    unsettled: u32,
    /// What the run was told of its clocks, milliseconds.
    clock_bound: f64,
    out: VecDeque<ConductorOutput>,
    malformed: u64,
}

impl Conductor {
    /// `build`: of this page. Who plays with it is the same program.
    pub fn new(build: &str) -> Self {
        Self { offer: Offer { build: build.to_owned(), ..Offer::default() }, ..Self::default() }
    }

    pub fn poll(&mut self) -> Option<ConductorOutput> {
        self.out.pop_front()
    }

    /// What its operator calls this browser; whoever is called so gets some digits.
    pub fn call_itself(&mut self, name: &str) {
        name.clone_into(&mut self.own_name);
        let is_so = |card: &Card| card.name == name;
        let seats = self.seats.values().filter(|seat| seat.card.as_ref().is_some_and(is_so));
        for session in seats.map(|seat| seat.session).collect::<Vec<_>>() {
            let other = self.unique_name(session, name.to_owned());
            if let Some(card) = self.seats.get_mut(&session).and_then(|seat| seat.card.as_mut()) {
                card.name = other;
            }
        }
    }

    /// Everybody who has come, in the order of their sessions.
    pub fn seats(&self) -> impl Iterator<Item = &Seat> {
        self.seats.values()
    }

    /// Messages that could not be read.
    pub fn malformed(&self) -> u64 {
        self.malformed
    }

    /// What the next run will be: every generator's operator is asked.
    pub fn offer(&mut self, offer: Offer) {
        let Offer { number, build, .. } = self.offer.clone();
        let offer = Offer { number, build, patience: self.patience, ..offer };
        if self.offer == offer {
            return;
        }
        self.offer = Offer { number: self.offer.number + 1, ..offer };
        // Retained by the broker, so that whoever comes knows at once what is going on.
        self.out.push_back(ConductorOutput::Link(LinkCommand::Card(pack(&self.offer))));
        let sessions: Vec<_> = self.seats.keys().copied().collect();
        sessions.into_iter().for_each(|session| self.say_offer(session));
    }

    /// How long browsers play on without this one: from now on, in a run that goes on as well.
    pub fn set_patience(&mut self, patience: Patience) {
        self.patience = patience;
        if self.offer.number > 0 {
            self.offer(self.offer.clone());
        }
    }

    pub fn patience(&self) -> Patience {
        self.patience
    }

    fn say_offer(&mut self, session: SessionId) {
        let message = pack(&ToGenerator::Offer(self.offer.clone()));
        self.out.push_back(ConductorOutput::Link(LinkCommand::Say { to: Some(session), message }));
    }

    /// Somebody who is here has not answered the last offer.
    pub fn is_waiting(&self) -> bool {
        let is_open = |card: &Card| {
            card.build == self.offer.build && (card.offer != self.offer.number || card.consent == Consent::Asked)
        };
        self.seats.values().any(|seat| !seat.is_away && !seat.is_out && seat.card.as_ref().is_none_or(is_open))
    }

    /// How the browser introduced itself that results of the run know by this name.
    pub fn card_of(&self, name: &str) -> Option<&Card> {
        let of_part = self.seats.values().find(|seat| seat.bore(name));
        let seat = of_part.or_else(|| self.seats.values().find(|seat| seat.name() == name));
        seat.and_then(|seat| seat.card.as_ref())
    }

    /// The browsers that would play now: who is here, and may.
    pub fn ready(&self) -> Vec<(SessionId, Capacity)> {
        self.seats.values().filter_map(|seat| Some((seat.session, seat.capacity(&self.offer)?))).collect()
    }

    /// A run begins. `workers` says for each of its workers in which browser it lives (`None`: in this one).
    pub fn begin(&mut self, run: String, workers: Vec<Option<SessionId>>) {
        self.run = Some(run);
        self.clock_bound = 0.0;
        self.workers.clear();
        self.seats.values_mut().for_each(Seat::stand_by);
        for session in workers {
            if let Some(session) = session {
                self.seats.entry(session).or_insert_with(|| Seat::new(session));
            }
            self.seat_worker(session);
        }
        let players: Vec<_> = self.seats.values().filter(|seat| !seat.workers.is_empty()).collect();
        let begins: Vec<_> = players.iter().map(|seat| (seat.session, seat.workers.len() as u32)).collect();
        begins.into_iter().for_each(|(session, workers)| self.order(session, &Order::Begin { workers }));
        self.say_seated();
    }

    /// Who plays a part is kept by the link.
    fn say_seated(&mut self) {
        let players = self.seats.values().filter(|seat| !seat.workers.is_empty()).map(|seat| seat.session).collect();
        self.out.push_back(ConductorOutput::Link(LinkCommand::Seated(players)));
    }

    /// One more worker of the run; [`Self::begin_more`] starts those of a browser.
    pub fn seat_worker(&mut self, session: Option<SessionId>) {
        let worker = self.workers.len();
        let place = session.map(|session| {
            let seat = self.seats.entry(session).or_insert_with(|| Seat::new(session));
            seat.workers.push(worker);
            seat.names.extend(seat.card.as_ref().map(|card| card.name.clone()));
            (session, seat.workers.len() as u32 - 1)
        });
        self.workers.push(place);
    }

    /// Its parts bear that name, which it will not have said again yet when notes are played.
    pub fn bears(&mut self, session: SessionId, name: String) {
        if let Some(seat) = self.seats.get_mut(&session) {
            seat.names.insert(name);
        }
    }

    /// A browser that came later, or came back, starts the workers that it was given.
    pub fn begin_more(&mut self, session: SessionId) {
        let workers = self.seats.get(&session).map_or(0, |seat| seat.workers.len() as u32);
        self.order(session, &Order::Begin { workers });
        self.say_seated();
    }

    /// Whose worker that is; `None`: this browser's own.
    pub fn place_of(&self, worker: usize) -> Option<SessionId> {
        self.workers.get(worker).copied().flatten().map(|(session, _)| session)
    }

    /// Who would take up a part: of those that are ready the browser whose it was, if that only stopped because nobody conducted
    /// it (`again`), else whoever plays none, or (if parts move) the fewest.
    pub fn stand_in(&self, again: Option<&str>) -> Option<(SessionId, String)> {
        let ready = || self.ready().into_iter().filter_map(|(session, _)| self.seats.get(&session));
        let owner = again.and_then(|name| ready().find(|seat| seat.name() == name));
        let other = || {
            let fewest = ready().min_by_key(|seat| seat.workers.len())?;
            (self.unsettled == 0 && (self.moves_parts || fewest.workers.is_empty())).then_some(fewest)
        };
        owner.or_else(other).map(|seat| (seat.session, seat.name()))
    }

    pub fn own_workers(&self) -> Vec<usize> {
        (0..self.workers.len()).filter(|&worker| self.place_of(worker).is_none()).collect()
    }

    /// A message of the run to a worker in another browser.
    pub fn tell(&mut self, worker: usize, message: ToWorker) {
        if let Some((session, worker)) = self.workers.get(worker).copied().flatten() {
            self.order(session, &Order::Worker { worker, message: Box::new(message) });
        }
    }

    /// Everybody sees how the run looks.
    pub fn show(&mut self, picture: &Picture) {
        self.out.push_back(ConductorOutput::Link(LinkCommand::Show(pack(picture))));
    }

    /// The run is over.
    pub fn end(&mut self) {
        let players: Vec<_> =
            self.seats.values().filter(|seat| !seat.workers.is_empty()).map(|seat| seat.session).collect();
        players.into_iter().for_each(|session| self.order(session, &Order::End));
        self.run = None;
        self.workers.clear();
        for seat in self.seats.values_mut() {
            seat.workers.clear();
            seat.past_names = std::mem::take(&mut seat.names);
            seat.is_out = false;
        }
        self.say_seated();
    }

    fn order(&mut self, session: SessionId, order: &Order) {
        let (Some(run), Some(seat)) = (&self.run, self.seats.get_mut(&session)) else { return };
        let number = seat.next_order;
        seat.next_order += 1;
        let message = pack(&ToGenerator::Order { run: run.clone(), number, order: order.clone() });
        seat.orders.push_back((number, message.clone()));
        self.out.push_back(ConductorOutput::Link(LinkCommand::Say { to: Some(session), message }));
    }

    /// What has come of each browser that plays: parts below this number.
    pub fn taken(&self) -> impl Iterator<Item = (SessionId, u64)> {
        let players = self.seats.values().filter(|seat| !seat.workers.is_empty());
        players.map(|seat| (seat.session, seat.next_part))
    }

    /// Parts of a browser below this number are written down here: it need not keep them any longer.
    pub fn keep(&mut self, session: SessionId, below: u64) {
        let Some(run) = self.run.clone().filter(|_| self.seats.contains_key(&session)) else { return };
        let message = pack(&ToGenerator::Kept { run, below });
        self.out.push_back(ConductorOutput::Link(LinkCommand::Say { to: Some(session), message }));
    }

    /// This page was loaded anew and has played its notes again: parts below this number are in them.
    pub fn take_up(&mut self, session: SessionId, below: u64) {
        if let Some(seat) = self.seats.get_mut(&session) {
            seat.next_part = below;
        }
    }

    /// After the notes were played: nobody is here yet, and what was said again was said to nobody.
    pub fn take_over(&mut self) {
        self.out.clear();
        self.unsettled = SETTLING_TICKS;
        let sessions: Vec<_> = self.seats.keys().copied().collect();
        sessions.into_iter().for_each(|session| self.on_away(session, true));
        self.say_seated();
    }

    /// This page's link has died: nobody is heard, and the next one knows nobody.
    pub fn link_lost(&mut self) {
        let sessions: Vec<_> = self.seats.keys().copied().collect();
        sessions.into_iter().for_each(|session| self.on_away(session, true));
    }

    /// A link begins, which does not know yet what is offered.
    pub fn link_anew(&mut self) {
        if self.offer.number > 0 {
            self.out.push_back(ConductorOutput::Link(LinkCommand::Card(pack(&self.offer))));
        }
    }

    pub fn on_event(&mut self, event: LinkEvent) {
        match event {
            LinkEvent::Arrived(session) => self.on_arrived(session),
            LinkEvent::Away(session) => self.on_away(session, true),
            LinkEvent::Back(session) => self.on_away(session, false),
            LinkEvent::Message { from, message } => self.on_bytes(from, &message),
            LinkEvent::Lost(_) | LinkEvent::Connected => self.unsettled = SETTLING_TICKS,
            LinkEvent::Tick(_) => self.unsettled = self.unsettled.saturating_sub(1),
            LinkEvent::Forgotten(session) => {
                // Who was given a part at that very moment has to introduce itself again.
                self.on_away(session, true);
                self.seats.retain(|known, seat| *known != session || !seat.workers.is_empty());
            }
            LinkEvent::Unheard(session) => {
                self.distrust(session, "it said more at once than anybody has to say".into())
            }
            LinkEvent::Rival => {
                self.out.push_back(ConductorOutput::Note(
                    "another page conducts this swarm, too; close one of the two".into(),
                ));
            }
            _ => {}
        }
    }

    /// Its page is new, or was loaded anew: what it was told before is lost.
    fn on_arrived(&mut self, session: SessionId) {
        let seat = self.seats.entry(session).or_insert_with(|| Seat::new(session));
        seat.is_anew = !seat.workers.is_empty();
        self.on_away(session, false);
        self.say_offer(session);
    }

    fn on_away(&mut self, session: SessionId, is_away: bool) {
        let Some(seat) = self.seats.get_mut(&session) else { return };
        if std::mem::replace(&mut seat.is_away, is_away) == is_away {
            return;
        }
        for &worker in &seat.workers {
            let input = if is_away { RunInput::Away { worker } } else { RunInput::Back { worker } };
            self.out.push_back(ConductorOutput::Run(input));
        }
    }

    /// Here words of another browser come in.
    fn on_bytes(&mut self, from: SessionId, message: &[u8]) {
        let Some(seat) = self.seats.get_mut(&from).filter(|seat| !seat.is_out) else { return };
        let most = if seat.workers.is_empty() { Allowance::TALK } else { Allowance::PART };
        let message = unpack_within::<ToConductor>(message, &most);
        let Ok(message) = message else {
            return self.distrust(from, "what it handed over cannot be read".to_owned());
        };
        match message.plausible() {
            Ok(()) => self.on_message(from, message),
            Err(why) => self.distrust(from, why.to_string()),
        }
    }

    /// Parts are numbered: without this one none after it would count.
    fn distrust(&mut self, session: SessionId, why: String) {
        self.malformed += 1;
        let Some(seat) = self.seats.get_mut(&session).filter(|seat| !seat.is_out) else { return };
        if let Some(&worker) = seat.workers.first() {
            seat.is_out = true;
            self.out.push_back(ConductorOutput::Run(RunInput::PutOut { worker, why }));
        }
    }

    /// The run has put the browser out that this worker lives in.
    pub fn put_out(&mut self, worker: usize) {
        let Some(session) = self.place_of(worker) else { return };
        self.order(session, &Order::End);
        if let Some(seat) = self.seats.get_mut(&session) {
            seat.is_out = true;
        }
    }

    fn on_message(&mut self, from: SessionId, message: ToConductor) {
        match message {
            ToConductor::Card(card) => self.on_card(from, card),
            ToConductor::Clock(offset) => self.on_clock(from, offset),
            ToConductor::Ended { run } => {
                if let Some(seat) = self.seats.get_mut(&from).filter(|_| self.run == Some(run)) {
                    seat.stand_by();
                }
            }
            ToConductor::Part { run, number, obeyed, said } => self.on_part(from, &run, number, obeyed, said),
        }
    }

    fn on_clock(&mut self, from: SessionId, offset: Offset) {
        let Some(seat) = self.seats.get_mut(&from) else { return };
        seat.clock = Some(offset);
        let worst = worst_of_two(self.seats.values().filter(|seat| !seat.workers.is_empty()));
        if worst > self.clock_bound * 1.1 {
            self.clock_bound = worst;
            self.out.push_back(ConductorOutput::Run(RunInput::ClockBound { micros: (worst * 1e3) as u64 }));
        }
    }

    /// How wrong the comparison of two clocks would be in a run that starts now, milliseconds; 0: nobody else is here.
    pub fn expected_clock_bound(&self) -> f64 {
        worst_of_two(self.seats.values().filter(|seat| !seat.is_away))
    }

    fn on_card(&mut self, from: SessionId, mut card: Card) {
        card.name = self.unique_name(from, card.name);
        let Some(seat) = self.seats.get_mut(&from) else { return };
        let playing = card.playing.clone();
        seat.card = Some(card);
        let is_playing = matches!((&playing, &self.run), (Some((theirs, _)), Some(ours)) if theirs == ours);
        if std::mem::take(&mut seat.is_anew) && !is_playing {
            // It was loaded anew and knows nothing of the run any more.
            let workers = seat.workers.clone();
            let died = |worker| {
                ConductorOutput::Run(RunInput::WorkerDied { worker, message: "its page was loaded anew".to_owned() })
            };
            self.out.extend(workers.into_iter().map(died));
            seat.stand_by();
            return;
        }
        if let Some((_, awaited)) = playing.filter(|_| is_playing) {
            // What it has not got goes out again: it may be we who were loaded anew.
            seat.orders.retain(|(number, _)| *number >= awaited);
            let again = seat.orders.iter().map(|(_, message)| message.clone());
            let again = again.map(|message| ConductorOutput::Link(LinkCommand::Say { to: Some(from), message }));
            self.out.extend(again.collect::<Vec<_>>());
        }
    }

    /// Results name browsers: two of one name would be one. Whoever comes second, or calls himself as somebody else did when he got
    /// his part, gets some digits of his own.
    fn unique_name(&self, from: SessionId, wanted: String) -> String {
        let others = || self.seats.values().filter(|seat| seat.session != from);
        let is_free = |name: &String| {
            *name != self.own_name
                && others()
                    .all(|seat| !seat.names.contains(name) && seat.card.as_ref().is_none_or(|card| card.name != *name))
        };
        let digits = from.to_string();
        // The first ones are zeros: sessions have 53 bits.
        let ends = (4..=digits.len()).step_by(4).map(|count| &digits[digits.len() - count..]);
        let numbered = ends.map(|end| format!("{wanted} {end}"));
        let counted = (2..).map(|count: u64| format!("{wanted} {digits} {count}"));
        let mut names = [wanted.clone()].into_iter().chain(numbered).chain(counted);
        names.find(is_free).expect("there are more numbers than browsers")
    }

    fn on_part(&mut self, from: SessionId, run: &str, number: u64, obeyed: u64, said: Vec<Said>) {
        let Some(seat) = self.seats.get_mut(&from) else { return };
        if self.run.as_deref() != Some(run) || number != seat.next_part {
            return;
        }
        seat.next_part += 1;
        seat.orders.retain(|(order, _)| *order >= obeyed);
        for Said { worker, what } in said {
            let Some(&worker) = seat.workers.get(worker as usize) else { continue };
            self.out.push_back(ConductorOutput::Run(match what {
                What::Message(message) => RunInput::From { worker, message: *message },
                What::Died(message) => RunInput::WorkerDied { worker, message },
                What::Stopped(why) => RunInput::Stopped { worker, why },
                What::Silent => RunInput::Silent { worker },
                What::Lost => RunInput::Lost { worker },
                What::Alone(at_s) => RunInput::Alone { worker, at_s },
                What::Limited(text) => RunInput::Limited { worker, text },
            }));
        }
    }
}

/// Times from one generator to another carry the errors of both.
fn worst_of_two<'a>(seats: impl Iterator<Item = &'a Seat>) -> f64 {
    let mut bounds: Vec<f64> = seats.filter_map(|seat| Some(seat.clock?.bound)).collect();
    bounds.sort_by(|a, b| b.total_cmp(a));
    bounds.iter().take(2).sum()
}

/// Three seconds: everybody else misses the broker as long as we do, and looks for it as often.
const SETTLING_TICKS: u32 = 12;
