//! The ledger against a naive oracle that knows everything, and named cases one by one.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;

const LATE: Span = Span::from_secs(5);

fn at(millis: u64) -> Timestamp {
    Timestamp::from_micros(millis * 1_000)
}

fn frame(tag: &Tag) -> String {
    let mut text = "42[\"message\",{\"content\":\"".to_owned();
    tag.write("a1b", &mut text);
    text + "\"}]"
}

/// Three users in a room since 0; user 1 sends at one second; then `story`; then the end.
#[track_caller]
fn check(story: impl FnOnce(&mut Ledger, &Tag), expected: LedgerDelta) {
    let mut ledger = Ledger::new("a1b", LATE);
    (1..=3).for_each(|user| ledger.enter(at(0), "r", UserId(user)));
    let tag = ledger.send(at(1_000), "r", UserId(1));
    story(&mut ledger, &tag);
    ledger.finish(at(60_000));
    assert_eq!(ledger.drain(at(60_000)).0, LedgerDelta { sent: 1, ..expected });
}

fn receive(ledger: &mut Ledger, tag: &Tag, receivers: impl IntoIterator<Item = u32>, millis: u64) {
    receivers.into_iter().for_each(|user| {
        ledger.receive(at(millis), UserId(user), &frame(tag));
    });
}

#[test]
fn all_members_got_it() {
    let expected = LedgerDelta { accepted: 1, due: 3, delivered: 3, arrived: 3, ..<_>::default() };
    check(|ledger, tag| receive(ledger, tag, 1..=3, 1_100), expected);
}

#[test]
fn what_comes_after_settlement_is_no_longer_missing() {
    let mut ledger = Ledger::new("a1b", LATE);
    (1..=3).for_each(|user| ledger.enter(at(0), "r", UserId(user)));
    let tag = ledger.send(at(1_000), "r", UserId(1));
    receive(&mut ledger, &tag, [1], 1_100);
    let (early, ..) = ledger.drain(at(5_999));
    assert_eq!((early.due, early.missing), (0, 0), "not settled yet");
    let (settled, _, completions) = ledger.drain(at(6_000));
    assert_eq!((settled.due, settled.delivered, settled.missing), (3, 1, 2));
    assert_eq!((completions.len(), completions[0].missing), (1, 2));
    assert_eq!(completions[0].latencies, 100_000u32.to_le_bytes());
    receive(&mut ledger, &tag, [2, 2, 4], 20_000);
    let expected =
        LedgerDelta { delivered: 1, missing: -1, late: 2, arrived: 2, duplicated: 1, extra: 1, ..<_>::default() };
    assert_eq!(ledger.drain(at(20_000)).0, expected);
}

#[test]
fn a_rejected_message_is_owed_to_nobody() {
    let expected = LedgerDelta { rejected: 1, arrived: 1, extra: 1, ..<_>::default() };
    let story = |ledger: &mut Ledger, tag: &Tag| {
        ledger.rejected(tag.sender, tag.sequence);
        receive(ledger, tag, [2], 1_100);
    };
    check(story, expected);
}

#[test]
fn a_message_of_a_dead_connection_is_owed_to_nobody() {
    let story = |ledger: &mut Ledger, tag: &Tag| ledger.abandoned(tag.sender, tag.sequence);
    check(story, LedgerDelta { abandoned: 1, ..<_>::default() });
    check(|_, _| {}, LedgerDelta { abandoned: 1, ..<_>::default() });
}

#[test]
fn an_unconfirmed_message_is_owed_to_those_who_stayed() {
    let story = |ledger: &mut Ledger, tag: &Tag| {
        ledger.passed_by(at(9_000), tag.sender, tag.sequence);
        ledger.leave(at(10_999), Some("r"), UserId(3));
    };
    check(story, LedgerDelta { unconfirmed: 1, due: 2, missing: 2, ..<_>::default() });
}

