//! A search fits into its plan.

use crate::choices::Raised;
use crate::fields::SEARCH;
use crate::model::Plan;
use crate::search::Search;
use document::{Fields, Node};

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
