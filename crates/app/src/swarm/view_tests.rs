use super::*;
use swarm::{Keys, LinkEvent, Secret, SessionId};

#[test]
fn a_patience_survives_its_form() {
    for patience in PATIENCES {
        assert_eq!(patience_of(&patience_value(patience)), patience);
    }
    assert_eq!(patience_of("nonsense"), Patience::Seconds(8));
}

#[test]
fn somebody_who_lies_is_named_to_whom_it_concerns() {
    let refused = |forged| Refused { forged, replay: 7, ..Refused::default() };
    assert_eq!(forged(Role::Generator, refused(0)), None);
    let expected = "somebody with a link of this swarm poses as its conductor: 1 message was refused";
    assert_eq!(forged(Role::Generator, refused(1)).as_deref(), Some(expected));
    let text = forged(Role::Conductor, refused(2)).expect("there was one");
    assert!(text.contains("this conductor or another browser: 2 messages were refused"), "{text}");
}

#[test]
fn a_crowd_that_somebody_invented_pushes_nobody_who_plays_out_of_the_roster() {
    let mut conductor = Conductor::new("");
    let sessions = || (1..=1_100).map(SessionId);
    sessions().for_each(|session| conductor.on_event(LinkEvent::Arrived(session)));
    conductor.begin("k3f".into(), vec![Some(SessionId(1_099)), None, Some(SessionId(7))]);
    let (shown, unlisted) = listed(conductor.seats().collect());
    assert_eq!(shown.len(), 300);
    assert_eq!(shown[..3].iter().map(|seat| seat.session.0).collect::<Vec<_>>(), [7, 1_099, 1]);
    assert_eq!(unlisted, "800 more are not listed: none of them plays a part.");
    conductor.begin("k3g".into(), sessions().map(Some).collect());
    let (shown, unlisted) = listed(conductor.seats().collect());
    assert_eq!((shown.len(), unlisted.as_str()), (1_100, ""));
}

#[test]
fn a_swarm_without_its_broker_is_shown_as_none() {
    let keys = Keys::to_conduct(Secret::new([7; 32]));
    let invite = Invite::new(keys, "ws://127.0.0.1:1").expect("a good address");
    let facts = |is_connected| SwarmFacts {
        invite: &invite,
        name: "hall 1",
        is_connected,
        problem: None,
        only_watches: false,
        moves_parts: false,
        traffic: Traffic::default(),
    };
    let mut conductor = Conductor::new("");
    conductor.on_event(LinkEvent::Arrived(SessionId(1)));
    let own = Card {
        name: "hall 1".into(),
        browser: "Chromium 156".into(),
        cores: 4,
        sockets: 200,
        only_watches: false,
        consent: Consent::Given,
        offer: 0,
        playing: None,
        build: String::new(),
    };
    for (is_connected, mood) in [(true, Mood::Good), (false, Mood::Bad)] {
        let view = SwarmView::of_conductor(&facts(is_connected), &conductor, &own, None, Some(10));
        assert_eq!(view.capacity.1, mood, "{}", view.capacity.0);
        let is_good = |row: &Row| row.cells.iter().any(|cell| cell.mood == Mood::Good);
        assert!(is_connected || !view.roster.iter().any(is_good));
    }
}

#[test]
fn clocks_stand_with_their_sign_and_their_bound() {
    #[track_caller]
    fn check(offset: f64, expected: &str) {
        assert_eq!(clock(Offset { offset, bound: 0.5, round_trip: 1.0 }), expected);
    }
    // The conductor's clock shows more than this browser's, so this one shows less.
    check(1.6, "−1.6\u{a0}ms ± 500\u{a0}µs");
    check(-2_000.0, "2\u{a0}s ± 500\u{a0}µs");
    check(0.0, "0\u{a0}µs ± 500\u{a0}µs");
}
