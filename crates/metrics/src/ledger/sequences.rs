//! A set of sequence numbers that is one range most of the time.

/// What inserting a number meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inserted {
    /// Higher than all before.
    Newest,
    /// New, but a higher one was there before: reordered.
    Older,
    /// Already there.
    Again,
}

/// Ranges of numbers below `u32::MAX`. Twelve bytes on wasm32 while nothing is missing, eight more for every gap.
#[derive(Debug, Clone, Default)]
pub struct Sequences {
    /// The highest range, `start..end`; empty only when the whole set is.
    start: u32,
    end: u32,
    /// All other ranges, ascending, none touching the next.
    #[expect(clippy::box_collection, reason = "there are millions of these sets and most have no second range")]
    below: Option<Box<Vec<(u32, u32)>>>,
}

impl Sequences {
    pub fn insert(&mut self, number: u32) -> Inserted {
        debug_assert!(number < u32::MAX);
        if self.start == self.end {
            (self.start, self.end) = (number, number + 1);
            Inserted::Newest
        } else if number == self.end {
            self.end += 1;
            Inserted::Newest
        } else if number > self.end {
            self.below.get_or_insert_default().push((self.start, self.end));
            (self.start, self.end) = (number, number + 1);
            Inserted::Newest
        } else if number >= self.start {
            Inserted::Again
        } else {
            self.insert_below(number)
        }
    }

    pub fn contains(&self, number: u32) -> bool {
        (self.start..self.end).contains(&number)
            || number < self.start
                && self.below.as_ref().is_some_and(|ranges| {
                    let behind = ranges.partition_point(|&(start, _)| start <= number);
                    behind > 0 && number < ranges[behind - 1].1
                })
    }

    #[cold]
    fn insert_below(&mut self, number: u32) -> Inserted {
        let ranges = self.below.get_or_insert_default();
        let behind = ranges.partition_point(|&(start, _)| start <= number);
        if behind > 0 && number < ranges[behind - 1].1 {
            return Inserted::Again;
        }
        let joins_left = behind > 0 && ranges[behind - 1].1 == number;
        let next = ranges.get(behind).map_or(self.start, |&(start, _)| start);
        match (joins_left, number + 1 == next) {
            (false, false) => ranges.insert(behind, (number, number + 1)),
            (true, false) => ranges[behind - 1].1 = number + 1,
            (false, true) => *ranges.get_mut(behind).map_or(&mut self.start, |(start, _)| start) = number,
            (true, true) => {
                let (start, _) = ranges.remove(behind - 1);
                // The range behind moved one place down.
                *ranges.get_mut(behind - 1).map_or(&mut self.start, |(start, _)| start) = start;
            }
        }
        if ranges.is_empty() {
            self.below = None;
        }
        Inserted::Older
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn is_a_set(numbers in prop::collection::vec(prop_oneof![0..24u32, 0..u32::MAX], 0..80)) {
            let mut sequences = Sequences::default();
            let mut set = BTreeSet::new();
            for number in numbers {
                let expected = match (set.contains(&number), set.last()) {
                    (true, _) => Inserted::Again,
                    (false, Some(&highest)) if number < highest => Inserted::Older,
                    _ => Inserted::Newest,
                };
                prop_assert_eq!(sequences.insert(number), expected);
                set.insert(number);
                for probe in (0..26).chain([number, number.wrapping_sub(1), number + 1]) {
                    prop_assert_eq!(sequences.contains(probe), set.contains(&probe), "{} in {:?}", probe, sequences);
                }
            }
            let gaps = set.iter().zip(set.iter().skip(1)).filter(|(a, b)| **a + 1 != **b).count();
            prop_assert_eq!(sequences.below.map_or(0, |ranges| ranges.len()), gaps);
        }
    }
}
