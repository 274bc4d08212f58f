//! Members of a swarm who lie, in the middle of a run: each comes by a real link, with the right key, and plays a part.

use base::time::{Span, Timestamp};
use engine::wire::Snapshot;
use metrics::{CounterDelta, HistogramDelta, MetricsDelta};
use run::RunInput;
use serde_json::json;
use swarm::{
    Invite, Keys, LinkCommand, Loading, Opener, PacketBody, Patience, Peer, Refused, Sealer, Secret, Signer,
    SwarmPacket,
};
use testkit::{CONDUCTOR, SimulatedSwarm};

use crate::support::{chat_plan, held};

const HONEST: usize = 2;

/// A run of two honest browsers, and of so many others; under way, and everybody is there.
fn playing(users: u32, pretenders: usize) -> SimulatedSwarm {
    let variables =
        json!({"room_size": 6, "send_min_ms": 900, "send_max_ms": 1100, "read": "none", "reaction_share": 0});
    let plan = chat_plan(held(users, 600), variables);
    let mut swarm = SimulatedSwarm::with_pretenders(plan, HONEST, pretenders, Patience::default());
    swarm.play(15.0);
    assert_eq!(active(&swarm), users, "{:?}", swarm.run().status());
    swarm
}

fn active(swarm: &SimulatedSwarm) -> u32 {
    swarm.run().status().users.by_state.active
}

/// Ends the run: the honest browsers' counts are the server's, which has seen nothing of the others.
#[track_caller]
fn check_counts(swarm: &mut SimulatedSwarm) {
    swarm.play(3.0);
    swarm.input(RunInput::Stop);
    swarm.play(60.0);
    let run = swarm.run();
    assert!(run.is_done(), "{:?}", run.status());
    let (ledger, counts) = (*run.totals().delivery(), &swarm.world.chat.counts);
    assert!(counts.messages > 100, "{counts:?}");
    assert_eq!(ledger.sent, counts.messages, "messages sent");
    assert_eq!(ledger.arrived, counts.deliveries, "messages delivered");
    assert_eq!((ledger.missing, ledger.duplicated, ledger.reordered), (0, 0, 0), "{ledger:?}");
}

/// How a member was put out, if it was: what the run's log says.
fn put_out(swarm: &SimulatedSwarm, number: usize) -> Option<String> {
    let begins = format!("browser {} was put out after ", number + 1);
    let line = swarm.run().log().lines().iter().find(|line| line.text.starts_with(&begins))?;
    line.text.split_once(" users: ").map(|(_, why)| why.to_owned())
}

fn seconds(seconds: u64) -> Span {
    Span::from_secs(seconds)
}

/// A sample that no clock of a browser's can have measured.
fn of_71_minutes() -> MetricsDelta {
    let mut delta = HistogramDelta::of("message.fanout".into(), "chat".into(), false, &[Span::from_millis(1)]);
    delta.iter_mut().for_each(|delta| delta.max_us = u32::MAX);
    MetricsDelta { histograms: delta.into_iter().collect(), ..MetricsDelta::default() }
}

fn fifteen_thousand_names() -> MetricsDelta {
    let counter = |n: u32| CounterDelta { counter: format!("c{n}"), population: "chat".into(), count: 1 };
    MetricsDelta { counters: (0..15_000).map(counter).collect(), ..MetricsDelta::default() }
}

