use super::*;
use crate::run::view::Tables;
use crate::trace::conversation;
use base::time::Timestamp;
use engine::wire::{Act, Canary, CanaryReply, Choice, SeenMessage, Told};
use metrics::{Frame, Way};

fn run() -> RunView {
    let population = |population, name: &str| SpeakerRow { population, name: name.into(), present: 10..20 };
    let mut tables = Tables::default();
    tables.populations = vec![population(0, "chat"), population(1, "guests")];
    RunView { tables: Arc::new(tables), ..RunView::default() }
}

fn frame(number: u64, way: Way, event: Option<&str>, said: Option<(UserId, u32, &str)>) -> SeenFrame {
    let text = said.map_or("2".to_owned(), |(_, _, text)| format!("42[\"m\",\"{text}\"]"));
    SeenFrame {
        number,
        frame: Frame { at_s: number as f64, way, length: text.len() as u32, more: 0, text: Some(text) },
        event: event.map(str::to_owned),
        said: said.map(|(by, sequence, text)| SeenMessage { by: Some((by, sequence)), text: text.into() }),
    }
}

fn seen(user: UserId, frames: Vec<SeenFrame>) -> Seen {
    Seen { user, sight: Some(Sight::default()), frames, missed: 0, notes: Vec::new() }
}

#[test]
fn a_user_is_chosen_by_number_by_chance_or_elsewhere() {
    let watch = |user| TraceEffect::Watch(Some(user));
    let mut seeing = TraceModel::default();
    assert_eq!(seeing.watch(&run()).unwrap(), [watch(UserId::new(0, 0))]);
    assert_eq!(seeing.watch_any(&run()), [watch(UserId::new(0, 16))]);
    assert_eq!(seeing.watch_any(&run()), [watch(UserId::new(0, 12))]);
    assert_eq!(seeing.show(&run(), UserId::new(1, 6)), [watch(UserId::new(1, 6))]);
    assert_eq!((seeing.population.as_str(), seeing.number.as_str()), ("guests", "7"));
    assert_eq!(seeing.status(&run()), "Waiting for guests 7: it is not there now.");
    assert_eq!(seeing.stop(), [TraceEffect::Watch(None)]);
    assert_eq!(seeing.stop(), []);
    seeing.number = "x".into();
    assert!(seeing.watch(&run()).is_err());
}

#[test]
fn who_is_taken_over_is_given_back_before_another_is_watched() {
    let (one, two) = (UserId::new(0, 0), UserId::new(0, 1));
    let mut seeing = TraceModel::default();
    seeing.show(&run(), one);
    let sight = Sight { taken: true, ..Sight::default() };
    seeing.take_in(Seen { sight: Some(sight), ..seen(one, vec![]) });
    seeing.draft = " hi ".into();
    assert_eq!(seeing.say(), Some(TraceEffect::Canary { user: one, order: Canary::Say("hi".into()) }));
    assert_eq!(seeing.draft, "");
    let took = Told::Took { operation: "message".into(), what: CanaryReply::Echo, micros: 12_340 };
    let note = Note { at: Timestamp::ZERO, told: took };
    let sight = Sight { taken: true, ..Sight::default() };
    seeing.take_in(Seen { sight: Some(sight), notes: vec![note], ..seen(one, vec![]) });
    assert_eq!(seeing.replies[0].text, "message: own echo after 12.3\u{a0}ms");
    let release = TraceEffect::Canary { user: one, order: Canary::Release };
    assert_eq!(seeing.show(&run(), two), [release, TraceEffect::Watch(Some(two))]);
}

