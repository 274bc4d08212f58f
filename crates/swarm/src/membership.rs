//! A page in a swarm: what it hears from its link and from the workers that it started for a part, and what it does about that.
//!
//! `handle` what happened, then do what [`Membership::poll`] gives until it gives nothing more.

use std::collections::VecDeque;

use super::bounds::Bounds;
use super::conductor::{Conductor, ConductorOutput};
use super::generator::{Generator, GeneratorOutput};
use super::invite::Invite;
use super::journal::{Replayed, replay};
use super::key::Role;
use super::link::{LinkCommand, LinkEvent, Traffic};
use super::message::{Card, Offer, Patience, pack, unpack};
use super::mqtt::Credentials;
use super::peer::{Loading, SessionId};
use super::revival::Revival;
use super::signature::Signer;
use super::thread::{FromLink, OpenLink, ToLink};
use super::watcher::Watcher;
use engine::wire::{FromWorker, ToWorker};
use run::{Run, RunInput};

/// It is kept for as long as the page is in the swarm.
pub struct Membership {
    invite: Invite,
    /// This browser's own.
    card: Card,
    /// It plays a probe and no load, as its operator wants it.
    only_watches: bool,
    is_connected: bool,
    /// Why it is not, or what else is wrong.
    problem: Option<String>,
    /// Why nothing of it is written down.
    unkept: Option<String>,
    traffic: Traffic,
    side: Side,
    signer: Signer,
    loading: Loading,
    credentials: Option<Credentials>,
    revival: Revival,
    out: VecDeque<MemberOutput>,
}

pub enum Side {
    Conductor(Conductor),
    Generator(Box<Generator>),
    Watcher(Watcher),
}

/// Who comes into a swarm.
pub struct Entrance {
    pub invite: Invite,
    pub credentials: Option<Credentials>,
    pub card: Card,
    pub bounds: Bounds,
    pub signer: Signer,
    pub loading: Loading,
    pub remembered: Remembered,
}

/// What this tab had written down when its page was loaded anew, by [`NoteKind`] and in order.
#[derive(Debug, Default)]
pub struct Remembered {
    pub journal: Vec<(u64, Vec<u8>)>,
    pub parts: Vec<(u64, Vec<u8>)>,
    pub playing: Vec<(u64, Vec<u8>)>,
    pub agreed: Vec<(u64, Vec<u8>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoteKind {
    /// A conductor's run.
    Journal,
    /// What a generator's part did, as far as it is not safe with the conductor.
    Part,
    /// Which run it plays in, and with how many workers.
    Playing,
    /// What its operator has agreed to.
    Agreed,
}

impl NoteKind {
    /// Its notes' names begin so.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Journal => "journal",
            Self::Part => "part",
            Self::Playing => "playing",
            Self::Agreed => "agreed",
        }
    }
}

#[derive(Debug)]
pub enum MemberInput {
    Link(FromLink),
    LinkDied(String),
    /// Another link was started in place of the one that died.
    Revived(Loading),
    /// Or the browser refused that.
    NotRevived(String),
    /// The link was not told what it should have been.
    Unsent(String),
    /// Of the workers of a generator's part.
    Worker {
        worker: u32,
        message: FromWorker,
    },
    WorkerDied {
        worker: u32,
        why: String,
    },
    /// What a note was about is written down, or nothing is and why.
    Noted {
        taken: Vec<(SessionId, u64)>,
        unkept: Option<String>,
    },
}

#[derive(Debug, PartialEq)]
pub enum MemberOutput {
    Link(ToLink),
    /// Start another link, after so many milliseconds. Answered with [`MemberInput::Revived`] or [`MemberInput::NotRevived`].
    Revive {
        after_ms: u32,
    },
    /// For the run that this page conducts.
    Run(RunInput),
    /// There are to be so many workers of this page.
    Spawn {
        workers: u32,
    },
    Tell {
        worker: u32,
        message: Box<ToWorker>,
    },
    /// This worker broke; it may still run, and nobody would hear of what it does.
    Discard {
        worker: u32,
    },
    /// Let all workers go.
    Dismiss,
    /// Answered with [`MemberInput::Noted`], with the same `taken`.
    Note {
        kind: NoteKind,
        number: u64,
        note: Vec<u8>,
        taken: Vec<(SessionId, u64)>,
    },
    /// Notes below this number are not needed any longer.
    Forget {
        kind: NoteKind,
        below: u64,
    },
}

