//! What every run is expected to do, unless its plan says otherwise: a plan without any threshold is judged all the same.

use serde::{Deserialize, Serialize};

use super::Threshold;
use catalogue::Figure;
use document::choices;

choices! {
    /// Something that nobody has to ask for. It is a threshold like those of the plan.
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Expectation {
        /// Nobody is refused for good, loses its way or gives up.
        NoFailedUsers = "no_failed_users",
        /// No connection ends but by its own user.
        NoDisconnects = "no_disconnects",
        /// Every user gets to its work: log-in, connection and joining end.
        AllAtWork = "all_at_work",
        /// The run goes on to its planned end.
        PlannedEnd = "planned_end",
    }
}

impl Expectation {
    /// As a threshold says it.
    pub fn expression(self) -> String {
        match self {
            Self::NoFailedUsers => format!("{} == 0", Figure::Failed.name()),
            Self::NoDisconnects => format!("{} == 0", Figure::Disconnects.name()),
            Self::AllAtWork => format!("{} == 0", Figure::Unreached.name()),
            Self::PlannedEnd => format!("{} == 100 %", Figure::Played.name()),
        }
    }

    pub(super) fn threshold(self) -> Threshold {
        self.expression().parse().expect("the grammar's tests read it")
    }

    /// The default, which a document leaves out.
    pub fn are_all(these: &[Self]) -> bool {
        Self::ALL.iter().all(|one| these.contains(one))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Plan;
    use serde_json::{Value, json};

    fn plan(fields: &Value) -> Plan {
        let mut document = json!({
            "version": 1, "name": "t",
            "populations": [{ "name": "p", "scenario": "ktb-chat", "load": {
                "model": "closed", "start": 1, "stages": [{ "duration_s": 900, "target": 1 }],
            }}],
        });
        document.as_object_mut().expect("an object").extend(fields.as_object().expect("an object").clone());
        Plan::check(&document).unwrap_or_else(|problems| panic!("{problems:#?}"))
    }

    #[track_caller]
    fn check(fields: &Value, expected: &[&str]) {
        let judged_by = plan(fields).judged_by();
        assert_eq!(judged_by.iter().map(Threshold::text).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn every_run_is_judged_unless_its_plan_says_otherwise() {
        let all = Expectation::ALL.iter().map(|one| one.expression()).collect::<Vec<_>>();
        let all: Vec<_> = all.iter().map(String::as_str).collect();
        check(&json!({}), &all);
        check(&json!({ "expect": [] }), &[]);
        check(&json!({ "expect": ["planned_end"] }), &["run.played == 100 %"]);
        let own = "disconnects < 5";
        check(&json!({ "thresholds": [own] }), &[own, all[0], all[2], all[3]]);
        // Of one close code it is another matter.
        let coded = "disconnects[1006] == 0";
        check(&json!({ "thresholds": [coded] }), &[coded, all[0], all[1], all[2], all[3]]);
        let search = json!({ "raise": "users", "from": 1, "to": 8, "step": 2, "hold_s": 5 });
        let own = "message.round_trip p95 < 1 s";
        check(&json!({ "thresholds": [own], "search": search }), &[own]);
    }

    #[test]
    fn the_usual_expectations_are_not_written_down() {
        let written = |fields: &Value| serde_json::to_value(plan(fields)).expect("it is plain data");
        assert_eq!(written(&json!({})).get("expect"), None);
        assert_eq!(written(&json!({ "expect": ["no_disconnects"] }))["expect"], json!(["no_disconnects"]));
    }
}
