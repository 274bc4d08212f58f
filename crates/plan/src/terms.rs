//! On what terms the users of a population speak with hosts.

use super::choices::{Mark, Redirects};
use super::model::Plan;
use base::url;

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Terms {
    pub redirects: Redirects,
    /// Bytes of one answer that are read.
    pub most_bytes: u64,
    pub mark: Mark,
}

impl Terms {
    pub fn new(plan: &Plan, population: usize) -> Self {
        Self {
            redirects: plan.populations.get(population).map(|population| population.redirects).unwrap_or_default(),
            most_bytes: plan.answer_limit_bytes(),
            mark: plan.mark,
        }
    }

    /// Whether a connection to this address is marked in its query.
    pub fn marks_query(&self, address: &str) -> bool {
        match self.mark {
            Mark::Query => true,
            Mark::Public => url::host(address).is_some_and(|host| url::is_public(&host)),
            Mark::Auth | Mark::None => false,
        }
    }
}

/// The name under which a connection says which run it belongs to.
pub const MARK: &str = "tabswarm";
