//! Members of a swarm who lie: what the one can do that has the link to join and everything that was ever said.

use swarm::*;
use testkit::SwarmNet;

const CONDUCTOR: usize = 0;
const GENERATOR: usize = 1;
const NEAR: (f64, f64) = (1.0, 4.0);

fn conducting() -> Keys {
    Keys::to_conduct(Secret::new([1; 32]))
}

fn joining() -> Keys {
    let invite = Invite::new(conducting(), "ws://broker").expect("it is an address");
    let link = invite.to_join().expect("it conducts");
    Invite::read(&link).expect("it is one").expect("it can be followed").keys
}

fn member(number: u32) -> Signer {
    let mut seed = [9; 32];
    seed[..4].copy_from_slice(&number.to_le_bytes());
    Signer::new(Secret::new(seed))
}

fn session(number: u32) -> SessionId {
    member(number).session()
}

fn generator(number: u32) -> Link {
    Link::new(&joining(), member(number), Loading(0), None)
}

/// A conductor and one generator, connected; nothing of it is new any more.
fn swarm() -> SwarmNet {
    let mut net = SwarmNet::new(5);
    let signer = conducting().signer().expect("it conducts");
    net.add(Link::new(&conducting(), signer, Loading(0), None), 0.0, 0.0, NEAR, NEAR);
    net.add(generator(1), 0.0, 0.0, NEAR, NEAR);
    net.run(3_000.0);
    (0..2).for_each(|node| drop(net.told(node)));
    net
}

fn conductor() -> Peer {
    Peer { session: conducting().conductor().session(), loading: Loading(0) }
}

/// What a member seals, under its own name or another's.
struct Liar(Sealer);

impl Liar {
    /// `as_whom`: whose name it gives; its own, if it has none better.
    fn new(as_whom: Option<PublicKey>, loading: u64) -> Self {
        Self(Sealer::new(&joining(), member(66), Loading(loading)).posing_as(as_whom))
    }

    fn says(&mut self, net: &mut SwarmNet, topic: &str, to: Option<Peer>, body: PacketBody) {
        let sealed = self.0.seal(topic, &SwarmPacket { to, body }.encode()).expect("a member has the key");
        net.inject(topic, &sealed);
    }
}

/// The number of the conductor's last beacon, which every member hears.
fn last_beacon(net: &SwarmNet) -> u64 {
    let topic = conducting().topics().beacon();
    let (_, payload) = net.seen.iter().rev().find(|(seen, _)| *seen == topic).expect("it is said once a second");
    Opener::new(&joining()).open_retained(&topic, payload).expect("a member can open it").number
}

/// Somebody's first question.
fn ask(keys: &Keys, number: u32, beacon: u64) -> Vec<u8> {
    let packet = SwarmPacket { to: Some(conductor()), body: PacketBody::Ask { connection: 1, asked: 0.0, beacon } };
    let mut sealer = Sealer::new(keys, member(number), Loading(0));
    sealer.seal(&keys.topics().conductor(), &packet.encode()).expect("a member has the key")
}

fn events(net: &mut SwarmNet, node: usize) -> Vec<LinkEvent> {
    net.told(node).into_iter().map(|(_, event)| event).collect()
}

fn refused(events: &[LinkEvent]) -> Refused {
    let traffic = events.iter().rev().find_map(|event| match event {
        LinkEvent::Tick(traffic) => Some(*traffic),
        _ => None,
    });
    traffic.expect("time has passed").refused
}

fn heard(events: &[LinkEvent], text: &str) -> bool {
    events.iter().any(|event| matches!(event, LinkEvent::Message { message, .. } if message == text.as_bytes()))
}

fn data(text: &str) -> PacketBody {
    let mut out = Outgoing::default();
    out.push(text.as_bytes());
    PacketBody::Data(out.poll(0.0).expect("it is to be sent").clone())
}

