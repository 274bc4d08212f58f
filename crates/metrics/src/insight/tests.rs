pub(crate) mod scene;

use self::scene::{Scene, one_of_each};
use super::*;
use crate::annotation::AnnotationKind;
use crate::histogram::Histogram;
use crate::listeners::HeardSums;
use crate::user::{Phase, UserId, UsersByState};
use base::time::Span;

/// All that stands out of a run.
#[track_caller]
fn check(scene: Scene, expected: &[InsightKind]) {
    let found: Vec<_> = insights(&scene.totals()).into_iter().map(|insight| insight.what).collect();
    assert_eq!(found, expected);
}

#[test]
fn of_a_healthy_run_nothing_stands_out() {
    check(Scene::healthy(), &[]);
    // Everybody leaves at the end.
    let leaving = |second: usize| if second < 50 { 40.0 } else { 0.0 };
    let ends = Scene::healthy().value("users.active", leaving).value("frames.in", |second| 5.0 * leaving(second));
    check(ends.ends_at(50.0), &[]);
    assert_eq!(insights(&Totals::default()), []);
}

/// So many connections are lost in the seconds from 30 on; those who lose one come back a second later.
fn losing(lost: [f32; 3]) -> Scene {
    let at = move |second: usize| second.checked_sub(30).and_then(|place| lost.get(place)).copied().unwrap_or(0.0);
    let away = move |second: usize| at(second);
    Scene::healthy()
        .value("disconnects", at)
        .value("users.active", move |second| (second as f32 * 4.0).min(40.0) - away(second))
        .value("users.reconnecting", away)
        .closed(ClosedBy::Server, 1001, lost.iter().sum::<f32>() as u64)
}

#[test]
fn connections_that_were_lost_together() {
    let close = |within_s, lost, by, code| InsightKind::MassClose { at_s: 30.0, within_s, lost, of: 40, by, code };
    let server = Some(ClosedBy::Server);
    check(losing([40.0, 0.0, 0.0]), &[close(1.0, 40, server, Some(1001))]);
    check(losing([10.0, 0.0, 5.0]), &[close(3.0, 15, server, Some(1001))]);
    // Some of another time do not change what most of these were; too many of them do.
    check(losing([40.0, 0.0, 0.0]).closed(ClosedBy::Server, 1006, 9), &[close(1.0, 40, server, Some(1001))]);
    check(losing([40.0, 0.0, 0.0]).closed(ClosedBy::Timeout, 1005, 40), &[close(1.0, 40, None, None)]);
    // A few, a small part, and none of them at a time.
    check(losing([13.0, 0.0, 0.0]), &[]);
    check(losing([4.0, 4.0, 4.0]), &[]);
    let drizzle = |second: usize| if second.is_multiple_of(4) { 4.0 } else { 0.0 };
    check(Scene::healthy().value("disconnects", drizzle), &[]);
    // After the load's end.
    check(losing([40.0, 0.0, 0.0]).ends_at(29.0), &[]);
}

#[test]
fn who_gives_up_while_its_generator_is_late_says_nothing_of_the_target() {
    let gave_up = || {
        let scene = losing([40.0, 0.0, 0.0]);
        let mut scene = scene.closed(ClosedBy::Timeout, 1005, 40);
        scene.totals.counts.disconnects.retain(|key, _| key.by == ClosedBy::Timeout);
        scene
    };
    let (by, code) = (Some(ClosedBy::Timeout), Some(1005));
    check(gave_up(), &[InsightKind::MassClose { at_s: 30.0, within_s: 1.0, lost: 40, of: 40, by, code }]);
    let late = |second: usize| if (20..30).contains(&second) { 1.0 } else { 0.0 };
    let is_late = InsightKind::GeneratorLate { at_s: 20.0, late_s: 10.0, of_s: 60.0, browser: None };
    check(gave_up().value("health.late_s", late), &[is_late]);
}

/// So many have a connection in these seconds, and so many want one.
fn out(from: usize, until: usize, open: f32, wanting: f32) -> Scene {
    let is_out = move |second: usize| (from..until).contains(&second);
    Scene::healthy()
        .value("users.active", move |second| if is_out(second) { open } else { (second as f32 * 4.0).min(40.0) })
        .value("users.reconnecting", move |second| if is_out(second) { wanting } else { 0.0 })
        .value("frames.in", move |second| if is_out(second) { 0.0 } else { 200.0 })
}

