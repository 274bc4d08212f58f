//! From a typed-in plan to one that a run obeys: all problems at once, each with its path.

mod actions;
mod addresses;
mod blame;
mod lab;
mod search;

use std::collections::HashMap;

use serde_json::{Map, Value};

use self::lab::lab_faults;
use super::accounts::plain;
use super::expectation::Expectation;
use super::fields::{
    FILE, LOADS, MOST_COLUMNS, MOST_POPULATIONS, PATTERN, PLAN, POPULATION, STAGE_OF_ARRIVALS, STAGE_OF_USERS, WEEK_S,
    tagged, tags,
};
use super::model::{Accounts, Load, Plan, Population, Stage};
use super::threshold::Threshold;
use super::verdict::VerdictRules;
use document::{Fields, Node, Object, Problem, Problems};
use scenario::{self, Program};

impl Plan {
    /// Reads and checks a plan document, its scenarios included.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn check(document: &Value) -> Result<Self, Vec<Problem>> {
        let problems = Problems::default();
        let plan = Node::root(document, &problems).fields(&PLAN).and_then(|fields| plan(&fields, &problems));
        match plan {
            Some(plan) => problems.or(plan),
            None => Err(problems.into_vec()),
        }
    }

    /// Whether the account files serve this plan: `csv` holds the rows of each population, without the header; empty
    /// where accounts are no file. Each row is used once, so there must be enough, and no two alike.
    pub fn check_accounts(&self, csv: &[Vec<Vec<String>>]) -> Vec<Problem> {
        let problems = Problems::default();
        for (index, population) in self.populations.iter().enumerate() {
            let path = format!("populations[{index}].accounts");
            let rows = csv.get(index).map_or(&[][..], Vec::as_slice);
            let (users, found) = (self.user_count(index), rows.len() as u64);
            let has_once = population.program().is_ok_and(|program| program.once.is_some());
            let needed = population.accounts.rows_needed(users, has_once);
            if found < needed {
                let is_searched = self.search.as_ref().and_then(|search| search.place(self)) == Some(index);
                let who =
                    if is_searched { format!("up to {users} users of the search") } else { format!("{users} users") };
                let once = if has_once { " and one for the steps done once" } else { "" };
                let message = format!("the file has {found} accounts, but {who}{once} need {needed}");
                problems.add(path.as_str(), message);
            }
            if matches!(population.accounts, Accounts::Csv { .. }) {
                repeated_rows(rows, &path, &problems);
            }
        }
        problems.into_vec()
    }
}

impl Population {
    /// The compiled scenario, with this population's variables.
    ///
    /// # Errors
    /// What is wrong with the scenario; nothing in a checked plan.
    pub fn program(&self) -> Result<Program, Vec<Problem>> {
        scenario::compile(&scenario::resolve(&self.scenario)?, &self.variables)
    }
}

fn repeated_rows(rows: &[Vec<String>], path: &str, problems: &Problems) {
    let mut first = HashMap::new();
    let repeated = rows.iter().enumerate().filter_map(|(place, row)| {
        let earlier = *first.entry(row).or_insert(place);
        (earlier < place).then_some((earlier, place))
    });
    for (earlier, place) in repeated.take(MOST_REPEATED_ROWS) {
        let message =
            format!("account {} of the file is account {} again: users would share it", place + 1, earlier + 1);
        problems.add(path, message);
    }
}

