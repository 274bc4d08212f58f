//! A machine that slept in the middle of a run: nobody makes up for what was not done meanwhile.

use base::time::Span;
use plan::Plan;
use serde_json::{Value, json};
use testkit::{Faults, World};

use crate::support::{counter, held, world};

fn seconds(seconds: u64) -> Span {
    Span::from_secs(seconds)
}

/// Users that do this and nothing else.
fn plan(behaviour: &Value, load: Value) -> Plan {
    let mut scenario = json!({ "version": 1, "name": "users", "protocol": "socketio", "connect": { "url": "http://chat.test", "auth": { "token": "token.of.user-${user.index}" } } });
    if let (Some(scenario), Some(behaviour)) = (scenario.as_object_mut(), behaviour.as_object()) {
        scenario.extend(behaviour.clone());
    }
    let plan = json!({ "version": 1, "name": "p", "seed": 3, "populations": [
        { "name": "users", "scenario": scenario, "load": load }] });
    Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

/// Everybody says something once a second.
fn talkers(load: Value) -> World {
    let say = json!({ "emit": { "event": "say", "args": ["hi"] } });
    let every = json!({ "every": [{ "name": "say", "interval": { "fixed_ms": 1_000 }, "steps": [say] }] });
    world(plan(&every, load), Faults::default())
}

/// What the users said, and what the generator says that it left out.
fn counts(world: &World) -> (u64, u64) {
    (counter(world, "events.out.say"), counter(world, "generator.not_sent"))
}

/// Plays on, and tells what happened meanwhile.
fn play(world: &mut World, length: Span) -> (u64, u64) {
    let (before, now) = (counts(world), world.now());
    world.play_until(now + length);
    let after = counts(world);
    (after.0 - before.0, after.1 - before.1)
}

#[test]
fn after_twenty_seconds_of_sleep_nobody_makes_up_for_it() {
    let mut world = talkers(held(50, 900));
    world.play(seconds(10));
    let before = counts(&world);
    world.sleep(seconds(20));
    play(&mut world, seconds(1));
    let after = counts(&world);
    let (sent, not_sent) = (after.0 - before.0, after.1 - before.1);
    // Two seconds of ticks are no sleep, and one second goes on as ever: 50 each.
    assert!((100..=160).contains(&sent), "{sent} in the second after");
    // What was not sent and what was sent add up to what was due.
    assert!((sent + not_sent).abs_diff(50 * 21) <= 50, "{not_sent} not sent + {sent} sent");
    // From then on all is as before.
    let (sent, not_sent) = play(&mut world, seconds(10));
    assert!(sent.abs_diff(500) <= 25 && not_sent == 0, "{sent}, {not_sent}");
    let late = world.run.totals().timeline().value("health.late_s").map_or(0.0, |values| values.iter().sum::<f32>());
    assert!(late >= 20.0, "that time is suspect: {late}");
}

#[test]
fn a_lid_that_was_closed_for_five_minutes_opens_without_a_flood() {
    let mut world = talkers(held(250, 900));
    world.play(seconds(5));
    let before = counts(&world);
    world.sleep(seconds(300));
    play(&mut world, seconds(1));
    let after = counts(&world);
    let (sent, not_sent) = (after.0 - before.0, after.1 - before.1);
    assert!(sent <= 3 * 250 + 50, "{sent} in the second after");
    // The server has given up all connections: what was due in the last two seconds went with them, and so did this second's.
    assert!((sent + not_sent).abs_diff(250 * 301) <= 4 * 250, "{not_sent} not sent + {sent} sent");
}

#[test]
fn arrivals_that_are_too_late_are_left_out_and_counted() {
    let load = json!({ "model": "open", "start_rate": 10, "max_users": 500,
        "stages": [{ "duration_s": 120, "target": 10 }] });
    let mut world = world(plan(&json!({}), load), Faults::default());
    world.play(seconds(5));
    let before = counter(&world, "arrivals");
    world.sleep(seconds(20));
    play(&mut world, seconds(1));
    let (arrived, left_out) = (counter(&world, "arrivals") - before, counter(&world, "generator.not_sent"));
    assert!(arrived <= 35, "{arrived} arrived in the second after");
    assert!((arrived + left_out).abs_diff(210) <= 12, "{arrived} + {left_out}");
}

#[test]
fn users_of_a_ramp_come_after_the_sleep_at_the_ramp_s_pace() {
    let load = json!({ "model": "closed", "stages":
        [{ "duration_s": 60, "target": 120 }, { "duration_s": 120, "target": 120 }] });
    let mut world = world(plan(&json!({}), load), Faults::default());
    world.play(seconds(10));
    world.sleep(seconds(20));
    play(&mut world, seconds(2));
    // 20 before, at most 4 that were late by less than two seconds, and two seconds of both ramps.
    let users = |world: &World| world.run.status().users.by_state.active;
    assert!(users(&world) <= 20 + 4 + 8 + 4, "{}", users(&world));
    play(&mut world, seconds(40));
    assert_eq!(users(&world), 120);
}

#[test]
fn a_flow_goes_on_as_if_the_sleep_had_not_been() {
    // Each user thinks for ten seconds and speaks, over and over, in its flow.
    let flow = json!({ "flow": [{ "repeat": 1_000, "steps": [
        { "think": { "uniform_ms": [9_000, 11_000] } }, { "emit": { "event": "say", "args": ["hi"] } }
    ] }] });
    let mut world = world(plan(&flow, held(100, 600)), Faults::default());
    world.play(seconds(40));
    world.sleep(seconds(20));
    let (first, _) = play(&mut world, seconds(1));
    // Some ten a second as ever, and two seconds of what was hardly late.
    assert!(first <= 60, "{first} in the second after");
    let (rest, _) = play(&mut world, seconds(11));
    assert!((60..=160).contains(&(first + rest)), "everybody has gone on: {first} + {rest}");
}
