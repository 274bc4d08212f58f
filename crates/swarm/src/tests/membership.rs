//! Pages that come into a swarm, lose their links, and are loaded anew.

use super::*;
use crate::consent::Decision;
use crate::key::Keys;
use crate::message::{Consent, ToGenerator};
use crate::secret::Secret;
use plan::Limits;

const BUILD: &str = "00c0ffee";

fn page(keys: &Keys, remembered: Remembered) -> Membership {
    let card = Card {
        name: "Kim".to_owned(),
        browser: "Chromium 156".to_owned(),
        cores: 2,
        sockets: 250,
        only_watches: false,
        consent: Consent::Asked,
        offer: 0,
        playing: None,
        build: BUILD.to_owned(),
    };
    let entrance = Entrance {
        invite: Invite::new(keys.clone(), "wss://broker.test/mqtt").expect("an address of a broker"),
        credentials: None,
        card,
        bounds: Bounds { limits: Limits::default(), users: 250 },
        signer: Signer::new(Secret::new([9; 32])),
        loading: Loading(3),
        remembered,
    };
    Membership::enter(entrance).0
}

fn conductor() -> Membership {
    page(&Keys::to_conduct(Secret::new([1; 32])), Remembered::default())
}

fn joining() -> Keys {
    let link = conductor().invite().to_join().expect("who conducts invites");
    Invite::read(&link).expect("a link").expect("that was just written").keys
}

fn outputs(page: &mut Membership) -> Vec<MemberOutput> {
    std::iter::from_fn(|| page.poll()).collect()
}

#[track_caller]
fn fed(page: &mut Membership, now_ms: f64, input: MemberInput) -> Vec<MemberOutput> {
    page.handle(now_ms, input);
    outputs(page)
}

fn event(event: LinkEvent) -> MemberInput {
    MemberInput::Link(FromLink::Event(event))
}

/// The loading that a link is opened as, if one is.
fn opened(outputs: &[MemberOutput]) -> Option<Loading> {
    outputs.iter().find_map(|output| match output {
        MemberOutput::Link(ToLink::Open(open)) => Some(open.loading),
        _ => None,
    })
}

#[test]
fn a_link_that_dies_is_started_anew_as_another_loading() {
    for keys in [Keys::to_conduct(Secret::new([1; 32])), joining()] {
        let mut page = page(&keys, Remembered::default());
        let ready = || MemberInput::Link(FromLink::Ready { build: BUILD.to_owned() });
        assert_eq!(opened(&fed(&mut page, 0.0, ready())), Some(Loading(3)));
        fed(&mut page, 10.0, event(LinkEvent::Connected));
        assert_eq!((page.is_connected(), page.trouble()), (true, None));

        let died = fed(&mut page, 20.0, MemberInput::LinkDied("a panic".to_owned()));
        assert!(died.contains(&MemberOutput::Revive { after_ms: 250 }), "{died:?}");
        assert_eq!(page.trouble(), Some("the link broke: a panic; a new one is being started"));
        let again = fed(&mut page, 21.0, MemberInput::Link(FromLink::Failed { message: "a panic".to_owned() }));
        assert!(!again.iter().any(|output| matches!(output, MemberOutput::Revive { .. })), "{again:?}");

        let refused = fed(&mut page, 270.0, MemberInput::NotRevived("no more workers".to_owned()));
        assert!(refused.contains(&MemberOutput::Revive { after_ms: 500 }), "{refused:?}");
        fed(&mut page, 770.0, MemberInput::Revived(Loading(4)));
        assert_eq!(opened(&fed(&mut page, 780.0, ready())), Some(Loading(4)));
        fed(&mut page, 790.0, event(LinkEvent::Connected));
        assert_eq!(page.trouble(), Some("the link broke: no more workers; a new one was started"));
        fed(&mut page, 90_000.0, event(LinkEvent::Tick(Traffic::default())));
        assert_eq!(page.trouble(), None, "after a minute of calm nobody needs to know");
    }
}

#[test]
fn a_generator_whose_link_is_dead_hears_that_time_passes_all_the_same() {
    let mut page = page(&joining(), Remembered::default());
    fed(&mut page, 0.0, event(LinkEvent::Connected));
    let is_alone = |page: &Membership| match page.side() {
        Side::Generator(generator) => generator.is_alone(),
        _ => panic!("a generator"),
    };
    fed(&mut page, 10.0, MemberInput::LinkDied("a panic".to_owned()));
    assert!(is_alone(&page), "its conductor is out of reach");
}

