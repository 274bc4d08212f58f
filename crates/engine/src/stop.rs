//! The course of a run in one worker: load is followed, then the run settles, then users leave.
//!
//! ```text
//!   Idle ──start──▶ Running ──stop, or the load's end──▶ Settling ──all quiet──▶ Settled ──leave──▶ Leaving ──▶ Done
//!                                                       (nobody sends)         (other workers     (users run
//!                                                                               settle, too)       `finish`)
//! ```
//! Members stay until every worker has settled: a message that is still on its way to somebody is not lost.

use serde_json::{Map, Value};

use crate::user::{ONCE_USER, User};
use crate::wire::{LogLevel, LogLine};
use base::time::{Span, Timestamp};
use metrics::UserId;
use plan::StepAction;

use super::Engine;
use super::guard::{TOO_LONG, TOO_MANY};
use super::population::LocalPopulation;
use crate::ports::Output;

pub enum Stopping {
    /// Before the epoch; `Some`: the population whose `once` steps run.
    Idle,
    Running,
    Settling {
        /// Not before this, so that the last broadcasts arrive.
        earliest: Timestamp,
        /// Not after this, whatever is still on its way.
        latest: Timestamp,
    },
    /// Goes on by itself at `alone` if nobody says so: a worker must not outlive its page's interest.
    Settled {
        alone: Timestamp,
    },
    Leaving {
        cut: Timestamp,
    },
    Done,
}

/// So long no message has come: none waits in a queue of ours.
const STILL: Span = Span::from_millis(500);
/// Settling waits for acks, echoes and what still comes at most this much longer than the plan's settle time.
const SETTLE_PATIENCE: Span = Span::from_secs(10);
/// After the graceful stop, for the browser to confirm the closes.
const CLOSING: Span = Span::from_secs(1);
/// How long a settled worker waits for the others.
const OTHERS_PATIENCE: Span = Span::from_secs(15);

impl Stopping {
    pub fn deadline(&self) -> Option<Timestamp> {
        match *self {
            Self::Settling { earliest, .. } => Some(earliest),
            Self::Settled { alone } => Some(alone),
            Self::Leaving { cut } => Some(cut),
            Self::Idle | Self::Running | Self::Done => None,
        }
    }

    pub fn has_settled(&self) -> bool {
        matches!(self, Self::Settled { .. } | Self::Leaving { .. } | Self::Done)
    }
}

impl Engine {
    pub(super) fn prepare(&mut self, now: Timestamp, wall_ms: f64, population: usize) {
        let user = self.populations.get(population).and_then(|played| played.user(population, ONCE_USER));
        let Some(user) = user else {
            return self.out.push_back(Output::Failed { message: "there is no such population".to_owned() });
        };
        let slot = self.crowd.add(user);
        self.with_user(now, wall_ms, slot, |user, ctx| user.start_once(ctx));
    }

    pub(super) fn start(&mut self, now: Timestamp, shared: Vec<Map<String, Value>>) {
        for (population, shared) in self.populations.iter_mut().zip(shared) {
            population.shared = shared.into();
        }
        // The page decides to start a moment ahead; a STOP within that moment stands.
        if let Stopping::Idle = self.stopping {
            self.stopping = Stopping::Running;
            self.late_starts.begin(now);
        }
    }

    /// Ends the load when the operator's longest time of it is over; says whether it did.
    pub(super) fn ends_by_limit(&mut self, now: Timestamp, wall_ms: f64) -> bool {
        let is_over = self.guard.until().is_some_and(|until| now >= until);
        if is_over {
            let (population, text) = (String::new(), TOO_LONG.to_owned());
            self.log.push(LogLine { at: now, level: LogLevel::Warning, population, user: None, text });
            self.begin_stop(now, wall_ms);
        }
        is_over
    }

    /// Starts and retires users as the load shapes say up to `until`.
    pub(super) fn follow_load(&mut self, now: Timestamp, until: Timestamp, wall_ms: f64) {
        let run_end = self.end();
        for population in 0..self.populations.len() {
            if self.populations[population].ends_early(now, run_end) {
                self.send_all_away(now, wall_ms, population);
            }
            while let Some(step) = self.populations[population].schedule.pop(until) {
                let id = UserId::new(population, step.user);
                match step.action {
                    StepAction::Start if self.is_left_out(now, population, step.at) => {}
                    StepAction::Start if self.late_starts.take(now, id, step.at) => {}
                    StepAction::Start => self.arrive(now, wall_ms, id, step.at),
                    StepAction::Stop if self.late_starts.forget(id) => {}
                    StepAction::Stop => self.send_away(now, wall_ms, id),
                }
            }
        }
        while let Some((id, due)) = self.late_starts.pop(now) {
            self.arrive(now, wall_ms, id, due);
        }
    }

    fn arrive(&mut self, now: Timestamp, wall_ms: f64, id: UserId, due: Timestamp) {
        let present = self.populations.iter().map(|population| population.present);
        let is_full = self.guard.is_full(id.population(), present);
        let population = &mut self.populations[id.population()];
        self.recorder.count(population.meters.arrivals, 1);
        if is_full || population.schedule.cap().is_some_and(|cap| population.present >= cap) {
            self.recorder.count(population.meters.dropped, 1);
            if is_full {
                self.tell_limit(now, id.population(), TOO_MANY);
            }
            return;
        }
        self.admit(now, wall_ms, id, due);
    }

