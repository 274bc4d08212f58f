//! Things that go wrong in mid-run.

use base::time::{Span, Timestamp};
use metrics::{CloseKind, ClosedBy, InsightKind};
use run::RunInput;
use serde_json::json;
use testkit::Faults;

use crate::support::{chat_plan, counter, held, ledger, played, world};

fn steady() -> serde_json::Value {
    json!({ "room_size": 20, "send_min_ms": 1000, "send_max_ms": 1000, "read": "none", "reaction_share": 0 })
}

#[test]
fn users_come_back_after_a_lost_connection_and_their_senders_do_not_double() {
    let mut world = world(chat_plan(held(40, 120), steady()), Faults::default());
    world.play(Span::from_secs(40));
    world.cut_connections(3);
    world.play_until(Timestamp::ZERO + Span::from_secs(70));
    let before = world.chat.counts.messages;
    world.play_until(Timestamp::ZERO + Span::from_secs(100));
    let in_30_s = world.chat.counts.messages - before;
    assert!((1180..=1220).contains(&in_30_s), "40 users once a second for 30 s sent {in_30_s}");
    world.play_until(Timestamp::ZERO + Span::from_secs(4_000));
    assert!(world.run.is_done());
    assert_eq!(counter(&world, "reconnects"), 14);
    assert_eq!(ledger(&world).missing, 0, "a cut connection is no loss of messages: {:?}", ledger(&world));
    assert_eq!(world.run.status().users.by_state.done, 40);
    let told = metrics::insights(world.run.totals()).into_iter().map(|insight| insight.what).collect::<Vec<_>>();
    let lost = InsightKind::MassClose {
        at_s: 39.0,
        within_s: 1.0,
        lost: 14,
        of: 40,
        by: Some(ClosedBy::Server),
        code: Some(1006),
    };
    assert_eq!(told, [lost]);
}

#[test]
fn who_does_not_come_back_has_lost_one_connection() {
    let mut world = world(chat_plan(held(10, 120), steady()), Faults::default());
    world.play(Span::from_secs(40));
    world.hang();
    world.cut_connections(1);
    world.play_until(Timestamp::ZERO + Span::from_secs(4_000));
    assert!(world.run.is_done());
    let disconnects = world.run.totals().disconnects().iter();
    let of_kind =
        |wanted| disconnects.clone().filter(move |(key, _)| key.kind() == wanted).map(|(_, total)| total.count);
    assert_eq!(of_kind(CloseKind::Lost).sum::<u64>(), 10);
    // Each of them has tried again.
    assert!(of_kind(CloseKind::NeverConnected).sum::<u64>() >= 10);
    let series = world.run.totals().timeline().value("disconnects").expect("there were some");
    assert_eq!(series.iter().sum::<f32>(), 10.0);
    let status = world.run.status();
    let sentence = &status.verdict.as_ref().expect("it is over").sentence;
    let expected = "10 connections lost that nobody planned; 10 of 10 users had none when the load ended.";
    assert!(sentence.contains(expected), "{sentence}");
    let told = metrics::insights(world.run.totals());
    let kinds: Vec<_> = told.iter().map(|insight| &insight.what).collect();
    let [close, no_service, ..] = kinds[..] else { panic!("{told:#?}") };
    assert!(matches!(close, InsightKind::MassClose { lost: 10, of: 10, .. }), "{close:?}");
    assert!(matches!(no_service, InsightKind::NoService { until_s: None, users: 10, .. }), "{no_service:?}");
}

#[test]
fn a_stop_in_mid_run_loses_nothing() {
    let mut world = world(chat_plan(held(40, 600), steady()), Faults::default());
    world.play(Span::from_secs(30));
    world.command(RunInput::Stop);
    world.play_until(Timestamp::ZERO + Span::from_secs(60));
    assert!(world.run.is_done(), "{:?}", world.run.status());
    assert_eq!(ledger(&world).missing, 0);
    // A member that is just entering may get what was sent before it knew: that is not owed.
    assert_eq!(ledger(&world).due + ledger(&world).extra, world.chat.counts.deliveries);
    assert_eq!(world.chat.counts.events["leaveRoom"], 40);
    assert!(world.chat.peers().is_empty());
}

#[test]
fn an_abort_closes_everything_at_once() {
    let mut world = world(chat_plan(held(40, 600), steady()), Faults::default());
    world.play(Span::from_secs(30));
    world.command(RunInput::Abort);
    world.play_until(Timestamp::ZERO + Span::from_secs(32));
    assert!(world.run.is_done(), "{:?}", world.run.status());
    assert!(world.chat.peers().is_empty());
}

#[test]
fn users_that_come_and_go_are_owed_only_what_was_sent_while_they_were_there() {
    let load = json!({ "model": "closed", "stages": [
        { "duration_s": 60, "target": 60 }, { "duration_s": 60, "target": 10 }, { "duration_s": 60, "target": 60 },
        { "duration_s": 30, "target": 0 },
    ]});
    let world = played(chat_plan(load, steady()), Faults::default());
    assert_eq!(ledger(&world).missing, 0, "{:?}", ledger(&world));
    assert_eq!(ledger(&world).sent, world.chat.counts.messages);
}
