//! A rehearsal in the simulated world: its steps become a checklist, live and at the end.

use base::time::Span;
use plan::{Limits, Plan};
use run::preflight::{Around, Checklist, CountAt, QuestionSeen, State, ToRehearse, rehearsal};
use serde_json::{Value, json};
use testkit::{Faults, SimulatedRehearsal};

use crate::support::{chat_plan, held, world};

/// Title and state of the chat user's steps after so many seconds of a rehearsal.
fn seen(variables: Value, faults: Faults, seconds: u64, is_over: bool) -> Vec<(String, State)> {
    let plan = rehearsal(&chat_plan(held(500, 600), variables));
    let mut world = world(plan.clone(), faults);
    world.play(Span::from_secs(seconds));
    let report = world.run.report(Vec::new(), String::new());
    let checklist = Checklist::new(&plan, &report, is_over, &Around::default());
    let [group] = &checklist.groups[..] else { panic!("{checklist:?}") };
    assert_eq!(group.title, "One user of chat");
    group.checks.iter().map(|check| (check.title.clone(), check.state)).collect()
}

fn state(checks: &[(String, State)], title: &str) -> Option<State> {
    checks.iter().find(|(known, _)| known == title).map(|(_, state)| *state)
}

#[test]
fn one_user_plays_every_step_of_a_plan_for_many() {
    let plan = rehearsal(&chat_plan(held(500, 600), json!({})));
    assert_eq!(plan.populations[0].load.max_users(), 1);
    let checks = seen(json!({}), Faults::default(), 10, true);
    let steps = ["Request rest.login", "Connection", "Room: join", "Message comes back: message"];
    for step in steps {
        assert_eq!(state(&checks, step), Some(State::Good), "{step}: {checks:?}");
    }
    assert!(checks.iter().all(|(_, state)| *state == State::Good), "{checks:?}");
    assert_eq!(checks.iter().find(|(title, _)| title == "Request rest.upload"), None, "no file is due");
}

#[test]
fn what_is_still_to_come_is_waited_for_while_it_may_come() {
    let seldom = json!({"send_min_ms": 60_000, "send_max_ms": 60_000});
    let message = "Message comes back: message";
    assert_eq!(state(&seen(seldom.clone(), Faults::default(), 5, false), message), Some(State::Waiting));
    assert_eq!(state(&seen(seldom, Faults::default(), 5, true), message), Some(State::Warning));
}

#[test]
fn a_server_that_answers_the_sender_as_well_is_told_of_unless_the_plan_knows_it() {
    let twice = Faults { own_twice: true, ..Faults::default() };
    let copies = "Copies to the sender: message";
    assert_eq!(state(&seen(json!({}), twice, 10, true), copies), Some(State::Warning));
    assert_eq!(state(&seen(json!({"own_copies": 2}), twice, 10, true), copies), None);
    assert_eq!(state(&seen(json!({}), Faults::default(), 10, true), copies), None);
}

fn wanted(plan: Plan) -> ToRehearse {
    let limits = Limits { hosts: plan.hosts(), ..Limits::default() };
    let (csv, clips, origin) = (Vec::new(), Vec::new(), "https://page.test".to_owned());
    ToRehearse { plan, csv, clips, limits, counts_at_target: true, others: 0, sockets: 250, origin, uplink: None }
}

/// A rehearsal of 500 users whose server hangs or does not, and whose every other question gets this answer.
fn begun(variables: Value, hangs: bool, answer: QuestionSeen) -> SimulatedRehearsal {
    let plan = chat_plan(held(500, 600), variables);
    let mut rehearsal = SimulatedRehearsal::begin(wanted(plan), Faults::default(), answer);
    if hangs {
        rehearsal.world.hang();
    }
    rehearsal
}

/// Titles of the groups of the last news, which is all there is.
fn concluded(rehearsal: &SimulatedRehearsal) -> Vec<&str> {
    let (last, before) = rehearsal.news.split_last().expect("it told something");
    assert!(last.1, "the last is complete");
    assert!(before.iter().all(|(_, is_done)| !is_done), "and no other");
    last.0.groups.iter().map(|group| group.title.as_str()).collect()
}

#[test]
fn a_rehearsal_that_goes_well_asks_nothing_and_is_over_in_seconds() {
    let mut rehearsal = begun(json!({}), false, QuestionSeen::Hidden);
    assert!(rehearsal.play(Span::from_secs(30)));
    assert_eq!(concluded(&rehearsal), ["One user of chat", "This browser"]);
    let (checklist, _) = rehearsal.news.last().expect("it concluded");
    assert!(!checklist.has_failed(), "{checklist:?}");
    assert_eq!(rehearsal.asked, [], "nothing failed");
    let Some(CountAt::Target(address)) = &rehearsal.counted else { panic!("{:?}", rehearsal.counted) };
    assert!(address.ends_with("?EIO=4&transport=websocket"), "{address}");
    assert_eq!(rehearsal.world.chat.counts.most_sockets, 1, "one user of all 500");
    assert_eq!(rehearsal.world.chat.peers(), [], "it has left");
    assert!(rehearsal.news.len() > 5, "it was told as it came: {}", rehearsal.news.len());
}

#[test]
fn a_server_that_says_nothing_is_waited_for_and_asked_once() {
    let nothing = QuestionSeen::Nothing { ms: 3_000.0 };
    let mut rehearsal = begun(json!({}), true, nothing);
    assert!(!rehearsal.play(Span::from_secs(4)), "something may come yet");
    assert!(rehearsal.play(Span::from_secs(41)));
    assert_eq!(concluded(&rehearsal), ["One user of chat", "This browser"]);
    assert_eq!(rehearsal.counted, Some(CountAt::Lab), "no idle sockets go where the plan failed");
    let urls: Vec<_> = rehearsal.asked.iter().map(|question| question.url.as_str()).collect();
    assert_eq!(urls.len(), 1, "whoever answers nothing is asked once: {urls:?}");
}

#[test]
fn who_calls_a_rehearsal_off_hears_nothing_more_and_its_user_leaves() {
    let mut rehearsal = begun(json!({"send_min_ms": 60_000, "send_max_ms": 60_000}), false, QuestionSeen::Hidden);
    assert!(!rehearsal.play(Span::from_secs(3)));
    assert_eq!(rehearsal.world.chat.peers().len(), 1);
    let told = rehearsal.news.len();
    rehearsal.call_off();
    assert!(rehearsal.play(Span::from_secs(1)), "over soon");
    assert_eq!(rehearsal.news.len(), told);
    assert_eq!((rehearsal.world.chat.peers(), &rehearsal.counted), (Vec::new(), &None));
}
