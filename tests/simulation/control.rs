//! A tester steers runs: every action does exactly what it says, and what was done can be played again.

use base::time::{Span, Timestamp};
use metrics::{AnnotationKind, ClosedBy, Report};
use plan::{Action, Pace, Plan, TimedAction};
use run::RunInput;
use serde_json::{Value, json};
use testkit::{Faults, World};

use crate::support::{chat_plan, errors, held, ledger, world};

/// Twenty users of one room for two minutes, a message every two seconds each.
fn steered(variables: &Value) -> World {
    let mut all = json!({ "room_size": 20, "send_min_ms": 1_000, "send_max_ms": 3_000, "reaction_share": 0 });
    all.as_object_mut().expect("it is one").extend(variables.as_object().expect("a test gives one").clone());
    let mut world = world(chat_plan(held(20, 120), all), Faults::default());
    world.play(Span::from_secs(20));
    world
}

fn until(world: &mut World, seconds: f64) {
    world.play_until(Timestamp::from_millis_f64(seconds * 1e3));
}

fn act(world: &mut World, action: Action) {
    world.command(RunInput::Act(TimedAction::now(action)));
}

/// Stops the run; nothing may have gone wrong that the tester did not do.
fn finish(world: &mut World) {
    world.command(RunInput::Stop);
    end(world);
}

fn end(world: &mut World) {
    world.play_until(Timestamp::ZERO + Span::from_secs(400));
    assert!(world.run.is_done(), "{:?}", world.run.status());
    assert_eq!(errors(world), Vec::<String>::new());
    let ledger = ledger(world);
    assert_eq!((ledger.missing, ledger.duplicated), (0, 0), "{ledger:?}");
    assert!(ledger.sent > 0);
}

fn event(world: &World, name: &str) -> u64 {
    world.chat.counts.events.get(name).copied().unwrap_or(0)
}

/// Closes by reason.
fn closed(world: &World, reason: &str) -> u64 {
    let closes = world.run.totals().disconnects().iter();
    closes
        .filter(|(key, _)| key.reason == reason)
        .map(|(key, total)| {
            assert_eq!(key.by, ClosedBy::User, "{key:?}");
            total.count
        })
        .sum()
}

fn messages_within(world: &mut World, from: f64, to: f64) -> u64 {
    until(world, from);
    let before = world.chat.counts.messages;
    until(world, to);
    world.chat.counts.messages - before
}

