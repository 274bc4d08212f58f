//! Users that change their part because a browser is full.

use serde_json::json;

use super::{Bench, held};
use crate::wire::{Guest, Lending, Moved, WorkerLoad};
use crate::{Engine, Input};
use metrics::UserId;
use plan::{Caps, Limits, Segment};

const ALL: u32 = u32::MAX;

fn user(index: u32) -> UserId {
    UserId::new(0, index)
}

fn guest(index: u32) -> Guest {
    Guest { user: user(index), row: Vec::new() }
}

fn moved(was_asked: bool, given_up: &[u32], taken_in: &[u32]) -> Moved {
    let users = |indices: &[u32]| indices.iter().map(|&index| user(index)).collect();
    Moved { was_asked, given_up: users(given_up), taken_in: users(taken_in) }
}

impl Bench {
    #[track_caller]
    fn check_moved(&mut self, expected: &Moved) {
        let snapshot = self.engine.snapshot(self.now);
        assert_eq!(&snapshot.moved, expected);
    }
}

/// The second of two equal parts: of four users it plays 1 and 3.
fn part() -> WorkerLoad {
    let mut load = Bench::load(&[(json!({}), held(4))], None);
    load.segment = Segment { part: 1, weights: vec![1, 1], probe_parts: Vec::new() };
    load
}

#[test]
fn a_full_browser_gives_up_who_waits_and_whoever_comes_home_stays() {
    let mut bench = Bench::new(json!({}), held(4));
    bench.connect(0);
    bench.give(Input::GiveUp { users: 9 });
    bench.check_moved(&moved(true, &[], &[]));
    bench.give(Input::Full);
    bench.give(Input::GiveUp { users: 2 });
    let snapshot = bench.engine.snapshot(bench.now);
    assert_eq!(snapshot.moved, moved(true, &[2, 3], &[]));
    let users = bench.users();
    assert_eq!((users.connecting, users.done, users.failed), (1, 0, 0), "those that went are nobody's here");
    assert_eq!(snapshot.health.handshake_queue, 1);
    // Nobody has room for one of them.
    bench.give(Input::TakeIn { guests: vec![guest(2), guest(2)], most: 0 });
    bench.check_moved(&moved(false, &[], &[2]));
    bench.give(Input::GiveUp { users: 9 });
    bench.check_moved(&moved(true, &[1], &[]));
    assert_eq!(bench.users().connecting, 1);
    // Who was connected stays, whatever becomes of its connection.
    bench.close(0);
    bench.pass(60_000);
    bench.give(Input::Full);
    bench.give(Input::GiveUp { users: 9 });
    bench.check_moved(&moved(true, &[], &[]));
}

#[test]
fn a_guest_is_played_as_if_it_were_the_part_s_own_and_starts_once() {
    let mut bench = Bench::with(&part());
    bench.start();
    bench.give(Input::TakeIn { guests: vec![guest(0), guest(3)], most: ALL });
    let snapshot = bench.engine.snapshot(bench.now);
    assert_eq!(
        (snapshot.moved, bench.users().connecting),
        (moved(false, &[], &[0]), 3),
        "one of them was here already"
    );
    let arrivals = snapshot.metrics.counters.iter().find(|counter| counter.counter == "arrivals");
    assert_eq!(arrivals.map(|counter| counter.count), Some(2), "its start was counted where it started");
    bench.give(Input::Stop);
    assert_eq!(bench.users().done, 3);
}

#[test]
fn a_part_that_is_taken_up_comes_with_its_guests_and_without_whom_it_has_lent() {
    let mut load = part();
    load.lending = Lending { lent: vec![user(1)], guests: vec![guest(0), guest(2)] };
    let mut bench = Bench::with(&load);
    bench.start();
    assert_eq!(bench.users().connecting, 3);
    bench.give(Input::TakeIn { guests: vec![guest(1)], most: ALL });
    bench.check_moved(&moved(false, &[], &[1]));
    assert_eq!(bench.users().connecting, 4);
}

/// Whether the worker keeps user 0, who was dealt to another one.
#[track_caller]
fn check_kept(change: impl FnOnce(&mut WorkerLoad), most: u32, kept: bool) {
    let mut load = part();
    change(&mut load);
    let mut bench = Bench { engine: Engine::new(&load).expect("the plan is good"), ..Bench::with(&part()) };
    bench.start();
    bench.give(Input::TakeIn { guests: vec![guest(0)], most });
    let (given_up, taken_in): (&[u32], &[u32]) = if kept { (&[], &[0]) } else { (&[0], &[]) };
    bench.check_moved(&moved(false, given_up, taken_in));
    assert_eq!(bench.users().connecting, if kept { 3 } else { 2 });
}

#[test]
fn who_has_no_room_for_a_guest_or_does_not_know_its_account_gives_it_back() {
    check_kept(|_| {}, ALL, true);
    check_kept(|_| {}, 0, false);
    let capped = |users| {
        move |load: &mut WorkerLoad| {
            let caps = Caps { users: Some(users), ..Caps::NONE };
            let hosts = load.plan.hosts();
            load.limits = Some(Limits { hosts, caps, public: caps, ..Limits::default() });
        }
    };
    // This part may play half of them at a time, and two are its own.
    check_kept(capped(8), ALL, true);
    check_kept(capped(4), ALL, false);
    let from_file = |load: &mut WorkerLoad| {
        let columns = vec!["email".to_owned(), "password".to_owned()];
        load.plan.populations[0].accounts = plan::Accounts::Csv { columns };
        load.csv =
            vec![(0..4).map(|index| if index % 2 == 1 { vec!["a".into(), "b".into()] } else { Vec::new() }).collect()];
    };
    check_kept(from_file, ALL, false);
    let mut load = part();
    from_file(&mut load);
    let mut bench = Bench::with(&load);
    bench.start();
    bench.give(Input::TakeIn { guests: vec![Guest { row: vec!["c".into(), "d".into()], ..guest(0) }], most: ALL });
    bench.check_moved(&moved(false, &[], &[0]));
}

#[test]
fn whoever_comes_when_the_load_is_over_is_done_at_home_and_not_kept_elsewhere() {
    let mut bench = Bench::with(&part());
    bench.start();
    bench.give(Input::Full);
    bench.give(Input::GiveUp { users: 1 });
    bench.give(Input::Stop);
    bench.give(Input::TakeIn { guests: vec![guest(3), guest(1), guest(0)], most: ALL });
    let Moved { given_up, taken_in, .. } = bench.engine.snapshot(bench.now).moved;
    assert_eq!((given_up.len(), given_up.last(), taken_in.len()), (2, Some(&user(0)), 1));
    assert_eq!(bench.users().done, 2);
}
