use proptest::prelude::*;

use super::super::secret::Secret;
use super::*;

fn swarm(byte: u8) -> Keys {
    Keys::to_conduct(Secret::new([byte; 32]))
}

/// What its link to join brings along.
fn joining(keys: &Keys) -> Keys {
    Keys::to_join(keys.join().expect("it conducts").clone(), keys.conductor())
}

fn watching(keys: &Keys) -> Keys {
    Keys::to_watch(keys.watch().clone(), keys.conductor())
}

fn member(byte: u8) -> Signer {
    Signer::new(Secret::new([byte; 32]))
}

fn sealer(loading: u64) -> Sealer {
    Sealer::new(&joining(&swarm(1)), member(5), Loading(loading))
}

fn conductors(loading: u64) -> Sealer {
    Sealer::new(&swarm(1), swarm(1).signer().expect("it conducts"), Loading(loading))
}

impl Sealer {
    fn must(&mut self, topic: &str, packet: &[u8]) -> Vec<u8> {
        self.seal(topic, packet).expect("its keys go so far")
    }
}

fn topic() -> String {
    swarm(1).topics().conductor()
}

/// One who is admitted with the first thing that it says.
#[track_caller]
fn check(opener: &mut Opener, sealed: &[u8], expected: Result<&[u8], Refusal>) {
    let opened = opener.open(&topic(), sealed).inspect(|opened| {
        if opened.is_new {
            opener.admit(opened);
        }
    });
    let packet = opened.map(|opened| opened.packet);
    assert_eq!(packet.as_deref().map_err(|refusal| *refusal), expected);
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes: Vec<u8>, version in 0..4u8) {
        let bytes = [&[version], bytes.as_slice()].concat();
        let mut opener = Opener::new(&swarm(1));
        prop_assert!(opener.open(&topic(), &bytes).is_err());
        prop_assert!(opener.open_retained(&topic(), &bytes).is_err());
        prop_assert!(Safe::new(&member(1), [0; 16]).unlock("t", &bytes).is_err());
    }
}

#[test]
fn what_is_sealed_is_opened_once() {
    let (mut sealer, mut opener) = (sealer(0), Opener::new(&swarm(1)));
    let [a, b, c] = ["a", "b", "c"].map(|text| sealer.must(&topic(), text.as_bytes()));
    check(&mut opener, &a, Ok(b"a"));
    check(&mut opener, &a, Err(Refusal::Replay));
    check(&mut opener, &c, Ok(b"c"));
    check(&mut opener, &b, Ok(b"b"));
    check(&mut opener, &b, Err(Refusal::Replay));
    for _ in 0..100 {
        check(&mut opener, &sealer.must(&topic(), b"more"), Ok(b"more"));
    }
    check(&mut opener, &c, Err(Refusal::Replay));
}

#[test]
fn what_is_not_of_this_swarm_is_refused() {
    let sealed = sealer(0).must(&topic(), b"a");
    check(&mut Opener::new(&swarm(2)), &sealed, Err(Refusal::Key));
    let mut opener = Opener::new(&swarm(1));
    for elsewhere in ["elsewhere", &swarm(1).topics().generator(SessionId(5)), &swarm(1).topics().live()] {
        assert_eq!(opener.open(elsewhere, &sealed), Err(Refusal::Key));
    }
    for at in 1..sealed.len() {
        let mut tampered = sealed.clone();
        tampered[at] ^= 1;
        let refusal = opener.open(&topic(), &tampered).expect_err("it was tampered with");
        assert!([Refusal::Key, Refusal::Malformed].contains(&refusal), "byte {at}: {refusal}");
    }
    let mut old = sealed.clone();
    old[0] = 1;
    check(&mut opener, &old, Err(Refusal::Version));
    check(&mut opener, &[], Err(Refusal::Malformed));
    check(&mut opener, &sealed[..72], Err(Refusal::Malformed));
    check(&mut opener, &sealed[..82], Err(Refusal::Key));
    check(&mut opener, &sealed, Ok(b"a"));
}

#[test]
fn an_earlier_loading_has_nothing_to_say_any_more() {
    let (mut before, mut after) = (sealer(0), sealer(1));
    let (first, late) = (before.must(&topic(), b"first"), before.must(&topic(), b"late"));
    let mut opener = Opener::new(&swarm(1));
    check(&mut opener, &first, Ok(b"first"));
    check(&mut opener, &after.must(&topic(), b"again"), Ok(b"again"));
    check(&mut opener, &late, Err(Refusal::Replay));
    assert_eq!(opener.open_retained(&topic(), &late), Err(Refusal::Replay));
    let retained = after.must(&topic(), b"beacon");
    for _ in 0..2 {
        let opened = opener.open_retained(&topic(), &retained).map(|opened| opened.packet);
        assert_eq!(opened, Ok(b"beacon".to_vec()));
    }
}

/// A member knows every key but the private halves of the others.
#[test]
fn a_member_poses_as_nobody_else() {
    let (keys, topics) = (swarm(1), swarm(1).topics());
    let liar = || Sealer::new(&joining(&keys), member(9), Loading(100));
    let mut generators = Opener::new(&joining(&keys));
    let mut conductor = Opener::new(&keys);
    for topic in [topics.beacon(), topics.live(), topics.generator(SessionId(7))] {
        let own_name = liar().must(&topic, b"obey me");
        let conductor_s_name = liar().posing_as(Some(keys.conductor())).must(&topic, b"obey me");
        for forged in [own_name, conductor_s_name] {
            assert_eq!(generators.open(&topic, &forged), Err(Refusal::Forged), "{topic}");
            assert_eq!(generators.open_retained(&topic, &forged), Err(Refusal::Forged), "{topic}");
        }
        let mut honest = conductors(0);
        let said = honest.must(&topic, b"mine");
        assert_eq!(generators.open(&topic, &said).map(|opened| opened.packet), Ok(b"mine".to_vec()), "{topic}");
    }
    // Another member's part, or last will: also once that one is known, and without using its numbers up.
    let mut victim = sealer(0);
    check(&mut conductor, &victim.must(&topic(), b"here"), Ok(b"here"));
    for topic in [topics.conductor(), topics.will()] {
        let forged = liar().posing_as(Some(member(5).public())).must(&topic, b"its part");
        assert_eq!(conductor.open(&topic, &forged), Err(Refusal::Forged), "{topic}");
    }
    check(&mut conductor, &victim.must(&topic(), b"part"), Ok(b"part"));
}