#[test]
fn nobody_has_a_connection() {
    let no_service = |until_s, lasted_s| InsightKind::NoService { at_s: 20.0, until_s, lasted_s, users: 40 };
    check(out(20, 50, 0.0, 40.0), &[no_service(Some(50.0), 30.0)]);
    check(out(20, 60, 2.0, 40.0), &[no_service(None, 40.0)]);
    // Too short, too many that have one, nobody that wants one, and nobody that ever had one.
    check(out(20, 24, 0.0, 40.0), &[]);
    check(out(20, 30, 3.0, 40.0), &[]);
    check(out(20, 30, 0.0, 0.0), &[]);
    check(out(0, 60, 0.0, 40.0), &[]);
    // Who stood still itself.
    let late = |second: usize| if (20..22).contains(&second) { 1.0 } else { 0.0 };
    check(out(20, 30, 0.0, 40.0).value("health.late_s", late), &[]);
}

#[test]
fn what_never_went_well() {
    let never = |operation: &str, failed, code: &str| InsightKind::NeverSucceeded {
        at_s: 4.5,
        operation: operation.to_owned(),
        failed,
        code: code.to_owned(),
    };
    let join =
        || Scene::healthy().metric("join", |_| None).operation("join", 0, 41).error("join", "ROOM_GONE", 40, 4.5);
    check(join().error("join", "timeout", 1, 6.0), &[never("join", 41, "ROOM_GONE")]);
    // What users come to first, also of what nobody has a code for.
    let login = Scene::healthy().operation("rest.login", 0, 3).error("rest.login", "HTTP 500", 3, 4.5);
    check(login.operation("join", 0, 41), &[never("rest.login", 3, "HTTP 500")]);
    // Two times are chance, one success refutes it, and what is no operation of the scenario has none.
    check(Scene::healthy().operation("join", 0, 2).error("join", "timeout", 2, 4.5), &[]);
    check(Scene::healthy().operation("join", 1, 41).error("join", "timeout", 41, 4.5), &[]);
    check(Scene::healthy().operation("protocol", 0, 41).error("protocol", "odd", 41, 4.5), &[]);
}

#[test]
fn refused_with_a_code() {
    let refused = |count, of| InsightKind::Refused {
        at_s: 12.0,
        operation: "message".to_owned(),
        code: "BANNED".to_owned(),
        count,
        of,
    };
    let scene =
        |count, ok, code: &str| Scene::healthy().operation("message", ok, count).error("message", code, count, 12.0);
    check(scene(120, 279, "BANNED"), &[refused(120, 400)]);
    check(scene(5, 94, "BANNED"), &[refused(5, 100)]);
    // A connection that is lost was not refused; one that never was, was.
    let connect = |phase| Scene::healthy().error_in(phase, "connect", "closed 1006", 10, 12.0);
    check(connect(Phase::Active), &[]);
    let (operation, code) = ("connect".to_owned(), "closed 1006".to_owned());
    check(connect(Phase::Connecting), &[InsightKind::Refused { at_s: 12.0, operation, code, count: 10, of: 50 }]);
    // A few, a small part, and nobody's refusal.
    check(scene(4, 10, "BANNED"), &[]);
    check(scene(19, 400, "BANNED"), &[]);
    check(scene(120, 280, "timeout"), &[]);
}

/// Joins succeed before that second, and fail in it and for the next five.
fn ceasing(at: usize, failed: f32) -> Scene {
    let count = failed as u64 * 5;
    Scene::healthy()
        .metric("join", move |second| (second < at).then_some(30.0))
        .value("errors.join", move |second| if (at..at + 5).contains(&second) { failed } else { 0.0 })
        .operation("join", 4 * at as u64, count)
        .error("join", "timeout", count, at as f64)
}

#[test]
fn what_did_not_go_well_any_more() {
    let ceased = InsightKind::Ceased { at_s: 8.0, operation: "join".to_owned(), before: 32, failed: 20 };
    check(ceasing(8, 4.0), std::slice::from_ref(&ceased));
    // A code does not make two of it.
    check(ceasing(8, 4.0).error("join", "FULL", 20, 8.0), &[ceased]);
    // Who loses a connection does not fail to connect.
    let lost = |second: usize| if second == 30 { 9.0 } else { 0.0 };
    let connects = Scene::healthy().metric("connect", |second| (second < 10).then_some(30.0));
    let drops = connects.value("errors.connect", lost).value("disconnects", lost).closed(ClosedBy::Server, 1006, 9);
    check(drops, &[]);
    // It went well again; the run had no time; too few; a generator that was late.
    check(ceasing(8, 4.0).metric("join", |second| (second < 8 || second == 40).then_some(30.0)), &[]);
    check(ceasing(57, 4.0), &[]);
    check(ceasing(8, 0.0), &[]);
    let late = |second: usize| if second >= 45 { 1.0 } else { 0.0 };
    let is_late = InsightKind::GeneratorLate { at_s: 45.0, late_s: 15.0, of_s: 60.0, browser: None };
    check(ceasing(8, 4.0).value("health.late_s", late), &[is_late]);
}

