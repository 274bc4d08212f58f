//! Holds sampled events against their scenario's contract.

use metrics::BreachKey;
use protocol::Args;

use super::context::shorten;
use super::{Context, User};

impl User {
    /// One event of those that are looked at. What is no JSON is counted elsewhere.
    pub(super) fn check_contract(&self, ctx: &mut Context<'_>, shape: usize, name: &str, args: &Args<'_>) {
        let Ok(values) = args.values() else { return };
        let program = ctx.program;
        let argument = values.first().unwrap_or(&serde_json::Value::Null);
        let violations = program.contract[shape].violations(argument);
        ctx.meters.count_contract(ctx.recorder, violations.len());
        for violation in violations {
            let key = BreachKey {
                population: ctx.population.to_owned(),
                event: name.to_owned(),
                path: violation.path.to_owned(),
                expected: violation.expected,
                found: violation.found.to_owned(),
            };
            // The value that is wrong comes first: an event is often longer than a sample.
            let sample = || {
                let value = if violation.value.is_empty() {
                    String::new()
                } else {
                    format!("{} in ", shorten(&violation.value, MAX_VALUE))
                };
                format!("{value}{}", args.raw)
            };
            ctx.breach(key, sample);
        }
    }

    /// The first event of a name that no scenario knows; from then on its counter says how many came.
    pub(super) fn note_unknown(&self, ctx: &mut Context<'_>, name: &str, args: &Args<'_>) {
        let empty = String::new;
        let key = BreachKey {
            population: ctx.population.to_owned(),
            event: name.to_owned(),
            path: empty(),
            expected: empty(),
            found: empty(),
        };
        ctx.breach(key, || args.raw.to_string());
    }
}

const MAX_VALUE: usize = 80;
