//! A generator's side of a swarm: asks its operator, plays its part, and stops by itself when nobody conducts any more.
//!
//! ```text
//!            offer            operator          Begin             End
//!   (new) ──────────▶ asked ───────────▶ given ──────▶ playing ──────▶ given
//!                       │                                │ conductor silent for longer than its patience, or the operator's Stop
//!                       └──▶ refused                     └──▶ stopping: its users leave, what they did is kept
//! ```

mod part;
mod silence;

use std::collections::{BTreeSet, VecDeque};

pub use self::part::PartEnd;
use self::part::Playing;
use super::bounds::{Bounds, Share};
use super::clock::Offset;
use super::consent::{Agreed, Agreements, Decision};
use super::disclosure::withhold;
use super::link::{LinkCommand, LinkEvent};
use super::message::{
    Card, Consent, Offer, Order, Patience, Picture, Said, ToConductor, ToGenerator, What, pack, unpack_within,
};
use super::scan::Allowance;
use base::time::Timestamp;
use engine::wire::{FromWorker, ToWorker, Trial};
use plan::{Action, Exceeded, Limits};
use run::{Halt, trial};

#[derive(Debug, PartialEq)]
pub enum GeneratorOutput {
    Link(LinkCommand),
    /// Start so many workers of this page.
    Spawn {
        workers: u32,
    },
    Tell {
        worker: u32,
        message: Box<ToWorker>,
    },
    /// Let all workers go.
    Dismiss,
    /// Write a part down until it is safe with the conductor.
    Keep {
        number: u64,
        part: Vec<u8>,
    },
    /// Write down what its operator has agreed to, for the next loading of this page.
    Agreed(Vec<u8>),
    /// Parts below this number need not be kept any longer.
    Forget {
        below: u64,
    },
}

#[derive(Debug)]
pub struct Generator {
    card: Card,
    bounds: Bounds,
    /// Where its workers may try whether it still opens sockets.
    places: Vec<Trial>,
    offer: Option<Offer>,
    agreements: Agreements,
    clock: Option<Offset>,
    playing: Option<Playing>,
    picture: Option<Picture>,
    /// When the conductor was heard last, and since when nothing is heard of it.
    heard_ms: f64,
    away_since_ms: Option<f64>,
    now_ms: f64,
    out: VecDeque<GeneratorOutput>,
    refused: u64,
}

impl Generator {
    pub fn new(card: Card, bounds: Bounds) -> Self {
        Self {
            card,
            bounds,
            places: Vec::new(),
            offer: None,
            agreements: Agreements::default(),
            clock: None,
            playing: None,
            picture: None,
            heard_ms: f64::NEG_INFINITY,
            away_since_ms: None,
            now_ms: 0.0,
            out: VecDeque::new(),
            refused: 0,
        }
    }

    /// Whether this browser still opens sockets its workers try here, unless the plan goes there.
    #[must_use]
    pub fn trying(mut self, places: Vec<Trial>) -> Self {
        self.places = places;
        self
    }

    /// This page was loaded anew in the middle of a run: its workers are gone, what they did is still here.
    pub fn resume(&mut self, run: String, workers: u32, parts: Vec<(u64, Vec<u8>)>, next_part: u64) {
        let died = |worker| Said { worker, what: What::Died("its page was loaded anew or closed".to_owned()) };
        self.playing = Some(Playing {
            said: (0..workers).map(died).collect(),
            unkept: parts.into(),
            next_part,
            stopped_below: workers,
            is_over: true,
            is_left_over: true,
            ended: Some(PartEnd::Stopped("its page was loaded anew".to_owned())),
            obeyed: u64::MAX,
            ..Playing::new(run, workers)
        });
        self.flush();
    }

    /// What was written down of what its operator agreed to.
    pub fn recall(&mut self, note: &[u8]) {
        self.agreements = unpack_within(note, &Allowance::NOTES).unwrap_or_default();
    }

    pub fn poll(&mut self) -> Option<GeneratorOutput> {
        self.out.pop_front()
    }

