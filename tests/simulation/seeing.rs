//! Seeing one user and acting for it, and what is kept of errors, closes and slow answers.

use base::time::{Span, Timestamp};
use engine::wire::{Act, Canary, CanaryReply, Seen, SeenFrame, Told};
use metrics::{Cause, ClosedBy, Report, UserId, Way};
use plan::Plan;
use run::RunInput;
use serde_json::json;
use testkit::{Faults, World};

use crate::support::{chat_plan, counter, errors, held, ledger, world};

const WATCHED: UserId = UserId::new(0, 2);

fn chat() -> World {
    let variables = json!({ "send_min_ms": 2_000, "send_max_ms": 4_000, "reaction_share": 0.3 });
    let mut world = world(chat_plan(held(6, 40), variables), Faults::default());
    world.play(Span::ZERO);
    world
}

fn play_to(world: &mut World, seconds: u64) {
    world.play_until(Timestamp::ZERO + Span::from_secs(seconds));
}

fn frames(world: &World) -> Vec<&SeenFrame> {
    world.seen.iter().flat_map(|seen| &seen.frames).collect()
}

fn told(world: &World) -> Vec<&Told> {
    world.seen.iter().flat_map(|seen| &seen.notes).map(|note| &note.told).collect()
}

/// Plays until the user is active, watched.
fn watching() -> World {
    let mut world = chat();
    play_to(&mut world, 8);
    world.command(RunInput::Watch(Some(WATCHED)));
    play_to(&mut world, 9);
    world
}

fn order(world: &mut World, order: Canary) {
    world.command(RunInput::Canary { user: WATCHED, order });
}

#[test]
fn nothing_is_told_of_anybody_unless_somebody_watches() {
    let mut world = chat();
    play_to(&mut world, 20);
    assert_eq!(world.seen, []);
}

#[test]
fn a_user_is_seen_whole_in_order_and_never_by_the_frame() {
    let mut world = watching();
    play_to(&mut world, 20);
    assert!(world.seen.iter().all(|seen| seen.user == WATCHED));
    // Four times a second, however many frames there are.
    assert!(world.seen.len() <= 4 * 12 + 1, "{}", world.seen.len());
    let numbers: Vec<u64> = frames(&world).iter().map(|seen| seen.number).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "{numbers:?}");
    assert!(frames(&world)[0].frame.at_s < 7.0, "what came before somebody watched was kept, too");
    let sight = world.seen.last().and_then(|seen| seen.sight.clone()).expect("it is there");
    assert_eq!((sight.rooms.len(), sight.connected, sight.taken), (1, true, false));
    let said = frames(&world).iter().filter(|seen| seen.frame.way == Way::In && seen.said.is_some()).count();
    assert!(said > 5, "{said} messages");
    world.command(RunInput::Watch(None));
    let seen = world.seen.len();
    play_to(&mut world, 30);
    assert_eq!(world.seen.len(), seen);
}

#[test]
fn whoever_leaves_is_said_to_be_gone_once() {
    let mut world = watching();
    play_to(&mut world, 100);
    let gone: Vec<&Seen> = world.seen.iter().filter(|seen| seen.sight.is_none()).collect();
    assert_eq!(gone.len(), 1);
    assert_eq!(world.seen.last(), gone.first().copied());
}

/// Voice guests, one of whom is taken over in the pause before it speaks for the first time.
fn talking() -> World {
    let plan = json!({
        "version": 1, "name": "simulated", "seed": 7, "handshakes_in_flight": 64,
        "populations": [{
            "name": "voices", "scenario": "voice-guest", "variables": { "turns": 2, "think_min_ms": 5_000, "think_max_ms": 5_000 },
            "load": { "model": "batch", "users": 3, "size": 3, "every_s": 1, "hold_s": 120 },
        }],
    });
    let plan = Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let mut world = World::new(plan, Vec::new(), 1, Span::from_millis(5), Faults::default());
    world.play(Span::ZERO);
    play_to(&mut world, 4);
    world.command(RunInput::Watch(Some(WATCHED)));
    order(&mut world, Canary::Take);
    world
}

