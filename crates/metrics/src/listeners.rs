//! How it was to listen for each user: sums over its answers, in a table that cannot grow without end.

use std::collections::BTreeMap;
use std::ops::{AddAssign, SubAssign};

use serde::{Deserialize, Serialize};

use super::playback::Listened;
use super::user::UserId;
use base::time::Span;

/// Answers, added up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HeardSums {
    pub answers: u32,
    /// Audio received.
    pub received: Span,
    /// Audio behind each answer's first chunk, and the time that it took to arrive.
    pub after_first: Span,
    pub wall: Span,
    pub underruns: u32,
    /// Time in underruns.
    pub starved: Span,
}

/// What one user has heard since the last snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListenerDelta {
    pub user: UserId,
    pub heard: HeardSums,
}

/// All users that heard something: each of the first [`MOST`] apart, and the sum over everybody.
#[derive(Debug, Clone, Default)]
pub struct Listeners {
    users: BTreeMap<UserId, HeardSums>,
    all: HeardSums,
    /// Users that are counted and not told apart: a report lists the worst.
    unlisted: usize,
}

impl HeardSums {
    /// Audio per time it took to arrive, 1 is real time; `None`: nothing followed a first chunk.
    pub fn real_time_factor(&self) -> Option<f64> {
        (self.wall > Span::ZERO).then(|| self.after_first.as_secs_f64() / self.wall.as_secs_f64())
    }
}

impl From<&Listened> for HeardSums {
    fn from(listened: &Listened) -> Self {
        let Listened { received, underruns, starved, pace } = *listened;
        let (after_first, wall) = pace.map_or((Span::ZERO, Span::ZERO), |pace| (pace.after_first, pace.wall));
        Self { answers: 1, received, after_first, wall, underruns, starved }
    }
}

impl AddAssign for HeardSums {
    fn add_assign(&mut self, other: Self) {
        self.answers = self.answers.saturating_add(other.answers);
        self.received = self.received + other.received;
        self.after_first = self.after_first + other.after_first;
        self.wall = self.wall + other.wall;
        self.underruns = self.underruns.saturating_add(other.underruns);
        self.starved = self.starved + other.starved;
    }
}

/// Takes off what was added before.
impl SubAssign for HeardSums {
    fn sub_assign(&mut self, other: Self) {
        self.answers = self.answers.saturating_sub(other.answers);
        self.received = self.received - other.received;
        self.after_first = self.after_first - other.after_first;
        self.wall = self.wall - other.wall;
        self.underruns = self.underruns.saturating_sub(other.underruns);
        self.starved = self.starved - other.starved;
    }
}

impl Listeners {
    pub fn absorb(&mut self, delta: &ListenerDelta) {
        self.all += delta.heard;
        if self.users.len() < MOST || self.users.contains_key(&delta.user) {
            *self.users.entry(delta.user).or_default() += delta.heard;
        }
    }

    /// Over everybody.
    pub fn all(&self) -> &HeardSums {
        &self.all
    }

    /// Users told apart.
    pub fn len(&self) -> usize {
        self.users.len() + self.unlisted
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// As a report tells it: only the worst are known one by one.
    pub(super) fn of_worst(all: HeardSums, count: usize, worst: impl Iterator<Item = (UserId, HeardSums)>) -> Self {
        let users: BTreeMap<_, _> = worst.collect();
        Self { unlisted: count.saturating_sub(users.len()), users, all }
    }

    /// Who had it worst, at most so many: by the time in underruns, then by how slowly audio came.
    pub fn worst(&self, most: usize) -> Vec<(UserId, &HeardSums)> {
        let mut users: Vec<_> = self.users.iter().map(|(user, heard)| (*user, heard)).collect();
        let pace = |heard: &HeardSums| heard.real_time_factor().unwrap_or(f64::INFINITY);
        users.sort_by(|(_, a), (_, b)| b.starved.cmp(&a.starved).then(pace(a).total_cmp(&pace(b))));
        users.truncate(most);
        users
    }
}

/// About 100 bytes each.
const MOST: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(millis: u64) -> Span {
        Span::from_millis(millis)
    }

    fn heard(starved: u64, after_first: u64, wall: u64) -> HeardSums {
        let (after_first, wall) = (ms(after_first), ms(wall));
        HeardSums { answers: 1, received: ms(100) + after_first, after_first, wall, underruns: 1, starved: ms(starved) }
    }

    #[test]
    fn users_are_told_apart_and_added_up() {
        let mut listeners = Listeners::default();
        for (user, heard) in
            [(1, heard(0, 900, 1_000)), (2, heard(40, 900, 900)), (1, heard(0, 300, 200)), (3, heard(0, 900, 1_200))]
        {
            listeners.absorb(&ListenerDelta { user: UserId::new(0, user), heard });
        }
        let worst: Vec<_> = listeners
            .worst(9)
            .iter()
            .map(|(user, heard)| (user.index(), heard.answers, heard.real_time_factor()))
            .collect();
        // 1200 of 1200 ms, over both of its answers.
        assert_eq!(worst, [(2, 1, Some(1.0)), (3, 1, Some(0.75)), (1, 2, Some(1.0))]);
        assert_eq!(listeners.worst(1).len(), 1);
        let all = listeners.all();
        assert_eq!((all.answers, all.underruns, all.starved, all.received), (4, 4, ms(40), ms(3_400)));
        assert!(all.real_time_factor().is_some_and(|factor| (factor - 3_000.0 / 3_300.0).abs() < 1e-9));
    }

    #[test]
    fn the_table_is_bounded_and_the_sum_is_not() {
        let mut listeners = Listeners::default();
        for user in 0..MOST as u32 + 5 {
            listeners.absorb(&ListenerDelta { user: UserId::new(0, user), heard: heard(1, 1, 1) });
        }
        assert_eq!(listeners.len(), MOST);
        assert_eq!(listeners.all().answers as usize, MOST + 5);
        // Who has a place keeps it.
        listeners.absorb(&ListenerDelta { user: UserId::new(0, 3), heard: heard(9, 1, 1) });
        assert_eq!(listeners.worst(1)[0].0, UserId::new(0, 3));
    }
}
