//! Which part of a run's users a worker (or, in a swarm, a browser's worker) plays.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// One worker's share of the users. The parts of a run sum to the whole: each user index belongs to exactly one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// This part's place among `weights`.
    pub part: usize,
    /// Capacity of all parts, in any unit; users are dealt in proportion, spread evenly over the index.
    pub weights: Vec<u32>,
    /// Parts with a single user each: user n of the first population plays alone in the n-th of them. Empty: no probe.
    pub probe_parts: Vec<usize>,
}

impl Segment {
    /// This part's share of a number of users; those of all parts sum to it.
    pub fn share_of(&self, users: u32) -> u32 {
        Hand::new(self, true).share(users)
    }

    /// The only part of a run: all users.
    pub fn whole() -> Self {
        Self { part: 0, weights: vec![1], probe_parts: Vec::new() }
    }

    /// This part is a probe's.
    pub fn is_probe(&self) -> bool {
        self.probe_parts.contains(&self.part)
    }

    /// The part that each user of a population was dealt to.
    pub fn dealer(&self, first_population: bool) -> impl Fn(u32) -> Option<usize> {
        let hand = Hand::new(self, first_population);
        move |user| hand.owner(user)
    }

    /// This part does what a population does once: the first probe's, which has time for it, or without one the first part.
    pub fn plays_once(&self) -> bool {
        self.part == self.probe_parts.first().copied().unwrap_or(0)
    }
}

/// A segment's users of one population.
#[derive(Debug, Clone)]
pub(super) struct Hand {
    part: usize,
    /// The parts that play the first users and nobody else, one each; none in other populations than the first.
    probes: Vec<usize>,
    /// The parts that users are dealt to, over and over.
    round: Vec<usize>,
    /// Users that were dealt to this part and that another one plays, and the other way round.
    lent: BTreeSet<u32>,
    guests: BTreeSet<u32>,
}

impl Hand {
    pub fn new(segment: &Segment, first_population: bool) -> Self {
        let mut weights: Vec<u64> = segment.weights.iter().map(|&weight| u64::from(weight)).collect();
        let is_part = |part: &&usize| **part < weights.len();
        let mut probes: Vec<usize> = segment.probe_parts.iter().filter(is_part).copied().collect();
        // A probe needs somebody else to play the load.
        if probes.len() >= weights.len() {
            probes.clear();
        }
        probes.iter().for_each(|&probe| weights[probe] = 0);
        if weights.iter().all(|&weight| weight == 0) {
            (0..weights.len()).filter(|part| !probes.contains(part)).for_each(|part| weights[part] = 1);
        }
        if !first_population {
            probes.clear();
        }
        let (lent, guests) = (BTreeSet::new(), BTreeSet::new());
        Self { part: segment.part, probes, round: round(&weights), lent, guests }
    }

    /// Whether this part plays the user.
    pub fn holds(&self, user: u32) -> bool {
        !self.lent.contains(&user) && (self.guests.contains(&user) || self.is_dealt(user))
    }

    /// The user is this part's own, whoever plays it now.
    pub fn is_dealt(&self, user: u32) -> bool {
        self.owner(user) == Some(self.part)
    }

    /// Another part plays it from now on.
    pub fn let_go(&mut self, user: u32) {
        if !self.guests.remove(&user) && self.is_dealt(user) {
            self.lent.insert(user);
        }
    }

    /// This part plays it from now on.
    pub fn take_in(&mut self, user: u32) {
        if !self.lent.remove(&user) && !self.is_dealt(user) {
            self.guests.insert(user);
        }
    }

    /// Users of other parts that this one plays.
    pub fn guests(&self) -> u32 {
        self.guests.len() as u32
    }

    fn owner(&self, user: u32) -> Option<usize> {
        self.probes.get(user as usize).copied().or_else(|| self.dealt_to(user))
    }

    fn dealt_to(&self, user: u32) -> Option<usize> {
        self.round.get(user as usize % self.round.len().max(1)).copied()
    }

    /// How many of the users below `count` were dealt to this part.
    pub fn share(&self, count: u32) -> u32 {
        let length = self.round.len().max(1) as u32;
        let is_ours = |user: &u32| self.dealt_to(*user) == Some(self.part);
        let in_round = self.round.iter().filter(|&&part| part == self.part).count() as u32;
        let rest = (count - count % length..count).filter(is_ours).count() as u32;
        // The first users belong to probes instead of the parts that they were dealt to.
        let probes = 0..count.min(self.probes.len() as u32);
        let held = probes.clone().filter(|&user| self.is_dealt(user)).count() as u32;
        count / length * in_round + rest + held - probes.filter(is_ours).count() as u32
    }
}

