//! Links of a swarm around a simulated broker: order, presence, clocks, and what strangers can do.

use tabswarm::sim::{SwarmNet, WayFaults};
use tabswarm::swarm::{
    Key, Link, LinkCommand, LinkEvent, LinkInput, LinkOutput, Loading, Offset, Peer, Refused, Role, SessionId, Traffic,
};

const CONDUCTOR: usize = 0;
const GENERATOR: usize = 1;
const NEAR: (f64, f64) = (1.0, 4.0);

fn key(byte: u8) -> Key {
    Key::new([byte; 32])
}

fn peer(session: u64, loading: u32) -> Peer {
    Peer { session: SessionId::new(session), loading: Loading::new(loading, 7) }
}

fn link(role: Role, session: u64, loading: u32) -> Link {
    Link::new(role, &key(1), peer(session, loading), None)
}

/// A conductor (session 100) and generators (sessions from 1), connected.
fn swarm(generators: u64) -> SwarmNet {
    let mut net = SwarmNet::new(5);
    net.add(link(Role::Conductor, 100, 0), 0.0, 0.0, NEAR, NEAR);
    for session in 1..=generators {
        net.add(link(Role::Generator, session, 0), 0.0, 0.0, NEAR, NEAR);
    }
    net.run(3_000.0);
    net
}

fn say(net: &mut SwarmNet, from: usize, text: &str) {
    let to = (from == CONDUCTOR).then(|| SessionId::new(1));
    net.command(from, LinkCommand::Say { to, message: text.as_bytes().to_vec() });
}

fn events(net: &mut SwarmNet, node: usize) -> Vec<LinkEvent> {
    net.told(node).into_iter().map(|(_, event)| event).collect()
}

fn messages(net: &mut SwarmNet, node: usize) -> Vec<String> {
    let texts = events(net, node).into_iter().filter_map(|event| match event {
        LinkEvent::Message { message, .. } => Some(String::from_utf8(message).expect("tests send text")),
        _ => None,
    });
    texts.collect()
}

/// When the node was first told so, milliseconds of true time.
fn when(net: &mut SwarmNet, node: usize, wanted: &LinkEvent) -> Option<f64> {
    net.told(node).into_iter().find(|(_, event)| event == wanted).map(|(at, _)| at)
}

fn refused(net: &mut SwarmNet, node: usize) -> Refused {
    let traffic = events(net, node).into_iter().rev().find_map(|event| match event {
        LinkEvent::Tick(traffic) => Some(traffic),
        _ => None,
    });
    traffic.map(|traffic: Traffic| traffic.refused).expect("time has passed")
}

#[test]
fn everybody_arrives() {
    let mut net = swarm(3);
    let arrived: Vec<_> =
        events(&mut net, CONDUCTOR).into_iter().filter(|event| matches!(event, LinkEvent::Arrived(_))).collect();
    assert_eq!(arrived.len(), 3);
    for generator in 1..=3 {
        assert!(events(&mut net, generator).contains(&LinkEvent::Arrived(SessionId::new(100))));
    }
}

#[test]
fn duplicated_delayed_reordered_and_lost_messages_do_no_harm() {
    let mut net = swarm(1);
    net.faults = WayFaults { lose: 0.2, duplicate: 0.2, delay: 0.3, late_ms: 900.0 };
    let texts = |from: &str| (0..200).map(|n| format!("{from} {n}")).collect::<Vec<_>>();
    for n in 0..200 {
        say(&mut net, CONDUCTOR, &format!("order {n}"));
        say(&mut net, GENERATOR, &format!("part {n}"));
        net.run(40.0);
    }
    net.run(30_000.0);
    assert_eq!(messages(&mut net, GENERATOR), texts("order"));
    assert_eq!(messages(&mut net, CONDUCTOR), texts("part"));
}

#[test]
fn who_vanishes_is_missed_within_three_seconds_and_welcomed_back() {
    let mut net = swarm(2);
    net.told(CONDUCTOR);
    let cut_at = net.now_ms();
    net.cut(GENERATOR, true);
    net.run(5_000.0);
    let noticed = when(&mut net, CONDUCTOR, &LinkEvent::Away(SessionId::new(1))).expect("it is noticed");
    assert!(noticed - cut_at <= 3_000.0, "noticed after {} ms", noticed - cut_at);
    assert!(events(&mut net, GENERATOR).contains(&LinkEvent::Away(SessionId::new(100))));
    say(&mut net, GENERATOR, "what happened meanwhile");
    net.cut(GENERATOR, false);
    net.run(20_000.0);
    let told = events(&mut net, CONDUCTOR);
    assert!(told.contains(&LinkEvent::Back(SessionId::new(1))));
    assert!(
        told.iter()
            .any(|event| matches!(event, LinkEvent::Message { message, .. } if message == b"what happened meanwhile"))
    );
    assert!(!told.iter().any(|event| matches!(event, LinkEvent::Arrived(_))), "it is the same page");
}

