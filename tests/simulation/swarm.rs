//! Links of a swarm around a simulated broker: order, presence, clocks, and what strangers can do.

use swarm::{
    Invite, Keys, Link, LinkCommand, LinkEvent, LinkInput, LinkOutput, Loading, Offset, Refused, Secret, SessionId,
    Signer, Traffic,
};
use testkit::{SwarmNet, WayFaults};

const CONDUCTOR: usize = 0;
const GENERATOR: usize = 1;
const NEAR: (f64, f64) = (1.0, 4.0);

/// The conductor's keys of a swarm.
fn conducting(byte: u8) -> Keys {
    Keys::to_conduct(Secret::new([byte; 32]))
}

/// What a link that this conductor hands out brings along.
fn follow(link: &str) -> Keys {
    Invite::read(link).expect("it is one").expect("it can be followed").keys
}

fn joining(byte: u8) -> Keys {
    let invite = Invite::new(conducting(byte), "ws://broker").expect("it is an address");
    follow(&invite.to_join().expect("it conducts"))
}

fn member(number: u8) -> Signer {
    Signer::new(Secret::new([number; 32]))
}

fn session(number: u8) -> SessionId {
    member(number).session()
}

fn conductor_session() -> SessionId {
    conducting(1).conductor().session()
}

fn conductor(loading: u64) -> Link {
    let keys = conducting(1);
    let signer = keys.signer().expect("it conducts");
    Link::new(&keys, signer, Loading(loading), None)
}

fn generator(number: u8, loading: u64) -> Link {
    Link::new(&joining(1), member(number), Loading(loading), None)
}

/// A conductor and generators (numbers from 1), connected.
fn swarm(generators: u8) -> SwarmNet {
    let mut net = SwarmNet::new(5);
    net.add(conductor(0), 0.0, 0.0, NEAR, NEAR);
    for number in 1..=generators {
        net.add(generator(number, 0), 0.0, 0.0, NEAR, NEAR);
    }
    net.run(3_000.0);
    net
}

fn say(net: &mut SwarmNet, from: usize, text: &str) {
    let to = (from == CONDUCTOR).then(|| session(1));
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
        assert!(events(&mut net, generator).contains(&LinkEvent::Arrived(conductor_session())));
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
    let noticed = when(&mut net, CONDUCTOR, &LinkEvent::Away(session(1))).expect("it is noticed");
    assert!(noticed - cut_at <= 3_000.0, "noticed after {} ms", noticed - cut_at);
    assert!(events(&mut net, GENERATOR).contains(&LinkEvent::Away(conductor_session())));
    say(&mut net, GENERATOR, "what happened meanwhile");
    net.cut(GENERATOR, false);
    net.run(20_000.0);
    let told = events(&mut net, CONDUCTOR);
    assert!(told.contains(&LinkEvent::Back(session(1))));
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
    assert!(of(LinkEvent::Away(session(1))).is_some_and(|after| after < 100.0), "{told:?}");
    assert!(of(LinkEvent::Back(session(1))).is_some_and(|after| after < 2_500.0), "{told:?}");
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
    let found = tries(generator(1, 0));
    let gaps: Vec<_> = found.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(gaps.len() > 50 && gaps.iter().all(|gap| (500..=1_000).contains(gap)), "{gaps:?}");
    assert_eq!(tries(generator(1, 0)), found, "the seed is a value");
    assert_ne!(tries(generator(2, 0)), found);
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
    assert!(events(&mut net, GENERATOR).contains(&LinkEvent::Back(conductor_session())));
}

#[test]
fn a_page_that_is_loaded_anew_arrives_anew() {
    let mut net = swarm(1);
    (0..2).for_each(|node| drop(net.told(node)));
    say(&mut net, CONDUCTOR, "for the page before");
    net.reload(GENERATOR, generator(1, 1));
    net.run(4_000.0);
    assert!(events(&mut net, CONDUCTOR).contains(&LinkEvent::Arrived(session(1))));
    say(&mut net, CONDUCTOR, "for the new one");
    net.reload(CONDUCTOR, conductor(1));
    net.run(4_000.0);
    let told = events(&mut net, GENERATOR);
    assert_eq!(told.iter().filter(|event| matches!(event, LinkEvent::Arrived(_))).count(), 2, "{told:?}");
}