#[test]
fn users_that_nobody_greeted() {
    let greeted = || {
        let mut scene =
            Scene::healthy().metric("greeting.first_audio", |second| (2..10).contains(&second).then_some(200.0));
        scene.totals.config.populations[0].connected.insert(0, "greeting".to_owned());
        scene.operation("greeting", 32, 0)
    };
    let no_greeting = InsightKind::NoGreeting { at_s: 9.0, silent: 20, greeted: 32 };
    check(greeted().error_in(Phase::BeforeGreeting, "connect", "died without a frame", 20, 9.0), &[no_greeting]);
    // Two are chance; what fails later is something else; who was late may have given up too soon.
    check(greeted().error_in(Phase::BeforeGreeting, "connect", "died without a frame", 2, 9.0), &[]);
    check(greeted().error_in(Phase::Listening, "connect", "died without a frame", 2, 9.0), &[]);
    let late = |second: usize| if second >= 45 { 1.0 } else { 0.0 };
    let is_late = InsightKind::GeneratorLate { at_s: 45.0, late_s: 15.0, of_s: 60.0, browser: None };
    let scene = greeted().error_in(Phase::BeforeGreeting, "connect", "died without a frame", 20, 9.0);
    check(scene.value("health.late_s", late), &[is_late]);
}

/// One user more each second wants a connection, and so many have one at most.
fn crowd(room: f32, wobble: f32) -> Scene {
    let wanted = |second: usize| second as f32;
    let open = move |second: usize| wanted(second).min(room) - if second.is_multiple_of(3) { wobble } else { 0.0 };
    Scene::healthy().value("users.active", open).value("users.connecting", move |second| wanted(second) - open(second))
}

#[test]
fn never_more_than_so_many() {
    check(crowd(30.0, 0.0), &[InsightKind::Plateau { at_s: 29.0, most: 30, wanted: 59 }]);
    check(crowd(30.0, 2.0), &[InsightKind::Plateau { at_s: 29.0, most: 30, wanted: 59 }]);
    // There was room for all; too few stayed out, or for too short a time; places were left empty.
    check(crowd(60.0, 0.0), &[]);
    check(crowd(50.0, 0.0), &[]);
    check(crowd(45.0, 0.0), &[]);
    check(crowd(30.0, 8.0), &[]);
    // All came at once and are still on their way.
    let slow = Scene::healthy().value("users.active", |second| (second as f32 / 2.0).min(20.0));
    check(slow.value("users.connecting", |second| 40.0 - (second as f32 / 2.0).min(20.0)), &[]);
    let late = |second: usize| if second >= 45 { 1.0 } else { 0.0 };
    let is_late = InsightKind::GeneratorLate { at_s: 45.0, late_s: 15.0, of_s: 60.0, browser: None };
    check(crowd(30.0, 0.0).value("health.late_s", late), &[is_late]);
}

/// Nothing comes in these seconds.
fn silent(from: usize, until: usize, usual: f32) -> Scene {
    Scene::healthy().value("frames.in", move |second| if (from..until).contains(&second) { 0.0 } else { usual })
}

#[test]
fn everything_stands_still() {
    let stalled =
        |until_s, lasted_s, times| InsightKind::Stalled { at_s: 30.0, until_s, lasted_s, times, usual: 200.0 };
    check(silent(30, 33, 200.0), &[stalled(Some(33.0), 3.0, 1)]);
    check(silent(30, 60, 200.0), &[stalled(None, 30.0, 1)]);
    let twice = |second: usize| if (30..34).contains(&second) || (50..52).contains(&second) { 1.0 } else { 200.0 };
    check(Scene::healthy().value("frames.in", twice), &[stalled(Some(34.0), 4.0, 2)]);
    // A second is short; at the end five are wanted; who sends little is often silent; so is who sends in bursts.
    check(silent(30, 31, 200.0), &[]);
    check(silent(56, 60, 200.0), &[]);
    check(silent(30, 33, 9.0), &[]);
    check(Scene::healthy().value("frames.in", |second| if second % 6 < 3 { 0.0 } else { 200.0 }), &[]);
    // Nobody was there; somebody had just paused it; the generator stood still.
    let leaving = |second: usize| if second >= 30 { 10.0 } else { 40.0 };
    check(silent(30, 33, 200.0).value("users.active", leaving), &[]);
    check(silent(30, 33, 200.0).mark(AnnotationKind::Action, 29.5, "sending paused"), &[]);
    let late = |second: usize| if (30..32).contains(&second) { 0.7 } else { 0.0 };
    check(silent(30, 33, 200.0).value("health.late_s", late), &[]);
}

