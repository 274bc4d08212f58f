//! How often operations went well, from what was measured and what failed.

use std::collections::BTreeMap;

use catalogue::{Metric, Success};

/// Codes of what did not come although the operation had been counted as a success: its acknowledgement, its echo.
pub const ACK_TIMEOUT: &str = "ack timeout";
pub const ECHO_TIMEOUT: &str = "echo timeout";
/// Of what has no parts.
const TIMEOUT: &str = "timeout";

/// Nobody answered within our own patience: a generator that stands still has that of every server.
pub fn is_timeout(code: &str) -> bool {
    [TIMEOUT, ACK_TIMEOUT, ECHO_TIMEOUT].contains(&code)
}

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
        let named = Metric::read(name);
        let operation = named.whose;
        let other_half = match named.definition().proves {
            Some(Success::Acknowledged) if is_answered(operation) => None,
            Some(Success::Acknowledged) => Some(ECHO_TIMEOUT),
            Some(Success::Answered) => Some(ACK_TIMEOUT),
            None => None,
        };
        if let Some(other_half) = other_half {
            let outcomes = operations.entry(operation.to_owned()).or_default();
            let failed = failed_after_all.get(&(operation, other_half)).copied().unwrap_or(0);
            outcomes.succeeded = outcomes.succeeded.max(seen.saturating_sub(failed));
        }
    }
    for (operation, count) in failures {
        operations.entry(operation.to_owned()).or_default().failed += count;
    }
    operations
}
