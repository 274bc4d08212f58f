//! A look before the run: one user of each population goes all the way, and what fails gets its cause in plain words.
//!
//! The users are the engine's own, in a run of a few seconds ([`rehearsal`]); what that run counted becomes a [`Checklist`]. The page
//! asks the [`questions`] that remain, and [`diagnose`] answers.

mod around;
mod browser;
mod checklist;
mod diagnosis;
mod question;
mod reach;

pub use around::{Around, Diagnosis, Nearby};
pub use browser::{BrowserFacts, browser_checks, more_browsers};
pub use checklist::{Check, Checklist, Group, State, connects, failures};
pub use diagnosis::{Failure, diagnose};
pub use question::{Question, QuestionSeen, may_ask, most_counted, questions};

use plan::{Load, Plan, Ramp, Stage};

/// The plan with one user of each population, and without what a run of a few seconds has no use for.
pub fn rehearsal(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    for population in &mut plan.populations {
        let stage = Stage { duration_s: LONGEST_S, target: 1.0, ramp: Ramp::Step };
        population.load = Load::Closed { start: 1, stages: vec![stage] };
    }
    plan.thresholds.clear();
    plan.expect.clear();
    plan.actions.clear();
    (plan.search, plan.lab) = (None, None);
    (plan.warmup_s, plan.settle_s, plan.graceful_stop_s) = (0.0, 0.0, 1.0);
    plan
}

/// No preflight takes longer; most are over in two or three seconds.
pub const LONGEST_S: f64 = 40.0;
/// Nothing new for so long means that nothing comes any more; what a voice service hears and says takes its time.
pub const PATIENCE_S: f64 = 5.0;
pub const VOICE_PATIENCE_S: f64 = 16.0;
