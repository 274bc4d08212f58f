//! The swarm that a page is in: what it hears from its link, what it does, and what it finds again after a reload.

use std::rc::Rc;

use super::{Inner, Side, Swarm, name_or_made_up};
use crate::browser::clock::Clock;
use crate::browser::notes::Notes;
use crate::browser::wake::WakeLock;
use run::{Run, RunInput};
use swarm::{Conductor, ConductorOutput, Generator, GeneratorOutput, LinkCommand, LinkEvent, pack, replay, unpack};
use swarm::{OpenLink, ToLink};

impl Swarm {
    pub(super) fn open(&mut self) {
        let open = OpenLink {
            invite: self.invite.own(),
            seed: self.signer.seed().clone(),
            loading: self.loading,
            credentials: self.credentials.clone(),
        };
        self.post(&ToLink::Open(Box::new(open)));
        self.conduct(Conductor::link_anew);
    }

    /// Its worker broke. `Some`: when to start another, milliseconds.
    pub(super) fn on_link_died(&mut self, why: &str) -> Option<u32> {
        let now_ms = Clock::new().now_ms();
        let wait_ms = self.revival.on_death(now_ms, why)?;
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
        Some(wait_ms)
    }

    pub(super) fn on_event(&mut self, event: LinkEvent) {
        match &event {
            LinkEvent::Connected => (self.is_connected, self.problem) = (true, self.revival.note()),
            LinkEvent::Lost(why) => (self.is_connected, self.problem) = (false, Some(why.clone())),
            LinkEvent::Tick(traffic) => {
                self.traffic = *traffic;
                if self.revival.on_tick(Clock::new().now_ms()) && self.is_connected {
                    self.problem = None;
                }
            }
            _ => {}
        }
        match &mut self.side {
            Side::Conductor(conductor) => conductor.on_event(event),
            Side::Generator(generator) => generator.on_event(Clock::new().now_ms(), event),
            Side::Watcher(watcher) => watcher.on_event(&event),
        }
    }

    /// A machine that plays a part must not fall asleep; the conductor's own run sees to itself.
    pub(super) fn stay_awake(&mut self) {
        match &self.side {
            Side::Generator(generator) if generator.run().is_some() => {
                self.wake.get_or_insert_with(WakeLock::hold);
            }
            _ => self.wake = None,
        }
    }

    /// Why it is not connected, what else is wrong, or why nothing of it is written down.
    pub fn trouble(&self) -> Option<String> {
        self.problem.clone().or_else(|| self.notes.problem())
    }

    /// `name` as its operator has typed it.
    pub fn rename(&mut self, name: &str) {
        let name = name_or_made_up(name, &self.card.browser);
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
        self.generate(|generator| generator.watch_only(only));
    }

    /// The users of a browser that vanished move to the others.
    pub fn moves_parts(&self) -> bool {
        matches!(&self.side, Side::Conductor(conductor) if conductor.moves_parts)
    }

    pub fn move_parts(&mut self, moves: bool) {
        self.conduct(|conductor| conductor.moves_parts = moves);
    }

    pub fn generate(&mut self, call: impl FnOnce(&mut Generator)) {
        if let Side::Generator(generator) = &mut self.side {
            call(generator);
        }
    }

    pub(super) fn conduct(&mut self, call: impl FnOnce(&mut Conductor)) {
        if let Side::Conductor(conductor) = &mut self.side {
            call(conductor);
        }
    }

    pub(super) fn send(&mut self, command: LinkCommand) {
        self.post(&ToLink::Command(command));
    }

    fn post(&mut self, message: &ToLink) {
        if let Some(Err(problem)) = self.link.as_ref().map(|link| link.send(message)) {
            self.problem = Some(problem.to_string());
        }
    }