fn plan(fields: &Fields<'_>, problems: &Problems) -> Option<Plan> {
    let version = fields.whole("version");
    let name = fields.required("name").and_then(|node| node.name()).map(str::to_owned);
    let (number, whole) = (|name| fields.number(name), |name| fields.whole(name));
    let (seed, consistency_users) = (whole("seed"), whole("consistency_users"));
    let (handshakes, contract_every) = (whole("handshakes_in_flight"), whole("contract_every"));
    let (warmup_s, settle_s, graceful_stop_s) = (number("warmup_s"), number("settle_s"), number("graceful_stop_s"));
    let (late_after_s, answer_limit) = (number("late_after_s"), number("answer_limit_mib"));
    let mark = fields.choice("mark");
    let lab = fields.unless_null("lab").map(|node| lab_faults(&node));
    let verdict = fields.optional("verdict");
    let verdict = verdict.map_or_else(|| Some(VerdictRules::default()), |node| VerdictRules::read(&node));
    let thresholds = fields.optional("thresholds").map_or_else(Vec::new, |node| thresholds(&node));
    let expect = expectations(fields);
    let search = fields.unless_null("search").map(|node| search::search(&node));
    let actions = fields.optional("actions").map_or_else(Vec::new, |node| actions::actions(&node));
    let populations = fields.required("populations").map(|node| populations(&node, problems));
    let plan = Plan {
        version: version? as u32,
        name: name?,
        seed: seed?,
        populations: populations??,
        thresholds,
        expect: expect?,
        warmup_s: warmup_s?,
        settle_s: settle_s?,
        graceful_stop_s: graceful_stop_s?,
        handshakes_in_flight: handshakes? as u32,
        late_after_s: late_after_s?,
        verdict: verdict?,
        contract_every: contract_every? as u32,
        consistency_users: consistency_users? as u32,
        answer_limit_mib: answer_limit?,
        mark: mark?,
        actions,
        lab: lab.unwrap_or_default(),
        search: search.unwrap_or_default(),
    };
    if let Some(node) = fields.optional("thresholds") {
        fitting_thresholds(&node, &plan);
    }
    if let Some(wanted) = &plan.search {
        search::fits(fields, wanted, &plan);
    }
    if let Some(node) = fields.optional("warmup_s").filter(|_| plan.warmup_s >= plan.duration_s()) {
        node.problem(format!(
            "the warm-up lasts as long as the load ({} s): nothing would be measured",
            plan.duration_s()
        ));
    }
    if let Some(node) = fields.optional("actions") {
        actions::check_in(&node, &plan);
    }
    Some(plan)
}

fn thresholds(node: &Node<'_>) -> Vec<String> {
    let read = |entry: Node<'_>| {
        let text = entry.text()?;
        text.parse::<Threshold>().map_err(|error| entry.problem(error.to_string())).ok()?;
        Some(text.to_owned())
    };
    node.list().into_iter().filter_map(read).collect()
}

fn expectations(fields: &Fields<'_>) -> Option<Vec<Expectation>> {
    let Some(node) = fields.optional("expect") else { return Some(Expectation::ALL.to_vec()) };
    node.list().iter().map(Node::choice).collect()
}

/// A threshold is of a population that exists, and its window fits into the run.
fn fitting_thresholds(node: &Node<'_>, plan: &Plan) {
    let names: Vec<_> = plan.populations.iter().map(|population| population.name.as_str()).collect();
    let (load_s, warmup_s) = (plan.duration_s(), plan.warmup_s);
    for entry in node.list() {
        let threshold = entry.value().as_str().and_then(|text| text.parse::<Threshold>().ok());
        if let Some(error) = threshold.and_then(|threshold| threshold.problem_in(&names, load_s, warmup_s)) {
            entry.problem(error.to_string());
        }
    }
}

fn populations(node: &Node<'_>, problems: &Problems) -> Option<Vec<Population>> {
    let entries = node.list();
    if entries.is_empty() && node.value().is_array() {
        node.problem("a plan needs at least one population");
    }
    if entries.len() > MOST_POPULATIONS {
        node.problem(format!("at most {MOST_POPULATIONS} populations, found {}", entries.len()));
    }
    let read: Vec<_> = entries.iter().map(|entry| population(entry, problems)).collect();
    for (index, entry) in entries.iter().enumerate() {
        for (other, earlier) in read[..index].iter().enumerate() {
            if let (Some(earlier), Some(this)) = (earlier, &read[index]) {
                compare(entry, this, other, earlier);
            }
        }
    }
    read.into_iter().collect()
}