    pub fn card(&self) -> &Card {
        &self.card
    }

    pub fn offered(&self) -> Option<&Offer> {
        self.offer.as_ref()
    }

    pub fn clock(&self) -> Option<Offset> {
        self.clock
    }

    pub fn picture(&self) -> Option<&Picture> {
        self.picture.as_ref()
    }

    pub fn run(&self) -> Option<&str> {
        self.playing.as_ref().map(|playing| playing.run.as_str())
    }

    /// Why it does not play although it has a part.
    pub fn ended(&self) -> Option<&PartEnd> {
        self.playing
            .as_ref()
            .filter(|playing| playing.is_over || playing.stopped_below == playing.workers)?
            .ended
            .as_ref()
    }

    /// Nothing is heard of the conductor.
    pub fn is_alone(&self) -> bool {
        self.away_since_ms.is_some()
    }

    /// Parts that are not safe with the conductor yet.
    pub fn unkept(&self) -> usize {
        self.playing.as_ref().map_or(0, |playing| playing.unkept.len())
    }

    /// What its operator's limits have kept it from since the tester's last action.
    pub fn limits_met(&self) -> BTreeSet<&str> {
        self.playing.iter().flat_map(|playing| playing.limits_met.values().flatten()).map(String::as_str).collect()
    }