#[test]
fn a_sender_s_patience_is_no_ground_for_a_debt() {
    let overdue = |ledger: &mut Ledger, tag: &Tag| ledger.overdue(at(9_000), tag.sender, tag.sequence);
    check(overdue, LedgerDelta { abandoned: 1, ..<_>::default() });
    // Refused in the end.
    let refused = |ledger: &mut Ledger, tag: &Tag| {
        overdue(ledger, tag);
        ledger.rejected(tag.sender, tag.sequence);
    };
    check(refused, LedgerDelta { rejected: 1, ..<_>::default() });
    // Taken in the end, when one of three had left.
    let taken = |ledger: &mut Ledger, tag: &Tag| {
        overdue(ledger, tag);
        ledger.leave(at(12_000), Some("r"), UserId(3));
        receive(ledger, tag, [1, 2], 40_000);
    };
    check(taken, LedgerDelta { accepted: 1, due: 2, delivered: 2, late: 2, arrived: 2, ..<_>::default() });
    // Whoever has it shows that it was taken, before or after.
    for first_at in [5_000, 10_000] {
        let seen = |ledger: &mut Ledger, tag: &Tag| {
            if first_at < 9_000 {
                receive(ledger, tag, [2], first_at);
            }
            overdue(ledger, tag);
            if first_at > 9_000 {
                receive(ledger, tag, [2], first_at);
            }
        };
        let late = u64::from(first_at > 6_000);
        let expected =
            LedgerDelta { unconfirmed: 1, due: 3, delivered: 1, missing: 2, arrived: 1, late, ..<_>::default() };
        check(seen, expected);
    }
}

#[test]
fn what_was_sent_to_a_member_is_no_history_when_it_comes_after_its_leaving() {
    let story = |ledger: &mut Ledger, tag: &Tag| {
        ledger.leave(at(8_000), Some("r"), UserId(2));
        let receipt = ledger.receive(at(9_000), UserId(2), &frame(tag)).expect("it has a tag");
        assert!(receipt.first && !receipt.is_history);
        receive(ledger, tag, [1, 3], 9_000);
    };
    check(story, LedgerDelta { accepted: 1, due: 2, delivered: 2, arrived: 3, extra: 1, late: 3, ..<_>::default() });
}

#[test]
fn leaving_is_no_loss_and_staying_long_enough_owes() {
    for (left, due) in [(3_099, 2), (3_100, 3)] {
        let story = |ledger: &mut Ledger, tag: &Tag| {
            receive(ledger, tag, [1, 2], 1_100);
            ledger.leave(at(left), None, UserId(3));
        };
        let missing = due as i64 - 2;
        check(story, LedgerDelta { accepted: 1, due, delivered: 2, missing, arrived: 2, ..<_>::default() });
    }
}

#[test]
fn who_enters_after_the_sending_is_owed_nothing() {
    let expected = LedgerDelta { accepted: 1, due: 3, delivered: 3, arrived: 4, extra: 1, ..<_>::default() };
    let story = |ledger: &mut Ledger, tag: &Tag| {
        ledger.enter(at(1_001), "r", UserId(4));
        receive(ledger, tag, 1..=4, 1_100);
    };
    check(story, expected);
}

#[test]
fn nothing_is_owed_between_a_disconnect_and_the_next_entry() {
    let mut ledger = Ledger::new("a1b", LATE);
    [1, 2].into_iter().for_each(|user| ledger.enter(at(0), "r", UserId(user)));
    ledger.leave(at(500), None, UserId(2));
    let tag = ledger.send(at(1_000), "r", UserId(1));
    receive(&mut ledger, &tag, [1], 1_010);
    ledger.enter(at(1_500), "r", UserId(2));
    let tag = ledger.send(at(2_000), "r", UserId(1));
    receive(&mut ledger, &tag, [1, 2], 2_010);
    let (delta, ..) = ledger.drain(at(20_000));
    assert_eq!((delta.due, delta.delivered, delta.missing), (3, 3, 0));
}

#[test]
fn the_first_who_missed_a_message_are_known() {
    let mut ledger = Ledger::new("a1b", LATE);
    (1..=9).for_each(|user| ledger.enter(at(0), "r", UserId(user)));
    let tag = ledger.send(at(1_000), "r", UserId(1));
    receive(&mut ledger, &tag, [1, 3], 1_010);
    let (delta, ..) = ledger.drain(at(20_000));
    assert_eq!(delta.missing, 7);
    let by = [2, 4, 5].map(UserId).to_vec();
    assert_eq!(ledger.take_missed(), [Missed { sender: UserId(1), sequence: tag.sequence, by }]);
    assert_eq!(ledger.take_missed(), []);
}

