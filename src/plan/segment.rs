//! Which part of a run's users a worker (or, in a swarm, a browser's worker) plays.

use serde::{Deserialize, Serialize};

/// One worker's share of the users. The parts of a run sum to the whole: each user index belongs to exactly one part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// This part's place among `weights`.
    pub part: usize,
    /// Capacity of all parts, in any unit; users are dealt in proportion, spread evenly over the index.
    pub weights: Vec<u32>,
    /// User 0 of the first population is the probe and plays alone in its own part, `None`: no probe.
    pub probe_part: Option<usize>,
}

impl Segment {
    /// The only part of a run: all users.
    pub fn whole() -> Self {
        Self { part: 0, weights: vec![1], probe_part: None }
    }
}

/// A segment's users of one population.
#[derive(Debug, Clone)]
pub(super) struct Hand {
    part: usize,
    /// The part that plays user 0 and nobody else, if there is one.
    probe: Option<usize>,
    /// Whether user 0 of this population is the probe.
    has_probe: bool,
    /// The parts that users are dealt to, over and over.
    round: Vec<usize>,
}

impl Hand {
    pub fn new(segment: &Segment, first_population: bool) -> Self {
        let others = |part: &usize| Some(*part) != segment.probe_part;
        // A probe needs somebody else to play the load.
        let probe = segment.probe_part.filter(|&probe| probe < segment.weights.len() && segment.weights.len() > 1);
        let mut weights: Vec<u64> = segment.weights.iter().map(|&weight| u64::from(weight)).collect();
        if let Some(probe) = probe {
            weights[probe] = 0;
        }
        if weights.iter().all(|&weight| weight == 0) {
            (0..weights.len()).filter(|part| probe.is_none() || others(part)).for_each(|part| weights[part] = 1);
        }
        Self { part: segment.part, probe, has_probe: first_population && probe.is_some(), round: round(&weights) }
    }

    /// Whether this part plays the user.
    pub fn holds(&self, user: u32) -> bool {
        let owner = match self.probe {
            Some(probe) if user == 0 && self.has_probe => Some(probe),
            _ => self.round.get(user as usize % self.round.len().max(1)).copied(),
        };
        owner == Some(self.part)
    }

    /// How many of the users below `count` this part plays.
    pub fn share(&self, count: u32) -> u32 {
        let length = self.round.len().max(1) as u32;
        let rounds = count / length;
        let in_round = self.round.iter().filter(|&&part| part == self.part).count() as u32;
        let rest = (count - count % length..count).filter(|&user| self.holds(user)).count() as u32;
        // User 0 may belong to the probe instead of the part it was dealt to.
        let dealt_first = rounds > 0 && self.round.first() == Some(&self.part);
        rounds * in_round + rest + u32::from(rounds > 0 && self.holds(0)) - u32::from(dealt_first)
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

    fn hands(weights: &[u32], probe_part: Option<usize>, first: bool) -> Vec<Hand> {
        (0..weights.len())
            .map(|part| Hand::new(&Segment { part, weights: weights.to_vec(), probe_part }, first))
            .collect()
    }

    #[track_caller]
    fn check(weights: &[u32], probe_part: Option<usize>, first: bool, expected: &str) {
        let hands = hands(weights, probe_part, first);
        let owner = |user| (0..hands.len()).find(|&part| hands[part].holds(user)).map_or("-".into(), |p| p.to_string());
        assert_eq!((0..expected.len() as u32).map(owner).collect::<String>(), expected);
    }

    #[test]
    fn users_are_dealt_evenly() {
        check(&[1], None, true, "0000");
        check(&[1, 1], None, true, "010101");
        check(&[2, 1], None, true, "010010");
        check(&[3, 1], None, true, "00100010");
        check(&[0, 0], None, true, "0101");
        check(&[7, 0], None, true, "0000");
    }

    #[test]
    fn the_probe_plays_user_0_of_the_first_population_alone() {
        check(&[5, 1, 1], Some(0), true, "021212");
        check(&[5, 1, 1], Some(0), false, "121212");
        check(&[1, 9], Some(1), true, "1000");
        check(&[1], Some(0), true, "0000");
        check(&[1, 1], Some(7), true, "0101");
        check(&[1, 0, 0], Some(0), true, "021212");
    }

    proptest! {
        #[test]
        fn every_user_has_one_part(
            weights in prop::collection::vec(prop_oneof![0..6u32, any::<u32>()], 1..6),
            probe in prop::option::of(0..7usize), first: bool, count in 0..20_000u32
        ) {
            let hands = hands(&weights, probe, first);
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