type Lie = (fn(&mut Snapshot), &'static str);

const LIES: [Lie; 6] = [
    (
        |it| it.at = Timestamp::from_micros(u64::MAX),
        "its part said that it was made at 18446744073709.6 s of the run, which is not as old",
    ),
    (|it| it.at += seconds(660), "its part said that it was made at 6"),
    (|it| it.metrics = fifteen_thousand_names(), "its part said that it has 15000 counters, and "),
    (|it| it.ledger.sent = u64::MAX, "its part said that more than 1000000000 messages are sent"),
    (|it| it.ledger.missing = -4, "its part said that -4 messages are missing"),
    (
        |it| it.metrics = of_71_minutes(),
        "its part said that there were 4294967295 microseconds of a sample of message.fanout",
    ),
];

/// Four million nils in four kilobytes: more values than a part can need.
fn nils() -> Vec<u8> {
    let plain = [[0xdd].as_slice(), &4_000_000u32.to_be_bytes(), &vec![0xc0; 4_000_000]].concat();
    [[1].as_slice(), &miniz_oxide::deflate::compress_to_vec(&plain, 6)].concat()
}

#[test]
fn members_who_say_what_cannot_be_are_put_out_and_named_and_the_others_count_exactly() {
    let nils_of = HONEST + LIES.len();
    let mut swarm = playing(27, LIES.len() + 1);
    for (place, (lie, why)) in LIES.into_iter().enumerate() {
        let number = HONEST + place;
        swarm.hand_over(number, lie);
        swarm.play(3.0);
        let said = put_out(&swarm, number).unwrap_or_else(|| panic!("browser {} is still in: {why}", number + 1));
        assert!(said.starts_with(why), "{said}");
    }
    swarm.net.command(nils_of + 1, LinkCommand::Say { to: None, message: nils() });
    swarm.play(3.0);
    assert_eq!(put_out(&swarm, nils_of).as_deref(), Some("what it handed over cannot be read"));
    let status = swarm.run().status();
    assert!(status.problem.is_some_and(|problem| problem.starts_with("browser 3 was put out after ")));
    assert_eq!((put_out(&swarm, 0), put_out(&swarm, 1)), (None, None));
    assert!(swarm.run().totals().counters().count() < 1_000);
    check_counts(&mut swarm);
}

/// So far ahead a hand-over may be, because the conductor's own clock may have stood still: the charts do not follow it.
#[test]
fn who_is_ten_minutes_ahead_draws_no_chart_into_the_future() {
    let mut swarm = playing(12, 1);
    swarm.hand_over(HONEST, |it| it.at += seconds(590));
    swarm.play(3.0);
    assert_eq!(put_out(&swarm, HONEST), None);
    let drawn = f64::from(swarm.run().totals().timeline().seconds());
    assert!(drawn <= swarm.elapsed_s() + 2.0, "{drawn} s are drawn after {} s", swarm.elapsed_s());
    check_counts(&mut swarm);
}

fn conducting() -> Keys {
    Keys::to_conduct(Secret::new([1; 32]))
}

/// What the link to join gives away.
fn joining() -> Keys {
    let invite = Invite::new(conducting(), "ws://broker").expect("it is an address");
    Invite::read(&invite.to_join().expect("it conducts")).expect("it is one").expect("it can be followed").keys
}

fn sealer(number: u32, loading: u64) -> Sealer {
    let mut seed = [99; 32];
    seed[..4].copy_from_slice(&number.to_le_bytes());
    Sealer::new(&joining(), Signer::new(Secret::new(seed)), Loading(loading))
}

/// The number of the conductor's last beacon, which every member hears.
fn last_beacon(swarm: &SimulatedSwarm) -> u64 {
    let topic = conducting().topics().beacon();
    let (_, sealed) = swarm.net.seen.iter().rev().find(|(seen, _)| *seen == topic).expect("it is said once a second");
    Opener::new(&joining()).open_retained(&topic, sealed).expect("a member can open it").number
}

#[test]
fn a_member_that_forges_replays_and_invents_a_thousand_others_changes_no_count() {
    let mut swarm = playing(12, 0);
    let topics = conducting().topics();
    let mut liar = sealer(0, u64::MAX >> 12);
    let mut says = |swarm: &mut SimulatedSwarm, topic: &str, body| {
        let sealed = liar.seal(topic, &SwarmPacket { to: None, body }.encode()).expect("a member has the key");
        swarm.net.inject(topic, &sealed);
    };
    says(&mut swarm, &topics.beacon(), PacketBody::Beacon { card: b"my plan".to_vec() });
    says(&mut swarm, &topics.live(), PacketBody::Live { picture: b"all is well".to_vec() });
    swarm.play(2.0);
    // All that was ever said, once more.
    for (topic, payload) in swarm.net.seen.clone() {
        swarm.net.inject(&topic, &payload);
    }
    swarm.play(2.0);
    let conductor = Peer { session: conducting().conductor().session(), loading: Loading(7) };
    let beacon = last_beacon(&swarm);
    for invented in 1..=1_100 {
        let packet = SwarmPacket { to: Some(conductor), body: PacketBody::Ask { connection: 1, asked: 0.0, beacon } };
        let sealed = sealer(invented, 0).seal(&topics.conductor(), &packet.encode()).expect("a member has the key");
        swarm.net.inject(&topics.conductor(), &sealed);
    }
    swarm.play(5.0);
    for node in [1, 2] {
        let Refused { forged, replay, .. } = swarm.refused[node];
        assert!(forged >= 2 && replay > 0, "browser {node}");
    }
    assert!(swarm.refused[CONDUCTOR].replay > 100);
    let status = swarm.run().status();
    assert_eq!((status.problem, active(&swarm)), (None, 12));
    check_counts(&mut swarm);
}
