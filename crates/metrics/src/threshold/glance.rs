//! What the totals of a run tell about an expression that the run does not follow: one that is just being typed.

use super::Samples;
use super::tally::{Lens, Standing, Tally, Times};
use crate::delta::{CounterDelta, ErrorDelta};
use crate::totals::Totals;
use base::time::Timestamp;
use plan::{Subject, Threshold};

/// In the usual scope, and whether it is only known to be more than that. `None`: nothing was measured, or totals do not tell it by
/// population.
pub fn glance(threshold: &Threshold, totals: &Totals) -> Option<(f64, bool)> {
    let (lens, population) = (Lens::new(threshold, &[]), threshold.population.as_deref());
    let is_by_population = population.is_some();
    match threshold.subject {
        Subject::ErrorRate { .. } | Subject::Voice(_) | Subject::Standing(_) if is_by_population => return None,
        _ => {}
    }
    let standing = Standing { users: totals.users_by_state(), ending: totals.ending() };
    let (ledger, heard) = (*totals.delivery(), *totals.listeners().all());
    let mut censored_from = None;
    let mut tally = Tally { ledger, heard, standing, ..Tally::default() };
    if let Subject::Time { metric: name, .. } | Subject::Count { name, .. } = &threshold.subject {
        // Over all populations comes before each of them.
        let found = totals.histograms().find(|(metric, of, _)| {
            metric.eq_ignore_ascii_case(name)
                && population.is_none_or(|wanted| of.is_some_and(|of| of.eq_ignore_ascii_case(wanted)))
        });
        tally.samples = found.as_ref().map(|(_, _, histogram)| Samples::of(histogram));
        censored_from = found.and_then(|(_, _, histogram)| Some(histogram.censored()?.from));
    }
    for (counter, population, count) in totals.counters() {
        let (counter, population) = (counter.to_owned(), population.to_owned());
        lens.counter(&mut tally, &CounterDelta { counter, population, count });
    }
    for (key, error) in totals.errors() {
        let delta = ErrorDelta { key: key.clone(), count: error.count, first: Timestamp::ZERO, sample: String::new() };
        lens.error(&mut tally, &delta);
    }
    for (key, disconnect) in totals.disconnects() {
        lens.disconnects(&mut tally, &key.population, key.kind(), key.code, disconnect.count);
    }
    for (name, outcomes) in totals.operations() {
        tally.know(name, outcomes.succeeded);
    }
    let value = lens.measure(&tally, Times { samples: totals.measured(), counts: totals.elapsed() })?;
    Some((value, lens.is_at_least(value, censored_from)))
}