impl Membership {
    /// Whatever this tab was in the middle of goes on: a generator's part here, a conductor's run with whoever takes it.
    pub fn enter(entrance: Entrance) -> (Self, Option<Run>) {
        let Entrance { invite, credentials, card, bounds, signer, loading, remembered } = entrance;
        let (side, run) = match invite.role() {
            Role::Conductor => take_over(&card, &remembered),
            Role::Generator => (Side::Generator(Box::new(take_up(&card, bounds, &invite, remembered))), None),
            Role::Watcher => (Side::Watcher(Watcher::default()), None),
        };
        let this = Self {
            invite,
            card,
            only_watches: false,
            is_connected: false,
            problem: None,
            unkept: None,
            traffic: Traffic::default(),
            side,
            signer,
            loading,
            credentials,
            revival: Revival::default(),
            out: VecDeque::new(),
        };
        (this, run)
    }

    pub fn handle(&mut self, now_ms: f64, input: MemberInput) {
        match input {
            MemberInput::Link(FromLink::Ready { .. }) => self.open(),
            MemberInput::Link(FromLink::Event(event)) => self.on_event(now_ms, event),
            MemberInput::Link(FromLink::Failed { message }) => self.on_link_died(now_ms, &message),
            MemberInput::LinkDied(why) => self.on_link_died(now_ms, &why),
            MemberInput::Revived(loading) => {
                self.revival.on_start();
                self.loading = loading;
            }
            MemberInput::NotRevived(why) => {
                self.revival.on_start();
                self.on_link_died(now_ms, &why);
            }
            MemberInput::Unsent(why) => self.problem = Some(why),
            MemberInput::Worker { worker, message } => self.generate(|own| own.on_worker(worker, message)),
            MemberInput::WorkerDied { worker, why } => {
                self.generate(|own| own.on_worker_died(worker, why));
                self.out.push_back(MemberOutput::Discard { worker });
            }
            MemberInput::Noted { taken, unkept } => {
                self.unkept = unkept;
                // Where nothing can be written down, waiting for it helps nobody.
                self.conduct(|own| taken.into_iter().for_each(|(session, below)| own.keep(session, below)));
            }
        }
    }

    pub fn poll(&mut self) -> Option<MemberOutput> {
        self.collect();
        self.out.pop_front()
    }

    /// What the conductor or the generator wants done comes behind what was wanted before.
    fn collect(&mut self) {
        loop {
            match &mut self.side {
                Side::Conductor(conductor) => match conductor.poll() {
                    None => return,
                    Some(ConductorOutput::Link(command)) => self.tell_link(command),
                    Some(ConductorOutput::Run(input)) => self.out.push_back(MemberOutput::Run(input)),
                    Some(ConductorOutput::Note(text)) => self.problem = Some(text),
                },
                Side::Generator(generator) => match generator.poll() {
                    None => return,
                    Some(output) => self.pass_on(output),
                },
                Side::Watcher(_) => return,
            }
        }
    }

    fn tell_link(&mut self, command: LinkCommand) {
        self.out.push_back(MemberOutput::Link(ToLink::Command(command)));
    }

