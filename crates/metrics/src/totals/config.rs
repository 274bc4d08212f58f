//! What totals must know of a run before it starts.

use std::collections::BTreeSet;

use base::time::{Span, Timestamp};
use catalogue::Metric;
use plan::{Plan, Threshold, VerdictRules};
use scenario::{Op, OperationId};

/// What totals must know of a run before it starts.
#[derive(Debug, Clone, Default)]
pub struct TotalsConfig {
    /// Workers that hand over, the probe's included.
    pub workers: usize,
    /// The workers whose only user is a probe.
    pub probes: Vec<usize>,
    /// The browser of each worker, by its name; `None` (and what is not said): the conductor's own.
    pub browsers: Vec<Option<String>>,
    /// Sockets that the browser of each worker can hold; 0 (and what is not said): nobody knows.
    pub sockets: Vec<u32>,
    pub rules: VerdictRules,
    pub populations: Vec<PopulationConfig>,
    pub warmup_end: Timestamp,
    /// What was sent so long ago and has not arrived is missing, or late.
    pub late_after: Span,
    /// What was sent so long ago is settled, and every worker has said when its members got it.
    pub settle: Span,
    pub thresholds: Vec<Threshold>,
}

#[derive(Debug, Clone, Default)]
pub struct PopulationConfig {
    pub name: String,
    /// The operation whose messages the ledger follows, like `message`.
    pub delivery: Option<String>,
    /// Operations with an answer: an acknowledgement of theirs is no success yet.
    pub answered: BTreeSet<String>,
    /// HTTP requests that each user makes before its connection: a browser sends few of them at a time.
    pub log_in: BTreeSet<String>,
    /// Operations in the order in which a user comes to them, before its connection and with it.
    pub before: Vec<String>,
    pub connected: Vec<String>,
}

impl TotalsConfig {
    /// For a checked plan.
    pub fn new(plan: &Plan, browsers: Vec<Option<String>>, probes: Vec<usize>) -> Self {
        let populations = plan.populations.iter().map(|population| {
            let mut config = PopulationConfig { name: population.name.clone(), ..PopulationConfig::default() };
            if let Ok(program) = population.program() {
                let name = |operation: OperationId| program.operations[operation.0 as usize].clone();
                config.delivery = program.delivery.as_ref().map(|delivery| name(delivery.operation));
                let (before, connected) = program.operations_in_order();
                config.before = before.into_iter().map(name).collect();
                config.connected = connected.into_iter().map(name).collect();
                config.answered = program.ops.iter().filter_map(answered).map(name).collect();
                config.log_in = program.log_in_requests().into_iter().map(name).collect();
            }
            config
        });
        let warmup_end = Timestamp::ZERO + Span::from_secs_f64(plan.warmup_s);
        let thresholds = plan.judged_by();
        let (workers, populations) = (browsers.len(), populations.collect());
        let (rules, sockets) = (plan.verdict, Vec::new());
        let late_after = Span::from_secs_f64(plan.late_after_s);
        let settle = late_after + SETTLED_AFTER;
        Self { workers, probes, browsers, sockets, rules, populations, warmup_end, late_after, settle, thresholds }
    }
}

impl TotalsConfig {
    /// Names of operations, and of the waits between them, in the order of a user's life.
    pub fn life(&self) -> Vec<&str> {
        let before = self.populations.iter().flat_map(|population| &population.before).map(String::as_str);
        let connected = self.populations.iter().flat_map(|population| &population.connected).map(String::as_str);
        let connect = [Metric::RestSlotWait.name(), Metric::Connect.name()];
        let mut life: Vec<&str> = Vec::new();
        for name in before.chain(connect).chain(connected) {
            if !life.contains(&name) {
                life.push(name);
            }
        }
        life
    }
}

fn answered(op: &Op) -> Option<OperationId> {
    match op {
        Op::Emit(emit) if emit.answer.is_some() => Some(emit.operation),
        _ => None,
    }
}

/// The ledger's margin after an acceptance, and the way to the page, beyond `late_after_s`.
const SETTLED_AFTER: Span = Span::from_secs(4);