/// So many errors come in second 32.
fn bursting(errors: f32) -> Scene {
    Scene::healthy().value("errors", move |second| if second == 32 { errors } else { 0.0 })
}

#[test]
fn errors_that_began_with_something() {
    let after =
        |errors, before, done: &str| InsightKind::ErrorsAfter { at_s: 30.5, done: done.to_owned(), errors, before };
    let action = AnnotationKind::Action;
    check(bursting(14.0).mark(action, 30.5, "burst"), &[after(14, 0, "burst")]);
    check(bursting(14.0).mark(AnnotationKind::Note, 30.5, "new build"), &[after(14, 0, "new build")]);
    // Of two the last before them.
    check(bursting(14.0).mark(action, 26.0, "40 users").mark(action, 30.5, "burst"), &[after(14, 0, "burst")]);
    // Too few, too late after it, before it, only the mark of the errors themselves; and there were as many before.
    check(bursting(9.0).mark(action, 30.5, "burst"), &[]);
    check(bursting(14.0).mark(action, 22.0, "burst"), &[]);
    check(bursting(14.0).mark(action, 33.0, "burst"), &[]);
    check(bursting(14.0).mark(AnnotationKind::Errors, 32.0, "14 errors within a second"), &[]);
    check(Scene::healthy().value("errors", |_| 2.0).mark(action, 30.5, "burst"), &[]);
}

/// A round trip takes so long before the middle of the run, and after it.
fn slowing(before: f32, after: f32) -> Scene {
    Scene::healthy().metric("message.round_trip", move |second| {
        Some(if second < 30 { before } else { after } + (second % 5) as f32)
    })
}

#[test]
fn slow_since_a_moment() {
    let slow = |before_ms, after_ms| InsightKind::SlowSince {
        at_s: 30.0,
        metric: "message.round_trip".to_owned(),
        before_ms,
        after_ms,
        users_before: 40,
        users_after: 40,
    };
    check(slowing(20.0, 300.0), &[slow(22.0, 302.0)]);
    check(slowing(100.0, 210.0), &[slow(102.0, 212.0)]);
    // Not twice as long, a trifle, better again, and up and down.
    check(slowing(200.0, 300.0), &[]);
    check(slowing(5.0, 45.0), &[]);
    let episode = |second: usize| Some(if (30..45).contains(&second) { 300.0 } else { 20.0 });
    check(Scene::healthy().metric("message.round_trip", episode), &[]);
    check(
        Scene::healthy()
            .metric("message.round_trip", |second| Some(if second.is_multiple_of(2) { 300.0 } else { 20.0 })),
        &[],
    );
    // The generator was late, too.
    let late = |second: usize| if second >= 50 { 1.0 } else { 0.0 };
    let is_late = InsightKind::GeneratorLate { at_s: 50.0, late_s: 10.0, of_s: 60.0, browser: None };
    check(slowing(20.0, 300.0).value("health.late_s", late), &[is_late]);
}

#[test]
fn the_generator_was_late() {
    let late = |from: usize, until: usize| {
        Scene::healthy().value("health.late_s", move |second| if (from..until).contains(&second) { 0.4 } else { 0.0 })
    };
    let is_late = |of_s, late_s| InsightKind::GeneratorLate { at_s: 20.0, late_s, of_s, browser: None };
    check(late(20, 23), &[is_late(60.0, 3.0)]);
    check(late(20, 22), &[]);
    // The warm-up does not count.
    let warm = |mut scene: Scene| {
        scene.totals.config.warmup_end = base::time::Timestamp::ZERO + Span::from_secs(20);
        scene
    };
    check(warm(late(10, 24)), &[is_late(40.0, 4.0)]);
    check(warm(late(10, 20)), &[]);
}

fn with_users(users: UsersByState) -> Scene {
    let mut scene = Scene::healthy();
    scene.totals.users.now = users;
    scene
}