#[test]
fn a_broken_connection_is_known_at_once() {
    let mut net = swarm(1);
    net.told(CONDUCTOR);
    let at = net.now_ms();
    net.hang_up(GENERATOR);
    net.run(4_000.0);
    let told = net.told(CONDUCTOR);
    let of = |wanted: LinkEvent| told.iter().find(|(_, event)| *event == wanted).map(|(told_at, _)| told_at - at);
    assert!(of(LinkEvent::Away(SessionId::new(1))).is_some_and(|after| after < 100.0), "{told:?}");
    assert!(of(LinkEvent::Back(SessionId::new(1))).is_some_and(|after| after < 2_500.0), "{told:?}");
}

#[test]
fn a_broker_s_restart_loses_nothing_but_time() {
    let mut net = swarm(1);
    for n in 0..60 {
        say(&mut net, CONDUCTOR, &format!("order {n}"));
        say(&mut net, GENERATOR, &format!("part {n}"));
        net.run(100.0);
        match n {
            20 => net.power(false),
            35 => net.power(true),
            _ => {}
        }
    }
    net.run(10_000.0);
    assert_eq!(messages(&mut net, GENERATOR), (0..60).map(|n| format!("order {n}")).collect::<Vec<_>>());
    assert_eq!(messages(&mut net, CONDUCTOR), (0..60).map(|n| format!("part {n}")).collect::<Vec<_>>());
}

/// When a link whose broker is away tries it, milliseconds, over a minute.
fn tries(mut link: Link) -> Vec<u32> {
    let mut tries = Vec::new();
    for now_ms in (0..60_000).step_by(250) {
        link.handle(f64::from(now_ms), LinkInput::Tick);
        while let Some(output) = link.poll() {
            if output == LinkOutput::Open {
                tries.push(now_ms);
                link.handle(f64::from(now_ms), LinkInput::Closed("refused"));
            }
        }
    }
    tries
}

#[test]
fn a_broker_that_is_away_is_tried_every_half_to_whole_second_and_not_by_all_at_once() {
    let found = tries(link(Role::Generator, 1, 0));
    let gaps: Vec<_> = found.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.len() > 50 && gaps.iter().all(|gap| (500..=1_000).contains(gap)), "{gaps:?}");
    assert_eq!(tries(link(Role::Generator, 1, 0)), found, "the seed is a value");
    assert_ne!(tries(link(Role::Generator, 2, 0)), found);
}

#[test]
fn a_silent_broker_is_given_up_without_waiting_for_the_network_to_say_so() {
    let mut net = swarm(1);
    (0..2).for_each(|node| drop(net.told(node)));
    let cut_at = net.now_ms();
    (0..2).for_each(|node| net.cut(node, true));
    net.run(4_000.0);
    for node in 0..2 {
        let lost = when(&mut net, node, &LinkEvent::Lost("the broker is silent".into())).expect("it is noticed");
        assert!((2_000.0..3_200.0).contains(&(lost - cut_at)), "after {} ms", lost - cut_at);
    }
    (0..2).for_each(|node| net.cut(node, false));
    net.run(5_000.0);
    assert!(events(&mut net, GENERATOR).contains(&LinkEvent::Back(SessionId::new(100))));
}

#[test]
fn a_page_that_is_loaded_anew_arrives_anew() {
    let mut net = swarm(1);
    (0..2).for_each(|node| drop(net.told(node)));
    say(&mut net, CONDUCTOR, "for the page before");
    net.reload(GENERATOR, link(Role::Generator, 1, 1));
    net.run(4_000.0);
    assert!(events(&mut net, CONDUCTOR).contains(&LinkEvent::Arrived(SessionId::new(1))));
    say(&mut net, CONDUCTOR, "for the new one");
    net.reload(CONDUCTOR, link(Role::Conductor, 100, 1));
    net.run(4_000.0);
    let told = events(&mut net, GENERATOR);
    assert_eq!(told.iter().filter(|event| matches!(event, LinkEvent::Arrived(_))).count(), 2, "{told:?}");
}

#[test]
fn a_conductor_that_leaves_takes_its_beacon_along() {
    let mut net = swarm(1);
    net.command(CONDUCTOR, LinkCommand::Leave);
    net.run(2_000.0);
    let late = net.add(link(Role::Generator, 2, 0), 0.0, 0.0, NEAR, NEAR);
    net.run(3_000.0);
    let told = events(&mut net, late);
    assert!(
        told.contains(&LinkEvent::Connected) && !told.contains(&LinkEvent::Arrived(SessionId::new(100))),
        "{told:?}"
    );
}

