use std::collections::BTreeSet;

use super::*;

#[track_caller]
fn check(name: &str, metric: Metric, whose: &str) {
    assert_eq!(Metric::read(name), Named { metric, whose }, "{name}");
}

#[test]
fn names_tell_what_was_measured_and_whose_it_is() {
    check("rest.login", Metric::Operation, "rest.login");
    check("connect", Metric::Connect, "connect");
    check("message.round_trip", Metric::RoundTrip, "message");
    check("message.ack", Metric::Ack, "message");
    check("message.round_trip.intended", Metric::RoundTripIntended, "message");
    check("message.fanout", Metric::Fanout, "message");
    check("message.completion.last", Metric::CompletionLast, "message");
    check("connect.slot_wait", Metric::ConnectSlotWait, "connect.slot_wait");
    check("worker.lag", Metric::WorkerLag, "worker.lag");
    check("answer.first_audio", Metric::FirstAudio, "answer");
    check("answer.first_audio.turn_9_on", Metric::FirstAudioOfTurn, "answer");
    check("answer.first_audio.from_stopped", Metric::FirstAudioFromStopped, "answer");
    check("speak", Metric::Operation, "speak");
    check("speak.barge_in_stop", Metric::BargeInStop, "speak");
    check("audio.gap", Metric::AudioGap, "audio.gap");
    // Ends alike, and is nothing of the engine's.
    check("lobby.slot_wait", Metric::Operation, "lobby.slot_wait");
    check("well.intended", Metric::Operation, "well.intended");
    check(".ack", Metric::Operation, ".ack");
    check("", Metric::Operation, "");
}

#[test]
fn every_name_is_read_as_what_it_was_made_of() {
    for &metric in Metric::ALL.iter().filter(|metric| !metric.name().is_empty()) {
        let name = if metric == Metric::FirstAudioOfTurn { Metric::of_turn("a.b", 2) } else { metric.of("a.b") };
        let whose = if matches!(metric.definition().name, Name::Whole(_)) { metric.name() } else { "a.b" };
        check(&name, metric, whose);
    }
    for &counter in Counter::ALL {
        let name = counter.of("a.b");
        assert_eq!(Counter::read(&name).map(|(found, _)| found), Some(counter), "{name}");
    }
    assert_eq!(
        (Metric::of_turn("a", 8), Metric::of_turn("a", 9)),
        ("a.first_audio.turn_8".into(), "a.first_audio.turn_9_on".into())
    );
}

#[test]
fn no_name_stands_twice() {
    let names = Metric::ALL.iter().map(|metric| metric.definition());
    let names = names.chain(Counter::ALL.iter().map(|counter| counter.definition()));
    let names = names.chain(Figure::ALL.iter().map(|figure| figure.definition()));
    let mut known = BTreeSet::new();
    for definition in names.filter(|definition| !definition.name.fixed().is_empty()) {
        assert!(known.insert(definition.name.fixed()), "{} stands twice", definition.name.shown());
        assert!(!definition.help.is_empty() && !definition.since.is_empty(), "{}", definition.name.shown());
    }
}

#[test]
fn the_generators_own_is_never_held_against_itself() {
    let own = Metric::ALL.iter().filter(|metric| metric.definition().kind == MetricKind::Generator);
    let own: Vec<_> = own.inspect(|metric| assert!(metric.definition().falsified_by.is_empty())).copied().collect();
    let expected = [
        Metric::RestSlotWait,
        Metric::ConnectSlotWait,
        Metric::PacingError,
        Metric::WorkerLag,
        Metric::AudioPacingError,
    ];
    assert_eq!(own, expected);
}

#[test]
fn what_begins_in_one_browser_and_ends_in_another_needs_two_clocks() {
    for metric in Metric::ALL.iter().map(|metric| metric.definition()) {
        let two = metric.clocks == Clocks::Two;
        assert_eq!(two, metric.falsified_by.contains(&Falsifier::Clocks), "{}", metric.name.shown());
    }
}

#[test]
fn operations_may_not_be_called_like_what_is_measured() {
    #[track_caller]
    fn check(name: &str, expected: Option<Reserved>) {
        assert_eq!(reserved(name), expected, "{name}");
    }
    for name in
        ["connect", "connect.x", "audio", "audio.x", "frame", "finish", "pacing.error", "worker.lag", "rest.slot_wait"]
    {
        check(name, Some(Reserved::Engines));
    }
    for ending in [".ack", ".round_trip", ".round_trip.intended", ".completion.last", ".barge_in_stop", ".incomplete"] {
        check(&format!("a{ending}"), Some(Reserved::EndsLike(ending)));
    }
    check("a.first_audio.turn_3", Some(Reserved::EndsLike(".first_audio.turn_")));
    for name in ["message", "rest.login", "connection", "frames", "turns", "a.first_audio.turn_", "a.acknowledge"] {
        check(name, None);
    }
}

#[test]
fn one_order_of_importance() {
    let mut names: Vec<String> = [
        "a.first_audio",
        "b.first_audio",
        "b.first_audio.turn_1",
        "connect",
        "join",
        "message.ack",
        "message.fanout",
        "message.round_trip",
    ]
    .map(str::to_owned)
    .to_vec();
    by_importance(&mut names);
    let expected = [
        "message.round_trip",
        "b.first_audio",
        "a.first_audio",
        "connect",
        "message.fanout",
        "b.first_audio.turn_1",
        "join",
        "message.ack",
    ];
    assert_eq!(names, expected);
    assert_eq!(most_important(["join", "connect"].into_iter()), Some("connect"));
    assert_eq!(most_important(["join"].into_iter()), None);
    assert_eq!(answer(names.iter().map(String::as_str)), Some("b.first_audio"));
    assert_eq!(answer(["a.first_audio"].into_iter()), None);
    first_audio(&mut names);
    // Nobody asks for a greeting by voice, whatever it is called: it has no turns.
    assert_eq!(names, ["b.first_audio", "a.first_audio", "b.first_audio.turn_1"]);
}

#[test]
fn words_of_the_docs_are_plain_elsewhere() {
    assert_eq!(plain("that time is [suspect](#verdict), `every` **due**"), "that time is suspect, every due");
    assert_eq!(plain("a [b"), "a [b");
}
