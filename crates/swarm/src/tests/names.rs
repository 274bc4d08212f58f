//! What a conductor calls the browsers of its swarm: results have nothing else to tell them apart by.

use run::Part;

use super::*;

/// All begin with the same digits, as sessions do.
const SESSIONS: [SessionId; 3] =
    [SessionId(0x0001_aaaa_bbbb_cccc), SessionId(0x0001_dddd_bbbb_cccc), SessionId(0x0001_eeee)];

fn introduce(conductor: &mut Conductor, session: SessionId, name: &str) -> String {
    let card = Card { name: name.into(), ..card() };
    let message = pack(&ToConductor::Card(card));
    conductor.on_event(LinkEvent::Message { from: session, message });
    let seat = conductor.seats().find(|seat| seat.session == session);
    seat.expect("it has arrived").name()
}

fn of_three() -> Conductor {
    let mut conductor = Conductor::new(BUILD);
    SESSIONS.into_iter().for_each(|session| conductor.on_event(LinkEvent::Arrived(session)));
    conductor
}

#[test]
fn no_two_browsers_have_one_name() {
    let mut conductor = of_three();
    let names = SESSIONS.map(|session| introduce(&mut conductor, session, "Kim"));
    assert_eq!(names, ["Kim", "Kim cccc", "Kim eeee"]);
    let mut crowd = of_three();
    let names = [(0, "Kim"), (2, "Kim cccc"), (1, "Kim")].map(|(at, name)| introduce(&mut crowd, SESSIONS[at], name));
    assert_eq!(names, ["Kim", "Kim cccc", "Kim bbbbcccc"]);
    // Whoever knows what comes next is not called so, either.
    let mut guessed = of_three();
    let next = ["Kim cccc", "Kim bbbbcccc", "Kim ddddbbbbcccc", "Kim 0001ddddbbbbcccc"];
    for (number, name) in (100..).zip(next) {
        guessed.on_event(LinkEvent::Arrived(SessionId(number)));
        introduce(&mut guessed, SessionId(number), name);
    }
    introduce(&mut guessed, SESSIONS[0], "Kim");
    assert_eq!(introduce(&mut guessed, SESSIONS[1], "Kim"), "Kim 0001ddddbbbbcccc 2");
}

#[test]
fn nobody_is_called_as_the_conductor_is() {
    let mut conductor = of_three();
    conductor.call_itself("Kim");
    let names = [0, 1].map(|at| introduce(&mut conductor, SESSIONS[at], "Kim"));
    assert_eq!(names, ["Kim cccc", "Kim bbbbcccc"]);
    introduce(&mut conductor, SESSIONS[2], "Robin");
    conductor.call_itself("Robin");
    let third = conductor.seats().find(|seat| seat.session == SESSIONS[2]).expect("it is here").name();
    assert_eq!(third, "Robin eeee", "the operator's own choice wins");
}

#[test]
fn nobody_is_called_as_somebody_else_was_when_he_got_his_part() {
    let [first, second, third] = SESSIONS;
    let mut conductor = of_three();
    introduce(&mut conductor, first, "Kim");
    conductor.begin("k3f".into(), vec![Some(first)]);
    assert_eq!(introduce(&mut conductor, first, "Robin"), "Robin");
    assert_eq!(introduce(&mut conductor, second, "Kim"), "Kim cccc");
    assert_eq!(introduce(&mut conductor, third, "Robin"), "Robin eeee");
    assert_eq!(introduce(&mut conductor, first, "Kim"), "Kim", "its own name");
    conductor.end();
    introduce(&mut conductor, first, "Robin");
    assert_eq!(introduce(&mut conductor, second, "Kim"), "Kim", "the run is over");
    // Its results still mean the first one.
    assert_eq!(conductor.card_of("Kim").map(|card| card.name.as_str()), Some("Robin"));
    conductor.begin("k4f".into(), vec![Some(second)]);
    assert_eq!(conductor.card_of("Kim").map(|card| card.name.as_str()), Some("Kim"));
}

#[test]
fn names_are_those_of_the_parts_after_the_conductor_was_loaded_anew_whoever_comes_first() {
    let [first, second, _] = SESSIONS;
    let named = |name: &str| Capacity { browser: Some(name.into()), ..Capacity::own(2, 250) };
    let parts = layout(&[Capacity::own(2, 250), named("Kim"), named("Kim cccc")], 4);
    let added = Part { browser: Some("Ash".into()), ..parts[1].clone() };
    let places = parts.iter().map(|part| match part.browser.as_deref() {
        Some("Kim") => Some(first),
        Some(_) => Some(second),
        None => None,
    });
    let beginning = Beginning {
        places: places.collect(),
        patience: Patience::Seconds(60),
        ..Beginning::of(1_000.0, "k3f", &plan("http://127.0.0.1:9", 10), &parts, 3_000.0)
    };
    let mut journal = Journal::begin(beginning, Redaction::Nothing);
    journal.input(2_000.0, &RunInput::Add { part: added });
    journal.seated(SESSIONS[2]);
    let pages = [journal.page_of(&Conductor::new(BUILD)).expect("there are notes")];
    let Replayed { mut conductor, .. } = replay(BUILD, pages.iter().map(Vec::as_slice)).expect("they can be read");
    SESSIONS.into_iter().for_each(|session| conductor.on_event(LinkEvent::Arrived(session)));
    assert_eq!(introduce(&mut conductor, second, "Kim"), "Kim cccc");
    assert_eq!(introduce(&mut conductor, first, "Ash"), "Ash cccc", "somebody's part bears it");
    assert_eq!(introduce(&mut conductor, first, "Kim"), "Kim");
    assert_eq!(introduce(&mut conductor, SESSIONS[2], "Ash"), "Ash");
}
