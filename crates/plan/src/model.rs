//! The plan document, checked: `Plan` is what a run obeys, and it serialises back to the document it was read from.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::action::TimedAction;
use super::choices::{Mark, Ramp, Redirects, ShapeName};
use super::expectation::Expectation;
use super::fields::PLAN;
use super::search::Search;
use super::threshold::Threshold;
use super::verdict::VerdictRules;
use faults::LabFaults;

/// A checked plan. `Plan::check` builds it from JSON and reports all problems at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Always 1.
    pub version: u32,
    pub name: String,
    pub seed: u64,
    pub populations: Vec<Population>,
    /// Expressions like `message.round_trip p95 < 300 ms`.
    #[serde(default)]
    pub thresholds: Vec<String>,
    /// What is expected of the run besides.
    #[serde(default = "default_expect", skip_serializing_if = "is_default_expect")]
    pub expect: Vec<Expectation>,
    /// Samples of the first seconds stay out of histograms and thresholds (never out of counts and the ledger).
    #[serde(default)]
    pub warmup_s: f64,
    /// How long a stopping run waits for messages in flight before its users leave.
    #[serde(default = "default_settle")]
    pub settle_s: f64,
    /// How long a user may take to finish before it is cut off.
    #[serde(default = "default_graceful_stop")]
    pub graceful_stop_s: f64,
    /// Connections being opened at the same time by one browser.
    #[serde(default = "default_handshakes")]
    pub handshakes_in_flight: u32,
    /// A message that arrives later than this after it was sent is counted as late; one that is due and has not
    /// arrived by then is missing.
    #[serde(default = "default_late_after")]
    pub late_after_s: f64,
    /// When the generators count as the run's bottleneck.
    #[serde(default, skip_serializing_if = "VerdictRules::is_default")]
    pub verdict: VerdictRules,
    /// A search for the breaking point: it steers the load of one population.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<Search>,
    /// Of inbound events with a contract every n-th is held against it, the first included; 0: none.
    #[serde(default = "default_contract_every")]
    pub contract_every: u32,
    /// So many users of each population fetch what the server keeps at the end and compare it with what they received.
    #[serde(default = "default_consistency_users")]
    pub consistency_users: u32,
    /// How much of one answer is read, in MiB: of a request's body, and of one frame.
    #[serde(default = "default_answer_limit", skip_serializing_if = "is_default_answer_limit")]
    pub answer_limit_mib: f64,
    #[serde(default, skip_serializing_if = "Mark::is_default")]
    pub mark: Mark,
    /// What happens to the users besides, in order of time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub actions: Vec<TimedAction>,
    /// Faults for `lab`, sent to it before the run starts; only for targets that are a `lab`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lab: Option<LabFaults>,
}

impl Plan {
    /// What a run of it is judged by: its own thresholds, then what is expected of every run and none of its own speaks of. The levels
    /// of a search are judged by its own only: it breaks the service on purpose.
    pub fn judged_by(&self) -> Vec<Threshold> {
        // A checked plan's thresholds all parse.
        let mut all: Vec<Threshold> = self.thresholds.iter().filter_map(|text| text.parse().ok()).collect();
        if self.search.is_none() {
            let expected = self.expect.iter().map(|one| one.threshold());
            let is_open = |one: &Threshold| !all.iter().any(|own| own.subject == one.subject);
            let expected: Vec<_> = expected.filter(is_open).collect();
            all.extend(expected);
        }
        all
    }

    /// How long the longest load lasts, seconds.
    pub fn duration_s(&self) -> f64 {
        self.populations.iter().map(|population| population.load.duration().as_secs_f64()).fold(0.0, f64::max)
    }

    /// Bytes of one answer, or of one frame, that are read.
    pub fn answer_limit_bytes(&self) -> u64 {
        (self.answer_limit_mib * 1_048_576.0) as u64
    }

    /// Takes an action in, behind those of the same time.
    pub fn add_action(&mut self, action: TimedAction) {
        let place = self.actions.partition_point(|other| other.at_s <= action.at_s);
        self.actions.insert(place, action);
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Population {
    pub name: String,
    /// A preset's id, or a whole scenario document.
    pub scenario: Value,
    /// Overrides of the scenario's variables.
    #[serde(default)]
    pub variables: Map<String, Value>,
    #[serde(default)]
    pub accounts: Accounts,
    /// Hosts that its users may reach besides those that stand in its addresses: where an address is made up while the run
    /// goes, and where redirects may lead.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hosts: Vec<String>,
    #[serde(default, skip_serializing_if = "Redirects::is_default")]
    pub redirects: Redirects,
    pub load: Load,
}

/// Where accounts come from. Every column is `${account.<column>}` in the scenario.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "snake_case")]
pub enum Accounts {
    /// Texts with `{run}`, `{population}` (its name in lower case, anything but letters and digits as a hyphen) and
    /// `{n}` (the user's number in its population over the whole run, from 1).
    Pattern { columns: std::collections::BTreeMap<String, String> },
    /// Rows of a CSV file that the page holds; the plan never contains them. Row n serves user n.
    Csv { columns: Vec<String> },
}

/// A load shape. Times are seconds from the run's start.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "model", rename_all = "snake_case")]
pub enum Load {
    /// A number of users.
    Closed {
        #[serde(default)]
        start: u32,
        stages: Vec<Stage>,
    },
    /// Arrivals per second, whatever the server does.
    Open {
        #[serde(default)]
        start_rate: f64,
        stages: Vec<Stage>,
        /// At most this many users at the same time; arrivals beyond are dropped and counted.
        max_users: u32,
    },
    /// A ready-made shape, expanded into stages by `Load::stages`.
    Shape { name: ShapeName, users: u32, duration_s: f64 },
    /// `size` more users at once every `every_s` seconds until there are `users`, held for `hold_s`.
    Batch { users: u32, size: u32, every_s: f64, hold_s: f64 },
}

/// Goes to `target` (users, or arrivals per second) over `duration_s`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    pub duration_s: f64,
    pub target: f64,
    /// `step`: jumps to the target at the stage's start and holds it.
    #[serde(default)]
    pub ramp: Ramp,
}

/// Users of the whole run that begin to leave within a second.
pub const LEAVES_A_SECOND: u32 = 100;

impl Default for Accounts {
    fn default() -> Self {
        Self::Pattern {
            columns: [
                ("email", "ts-{run}-{population}-{n}@tabswarm.test"),
                ("password", "Tabswarm-{n}"),
                ("name", Self::USUAL_NAME),
            ]
            .map(|(column, pattern)| (column.to_owned(), pattern.to_owned()))
            .into(),
        }
    }
}

fn usual(name: &str) -> f64 {
    PLAN.usual(name)
}

fn default_settle() -> f64 {
    usual("settle_s")
}

fn default_graceful_stop() -> f64 {
    usual("graceful_stop_s")
}

fn default_handshakes() -> u32 {
    usual("handshakes_in_flight") as u32
}

fn default_late_after() -> f64 {
    usual("late_after_s")
}

fn default_contract_every() -> u32 {
    usual("contract_every") as u32
}

fn default_answer_limit() -> f64 {
    usual("answer_limit_mib")
}

fn is_default_answer_limit(limit: &f64) -> bool {
    *limit == default_answer_limit()
}

fn default_expect() -> Vec<Expectation> {
    Expectation::ALL.to_vec()
}

fn is_default_expect(these: &[Expectation]) -> bool {
    Expectation::are_all(these)
}

fn default_consistency_users() -> u32 {
    usual("consistency_users") as u32
}