    fn pass_on(&mut self, output: GeneratorOutput) {
        let output = match output {
            GeneratorOutput::Link(command) => return self.tell_link(command),
            GeneratorOutput::Spawn { workers } => {
                self.note_playing(workers);
                MemberOutput::Spawn { workers }
            }
            GeneratorOutput::Tell { worker, message } => MemberOutput::Tell { worker, message },
            GeneratorOutput::Dismiss => {
                self.out.push_back(MemberOutput::Dismiss);
                return self.note(NoteKind::Playing, 0, pack(&("", 0_u32)));
            }
            GeneratorOutput::Agreed(agreements) => return self.note(NoteKind::Agreed, 0, agreements),
            GeneratorOutput::Keep { number, part } => return self.note(NoteKind::Part, number, part),
            // The last one stays: it tells a page that is loaded anew where the count was.
            GeneratorOutput::Forget { below } => {
                MemberOutput::Forget { kind: NoteKind::Part, below: below.saturating_sub(1) }
            }
        };
        self.out.push_back(output);
    }

    fn note_playing(&mut self, workers: u32) {
        if let Side::Generator(generator) = &self.side {
            let playing = pack(&(generator.run().unwrap_or_default(), workers));
            self.note(NoteKind::Playing, 0, playing);
        }
    }

    fn note(&mut self, kind: NoteKind, number: u64, note: Vec<u8>) {
        self.out.push_back(MemberOutput::Note { kind, number, note, taken: Vec::new() });
    }

    fn open(&mut self) {
        let open = OpenLink {
            invite: self.invite.own(),
            seed: self.signer.seed().clone(),
            loading: self.loading,
            credentials: self.credentials.clone(),
        };
        self.out.push_back(MemberOutput::Link(ToLink::Open(Box::new(open))));
        self.conduct(Conductor::link_anew);
    }

    fn on_link_died(&mut self, now_ms: f64, why: &str) {
        let Some(after_ms) = self.revival.on_death(now_ms, why) else { return };
        (self.is_connected, self.problem) = (false, self.revival.note());
        match &mut self.side {
            Side::Conductor(conductor) => conductor.link_lost(),
            Side::Generator(generator) => {
                if !generator.is_alone() {
                    generator.on_event(now_ms, LinkEvent::Away(self.signer.session()));
                }
                // No link tells it that time passes.
                generator.on_event(now_ms, LinkEvent::Tick(self.traffic));
            }
            Side::Watcher(watcher) => watcher.on_event(&LinkEvent::Away(self.signer.session())),
        }
        self.out.push_back(MemberOutput::Revive { after_ms });
    }

    fn on_event(&mut self, now_ms: f64, event: LinkEvent) {
        let is_tick = matches!(event, LinkEvent::Tick(_));
        match &event {
            LinkEvent::Connected => (self.is_connected, self.problem) = (true, self.revival.note()),
            LinkEvent::Lost(why) => (self.is_connected, self.problem) = (false, Some(why.clone())),
            LinkEvent::Tick(traffic) => {
                self.traffic = *traffic;
                if self.revival.on_tick(now_ms) && self.is_connected {
                    self.problem = None;
                }
            }
            _ => {}
        }
        match &mut self.side {
            Side::Conductor(conductor) => conductor.on_event(event),
            Side::Generator(generator) => generator.on_event(now_ms, event),
            Side::Watcher(watcher) => watcher.on_event(&event),
        }
        if is_tick {
            self.collect();
            self.out.push_back(MemberOutput::Run(RunInput::Tick));
        }
    }

    /// Writes a page of the run's journal down, and lets the others forget what is in it.
    pub fn write_down(&mut self, number: u64, note: Vec<u8>, taken: Vec<(SessionId, u64)>) {
        self.out.push_back(MemberOutput::Note { kind: NoteKind::Journal, number, note, taken });
    }

    /// A run begins: the journal of the one before is not needed any more.
    pub fn forget_journal(&mut self, below: u64) {
        self.out.push_back(MemberOutput::Forget { kind: NoteKind::Journal, below });
    }

    /// The last word.
    pub fn leave(&mut self) {
        self.tell_link(LinkCommand::Leave);
    }

    /// Asks everybody's operator; see [`Conductor::offer`].
    pub fn offer(&mut self, offer: Offer) {
        let conductor = self.card.name.clone();
        self.conduct(|own| own.offer(Offer { conductor, ..offer }));
    }

