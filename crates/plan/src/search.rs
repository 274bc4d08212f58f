//! A search for the breaking point: what is raised, between which levels, and how a level is tried.

use serde::{Deserialize, Serialize};

use super::fields::SEARCH;
use super::model::Plan;
use document::{Fields, Node, choices};

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

choices! {
    #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Raised {
        /// Users at the same time.
        Users = "users",
        /// Arrivals per second.
        Arrivals = "arrivals",
        /// Messages per second of all users together.
        Messages = "messages",
    }
}

impl Raised {
    /// What stands behind a level.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Arrivals => "arrivals/s",
            Self::Messages => "messages/s",
        }
    }
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
    fn most_arrivals(&self) -> u64 {
        let up = self.most_ups() * self.level_s() * (self.from + self.to + self.step) / 2.0;
        let at_the_top = (self.most_halvings() * self.level_s() + self.recovering_s()) * self.to;
        (up + at_the_top).ceil() as u64
    }

    /// Levels that differ by less are the same to it.
    pub fn least_distance(&self) -> f64 {
        if self.raise == Raised::Users { 1.0 } else { 0.1 }
    }

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

pub(super) fn search(node: &Node<'_>) -> Option<Search> {
    let fields = node.fields(&SEARCH)?;
    let raise = fields.choice("raise");
    let population = fields.optional("population").map(|node| node.text().map(str::to_owned));
    let [from, to, step] = ["from", "to", "step"].map(|name| fields.number(name));
    let [hold_s, settle_s, precision] = ["hold_s", "settle_s", "precision"].map(|name| fields.number(name));
    if let (Some(from), Some(to)) = (from, to)
        && to <= from
    {
        fields.required("to")?.problem(format!("must be above `from` ({from})"));
    }
    let population = match population {
        Some(None) => return None,
        Some(name) => name,
        None => None,
    };
    Some(Search {
        raise: raise?,
        population,
        from: from?,
        to: to?,
        step: step?,
        hold_s: hold_s?,
        settle_s: settle_s?,
        precision: precision?,
    })
}

/// What else of the plan a search needs.
pub(super) fn fits(fields: &Fields<'_>, search: &Search, plan: &Plan) {
    let Some(node) = fields.optional("search") else { return };
    let Some(place) = search.place(plan) else {
        let names: Vec<_> = plan.populations.iter().map(|population| population.name.as_str()).collect();
        let name = search.population.as_deref().unwrap_or_default();
        return node.problem(format!("there is no population \"{name}\", only {}", names.join(", ")));
    };
    let population = &plan.populations[place];
    let is_open = population.load.is_open();
    match search.raise {
        Raised::Arrivals if !is_open => {
            node.problem("arrivals are raised of an open load, and this population's is closed")
        }
        Raised::Users | Raised::Messages if is_open => {
            node.problem(format!("{} are raised of a closed load, and this population's is open", search.raise.name()));
        }
        Raised::Messages if population.program().is_ok_and(|program| program.sending_timers().next().is_none()) => {
            node.problem("no timer of the scenario sends messages, so their rate cannot be raised");
        }
        _ => {}
    }
    if !plan.actions.is_empty() {
        node.problem("a search steers the load itself: leave `actions` out");
    }
    if plan.thresholds.is_empty() {
        node.problem("a search needs thresholds: the largest load is the one at which all of them hold");
    }
    let (longest, load) = (search.longest_s(), plan.duration_s());
    if load < longest {
        node.problem(format!("may take {longest:.0} s, and the load lasts only {load} s: make its last stage longer"));
    }
    if plan.warmup_s > 0.0 {
        node.problem("each level has its own `settle_s`: leave `warmup_s` out");
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
