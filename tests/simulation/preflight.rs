//! A rehearsal in the simulated world: its steps become a checklist, live and at the end.

use base::time::Span;
use run::preflight::{Around, Checklist, State, rehearsal};
use serde_json::json;
use testkit::Faults;

use crate::support::{chat_plan, held, world};

/// Title and state of the chat user's steps after so many seconds of a rehearsal.
fn seen(variables: serde_json::Value, faults: Faults, seconds: u64, is_over: bool) -> Vec<(String, State)> {
    let plan = rehearsal(&chat_plan(held(500, 600), variables));
    let mut world = world(plan.clone(), faults);
    world.play(Span::from_secs(seconds));
    let report = world.run.report(Vec::new(), String::new());
    let checklist = Checklist::new(&plan, &report, is_over, &Around::default());
    let [group] = &checklist.groups[..] else { panic!("{checklist:?}") };
    assert_eq!(group.title, "One user of chat");
    group.checks.iter().map(|check| (check.title.clone(), check.state)).collect()
}

fn state(checks: &[(String, State)], title: &str) -> Option<State> {
    checks.iter().find(|(known, _)| known == title).map(|(_, state)| *state)
}

#[test]
fn one_user_plays_every_step_of_a_plan_for_many() {
    let plan = rehearsal(&chat_plan(held(500, 600), json!({})));
    assert_eq!(plan.populations[0].load.max_users(), 1);
    let checks = seen(json!({}), Faults::default(), 10, true);
    let steps = ["Request rest.login", "Connection", "Room: join", "Message comes back: message"];
    for step in steps {
        assert_eq!(state(&checks, step), Some(State::Good), "{step}: {checks:?}");
    }
    assert!(checks.iter().all(|(_, state)| *state == State::Good), "{checks:?}");
    assert_eq!(checks.iter().find(|(title, _)| title == "Request rest.upload"), None, "no file is due");
}

#[test]
fn what_is_still_to_come_is_waited_for_while_it_may_come() {
    let seldom = json!({"send_min_ms": 60_000, "send_max_ms": 60_000});
    let message = "Message comes back: message";
    assert_eq!(state(&seen(seldom.clone(), Faults::default(), 5, false), message), Some(State::Waiting));
    assert_eq!(state(&seen(seldom, Faults::default(), 5, true), message), Some(State::Warning));
}