    pub fn set_patience(&mut self, patience: Patience) {
        self.conduct(|own| own.set_patience(patience));
    }

    pub fn rename(&mut self, name: String) {
        self.card.name.clone_from(&name);
        match &mut self.side {
            Side::Conductor(conductor) => conductor.call_itself(&name),
            Side::Generator(generator) => generator.rename(name),
            Side::Watcher(_) => {}
        }
    }

    /// This browser carries no load in the next run.
    pub fn watch_only(&mut self, only: bool) {
        self.only_watches = only;
        self.generate(|own| own.watch_only(only));
    }

    pub fn move_parts(&mut self, moves: bool) {
        self.conduct(|own| own.moves_parts = moves);
    }

    pub fn generate(&mut self, call: impl FnOnce(&mut Generator)) {
        if let Side::Generator(generator) = &mut self.side {
            call(generator);
        }
    }

    fn conduct(&mut self, call: impl FnOnce(&mut Conductor)) {
        if let Some(conductor) = self.conductor_mut() {
            call(conductor);
        }
    }

    pub fn conductor_mut(&mut self) -> Option<&mut Conductor> {
        if let Side::Conductor(conductor) = &mut self.side { Some(conductor) } else { None }
    }

    pub fn conductor(&self) -> Option<&Conductor> {
        if let Side::Conductor(conductor) = &self.side { Some(conductor) } else { None }
    }

    pub const fn side(&self) -> &Side {
        &self.side
    }

    pub const fn invite(&self) -> &Invite {
        &self.invite
    }

    pub const fn card(&self) -> &Card {
        &self.card
    }

    pub const fn loading(&self) -> Loading {
        self.loading
    }

    pub const fn only_watches(&self) -> bool {
        self.only_watches
    }

    pub const fn is_connected(&self) -> bool {
        self.is_connected
    }

    pub const fn traffic(&self) -> Traffic {
        self.traffic
    }

    /// The users of a browser that vanished move to the others.
    pub fn moves_parts(&self) -> bool {
        self.conductor().is_some_and(|conductor| conductor.moves_parts)
    }

    /// A machine that plays a part must not fall asleep; the conductor's own run sees to itself.
    pub fn plays_a_part(&self) -> bool {
        matches!(&self.side, Side::Generator(generator) if generator.run().is_some())
    }

    /// Why it is not connected, what else is wrong, or why nothing of it is written down.
    pub fn trouble(&self) -> Option<&str> {
        self.problem.as_deref().or(self.unkept.as_deref())
    }
}

/// The run that this tab conducted, if there was one.
fn take_over(card: &Card, remembered: &Remembered) -> (Side, Option<Run>) {
    let (run, mut conductor) = match replay(&card.build, remembered.journal.iter().map(|(_, page)| page.as_slice())) {
        Some(Replayed { run, mut conductor, .. }) => {
            conductor.take_over();
            (Some(run), conductor)
        }
        None => (None, Conductor::new(&card.build)),
    };
    conductor.call_itself(&card.name);
    (Side::Conductor(conductor), run)
}

/// What its operator has agreed to in this swarm, and the part that this tab played, as far as the conductor may not have it.
fn take_up(card: &Card, bounds: Bounds, invite: &Invite, remembered: Remembered) -> Generator {
    let mut generator = Generator::new(card.clone(), bounds).trying(vec![invite.trial()]);
    if let Some((_, agreements)) = remembered.agreed.last() {
        generator.recall(agreements);
    }
    let playing = remembered.playing.last().and_then(|(_, note)| unpack::<(String, u32)>(note).ok());
    if let Some((run, workers)) = playing.filter(|(run, _)| !run.is_empty()) {
        let next = remembered.parts.last().map_or(0, |(number, _)| number + 1);
        generator.resume(run, workers, remembered.parts, next);
    }
    generator
}

#[cfg(all(test, not(target_arch = "wasm32")))]
#[path = "tests/membership.rs"]
mod tests;