    pub(super) fn drain(&mut self, inner: &Rc<Inner>, inputs: &mut Vec<RunInput>) {
        loop {
            match &mut self.side {
                Side::Conductor(conductor) => match conductor.poll() {
                    None => return,
                    Some(ConductorOutput::Link(command)) => self.send(command),
                    Some(ConductorOutput::Run(input)) => inputs.push(input),
                    Some(ConductorOutput::Note(text)) => self.problem = Some(text),
                },
                Side::Generator(generator) => match generator.poll() {
                    None => return,
                    Some(output) => self.obey(inner, output),
                },
                Side::Watcher(_) => return,
            }
        }
    }

    fn obey(&mut self, inner: &Rc<Inner>, output: GeneratorOutput) {
        match output {
            GeneratorOutput::Link(command) => self.send(command),
            GeneratorOutput::Spawn { workers } => {
                if let Side::Generator(generator) = &self.side {
                    self.note(PLAYING, 0, pack(&(generator.run().unwrap_or_default(), workers)));
                }
                for worker in self.workers.len() as u32..workers {
                    let host = inner.engine(worker);
                    if let (Err(why), Side::Generator(generator)) = (&host, &mut self.side) {
                        generator.on_worker_died(worker, why.to_string());
                    }
                    self.workers.push(host.ok());
                }
            }
            GeneratorOutput::Tell { worker, message } => {
                let sent = self.workers.get(worker as usize).and_then(Option::as_ref).map(|host| host.send(&message));
                if let (Some(Err(why)), Side::Generator(generator)) = (sent, &mut self.side) {
                    generator.on_worker_died(worker, why.to_string());
                }
            }
            GeneratorOutput::Dismiss => {
                self.workers.clear();
                self.note(PLAYING, 0, pack(&("", 0u32)));
            }
            GeneratorOutput::Agreed(agreements) => self.note(AGREED, 0, agreements),
            GeneratorOutput::Keep { number, part } => self.note(PARTS, number, part),
            GeneratorOutput::Forget { below } => {
                let notes = self.notes.clone();
                // The last one stays: it tells a page that is loaded anew where the count was.
                let below = below.saturating_sub(1);
                wasm_bindgen_futures::spawn_local(async move { notes.forget(PARTS, below).await });
            }
        }
    }

    fn note(&self, kind: &'static str, number: u64, note: Vec<u8>) {
        let notes = self.notes.clone();
        // Without it a reload loses what the conductor has not got, and nothing else.
        wasm_bindgen_futures::spawn_local(async move {
            notes.write(kind, number, &note).await;
        });
    }
}

/// The run that this tab conducted when its page was loaded anew, if there was one.
pub(super) async fn take_over(notes: &Notes, name: &str) -> (Side, Option<Run>) {
    let pages = notes.read(JOURNAL).await;
    let (run, mut conductor) = match replay(crate::BUILD_ID, pages.iter().map(|(_, page)| page.as_slice())) {
        Some((run, mut conductor)) => {
            conductor.take_over();
            (Some(run), conductor)
        }
        None => (None, Conductor::new(crate::BUILD_ID)),
    };
    conductor.call_itself(name);
    (Side::Conductor(conductor), run)
}

/// What its operator has agreed to in this swarm, and the part that this tab played, as far as the conductor may not have it.
pub(super) async fn take_up(generator: &mut Generator, notes: &Notes) {
    if let Some((_, agreements)) = notes.read(AGREED).await.last() {
        generator.recall(agreements);
    }
    let playing = notes.read(PLAYING).await;
    let Some((run, workers)) = playing.last().and_then(|(_, note)| unpack::<(String, u32)>(note).ok()) else { return };
    if !run.is_empty() {
        let parts = notes.read(PARTS).await;
        let next = parts.last().map_or(0, |(number, _)| number + 1);
        generator.resume(run, workers, parts, next);
    }
}

/// Kinds of notes.
pub(super) const JOURNAL: &str = "journal";
const PARTS: &str = "part";
const PLAYING: &str = "playing";
const AGREED: &str = "agreed";
