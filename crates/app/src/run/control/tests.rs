use serde_json::json;

use super::*;

fn plan(document: &Value) -> Plan {
    Plan::check(document).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

fn chat() -> Plan {
    plan(&json!({
        "version": 1, "name": "p", "populations": [
            {"name": "chat", "scenario": "ktb-chat", "load": {"model": "closed", "stages": [{"duration_s": 60, "target": 10}]}},
            {"name": "voice", "scenario": "voice-guest", "load": {"model": "open", "stages": [{"duration_s": 60, "target": 5}], "max_users": 9}},
        ],
    }))
}

#[track_caller]
fn knob(desk: &Desk, label: &str) -> Knob {
    desk.knobs
        .iter()
        .find(|knob| knob.label == label)
        .cloned()
        .unwrap_or_else(|| panic!("no {label}: {:?}", desk.knobs))
}

#[test]
fn a_desk_has_what_its_populations_can_do() {
    let desks = desks(&chat());
    let labels = |desk: &Desk| desk.knobs.iter().map(|knob| knob.label.clone()).collect::<Vec<_>>();
    assert_eq!(
        desks.iter().map(|desk| desk.population.as_deref()).collect::<Vec<_>>(),
        [None, Some("chat"), Some("voice")]
    );
    assert_eq!(
        labels(&desks[1]),
        [
            "Users",
            "Message interval",
            "Think time",
            "File share",
            "History share",
            "Message size",
            "Reaction share",
            "Read share"
        ]
    );
    assert_eq!(labels(&desks[2]), ["Arrivals", "Think time", "Barge in share", "Turns"]);
    assert_eq!(knob(&desks[1], "Message interval").usual, 2_000.0);
    let reason = |desk: &Desk, push: Push| desk.buttons.iter().find(|(known, _)| *known == push).unwrap().1.clone();
    for push in Push::ALL {
        assert_eq!(reason(&desks[1], push), None, "{push:?}");
    }
    assert_eq!(reason(&desks[2], Push::Drop), None);
    assert_eq!(reason(&desks[2], Push::SendNow).as_deref(), Some("no timer of its scenario sends messages"));
    assert_eq!(
        reason(&desks[2], Push::StopAnsweringPings).as_deref(),
        Some("a browser answers the pings of a plain WebSocket by itself, and no page can stop it")
    );
}

#[test]
fn a_knob_stands_where_it_was_put_last() {
    let desks = Arc::new(desks(&chat()));
    let at = |at_s, population: Option<&str>, action| TimedAction {
        at_s,
        population: population.map(str::to_owned),
        action,
    };
    let (users, interval) = (knob(&desks[1], "Users"), knob(&desks[1], "Message interval"));
    let size = knob(&desks[1], "Message size");
    let actions = vec![
        at(1.0, None, users.action(20.0)),
        at(2.0, Some("chat"), interval.action(1_000.0)),
        at(3.0, Some("voice"), Action::Pause),
        at(4.0, Some("chat"), size.action(250.0)),
        at(99.0, None, users.action(1.0)),
    ];
    let view = ControlView { desks: Arc::clone(&desks), actions: Arc::new(actions), elapsed_s: 5.0, is_running: true };
    assert_eq!(view.value(&desks[1], &users), 20.0);
    assert_eq!(view.value(&desks[1], &interval), 1_000.0);
    assert_eq!(view.value(&desks[0], &interval), 2_000.0);
    assert_eq!(view.value(&desks[1], &size), 250.0);
    assert_eq!(size.action(250.0), Action::Set { variable: "message_size".into(), value: json!(250) });
    assert!(view.is_paused(Some("voice")));
    assert!(!view.is_paused(Some("chat")));
}

/// What the desk can do passes the check of a plan.
#[test]
fn every_button_and_knob_can_be_recorded() {
    let plan = chat();
    for desk in desks(&plan) {
        let pushes =
            desk.buttons.iter().filter(|(_, why)| why.is_none()).map(|(push, _)| push.action(Amounts::default()));
        let knobs = desk.knobs.iter().map(|knob| knob.action(knob.usual));
        for action in pushes.chain(knobs) {
            let timed = TimedAction { at_s: 1.5, population: desk.population.clone(), action };
            let document = serde_json::to_value(&timed).unwrap();
            assert_eq!(TimedAction::check(&document, &plan), Ok(timed), "{document}");
        }
    }
}