/// What somebody has said cannot be sealed anew for another place, number or swarm.
#[test]
fn a_signature_is_good_for_one_message() {
    let keys = swarm(1);
    let said = sealer(3).must(&topic(), b"a");
    let plain = {
        let nonce = XNonce::from(*said[49..73].first_chunk().expect("24 bytes"));
        let payload = Payload { msg: &said[73..], aad: &[&said[..49], topic().as_bytes()].concat() };
        Ciphers::new(&keys).of(&topic()).expect("it conducts").decrypt(&nonce, payload).expect("a member can open it")
    };
    let again = |topic: &str, loading: u64, number: u64, keys: &Keys| {
        let numbers = [loading, number].map(u64::to_le_bytes);
        let head = [&[VERSION], member(5).public().bytes().as_slice(), numbers.as_flattened()].concat();
        let payload = Payload { msg: &plain, aad: &[&head, topic.as_bytes()].concat() };
        let ciphers = Ciphers::new(keys);
        let sealed = ciphers.of(topic).expect("it conducts").encrypt(&XNonce::default(), payload).expect("it is short");
        [head.as_slice(), &[0; NONCE], &sealed].concat()
    };
    let (will, other) = (keys.topics().will(), swarm(2));
    let open =
        |topic: &str, keys: &Keys, sealed: &[u8]| Opener::new(keys).open(topic, sealed).map(|opened| opened.number);
    assert_eq!(open(&topic(), &keys, &again(&topic(), 3, 0, &keys)), Ok(0), "it is the same message");
    for (moved, topic, keys) in [
        (again(&will, 3, 0, &keys), &will, &keys),
        (again(&topic(), 4, 0, &keys), &topic(), &keys),
        (again(&topic(), 3, 1, &keys), &topic(), &keys),
        (again(&other.topics().conductor(), 3, 0, &other), &other.topics().conductor(), &other),
    ] {
        assert_eq!(open(topic, keys, &moved), Err(Refusal::Forged));
    }
}

#[test]
fn a_watcher_sees_what_everybody_may_and_says_nothing() {
    let (keys, topics) = (swarm(1), swarm(1).topics());
    let mut opener = Opener::new(&watching(&keys));
    for topic in [topics.beacon(), topics.live()] {
        assert!(opener.open(&topic, &conductors(0).must(&topic, b"seen")).is_ok());
    }
    for topic in [topics.generator(SessionId(7)), topics.conductor()] {
        assert_eq!(opener.open(&topic, &conductors(0).must(&topic, b"secret")), Err(Refusal::Key), "{topic}");
        assert_eq!(Sealer::new(&watching(&keys), member(9), Loading(0)).seal(&topic, b"x"), None, "{topic}");
    }
    // It has the key of what everybody sees: its own words there are nobody's.
    let forged = Sealer::new(&watching(&keys), member(9), Loading(0)).must(&topics.live(), b"all is well");
    assert_eq!(Opener::new(&joining(&keys)).open(&topics.live(), &forged), Err(Refusal::Forged));
}

/// Tabs that were duplicated, with a random source that gave both the same: all that they share is the key and the numbers.
#[test]
fn no_nonce_comes_twice_for_two_messages() {
    let nonce = |sealed: &[u8]| sealed[49..73].to_vec();
    let [mut one, mut other] = [sealer(3), sealer(3)];
    assert_eq!(one.must(&topic(), b"same"), other.must(&topic(), b"same"));
    let mut nonces = std::collections::HashSet::new();
    for text in ["a", "b"] {
        assert!(nonces.insert(nonce(&one.must(&topic(), text.as_bytes()))));
        assert!(nonces.insert(nonce(&other.must(&topic(), text.to_uppercase().as_bytes()))));
    }
    assert!(nonces.insert(nonce(&sealer(3).must(&swarm(1).topics().will(), b"same"))), "another topic");
    assert!(nonces.insert(nonce(&sealer(4).must(&topic(), b"same"))), "another loading");
    let another = Sealer::new(&joining(&swarm(1)), member(6), Loading(3)).must(&topic(), b"same");
    assert!(nonces.insert(nonce(&another)), "another member");
}

#[test]
fn notes_are_opened_by_the_tab_that_wrote_them_and_in_their_place() {
    let mut safe = Safe::new(&member(1), [3; 16]);
    let (a, b) = (safe.lock("a", b"note"), safe.lock("a", b"note"));
    assert_ne!(a, b);
    let again = Safe::new(&member(1), [4; 16]);
    assert_eq!(again.unlock("a", &a), Ok(b"note".to_vec()));
    assert_eq!(again.unlock("b", &a), Err(Refusal::Key));
    assert_eq!(Safe::new(&member(2), [3; 16]).unlock("a", &a), Err(Refusal::Key), "another member");
    assert_eq!(again.unlock("a", &a[..20]), Err(Refusal::Malformed));
}
