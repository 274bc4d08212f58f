//! One population as a worker plays it: scenario, accounts, its part of the load.

use std::rc::Rc;

use serde_json::{Map, Value};

use crate::user::{Control, Meters, ONCE_USER, UnknownClip, User, Utterances};
use crate::wire::{Guest, WorkerLoad};
use base::time::Timestamp;
use document::Problem;
use metrics::{Recorder, UserId, UsersByState};
use plan::{AccountBook, Load as LoadShape, Schedule, Terms};
use scenario::{self, EventId, Program, UserFacts};

pub struct LocalPopulation {
    pub name: String,
    pub terms: Terms,
    pub program: Rc<Program>,
    pub meters: Meters,
    /// What its users say; `None`: it is no population of voice users.
    pub utterances: Option<Utterances>,
    pub schedule: Schedule,
    pub shape: LoadShape,
    /// What the tester has changed.
    pub control: Control,
    /// What `once` saved, the same for all its users.
    pub shared: Rc<Map<String, Value>>,
    /// Users that are over and have left the crowd.
    pub gone: UsersByState,
    /// Concurrent users now, for the cap of an open load.
    pub present: u32,
    pub accounts: AccountBook,
    run: String,
    most_users: u32,
    probing_users: u32,
    seed: u64,
    /// A user whose flow ends starts again (closed loads), as long as the load wants it.
    pub restarts: bool,
    ended: bool,
}

/// Why a plan cannot be played.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LoadError {
    #[error("{}", in_a_row(.0))]
    Scenario(Vec<Problem>),
    #[error("population \"{population}\": {clip}")]
    Clip { population: String, clip: UnknownClip },
}

fn in_a_row(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl LocalPopulation {
    /// # Errors
    /// Its scenario has problems, or a step names a clip that does not exist.
    pub fn new(load: &WorkerLoad, index: usize, recorder: &mut Recorder) -> Result<Self, LoadError> {
        let population = &load.plan.populations[index];
        let document = scenario::resolve(&population.scenario).map_err(LoadError::Scenario)?;
        let program = scenario::compile(&document, &population.variables).map_err(LoadError::Scenario)?;
        let utterances = Utterances::new(&program, &load.clips)
            .map_err(|clip| LoadError::Clip { population: population.name.clone(), clip })?;
        let csv = load.csv.get(index).cloned().unwrap_or_default();
        let mut schedule = Schedule::new(&population.load, &load.segment, index == 0);
        let mut accounts = AccountBook::new(&population.accounts, &load.run, &population.name, csv);
        let of_this = |user: &UserId| user.population() == index;
        load.lending.lent.iter().copied().filter(of_this).for_each(|user| schedule.lend(user.index()));
        for Guest { user, row } in load.lending.guests.iter().filter(|guest| of_this(&guest.user)) {
            schedule.host(user.index(), None);
            accounts.learn(user.index(), row.clone());
        }
        Ok(Self {
            name: population.name.clone(),
            terms: Terms::new(&load.plan, index),
            meters: Meters::new(&program, &population.name, load.plan.contract_every, recorder),
            utterances,
            control: Control::new(&program),
            shape: population.load.clone(),
            program: Rc::new(program),
            schedule,
            shared: Rc::default(),
            gone: UsersByState::default(),
            present: 0,
            accounts,
            run: load.run.clone(),
            most_users: population.load.max_users(),
            probing_users: load.plan.consistency_users,
            seed: load.plan.seed ^ ((index as u64) << 56),
            restarts: matches!(population.load, LoadShape::Closed { .. } | LoadShape::Shape { .. }),
            ended: false,
        })
    }

    /// When its load wants something: the next step, or its end.
    pub fn next_at(&self) -> Timestamp {
        let end = if self.ended { Timestamp::NEVER } else { self.schedule.end() };
        self.schedule.next_at().map_or(end, |next| next.min(end))
    }

    /// Its load has no steps left.
    pub fn is_exhausted(&self) -> bool {
        self.schedule.next_at().is_none()
    }

    /// `true` once: when its load has ended and the run goes on with other populations.
    pub fn ends_early(&mut self, now: Timestamp, run_end: Timestamp) -> bool {
        let ends = !self.ended && now >= self.schedule.end() && self.schedule.end() < run_end;
        self.ended |= ends;
        ends
    }

    /// A new user; `None`: there is no account for it.
    pub fn user(&self, population: usize, index: u32) -> Option<User> {
        let account = if index == ONCE_USER { self.accounts.once_account()? } else { self.accounts.account(index)? };
        let facts = UserFacts { index, account, run: self.run.clone(), iteration: 0, users: self.most_users };
        // Any bijection would do: users with neighbouring numbers must not draw neighbouring randomness.
        let seed = (self.seed ^ u64::from(index)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        let mut user = User::new(UserId::new(population, index), facts, &self.program, seed);
        if self.program.consistency.is_some() && index != ONCE_USER && self.probes(index) {
            user.will_probe();
        }
        Some(user)
    }

    /// The probing users are spread over all of them, and so over their rooms.
    fn probes(&self, index: u32) -> bool {
        let step = (self.most_users / self.probing_users.max(1)).max(1);
        index.is_multiple_of(step) && index / step < self.probing_users
    }

    /// Frames that the edge has only counted.
    pub fn count(&self, event: usize, frames: u64, bytes: u64, recorder: &mut Recorder) {
        if event < self.program.events.len() {
            recorder.count(self.meters.event_in(EventId(event as u16)), frames);
            recorder.count(self.meters.frames_in, frames);
            recorder.count(self.meters.bytes_in, bytes);
        }
    }
}