#[test]
fn so_many_copies_as_a_sender_is_to_get_are_none_too_many() {
    /// The first of three members sends; these get it, in this order.
    #[track_caller]
    fn check(copies: u8, receivers: &[u32], expected: LedgerDelta) {
        let mut ledger = Ledger::new("a1b", LATE).with_own_copies(vec![copies]);
        (1..=3).for_each(|user| ledger.enter(at(0), "r", UserId(user)));
        let tags = [1_000, 2_000].map(|millis| ledger.send(at(millis), "r", UserId(1)));
        let mut found = Vec::new();
        for tag in &tags {
            for user in receivers {
                let receipt = ledger.receive(at(2_100), UserId(*user), &frame(tag)).expect("it carries a tag");
                found.extend(receipt.found.filter(|_| tag.sequence == 0));
            }
        }
        ledger.finish(at(60_000));
        assert_eq!(ledger.drain(at(60_000)).0, LedgerDelta { sent: 2, accepted: 2, ..expected }, "{copies}");
        let own = found.iter().filter(|figure| **figure == Figure::OwnCopies).count() as u64;
        assert_eq!(own * 2, expected.own_copies, "what is named is what is counted");
    }
    let all = LedgerDelta { due: 6, delivered: 6, arrived: 6, ..<_>::default() };
    check(1, &[1, 2, 3], all);
    check(1, &[1, 1, 2, 3], LedgerDelta { own_copies: 2, ..all });
    check(2, &[1, 1, 2, 3], all);
    check(2, &[1, 2, 3, 1, 1, 2], LedgerDelta { own_copies: 2, duplicated: 2, ..all });
    check(3, &[1, 1, 1, 2, 3], all);
    // It is to get none: what comes is not owed, and shows all the same that the message was taken.
    check(0, &[1, 2, 3], LedgerDelta { due: 4, delivered: 4, arrived: 6, extra: 2, ..<_>::default() });
    check(
        0,
        &[1, 1, 2, 3],
        LedgerDelta { due: 4, delivered: 4, arrived: 6, extra: 2, own_copies: 2, ..<_>::default() },
    );
}

#[test]
fn a_sender_s_own_second_copy_is_no_duplicate() {
    let expected =
        LedgerDelta { accepted: 1, due: 3, delivered: 3, arrived: 3, own_copies: 2, duplicated: 1, ..<_>::default() };
    let story = |ledger: &mut Ledger, tag: &Tag| receive(ledger, tag, [1, 1, 1, 2, 2, 3], 1_100);
    check(story, expected);
}

#[test]
fn a_history_that_is_played_again_is_neither_duplicated_nor_late_nor_out_of_order() {
    let mut ledger = Ledger::new("a1b", LATE);
    [1, 2].into_iter().for_each(|user| ledger.enter(at(0), "r", UserId(user)));
    let tags: Vec<_> = (1..4).map(|n| ledger.send(at(n), "r", UserId(1))).collect();
    receive(&mut ledger, &tags[1], [1, 2], 5);
    // It loses its connection and comes back: everything again, before and after its entry is confirmed.
    ledger.leave(at(10), None, UserId(2));
    let late = LATE.as_micros() / 1_000 + 100;
    receive(&mut ledger, &tags[0], [2], late);
    receive(&mut ledger, &tags[1], [2], late);
    ledger.enter(at(late + 1), "r", UserId(2));
    receive(&mut ledger, &tags[2], [2, 2], late + 2);
    // What is sent from then on is counted as ever.
    let new = ledger.send(at(late + 3), "r", UserId(1));
    receive(&mut ledger, &new, [2, 2], late + 4);
    let (delta, ..) = ledger.drain(at(late + 4));
    assert_eq!((delta.arrived, delta.duplicated, delta.reordered, delta.late), (5, 1, 0, 0));
}

#[test]
fn duplicates_and_reordering_are_told_apart() {
    let mut ledger = Ledger::new("a1b", LATE);
    let tags: Vec<_> = (0..4).map(|n| ledger.send(at(n), "r", UserId(1))).collect();
    let order = [0, 2, 1, 1, 3, 0];
    let receipts = order.map(|n| ledger.receive(at(10), UserId(2), &frame(&tags[n])).unwrap().first);
    assert_eq!(receipts, [true, true, true, false, true, false]);
    let (delta, ..) = ledger.drain(at(10));
    assert_eq!((delta.arrived, delta.reordered, delta.duplicated), (4, 1, 2));
}

