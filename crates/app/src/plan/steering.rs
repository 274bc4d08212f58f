//! The form of a plan's actions: which values of each a person may change, besides its time.

use document::Field;
use serde_json::Value;

/// What an action in a document does, as far as it says so.
pub fn kind(action: Option<&Value>) -> String {
    action.and_then(|action| action.get("do")).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// The values of such an action; none of one that has none or that nobody knows.
pub fn fields(kind: &str) -> Vec<&'static Field> {
    let fields = plan::action_fields(kind).unwrap_or_default();
    fields.iter().filter(|field| !FIXED.contains(&field.name)).collect()
}

/// When it happens has a place of its own, and what and whom it meets is not changed here.
const FIXED: [&str; 5] = ["at_s", "population", "do", "timer", "variable"];

pub fn label(field: &Field) -> &'static str {
    match field.name {
        "users" => "Users",
        "per_s" => "Arrivals a second",
        "factor" => "Factor",
        "ms" => "Interval",
        "value" => "Value",
        "messages" => "Messages",
        "share" => "Share",
        "for_s" => "Length",
        "over_s" => "Change within",
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::control::{Amounts, Knob, KnobKind, Push};
    use plan::TimedAction;

    /// All values of what the desk can do are in the form.
    #[track_caller]
    fn check(action: plan::Action) {
        let document = serde_json::to_value(TimedAction::now(action)).expect("plain data");
        let known = fields(&kind(Some(&document)));
        let names = document.as_object().expect("an action is an object").keys().map(String::as_str);
        let values: Vec<&str> = names.filter(|name| !FIXED.contains(name)).collect();
        let known = known.iter().filter(|field| values.contains(&field.name)).count();
        assert_eq!(known, values.len(), "{document}");
    }

    #[test]
    fn every_action_of_the_desk_can_be_changed_in_the_form() {
        for push in Push::ALL {
            check(push.action(Amounts::default()));
        }
        let kinds = [KnobKind::Users, KnobKind::Arrivals, KnobKind::Interval, KnobKind::Think];
        for what in kinds.into_iter().chain([KnobKind::Variable("message_size".into())]) {
            let (label, unit, doc) = (String::new(), "", String::new());
            check(Knob { kind: what, label, unit, doc, least: 0.0, most: 10.0, usual: 2.0 }.action(3.0));
        }
        assert!(fields("nothing").is_empty());
    }
}