/// Issue 11: the generator believed it, refused the real one's messages as replays, and nobody was told.
#[test]
fn a_third_member_s_beacon_and_orders_are_refused_and_counted() {
    for as_whom in [None, Some(conducting().conductor())] {
        let mut net = swarm();
        let topics = conducting().topics();
        let mut liar = Liar::new(as_whom, 1_000);
        let to = Some(Peer { session: session(1), loading: Loading(0) });
        let orders = topics.generator(session(1));
        liar.says(&mut net, &topics.beacon(), None, PacketBody::Beacon { card: b"my plan".to_vec() });
        liar.says(&mut net, &orders, to, PacketBody::Answer { asked: 0.0, heard: 9e9, answered: 9e9 });
        liar.says(&mut net, &orders, to, data("obey me"));
        liar.says(&mut net, &topics.live(), None, PacketBody::Live { picture: b"all is well".to_vec() });
        net.run(2_000.0);
        let told = events(&mut net, GENERATOR);
        let harm = |event: &LinkEvent| match event {
            LinkEvent::Card(card) => card == b"my plan",
            LinkEvent::Clock(offset) => offset.offset.abs() > 1_000.0,
            LinkEvent::Arrived(_) | LinkEvent::Message { .. } | LinkEvent::Live(_) => true,
            _ => false,
        };
        assert!(!told.iter().any(harm), "{told:?}");
        assert_eq!(refused(&told).forged, 4, "as {as_whom:?}");
        // The conductor hears of the beacon, and is heard as before.
        assert!(refused(&events(&mut net, CONDUCTOR)).forged > 0);
        net.command(CONDUCTOR, LinkCommand::Say { to: Some(session(1)), message: b"an order".to_vec() });
        net.run(2_000.0);
        let told = events(&mut net, GENERATOR);
        assert!(heard(&told, "an order") && refused(&told).replay == 0, "{told:?}");
    }
}

#[test]
fn a_member_s_part_and_goodbye_in_another_one_s_name_are_refused_and_counted() {
    let mut net = swarm();
    let topic = conducting().topics().conductor();
    let mut liar = Liar::new(Some(member(1).public()), 0);
    // Numbers that the true one has not used yet.
    (0..100).for_each(|_| drop(liar.0.seal(&topic, b"")));
    liar.says(&mut net, &topic, Some(conductor()), data("its part"));
    liar.says(&mut net, &topic, Some(conductor()), PacketBody::Ask { connection: 99, asked: 0.0, beacon: u64::MAX });
    let gone = SwarmPacket { to: None, body: PacketBody::Gone { connection: u32::MAX } };
    let will = liar.0.seal(&conducting().topics().will(), &gone.encode()).expect("a member has the key");
    net.inject(&topic, &will);
    // Its page loaded anew, as it would seem.
    Liar::new(Some(member(1).public()), 9).says(
        &mut net,
        &topic,
        Some(conductor()),
        PacketBody::Ask { connection: 1, asked: 0.0, beacon: u64::MAX },
    );
    net.run(1_000.0);
    let told = events(&mut net, CONDUCTOR);
    assert!(!told.iter().any(|event| !matches!(event, LinkEvent::Tick(_))), "{told:?}");
    assert_eq!(refused(&told).forged, 4);
    net.command(GENERATOR, LinkCommand::Say { to: None, message: b"the true part".to_vec() });
    net.run(1_000.0);
    let told = events(&mut net, CONDUCTOR);
    assert!(heard(&told, "the true part") && refused(&told).replay == 0, "{told:?}");
}

/// Everything that was said, once more, and moved to every other topic.
#[test]
fn what_was_said_is_not_said_again_and_not_elsewhere() {
    let mut net = swarm();
    net.command(CONDUCTOR, LinkCommand::Say { to: Some(session(1)), message: b"an order".to_vec() });
    net.command(GENERATOR, LinkCommand::Say { to: None, message: b"a part".to_vec() });
    net.run(1_000.0);
    (0..2).for_each(|node| drop(net.told(node)));
    let topics = conducting().topics();
    for (_, payload) in net.seen.clone() {
        for topic in [topics.beacon(), topics.conductor(), topics.live(), topics.generator(session(1))] {
            net.inject(&topic, &payload);
        }
    }
    net.run(1_000.0);
    for node in [CONDUCTOR, GENERATOR] {
        let told = events(&mut net, node);
        let harm = |event: &LinkEvent| !matches!(event, LinkEvent::Tick(_) | LinkEvent::Clock(_));
        assert!(!told.iter().any(harm), "{told:?}");
        assert!(refused(&told).replay > 0 && refused(&told).key > 0, "{:?}", refused(&told));
    }
}

