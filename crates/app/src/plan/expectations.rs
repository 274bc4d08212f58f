//! The form's ticks for what is expected of every run.

use serde_json::Value;

use crate::plan::path::Path;
use plan::Expectation;

/// Where a plan says so.
pub fn path() -> Path {
    Path::from("expect")
}

/// What a tester reads beside the tick.
pub const fn label(one: Expectation) -> &'static str {
    match one {
        Expectation::NoFailedUsers => "No user fails",
        Expectation::NoDisconnects => "No connection is lost",
        Expectation::AllAtWork => "Every user gets to its work",
        Expectation::PlannedEnd => "The run goes on to its planned end",
    }
}

/// A plan that does not speak of it expects it.
pub fn is_expected(document: &Value, one: Expectation) -> bool {
    match document.get("expect").and_then(Value::as_array) {
        Some(named) => named.iter().any(|name| name.as_str() == Some(one.name())),
        None => true,
    }
}

/// The plan's list with this one changed; `None`: all are expected, which nobody has to write.
pub fn toggled(document: &Value, changed: Expectation) -> Option<Value> {
    let is_wanted = |one: &Expectation| is_expected(document, *one) != (*one == changed);
    let wanted: Vec<_> = Expectation::ALL.iter().copied().filter(is_wanted).collect();
    (!Expectation::are_all(&wanted)).then(|| wanted.iter().map(|one| one.name()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_tick_is_taken_off_and_set_again() {
        let (plain, one) = (json!({}), Expectation::NoDisconnects);
        assert!(Expectation::ALL.iter().all(|one| is_expected(&plain, *one)));
        let without = toggled(&plain, one).expect("one is missing");
        assert_eq!(without, json!(["no_failed_users", "all_at_work", "planned_end"]));
        let document = json!({ "expect": without });
        assert!(!is_expected(&document, one) && is_expected(&document, Expectation::PlannedEnd));
        assert_eq!(toggled(&document, one), None);
        assert_eq!(toggled(&json!({ "expect": [] }), one), Some(json!(["no_disconnects"])));
    }
}
