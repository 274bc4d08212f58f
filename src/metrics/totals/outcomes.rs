//! How often operations went well, from what was measured and what failed.

use std::collections::BTreeMap;

use super::names::{ACK, ACK_TIMEOUT, ECHO_TIMEOUT, Kind, kind_of};

/// How often an operation went well and how often it failed, warm-up included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Outcomes {
    pub succeeded: u64,
    pub failed: u64,
}

impl Outcomes {
    /// Failed per attempted, 0 to 1; `None`: never attempted.
    pub fn error_rate(&self) -> Option<f64> {
        let attempts = self.succeeded + self.failed;
        (attempts > 0).then(|| self.failed as f64 / attempts as f64)
    }
}

/// Attempts of each operation. An operation went well as often as it was measured: `<operation>` itself, or for a
/// message its acknowledgements or own echoes, whichever are more. One that then missed its other half failed after all.
///
/// `seen`: metrics and their samples; `failed`: operations, codes and how often; `is_answered`: an acknowledgement of the
/// operation is no success yet.
pub fn outcomes<'a>(
    seen: impl Iterator<Item = (&'a str, u64)>,
    failed: impl Iterator<Item = (&'a str, &'a str, u64)>,
    is_answered: impl Fn(&str) -> bool,
) -> BTreeMap<String, Outcomes> {
    let mut operations = BTreeMap::<String, Outcomes>::new();
    let mut failed_after_all = BTreeMap::<(&str, &str), u64>::new();
    let mut failures = BTreeMap::<&str, u64>::new();
    for (operation, code, count) in failed {
        *failed_after_all.entry((operation, code)).or_default() += count;
        *failures.entry(operation).or_default() += count;
    }
    for (name, seen) in seen {
        if let Kind::Operation(operation) = kind_of(name)
            && !(name.ends_with(ACK) && is_answered(operation))
        {
            let outcomes = operations.entry(operation.to_owned()).or_default();
            let other_half = if name.ends_with(ACK) { ECHO_TIMEOUT } else { ACK_TIMEOUT };
            let failed = failed_after_all.get(&(operation, other_half)).copied().unwrap_or(0);
            outcomes.succeeded = outcomes.succeeded.max(seen.saturating_sub(failed));
        }
    }
    for (operation, count) in failures {
        operations.entry(operation.to_owned()).or_default().failed += count;
    }
    operations
}