/// What a member can still do: come with many names. Nobody is locked out by it, and nobody who plays is forgotten.
#[test]
fn five_thousand_invented_members_lock_nobody_out() {
    let mut net = swarm();
    let topic = conducting().topics().conductor();
    net.command(CONDUCTOR, LinkCommand::Seated([session(1)].into()));
    net.add(generator(2), 0.0, 0.0, NEAR, NEAR);
    net.run(2_000.0);
    // One that is here, and plays nothing.
    assert!(events(&mut net, CONDUCTOR).contains(&LinkEvent::Arrived(session(2))));
    let (keys, said, mut beacon) = (joining(), net.seen.len(), last_beacon(&net));
    for invented in 0..5_000 {
        net.inject(&topic, &ask(&keys, 10_000 + invented, beacon));
        if invented % 500 == 499 {
            net.run(1_000.0);
            beacon = last_beacon(&net);
        }
    }
    let recorded = net.seen[said].clone();
    let told = events(&mut net, CONDUCTOR);
    let forgotten = told.iter().filter(|event| matches!(event, LinkEvent::Forgotten(_))).count();
    assert!(forgotten >= 3_900, "{forgotten} forgotten");
    for honest in [1, 2] {
        let gone = [LinkEvent::Forgotten(session(honest)), LinkEvent::Away(session(honest))];
        assert!(!told.iter().any(|event| gone.contains(event)), "member {honest} is kept");
    }
    // An honest one comes, the one who plays goes on, and what a forgotten one had said is not taken again.
    let late = net.add(generator(3), 0.0, 0.0, NEAR, NEAR);
    net.inject(&recorded.0, &recorded.1);
    net.run(3_000.0);
    for (node, text) in [(GENERATOR, "a part"), (late, "me too")] {
        net.command(node, LinkCommand::Say { to: None, message: text.as_bytes().to_vec() });
    }
    net.run(2_000.0);
    let told = events(&mut net, CONDUCTOR);
    assert!(told.contains(&LinkEvent::Arrived(session(3))) && heard(&told, "me too"), "the late one");
    assert!(heard(&told, "a part"), "the one who plays");
    assert!(!told.contains(&LinkEvent::Arrived(session(10_000))), "the forgotten one");
}

/// A question that names an old beacon was said before those fell silent who have been forgotten since. One that names a beacon
/// that was never said is a lie, which would stay fresh for ever.
#[test]
fn what_a_forgotten_member_had_said_is_not_taken_again() {
    let mut net = swarm();
    let (topic, keys) = (conducting().topics().conductor(), joining());
    let old = ask(&keys, 10, last_beacon(&net));
    net.inject(&topic, &old);
    net.inject(&topic, &ask(&keys, 11, u64::MAX));
    net.run(2_000.0);
    let told = events(&mut net, CONDUCTOR);
    assert!(told.contains(&LinkEvent::Arrived(session(10))) && !told.contains(&LinkEvent::Arrived(session(11))));
    assert_eq!(refused(&told).malformed, 1);
    let beacon = last_beacon(&net);
    (0..1_100).for_each(|invented| net.inject(&topic, &ask(&keys, 1_000 + invented, beacon)));
    net.run(1_000.0);
    assert!(events(&mut net, CONDUCTOR).contains(&LinkEvent::Forgotten(session(10))));
    net.inject(&topic, &old);
    net.run(1_000.0);
    let told = events(&mut net, CONDUCTOR);
    assert!(!told.contains(&LinkEvent::Arrived(session(10))));
    assert_eq!(refused(&told).replay, 1);
}

/// Longer than any part can be: it is lost, the page hears whose it was, and what comes after it is heard.
#[test]
fn a_message_without_end_is_lost_and_its_sender_known() {
    let mut net = swarm();
    for message in [vec![0; 17 * 1_024 * 1_024], b"a part".to_vec()] {
        net.command(GENERATOR, LinkCommand::Say { to: None, message });
    }
    net.run(12_000.0);
    let told = events(&mut net, CONDUCTOR);
    let lost = told.iter().filter(|event| **event == LinkEvent::Unheard(session(1))).count();
    assert_eq!((lost, refused(&told).malformed), (1, 1));
    assert!(heard(&told, "a part"));
    let messages = told.iter().filter(|event| matches!(event, LinkEvent::Message { .. }));
    assert_eq!(messages.count(), 1);
}
