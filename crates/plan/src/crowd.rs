//! How many users a plan plays, its actions and its search included, and whose accounts a part of them needs.

use super::action::Action;
use super::choices::Raised;
use super::load::Schedule;
use super::model::Plan;
use super::search::Search;
use super::segment::{Hand, Segment};

impl Plan {
    /// The most users of a population at a time, its actions and its search included.
    pub fn most_users(&self, index: usize) -> u32 {
        let population = &self.populations[index];
        let wanted = self.actions.iter().filter(|timed| {
            timed.population.as_ref().is_none_or(|name| *name == population.name) && !population.load.is_open()
        });
        let users = wanted.filter_map(|timed| match timed.action {
            Action::Users { users, .. } => Some(users),
            _ => None,
        });
        users.chain(searched_users(self, index)).fold(population.load.max_users(), u32::max)
    }

    /// How many different users a population plays, its actions and its search included; see [`Load::user_count`].
    pub fn user_count(&self, index: usize) -> u64 {
        if self.populations[index].load.is_open() {
            let planned = Schedule::planned(self, index, &Segment::whole()).arrivals();
            return planned.max(searched_arrivals(self, index).unwrap_or(0));
        }
        u64::from(self.most_users(index))
    }

    /// The most users at a time that a part of the run plays.
    pub fn users_of(&self, segment: &Segment) -> u32 {
        let share = |index: usize| Hand::new(segment, index == 0).share(self.most_users(index));
        (0..self.populations.len()).map(share).fold(0, u32::saturating_add)
    }

    /// Of the accounts in `csv` those that a part of the run needs, each in its place: what is not a browser's to know is
    /// left empty.
    pub fn rows_of(&self, segment: &Segment, csv: &[Vec<Vec<String>>]) -> Vec<Vec<Vec<String>>> {
        let plays_once = segment.plays_once();
        let rows_of = |(index, rows): (usize, &Vec<Vec<String>>)| {
            let hand = Hand::new(segment, index == 0);
            let is_needed = |place: usize| hand.holds(place as u32) || (plays_once && place + 1 == rows.len());
            let pick = |(place, row): (usize, &Vec<String>)| if is_needed(place) { row.clone() } else { Vec::new() };
            rows.iter().enumerate().map(pick).collect()
        };
        csv.iter().enumerate().map(rows_of).collect()
    }
}

impl Search {
    /// The population whose load is raised.
    pub fn place(&self, plan: &Plan) -> Option<usize> {
        match &self.population {
            Some(name) => plan.populations.iter().position(|population| population.name == *name),
            None => Some(0),
        }
    }
}

/// The search, where it raises this of this population.
fn searched(plan: &Plan, index: usize, raise: Raised) -> Option<&Search> {
    plan.search.as_ref().filter(|search| search.raise == raise && search.place(plan) == Some(index))
}

/// The most users at a time that the search asks of this population.
pub(super) fn searched_users(plan: &Plan, index: usize) -> Option<u32> {
    searched(plan, index, Raised::Users).map(|search| search.to.ceil() as u32)
}

/// The most users a second that the search lets arrive in this population.
pub(super) fn searched_rate(plan: &Plan, index: usize) -> Option<f64> {
    searched(plan, index, Raised::Arrivals).map(|search| search.to)
}

/// How many different users the search lets arrive in this population, at most.
pub(super) fn searched_arrivals(plan: &Plan, index: usize) -> Option<u64> {
    searched(plan, index, Raised::Arrivals).map(Search::most_arrivals)
}