#[test]
fn a_part_is_written_down_before_its_workers_start_and_again_when_they_go() {
    let mut page = page(&joining(), Remembered::default());
    page.pass_on(GeneratorOutput::Spawn { workers: 2 });
    page.pass_on(GeneratorOutput::Keep { number: 5, part: vec![1] });
    page.pass_on(GeneratorOutput::Forget { below: 5 });
    page.pass_on(GeneratorOutput::Forget { below: 0 });
    page.pass_on(GeneratorOutput::Dismiss);
    let note = |kind, number, note| MemberOutput::Note { kind, number, note, taken: Vec::new() };
    let expected = [
        note(NoteKind::Playing, 0, pack(&("", 2_u32))),
        MemberOutput::Spawn { workers: 2 },
        note(NoteKind::Part, 5, vec![1]),
        // The last one stays: it says where the count was.
        MemberOutput::Forget { kind: NoteKind::Part, below: 4 },
        MemberOutput::Forget { kind: NoteKind::Part, below: 0 },
        MemberOutput::Dismiss,
        note(NoteKind::Playing, 0, pack(&("", 0_u32))),
    ];
    assert_eq!(outputs(&mut page), expected);
}

#[test]
fn a_generator_that_is_loaded_anew_goes_on_with_the_parts_that_may_be_nowhere_else() {
    let remembered = |run: &str| Remembered {
        playing: vec![(0, pack(&(run, 2_u32)))],
        parts: vec![(4, vec![4]), (5, vec![5])],
        ..Remembered::default()
    };
    let resumed = |run: &str| match page(&joining(), remembered(run)).side {
        Side::Generator(generator) => (generator.run().map(str::to_owned), generator.unkept()),
        _ => panic!("a generator"),
    };
    // Behind those two it says that its workers are gone.
    assert_eq!(resumed("k3f"), (Some("k3f".to_owned()), 3));
    assert_eq!(resumed(""), (None, 0), "its workers had gone");
    let damaged =
        Remembered { playing: vec![(0, vec![0xff, 0xff])], agreed: vec![(0, vec![0xc1])], ..Remembered::default() };
    assert!(!page(&joining(), damaged).plays_a_part());
}

#[test]
fn what_an_operator_has_agreed_to_outlives_a_reload() {
    let offer = Offer { number: 1, users: 5, build: BUILD.to_owned(), ..Offer::default() };
    let offered =
        || event(LinkEvent::Message { from: SessionId(5), message: pack(&ToGenerator::Offer(offer.clone())) });
    let consent = |page: &Membership| match page.side() {
        Side::Generator(generator) => generator.card().consent.clone(),
        _ => panic!("a generator"),
    };
    let mut first = page(&joining(), Remembered::default());
    fed(&mut first, 0.0, offered());
    assert_eq!(consent(&first), Consent::Asked);
    first.generate(|own| own.decide(Decision { allows: true, offer: 1, samples: true }));
    let noted = outputs(&mut first).into_iter().find_map(|output| match output {
        MemberOutput::Note { kind: NoteKind::Agreed, note, .. } => Some(note),
        _ => None,
    });
    let agreed = vec![(0, noted.expect("it is written down"))];
    let mut anew = page(&joining(), Remembered { agreed, ..Remembered::default() });
    fed(&mut anew, 0.0, offered());
    assert_eq!(consent(&anew), consent(&first));
    assert_ne!(consent(&anew), Consent::Asked, "nobody is asked the same again");
}

#[test]
fn a_worker_that_broke_is_let_go() {
    let mut page = page(&joining(), Remembered::default());
    let died = fed(&mut page, 0.0, MemberInput::WorkerDied { worker: 1, why: "out of memory".to_owned() });
    assert!(died.contains(&MemberOutput::Discard { worker: 1 }), "{died:?}");
}

#[test]
fn the_others_may_forget_what_the_conductor_has_written_down() {
    let mut page = conductor();
    page.conductor_mut().expect("it conducts").begin("k3f".to_owned(), vec![Some(SessionId(5))]);
    outputs(&mut page);
    page.write_down(7, vec![1, 2], vec![(SessionId(5), 9)]);
    let [MemberOutput::Note { kind: NoteKind::Journal, number: 7, taken, .. }] = &outputs(&mut page)[..] else {
        panic!("one note")
    };
    assert_eq!(*taken, [(SessionId(5), 9)]);
    let noted = MemberInput::Noted { taken: taken.clone(), unkept: Some("the disk is full".to_owned()) };
    let told = fed(&mut page, 0.0, noted);
    assert!(matches!(&told[..], [MemberOutput::Link(ToLink::Command(_))]), "{told:?}");
    assert_eq!(page.trouble(), Some("the disk is full"));
    fed(&mut page, 0.0, MemberInput::Unsent("the worker is gone".to_owned()));
    assert_eq!(page.trouble(), Some("the worker is gone"), "what is wrong now comes first");
    page.forget_journal(3);
    assert_eq!(outputs(&mut page), [MemberOutput::Forget { kind: NoteKind::Journal, below: 3 }]);
}

#[test]
fn a_tick_of_the_link_is_one_of_the_run() {
    let told = fed(&mut conductor(), 0.0, event(LinkEvent::Tick(Traffic::default())));
    assert!(told.contains(&MemberOutput::Run(RunInput::Tick)), "{told:?}");
}