#[test]
fn clocks_are_known_within_their_bounds() {
    let mut net = SwarmNet::new(9);
    net.add(link(Role::Conductor, 100, 0), 350.0, 20e-6, NEAR, NEAR);
    let clocks = [
        (2_000.0, 100e-6, (1.0, 60.0), NEAR),
        (-2_000.0, -100e-6, NEAR, (2.0, 200.0)),
        (0.0, 0.0, (40.0, 45.0), (5.0, 6.0)),
    ];
    for (session, (offset, drift, there, back)) in (1..).zip(clocks) {
        net.add(link(Role::Generator, session, 0), offset, drift, there, back);
    }
    for second in 0..600 {
        net.run(1_000.0);
        for node in 1..=3 {
            let truth = net.clock_of(CONDUCTOR) - net.clock_of(node);
            for event in events(&mut net, node) {
                if let LinkEvent::Clock(Offset { offset, bound, .. }) = event {
                    // The event is up to a second old; two clocks drift by 0.12 ms in that time.
                    let error = (offset - truth).abs();
                    assert!(
                        error <= bound + 0.15,
                        "second {second}, browser {node}: {error:.3} ms off, bound {bound:.3} ms"
                    );
                    assert!(second < 60 || bound < 40.0, "second {second}, browser {node}: a bound of {bound:.3} ms");
                }
            }
        }
    }
}

#[test]
fn strangers_are_refused_and_counted() {
    let mut net = swarm(1);
    let recorded = net.seen.clone();
    // Somebody repeats all that was ever said, and changes a bit of it.
    for (topic, payload) in &recorded {
        net.inject(topic, payload);
        let mut tampered = payload.clone();
        if let Some(last) = tampered.last_mut() {
            *last ^= 1;
        }
        net.inject(topic, &tampered);
        net.inject(topic, b"no message of ours");
    }
    net.run(1_000.0);
    let (at_conductor, at_generator) = (refused(&mut net, CONDUCTOR), refused(&mut net, GENERATOR));
    for refused in [at_conductor, at_generator] {
        assert!(refused.replay > 0 && refused.key > 0 && refused.version > 0, "{refused:?}");
    }
    assert!(messages(&mut net, CONDUCTOR).is_empty() && messages(&mut net, GENERATOR).is_empty());
    say(&mut net, CONDUCTOR, "still here");
    net.run(1_000.0);
    assert_eq!(messages(&mut net, GENERATOR), ["still here"]);
}

#[test]
fn a_wrong_key_opens_nothing() {
    let mut net = swarm(1);
    let stranger = Link::new(Role::Generator, &key(2), peer(66, 0), None);
    let stranger = net.add(stranger, 0.0, 0.0, NEAR, NEAR);
    net.run(5_000.0);
    assert!(
        !events(&mut net, stranger).iter().any(|event| matches!(event, LinkEvent::Arrived(_) | LinkEvent::Card(_)))
    );
    assert!(!events(&mut net, CONDUCTOR).contains(&LinkEvent::Arrived(SessionId::new(66))));
}

#[test]
fn a_second_conductor_is_not_obeyed_and_the_first_one_hears_of_it() {
    let mut net = swarm(1);
    let rival = net.add(link(Role::Conductor, 200, 9), 0.0, 0.0, NEAR, NEAR);
    net.run(3_000.0);
    net.command(rival, LinkCommand::Say { to: Some(SessionId::new(1)), message: b"obey me".to_vec() });
    net.command(rival, LinkCommand::Show(b"my run".to_vec()));
    net.run(3_000.0);
    let told = events(&mut net, GENERATOR);
    let harm = |event: &LinkEvent| {
        matches!(event, LinkEvent::Message { .. } | LinkEvent::Live(_))
            || *event == LinkEvent::Arrived(SessionId::new(200))
    };
    assert!(!told.iter().any(harm), "{told:?}");
    assert!(events(&mut net, CONDUCTOR).contains(&LinkEvent::Rival));
    net.run(1_000.0);
    assert!(refused(&mut net, GENERATOR).foreign > 0);
}

#[test]
fn nothing_that_is_published_can_be_read_by_the_broker() {
    let mut net = swarm(1);
    net.command(CONDUCTOR, LinkCommand::Card(b"a card with a secret".to_vec()));
    say(&mut net, CONDUCTOR, "the password is geheim");
    net.run(2_000.0);
    assert!(net.seen.len() > 5);
    for (topic, payload) in &net.seen {
        let text = String::from_utf8_lossy(payload);
        assert!(!text.contains("secret") && !text.contains("geheim"), "{text}");
        let rest = topic.strip_prefix("tabswarm/").unwrap_or_else(|| panic!("{topic}"));
        assert!(rest.chars().all(|c| c.is_ascii_hexdigit() || "/bclg".contains(c)), "{topic}");
    }
}
