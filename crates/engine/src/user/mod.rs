//! One virtual user: a protocol session, a compiled scenario, and the tasks that run it.
//!
//! Sans-IO like everything below it: the engine tells a user what happened and when, the user answers into the
//! [`Context`] (frames to send, fetches and handshakes it wishes, samples, ledger entries) and says when it wants to
//! be woken. The files follow a user's life: `life` (its stages), `link` (its connection), `task` and `step` (its
//! scenario), `pending` (what it waits for), `overdue` (what it waited for), `event` (what arrives), `exchange` (HTTP), `due` (time), `voice` (audio).
//! `canary` lets a person act for it; `acting` and `control` are what a tester does to it and its like; `secrets` keeps
//! what it knows out of what it tells.

mod actions;
mod arguments;
mod canary;
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

use std::collections::VecDeque;

use base::time::Timestamp;
use metrics::{Phase, UserId, UsersByState};
use scenario::EventId;

use actions::ReadStall;
use life::LifeStage;
use link::{ServiceEnd, UserLink};
use memory::Memory;
use overdue::Overdue;
use pending::{Fetching, Pending};
use probe::Probe;
use task::{Task, TaskRole, Ticker};
use voice::Voice;
use way::WayToWork;

/// One virtual user.
pub struct User {
    id: UserId,
    memory: Memory,
    stage: LifeStage,
    link: Option<Box<UserLink>>,
    /// While it is connected to a voice service.
    voice: Option<Box<Voice>>,
    tasks: Vec<Task>,
    /// Serial number of the next task: what waits for something names the task by it.
    next_task: u32,
    pendings: VecDeque<Pending>,
    overdue: Overdue,
    fetches: Vec<Fetching>,
    tickers: Vec<Ticker>,
    /// Attempts to come back since a server last answered with a handshake.
    attempt: u32,
    /// It was connected before, in this life or an earlier one.
    has_been_in: bool,
    /// Its flow had ended once: after a reconnect it only rejoins.
    settled_in: bool,
    /// Its connection is held: the limits of this browser's operator have no room at this host.
    waits_for: Option<String>,
    /// One of the handshake slots is its own.
    holds_slot: bool,
    /// The load (or the run's end) told it to leave; otherwise it left by itself.
    dismissed: bool,
    /// Its leaving has been counted.
    counted_out: bool,
    failure: Option<String>,
    /// It compares the server's history with what it received.
    probe: Option<Box<Probe>>,
    /// It hangs, for the tester.
    stall: Option<Box<ReadStall>>,
    /// It is on its way from one room to another, for the tester.
    is_moving: bool,
    /// How often it gave up since it was last at its work; whoever takes its place waits the longer.
    failures: u32,
    /// It has given up, and begins anew when its pause is over.
    starts_anew: bool,
    /// The server knows its session no more: it logs in before it connects again.
    wants_log_in: bool,
    /// The next connection is made with a token that is not valid.
    spoiled: bool,
    /// A person acts for it.
    taken: bool,
    /// `None`: it has been at its work.
    way: Option<WayToWork>,
    /// The service has ended its session.
    ended: Option<ServiceEnd>,
}

impl User {
    pub fn id(&self) -> UserId {
        self.id
    }

    /// When it wants `on_timeout`, at the earliest.
    pub fn next_timeout(&self) -> Timestamp {
        let tasks = self.tasks.iter().map(Task::due);
        let pendings = self.pendings.iter().map(|pending| pending.deadline);
        let tickers = self.tickers.iter().filter(|_| self.ticks()).map(|ticker| ticker.due);
        let voice = self.voice.as_ref().map(|voice| voice.next_timeout());
        let session = self.link.as_ref().and_then(|link| link.session.next_timeout());
        let stall = self.stall.as_ref().map(|stall| stall.until);
        tasks
            .chain(stall)
            .chain(pendings)
            .chain(tickers)
            .chain(session)
            .chain(voice)
            .chain([self.stage.deadline(), self.overdue.next_timeout()])
            .min()
            .unwrap_or(Timestamp::NEVER)
    }

    /// Where in its life it is; while it is connected to a voice service, where in their conversation.
    pub fn phase(&self) -> Phase {
        let stage = self.stage.phase();
        let connected = matches!(stage, Phase::Flow | Phase::Active | Phase::Finishing);
        self.voice.as_ref().filter(|_| connected).and_then(|voice| voice.phase()).unwrap_or(stage)
    }

    /// Adds itself to the users in its state.
    pub fn count_state(&self, now: Timestamp, users: &mut UsersByState) {
        let state = match self.stage.phase() {
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
        if let Some(way) = self.way.filter(|_| !self.has_failed()) {
            way.count(users);
        }
        if let Some(voice) = &self.voice {
            voice.count_state(now, users);
        }
    }

    /// It plays no further part in the run.
    pub fn is_over(&self) -> bool {
        matches!(self.stage, LifeStage::Done | LifeStage::Failed)
    }

    pub fn has_failed(&self) -> bool {
        matches!(self.stage, LifeStage::Failed)
    }

    /// Why it failed, in plain words.
    pub fn failure(&self) -> Option<&str> {
        self.failure.as_deref()
    }

    /// It left because its flow was over, not because it was told to.
    pub fn left_by_itself(&self) -> bool {
        !self.dismissed
    }

    /// `true` once: when it is over and has not been counted out yet.
    pub fn count_out(&mut self) -> bool {
        self.is_over() && !std::mem::replace(&mut self.counted_out, true)
    }

    /// It waits to be connected for the first time, and nobody else knows of it: it may as well begin in another worker.
    pub fn may_move(&self) -> bool {
        let waits = matches!(self.stage, LifeStage::Queued { .. }) && self.link.is_none() && self.fetches.is_empty();
        waits && !self.has_been_in && !self.taken && self.id.index() != ONCE_USER
    }

    /// No socket of it is left, not even a closing one.
    pub fn is_unlinked(&self) -> bool {
        self.link.is_none()
    }

    /// Something that it sent (or waits for) is answered by this event.
    fn awaits(&self, event: EventId) -> bool {
        let mut answers = self.pendings.iter().filter_map(|pending| pending.answer.as_ref());
        answers.any(|answer| answer.event == event)
    }

    /// No message that it sent waits for its echo, ack or answer any more, no request for its answer, and nothing that it has gathered for what it does with it.
    pub fn is_quiet(&self) -> bool {
        let flushes = self.tasks.iter().any(|task| task.role == TaskRole::Flush);
        !flushes && self.fetches.is_empty() && self.pendings.iter().all(|pending| pending.message.is_none())
    }
}
