//! A plan's faults are for a lab: whoever aims such a plan elsewhere has to know before it refuses to start.

use crate::plan::{Editor, population_path};
use base::url;
use faults::LabFaults;

/// What to know at the target's field, if the plan has faults and the open population goes to another server than the one that this
/// page came from, which may be a lab.
pub fn note(editor: &Editor, origin: &str) -> Option<String> {
    let plan = editor.plan()?;
    let faults = plan.lab.as_ref()?;
    let target = population_path(editor.population()).join("variables.target").find(editor.document())?;
    let place = url::place(target.as_str()?)?;
    let is_lab = url::place(origin).as_ref() == Some(&place);
    (*faults != LabFaults::default() && !is_lab).then(|| {
        format!("The plan has faults for a lab, which are set at {place} before the run: if that is no lab, the run does not start.")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::plan::PlanModel;
    use crate::plan::path::Path;

    #[test]
    fn who_aims_faults_at_another_server_is_told() {
        #[track_caller]
        fn check(lab: Option<Value>, target: &str, is_told: bool) {
            let mut editor = PlanModel::default().editor;
            editor.edit(&Path::from("populations[0].variables.target"), Some(target.into()));
            editor.edit(&Path::from("lab"), lab);
            assert_eq!(
                note(&editor, "http://127.0.0.1:4280").is_some_and(|note| note.contains("chat.example:80 ")),
                is_told,
                "{target}"
            );
        }
        let faults = || Some(json!({"lose_share": 0.1}));
        check(faults(), "http://chat.example/", true);
        check(faults(), "http://Chat.example:80", true);
        check(faults(), "http://127.0.0.1:4280/", false);
        check(Some(json!({})), "http://chat.example", false);
        check(None, "http://chat.example", false);
        check(faults(), "chat.example", false);
    }
}