#[test]
fn tags_that_nobody_sent_change_nothing_but_the_arrivals() {
    let mut ledger = Ledger::new("a1b", LATE);
    ledger.enter(at(0), "r", UserId(1));
    let forged = Tag { sender: UserId(1), sequence: 77, sent_at: at(0) };
    receive(&mut ledger, &forged, [1], 10);
    let (delta, sent, completions) = ledger.drain(at(700_000));
    assert_eq!(delta, LedgerDelta { arrived: 1, ..<_>::default() });
    assert_eq!((sent, completions), (SentLog::default(), Vec::new()));
    assert!(ledger.in_flight.is_empty(), "forgotten after a while");
    assert_eq!(ledger.receive(at(0), UserId(1), "no tag"), None);
}

/// Somebody comes every second, hears the four that came before, speaks once, and stays for five seconds; one stays all
/// the time and speaks every second.
#[test]
fn users_that_pass_through_do_not_fill_the_memory_and_nothing_is_forgotten_too_soon() {
    let mut ledger = Ledger::new("a1b", LATE);
    let host = UserId(1_000_000);
    ledger.enter(at(0), "r", host);
    let mut totals = LedgerDelta::default();
    let mut most = 0;
    let mut missed = Vec::new();
    for user in 0..20_000u32 {
        let now = u64::from(user) * 1_000;
        let present: Vec<u32> = (user.saturating_sub(4)..=user).chain([host.0]).collect();
        ledger.enter(at(now), "r", UserId(user));
        for sender in [UserId(user), host] {
            let tag = ledger.send(at(now + 1), "r", sender);
            ledger.accepted(at(now + 2), sender, tag.sequence);
            // The host misses every hundredth, and gets it nine minutes late.
            let is_missed = user % 100 == 0 && sender != host;
            receive(&mut ledger, &tag, present.iter().copied().filter(|id| !(is_missed && *id == host.0)), now + 3);
            missed.extend(is_missed.then_some((now + 540_000, tag)));
        }
        if user >= 4 {
            ledger.leave(at(now + 900), None, UserId(user - 4));
        }
        for (due, tag) in missed.extract_if(.., |(due, _)| *due <= now) {
            receive(&mut ledger, &tag, [host.0], due);
        }
        totals += ledger.drain(at(now + 950)).0;
        most = most.max(ledger.pairs.len() + ledger.memberships.len());
    }
    // Ten minutes of users with seven pairs and a membership each, and twice that before it is looked at again.
    assert!(most < 2 * 8 * 620, "{most} entries");
    ledger.finish(at(30_000_000));
    totals += ledger.drain(at(30_000_000)).0;
    assert_eq!(totals.sent, 40_000);
    assert_eq!(totals.missing, missed.len() as i64, "all others came, if late");
    assert_eq!((totals.duplicated, totals.reordered), (0, 0));
    assert_eq!(totals.arrived, totals.delivered + totals.extra);
}

#[test]
fn a_pair_without_losses_takes_what_the_documentation_says() {
    let pointer = size_of::<usize>();
    assert_eq!(size_of::<Pair>(), 8 + 2 * pointer, "16 bytes on wasm32");
}

/// What happens in a made-up run. Numbers are reduced to what exists.
#[derive(Debug, Clone)]
enum Act {
    Enter {
        user: u32,
        room: usize,
    },
    Leave {
        user: u32,
        room: Option<usize>,
    },
    Send {
        user: u32,
        room: usize,
    },
    Fate {
        message: prop::sample::Index,
        kind: u8,
    },
    Deliver {
        message: prop::sample::Index,
        receiver: u32,
    },
    /// The page asks a worker for its part and passes its log on, some time.
    Drain {
        worker: usize,
    },
    Absorb {
        worker: usize,
    },
}

fn any_act() -> impl Strategy<Value = (u64, Act)> {
    let (user, room, worker) = (|| 0..USERS, || 0..ROOMS.len(), || 0..3usize);
    let act = prop_oneof![
        2 => (user(), room()).prop_map(|(user, room)| Act::Enter { user, room }),
        1 => (user(), prop::option::of(room())).prop_map(|(user, room)| Act::Leave { user, room }),
        4 => (user(), room()).prop_map(|(user, room)| Act::Send { user, room }),
        2 => (any::<prop::sample::Index>(), 0..4u8).prop_map(|(message, kind)| Act::Fate { message, kind }),
        9 => (any::<prop::sample::Index>(), user()).prop_map(|(message, receiver)| Act::Deliver { message, receiver }),
        2 => worker().prop_map(|worker| Act::Drain { worker }),
        2 => worker().prop_map(|worker| Act::Absorb { worker }),
    ];
    (0..900u64, act)
}

