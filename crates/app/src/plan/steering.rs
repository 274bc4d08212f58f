//! The form of a plan's actions: which values of each a person may change, besides its time.

use serde_json::Value;

use crate::plan::field::FieldKind;

/// One of an action's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ActionField {
    pub key: &'static str,
    pub label: &'static str,
    pub unit: &'static str,
    /// What applies while it is left out.
    pub usual: &'static str,
    pub kind: FieldKind,
}

/// The values of an action, whatever they are by now; none of an action that has none or that nobody knows.
pub fn fields(action: Option<&Value>) -> Vec<ActionField> {
    match action.and_then(|action| action.get("do")).and_then(Value::as_str).unwrap_or_default() {
        "users" => vec![number("users", "Users", ""), OVER],
        "arrival_rate" => vec![number("per_s", "Arrivals", "/s"), OVER],
        "interval" => vec![number("factor", "Factor", "×"), number("ms", "Interval", "ms")],
        "think" => vec![number("factor", "Factor", "×")],
        "set" => vec![ActionField { kind: FieldKind::Loose, ..number("value", "Value", "") }],
        "burst" => vec![number("messages", "Messages", "each")],
        "stop_reading" => vec![SHARE, number("for_s", "Length", "s")],
        "drop" | "reconnect_storm" | "stop_answering_pings" | "expire_tokens" | "leave_and_rejoin" => vec![SHARE],
        _ => Vec::new(),
    }
}

const fn number(key: &'static str, label: &'static str, unit: &'static str) -> ActionField {
    ActionField { key, label, unit, usual: "", kind: FieldKind::Number }
}

const SHARE: ActionField = ActionField { usual: "1", ..number("share", "Share", "of 1") };
const OVER: ActionField = ActionField { usual: "0", ..number("over_s", "Change within", "s") };

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::control::{Amounts, Knob, KnobKind, Push};
    use plan::TimedAction;

    /// All values of what the desk can do are in the form.
    #[track_caller]
    fn check(action: plan::Action) {
        let document = serde_json::to_value(TimedAction::now(action)).expect("plain data");
        let known = fields(Some(&document));
        let names = document.as_object().expect("an action is an object").keys().map(String::as_str);
        let values: Vec<&str> = names.filter(|name| !["at_s", "do", "timer", "variable"].contains(name)).collect();
        let known = known.iter().filter(|field| values.contains(&field.key)).count();
        assert_eq!(known, values.len(), "{document}");
    }

    #[test]
    fn every_action_of_the_desk_can_be_changed_in_the_form() {
        for push in Push::ALL {
            check(push.action(Amounts::default()));
        }
        let kinds = [KnobKind::Users, KnobKind::Arrivals, KnobKind::Interval, KnobKind::Think];
        for kind in kinds.into_iter().chain([KnobKind::Variable("message_size".into())]) {
            let (label, unit, doc) = (String::new(), "", String::new());
            check(Knob { kind, label, unit, doc, least: 0.0, most: 10.0, usual: 2.0 }.action(3.0));
        }
        assert_eq!(fields(Some(&serde_json::json!({ "do": "nothing" }))), []);
        assert_eq!(fields(None), []);
    }
}