/// Names and accounts must be each population's own: users of one account log each other out.
fn compare(entry: &Node<'_>, this: &Population, other: usize, earlier: &Population) {
    if plain(&this.name) == plain(&earlier.name) {
        let message =
            format!("the name \"{}\" is taken by populations[{other}] (case and punctuation do not count)", this.name);
        entry.problem(message);
    }
    if let (Accounts::Pattern { columns }, Accounts::Pattern { columns: taken }) = (&this.accounts, &earlier.accounts) {
        // The usual name is each population's own, and nobody logs in by it.
        let usual = ("name", Accounts::USUAL_NAME);
        let own = || columns.iter().filter(|(column, pattern)| (column.as_str(), pattern.as_str()) != usual);
        let uses = |what| own().any(|(_, pattern)| pattern.contains(what));
        if columns == taken && uses("{n}") && !uses("{population}") {
            let message = format!("gives the same accounts as populations[{other}]: use {{population}} in a column");
            entry.problem(message);
        }
    }
}

fn population(node: &Node<'_>, problems: &Problems) -> Option<Population> {
    let fields = node.fields(&POPULATION)?;
    let name = fields.required("name").and_then(|node| node.name()).map(str::to_owned);
    let variables = fields.optional("variables").map_or_else(
        || Some(Map::new()),
        |node| {
            node.entries();
            node.value().as_object().cloned()
        },
    );
    let scenario = fields.required("scenario").map(|node| {
        check_scenario(&node, variables.as_ref().unwrap_or(&Map::new()), problems);
        node.value().clone()
    });
    let accounts = fields.optional("accounts").map_or_else(|| Some(Accounts::default()), |node| accounts(&node));
    let hosts = fields.optional("hosts").map_or_else(|| Some(Vec::new()), |node| addresses::hosts(&node));
    let redirects = fields.choice("redirects");
    let load = fields.required("load").and_then(|node| load(&node));
    let mut population = Population {
        name: name?,
        scenario: scenario?,
        variables: variables?,
        accounts: accounts?,
        hosts: hosts?,
        redirects: redirects?,
        load: load?,
    };
    if let Ok(program) = population.program() {
        population.accounts.complete(&program.account_columns);
    }
    addresses::check(node, &population);
    Some(population)
}

fn check_scenario(node: &Node<'_>, variables: &Map<String, Value>, problems: &Problems) {
    if !node.value().is_string() && !node.value().is_object() {
        return node.expected("a preset's name or a scenario");
    }
    let found = match scenario::resolve(node.value()) {
        Ok(document) => blame::problems(&document, variables),
        Err(problems) => problems,
    };
    for problem in found {
        let path = match problem.path.strip_prefix(blame::VARIABLES) {
            Some(rest) => format!("{}.variables.{rest}", node.path().trim_end_matches(".scenario")),
            None if problem.path.is_empty() || problem.path.starts_with('[') => {
                format!("{}{}", node.path(), problem.path)
            }
            None => format!("{}.{}", node.path(), problem.path),
        };
        problems.add(path, problem.message);
    }
}

fn accounts(node: &Node<'_>) -> Option<Accounts> {
    let source = node.entries().into_iter().find(|(name, _)| *name == "source");
    let is_file = source.map_or(Some(false), |(_, node)| node.one_of(&[("pattern", false), ("csv", true)]))?;
    let columns = node.fields(if is_file { &FILE } else { &PATTERN })?.required("columns")?;
    let found = columns.value().as_array().map(Vec::len).or(columns.value().as_object().map(Map::len)).unwrap_or(0);
    if found > MOST_COLUMNS {
        columns.problem(format!("at most {MOST_COLUMNS} columns, found {found}"));
        return None;
    }
    if is_file {
        let names: Vec<_> = columns.list().iter().map(|node| node.name().map(str::to_owned)).collect();
        return names.into_iter().collect::<Option<_>>().map(|columns| Accounts::Csv { columns });
    }
    let patterns: Vec<_> = columns
        .entries()
        .into_iter()
        .map(|(column, node)| {
            let pattern = node.text()?;
            check_pattern(&node, pattern);
            Some((column.to_owned(), pattern.to_owned()))
        })
        .collect();
    patterns.into_iter().collect::<Option<_>>().map(|columns| Accounts::Pattern { columns })
}