type Stay = (Timestamp, Option<Timestamp>);

/// Everything that happened, kept as it happened.
#[derive(Default)]
struct Oracle {
    /// By room and user: when they entered and left.
    stays: BTreeMap<(usize, u32), Vec<Stay>>,
    messages: Vec<(usize, Tag, Option<Fate>)>,
    /// Their connections went, and they have entered no room since.
    gone: BTreeSet<u32>,
    /// Receiver and message, in order of arrival.
    arrivals: Vec<(u32, usize, Timestamp, bool)>,
}

impl Oracle {
    fn enter(&mut self, now: Timestamp, room: usize, user: u32) {
        let stays = self.stays.entry((room, user)).or_default();
        if stays.last().is_none_or(|(_, left)| left.is_some()) {
            stays.push((now, None));
            self.gone.remove(&user);
        }
    }

    fn leave(&mut self, now: Timestamp, room: usize, user: u32) {
        if let Some((_, left @ None)) = self.stays.get_mut(&(room, user)).and_then(|stays| stays.last_mut()) {
            *left = Some(now);
        }
    }

    /// It comes to somebody who has entered a room since it was sent, or is in none: over a new connection, or left before it was sent.
    fn is_replay(&self, user: u32, tag: &Tag) -> bool {
        let stays = || self.stays.iter().filter(|((_, member), _)| *member == user).flat_map(|(_, stays)| stays);
        let is_out = stays().all(|(_, left)| left.is_some());
        let left = stays().filter_map(|(_, left)| *left).max();
        let is_out = is_out && (self.gone.contains(&user) || left.is_some_and(|left| left < tag.sent_at));
        stays().next().is_some() && (is_out || stays().any(|(entered, _)| *entered > tag.sent_at))
    }

    fn expected(&self) -> LedgerDelta {
        let mut delta = LedgerDelta { sent: self.messages.len() as u64, ..<_>::default() };
        let mut seen = BTreeSet::new();
        for (place, &(receiver, message, now, replayed)) in self.arrivals.iter().enumerate() {
            let tag = self.messages[message].1;
            if !seen.insert((receiver, message)) {
                let copies = if tag.sender.0 == receiver { &mut delta.own_copies } else { &mut delta.duplicated };
                *copies += u64::from(!replayed);
                continue;
            }
            delta.arrived += 1;
            delta.late += u64::from(now.since(tag.sent_at) > LATE && !replayed);
            let overtaken = self.arrivals[..place].iter().any(|&(other, earlier, ..)| {
                let earlier = self.messages[earlier].1;
                other == receiver && earlier.sender == tag.sender && earlier.sequence > tag.sequence
            });
            delta.reordered += u64::from(overtaken && !replayed);
        }
        for (message, (room, tag, fate)) in self.messages.iter().enumerate() {
            let accepted = match fate {
                Some(Fate::Accepted(at)) => (delta.accepted += 1, Some(*at)).1,
                Some(Fate::Unconfirmed(at)) => (delta.unconfirmed += 1, Some(*at)).1,
                Some(Fate::Rejected) => (delta.rejected += 1, None).1,
                Some(Fate::Abandoned) | None => (delta.abandoned += 1, None).1,
            };
            for user in 0..USERS {
                let stays = self.stays.get(&(*room, user)).into_iter().flatten();
                let stayed = |left: &Option<Timestamp>, at| left.is_none_or(|left| left >= at + Span::from_secs(2));
                let due = accepted
                    .is_some_and(|at| stays.clone().any(|(entered, left)| *entered <= tag.sent_at && stayed(left, at)));
                let came = seen.contains(&(user, message));
                delta.due += u64::from(due);
                delta.delivered += u64::from(due && came);
                delta.missing += i64::from(due && !came);
                delta.extra += u64::from(!due && came);
            }
        }
        delta
    }
}

struct Swarm {
    workers: Vec<Ledger>,
    inboxes: Vec<Vec<SentLog>>,
    sum: LedgerDelta,
    completions: BTreeMap<(u32, u32), usize>,
}

impl Swarm {
    fn of(&mut self, user: u32) -> &mut Ledger {
        let worker = user as usize % self.workers.len();
        &mut self.workers[worker]
    }

    fn drain(&mut self, now: Timestamp, worker: usize) {
        let (delta, sent, completions) = self.workers[worker].drain(now);
        self.sum += delta;
        for completion in completions {
            *self.completions.entry((completion.sender.0, completion.sequence)).or_default() += 1;
        }
        for (other, inbox) in self.inboxes.iter_mut().enumerate() {
            if other != worker {
                inbox.push(sent.clone());
            }
        }
    }

