//! Listening in on one user: everything it hears and says, in order, and nothing of anybody else.

use base::time::{Span, Timestamp};
use engine::wire::{Note, Told};
use metrics::UserId;
use plan::Plan;
use serde_json::json;
use testkit::{Faults, World};

fn world() -> World {
    let plan = json!({
        "version": 1, "name": "simulated", "seed": 7, "handshakes_in_flight": 64,
        "populations": [{
            "name": "voices", "scenario": "voice-guest", "variables": { "turns": 2 },
            "load": { "model": "batch", "users": 6, "size": 6, "every_s": 1, "hold_s": 60 },
        }],
    });
    let plan = Plan::check(&plan).unwrap_or_else(|problems| panic!("{problems:#?}"));
    let mut world = World::new(plan, Vec::new(), 4, Span::from_millis(5), Faults::default());
    world.play(Span::ZERO);
    world
}

fn play_to(world: &mut World, seconds: u64) {
    world.play_until(Timestamp::ZERO + Span::from_secs(seconds));
}

fn notes(world: &World) -> Vec<&Note> {
    world.heard.iter().flat_map(|heard| &heard.notes).collect()
}

/// Names of what is no audio.
fn words(world: &World) -> Vec<String> {
    let word = |note: &&Note| match &note.told {
        Told::Hears { .. } | Told::Says { .. } => None,
        Told::In(name) => Some(format!("< {name}")),
        Told::Out(name) => Some(format!("> {name}")),
        other => Some(format!("{other:?}")),
    };
    notes(world).iter().filter_map(word).collect()
}

fn bytes(world: &World, side: fn(&Told) -> Option<&Vec<u8>>) -> usize {
    notes(world).iter().filter_map(|note| side(&note.told)).map(Vec::len).sum()
}

#[test]
fn nobody_is_heard_unless_somebody_listens() {
    let mut world = world();
    play_to(&mut world, 200);
    assert!(world.run.is_done());
    assert_eq!(world.heard, []);
}

#[test]
fn one_user_is_heard_whole() {
    let mut world = world();
    play_to(&mut world, 1);
    world.hear(Some(UserId::new(0, 3)));
    play_to(&mut world, 200);
    assert!(world.heard.iter().all(|heard| heard.user == UserId::new(0, 3) && heard.rate == 24_000));
    let words = words(&world);
    let turn = ["< speech.started", "< speech.stopped", "< user.transcript", "< audio.done"];
    let expected: Vec<&str> = turn.iter().chain(&turn).copied().chain(["> disconnect", "< disconnected"]).collect();
    // Which is only counted in a browser, and never handed in there.
    let words: Vec<&str> = words.iter().map(String::as_str).filter(|word| *word != "< transcript.done").collect();
    let protocol = words.iter().copied().filter(|word| word.starts_with(['<', '>']));
    let protocol: Vec<&str> = protocol.skip_while(|word| *word == "< audio.done").collect();
    assert_eq!(protocol, expected, "{words:#?}");
    assert!(words.iter().any(|word| word.contains("closed 1000")), "{words:#?}");
    // A greeting and two answers of 2 s; the greeting has begun before somebody listened.
    let heard = bytes(&world, |told| if let Told::Hears { pcm } = told { Some(pcm) } else { None });
    assert!((2 * 96_000..=3 * 96_000).contains(&heard), "{heard}");
    // Its microphone is open from the greeting to the end.
    let said = bytes(&world, |told| if let Told::Says { pcm } = told { Some(pcm) } else { None });
    assert!(said > 10 * 48_000 && said.is_multiple_of(8_192), "{said}");
}

#[test]
fn the_microphone_s_pieces_follow_each_other_without_a_gap() {
    let mut world = world();
    play_to(&mut world, 1);
    world.hear(Some(UserId::new(0, 0)));
    play_to(&mut world, 12);
    let says: Vec<u64> = notes(&world)
        .iter()
        .filter(|note| matches!(note.told, Told::Says { .. }))
        .map(|note| note.at.as_micros())
        .collect();
    assert!(says.len() > 20, "{}", says.len());
    let even = says.windows(2).all(|pair| (170_666..=170_667).contains(&(pair[1] - pair[0])));
    assert!(even, "{says:?}");
}

#[test]
fn listening_ends_at_once_and_changes_nothing_of_the_run() {
    let mut heard = world();
    play_to(&mut heard, 1);
    heard.hear(Some(UserId::new(0, 1)));
    play_to(&mut heard, 5);
    heard.hear(None);
    let so_far = heard.heard.len();
    play_to(&mut heard, 200);
    assert_eq!(heard.heard.len(), so_far);
    let mut unheard = world();
    play_to(&mut unheard, 200);
    let counters = |world: &World| {
        world.run.totals().counters().map(|(a, b, c)| (a.to_owned(), b.to_owned(), c)).collect::<Vec<_>>()
    };
    assert_eq!(counters(&heard), counters(&unheard));
}
