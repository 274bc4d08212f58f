//! A swarm of which one browser is full: who cannot connect there is played by the others, each user once.

use metrics::ReasonKind;
use plan::Plan;
use run::RunInput;
use serde_json::json;
use swarm::Patience;
use testkit::SimulatedSwarm;

use crate::support::chat_plan;

const GENERATORS: usize = 3;
/// What the first generator's browser opens, of the 30 users that it is to play.
const NARROW: usize = 22;
const USERS: u32 = 90;

fn plan(load: serde_json::Value) -> Plan {
    let variables =
        json!({"room_size": 8, "send_min_ms": 9_000, "send_max_ms": 11_000, "read": "none", "reaction_share": 0});
    let mut plan = chat_plan(load, variables);
    plan.handshakes_in_flight = 16;
    plan
}

/// They come within 15 s: a place elsewhere is reached before a browser is full, so that it proves something when it is not any more.
fn swarm(users: u32, narrow: &[usize]) -> SimulatedSwarm {
    let load = json!({"model": "closed", "stages": [{"duration_s": 15, "target": users}, {"duration_s": 600, "target": users}]});
    let mut swarm = SimulatedSwarm::new(plan(load), GENERATORS, Patience::Seconds(8));
    narrow.iter().for_each(|&generator| swarm.narrow(generator, NARROW));
    swarm
}

fn active(swarm: &SimulatedSwarm) -> u32 {
    swarm.run().status().users.by_state.active
}

fn counter(swarm: &SimulatedSwarm, name: &str) -> u64 {
    swarm.run().totals().counter(name).unwrap_or(0)
}

/// Ends the run; what both sides counted of `users` is the same.
#[track_caller]
fn finish(swarm: &mut SimulatedSwarm, users: u32) {
    swarm.input(RunInput::Stop);
    swarm.play(60.0);
    let (run, counts) = (swarm.run(), &swarm.world.chat.counts);
    assert!(run.is_done(), "{:?}", run.status());
    let ledger = *run.totals().delivery();
    assert_eq!(ledger.sent, counts.messages, "messages sent");
    assert_eq!(ledger.arrived, counts.deliveries, "messages delivered");
    assert_eq!((ledger.missing, ledger.duplicated, ledger.reordered), (0, 0, 0), "{ledger:?}");
    let by_state = run.status().users.by_state;
    assert_eq!((by_state.done, by_state.failed), (users, 0), "{by_state:?}");
    assert_eq!(counter(swarm, "arrivals"), u64::from(users), "each started once");
    // One more is for the steps that are done once.
    assert_eq!((counts.twice, counts.accounts), (0, u64::from(users) + 1), "each under its own account");
    assert_eq!(swarm.run().totals().errors().len(), 0, "{:?}", swarm.run().totals().errors());
}

#[test]
fn who_cannot_connect_is_given_to_browsers_that_have_room() {
    let mut swarm = swarm(USERS, &[0]);
    swarm.play(50.0);
    let lines: Vec<_> = swarm.run().log().lines().iter().map(|line| line.text.clone()).collect();
    assert_eq!(active(&swarm), USERS, "{:?}\n{lines:#?}", swarm.run().status());
    assert_eq!(swarm.world.chat.counts.most_connected, USERS as usize);
    assert!(lines.iter().any(|line| line.starts_with("browser 1 is full:")), "{lines:#?}");
    finish(&mut swarm, USERS);
    let verdict = swarm.run().verdict().expect("it is over");
    let kinds: Vec<_> = verdict.reasons.iter().map(|reason| reason.what).collect();
    assert!(kinds.contains(&ReasonKind::BrowserRelieved) && !kinds.contains(&ReasonKind::BrowserFull), "{verdict:#?}");
}

#[test]
fn where_no_browser_has_room_they_wait_and_the_verdict_says_so() {
    let mut swarm = swarm(USERS, &[0, 1, 2]);
    swarm.play(60.0);
    // One is the probe of the conductor's browser.
    assert_eq!(active(&swarm) as usize, GENERATORS * NARROW + 1, "{:?}", swarm.run().status());
    let verdict = swarm.run().verdict().expect("it goes on");
    assert!(verdict.reasons.iter().any(|reason| reason.what == ReasonKind::BrowserFull), "{verdict:#?}");
    finish(&mut swarm, USERS);
}

#[test]
fn orders_that_are_late_or_come_again_give_nobody_away_twice() {
    for begins_s in [19.0, 20.0, 21.0] {
        let mut swarm = swarm(USERS, &[0]);
        swarm.play(begins_s);
        swarm.net.power(false);
        swarm.play(4.0);
        swarm.net.power(true);
        swarm.play(50.0);
        assert_eq!(active(&swarm), USERS, "away from {begins_s} s: {:?}", swarm.run().status());
        finish(&mut swarm, USERS);
    }
}

#[test]
fn the_load_sends_away_whom_another_browser_plays_and_brings_them_back() {
    let load = json!({"model": "closed", "stages": [
        {"duration_s": 15, "target": USERS}, {"duration_s": 35, "target": USERS}, {"duration_s": 20, "target": 10},
        {"duration_s": 20, "target": 60}, {"duration_s": 600, "target": 60},
    ]});
    let mut swarm = SimulatedSwarm::new(plan(load), GENERATORS, Patience::Seconds(8));
    swarm.narrow(0, NARROW);
    swarm.play(50.0);
    assert_eq!(active(&swarm), USERS, "{:?}", swarm.run().status());
    swarm.play(26.0);
    assert!(active(&swarm) < 25, "{:?}", swarm.run().status());
    swarm.play(40.0);
    assert_eq!(active(&swarm), 60, "{:?}", swarm.run().status());
    assert_eq!(swarm.world.chat.counts.twice, 0);
    swarm.input(RunInput::Stop);
    swarm.play(60.0);
    let (ledger, counts) = (*swarm.run().totals().delivery(), &swarm.world.chat.counts);
    assert_eq!((ledger.sent, ledger.arrived, ledger.missing), (counts.messages, counts.deliveries, 0));
}