    fn absorb(&mut self, worker: usize) {
        let logs = std::mem::take(&mut self.inboxes[worker]);
        logs.iter().for_each(|log| self.workers[worker].absorb(log));
    }
}

fn run(swarm: &mut Swarm, oracle: &mut Oracle, now: Timestamp, act: &Act) {
    let count = swarm.workers.len();
    match *act {
        Act::Enter { user, room } => {
            oracle.enter(now, room, user);
            swarm.of(user).enter(now, ROOMS[room], UserId(user));
        }
        Act::Leave { user, room } => {
            let rooms = room.map_or(0..ROOMS.len(), |room| room..room + 1);
            rooms.for_each(|room| oracle.leave(now, room, user));
            if room.is_none() && oracle.stays.keys().any(|(_, member)| *member == user) {
                oracle.gone.insert(user);
            }
            swarm.of(user).leave(now, room.map(|room| ROOMS[room]), UserId(user));
        }
        Act::Send { user, room } => {
            let tag = swarm.of(user).send(now, ROOMS[room], UserId(user));
            oracle.messages.push((room, tag, None));
        }
        Act::Fate { message, kind } if !oracle.messages.is_empty() => {
            let (_, tag, known) = message.get_mut(&mut oracle.messages);
            let ledger = swarm.of(tag.sender.0);
            let fate = match kind {
                0 => (ledger.accepted(now, tag.sender, tag.sequence), Fate::Accepted(now)).1,
                1 => (ledger.rejected(tag.sender, tag.sequence), Fate::Rejected).1,
                2 => (ledger.passed_by(now, tag.sender, tag.sequence), Fate::Unconfirmed(now)).1,
                _ => (ledger.abandoned(tag.sender, tag.sequence), Fate::Abandoned).1,
            };
            known.get_or_insert(fate);
        }
        Act::Deliver { message, receiver } if !oracle.messages.is_empty() => {
            let message = message.index(oracle.messages.len());
            let (_, tag, known) = &mut oracle.messages[message];
            let seen = oracle.arrivals.iter().any(|&(r, m, ..)| (r, m) == (receiver, message));
            let receipt = swarm.of(receiver).receive(now, UserId(receiver), &frame(tag)).expect("it has a tag");
            assert_eq!((receipt.tag, receipt.first, receipt.own), (*tag, !seen, tag.sender.0 == receiver));
            if receipt.own {
                known.get_or_insert(Fate::Accepted(now));
            }
            let replayed = oracle.is_replay(receiver, &oracle.messages[message].1);
            oracle.arrivals.push((receiver, message, now, replayed));
        }
        Act::Fate { .. } | Act::Deliver { .. } => {}
        Act::Drain { worker } => swarm.drain(now, worker % count),
        Act::Absorb { worker } => swarm.absorb(worker % count),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]
    #[test]
    fn parts_sum_to_what_really_happened(workers in 1..4usize, acts in prop::collection::vec(any_act(), 1..160)) {
        let mut swarm = Swarm {
            workers: (0..workers).map(|_| Ledger::new("a1b", LATE)).collect(),
            inboxes: vec![Vec::new(); workers],
            sum: LedgerDelta::default(),
            completions: BTreeMap::new(),
        };
        let mut oracle = Oracle::default();
        let mut now = Timestamp::ZERO;
        for (wait, act) in &acts {
            now += Span::from_millis(*wait);
            run(&mut swarm, &mut oracle, now, act);
        }
        swarm.workers.iter_mut().for_each(|ledger| ledger.finish(now));
        (0..workers).for_each(|worker| swarm.drain(now, worker));
        (0..workers).for_each(|worker| swarm.absorb(worker));
        (0..workers).for_each(|worker| swarm.drain(now, worker));
        prop_assert_eq!(swarm.sum, oracle.expected());
        let owed = oracle.messages.iter().filter(|m| matches!(m.2, Some(Fate::Accepted(_) | Fate::Unconfirmed(_))));
        let owed: BTreeMap<_, _> = owed.map(|(_, tag, _)| (key(tag), workers)).collect();
        prop_assert_eq!(swarm.completions, owed, "every worker reports every owed message once");
    }
}

const USERS: u32 = 6;
const ROOMS: [&str; 2] = ["one", "two"];
