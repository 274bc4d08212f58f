//! A search for the breaking point: what is raised, between which levels, and how a level is tried.

use serde::{Deserialize, Serialize};

use super::choices::Raised;
use super::fields::SEARCH;

/// Raises the load until a threshold breaks, then halves the distance between the highest level that held and the lowest that broke.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Search {
    pub raise: Raised,
    /// The population whose load is raised, by its name; `None`: the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub population: Option<String>,
    /// The first level that is tried.
    pub from: f64,
    /// The highest one.
    pub to: f64,
    /// How much is added as long as all thresholds hold.
    pub step: f64,
    /// How long a level is measured.
    #[serde(default = "default_hold")]
    pub hold_s: f64,
    /// How long it has before that, to get there and to calm down.
    #[serde(default = "default_settle")]
    pub settle_s: f64,
    /// The search is over when the level that broke is no more than this share above the one that held.
    #[serde(default = "default_precision")]
    pub precision: f64,
}

impl Search {
    /// One that is a start for somebody who has none yet.
    pub fn usual() -> Self {
        Self {
            raise: Raised::Users,
            population: None,
            from: 10.0,
            to: 200.0,
            step: 20.0,
            hold_s: default_hold(),
            settle_s: default_settle(),
            precision: default_precision(),
        }
    }

    /// How often it goes up at most, its first level included.
    fn most_ups(&self) -> f64 {
        ((self.to - self.from) / self.step).ceil() + 1.0
    }

    /// How often it halves the distance at most.
    fn most_halvings(&self) -> f64 {
        (self.step / (self.from * self.precision).max(self.least_distance())).log2().ceil().max(0.0)
    }

    /// How long it takes at most, seconds, while the server gets well again as fast as it should.
    pub fn longest_s(&self) -> f64 {
        (self.most_ups() + self.most_halvings()) * self.level_s() + self.recovering_s()
    }

    fn level_s(&self) -> f64 {
        self.settle_s + self.hold_s
    }

    /// After the level that broke, and after each halving.
    fn recovering_s(&self) -> f64 {
        (self.most_halvings() + 1.0) * (2.0 * self.settle_s + 2.0)
    }

    /// How many users arrive until it is over, at most: all the way up, and at its highest level from then on.
    pub(super) fn most_arrivals(&self) -> u64 {
        let up = self.most_ups() * self.level_s() * (self.from + self.to + self.step) / 2.0;
        let at_the_top = (self.most_halvings() * self.level_s() + self.recovering_s()) * self.to;
        (up + at_the_top).ceil() as u64
    }

    /// Levels that differ by less are the same to it.
    pub fn least_distance(&self) -> f64 {
        if self.raise == Raised::Users { 1.0 } else { 0.1 }
    }
}

fn default_hold() -> f64 {
    SEARCH.usual("hold_s")
}

fn default_settle() -> f64 {
    SEARCH.usual("settle_s")
}

fn default_precision() -> f64 {
    SEARCH.usual("precision")
}
