//! The tester's actions: kept in order of time, done when they are due, each to the users that it meets.
//!
//! All workers know all actions and draw the same users, so they need not speak with each other.

use std::collections::VecDeque;

use crate::user::{Context, DROPPED, ONCE_USER, STORM, User};
use base::time::{Span, Timestamp};
use plan::{Action, Pace, Plan, TimedAction};
use scenario::VarId;

use super::Engine;
use super::population::LocalPopulation;
use super::stop::Stopping;

/// Actions that are still to come.
#[derive(Default)]
pub struct Agenda {
    actions: VecDeque<TimedAction>,
    /// How far the load has been followed: an action that comes late cannot change what was before.
    followed: Timestamp,
    /// The tester has changed the load.
    is_steered: bool,
    /// By which all workers draw the same users.
    seed: u64,
}

impl Agenda {
    pub fn new(plan: &Plan) -> Self {
        let mut agenda = Self { seed: plan.seed, ..Self::default() };
        plan.actions.iter().for_each(|action| agenda.add(action.clone()));
        agenda
    }

    /// Behind those of the same time.
    pub fn add(&mut self, action: TimedAction) {
        let place = self.actions.partition_point(|other| other.at() <= action.at());
        self.actions.insert(place, action);
    }

    pub fn next_at(&self) -> Option<Timestamp> {
        self.actions.front().map(TimedAction::at)
    }

    /// The load has been changed, or may be: no users left does not mean that the run is over.
    pub fn may_change_load(&self) -> bool {
        self.is_steered || !self.actions.is_empty()
    }

    fn pop(&mut self, now: Timestamp) -> Option<TimedAction> {
        if self.next_at()? <= now { self.actions.pop_front() } else { None }
    }
}

impl Engine {
    /// The load and the actions up to now, each in its turn.
    pub(super) fn follow_plan(&mut self, now: Timestamp, wall_ms: f64) {
        if !matches!(self.stopping, Stopping::Running) || self.ends_by_limit(now, wall_ms) {
            return;
        }
        while let Some(action) = self.agenda.pop(now) {
            let at = action.at().max(self.agenda.followed);
            self.follow_load(now, at, wall_ms);
            self.agenda.followed = at;
            // A worker that joins a run takes over what lasts; what was over before it came is none of its business.
            if action.action.lasts() || now.since(action.at()) <= TOO_LATE {
                self.act(now, at, wall_ms, &action);
            }
        }
        self.follow_load(now, now, wall_ms);
        self.agenda.followed = self.agenda.followed.max(now);
    }

    fn act(&mut self, now: Timestamp, at: Timestamp, wall_ms: f64, timed: &TimedAction) {
        self.guard.on_action();
        for index in 0..self.populations.len() {
            let population = &mut self.populations[index];
            if !timed.is_for(&population.name, &population.shape, &population.program) {
                continue;
            }
            if let Some((target, over)) = timed.action.load_target(&population.shape) {
                population.schedule.retarget(at, target, over);
                self.agenda.is_steered = true;
                continue;
            }
            let changed = population.change(&timed.action);
            let met = population.met(timed, at, self.agenda.seed);
            for slot in self.crowd.occupied() {
                let id = self.crowd.get_mut(slot).map(|user| user.id());
                let is_met = |index: u32| index != ONCE_USER && met.includes(index);
                if id.is_some_and(|id| id.population() == index && is_met(id.index())) {
                    self.with_user(now, wall_ms, slot, |user, ctx| do_to(user, ctx, &timed.action, &changed));
                }
            }
        }
    }
}

/// Timers whose pace has changed: which, from what and to what.
type Changed = Vec<(usize, Pace, Pace)>;

fn do_to(user: &mut User, ctx: &mut Context<'_>, action: &Action, changed: &Changed) {
    match *action {
        Action::Interval { .. } => {
            changed.iter().for_each(|&(timer, old, new)| user.retime(ctx.now, timer, old, new));
        }
        Action::Set { .. } => user.set_values(ctx),
        Action::Pause => user.hold(ctx.now),
        Action::Resume => user.release(ctx),
        Action::SendNow => user.send_more(ctx, 1),
        Action::Burst { messages } => user.send_more(ctx, messages),
        Action::Drop { .. } => user.drop_connection(ctx, DROPPED, false),
        Action::ReconnectStorm { .. } => user.drop_connection(ctx, STORM, true),
        Action::StopReading { for_s, .. } => user.stop_reading(ctx, ctx.now + Span::from_secs_f64(for_s)),
        Action::StopAnsweringPings { .. } => user.stop_answering(),
        Action::ExpireTokens { .. } => user.expire_token(ctx),
        Action::LeaveAndRejoin { .. } => user.run_block(ctx, |program| program.rejoin),
        Action::JoinStorm => user.run_block(ctx, |program| program.storm),
        Action::Users { .. } | Action::ArrivalRate { .. } | Action::Think { .. } => {}
    }
}

impl LocalPopulation {
    /// What lasts, for everybody of it.
    fn change(&mut self, action: &Action) -> Changed {
        match action {
            Action::Interval { timer, pace } => {
                let timers: Vec<usize> = match timer {
                    Some(name) => (0..self.program.timers.len())
                        .filter(|&index| self.program.timers[index].name == *name)
                        .collect(),
                    None => self.program.sending_timers().collect(),
                };
                return timers.into_iter().map(|timer| (timer, self.control.set_pace(timer, *pace), *pace)).collect();
            }
            Action::Think { factor } => self.control.think = *factor,
            Action::Pause => self.control.paused = true,
            Action::Resume => self.control.paused = false,
            Action::Set { variable, value } => {
                let place = self.program.variables.iter().position(|known| known.name == *variable);
                if let Some(place) = place {
                    self.control.set(VarId(place as u16), value.clone());
                }
            }
            _ => {}
        }
        Vec::new()
    }

    /// Whom an action meets. In a closed load exactly the share of those that are wanted then; in an open one each user by
    /// its own chance, because who is there depends on the server.
    fn met(&self, timed: &TimedAction, at: Timestamp, seed: u64) -> Met {
        let share = timed.action.share();
        let seed = seed ^ at.as_micros().rotate_left(23);
        if share >= 1.0 {
            return Met { seed, below: None };
        }
        if self.schedule.cap().is_some() {
            return Met { seed, below: Some((share * u64::MAX as f64) as u64) };
        }
        let users = self.schedule.target(at).round() as u32;
        let wanted = (f64::from(users) * share).round() as usize;
        let mut draws: Vec<u64> = (0..users).map(|index| draw(seed, index)).collect();
        let below = match wanted {
            0 => 0,
            _ if wanted >= draws.len() => return Met { seed, below: None },
            _ => *draws.select_nth_unstable(wanted).1,
        };
        Met { seed, below: Some(below) }
    }
}

/// Users that drew a number below this; `None`: all.
struct Met {
    seed: u64,
    below: Option<u64>,
}

impl Met {
    fn includes(&self, index: u32) -> bool {
        self.below.is_none_or(|below| draw(self.seed, index) < below)
    }
}

/// A number of each user, evenly spread (the finaliser of SplitMix64).
fn draw(seed: u64, index: u32) -> u64 {
    let mut mixed = seed.wrapping_add(u64::from(index).wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// How late something that happens once may be.
const TOO_LATE: Span = Span::from_secs(1);