/// What the watched user was told to have waited for first audio, in milliseconds.
fn first_audio(world: &World) -> Vec<f64> {
    let took = told(world).into_iter().filter_map(|told| match told {
        Told::Took { operation, what: CanaryReply::FirstAudio, micros } if operation == "answer" => {
            Some(*micros as f64 / 1e3)
        }
        _ => None,
    });
    took.collect()
}

#[test]
fn a_person_speaks_for_a_voice_user_and_its_conversation_goes_on_afterwards() {
    let mut world = talking();
    play_to(&mut world, 20);
    let sight = world.seen.last().and_then(|seen| seen.sight.clone()).expect("it is there");
    assert!(sight.taken && first_audio(&world).is_empty(), "its script is silent: {sight:?}");
    let clips: Vec<_> =
        sight.offers.iter().filter(|offer| offer.act == Act::Speak).map(|offer| &*offer.label).collect();
    assert!(clips.contains(&"order"), "{clips:?}");

    let turns = |world: &World| counter(world, "turns");
    let before = turns(&world);
    order(&mut world, Canary::Speak("order".into()));
    order(&mut world, Canary::Speak("weather".into()));
    play_to(&mut world, 40);
    assert!(
        told(&world).iter().any(|told| matches!(told, Told::Failed(text) if text == "by hand: it is still speaking"))
    );
    let [took] = first_audio(&world)[..] else { panic!("{:?}", first_audio(&world)) };
    assert!((100.0..5_000.0).contains(&took), "{took} ms");
    assert_eq!(turns(&world), before + 1);

    order(&mut world, Canary::Speak("no such clip".into()));
    order(&mut world, Canary::Release);
    play_to(&mut world, 90);
    assert!(told(&world).iter().any(|told| matches!(told, Told::Failed(text) if text == "by hand: no such clip")));
    assert_eq!(first_audio(&world).len(), 3, "both turns of its script follow");
    assert_eq!(errors(&world), Vec::<String>::new());
}

#[test]
fn every_piece_of_audio_is_counted_though_few_have_a_line_of_their_own() {
    let plan = json!({
        "version": 1, "name": "simulated", "seed": 7,
        "populations": [{
            "name": "voices", "scenario": "voice-guest",
            "load": { "model": "batch", "users": 1, "size": 1, "every_s": 1, "hold_s": 120 },
        }],
    });
    let plan = Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let mut world = World::new(plan, Vec::new(), 1, Span::from_millis(5), Faults::default());
    world.play(Span::ZERO);
    world.command(RunInput::Watch(Some(UserId::new(0, 0))));
    play_to(&mut world, 15);
    let is_audio = |seen: &&SeenFrame| {
        seen.event.as_deref() == Some("audio.delta")
            || seen.frame.text.as_ref().is_some_and(|text| text.contains("audio.delta"))
    };
    let lines: std::collections::BTreeMap<u64, u32> =
        frames(&world).into_iter().filter(is_audio).map(|seen| (seen.number, seen.frame.more + 1)).collect();
    let pieces: u32 = lines.values().sum();
    assert_eq!(u64::from(pieces), counter(&world, "audio.chunks.in"));
    assert!(pieces > 20 && lines.len() < 12, "{lines:?}");
}

#[test]
fn what_is_said_by_hand_is_broken_off_when_the_user_is_given_back() {
    let mut world = talking();
    play_to(&mut world, 10);
    order(&mut world, Canary::Speak("order".into()));
    order(&mut world, Canary::Release);
    play_to(&mut world, 90);
    assert_eq!(errors(&world), Vec::<String>::new());
    assert!(first_audio(&world).len() >= 2, "{:?}", first_audio(&world));
}