    /// Orders that were not obeyed, and messages that could not be read.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    pub fn rename(&mut self, name: String) {
        self.card.name = name;
        self.say_card();
    }

    /// Its operator wants it to observe, from the next run on.
    pub fn watch_only(&mut self, only: bool) {
        self.card.only_watches = only;
        self.say_card();
    }

    /// The operator's answer to what is offered. A no also takes back what was agreed to before. What has been offered since the
    /// question was shown is another question.
    pub fn decide(&mut self, answer: Decision) {
        let Some(offer) = self.offer.clone().filter(|offer| !answer.allows || offer.number == answer.offer) else {
            return;
        };
        if answer.allows {
            self.agreements.add(Agreed { offer, samples: answer.samples });
            self.ask_again();
        } else {
            self.agreements.take_back(&offer);
            self.card.consent = Consent::Refused("its operator said no".to_owned());
            self.say_card();
            self.stop();
        }
        self.out.push_back(GeneratorOutput::Agreed(pack(&self.agreements)));
    }

    /// Its operator thinks again about what he refused.
    pub fn ask_again(&mut self) {
        if let Some(offer) = self.offer.take() {
            self.on_offer(offer);
        }
    }

    /// What this browser's operator allows.
    pub fn limits(&self) -> &Limits {
        &self.bounds.limits
    }

    /// The operator changed what is allowed: what was offered is judged anew.
    pub fn limit(&mut self, limits: Limits) {
        if self.bounds.limits != limits {
            self.bounds.limits = limits;
            let offer = self.offer.take();
            offer.into_iter().for_each(|offer| self.on_offer(offer));
        }
    }

    /// The operator's own STOP: users leave; the second time they are cut off.
    pub fn stop(&mut self) {
        self.stop_because("its operator stopped it");
    }

    fn stop_because(&mut self, why: &str) {
        let Some(playing) = &mut self.playing else { return };
        let is_again = playing.stopped_below == playing.workers && playing.is_over;
        let is_news = !std::mem::replace(&mut playing.is_over, true);
        let message = if is_again { ToWorker::Abort } else { ToWorker::Stop };
        for worker in 0..playing.workers {
            self.out.push_back(GeneratorOutput::Tell { worker, message: Box::new(message.clone()) });
            if is_news {
                playing.said.push(Said { worker, what: What::Stopped(why.to_owned()) });
            }
        }
        playing.stopped_below = playing.workers;
        if is_news {
            playing.ended = Some(PartEnd::Stopped(why.to_owned()));
        }
        self.flush();
    }

    /// Nobody conducts: users leave, and what they did is kept. The conductor will hear when that was.
    fn stop_alone(&mut self, at_s: f64) {
        let Some(playing) = &mut self.playing else { return };
        for worker in playing.stopped_below..playing.workers {
            self.out.push_back(GeneratorOutput::Tell { worker, message: Box::new(ToWorker::Stop) });
            playing.said.push(Said { worker, what: What::Alone(at_s) });
        }
        playing.stopped_below = playing.workers;
        playing.ended = Some(PartEnd::Alone { at_s });
        self.flush();
    }

    /// The conductor's word to everybody, which no order that still waits on the way holds back.
    fn heed(&mut self) {
        let (Some(playing), Some(picture)) = (&mut self.playing, &self.picture) else { return };
        if playing.run != picture.run || picture.halt <= playing.halt {
            return;
        }
        playing.halt = picture.halt;
        let message = if picture.halt == Some(Halt::Abort) { ToWorker::Abort } else { ToWorker::Stop };
        for worker in 0..playing.workers {
            self.out.push_back(GeneratorOutput::Tell { worker, message: Box::new(message.clone()) });
        }
    }

    /// One of this page's workers spoke.
    pub fn on_worker(&mut self, worker: u32, message: FromWorker) {
        // The others go on: nobody tells this one that all have settled.
        let has_settled = matches!(&message, FromWorker::Snapshot(snapshot) if snapshot.settled);
        if let Some(playing) = self.playing.as_mut().filter(|playing| worker < playing.stopped_below && has_settled)
            && playing.has_left.insert(worker)
        {
            self.out.push_back(GeneratorOutput::Tell { worker, message: Box::new(ToWorker::Leave) });
        }
        if let Some(playing) = &mut self.playing {
            playing.silence.hear(worker, &message);
        }
        if let (Some(playing), FromWorker::Snapshot(snapshot)) = (&mut self.playing, &message) {
            let met = playing.limits_met.entry(worker).or_default();
            met.extend(snapshot.log.iter().filter(|line| line.is_of_limits()).map(|line| line.text.clone()));
            // Guests that it had no room for.
            if let Some(share) = playing.shares.get_mut(&worker).filter(|_| !snapshot.moved.was_asked) {
                share.guests = share.guests.saturating_sub(snapshot.moved.given_up.len() as u32);
            }
        }
        let is_urgent = !matches!(message, FromWorker::Snapshot(_));
        let sends_all = self.playing.as_ref().is_some_and(|playing| playing.samples);
        if let Some(message) = if sends_all { Some(message) } else { withhold(message) } {
            self.note(Said { worker, what: What::Message(Box::new(message)) }, is_urgent);
        }
    }

    /// It broke, or could not be started.
    pub fn on_worker_died(&mut self, worker: u32, why: String) {
        if let Some(playing) = &mut self.playing {
            playing.silence.forget(worker);
        }
        self.note(Said { worker, what: What::Died(why) }, true);
    }

    fn note(&mut self, said: Said, is_urgent: bool) {
        let Some(playing) = &mut self.playing else { return };
        playing.said.push(said);
        if is_urgent || playing.said.len() >= MOST_SAID || self.now_ms - playing.said_ms >= PART_MS {
            self.flush();
        }
    }

    /// Hands over what was said.
    fn flush(&mut self) {
        let Some(playing) = &mut self.playing else { return };
        if playing.said.is_empty() {
            return;
        }
        let (number, said) = (playing.next_part, std::mem::take(&mut playing.said));
        playing.next_part += 1;
        playing.said_ms = self.now_ms;
        let part = pack(&ToConductor::Part { run: playing.run.clone(), number, obeyed: playing.obeyed, said });
        playing.unkept.push_back((number, part.clone()));
        self.out.push_back(GeneratorOutput::Keep { number, part: part.clone() });
        self.out.push_back(GeneratorOutput::Link(LinkCommand::Say { to: None, message: part }));
    }

    pub fn on_event(&mut self, now_ms: f64, event: LinkEvent) {
        self.now_ms = now_ms;
        if let LinkEvent::Arrived(_) | LinkEvent::Back(_) | LinkEvent::Clock(_) | LinkEvent::Message { .. } = &event {
            self.heard_ms = now_ms;
        }
        match event {
            LinkEvent::Arrived(_) => self.on_arrived(),
            LinkEvent::Away(_) => self.away_since_ms = Some(self.heard_ms),
            LinkEvent::Back(_) => self.away_since_ms = None,
            LinkEvent::Clock(offset) => self.on_clock(offset),
            LinkEvent::Message { message, .. } => match unpack_within(&message, &self.allowance()) {
                Ok(message) => self.on_message(message),
                Err(_) => self.refused += 1,
            },
            LinkEvent::Live(picture) => {
                let picture = unpack_within::<Picture>(&picture, &Allowance::TALK).ok();
                self.picture = picture.filter(|picture| picture.plausible().is_ok()).or(self.picture.take());
                self.heed();
            }
            LinkEvent::Tick(_) => self.on_tick(),
            LinkEvent::Card(card) => {
                if let Ok(offer) = unpack_within::<Offer>(&card, &Allowance::TALK) {
                    self.on_offer(offer);
                }
            }
            LinkEvent::Unheard(_) => self.refused += 1,
            LinkEvent::Connected | LinkEvent::Lost(_) | LinkEvent::Forgotten(_) | LinkEvent::Rival => {}
        }
    }

    /// The conductor is there, or there anew: it hears who we are and what it has not written down.
    fn on_arrived(&mut self) {
        self.away_since_ms = None;
        self.say_card();
        let parts = self.playing.iter().flat_map(|playing| &playing.unkept).map(|(_, part)| part.clone());
        let again = parts.map(|message| GeneratorOutput::Link(LinkCommand::Say { to: None, message }));
        self.out.extend(again.collect::<Vec<_>>());
    }

    fn say_card(&mut self) {
        self.card.playing = self.playing.as_ref().map(|playing| (playing.run.clone(), playing.obeyed));
        let message = pack(&ToConductor::Card(self.card.clone()));
        self.out.push_back(GeneratorOutput::Link(LinkCommand::Say { to: None, message }));
    }

    fn on_clock(&mut self, offset: Offset) {
        self.clock = Some(offset);
        self.out.push_back(GeneratorOutput::Link(LinkCommand::Say {
            to: None,
            message: pack(&ToConductor::Clock(offset)),
        }));
        let Some(playing) = &mut self.playing else { return };
        if let Some((theirs, told)) = &mut playing.epoch_ms {
            let ours = *theirs - offset.offset;
            // Smaller steps than a browser's clock can show say nothing.
            if (ours - *told).abs() >= CLOCK_STEP_MS {
                *told = ours;
                for worker in 0..playing.workers {
                    let message = Box::new(ToWorker::Epoch { epoch_ms: ours });
                    self.out.push_back(GeneratorOutput::Tell { worker, message });
                }
            }
        }
    }

    /// Since when, in the run's time, one of its workers hands nothing over.
    pub fn silent_since(&self) -> Option<Timestamp> {
        self.playing.as_ref()?.silence.since()
    }

    /// Whoever is silent by now is named at once.
    fn listen(&mut self) {
        let Some(playing) = &mut self.playing else { return };
        let has_begun = playing.epoch_ms.is_some_and(|(_, ours)| self.now_ms >= ours);
        let found = playing.silence.look(self.now_ms, has_begun);
        if !found.is_empty() {
            playing.said.extend(found);
            self.flush();
        }
    }

    fn on_tick(&mut self) {
        self.listen();
        if let Some(playing) = &self.playing
            && self.now_ms - playing.said_ms >= PART_MS
        {
            self.flush();
        }
        let (Some(since_ms), Some(playing)) = (self.away_since_ms, &self.playing) else { return };
        let begun_ms = playing.epoch_ms.map(|(_, ours)| ours);
        let waits_until_ms = since_ms + self.patience().seconds() * 1e3;
        let until_ms = match (self.patience(), begun_ms) {
            (Patience::ToThePlansEnd, Some(begun_ms)) => {
                waits_until_ms.max(begun_ms + self.offer.as_ref().map_or(0.0, |offer| offer.seconds) * 1e3)
            }
            _ => waits_until_ms,
        };
        if self.now_ms >= until_ms && playing.stopped_below < playing.workers {
            self.stop_alone(begun_ms.map_or(0.0, |begun_ms| (self.now_ms - begun_ms).max(0.0) / 1e3));
        }
    }

    /// How long this browser plays on without its conductor.
    pub fn patience(&self) -> Patience {
        self.offer.as_ref().map(|offer| offer.patience).unwrap_or_default()
    }

    fn on_message(&mut self, message: ToGenerator) {
        match message {
            ToGenerator::Offer(offer) => self.on_offer(offer),
            ToGenerator::Order { run, number, order } => self.on_order(run, number, order),
            ToGenerator::Kept { run, below } => {
                if let Some(playing) = self.playing.as_mut().filter(|playing| playing.run == run) {
                    playing.unkept.retain(|(number, _)| *number >= below);
                    let is_delivered = playing.is_left_over && playing.unkept.is_empty();
                    self.out.push_back(GeneratorOutput::Forget { below });
                    if is_delivered {
                        self.end();
                        let message = pack(&ToConductor::Ended { run });
                        self.out.push_back(GeneratorOutput::Link(LinkCommand::Say { to: None, message }));
                    }
                }
            }
        }
    }

    /// Nobody can ask for much of a browser before its operator has said yes.
    fn allowance(&self) -> Allowance {
        let plays = self.playing.as_ref().is_some_and(|playing| !playing.shares.is_empty());
        if plays || self.card.consent == Consent::Given { Allowance::ORDER } else { Allowance::TALK }
    }

    /// Whoever has agreed to as much before is not asked again, and who has refused this is not either.
    fn on_offer(&mut self, offer: Offer) {
        if offer.plausible().is_err() {
            self.refused += 1;
            return;
        }
        let strange = self.agreements.covering(&offer).is_none();
        let beyond: Vec<_> =
            offer.far.iter().flat_map(|load| self.bounds.limits.caps_of(&load.host).exceeded_by(load)).collect();
        let same = |known: &Offer| Offer { number: offer.number, starts: offer.starts, ..known.clone() } == offer;
        let was_refused = matches!(self.card.consent, Consent::Refused(_)) && self.offer.as_ref().is_some_and(same);
        self.card.consent = match (was_refused, strange) {
            (true, _) => self.card.consent.clone(),
            (false, _) if !beyond.is_empty() => Consent::Refused(Exceeded(beyond).to_string()),
            (false, true) => Consent::Asked,
            (false, false) => Consent::Given,
        };
        self.card.offer = offer.number;
        self.offer = Some(offer);
        self.say_card();
    }

    fn on_order(&mut self, run: String, number: u64, order: Order) {
        let is_new = self.playing.as_ref().is_none_or(|playing| playing.run != run);
        match &mut self.playing {
            None if !matches!(order, Order::Begin { .. }) => return,
            Some(playing) if !is_new && number < playing.obeyed => return,
            Some(playing) if !is_new => playing.obeyed = number + 1,
            _ => {
                // Another run: what is left of the one before is nobody's any more.
                self.out.push_back(GeneratorOutput::Dismiss);
                self.out.push_back(GeneratorOutput::Forget { below: u64::MAX });
                self.playing = Some(Playing { obeyed: number + 1, ..Playing::new(run, 0) });
            }
        }
        if let Err(what) = order.plausible(self.clock.map(|clock| self.now_ms + clock.offset)) {
            return self.distrust(&order, &what.to_string());
        }
        match order {
            Order::Begin { workers } => self.begin(workers),
            Order::Worker { worker, message } => self.obey(worker, *message),
            Order::End => {
                self.end();
                self.say_card();
            }
        }
    }

    /// Nobody in his right mind asks for that: what plays here stops.
    fn distrust(&mut self, order: &Order, what: &str) {
        self.refused += 1;
        let why = format!("its conductor asked for {what}");
        match order {
            Order::Worker { worker, message } if matches!(**message, ToWorker::Load(_)) => {
                self.on_worker_died(*worker, why);
            }
            Order::Begin { .. } => self.on_worker_died(0, why),
            _ => self.stop_because(&why),
        }
    }

    fn end(&mut self) {
        self.out.push_back(GeneratorOutput::Dismiss);
        self.out.push_back(GeneratorOutput::Forget { below: u64::MAX });
        self.playing = None;
    }

    /// Starts workers up to this number.
    fn begin(&mut self, workers: u32) {
        let Some(playing) = &mut self.playing else { return };
        let before = std::mem::replace(&mut playing.workers, workers);
        if self.card.consent != Consent::Given || playing.is_over {
            self.refused += 1;
            let why = if playing.is_over { "its operator stopped it" } else { "its operator has not allowed this run" };
            let why = why.to_owned();
            return (before..workers).for_each(|worker| self.on_worker_died(worker, why.clone()));
        }
        self.out.push_back(GeneratorOutput::Spawn { workers });
        self.say_card();
    }

    fn obey(&mut self, worker: u32, message: ToWorker) {
        let Some(playing) = &mut self.playing else { return };
        let message = match message {
            ToWorker::Load(_) if self.card.consent != Consent::Given && playing.shares.is_empty() => return,
            ToWorker::Load(load) => match self.bounds.check(*load, &self.agreements) {
                Ok((mut load, agreed)) => {
                    load.trial = trial(&load.plan, self.places.iter().cloned());
                    playing.samples = agreed.samples;
                    playing.shares.insert(worker, Share::new(&load));
                    ToWorker::Load(Box::new(load))
                }
                Err(why) => {
                    self.refused += 1;
                    return self.on_worker_died(worker, why.to_string());
                }
            },
            ToWorker::Start { epoch_ms, shared } => {
                let Some(clock) = self.clock else {
                    return self
                        .on_worker_died(worker, "its clock could not be compared with the conductor's".to_owned());
                };
                let ours = epoch_ms - clock.offset;
                playing.epoch_ms = Some((epoch_ms, ours));
                playing.silence.expect(worker);
                ToWorker::Start { epoch_ms: ours, shared }
            }
            ToWorker::Act(mut action) => {
                let most = playing.shares.get(&worker).map_or(0, |share| self.bounds.most_of_run(share));
                playing.limits_met.remove(&worker);
                if let Action::Users { users, .. } = &mut action.action
                    && *users > most
                {
                    let text =
                        format!("a part of {users} users would be more than it can hold: it plays that of {most}");
                    playing.limits_met.insert(worker, [text.clone()].into());
                    playing.said.push(Said { worker, what: What::Limited(text) });
                    *users = most;
                }
                if let (Action::Users { users, .. }, Some(share)) = (&action.action, playing.shares.get_mut(&worker)) {
                    share.own = share.own.max(share.of(*users));
                }
                ToWorker::Act(action)
            }
            // Not more than its operator allows in this browser, all workers together.
            ToWorker::TakeIn { guests, most } => {
                let most = most.min(self.bounds.users.saturating_sub(playing.users()));
                if let Some(share) = playing.shares.get_mut(&worker) {
                    share.guests = share.guests.saturating_add(most.min(guests.len() as u32));
                }
                ToWorker::TakeIn { guests, most }
            }
            // It would hand over what servers answered it.
            ToWorker::Prepare { .. } if !playing.samples => {
                self.refused += 1;
                let why = "it prepares nothing for others: its operator sends no samples of answers".to_owned();
                return self.on_worker_died(worker, why);
            }
            other => other,
        };
        self.out.push_back(GeneratorOutput::Tell { worker, message: Box::new(message) });
    }
}

/// More than a second's: nobody has ticked for a while, and a part is not to grow beyond what a conductor takes.
const MOST_SAID: usize = 64;
/// Snapshots are handed over once a second.
const PART_MS: f64 = 950.0;
const CLOCK_STEP_MS: f64 = 0.2;
