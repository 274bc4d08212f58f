//! One virtual user: a protocol session, a compiled scenario, and the tasks that run it.
//!
//! Sans-IO like everything below it: the engine tells a user what happened and when, the user answers into the
//! [`Context`] (frames to send, fetches and handshakes it wishes, samples, ledger entries) and says when it wants to
//! be woken. The files follow a user's life: `life` (its stages), `link` (its connection), `closing` (how that ends), `task` and `step` (its
//! scenario), `pending` (what it waits for), `overdue` (what it waited for), `event` (what arrives), `ack` (what an acknowledgement says), `exchange` (HTTP), `due` (time),
//! `timers` (when it wants to be woken), `voice` (audio).
//! `canary` lets a person act for it; `acting` and `control` are what a tester does to it and its like; `secrets` keeps
//! what it knows out of what it tells.

mod ack;
mod actions;
mod arguments;
mod canary;
mod closing;
mod context;
mod contract;
mod control;
mod due;
mod event;
mod exchange;
mod life;
mod link;
mod marks;
mod memory;
mod meters;
mod names;
mod outlook;
mod overdue;
mod pending;
mod probe;
mod secrets;
mod step;
mod task;
mod timers;
mod voice;
mod way;

pub use actions::{DROPPED, STORM};
pub use context::{Context, Wish};
pub use control::Control;
pub use due::is_stale;
pub use life::ONCE_USER;
pub use link::Opening;
pub use meters::Meters;
pub use names::UserNames;
pub use outlook::{Call, Outlook, OutlookStep, StepKind};
pub use voice::{UnknownClip, Utterances};

use base::time::Timestamp;
use metrics::{Phase, UserId, UsersByState};

use actions::Overrides;
use life::{LifeStage, Lifecycle};
use link::Contact;
use memory::Memory;
use pending::Outstanding;
use probe::Probe;
use task::ScriptRun;
use timers::{Timed, TimerTable, WakeUp};
use voice::Voice;

/// One virtual user.
pub struct User {
    id: UserId,
    memory: Memory,
    life: Timed<Lifecycle>,
    contact: Timed<Contact>,
    /// While it is connected to a voice service.
    voice: Timed<Option<Box<Voice>>>,
    script: Timed<ScriptRun>,
    in_flight: Timed<Outstanding>,
    /// It compares the server's history with what it received.
    probe: Option<Box<Probe>>,
    overrides: Timed<Overrides>,
    timers: TimerTable,
}

impl User {
    pub fn id(&self) -> UserId {
        self.id
    }

    /// When it wants `on_timeout`, at the earliest.
    pub fn next_timeout(&mut self) -> Timestamp {
        let [life, script, overrides] =
            [self.life.take_touched(), self.script.take_touched(), self.overrides.take_touched()];
        if life {
            self.timers.set(WakeUp::Stage, self.life.stage.deadline());
        }
        if script {
            self.timers.set(WakeUp::Task, self.script.next_task_due());
        }
        if overrides {
            self.timers.set(WakeUp::Stall, self.overrides.stall.as_ref().map_or(Timestamp::NEVER, |stall| stall.until));
        }
        if life || script || overrides {
            let tick = if self.ticks() { self.script.next_tick() } else { Timestamp::NEVER };
            self.timers.set(WakeUp::Tick, tick);
        }
        if self.contact.take_touched() {
            let session = self.contact.link.as_ref().and_then(|link| link.session.next_timeout());
            self.timers.set(WakeUp::Session, session.unwrap_or(Timestamp::NEVER));
        }
        if self.in_flight.take_touched() {
            self.timers.set(WakeUp::Limit, self.in_flight.next_limit());
            self.timers.set(WakeUp::PassedBy, self.in_flight.overdue.next_timeout());
        }
        if self.voice.take_touched() {
            let voice = self.voice.as_ref().map_or(Timestamp::NEVER, |voice| voice.next_timeout());
            self.timers.set(WakeUp::Voice, voice);
        }
        self.timers.next()
    }

    /// Where in its life it is; while it is connected to a voice service, where in their conversation.
    pub fn phase(&self) -> Phase {
        let stage = self.life.stage.phase();
        let connected = matches!(stage, Phase::Flow | Phase::Active | Phase::Finishing);
        self.voice.as_ref().filter(|_| connected).and_then(|voice| voice.phase()).unwrap_or(stage)
    }

    /// Adds itself to the users in its state.
    pub fn count_state(&self, now: Timestamp, users: &mut UsersByState) {
        let state = match self.life.stage.phase() {
            _ if self.has_failed() => &mut users.failed,
            _ if self.is_over() => &mut users.done,
            Phase::Preparing => &mut users.preparing,
            Phase::Connecting => &mut users.connecting,
            Phase::Flow => &mut users.flow,
            Phase::Active => &mut users.active,
            Phase::Reconnecting => &mut users.reconnecting,
            Phase::Finishing => &mut users.finishing,
            _ => &mut users.waiting,
        };
        *state += 1;
        if let Some(way) = self.life.way.filter(|_| !self.has_failed()) {
            way.count(users);
        }
        if let Some(voice) = self.voice.as_ref() {
            voice.count_state(now, users);
        }
    }

    /// It plays no further part in the run.
    pub fn is_over(&self) -> bool {
        matches!(self.life.stage, LifeStage::Done | LifeStage::Failed)
    }

    pub fn has_failed(&self) -> bool {
        matches!(self.life.stage, LifeStage::Failed)
    }

    /// Why it failed, in plain words.
    pub fn failure(&self) -> Option<&str> {
        self.life.failure.as_deref()
    }

    /// It left because its flow was over, not because it was told to.
    pub fn left_by_itself(&self) -> bool {
        !self.life.dismissed
    }

    /// `true` once: when it is over and has not been counted out yet.
    pub fn count_out(&mut self) -> bool {
        self.is_over() && !std::mem::replace(&mut self.life.counted_out, true)
    }

    /// It waits to be connected for the first time, and nobody else knows of it: it may as well begin in another worker.
    pub fn may_move(&self) -> bool {
        let waits = matches!(self.life.stage, LifeStage::Queued { .. })
            && self.contact.link.is_none()
            && self.in_flight.fetches.is_empty();
        waits && !self.contact.has_been_in && !self.overrides.taken && self.id.index() != ONCE_USER
    }

    /// No socket of it is left, not even a closing one.
    pub fn is_unlinked(&self) -> bool {
        self.contact.link.is_none()
    }

    /// No message that it sent waits for its echo, ack or answer any more, no request for its answer, and nothing that it has gathered for what it does with it.
    pub fn is_quiet(&self) -> bool {
        !self.script.flushes() && self.in_flight.is_quiet()
    }
}
