//! Users that never got there, waited for their own browser, or heard worse than all others.

use super::InsightKind;
use crate::totals::Totals;
use base::time::Span;
use catalogue::Metric;

/// At least one of a hundred users, without those that waited for this generator.
pub(super) fn never_there(totals: &Totals) -> Option<InsightKind> {
    let users = totals.users_by_state();
    let missing = users.unreached().saturating_sub(users.held_up);
    (missing > 0 && missing * PART >= users.all()).then(|| InsightKind::NeverThere {
        users: missing.into(),
        of: users.all().into(),
        unprepared: users.unprepared.into(),
        unconnected: users.unconnected.into(),
        unjoined: users.unjoined.into(),
    })
}

/// Users had too little time because of it, or of at least twenty requests one of twenty waited a second for a free connection.
pub(super) fn own_connections(totals: &Totals) -> Option<InsightKind> {
    let users = totals.users_by_state().held_up;
    let waits = totals.histogram(Metric::RestSlotWait.name()).filter(|waits| waits.count() >= LEAST_REQUESTS);
    let wait = waits.and_then(|waits| waits.quantile(0.95)).filter(|wait| *wait >= LONG_WAIT);
    (users > 0 || wait.is_some())
        .then(|| InsightKind::OwnConnections { users: users.into(), wait_ms: wait.map(Span::as_millis_f64) })
}

/// Of at least five users one alone waited for sound longer than all others together, and two seconds at least.
pub(super) fn one_user(totals: &Totals) -> Option<InsightKind> {
    let listeners = totals.listeners();
    let (worst, heard) = listeners.worst(1).into_iter().next()?;
    let (starved, all) = (heard.starved.as_secs_f64(), listeners.all().starved.as_secs_f64());
    let population = totals.config.populations.get(worst.population())?;
    (listeners.len() >= LEAST_USERS && starved >= LEAST_STARVED_S && starved * 2.0 > all).then(|| {
        InsightKind::OneUser {
            population: population.name.clone(),
            user: worst.index(),
            starved_s: starved,
            all_s: all,
        }
    })
}

/// One user of so many.
const PART: u32 = 100;
const LEAST_REQUESTS: u64 = 20;
const LONG_WAIT: Span = Span::from_secs(1);
const LEAST_USERS: usize = 5;
const LEAST_STARVED_S: f64 = 2.0;
