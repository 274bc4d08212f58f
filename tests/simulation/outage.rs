//! A swarm whose control plane fails: who plays on, who stops, and that every message is counted all the same.

use run::RunInput;
use serde_json::json;
use swarm::Patience;
use testkit::{CONDUCTOR, SimulatedSwarm};

use crate::support::{chat_plan, held};

const USERS: u32 = 12;
const GENERATORS: usize = 2;
const ALL: usize = 1 + GENERATORS;

#[derive(Debug, Clone, Copy)]
enum Outage {
    /// The broker is away, and forgets everything.
    Broker(f64),
    /// The conductor's machine sleeps.
    Asleep(f64),
    /// Nothing gets through to anybody, and nobody is told.
    Cut(f64),
}
use Outage::{Asleep, Broker, Cut};

impl Outage {
    fn seconds(self) -> f64 {
        match self {
            Broker(seconds) | Asleep(seconds) | Cut(seconds) => seconds,
        }
    }

    fn begin(self, swarm: &mut SimulatedSwarm) {
        match self {
            Broker(_) => swarm.net.power(false),
            Asleep(_) => swarm.sleep(true),
            Cut(_) => (0..ALL).for_each(|node| swarm.net.cut(node, true)),
        }
    }

    fn end(self, swarm: &mut SimulatedSwarm) {
        match self {
            Broker(_) => swarm.net.power(true),
            Asleep(_) => swarm.sleep(false),
            Cut(_) => (0..ALL).for_each(|node| swarm.net.cut(node, false)),
        }
    }
}

fn playing(patience: Patience) -> SimulatedSwarm {
    let variables =
        json!({"room_size": 6, "send_min_ms": 900, "send_max_ms": 1100, "read": "none", "reaction_share": 0});
    let mut swarm = SimulatedSwarm::new(chat_plan(held(USERS, 600), variables), GENERATORS, patience);
    swarm.play(15.0);
    assert_eq!(active(&swarm), USERS, "{:?}", swarm.run().status());
    swarm
}

fn active(swarm: &SimulatedSwarm) -> u32 {
    swarm.run().status().users.by_state.active
}

/// Ends the run, and says what both sides counted: the run and the server.
#[track_caller]
fn finish(swarm: &mut SimulatedSwarm) {
    swarm.play(3.0);
    swarm.input(RunInput::Stop);
    swarm.play(60.0);
    let run = swarm.run();
    assert!(run.is_done(), "{:?}", run.status());
    let (ledger, counts) = (*run.totals().delivery(), &swarm.world.chat.counts);
    assert_eq!(ledger.sent, counts.messages, "messages sent");
    assert_eq!(ledger.arrived, counts.deliveries, "messages delivered");
    assert_eq!((ledger.missing, ledger.duplicated, ledger.reordered), (0, 0, 0), "{ledger:?}");
}

/// `lost`: the generators stop by themselves, are named with the time, and play again within two seconds of the return.
#[track_caller]
fn check(outage: Outage, patience: Patience, lost: bool) {
    let mut swarm = playing(patience);
    let began_s = swarm.elapsed_s();
    outage.begin(&mut swarm);
    swarm.play(outage.seconds());
    outage.end(&mut swarm);
    swarm.play(2.0);
    let workers = swarm.run().worker_count();
    let of_parts = if lost { 2 * GENERATORS } else { 0 };
    assert_eq!(workers, ALL + GENERATORS + of_parts, "parts are taken up within two seconds");
    swarm.play(3.0);
    assert_eq!(active(&swarm), USERS, "{:?}", swarm.run().status());
    let problem = swarm.run().status().problem;
    match (patience, problem) {
        (Patience::Seconds(patience_s), Some(problem)) if lost => {
            let at_s = problem.split(" stopped after ").nth(1).and_then(|rest| rest.split(' ').next());
            let at_s: f64 = at_s.and_then(|at_s| at_s.parse().ok()).unwrap_or_else(|| panic!("{problem}"));
            let waited_s = at_s - began_s;
            let patience_s = f64::from(patience_s);
            assert!((patience_s - 1.1..patience_s + 0.5).contains(&waited_s), "{waited_s} s: {problem}");
        }
        (_, problem) => assert_eq!(problem, None),
    }
    finish(&mut swarm);
}

#[test]
fn counts_are_exact_whatever_short_outage_the_control_plane_has() {
    let usual = Patience::default();
    for outage in [Broker(3.0), Broker(4.0), Broker(5.0), Cut(5.0)] {
        println!("{outage:?}");
        check(outage, usual, false);
    }
}

#[test]
fn who_is_patient_loses_nobody() {
    check(Broker(10.0), Patience::Seconds(15), false);
    check(Asleep(20.0), Patience::Seconds(30), false);
    check(Broker(60.0), Patience::ToThePlansEnd, false);
}

#[test]
fn who_is_not_stops_is_named_and_plays_again() {
    check(Broker(10.0), Patience::default(), true);
    check(Asleep(20.0), Patience::default(), true);
    check(Broker(60.0), Patience::default(), true);
}

#[test]
fn stop_reaches_everybody_at_the_latest_when_the_link_is_back() {
    let mut swarm = playing(Patience::Seconds(60));
    let sent = |swarm: &SimulatedSwarm| swarm.world.chat.counts.messages;
    (1..ALL).for_each(|node| swarm.net.cut(node, true));
    swarm.play(6.0);
    swarm.input(RunInput::Stop);
    (1..ALL).for_each(|node| swarm.net.cut(node, false));
    swarm.play(3.5);
    let before = sent(&swarm);
    swarm.play(5.0);
    assert_eq!(sent(&swarm), before, "nobody sends any more");
    let mut swarm = playing(Patience::default());
    swarm.input(RunInput::Stop);
    swarm.play(1.0);
    let before = sent(&swarm);
    swarm.play(5.0);
    assert_eq!(sent(&swarm), before, "within a second while links are up");
}

#[test]
fn who_is_cut_off_for_good_stops_by_itself() {
    let mut swarm = playing(Patience::default());
    swarm.net.cut(CONDUCTOR, true);
    swarm.play(11.0);
    let before = swarm.world.chat.counts.messages;
    swarm.play(10.0);
    // The conductor's own probe is no part of the swarm's fate.
    let since = swarm.world.chat.counts.messages - before;
    assert!(since <= 12, "{since} messages by one user that sends one a second");
}