/// One round of dealing: each part as often as its weight says, spread as evenly as it goes (smooth weighted round
/// robin). The same for all parts of a run, because it depends on the weights alone.
fn round(weights: &[u64]) -> Vec<usize> {
    let weights = shorten(weights);
    let total: i64 = weights.iter().sum();
    let mut credit = vec![0i64; weights.len()];
    (0..total)
        .map(|_| {
            credit.iter_mut().zip(&weights).for_each(|(credit, weight)| *credit += weight);
            let richest =
                (0..credit.len()).rev().max_by_key(|&part| credit[part]).expect("a total above zero has a part");
            credit[richest] -= total;
            richest
        })
        .collect()
}

/// The same proportions in numbers that make a short round; a part with any weight keeps at least one.
fn shorten(weights: &[u64]) -> Vec<i64> {
    let divisor = weights.iter().copied().fold(0, gcd).max(1);
    let total: u64 = weights.iter().sum::<u64>() / divisor;
    let scaled = |weight: u64| match weight / divisor {
        0 => 0,
        weight if total <= LONGEST_ROUND => weight,
        weight => (weight * LONGEST_ROUND / total).max(1),
    };
    weights.iter().map(|&weight| scaled(weight) as i64).collect()
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Keeps proportions to a quarter of a thousandth without a table that anybody would notice.
const LONGEST_ROUND: u64 = 4_096;

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn hands(weights: &[u32], probe_parts: &[usize], first: bool) -> Vec<Hand> {
        let segment = |part| Segment { part, weights: weights.to_vec(), probe_parts: probe_parts.to_vec() };
        (0..weights.len()).map(|part| Hand::new(&segment(part), first)).collect()
    }

    #[track_caller]
    fn check(weights: &[u32], probe_parts: &[usize], first: bool, expected: &str) {
        let hands = hands(weights, probe_parts, first);
        let owner = |user| (0..hands.len()).find(|&part| hands[part].holds(user)).map_or("-".into(), |p| p.to_string());
        assert_eq!((0..expected.len() as u32).map(owner).collect::<String>(), expected);
    }

    #[test]
    fn users_are_dealt_evenly() {
        check(&[1], &[], true, "0000");
        check(&[1, 1], &[], true, "010101");
        check(&[2, 1], &[], true, "010010");
        check(&[3, 1], &[], true, "00100010");
        check(&[0, 0], &[], true, "0101");
        check(&[7, 0], &[], true, "0000");
    }

    #[test]
    fn the_probe_plays_user_0_of_the_first_population_alone() {
        check(&[5, 1, 1], &[0], true, "021212");
        check(&[5, 1, 1], &[0], false, "121212");
        check(&[1, 9], &[1], true, "1000");
        check(&[1], &[0], true, "0000");
        check(&[1, 1], &[7], true, "0101");
        check(&[1, 0, 0], &[0], true, "021212");
    }

    #[test]
    fn several_probes_play_the_first_users_one_each() {
        check(&[3, 0, 0], &[1, 2], true, "120000");
        check(&[3, 0, 0], &[2, 1], true, "210000");
        check(&[3, 0, 0], &[1, 2], false, "000000");
        check(&[1, 1, 0, 0], &[2, 3], true, "230101");
        check(&[5, 5], &[0, 1], true, "010101");
    }

    #[test]
    fn a_user_that_is_lent_is_played_by_its_guest_s_host_alone() {
        let mut hands = hands(&[1, 1], &[], true);
        let holders = |hands: &[Hand], user| (0..2).filter(|&part| hands[part].holds(user)).collect::<Vec<_>>();
        hands[0].let_go(2);
        assert_eq!(holders(&hands, 2), [0; 0], "on its way");
        hands[1].take_in(2);
        assert_eq!((holders(&hands, 2), hands[1].guests()), (vec![1], 1));
        hands[1].let_go(2);
        hands[0].take_in(2);
        assert_eq!((holders(&hands, 2), hands[1].guests()), (vec![0], 0), "at home again");
        // Shares are of what was dealt: caps stay with the parts.
        assert_eq!([hands[0].share(10), hands[1].share(10)], [5, 5]);
    }

    proptest! {
        #[test]
        fn every_user_has_one_part(
            weights in prop::collection::vec(prop_oneof![0..6u32, any::<u32>()], 1..6),
            probes in prop::collection::btree_set(0..7usize, 0..4), first: bool, count in 0..20_000u32
        ) {
            let probes: Vec<_> = probes.into_iter().collect();
            let hands = hands(&weights, &probes, first);
            for user in (0..count.min(500)).chain([count]) {
                prop_assert_eq!(hands.iter().filter(|hand| hand.holds(user)).count(), 1, "user {}", user);
            }
            prop_assert_eq!(hands.iter().map(|hand| hand.share(count)).sum::<u32>(), count);
            for hand in &hands {
                let few = count.min(6_000);
                prop_assert_eq!(hand.share(few), (0..few).filter(|&user| hand.holds(user)).count() as u32);
            }
        }
    }
}