fn check_pattern(node: &Node<'_>, pattern: &str) {
    for piece in pattern.split('{').skip(1) {
        if let Some((name, _)) = piece.split_once('}').filter(|(name, _)| !PLACEHOLDERS.contains(name)) {
            node.problem(format!("{{{name}}} is no placeholder, expected {{run}}, {{population}} or {{n}}"));
        }
    }
}

fn load(node: &Node<'_>) -> Option<Load> {
    let model = node.entries().into_iter().find(|(name, _)| *name == "model");
    if node.value().is_object() && model.is_none() {
        node.problem("`model` is missing");
    }
    let names: Vec<_> = tags(LOADS, "model").into_iter().map(|name| (name, name)).collect();
    let model = model?.1.one_of(&names)?;
    let fields = node.fields(tagged(LOADS, "model", model)?)?;
    let load = match model {
        "closed" => closed(&fields),
        "open" => open(&fields),
        "shape" => shape(&fields),
        _ => batch(&fields),
    }?;
    if load.user_count() == 0 || load.max_users() == 0 {
        node.problem("no user would ever start");
    } else if load.user_count() > MOST_ARRIVALS {
        node.problem(format!("{} users would arrive, at most {MOST_ARRIVALS} can be told apart", load.user_count()));
    }
    if load.duration().as_secs_f64() > WEEK_S {
        node.problem(format!("lasts {} s, at most {WEEK_S} (a week)", load.duration().as_secs_f64()));
    }
    Some(load)
}

fn closed(fields: &Fields<'_>) -> Option<Load> {
    let start = fields.whole("start");
    let stages = fields.required("stages").and_then(|node| stages(&node, &STAGE_OF_USERS));
    Some(Load::Closed { start: start? as u32, stages: stages? })
}

fn open(fields: &Fields<'_>) -> Option<Load> {
    let start_rate = fields.number("start_rate");
    let stages = fields.required("stages").and_then(|node| stages(&node, &STAGE_OF_ARRIVALS));
    let max_users = fields.whole("max_users");
    Some(Load::Open { start_rate: start_rate?, stages: stages?, max_users: max_users? as u32 })
}

fn shape(fields: &Fields<'_>) -> Option<Load> {
    let (name, users, duration_s) = (fields.choice("name"), fields.whole("users"), fields.number("duration_s"));
    Some(Load::Shape { name: name?, users: users? as u32, duration_s: duration_s? })
}

fn batch(fields: &Fields<'_>) -> Option<Load> {
    let (users, size) = (fields.whole("users"), fields.whole("size"));
    let (every_s, hold_s) = (fields.number("every_s"), fields.number("hold_s"));
    let (users, size) = (users? as u32, size? as u32);
    if users.div_ceil(size) > MOST_STAGES {
        fields.node().problem(format!("{} batches, at most {MOST_STAGES}", users.div_ceil(size)));
    }
    Some(Load::Batch { users, size, every_s: every_s?, hold_s: hold_s? })
}

fn stages(node: &Node<'_>, stage: &'static Object) -> Option<Vec<Stage>> {
    let entries = node.list();
    if entries.is_empty() && node.value().is_array() {
        node.problem("a load needs at least one stage");
        return None;
    }
    let read = |entry: Node<'_>| {
        let fields = entry.fields(stage)?;
        let (duration_s, target, ramp) = (fields.number("duration_s"), fields.number("target"), fields.choice("ramp"));
        Some(Stage { duration_s: duration_s?, target: target?, ramp: ramp? })
    };
    let read: Vec<_> = entries.into_iter().map(read).collect();
    read.into_iter().collect()
}

const PLACEHOLDERS: [&str; 3] = ["run", "population", "n"];

/// User numbers have 24 bits.
const MOST_ARRIVALS: u64 = 1 << 24;
/// After a few it is clear that the file is the wrong one.
const MOST_REPEATED_ROWS: usize = 5;
const MOST_STAGES: u32 = 10_000;

#[cfg(test)]
mod tests;