#[test]
fn who_is_taken_over_says_the_clip_that_is_chosen() {
    let user = UserId::new(1, 0);
    let clip = |label: &str| Choice { act: Act::Speak, label: label.to_owned() };
    let offers = vec![clip("order"), clip("weather"), Choice { act: Act::Tick(0), label: "send".to_owned() }];
    let sight = |taken| Some(Sight { taken, offers: offers.clone(), ..Sight::default() });
    let says = |clip: &str| Some(TraceEffect::Canary { user, order: Canary::Speak(clip.to_owned()) });
    let mut seeing = TraceModel::default();
    seeing.show(&run(), user);
    seeing.take_in(Seen { sight: sight(false), ..seen(user, vec![]) });
    assert_eq!(seeing.speak(), None, "its script speaks");
    seeing.take_in(Seen { sight: sight(true), ..seen(user, vec![]) });
    assert_eq!(seeing.clips(), ["order", "weather"]);
    assert_eq!(seeing.speak(), says("order"));
    seeing.chosen_clip = "weather".to_owned();
    assert_eq!(seeing.speak(), says("weather"));
    // Another user has no such clip.
    seeing.chosen_clip = "gone".to_owned();
    assert_eq!(seeing.speak(), says("order"));
}

#[test]
fn a_conversation_has_both_sides_and_counts_what_repeats() {
    let (own, other) = (UserId::new(0, 3), UserId::new(0, 4));
    let mut seeing = TraceModel::default();
    seeing.show(&run(), own);
    seeing.take_in(seen(
        own,
        vec![
            frame(0, Way::In, Some("joined"), None),
            frame(1, Way::In, Some("joined"), None),
            frame(2, Way::Out, Some("m"), Some((own, 0, "a"))),
            frame(3, Way::In, Some("m"), Some((own, 0, "a"))),
            frame(4, Way::In, Some("m"), Some((other, 0, "<b>hi</b>"))),
            frame(5, Way::Out, Some("m"), Some((own, 1, "b"))),
            frame(6, Way::In, None, None),
        ],
    ));
    let lines: Vec<_> = conversation(&seeing, &run())
        .iter()
        .map(|line| format!("{} {} {}{}", line.by.class(), line.name, line.text, if line.pending { " …" } else { "" }))
        .collect();
    assert_eq!(lines, ["system  joined × 2", "own  a", "other chat 5 <b>hi</b>", "own  b …"]);
}

#[test]
fn a_search_finds_all_words_and_what_is_found_is_copied() {
    let user = UserId::new(0, 3);
    let mut seeing = TraceModel::default();
    seeing.show(&run(), user);
    let frames = vec![
        frame(1, Way::In, Some("m"), Some((user, 0, "Hello World"))),
        frame(2, Way::Out, Some("m"), Some((user, 1, "hello"))),
    ];
    seeing.take_in(seen(user, frames));
    assert_eq!(seeing.rows().len(), 2);
    seeing.words = "world HELLO".into();
    assert_eq!(seeing.as_text(), "0:01.000 ← 42[\"m\",\"Hello World\"]\n");
    assert_eq!(seeing.extent(), "1 of 2 frames and notes");
}

#[test]
fn a_frame_that_stands_for_more_by_now_is_told_again() {
    let user = UserId::new(0, 3);
    let audio = |number, more| {
        let frame = Frame { more, text: Some("audio…".to_owned()), length: 9_000, ..Frame::default() };
        SeenFrame { number, frame, event: None, said: None }
    };
    let mut seeing = TraceModel::default();
    seeing.show(&run(), user);
    seeing.take_in(seen(user, vec![audio(7, 1), frame(8, Way::In, None, None)]));
    seeing.take_in(seen(user, vec![audio(3, 2), audio(7, 5), frame(9, Way::In, None, None)]));
    let rows: Vec<_> = seeing.rows().into_iter().map(|row| format!("{} {}", row.id, row.text)).collect();
    assert_eq!(rows, ["f9 2", "f8 2", "f7 audio… (9,000 characters) and 5 more like it"]);
}

#[test]
fn what_is_kept_of_a_user_is_bounded() {
    let user = UserId::new(0, 0);
    let mut seeing = TraceModel::default();
    seeing.show(&run(), user);
    for round in 0..10 {
        seeing.take_in(seen(user, (0..200).map(|n| frame(round * 200 + n, Way::In, None, None)).collect()));
    }
    assert_eq!(seeing.seen.frames.len(), MOST_FRAMES);
    assert_eq!(seeing.rows().len(), 200);
}
