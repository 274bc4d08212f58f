//! What this browser's operator has said yes to: whose load, where it goes, how much of it, and what goes back.

use serde::{Deserialize, Serialize};

use super::message::Offer;

/// An answer of an operator to what was shown to him.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Decision {
    pub allows: bool,
    /// The number of the offer that was shown: a yes is good for nothing else.
    pub offer: u32,
    /// Samples of what servers answer may go to the conductor, see [`super::withhold`].
    pub samples: bool,
}

/// An offer that its operator has allowed; all that is no more than it needs no other question.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agreed {
    pub offer: Offer,
    pub samples: bool,
}

/// Everything that an operator has agreed to in this swarm.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Agreements(Vec<Agreed>);

impl Agreements {
    /// What covers this offer, if anything does.
    pub fn covering(&self, offer: &Offer) -> Option<&Agreed> {
        let covers = |agreed: &&Agreed| offer.is_within(&agreed.offer);
        self.0.iter().filter(covers).max_by_key(|agreed| agreed.samples)
    }

    /// What was agreed to before and is no more than this goes, with what was said of its samples.
    pub fn add(&mut self, agreed: Agreed) {
        self.0.retain(|before| !before.offer.is_within(&agreed.offer));
        self.0.push(agreed);
    }

    /// Nothing covers this offer any more.
    pub fn take_back(&mut self, offer: &Offer) {
        self.0.retain(|agreed| !offer.is_within(&agreed.offer));
    }
}

impl Offer {
    /// It asks for no more than another one: no other place, no more users, no longer. Who calls it by another name, or changes
    /// what happens inside of these bounds, asks for no more.
    pub fn is_within(&self, other: &Self) -> bool {
        let is_less = |load: &plan::HostLoad| {
            let same = other.far.iter().find(|theirs| theirs.host == load.host);
            same.is_some_and(|theirs| {
                load.users <= theirs.users && load.rate <= theirs.rate && load.seconds <= theirs.seconds
            })
        };
        self.hosts.is_subset(&other.hosts)
            && self.places.is_subset(&other.places)
            && self.users <= other.users
            && self.seconds <= other.seconds
            && self.far.iter().all(is_less)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plan::HostLoad;

    fn offer(place: &str, users: u32, seconds: f64) -> Offer {
        let host = place.split(':').next().unwrap_or_default().to_owned();
        let far = vec![HostLoad { host: host.clone(), users, rate: f64::from(users), seconds }];
        Offer { hosts: [host].into(), places: [place.to_owned()].into(), far, users, seconds, ..Offer::default() }
    }

    #[test]
    fn the_same_or_less_is_within_and_anything_more_is_not() {
        #[track_caller]
        fn check(change: impl Fn(&mut Offer), expected: bool) {
            let known = offer("a.example:80", 10, 60.0);
            let mut offered = known.clone();
            change(&mut offered);
            assert_eq!(offered.is_within(&known), expected, "{offered:?}");
        }
        check(|_| {}, true);
        check(|offer| (offer.number, offer.starts, offer.plan) = (9, true, "another".into()), true);
        check(|offer| *offer = self::offer("a.example:80", 9, 59.0), true);
        check(|offer| *offer = Offer::default(), true);
        check(|offer| *offer = self::offer("a.example:81", 10, 60.0), false);
        check(|offer| offer.places.extend(["127.0.0.1:80".to_owned()]), false);
        check(|offer| offer.hosts.extend(["127.0.0.1".to_owned()]), false);
        check(|offer| offer.users = 11, false);
        check(|offer| offer.seconds = 61.0, false);
        check(|offer| offer.far[0].rate = 10.5, false);
        check(|offer| offer.far[0].users = 11, false);
        check(|offer| offer.far[0].seconds = f64::NAN, false);
        check(|offer| offer.seconds = f64::NAN, false);
        check(|offer| offer.far.push(HostLoad { host: "b.example".into(), ..offer.far[0].clone() }), false);
    }

    #[test]
    fn two_answers_are_no_yes_to_the_places_of_one_and_the_users_of_the_other() {
        let mut agreements = Agreements::default();
        let agreed = |offer, samples| Agreed { offer, samples };
        agreements.add(agreed(offer("a.example:80", 10, 60.0), false));
        agreements.add(agreed(offer("b.example:80", 500, 60.0), true));
        let samples = |agreements: &Agreements, offer: &Offer| agreements.covering(offer).map(|agreed| agreed.samples);
        assert_eq!(samples(&agreements, &offer("a.example:80", 10, 5.0)), Some(false));
        assert_eq!(samples(&agreements, &offer("b.example:80", 400, 60.0)), Some(true));
        assert_eq!(samples(&agreements, &offer("a.example:80", 11, 60.0)), None);
        // A larger yes takes the place of a smaller one, with what it says of samples.
        agreements.add(agreed(offer("b.example:80", 600, 60.0), false));
        assert_eq!(samples(&agreements, &offer("b.example:80", 1, 1.0)), Some(false));
        agreements.take_back(&offer("b.example:80", 1, 1.0));
        assert_eq!(samples(&agreements, &offer("b.example:80", 1, 1.0)), None);
        assert_eq!(samples(&agreements, &offer("a.example:80", 1, 1.0)), Some(false));
    }
}