#[test]
fn users_that_never_got_there() {
    let users = UsersByState { done: 200, unjoined: 5, unconnected: 2, ..UsersByState::default() };
    let never = |users| InsightKind::NeverThere { users, of: 200, unprepared: 0, unconnected: 2, unjoined: 5 };
    check(with_users(users), &[never(7)]);
    // For some of them it was the browser.
    let own = |users, wait_ms| InsightKind::OwnConnections { users, wait_ms };
    check(with_users(UsersByState { held_up: 3, ..users }), &[never(4), own(3, None)]);
    check(with_users(UsersByState { held_up: 7, ..users }), &[own(7, None)]);
    check(with_users(UsersByState { done: 1_000, unjoined: 1, ..<_>::default() }), &[]);
}

#[test]
fn users_that_waited_for_their_own_browser() {
    let waits = |count: u64, millis| {
        let mut histogram = Histogram::new();
        (0..count).for_each(|_| histogram.record(Span::from_millis(millis)));
        let mut scene = Scene::healthy();
        scene.totals.metrics.0.entry("rest.slot_wait".to_owned()).or_default().split.all = histogram;
        scene
    };
    let found: Vec<_> = insights(&waits(20, 2_000).totals()).into_iter().map(|insight| insight.what).collect();
    assert!(
        matches!(found[..], [InsightKind::OwnConnections { users: 0, wait_ms: Some(ms) }] if (1_999.0..2_010.0).contains(&ms)),
        "{found:?}"
    );
    check(waits(19, 2_000), &[]);
    check(waits(20, 900), &[]);
}

#[test]
fn one_user_heard_worse_than_the_others() {
    let heard = |starved_s: &[u64]| {
        let mut scene = Scene::healthy();
        for (user, seconds) in starved_s.iter().enumerate() {
            let heard = HeardSums { answers: 1, starved: Span::from_secs(*seconds), ..HeardSums::default() };
            scene.totals.counts.listeners.absorb(&crate::ListenerDelta { user: UserId::new(0, user as u32), heard });
        }
        scene
    };
    let worst = InsightKind::OneUser { population: "owls".to_owned(), user: 3, starved_s: 4.0, all_s: 5.0 };
    check(heard(&[0, 1, 0, 4, 0]), &[worst]);
    // Too few to compare with, too little, and not alone.
    check(heard(&[0, 1, 0, 4]), &[]);
    check(heard(&[0, 0, 0, 1, 0]), &[]);
    check(heard(&[0, 4, 0, 4, 0]), &[]);
}

#[test]
fn five_of_them_are_told_and_the_gravest_first() {
    let mut scene = losing([40.0, 0.0, 0.0])
        .operation("join", 0, 41)
        .error("join", "GONE", 41, 4.5)
        .operation("message", 280, 120)
        .error("message", "BANNED", 120, 12.0)
        .value("health.late_s", |second| if second < 9 { 1.0 } else { 0.0 })
        .value("errors", |second| if second == 32 { 99.0 } else { 0.0 })
        .mark(AnnotationKind::Note, 31.0, "deploy")
        .metric("message.round_trip", |second| Some(if second < 30 { 20.0 } else { 300.0 }));
    scene.totals.users.now = UsersByState { done: 10, unjoined: 5, ..<_>::default() };
    let found = insights(&scene.totals());
    assert_eq!(found.len(), MOST_INSIGHTS);
    let kinds = found.iter().map(|insight| serde_json::to_value(insight).expect("plain data")["kind"].clone());
    let expected = ["mass_close", "never_succeeded", "generator_late", "refused", "errors_after"];
    assert_eq!(kinds.collect::<Vec<_>>(), expected);
}

#[test]
fn each_says_what_was_seen() {
    for (kind, happened) in one_of_each() {
        let insight = Insight::from(kind);
        assert_eq!(insight.happened, happened);
        assert!(insight.may_mean.contains(" may "), "nobody knows the cause: {}", insight.may_mean);
        assert!(insight.to_do.ends_with('.'));
    }
}

#[test]
fn what_befell_many_is_a_mark_with_a_name() {
    let close = InsightKind::MassClose { at_s: 30.0, within_s: 1.0, lost: 40, of: 40, by: None, code: None };
    assert_eq!(close.mark(), Some((30.0, "40 of 40 connections lost".to_owned())));
    assert_eq!(InsightKind::Plateau { at_s: 12.0, most: 30, wanted: 50 }.mark(), None);
}

#[test]
fn is_read_back_as_it_was_written() {
    for insight in insights(&losing([40.0, 0.0, 0.0]).totals()) {
        let text = serde_json::to_string(&insight).expect("plain data");
        assert_eq!(serde_json::from_str::<Insight>(&text).expect("as it was written"), insight);
    }
}