#[test]
fn a_conductor_that_leaves_takes_its_beacon_along() {
    let mut net = swarm(1);
    net.command(CONDUCTOR, LinkCommand::Leave);
    net.run(2_000.0);
    let late = net.add(generator(2, 0), 0.0, 0.0, NEAR, NEAR);
    net.run(3_000.0);
    let told = events(&mut net, late);
    assert!(
        told.contains(&LinkEvent::Connected) && !told.contains(&LinkEvent::Arrived(conductor_session())),
        "{told:?}"
    );
}

#[test]
fn clocks_are_known_within_their_bounds() {
    let mut net = SwarmNet::new(9);
    net.add(conductor(0), 350.0, 20e-6, NEAR, NEAR);
    let clocks = [
        (2_000.0, 100e-6, (1.0, 60.0), NEAR),
        (-2_000.0, -100e-6, NEAR, (2.0, 200.0)),
        (0.0, 0.0, (40.0, 45.0), (5.0, 6.0)),
    ];
    for (number, (offset, drift, there, back)) in (1..).zip(clocks) {
        net.add(generator(number, 0), offset, drift, there, back);
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
    let stranger = Link::new(&joining(2), member(66), Loading(0), None);
    let stranger = net.add(stranger, 0.0, 0.0, NEAR, NEAR);
    net.run(5_000.0);
    assert!(
        !events(&mut net, stranger).iter().any(|event| matches!(event, LinkEvent::Arrived(_) | LinkEvent::Card(_)))
    );
    assert!(!events(&mut net, CONDUCTOR).contains(&LinkEvent::Arrived(session(66))));
}

/// Whoever has the conductor's own link: he is the conductor, too.
#[test]
fn the_conductor_s_link_hands_the_swarm_over_and_the_page_before_hears_of_it() {
    let mut net = swarm(1);
    (0..2).for_each(|node| drop(net.told(node)));
    let later = net.add(conductor(5), 0.0, 0.0, NEAR, NEAR);
    net.run(3_000.0);
    assert!(events(&mut net, CONDUCTOR).contains(&LinkEvent::Rival));
    assert!(events(&mut net, later).contains(&LinkEvent::Rival), "both go on speaking");
    say(&mut net, CONDUCTOR, "obey me");
    net.command(later, LinkCommand::Say { to: Some(session(1)), message: b"no, me".to_vec() });
    net.run(3_000.0);
    assert_eq!(messages(&mut net, GENERATOR), ["no, me"]);
}

#[test]
fn a_conductor_s_page_that_is_loaded_anew_has_no_rival() {
    let mut net = swarm(1);
    net.reload(CONDUCTOR, conductor(1));
    net.run(5_000.0);
    assert!(!events(&mut net, CONDUCTOR).contains(&LinkEvent::Rival));
}

#[test]
fn a_watcher_sees_the_run_and_says_nothing() {
    let mut net = swarm(1);
    net.told(CONDUCTOR);
    let keys = follow(&Invite::new(conducting(1), "ws://broker").expect("it is an address").to_watch());
    let watcher = net.add(Link::new(&keys, member(9), Loading(0), None), 0.0, 0.0, NEAR, NEAR);
    net.command(CONDUCTOR, LinkCommand::Card(b"the offer".to_vec()));
    net.run(2_000.0);
    say(&mut net, CONDUCTOR, "an order");
    net.command(CONDUCTOR, LinkCommand::Show(b"the run".to_vec()));
    net.command(watcher, LinkCommand::Say { to: None, message: b"let me play".to_vec() });
    net.command(watcher, LinkCommand::Show(b"all is well".to_vec()));
    net.run(2_000.0);
    let told = events(&mut net, watcher);
    assert!(told.contains(&LinkEvent::Card(b"the offer".to_vec())), "{told:?}");
    assert!(told.contains(&LinkEvent::Live(b"the run".to_vec())), "{told:?}");
    assert!(!told.iter().any(|event| matches!(event, LinkEvent::Message { .. } | LinkEvent::Away(_))), "{told:?}");
    assert!(!events(&mut net, CONDUCTOR).contains(&LinkEvent::Arrived(session(9))));
    assert!(!events(&mut net, GENERATOR).contains(&LinkEvent::Live(b"all is well".to_vec())));
    net.run(1_000.0);
    assert!(refused(&mut net, GENERATOR).forged > 0);
    // It knows when nobody conducts any more, and when somebody does again.
    net.cut(CONDUCTOR, true);
    net.run(4_000.0);
    assert!(events(&mut net, watcher).contains(&LinkEvent::Away(conductor_session())));
    net.cut(CONDUCTOR, false);
    net.run(8_000.0);
    assert!(events(&mut net, watcher).contains(&LinkEvent::Back(conductor_session())));
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
