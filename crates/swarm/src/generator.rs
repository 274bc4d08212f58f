//! A generator's side of a swarm: asks its operator, plays its part, and stops by itself when nobody conducts any more.
//!
//! ```text
//!            offer            operator          Begin             End
//!   (new) ──────────▶ asked ───────────▶ given ──────▶ playing ──────▶ given
//!                       │                                │ conductor silent for longer than its patience, or the operator's Stop
//!                       └──▶ refused                     └──▶ stopping: its users leave, what they did is kept
//! ```

mod orders;
mod part;
mod silence;

use std::collections::{BTreeSet, VecDeque};

pub use self::part::PartEnd;
use self::part::Playing;
use super::bounds::Bounds;
use super::clock::Offset;
use super::consent::{Agreed, Agreements, Decision};
use super::link::{LinkCommand, LinkEvent};
use super::message::{Card, Consent, Offer, Patience, Picture, ToConductor, ToGenerator, pack, unpack_within};
use super::scan::Allowance;
use base::time::Timestamp;
use engine::wire::{FromWorker, ToWorker, Trial};
use plan::{Exceeded, Limits};

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
        let mut playing = Playing::left_over(run, workers, parts, next_part);
        playing.flush(self.now_ms, &mut self.out);
        self.playing = Some(playing);
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
        self.playing.as_ref()?.ended()
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
        if let Some(playing) = &mut self.playing {
            playing.stop(why, self.now_ms, &mut self.out);
        }
    }

    /// The conductor's word to everybody, which no order that still waits on the way holds back.
    fn heed(&mut self) {
        let (Some(playing), Some(picture)) = (&mut self.playing, &self.picture) else { return };
        if playing.run == picture.run {
            playing.heed(picture.halt, &mut self.out);
        }
    }

    /// One of this page's workers spoke.
    pub fn on_worker(&mut self, worker: u32, message: FromWorker) {
        if let Some(playing) = &mut self.playing {
            playing.hear(worker, message, self.now_ms, &mut self.out);
        }
    }

    /// It broke, or could not be started.
    pub fn on_worker_died(&mut self, worker: u32, why: String) {
        if let Some(playing) = &mut self.playing {
            playing.lose(worker, why, self.now_ms, &mut self.out);
        }
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
        if let Some(playing) = &mut self.playing {
            playing.set_clock(offset, &mut self.out);
        }
    }

    /// Since when, in the run's time, one of its workers hands nothing over.
    pub fn silent_since(&self) -> Option<Timestamp> {
        self.playing.as_ref()?.silence.since()
    }

    fn on_tick(&mut self) {
        let patience = self.patience();
        let Some(playing) = &mut self.playing else { return };
        playing.tick(self.now_ms, &mut self.out);
        let Some(since_ms) = self.away_since_ms else { return };
        let begun_ms = playing.epoch_ms.map(|(_, ours)| ours);
        let waits_until_ms = since_ms + patience.seconds() * 1e3;
        let until_ms = match (patience, begun_ms) {
            (Patience::ToThePlansEnd, Some(begun_ms)) => {
                waits_until_ms.max(begun_ms + self.offer.as_ref().map_or(0.0, |offer| offer.seconds) * 1e3)
            }
            _ => waits_until_ms,
        };
        if self.now_ms >= until_ms && playing.stopped_below < playing.workers {
            let at_s = begun_ms.map_or(0.0, |begun_ms| (self.now_ms - begun_ms).max(0.0) / 1e3);
            playing.stop_alone(at_s, self.now_ms, &mut self.out);
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
}