#[test]
fn http_exchanges_stand_among_the_frames() {
    let mut world = chat();
    world.command(RunInput::Watch(Some(WATCHED)));
    play_to(&mut world, 9);
    let of = |way| frames(&world).into_iter().filter(move |seen| seen.frame.way == way).collect::<Vec<_>>();
    let line = |seen: &SeenFrame| seen.frame.text.clone().unwrap_or_default();
    let (requests, responses) = (of(Way::Request), of(Way::Response));
    assert!(requests.len() >= 2 && requests.len() == responses.len(), "{} and {}", requests.len(), responses.len());
    let is_login = |seen: &&&SeenFrame| line(seen).contains("/api/auth/login");
    let asked = requests.iter().find(is_login).expect("its login");
    assert!(line(asked).starts_with("POST http://"), "{}", line(asked));
    assert!(line(asked).ends_with(r#"/api/auth/login {"email":"***","password":"***"}"#), "{}", line(asked));
    let answered = responses.iter().find(is_login).expect("its answer");
    assert!(
        line(answered).starts_with("200 after ") && line(answered).contains(r#""token":"***""#),
        "{}",
        line(answered)
    );
    assert!(answered.number > asked.number && answered.frame.at_s >= asked.frame.at_s);
}

#[test]
fn no_frame_shows_a_secret_or_an_account() {
    let mut world = watching();
    play_to(&mut world, 60);
    let told = format!("{:?} {:?}", world.seen, world.run.totals().evidence());
    assert!(told.contains("***"), "the token is on the connection, masked");
    for secret in ["tok-", "sess-", "@"] {
        assert!(
            !told.contains(secret),
            "{secret} in {}",
            &told[told.find(secret).unwrap_or(0).saturating_sub(80)..][..160]
        );
    }
}

#[test]
fn a_person_acts_for_a_user_within_the_run_and_gives_it_back() {
    let mut world = watching();
    order(&mut world, Canary::Take);
    play_to(&mut world, 12);
    let before = world.seen.len();
    play_to(&mut world, 20);
    let is_message = |seen: &&SeenFrame| seen.frame.way == Way::Out && seen.said.is_some();
    let sent = |from: usize, world: &World| {
        let frames = world.seen[from..].iter().flat_map(|seen| &seen.frames).filter(is_message);
        frames.filter_map(|seen| Some(seen.said.as_ref()?.text.clone())).collect::<Vec<_>>()
    };
    assert_eq!(sent(before, &world), Vec::<String>::new(), "its script is silent");
    let sent_before = ledger(&world).sent;
    order(&mut world, Canary::Say("hello \"there\"".into()));
    play_to(&mut world, 21);
    assert_eq!(sent(before, &world), ["hello \"there\""]);
    let took: Vec<_> = told(&world)
        .into_iter()
        .filter_map(|told| match told {
            Told::Took { operation, what, micros } => Some((operation.as_str(), format!("{what:?}"), *micros)),
            _ => None,
        })
        .collect();
    let is_echo = |(operation, what, micros): &(&str, String, u64)| {
        *operation == "message" && what == "Echo" && (10_000..20_000).contains(micros)
    };
    assert!(took.last().is_some_and(is_echo) || took.iter().rev().take(3).any(is_echo), "{took:?}");
    let everybody_got_it = frames(&world).iter().any(|seen| {
        seen.frame.way == Way::In
            && seen
                .said
                .as_ref()
                .is_some_and(|said| said.text == "hello \"there\"" && said.by.is_some_and(|(by, _)| by == WATCHED))
    });
    assert!(everybody_got_it, "its echo came");
    order(&mut world, Canary::Release);
    let from = world.seen.len();
    play_to(&mut world, 35);
    assert!(!sent(from, &world).is_empty(), "its script goes on");
    play_to(&mut world, 200);
    let ledger = ledger(&world);
    assert!(ledger.sent > sent_before && ledger.missing == 0 && ledger.duplicated == 0, "{ledger:?}");
}

#[test]
fn a_message_is_reacted_to_and_marked_as_read_by_hand() {
    let mut world = watching();
    order(&mut world, Canary::Take);
    play_to(&mut world, 14);
    let sight = world.seen.last().and_then(|seen| seen.sight.clone()).expect("it is there");
    let message = frames(&world)
        .into_iter()
        .rfind(|seen| {
            seen.frame.way == Way::In
                && seen.said.as_ref().is_some_and(|said| said.by.is_some_and(|(by, _)| by != WATCHED))
        })
        .expect("somebody has spoken")
        .number;
    for (label, event) in [("reaction", "messageReaction"), ("read", "markMessagesAsRead")] {
        let offer = sight.offers.iter().find(|offer| offer.label == label && matches!(offer.act, Act::React(_)));
        let Some(Act::React(reaction)) = offer.map(|offer| offer.act) else { panic!("{label} in {:?}", sight.offers) };
        let from = world.seen.len();
        order(&mut world, Canary::React { reaction, frame: message });
        let until = world.now() + Span::from_secs(1);
        world.play_until(until);
        let sent = world.seen[from..].iter().flat_map(|seen| &seen.frames);
        let events: Vec<_> =
            sent.filter(|seen| seen.frame.way == Way::Out).filter_map(|seen| seen.event.clone()).collect();
        assert!(events.iter().any(|sent| sent == event), "{event} in {events:?}");
    }
    order(&mut world, Canary::React { reaction: 0, frame: 1_000_000 });
    let until = world.now() + Span::from_secs(1);
    world.play_until(until);
    let refused = Told::Failed("by hand: that message is not kept any more".into());
    assert!(told(&world).contains(&&refused));
}

#[test]
fn orders_to_who_is_not_taken_over_do_nothing_but_say_so() {
    let mut world = watching();
    order(&mut world, Canary::Say("x".into()));
    play_to(&mut world, 10);
    assert!(told(&world).contains(&&Told::Failed("by hand: it is not taken over".into())));
    assert!(frames(&world).iter().all(|seen| seen.said.as_ref().is_none_or(|said| said.text != "x")));
}

#[test]
fn closes_errors_and_slow_answers_leave_evidence_that_a_report_keeps() {
    let mut world = chat();
    play_to(&mut world, 12);
    world.cut_connections(2);
    play_to(&mut world, 200);
    assert!(world.run.is_done());
    let totals = world.run.totals();
    let book = totals.evidence();
    let closes: Vec<_> = book
        .errors_and_closes()
        .iter()
        .filter(|evidence| matches!(&evidence.cause, Cause::Close { code: 1006, by: ClosedBy::Server, .. }))
        .collect();
    assert!((1..=5).contains(&closes.len()), "{}", closes.len());
    for close in &closes {
        assert!(!close.frames.is_empty() && close.frames.iter().all(|frame| frame.at_s <= close.at_s + 0.001));
        let state = close.generator.as_ref().expect("its worker handed over");
        assert!(!state.hidden);
    }
    let slowest: Vec<_> = book.slowest_of("message.round_trip").collect();
    assert!(slowest.len() >= 10, "one for each second in which there was one: {}", slowest.len());
    // Its own message stands behind the slowest round trip.
    let is_told = |way: Way| slowest[3].frames.iter().any(|frame| frame.way == way);
    assert!(is_told(Way::In) && is_told(Way::Out), "{:?}", slowest[3]);
    let worst = totals.histogram("message.round_trip").and_then(|histogram| histogram.stats()).expect("measured").max;
    let seen = slowest.iter().filter_map(|evidence| evidence.slowest_ms()).fold(0.0, f64::max);
    assert!((seen - worst).abs() < 0.01, "{seen} is not {worst}");
    let report = world.run.report(Vec::new(), String::new());
    assert_eq!(report.evidence.len(), book.all().count());
    let text = serde_json::to_string(&report).expect("a report is JSON");
    let read: Report = serde_json::from_str(&text).expect("it is read as it was written");
    let plan: Plan = world.run.plan().clone();
    let restored = read.totals(&plan).expect("it is a report");
    assert_eq!(restored.evidence(), book);
}