    /// A user begins here; its arrival has been counted.
    pub(super) fn admit(&mut self, now: Timestamp, wall_ms: f64, id: UserId, due: Timestamp) {
        // A user that a closed load wants again before its old self is quite gone is cut short.
        if let Some(slot) = self.crowd.find(id) {
            self.with_user(now, wall_ms, slot, |user, ctx| user.abort(ctx));
        }
        let population = &mut self.populations[id.population()];
        let Some(user) = population.user(id.population(), id.index()) else {
            // The plan's check has counted the rows; this is a plan that was not checked.
            population.gone.failed += 1;
            return;
        };
        population.present += 1;
        let shared = population.shared.clone();
        let slot = self.crowd.add(user);
        self.with_user(now, wall_ms, slot, |user, ctx| {
            user.share(ctx, &shared);
            user.start(ctx, due);
        });
    }

    fn send_away(&mut self, now: Timestamp, wall_ms: f64, id: UserId) {
        if let Some(slot) = self.crowd.find(id) {
            let cut = now + self.exits.graceful_stop();
            self.with_user(now, wall_ms, slot, |user, ctx| user.retire(ctx, cut));
        }
    }

    /// A user is over: the next iteration, or the end.
    pub(super) fn on_user_over(&mut self, now: Timestamp, wall_ms: f64, slot: u32) {
        let Some(user) = self.crowd.get_mut(slot) else { return };
        let (id, failed) = (user.id(), user.has_failed());
        if id.index() == ONCE_USER {
            return self.on_prepared(slot);
        }
        let population = &mut self.populations[id.population()];
        let wanted = matches!(self.stopping, Stopping::Running) && population.restarts && user.left_by_itself();
        if wanted {
            let shared = population.shared.clone();
            population.gone.failed += u32::from(failed);
            population.gone.replaced += u32::from(failed);
            return self.with_user(now, wall_ms, slot, |user, ctx| match failed {
                true => user.start_anew(ctx, &shared),
                false => user.restart(ctx, &shared),
            });
        }
        if user.count_out() {
            population.present = population.present.saturating_sub(1);
            self.guard.on_over(id);
        }
        if user.is_unlinked() {
            user.count_state(now, &mut population.gone);
            self.observer.rings().forget(id);
            self.crowd.remove(slot);
        }
    }

    fn on_prepared(&mut self, slot: u32) {
        let Some(user) = self.crowd.remove(slot) else { return };
        let population = user.id().population();
        let played = &self.populations[population];
        self.out.push_back(if user.has_failed() {
            let why = user.failure().unwrap_or("a step failed");
            Output::Failed { message: format!("the once steps of population \"{}\" failed: {why}", played.name) }
        } else {
            Output::Prepared { population, shared: user.shared(&played.program) }
        });
    }

    pub(super) fn begin_stop(&mut self, now: Timestamp, wall_ms: f64) {
        match self.stopping {
            Stopping::Running => {
                let earliest = now + self.settle;
                self.stopping = Stopping::Settling { earliest, latest: earliest + SETTLE_PATIENCE };
                self.ledger.look_out(now);
                for slot in self.crowd.occupied() {
                    self.with_user(now, wall_ms, slot, |user, ctx| user.fall_silent(ctx));
                }
            }
            Stopping::Idle => self.stopping = Stopping::Done,
            _ => {}
        }
    }

    pub(super) fn begin_leave(&mut self, now: Timestamp, wall_ms: f64) {
        match self.stopping {
            Stopping::Leaving { .. } | Stopping::Done => return,
            _ => {}
        }
        // Nobody starts any more.
        self.stopping = Stopping::Leaving { cut: Timestamp::NEVER };
        let cut = self.send_out(now, wall_ms, |_| true);
        self.stopping = Stopping::Leaving { cut: cut + CLOSING };
    }

    pub(super) fn abort(&mut self, now: Timestamp, wall_ms: f64) {
        self.handshakes.clear();
        self.fetches.clear();
        self.exits.clear();
        self.stopping = Stopping::Done;
        for slot in self.crowd.occupied() {
            self.with_user(now, wall_ms, slot, |user, ctx| user.abort(ctx));
        }
    }

    pub(super) fn advance_stop(&mut self, now: Timestamp, wall_ms: f64) {
        match self.stopping {
            Stopping::Running if (now >= self.end() || self.has_nothing_left()) => {
                self.begin_stop(now, wall_ms);
            }
            Stopping::Settling { earliest, latest } if now >= earliest => {
                let comes_still = self.ledger.arrived_at().is_some_and(|at| now.since(at) < STILL);
                self.health.unread |= now >= latest && comes_still;
                if now >= latest || (!comes_still && self.crowd.users().all(User::is_quiet)) {
                    self.stopping = Stopping::Settled { alone: now + OTHERS_PATIENCE };
                } else {
                    self.stopping = Stopping::Settling { earliest: now + Span::from_millis(50), latest };
                }
            }
            Stopping::Settled { alone } if now >= alone => self.begin_leave(now, wall_ms),
            Stopping::Leaving { cut } if (now >= cut || self.crowd.users().all(User::is_over)) => {
                self.count_who_stays();
                self.abort(now, wall_ms);
            }
            _ => {}
        }
    }

    /// When the last population's load ends.
    fn end(&self) -> Timestamp {
        self.populations.iter().map(|population| population.schedule.end()).max().unwrap_or(Timestamp::ZERO)
    }

    /// A population whose load ends before the run's.
    fn send_all_away(&mut self, now: Timestamp, wall_ms: f64, population: usize) {
        self.send_out(now, wall_ms, |id| id.population() == population);
    }

    /// No step of the load is left and nobody is there any more.
    fn has_nothing_left(&self) -> bool {
        !self.agenda.may_change_load()
            && self.populations.iter().all(LocalPopulation::is_exhausted)
            && self.crowd.users().all(User::is_over)
    }
}