#[test]
fn a_script_s_action_is_refused_with_all_that_is_against_it() {
    let mut world = steered(&json!({}));
    let wrong = |world: &World, document: Value| {
        let problems = world.run.read_action(&document).expect_err("it is wrong");
        problems.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let drop = json!({ "do": "drop", "share": 0.5 });
    assert_eq!(world.run.read_action(&drop), Ok(TimedAction::now(Action::Drop { share: 0.5 })));
    let found = wrong(&world, json!({ "do": "drop", "share": 2, "users": 3 }));
    assert_eq!(found.len(), 2, "{found:?}");
    let found = wrong(&world, json!({ "do": "drop", "at_s": 120, "population": "nobody" }));
    assert_eq!(found, ["happens after 120 s, when the load (120 s) is over", "there is no population \"nobody\""]);
    finish(&mut world);
    let found = wrong(&world, json!({ "do": "drop", "share": 2 }));
    assert_eq!((found.len(), found[0].as_str()), (2, "only a run that is going on can be steered"), "{found:?}");
    assert_eq!(wrong(&world, drop).len(), 1);
}

#[test]
fn half_the_interval_is_twice_the_rate_at_once_and_smoothly() {
    let mut world = steered(&json!({}));
    let before = messages_within(&mut world, 20.0, 40.0);
    act(&mut world, Action::Interval { timer: None, pace: Pace::Factor(0.5) });
    // No second has more than a smooth doubling explains: nobody fires together.
    let seconds: Vec<u64> = (40..60).map(|s| messages_within(&mut world, f64::from(s), f64::from(s + 1))).collect();
    let after: u64 = seconds.iter().sum();
    let ratio = after as f64 / before as f64;
    assert!((ratio - 2.0).abs() < 0.1, "{before} and then {after}: {ratio}");
    let first_two = seconds[0] + seconds[1];
    assert!((30..=50).contains(&first_two), "{seconds:?}");
    assert!(seconds.iter().all(|count| (10..=30).contains(count)), "{seconds:?}");
    finish(&mut world);
}

#[test]
fn a_fixed_interval_is_kept_exactly() {
    let mut world = steered(&json!({}));
    act(&mut world, Action::Interval { timer: Some("send".into()), pace: Pace::Ms(500.0) });
    let count = messages_within(&mut world, 25.0, 35.0);
    assert_eq!(count, 400, "20 users, each twice a second, for ten seconds");
    finish(&mut world);
}

#[test]
fn who_pauses_sends_nothing_and_goes_on_where_it_stood() {
    let mut world = steered(&json!({ "reaction_share": 0.5 }));
    let before = messages_within(&mut world, 20.0, 40.0);
    act(&mut world, Action::Pause);
    assert_eq!(messages_within(&mut world, 40.2, 60.0), 0);
    act(&mut world, Action::Resume);
    let after = messages_within(&mut world, 60.2, 80.2);
    assert!((after as f64 / before as f64 - 1.0).abs() < 0.1, "{before} before the pause, {after} after it");
    finish(&mut world);
}

#[test]
fn users_come_and_go_as_they_are_told() {
    let mut world = steered(&json!({}));
    let alive = |world: &World| world.run.status().users.by_state.active;
    assert_eq!(alive(&world), 20);
    act(&mut world, Action::Users { users: 50, over_s: 0.0 });
    until(&mut world, 30.0);
    assert_eq!((alive(&world), world.run.status().users.target), (50, 50));
    act(&mut world, Action::Users { users: 0, over_s: 0.0 });
    until(&mut world, 50.0);
    assert_eq!((alive(&world), world.chat.peers().len()), (0, 0));
    assert!(!world.run.is_done(), "with nobody there the run can still be steered");
    act(&mut world, Action::Users { users: 7, over_s: 5.0 });
    until(&mut world, 54.0);
    assert!((4..7).contains(&alive(&world)), "{}", alive(&world));
    until(&mut world, 60.0);
    assert_eq!(alive(&world), 7);
    finish(&mut world);
}

#[test]
fn an_arrival_rate_is_steered() {
    let load =
        json!({ "model": "open", "start_rate": 1, "stages": [{ "duration_s": 100, "target": 1 }], "max_users": 1000 });
    let mut world = world(
        chat_plan(load, json!({ "room_size": 10, "send_min_ms": 20_000, "send_max_ms": 30_000 })),
        Faults::default(),
    );
    world.play(Span::from_secs(50));
    let before = event(&world, "joinRoom");
    world.command(RunInput::Act(TimedAction::now(Action::ArrivalRate { per_s: 5.0, over_s: 0.0 })));
    until(&mut world, 52.0);
    let start = event(&world, "joinRoom");
    until(&mut world, 72.0);
    assert!((48..=51).contains(&before), "{before}");
    assert!((99..=101).contains(&(event(&world, "joinRoom") - start)), "{start} {}", event(&world, "joinRoom"));
    finish(&mut world);
}

#[test]
fn dropped_connections_come_back_and_nothing_counts_as_lost() {
    for (action, reason) in [
        (Action::Drop { share: 0.3 }, "dropped by the tester"),
        (Action::ReconnectStorm { share: 0.3 }, "reconnect storm by the tester"),
        (Action::StopAnsweringPings { share: 0.3 }, "stopped answering pings for the tester"),
    ] {
        let mut world = steered(&json!({}));
        act(&mut world, action);
        until(&mut world, 100.0);
        assert_eq!(closed(&world, reason), 6, "30 % of 20: {reason}");
        assert_eq!(event(&world, "joinRoom"), 26, "{reason}");
        assert_eq!(world.chat.peers().len(), 20, "{reason}");
        finish(&mut world);
    }
}

#[test]
fn expired_tokens_are_refused_and_renewed() {
    let mut world = steered(&json!({}));
    let logins = |world: &World| world.chat.counts.rest["POST auth/login"];
    let before = logins(&world);
    act(&mut world, Action::ExpireTokens { share: 0.5 });
    until(&mut world, 60.0);
    assert_eq!(closed(&world, "token expired by the tester"), 10);
    assert_eq!(closed(&world, "came with an expired token for the tester"), 10);
    assert_eq!((logins(&world) - before, event(&world, "joinRoom")), (10, 30));
    finish(&mut world);
}

#[test]
fn who_stops_reading_hangs_and_wakes_again() {
    let mut world = steered(&json!({}));
    let before = messages_within(&mut world, 20.0, 40.0);
    act(&mut world, Action::StopReading { share: 0.5, for_s: 20.0 });
    let during = messages_within(&mut world, 40.2, 59.9);
    assert!((during as f64 / before as f64 - 0.5).abs() < 0.1, "{before} {during}");
    let again = messages_within(&mut world, 61.0, 81.0);
    assert!((again as f64 / before as f64 - 1.0).abs() < 0.1, "{before} {again}");
    // A ping came while they hung: they answer it late, and the server has no reason to give them up.
    until(&mut world, 105.0);
    assert!(world.run.totals().disconnects().is_empty(), "{:?}", world.run.totals().disconnects());
    finish(&mut world);
}

#[test]
fn what_is_sent_on_demand_is_sent_once_by_everybody() {
    // Nobody sends by itself within the run.
    let quiet = json!({ "send_min_ms": 3_000_000, "send_max_ms": 4_000_000 });
    let mut world = steered(&quiet);
    let before = world.chat.counts.messages;
    act(&mut world, Action::SendNow);
    until(&mut world, 25.0);
    assert_eq!(world.chat.counts.messages - before, 20);
    act(&mut world, Action::Burst { messages: 5 });
    until(&mut world, 30.0);
    assert_eq!(world.chat.counts.messages - before, 120);
    finish(&mut world);
}

#[test]
fn rooms_are_left_and_joined() {
    let mut world = steered(&json!({ "room_size": 5 }));
    let (joins, leaves) = (event(&world, "joinRoom"), event(&world, "leaveRoom"));
    act(&mut world, Action::LeaveAndRejoin { share: 0.5 });
    until(&mut world, 30.0);
    assert_eq!((event(&world, "joinRoom") - joins, event(&world, "leaveRoom") - leaves), (10, 10));
    act(&mut world, Action::JoinStorm);
    until(&mut world, 40.0);
    assert_eq!((event(&world, "joinRoom") - joins, event(&world, "leaveRoom") - leaves), (30, 30));
    let before = (world.chat.counts.messages, world.chat.counts.deliveries);
    until(&mut world, 60.0);
    let (messages, deliveries) = (world.chat.counts.messages - before.0, world.chat.counts.deliveries - before.1);
    assert_eq!(deliveries, messages * 20, "all are in one room");
    finish(&mut world);
}

#[test]
fn live_variables_change_what_is_sent() {
    let mut world = steered(&json!({}));
    let before = event(&world, "messageReaction");
    act(&mut world, Action::Set { variable: "reaction_share".into(), value: json!(1) });
    act(&mut world, Action::Set { variable: "file_share".into(), value: json!(1) });
    act(&mut world, Action::Set { variable: "history_share".into(), value: json!(1) });
    act(&mut world, Action::Set { variable: "read_share".into(), value: json!(0) });
    until(&mut world, 25.0);
    let counts = world.chat.counts.clone();
    until(&mut world, 45.0);
    assert_eq!(before, 0);
    let messages = world.chat.counts.messages - counts.messages;
    assert!(messages > 150, "{messages}");
    let uploads = world.chat.counts.rest["POST files/upload"] - counts.rest["POST files/upload"];
    assert!(uploads.abs_diff(messages) <= 2, "{uploads} {messages}");
    assert!(event(&world, "messageReaction") - counts.events["messageReaction"] > messages / 2);
    assert_eq!(event(&world, "fetchPreviousMessages") - counts.events["fetchPreviousMessages"], 40);
    assert!(event(&world, "markMessagesAsRead") - counts.events["markMessagesAsRead"] <= 20);
    finish(&mut world);
}

/// Everything that the desk can do, one after the other.
fn session() -> Vec<(f64, Action)> {
    vec![
        (21.0, Action::Interval { timer: None, pace: Pace::Factor(0.5) }),
        (25.0, Action::Users { users: 30, over_s: 2.0 }),
        (30.0, Action::Drop { share: 0.3 }),
        (35.0, Action::Pause),
        (38.0, Action::Resume),
        (40.0, Action::Set { variable: "message_size".into(), value: json!(300) }),
        (42.0, Action::SendNow),
        (44.0, Action::Burst { messages: 3 }),
        (46.0, Action::ReconnectStorm { share: 0.2 }),
        (50.0, Action::StopReading { share: 0.2, for_s: 4.0 }),
        (58.0, Action::ExpireTokens { share: 0.1 }),
        (64.0, Action::LeaveAndRejoin { share: 0.4 }),
        (70.0, Action::JoinStorm),
        (75.0, Action::StopAnsweringPings { share: 0.1 }),
        (78.0, Action::Users { users: 10, over_s: 0.0 }),
        (80.0, Action::Think { factor: 2.0 }),
    ]
}

#[test]
fn a_recorded_session_replays_the_same_actions_at_the_same_times() {
    let mut live = steered(&json!({}));
    for (at, action) in session() {
        until(&mut live, at);
        act(&mut live, action);
    }
    live.command(RunInput::Note { at_s: 3.0, text: "restarted node 2".into() });
    end(&mut live);

    let document = serde_json::to_value(live.run.plan()).unwrap();
    let plan = Plan::check(&document).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(
        plan.actions.iter().map(|timed| timed.action.clone()).collect::<Vec<_>>(),
        session().into_iter().map(|(_, action)| action).collect::<Vec<_>>()
    );
    let mut again = world(plan, Faults::default());
    again.play(Span::from_secs(400));

    assert_eq!(again.chat.counts, live.chat.counts);
    let report = |world: &World| {
        let mut report = world.run.report(Vec::new(), String::new());
        report.annotations.retain(|annotation| annotation.kind != AnnotationKind::Note);
        // What users log is in the order of their workers' hand-overs; the actions are in it as in the annotations.
        Report { log: None, ..report }
    };
    assert_eq!(report(&again), report(&live));
    let told: Vec<_> = report(&again)
        .annotations
        .into_iter()
        .filter(|told| told.kind == AnnotationKind::Action)
        .map(|told| told.at_s)
        .collect();
    assert_eq!(told, live.run.plan().actions.iter().map(|timed| timed.at_s).collect::<Vec<_>>());
}

#[test]
fn what_suits_nobody_is_not_done_and_said() {
    let mut world = steered(&json!({}));
    act(&mut world, Action::ArrivalRate { per_s: 5.0, over_s: 0.0 });
    assert!(world.run.plan().actions.is_empty());
    let lines: Vec<_> = world.run.log().lines().iter().map(|line| line.text.clone()).collect();
    let expected = "not done: 5 arrivals a second: its load wants a number of users, not arrivals";
    assert!(lines.iter().any(|line| line == expected), "{lines:?}");
}
